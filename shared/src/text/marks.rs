//! Which points of a plan were merged, from which records, and have not been confirmed since.
//!
//! Two records of one point were made **apart** if the later in the log had not seen the earlier and they are not of one stay away from
//! the server ([`Record::seen`], [`Branch`]). Such a point is marked, whatever came out, until somebody who may draft confirms it having
//! seen the last of these records. For a party that ends earlier if it accepts the words as they then stand: that is told by its
//! positions, and not here.
//!
//! **Architecture invariant:** marks follow from the log's records alone, each looked at once, in their order: whoever has the log, or a
//! part of it and the marks there, has the same marks.
//!
//! **Cost.** For each record and point that it touches a look at the last touch of everybody who ever did; these are bounded.

mod sides;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

use crate::{
    id::PointId,
    log::{
        gate::{Checked, Ledger, PointNumber},
        record::{Branch, Record, RecordKind},
    },
    people::Author,
};

pub use sides::{Parted, Side, Sides, sides};

/// 64: as many last touches of a point are known, 2.5 KiB. Where more members have touched it, the oldest are forgotten: who was away since
/// before them is apart from the newer ones all the same.
const TOUCHES_MAX: usize = 64;

/// A point that was merged and that nobody has confirmed since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unconfirmed {
    /// The point; none is the title.
    pub point: Option<PointId>,
    /// Who changed it without knowing of the others, in the order of the log.
    pub by: Vec<MarkedBy>,
    /// The last record that all of them had seen.
    pub base: u64,
    /// The record that puts side by side what they wrote, if there was anything to put so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bracketed: Option<u64>,
    /// The last record that it is of: who confirms the point must have seen it.
    pub seq: u64,
    /// When that came, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
}

/// Somebody who changed a point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MarkedBy {
    /// The party and the member.
    #[serde(flatten)]
    pub author: Author,
    /// The last of the records in which they did.
    pub seq: u64,
    /// When it came, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
}

/// What is known of a log's merged points.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Marks {
    people: People,
    points: BTreeMap<PointNumber, Point>,
    /// How many points are marked.
    marked: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Point {
    /// The last touch of each member in each stay.
    touches: Vec<Touch>,
    merged: Option<Merged>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Touch {
    branch: Branch,
    who: u32,
    seq: u64,
    seen: u64,
    at_ms: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Merged {
    of: Vec<Touch>,
    base: u64,
    bracketed: Option<u64>,
    seq: u64,
    at_ms: u64,
}

impl Marks {
    /// Takes note of the next record. `ledger` has admitted what the gate found in it.
    pub fn note(&mut self, seq: u64, record: &Record, (ledger, checked): (&Ledger, &Checked)) {
        let at_ms = record.at_ms;
        match &record.kind {
            RecordKind::Edit => {
                let Record { branch, seen, .. } = *record;
                let touch = Touch { branch, who: self.people.number(&record.author), seq, seen, at_ms };
                ledger.each_touched(checked, |point| {
                    let point = self.points.entry(point).or_default();
                    self.marked += usize::from(point.touch(touch));
                });
            }
            RecordKind::Bracketing(says) => {
                for number in says.points.iter().filter_map(|point| ledger.number_of(point.as_ref())) {
                    let point = self.points.entry(number).or_default();
                    self.marked += usize::from(point.merged.is_none());
                    let of = |touch: &&Touch| says.of.contains(&touch.seq);
                    let merged = point.merged.get_or_insert_with(|| {
                        let of: Vec<Touch> = point.touches.iter().filter(of).copied().collect();
                        Merged { base: of.iter().map(|touch| touch.seen).min().unwrap_or_default(), of, ..Merged::default() }
                    });
                    (merged.bracketed, merged.seq, merged.at_ms) = (Some(seq), seq, at_ms);
                }
            }
            RecordKind::Confirmation { points } => {
                for number in points.iter().filter_map(|point| ledger.number_of(point.as_ref())) {
                    let Some(point) = self.points.get_mut(&number) else { continue };
                    self.marked -= usize::from(point.merged.take_if(|merged| merged.seq <= record.seen).is_some());
                }
            }
            RecordKind::Act => {}
        }
    }

    /// Whether others than who stayed away in this branch touched a point behind a record.
    pub fn is_touched(&self, point: PointNumber, since: u64, branch: Branch) -> bool {
        let by_others = |touch: &Touch| touch.seq > since && touch.branch != branch;
        self.points.get(&point).is_some_and(|point| point.touches.iter().any(by_others))
    }

    /// All marks, by point; `ledger` is that of the log.
    pub fn all(&self, ledger: &Ledger) -> Vec<Unconfirmed> {
        if self.marked == 0 {
            return Vec::new();
        }
        let ids = ledger.point_ids();
        let merged = self.points.iter().filter_map(|(number, point)| Some((number, point.merged.as_ref()?)));
        let mark = |(number, merged): (&PointNumber, &Merged)| {
            let point = match *number {
                PointNumber::TITLE => None,
                number => Some(ids.get(&number)?.parse().ok()?),
            };
            let by = merged.of.iter().filter_map(|touch| {
                let author = self.people.get(touch.who)?.clone();
                Some(MarkedBy { author, seq: touch.seq, at_ms: touch.at_ms })
            });
            let Merged { base, bracketed, seq, at_ms, .. } = *merged;
            Some(Unconfirmed { point, by: by.collect(), base, bracketed, seq, at_ms })
        };
        let mut marks: Vec<Unconfirmed> = merged.filter_map(mark).collect();
        marks.sort_by(|one, other| one.point.cmp(&other.point));
        marks
    }
}

impl Point {
    /// Takes note of a touch; answers whether the point is marked by it and was not before.
    fn touch(&mut self, touch: Touch) -> bool {
        let is_of = |one: &Touch| (one.branch, one.who) == (touch.branch, touch.who);
        let unseen = |one: &Touch| one.seq > touch.seen && one.branch != touch.branch && one.seq != touch.seq;
        let was_marked = self.merged.is_some();
        if self.touches.iter().any(unseen) {
            let merged = self.merged.get_or_insert_with(|| Merged { base: touch.seen, ..Merged::default() });
            for one in self.touches.iter().copied().filter(unseen).chain([touch]) {
                merged.base = merged.base.min(one.seen);
                put(&mut merged.of, one);
            }
            (merged.seq, merged.at_ms) = (touch.seq, touch.at_ms);
        }
        match self.touches.iter_mut().find(|one| is_of(one)) {
            Some(known) => *known = touch,
            None => put(&mut self.touches, touch),
        }
        self.merged.is_some() && !was_marked
    }
}

/// Puts a touch behind those before it, in place of the one by the same member in the same stay.
fn put(touches: &mut Vec<Touch>, touch: Touch) {
    touches.retain(|one| (one.branch, one.who) != (touch.branch, touch.who));
    if touches.len() >= TOUCHES_MAX
        && let Some(oldest) = (0..touches.len()).min_by_key(|at| touches[*at].seq)
    {
        touches.remove(oldest);
    }
    let at = touches.partition_point(|one| one.seq < touch.seq);
    touches.insert(at, touch);
}

/// Members by numbers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct People {
    list: Vec<Author>,
    #[serde(skip)]
    numbers: HashMap<Author, u32>,
}

impl PartialEq for People {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

impl People {
    fn get(&self, number: u32) -> Option<&Author> {
        self.list.get(number as usize)
    }

    fn number(&mut self, author: &Author) -> u32 {
        if self.numbers.len() != self.list.len() {
            self.numbers = self.list.iter().cloned().zip(0..).collect();
        }
        if let Some(number) = self.numbers.get(author) {
            return *number;
        }
        let number = self.list.len() as u32;
        self.list.push(author.clone());
        self.numbers.insert(author.clone(), number);
        number
    }
}
