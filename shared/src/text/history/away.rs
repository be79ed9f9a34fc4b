//! What somebody wrote who had not seen all, as they saw it: on the text that they had seen, with what they wrote on it themselves.
//!
//! **Architecture invariant:** what stands between what they bring and the record that puts it beside what others wrote is nobody's text,
//! and no change is told by it.

use std::collections::{BTreeSet, HashMap};

use super::{Replay, ReplayError, Touched, tracker::Tracker, turn::named};
use crate::{
    id::PointId,
    log::record::{Branch, Record},
    people::Author,
    text::plan::Change,
};

/// A stay away from the server: the text as it was there.
pub struct Away {
    branch: Branch,
    author: Author,
    seen: u64,
    clients: BTreeSet<u64>,
    replay: Replay,
    before: Tracker,
    touched: Touched,
}

impl Away {
    /// The text that the author of a record had seen. `base` is the text at a record no later than that, `log` what follows on it.
    ///
    /// # Errors
    /// [`ReplayError`], if the log cannot be read.
    pub fn begin((at, state): (u64, &[u8]), log: &[(u64, Record)], (seq, record): (u64, &Record)) -> Result<Self, ReplayError> {
        let mut replay = Replay::from_state(at, state)?;
        for (seq, seen) in log.iter().filter(|(seq, _)| *seq > at && *seq <= record.seen) {
            replay.apply(*seq, seen)?;
        }
        let Record { branch, ref author, seen, .. } = *record;
        let clients = named(seq, record)?.writes.into_iter().map(|(client, _)| client).collect();
        let before = Tracker::new(&mut replay)?;
        Ok(Self { branch, author: author.clone(), seen, clients, replay, before, touched: Touched::default() })
    }

    /// Whether a record was made in this stay, on the same text.
    pub fn is_of(&self, record: &Record) -> bool {
        (record.branch, record.seen) == (self.branch, self.seen) && record.author == self.author
    }

    /// Takes of these records those up to `until` that the author wrote and that were not taken before.
    ///
    /// # Errors
    /// [`ReplayError`], if one of them cannot be read.
    pub fn lay(&mut self, log: &[(u64, Record)], until: u64) -> Result<(), ReplayError> {
        let from = self.replay.seq().max(self.seen);
        for (seq, record) in log.iter().filter(|(seq, _)| (from + 1..=until).contains(seq)) {
            if record.change().is_some() && self.is_own(*seq, record)? {
                let touched = self.replay.lay(*seq, record)?;
                self.touched.add(touched);
            }
        }
        Ok(())
    }

    /// What those came to that were taken since it was asked last.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`].
    pub fn changes(&mut self) -> Result<Vec<Change>, ReplayError> {
        let touched = std::mem::take(&mut self.touched);
        self.before.changes(&mut self.replay, &touched)
    }

    /// Whether a record is of this stay: made in it, or at the server before by the same client.
    fn is_own(&self, seq: u64, record: &Record) -> Result<bool, ReplayError> {
        if !record.branch.is_table() {
            return Ok(record.branch == self.branch);
        }
        if record.author != self.author {
            return Ok(false);
        }
        // Of one that only deletes no more is known.
        let writes = named(seq, record)?.writes;
        Ok(writes.is_empty() || writes.iter().any(|(client, _)| self.clients.contains(client)))
    }
}

/// The last records that touched each point: of two stays, so that of any stay there is the last that is not of it.
#[derive(Default)]
pub struct Latest {
    since: u64,
    points: HashMap<Option<PointId>, Vec<(Branch, u64)>>,
}

impl Latest {
    /// Of the records behind `since`.
    pub fn since(since: u64) -> Self {
        Self { since, points: HashMap::new() }
    }

    /// Whether others may have touched what a record touched and its author had not seen it; then takes note of it.
    pub fn is_apart(&mut self, seq: u64, record: &Record, touched: &Touched) -> bool {
        let mut is_apart = false;
        for point in touched.parts() {
            let last = self.points.entry(point).or_default();
            is_apart |= last.iter().any(|(branch, at)| *branch != record.branch && *at > record.seen);
            last.retain(|(branch, _)| *branch != record.branch);
            last.insert(0, (record.branch, seq));
            last.truncate(2);
        }
        let is_away = !record.branch.is_table() && record.seen + 1 < seq;
        is_away && (is_apart || (record.seen < self.since && !touched.is_nothing()))
    }
}
