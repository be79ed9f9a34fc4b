//! A plan's history as people read it: what a member did at one go, not each key that was struck.

use serde::Serialize;

use super::{Replay, ReplayError, Tracker, touched::Touched};
use crate::{
    id::PointId,
    log::record::{Bracketing, Record, RecordKind},
    people::Author,
    text::plan::Change,
};

/// Five minutes, in milliseconds: who has written nothing for so long begins another entry.
const PAUSE_MS: u64 = 5 * 60_000;

/// What one member did at one go: records one after the other, with less than five minutes from each to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// The first of its records.
    pub first_seq: u64,
    /// The last of them.
    pub last_seq: u64,
    /// When the first came, in milliseconds since 1970-01-01 UTC.
    pub from_ms: u64,
    /// When the last came.
    pub to_ms: u64,
    /// The server's clock stood far behind the log for one of them, so the time is the log's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub clock_corrected: bool,
    /// Who wrote them.
    #[serde(flatten)]
    pub author: Author,
    /// Whether it is the text that the plan was created with.
    pub first_text: bool,
    /// What its record does, if that is not to edit: such a record is an entry of its own.
    #[serde(skip_serializing_if = "RecordKind::is_edit")]
    pub does: RecordKind,
    /// What they came to; what was done and undone within them does not show.
    pub changes: Vec<Change>,
}

/// Takes records in their order and answers entries as they are finished. Holds one document and what is shown of it.
pub struct Entries {
    replay: Replay,
    /// The plan before the entry under way.
    before: Tracker,
    open: Option<(LogEntry, Touched)>,
    point: Option<PointId>,
}

impl Entries {
    /// From where `replay` stands. With a point: only what was done to it.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`].
    pub fn new(mut replay: Replay, point: Option<PointId>) -> Result<Self, ReplayError> {
        Ok(Self { before: Tracker::new(&mut replay)?, replay, open: None, point })
    }

    /// Takes the next record. Answers the entry before it, if that is finished and there is something to show of it. An act is none of
    /// what was written, and passed over.
    pub fn take(&mut self, seq: u64, record: &Record) -> Result<Option<LogEntry>, ReplayError> {
        if record.kind == RecordKind::Act {
            self.replay.apply(seq, record)?;
            return Ok(None);
        }
        let first_text = self.replay.is_first_text(seq, record);
        let goes_on = self.open.as_ref().is_some_and(|(entry, _)| {
            let both_edit = entry.does.is_edit() && record.kind.is_edit();
            both_edit && !entry.first_text && entry.author == record.author && record.at_ms.saturating_sub(entry.to_ms) < PAUSE_MS
        });
        let finished = if goes_on { None } else { self.finish()? };
        let touched = self.replay.apply(seq, record)?;
        match &mut self.open {
            Some((entry, all)) => {
                entry.last_seq = seq;
                entry.to_ms = entry.to_ms.max(record.at_ms);
                entry.clock_corrected |= record.clock_corrected;
                all.add(touched);
            }
            None => {
                let (from_ms, author) = (record.at_ms, record.author.clone());
                let (to_ms, clock_corrected) = (from_ms, record.clock_corrected);
                let (first_seq, last_seq, changes) = (seq, seq, Vec::new());
                let does = record.kind.clone();
                let entry = LogEntry { first_seq, last_seq, from_ms, to_ms, clock_corrected, author, first_text, does, changes };
                self.open = Some((entry, touched));
            }
        }
        Ok(finished)
    }

    /// The last entry, once there are no more records.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`].
    pub fn end(mut self) -> Result<(Option<LogEntry>, Replay), ReplayError> {
        Ok((self.finish()?, self.replay))
    }

    fn finish(&mut self) -> Result<Option<LogEntry>, ReplayError> {
        let Some((mut entry, touched)) = self.open.take() else { return Ok(None) };
        let changes = self.before.changes(&mut self.replay, &touched)?;
        let wanted = |change: &Change| self.point.is_none() || change.point == self.point;
        entry.changes = changes.into_iter().filter(wanted).collect();
        let named = match &entry.does {
            RecordKind::Confirmation { points } | RecordKind::Bracketing(Bracketing { points, .. }) => {
                points.contains(&self.point)
            }
            RecordKind::Edit | RecordKind::Act => false,
        };
        Ok((self.point.is_none() || !entry.changes.is_empty() || named).then_some(entry))
    }
}
