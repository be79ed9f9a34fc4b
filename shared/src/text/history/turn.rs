//! What was done and undone while an entry of the log was under way.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use super::{Replay, ReplayError, Touched, tracker::Tracker};
use crate::{
    id::PointId,
    log::{
        gate::{Named, PlanPart},
        record::Record,
    },
    text::plan::{Change, Outline},
};

/// Ways in which a point stood that are known of an entry: as many keys as are struck in a quarter of an hour. It shows what it comes to
/// all the same.
const KNOWN_MAX: usize = 4_096;

/// What an entry did so far: to what, and from where.
#[derive(Default)]
pub(super) struct Turns {
    /// How many of its records wrote under each client id. Whoever types writes many under one, a verb one.
    clients: BTreeMap<u64, usize>,
    parts: BTreeSet<PlanPart>,
    stood: BTreeMap<Option<PointId>, Stood>,
}

/// How a point, or the title, stood in an entry.
struct Stood {
    first: Outline,
    known: HashSet<u64>,
    last: Outline,
    /// What was furthest from the first of what was taken back.
    turn: Option<Outline>,
}

impl Turns {
    /// Whether a record does to something that was changed already more than to type on: then what it changes was written, and is told by
    /// itself.
    pub fn writes_over(&self, replay: &Replay, named: &Named) -> bool {
        if replay.fold.ledger().touched(named).is_disjoint(&self.parts) {
            return false;
        }
        let is_another = named.writes.iter().any(|(client, _)| !self.clients.contains_key(client));
        let takes_back = named.deleted().iter().any(|span| self.clients.get(&span.client) == Some(&1));
        is_another || (named.writes.is_empty() && takes_back)
    }

    /// Takes note of a record that was folded in. `before` is the plan before the entry.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`].
    pub fn note(
        &mut self,
        (replay, before): (&mut Replay, &Tracker),
        named: &Named,
        touched: &Touched,
    ) -> Result<(), ReplayError> {
        self.parts.extend(replay.fold.ledger().touched(named));
        named.writes.iter().for_each(|(client, _)| *self.clients.entry(*client).or_default() += 1);
        for part in touched.parts() {
            let Some(first) = before.part(&part) else { continue };
            let now = before.part_now(replay, &part)?;
            let stood = self.stood.entry(part).or_insert_with(|| Stood::of(first));
            stood.note(now);
        }
        Ok(())
    }

    /// What was done and undone of what did not change in the end.
    pub fn undone(self, before: &Tracker, changes: &[Change]) -> Vec<Change> {
        let is_undone = |part: &Option<PointId>| changes.iter().all(|change| change.point != *part);
        let turns = self.stood.into_iter().filter(|(part, _)| is_undone(part));
        let there_and_back = |stood: Stood| {
            let turn = stood.turn.unwrap_or_else(|| stood.first.clone());
            [before.between(&stood.first, &turn), before.between(&turn, &stood.first)].concat()
        };
        turns.flat_map(|(_, stood)| there_and_back(stood)).collect()
    }
}

impl Stood {
    fn of(first: Outline) -> Self {
        Self { known: HashSet::from([print(&first)]), last: first.clone(), first, turn: None }
    }

    fn note(&mut self, now: Outline) {
        let last = std::mem::replace(&mut self.last, now);
        let print = print(&self.last);
        let goes_back = self.last != last && self.known.contains(&print);
        let far = |state: &Outline| length(state).abs_diff(length(&self.first));
        if goes_back && last != self.first && self.turn.as_ref().is_none_or(|turn| far(turn) < far(&last)) {
            self.turn = Some(last);
        }
        if self.known.len() < KNOWN_MAX {
            self.known.insert(print);
        }
    }
}

fn print(state: &Outline) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(state).unwrap_or_default().hash(&mut hasher);
    hasher.finish()
}

fn length(state: &Outline) -> usize {
    state.title.len() + state.points.iter().map(|point| point.words.len() + point.heading.len()).sum::<usize>()
}

/// What a record names; nothing where it changes nothing.
pub(super) fn named(seq: u64, record: &Record) -> Result<Named, ReplayError> {
    let named = record.change().map_or_else(|| Ok(Named::default()), |update| Named::read(update));
    named.map_err(|why| ReplayError::Record { seq, why: why.into() })
}
