//! A log that is followed record by record: what each changed, as its author saw it.

use std::collections::BTreeSet;

use super::{
    Replay, ReplayError, Touched,
    away::{Away, Latest},
    entries::came_of,
    tracker::Tracker,
};
use crate::{
    log::record::{Record, RecordKind},
    text::plan::{Change, Outline},
};

/// A part of a log that is read again: the text at a record, as Yjs update V1, and what follows on it.
pub type Window = ((u64, Vec<u8>), Vec<(u64, Record)>);

/// The plan beside its log as it goes on.
pub struct Follower {
    replay: Replay,
    before: Tracker,
    latest: Latest,
    away: Option<Away>,
    /// The last record that was folded in, as long as it is not told.
    untold: Option<(u64, Touched)>,
    told: u64,
}

impl Follower {
    /// From where `replay` stands.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`].
    pub fn new(mut replay: Replay) -> Result<Self, ReplayError> {
        let (before, told) = (Tracker::new(&mut replay)?, replay.seq());
        Ok(Self { replay, before, latest: Latest::since(told), away: None, untold: None, told })
    }

    /// The last record that was told of.
    pub fn seq(&self) -> u64 {
        self.told
    }

    /// The plan as it stood after the last record that was told of.
    pub fn outline(&self) -> &Outline {
        self.before.outline()
    }

    /// Takes the next record and tells what it changed. `read` reads the log again, from what the authors of these records had seen to the
    /// last of them: where that fails, the record is to be taken once more.
    ///
    /// # Errors
    /// [`ReplayError`], and what `read` answers.
    pub fn take<E: From<ReplayError>>(
        &mut self,
        (seq, record): (u64, &Record),
        read: &mut impl FnMut(&BTreeSet<u64>) -> Result<Window, E>,
    ) -> Result<Vec<Change>, E> {
        let touched = match self.untold.take().filter(|(at, _)| *at == seq) {
            Some((_, touched)) => touched,
            None => self.replay.apply(seq, record)?,
        };
        self.untold = Some((seq, touched.clone()));
        let is_apart = self.latest.is_apart(seq, record, &touched);
        let told = if let RecordKind::Bracketing(says) = &record.kind {
            let ((base, state), log) = read(&says.of.iter().copied().chain([seq]).collect())?;
            Some(came_of((base, &state), &log, (seq, says))?)
        } else if let Some(away) = self.away.as_mut().filter(|away| away.is_of(record)) {
            away.lay(&[(seq, record.clone())], seq)?;
            Some(away.changes()?)
        } else if is_apart {
            let ((base, state), log) = read(&BTreeSet::from([seq]))?;
            let mut away = Away::begin((base, &state), &log, (seq, record))?;
            away.lay(&log, seq - 1)?;
            away.changes()?;
            away.lay(&log, seq)?;
            let changes = away.changes()?;
            self.away = Some(away);
            Some(changes)
        } else {
            None
        };
        let plain = self.before.changes(&mut self.replay, &touched)?;
        (self.untold, self.told) = (None, seq);
        Ok(told.unwrap_or(plain))
    }
}
