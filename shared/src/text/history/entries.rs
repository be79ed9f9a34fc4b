//! A plan's history as people read it: what a member did at one go, not each key that was struck.
//!
//! What was made apart is told against what its author had seen, and what puts it beside what others wrote against what all of them had:
//! for that the log is read once more ([`as_seen`]), from there on.

use serde::Serialize;
use std::collections::BTreeSet;

use super::{
    PastTexts, Replay, ReplayError,
    away::{Away, Latest},
    touched::Touched,
    tracker::Tracker,
    turn::{Turns, named},
};
use crate::{
    id::PointId,
    log::{
        gate::Named,
        record::{Bracketing, Record, RecordKind},
    },
    people::Author,
    text::plan::{Change, changes},
};

/// Five minutes, in milliseconds: who has written nothing for so long begins another entry.
const PAUSE_MS: u64 = 5 * 60_000;

/// What one member did at one go: records one after the other, with less than five minutes from each to the next, none of which is written
/// over another of them.
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
    /// Whether its changes are yet to be read from the log ([`as_seen`]).
    #[serde(skip)]
    pub apart: bool,
    /// What they came to, and what was done and undone within them.
    pub changes: Vec<Change>,
}

/// Takes records in their order and answers entries as they are finished. Holds one document and what is shown of it.
pub struct Entries {
    replay: Replay,
    /// The plan before the entry under way.
    before: Tracker,
    open: Option<Open>,
    /// What was touched since.
    touched: Touched,
    latest: Latest,
    point: Option<PointId>,
}

/// An entry under way.
struct Open {
    entry: LogEntry,
    /// The last of its records.
    last: Record,
    turns: Turns,
}

impl Entries {
    /// From where `replay` stands. With a point: only what was done to it.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`].
    pub fn new(mut replay: Replay, point: Option<PointId>) -> Result<Self, ReplayError> {
        let latest = Latest::since(replay.seq());
        Ok(Self { before: Tracker::new(&mut replay)?, replay, open: None, touched: Touched::default(), latest, point })
    }

    /// Takes the next record. Answers the entry before it, if that is finished and there is something to show of it. An act is none of
    /// what was written, and passed over.
    ///
    /// # Errors
    /// [`ReplayError`], if the log cannot be read.
    pub fn take(&mut self, seq: u64, record: &Record) -> Result<Option<LogEntry>, ReplayError> {
        if record.kind == RecordKind::Act {
            self.replay.apply(seq, record)?;
            return Ok(None);
        }
        let first_text = self.replay.is_first_text(seq, record);
        let named = named(seq, record)?;
        let goes_on = self.open.as_ref().is_some_and(|open| open.goes_on(&self.replay, record, &named));
        let finished = if goes_on { None } else { self.finish()? };
        let touched = self.replay.apply(seq, record)?;
        let is_apart = self.latest.is_apart(seq, record, &touched);
        if self.is_wanted(record, &touched) {
            let open = self.open.get_or_insert_with(|| Open::begin(seq, record, first_text));
            open.turns.note((&mut self.replay, &self.before), &named, &touched)?;
            open.add(seq, record);
            open.entry.apart |= is_apart;
        }
        self.touched.add(touched);
        Ok(finished)
    }

    fn is_wanted(&self, record: &Record, touched: &Touched) -> bool {
        let names = match &record.kind {
            RecordKind::Confirmation { points } | RecordKind::Bracketing(Bracketing { points, .. }) => {
                points.contains(&self.point)
            }
            RecordKind::Edit | RecordKind::Act => touched.is_of(&self.point),
        };
        self.point.is_none() || names
    }

    /// The last entry, once there are no more records.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`].
    pub fn end(mut self) -> Result<(Option<LogEntry>, Replay), ReplayError> {
        Ok((self.finish()?, self.replay))
    }

    fn finish(&mut self) -> Result<Option<LogEntry>, ReplayError> {
        let Some(Open { mut entry, turns, .. }) = self.open.take() else { return Ok(None) };
        let mut changes = self.before.changes(&mut self.replay, &std::mem::take(&mut self.touched))?;
        if !entry.apart {
            changes.extend(turns.undone(&self.before, &changes));
            let wanted = |change: &Change| self.point.is_none() || change.point == self.point;
            entry.changes = changes.into_iter().filter(wanted).collect();
        }
        let is_shown = entry.apart || !entry.does.is_edit() || !entry.changes.is_empty();
        Ok((self.point.is_none() || is_shown).then_some(entry))
    }
}

impl Open {
    fn begin(seq: u64, record: &Record, first_text: bool) -> Self {
        let entry = LogEntry {
            first_seq: seq,
            last_seq: seq,
            from_ms: record.at_ms,
            to_ms: record.at_ms,
            clock_corrected: false,
            author: record.author.clone(),
            first_text,
            does: record.kind.clone(),
            apart: matches!(record.kind, RecordKind::Bracketing(_)),
            changes: Vec::new(),
        };
        Self { entry, last: record.clone(), turns: Turns::default() }
    }

    /// Whether the next record is of this entry.
    fn goes_on(&self, replay: &Replay, next: &Record, named: &Named) -> bool {
        let (Self { entry, last, turns, .. }, by) = (self, &next.author);
        let one_stay = last.branch == next.branch && (last.branch.is_table() || last.seen == next.seen);
        let both_edit = entry.does.is_edit() && next.kind.is_edit() && !entry.first_text;
        let soon = next.at_ms.saturating_sub(entry.to_ms) < PAUSE_MS;
        one_stay && both_edit && soon && entry.author == *by && !turns.writes_over(replay, named)
    }

    fn add(&mut self, seq: u64, record: &Record) {
        let Self { entry, .. } = self;
        entry.last_seq = seq;
        entry.to_ms = entry.to_ms.max(record.at_ms);
        entry.clock_corrected |= record.clock_corrected;
        self.last = record.clone();
    }
}

/// Reads what entries came to that were made apart, those of one log in their order; of one point, if there is one. `base` is the text at a
/// record that nothing they were made on stands before, `log` what follows on it.
///
/// # Errors
/// [`ReplayError`], if the log cannot be read.
pub fn as_seen<'e>(
    entries: impl Iterator<Item = &'e mut LogEntry>,
    base: (u64, &[u8]),
    log: &[(u64, Record)],
    point: &Option<PointId>,
) -> Result<(), ReplayError> {
    let entries: Vec<&mut LogEntry> = entries.filter(|entry| entry.apart).collect();
    let records: Vec<&Record> = entries.iter().map(|entry| find(log, entry.first_seq)).collect::<Result<_, _>>()?;
    let wanted = entries.iter().zip(&records).flat_map(|(entry, record)| match &entry.does {
        RecordKind::Bracketing(says) => vec![seen_by_all(says, log).max(base.0), entry.first_seq],
        RecordKind::Edit | RecordKind::Confirmation { .. } | RecordKind::Act => vec![record.seen],
    });
    let texts = PastTexts::read(base, log, &wanted.collect::<BTreeSet<u64>>(), 0)?;
    let mut away: Option<Away> = None;
    for (entry, record) in entries.into_iter().zip(records) {
        let made = if let RecordKind::Bracketing(says) = &entry.does {
            came_to(&texts, seen_by_all(says, log).max(base.0), (entry.first_seq, says))?
        } else {
            let mut stay = match away.take().filter(|stay| stay.is_of(record)) {
                Some(stay) => stay,
                None => Away::begin((record.seen, texts.state(record.seen)?), &[], (entry.first_seq, record))?,
            };
            stay.lay(log, entry.first_seq - 1)?;
            stay.changes()?;
            stay.lay(log, entry.last_seq)?;
            let made = stay.changes()?;
            away = Some(stay);
            made
        };
        let wanted = |change: &Change| point.is_none() || change.point == *point;
        entry.changes = made.into_iter().filter(wanted).collect();
    }
    Ok(())
}

/// What came of what was changed apart, against what all sides had seen.
pub(super) fn came_of(
    base: (u64, &[u8]),
    log: &[(u64, Record)],
    (seq, says): (u64, &Bracketing),
) -> Result<Vec<Change>, ReplayError> {
    let seen = seen_by_all(says, log).max(base.0);
    came_to(&PastTexts::read(base, log, &BTreeSet::from([seen, seq]), 0)?, seen, (seq, says))
}

fn came_to(texts: &PastTexts, seen: u64, (seq, says): (u64, &Bracketing)) -> Result<Vec<Change>, ReplayError> {
    let made = changes(&texts.outline(seen, &[])?, &texts.outline(seq, &[])?);
    Ok(made.into_iter().filter(|change| says.points.contains(&change.point)).collect())
}

/// The last record that all sides had seen of what was put side by side, as far as the log holds them.
fn seen_by_all(says: &Bracketing, log: &[(u64, Record)]) -> u64 {
    says.of.iter().filter_map(|seq| find(log, *seq).ok()).map(|record| record.seen).min().unwrap_or_default()
}

fn find(log: &[(u64, Record)], seq: u64) -> Result<&Record, ReplayError> {
    let at = log.binary_search_by_key(&seq, |(seq, _)| *seq).map_err(|_| ReplayError::Unreadable)?;
    Ok(&log[at].1)
}
