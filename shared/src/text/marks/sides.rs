//! What each side of a merge wrote, read from the log.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap};
use yrs::{ReadTxn as _, StateVector};

use super::told::{MarkedBy, Unconfirmed};
use crate::{
    id::PointId,
    log::record::{Bracketing, Record},
    text::{
        history::{Replay, ReplayError, Touched},
        plan::{Change, Outline, Point, changes},
    },
};

/// What somebody made of a point: as they left it, having seen nothing of the others, against what all of them had seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// Who, and in which record last.
    #[serde(flatten)]
    pub by: MarkedBy,
    /// What they changed; nothing is left to see of what was undone.
    pub changes: Vec<Change>,
}

/// What was changed apart: which points, in which records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parted {
    /// The points; none is the title.
    pub points: Vec<Option<PointId>>,
    /// The records, or some of them: of each side the last counts.
    pub of: Vec<u64>,
}

impl From<&Unconfirmed> for Parted {
    fn from(mark: &Unconfirmed) -> Self {
        Self { points: vec![mark.point.clone()], of: mark.records().collect() }
    }
}

impl From<&Bracketing> for Parted {
    fn from(says: &Bracketing) -> Self {
        Self { points: says.points.clone(), of: says.of.clone() }
    }
}

/// At which record a side is read, and of which points.
type ReadAt<'r> = (u64, &'r Record, Cow<'r, [Option<PointId>]>);

/// The sides of each point of what was changed apart.
pub type Sides = Vec<(Option<PointId>, Vec<Side>)>;

impl Parted {
    /// The last record that all sides had seen, as far as `records` hold them.
    pub fn base(&self, records: &[(u64, Record)]) -> Option<u64> {
        self.of.iter().filter_map(|seq| find(records, *seq)).map(|record| record.seen).min()
    }

    /// The last record of each member in each stay, in order.
    fn last<'r>(&self, records: &'r [(u64, Record)]) -> Vec<(u64, &'r Record)> {
        let mut last = BTreeMap::new();
        let of = self.of.iter().filter_map(|seq| Some((*seq, find(records, *seq)?)));
        // What was put side by side before is of sides that are told themselves.
        for (seq, record) in of.filter(|(_, record)| !record.author.is_engine()) {
            last.insert((record.branch.0, &record.author.party, &record.author.member), (seq, record));
        }
        let mut last: Vec<_> = last.into_values().collect();
        last.sort_by_key(|(seq, _)| *seq);
        last
    }

    /// At which records a side is read, and of which points: one at the table at its last record, but a point that others went on from
    /// before that at the last of its own that touched it, where that can be told.
    fn reads<'r>(
        &'r self,
        (last, record): (u64, &'r Record),
        records: &'r [(u64, Record)],
        left: &BTreeMap<u64, Touched>,
    ) -> Vec<ReadAt<'r>> {
        if !record.branch.is_table() || self.points.len() < 2 {
            return vec![(last, record, Cow::Borrowed(&self.points))];
        }
        let mut reads: BTreeMap<u64, Vec<Option<PointId>>> = BTreeMap::new();
        for point in &self.points {
            let touches = |seq: &&u64| **seq <= last && left.get(*seq).is_some_and(|touched| touched.is_of(point));
            let is_own =
                |seq: &u64| find(records, *seq).is_some_and(|one| one.branch == record.branch && one.author == record.author);
            let touched: Vec<u64> = self.of.iter().filter(touches).copied().collect();
            let own = touched.iter().rposition(is_own);
            let went_on = own.is_some_and(|own| own + 1 < touched.len());
            let at = own.and_then(|own| touched.get(own).copied()).filter(|_| went_on && reads.len() < READS_MAX);
            reads.entry(at.unwrap_or(last)).or_default().push(point.clone());
        }
        reads.into_iter().map(|(at, points)| (at, find(records, at).unwrap_or(record), Cow::Owned(points))).collect()
    }
}

/// What the records touched of what was changed apart at several points, where one of the sides was at the table.
fn left(
    (begin, state): (u64, &[u8]),
    records: &[(u64, Record)],
    aparts: &[Parted],
) -> Result<BTreeMap<u64, Touched>, ReplayError> {
    let is_table = |seq: &u64| find(records, *seq).is_some_and(|record| record.branch.is_table() && !record.author.is_engine());
    let several = aparts.iter().filter(|apart| apart.points.len() > 1 && apart.of.iter().any(is_table));
    let mut left: BTreeMap<u64, Touched> = several.flat_map(|apart| &apart.of).map(|seq| (*seq, Touched::default())).collect();
    let Some(end) = left.keys().next_back().copied() else { return Ok(left) };
    let mut replay = Replay::from_state(begin, state)?;
    for (seq, record) in records.iter().filter(|(seq, _)| *seq > begin && *seq <= end) {
        let touched = replay.apply(*seq, record)?;
        left.entry(*seq).and_modify(|known| *known = touched);
    }
    Ok(left)
}

/// What each side wrote of each of `aparts`. `base` is the text at a record that none of them stands before ([`Parted::base`]), `records`
/// what follows on it. They are folded in order, and the text is read as often as there are sides, and where others went on from points
/// that one at the table had left; what is held of it meanwhile is bounded, however many there are.
///
/// # Errors
/// [`ReplayError`], if the log cannot be read.
pub fn sides(base: (u64, &[u8]), records: &[(u64, Record)], aparts: &[Parted]) -> Result<Vec<Sides>, ReplayError> {
    Ok(read(base, records, aparts, HELD_BYTES_MAX)?.0)
}

fn find(records: &[(u64, Record)], seq: u64) -> Option<&Record> {
    records.binary_search_by_key(&seq, |(seq, _)| *seq).ok().map(|at| &records[at].1)
}

/// Records at which one side at the table is read: what it wrote of more points that others went on from is read at its last.
const READS_MAX: usize = 64;

/// 32 MiB: texts that sides rest on, each until the last of these is read: 300 of thirty pages, ten of a thousand. Where more are wanted at
/// once, the records are folded once more for the rest.
const HELD_BYTES_MAX: usize = 32 << 20;

/// The same, and the most bytes of such texts that were held at once: of one, or up to `bytes_max`.
pub(super) fn read(
    (begin, state): (u64, &[u8]),
    records: &[(u64, Record)],
    aparts: &[Parted],
    bytes_max: usize,
) -> Result<(Vec<Sides>, usize), ReplayError> {
    let touched: BTreeMap<u64, Touched> =
        aparts.iter().flat_map(|apart| &apart.of).map(|seq| (*seq, Touched::default())).collect();
    let held = Held { bytes_max, ..Held::default() };
    let mut reader = Reader { records, wanted: BTreeMap::new(), read: Vec::new(), touched, held };
    let left = left((begin, state), records, aparts)?;
    for (at, apart) in aparts.iter().enumerate() {
        let base = apart.base(records).unwrap_or(begin).max(begin);
        let sides = apart.last(records).into_iter().flat_map(|(seq, record)| apart.reads((seq, record), records, &left));
        let mut sides: Vec<ReadAt> = sides.collect();
        sides.sort_by_key(|(seq, ..)| *seq);
        for (seq, record, points) in sides {
            let read_at = if record.branch.is_table() { seq } else { record.seen }.max(base);
            reader.wanted.entry(base).or_default().push((read_at, reader.read.len()));
            reader.read.push(Read { apart: at, points, seq, record, changes: Vec::new() });
        }
    }
    let mut next = reader.pass(Replay::from_state(begin, state)?)?;
    while let Some((begin, state)) = next {
        next = reader.pass(Replay::from_state(begin, &state)?)?;
    }
    let no_sides = |apart: &Parted| apart.points.iter().map(|point| (point.clone(), Vec::new())).collect();
    let mut all: Vec<Sides> = aparts.iter().map(no_sides).collect();
    for side in &reader.read {
        for (point, sides) in &mut all[side.apart] {
            let changes: Vec<Change> = side.changes.iter().filter(|change| change.point == *point).cloned().collect();
            if !changes.is_empty() {
                sides.push(Side { by: reader.by(side, &aparts[side.apart].of, point), changes });
            }
        }
    }
    Ok((all, reader.held.most))
}

/// Reads what sides changed, in the order in which the log is folded.
struct Reader<'r> {
    records: &'r [(u64, Record)],
    /// By the record that they rest on: the sides, and after which record each is read.
    wanted: BTreeMap<u64, Vec<(u64, usize)>>,
    read: Vec<Read<'r>>,
    /// What each record that is told of touched.
    touched: BTreeMap<u64, Touched>,
    held: Held,
}

/// A side: its last record, and what it changed of the points, once that is read.
struct Read<'r> {
    apart: usize,
    points: Cow<'r, [Option<PointId>]>,
    seq: u64,
    record: &'r Record,
    changes: Vec<Change>,
}

impl Reader<'_> {
    /// Folds the records for as many sides as texts may be held for; answers where the rest begins, and the document there.
    fn pass(&mut self, mut replay: Replay) -> Result<Option<(u64, Vec<u8>)>, ReplayError> {
        let (mut rest, mut due) = (None, BTreeMap::<u64, Vec<(u64, usize)>>::new());
        let behind = self.records.partition_point(|(seq, _)| *seq <= replay.seq());
        let mut records = self.records[behind..].iter().peekable();
        loop {
            let begins = self.wanted.keys().next().copied().filter(|_| rest.is_none());
            let next = begins.into_iter().chain(due.keys().next().copied()).min();
            // What is told of last may stand behind all that is read.
            let until = next.or_else(|| self.touched.keys().next_back().copied().filter(|_| rest.is_none())).unwrap_or_default();
            while let Some((seq, record)) = records.next_if(|(seq, _)| *seq <= until) {
                let touched = replay.apply(*seq, record)?;
                self.touched.entry(*seq).and_modify(|known| *known = touched);
            }
            let Some(at) = next else { return Ok(rest) };
            if begins == Some(at) {
                let sides = self.wanted.get(&at).map_or(0, Vec::len);
                if self.held.takes(at, replay.outline()?, sides) {
                    for (read_at, side) in self.wanted.remove(&at).unwrap_or_default() {
                        due.entry(read_at).or_default().push((at, side));
                    }
                } else {
                    rest = Some((at, state(&mut replay)?));
                }
            }
            for (base, side) in due.remove(&at).unwrap_or_default() {
                let after = self.after(&mut replay, side)?;
                let Read { points, changes: made, .. } = &mut self.read[side];
                if let Some(before) = self.held.texts.get(&base).map(|(text, _)| text) {
                    *made = changes(before, &after);
                    made.retain(|change| points.contains(&change.point));
                }
                self.held.done(base);
            }
        }
    }

    /// Who a side is, by the last of its records that touched the point.
    fn by(&self, side: &Read<'_>, of: &[u64], point: &Option<PointId>) -> MarkedBy {
        let is_own = |one: &Record| one.branch == side.record.branch && one.author == side.record.author;
        let touches = |seq: &u64| self.touched.get(seq).is_some_and(|touched| touched.is_of(point));
        let own = of.iter().filter(|seq| **seq <= side.seq && touches(seq));
        let own = own.filter_map(|seq| Some((*seq, find(self.records, *seq)?))).filter(|(_, record)| is_own(record));
        let (seq, record) = own.max_by_key(|(seq, _)| *seq).unwrap_or((side.seq, side.record));
        MarkedBy { author: record.author.clone(), seq, at_ms: record.at_ms }
    }

    /// The plan as a side left it, where it had seen what is folded: with its own over it, if it was away.
    fn after(&self, replay: &mut Replay, side: usize) -> Result<Outline, ReplayError> {
        let Read { seq, record, .. } = self.read[side];
        if record.branch.is_table() {
            return replay.outline();
        }
        let mut away = Replay::from_state(record.seen, &state(replay)?)?;
        let own = |(other, one): &&(u64, Record)| one.branch == record.branch && *other > record.seen && *other <= seq;
        for (seq, record) in self.records.iter().filter(own).filter(|(_, record)| record.change().is_some()) {
            away.lay(*seq, record)?;
        }
        away.outline()
    }
}

fn state(replay: &mut Replay) -> Result<Vec<u8>, ReplayError> {
    replay.look(|txn| txn.encode_state_as_update_v1(&StateVector::default()))
}

/// Texts by their records, each with the number of sides that are yet to be read against it.
#[derive(Default)]
struct Held {
    texts: BTreeMap<u64, (Outline, usize)>,
    bytes: usize,
    most: usize,
    bytes_max: usize,
}

impl Held {
    /// Takes a text that so many sides rest on, if there is room. There always is for one.
    fn takes(&mut self, at: u64, text: Outline, sides: usize) -> bool {
        let bytes = bytes_of(&text);
        if !self.texts.is_empty() && self.bytes + bytes > self.bytes_max {
            return false;
        }
        self.bytes += bytes;
        self.most = self.most.max(self.bytes);
        self.texts.insert(at, (text, sides));
        true
    }

    /// One of the sides is read.
    fn done(&mut self, at: u64) {
        let Some((text, sides)) = self.texts.get_mut(&at) else { return };
        *sides -= 1;
        if *sides == 0 {
            self.bytes -= bytes_of(text);
            self.texts.remove(&at);
        }
    }
}

fn bytes_of(text: &Outline) -> usize {
    let of_point = |point: &Point| size_of::<Point>() + point.words.len() + point.heading.len() + point.label.len();
    text.title.len() + text.beside.len() + text.points.iter().map(of_point).sum::<usize>()
}
