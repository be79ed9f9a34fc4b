//! Which points of a plan were merged, from which records, and have not been confirmed since.
//!
//! Two records of one point were made **apart** if the later in the log had not seen the earlier and they are not of one stay away from
//! the server ([`Record::seen`], [`Branch`]). Such a point is marked, whatever came out, until somebody who
//! may draft confirms it having seen the last of these records. For a party that ends earlier if it accepts the words as they then stand:
//! that is told by its positions, and not here.
//!
//! So is a point of which two connected members typed one word within seconds, neither having read the other (`near`). What points that
//! were changed apart do to one another, such as a circle of steps, is seen in the text only; what is needed for it is kept here
//! ([`ChangedApart`]).
//!
//! **Architecture invariant:** marks follow from the log's records alone, each looked at once, in their order: whoever has the log, or a
//! part of it and the marks there, has the same marks.
//!
//! **Cost.** For each record and point that it touches a look at the touches that are kept of it; these are bounded, for each party by
//! itself (`touch`).

mod marked;
mod near;
mod people;
mod point;
mod sides;
mod stays;
#[cfg(test)]
mod tests;
mod told;
mod touch;

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

use crate::log::{
    fold::{Fold, Misbehaved},
    gate::{Checked, Ledger, PlanPart},
    record::{Branch, Record, RecordKind},
};

use near::Typing;
use people::People;
use point::{KnownPoint, MergedOf};
use stays::Stays;

pub use marked::{ChangedApart, LooseEnds};
pub use near::{Met, Near};
pub use sides::{Parted, Side, Sides, sides};
pub use told::{Called, CrossEffect, Effect, MarkedBy, NAMED_MAX, Unconfirmed};
pub use touch::{Parts, Touch};

/// What is known of a log's merged points.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Marks {
    people: People,
    points: BTreeMap<PlanPart, KnownPoint>,
    stays: Stays,
    typing: Typing,
}

impl Marks {
    /// Takes note of the next record of a log, which was just folded in; `checked` is what the gate found in it.
    ///
    /// # Errors
    /// [`Misbehaved`]: the document is gone.
    pub fn take(&mut self, seq: u64, record: &Record, fold: &mut Fold, checked: &Checked) -> Result<(), Misbehaved> {
        let met = match self.near(record, (fold.ledger(), checked)) {
            Some(near) => fold.look(|txn| near.look(txn))?,
            None => Met::default(),
        };
        self.note(seq, record, (fold.ledger(), checked), &met);
        Ok(())
    }

    /// What is to be looked at in the document as it stands behind a record, before that is noted. Call it once for each, in order.
    /// `ledger` has admitted what the gate found in it.
    pub fn near(&mut self, record: &Record, found: (&Ledger, &Checked)) -> Option<Near> {
        self.typing.note(record, found, &mut self.people)
    }

    /// Takes note of the next record, and of what was seen behind it. `ledger` has admitted what the gate found in it.
    pub fn note(&mut self, seq: u64, record: &Record, (ledger, checked): (&Ledger, &Checked), met: &Met) {
        match &record.kind {
            RecordKind::Edit => self.edited(seq, record, (ledger, checked), met),
            RecordKind::Bracketing(says) => {
                for number in says.points.iter().filter_map(|point| ledger.part_of(point.as_ref())) {
                    self.points.entry(number).or_default().bracket(&says.of, (seq, record.at_ms));
                }
            }
            RecordKind::Confirmation { points } => {
                for number in points.iter().filter_map(|point| ledger.part_of(point.as_ref())) {
                    self.points.get_mut(&number).into_iter().for_each(|point| point.confirm(record.seen));
                }
            }
            RecordKind::Act => {}
        }
    }

    /// Whether others than who stayed away in this branch touched a point behind a record.
    pub fn is_touched(&self, part: PlanPart, since: u64, branch: Branch) -> bool {
        let by_others = |touch: &Touch| touch.seq > since && touch.branch != branch;
        self.points.get(&part).is_some_and(|point| point.touches.iter().any(by_others))
    }

    fn edited(&mut self, seq: u64, record: &Record, (ledger, checked): (&Ledger, &Checked), met: &Met) {
        // Most touch one point, and cost no map.
        let (mut alone, mut touched): (Option<(PlanPart, Parts)>, BTreeMap<PlanPart, Parts>) = (None, BTreeMap::new());
        ledger.each_touched(checked, |point, part| match &mut alone {
            Some((known, parts)) if *known == point => parts.add(part),
            None if touched.is_empty() => alone.insert((point, Parts::default())).1.add(part),
            _ => {
                touched.extend(alone.take());
                touched.entry(point).or_default().add(part);
            }
        });
        let Record { branch, seen, at_ms, .. } = *record;
        let who = self.people.number(&record.author);
        for (point, parts) in alone.into_iter().chain(touched) {
            let touch = Touch { branch, who, parts, seq, seen, at_ms };
            self.points.entry(point).or_default().touch(touch, &self.stays, &self.people);
            if touch.is_behind() {
                self.stays.note(branch, seen, seq);
            }
        }
        for (point, others) in &met.0 {
            self.points.entry(*point).or_default().meet(others, &self.people);
        }
    }

    /// What was changed apart; `ledger` is that of the log.
    pub fn marked(&self, ledger: &Ledger) -> ChangedApart {
        if self.stays.is_empty() && self.points.values().all(|point| point.merged.is_none()) {
            return ChangedApart::default();
        }
        let ids = ledger.points();
        let id = |part: &PlanPart| match part {
            PlanPart::Title => None,
            PlanPart::Point(number) => ids.get(*number as usize)?.parse().ok(),
        };
        let mark = |(part, point): (&PlanPart, &KnownPoint)| {
            let MergedOf { of, more, at_once, base, bracketed, seq, at_ms } = point.merged.as_ref()?;
            let point = if *part == PlanPart::Title { None } else { Some(id(part)?) };
            let more = more + of.len().saturating_sub(NAMED_MAX);
            let (at_once, base, bracketed, seq, at_ms) = (*at_once, *base, *bracketed, *seq, *at_ms);
            let (by, across) = (marked::by(&self.people, of), Vec::new());
            Some(Unconfirmed { point, by, more, at_once, base, bracketed, across, seq, at_ms })
        };
        let mut points: Vec<Unconfirmed> = self.points.iter().filter_map(mark).collect();
        points.sort_by(|one, other| one.point.cmp(&other.point));
        let is_loose = |touch: &&Touch| touch.is_behind() || self.stays.may_have_missed(touch.branch, touch.seq);
        let loose = self.points.iter().filter_map(|(part, point)| {
            let touches: Vec<Touch> = point.touches.iter().filter(is_loose).copied().collect();
            if touches.is_empty() { None } else { Some((id(part)?, LooseEnds { touches, confirmed: point.confirmed })) }
        });
        let loose: HashMap<_, _> = if self.stays.is_empty() { HashMap::new() } else { loose.collect() };
        ChangedApart { points, loose, people: self.people.clone() }
    }
}
