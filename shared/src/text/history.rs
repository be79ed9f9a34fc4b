//! What a plan's log tells: who wrote what, when, and how the text stood at any time.
//!
//! The log's records are folded into a document one by one, as a room does it.
//!
//! **Architecture invariant:** what a record costs depends on what it changes, not on the size of the text, as long as it leaves
//! the tree of points as it was.

mod authors;
mod away;
mod entries;
mod follower;
#[cfg(test)]
mod tests;
mod texts;
mod touched;
mod tracker;
mod turn;

use schemars::JsonSchema;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use yrs::{
    DeepObservable, IdSet, TransactionMut,
    types::{Event, Events, PathSegment},
};

use crate::{
    id::{MemberId, PartyId, PointId},
    log::{
        fold::{Fold, FoldError, Formed, Misbehaved},
        record::Record,
    },
    people::Author,
    text::plan::{META, Outline, POINTS, new_doc, words_text},
};

use authors::blame;
pub use authors::{Authored, Authors};
pub use entries::{Entries, LogEntry, as_seen};
pub use follower::{Follower, Window};
pub use texts::PastTexts;
pub use touched::Touched;

/// Somebody who changed something, and when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Heard {
    /// The party.
    pub party: PartyId,
    /// The member.
    pub member: MemberId,
    /// The last time, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
}

/// Who touched each point, in the order in which they first did; none stands for the title.
#[derive(Debug, Clone, Default)]
pub struct Touches(BTreeMap<Option<PointId>, Vec<Heard>>);

impl Touches {
    /// Takes note of a record and what it touched.
    pub fn note(&mut self, record: &Record, touched: &Touched) {
        for point in touched.parts() {
            let by = self.0.entry(point).or_default();
            let Author { party, member } = &record.author;
            match by.iter_mut().find(|known| known.member == *member && known.party == *party) {
                Some(known) => known.at_ms = known.at_ms.max(record.at_ms),
                None => by.push(Heard { party: party.clone(), member: member.clone(), at_ms: record.at_ms }),
            }
        }
    }

    /// Who touched this point.
    pub fn of(&self, point: &Option<PointId>) -> &[Heard] {
        self.0.get(point).map_or(&[], Vec::as_slice)
    }
}

/// A moment in a plan's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Right after this record.
    Seq(u64),
    /// This time, in milliseconds since 1970-01-01 UTC: before the first record that came later.
    Ms(u64),
}

impl At {
    /// Whether a record was there already at this moment.
    pub fn includes(self, seq: u64, record: &Record) -> bool {
        match self {
            At::Seq(last) => seq <= last,
            At::Ms(last) => record.at_ms <= last,
        }
    }
}

/// A log that cannot be read on. The replay must not be used any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// A record cannot be folded in.
    #[error("record {seq} of the log cannot be folded in: {why}")]
    Record {
        /// Its number.
        seq: u64,
        /// What is wrong.
        why: FoldError,
    },
    /// A state is none.
    #[error("the text as it was told cannot be read: {0}")]
    State(FoldError),
    /// What was folded in cannot be read.
    #[error("the log cannot be read: its records do not fit together")]
    Unreadable,
}

impl From<Misbehaved> for ReplayError {
    fn from(_: Misbehaved) -> Self {
        Self::Unreadable
    }
}

/// A document that grows record by record.
pub struct Replay {
    fold: Fold,
    seq: u64,
    created_by: Option<Author>,
    authors: Authors,
    touched: Arc<Mutex<Touched>>,
}

impl Replay {
    /// Before the first record. If that is by `created_by`, who created the plan, it is its first text and nobody's words.
    pub fn new(created_by: Option<Author>) -> Self {
        Self::of(Fold::new(new_doc(0)), 0, created_by)
    }

    /// From the document after record `seq`, as Yjs update V1. Of what stands there already it is not known who wrote it.
    ///
    /// # Errors
    /// [`ReplayError::State`], if it is no document.
    pub fn from_state(seq: u64, state: &[u8]) -> Result<Self, ReplayError> {
        Ok(Self::of(Fold::of_state(new_doc(0), state).map_err(ReplayError::State)?, seq, None))
    }

    fn of(fold: Fold, seq: u64, created_by: Option<Author>) -> Self {
        let touched = Arc::new(Mutex::new(Touched::default()));
        fold.observe(|doc| {
            let noted = Arc::clone(&touched);
            doc.get_or_insert_map(POINTS).observe_deep("touched", move |txn, events: &Events| {
                note_points(&mut noted.lock().unwrap_or_else(PoisonError::into_inner), txn, events);
            });
            let noted = Arc::clone(&touched);
            doc.get_or_insert_map(META).observe_deep("touched", move |_, _: &Events| {
                noted.lock().unwrap_or_else(PoisonError::into_inner).title = true;
            });
        });
        Self { fold, seq, created_by, authors: Authors::default(), touched }
    }

    /// Folds in the next record.
    ///
    /// # Errors
    /// [`ReplayError::Record`], if it cannot be.
    pub fn apply(&mut self, seq: u64, record: &Record) -> Result<Touched, ReplayError> {
        let taken = self.fold.take(record).map_err(|why| ReplayError::Record { seq, why })?;
        Ok(self.note(seq, record, &taken.blocks))
    }

    /// Folds in what may become a record and is none yet: it may build on what the log does not hold. No record is folded in after it.
    ///
    /// # Errors
    /// [`ReplayError::Record`], if it cannot be.
    pub fn lay(&mut self, seq: u64, record: &Record) -> Result<Touched, ReplayError> {
        let laid = Formed::read(&record.update).and_then(|update| Ok(self.fold.lay([update])?));
        let new = laid.map_err(|why| ReplayError::Record { seq, why })?;
        Ok(self.note(seq, record, &new))
    }

    /// Lays updates over the text that are none of its log.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`], if they do not fit to it.
    pub fn lay_over(&mut self, updates: impl IntoIterator<Item = Formed>) -> Result<(), ReplayError> {
        self.fold.lay(updates)?;
        Ok(())
    }

    fn note(&mut self, seq: u64, record: &Record, new: &IdSet) -> Touched {
        let touched = std::mem::take(&mut *self.touched.lock().unwrap_or_else(PoisonError::into_inner));
        let author = (!self.is_first_text(seq, record)).then_some(&record.author);
        self.authors.note(seq, record, new, author, &touched);
        self.seq = seq;
        touched
    }

    /// Whether a record holds the text that the plan was created with.
    fn is_first_text(&self, seq: u64, record: &Record) -> bool {
        seq == 1 && self.created_by.as_ref() == Some(&record.author)
    }

    /// The last record that was folded in; 0 for none.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Looks something up in the document.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`].
    pub fn look<T>(&mut self, f: impl FnOnce(&mut TransactionMut) -> T) -> Result<T, ReplayError> {
        Ok(self.fold.look(f)?)
    }

    /// The plan as it stands now.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`].
    pub fn outline(&mut self) -> Result<Outline, ReplayError> {
        self.look(|txn| Outline::read(txn))
    }

    /// Who wrote which stretch of a point's words; `None` where they are no text. `unsent` names whose the client ids are that no record
    /// explains.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`].
    pub fn blame(
        &mut self,
        point: &PointId,
        unsent: impl Fn(u64) -> Option<Author>,
    ) -> Result<Option<Vec<Authored>>, ReplayError> {
        let Self { fold, authors, .. } = self;
        Ok(fold.look(|txn| {
            let text = words_text(txn, point)?;
            Some(blame(txn, &text, authors, unsent))
        })?)
    }
}

/// Takes note of what happened below the map of points.
fn note_points(touched: &mut Touched, txn: &TransactionMut, events: &Events) {
    for event in events.iter() {
        let keys = || match event {
            Event::Map(event) => event.keys(txn).keys().map(|key| &**key).collect(),
            _ => Vec::new(),
        };
        let path = event.path();
        match path.front() {
            None => {
                touched.tree = true;
                touched.points.extend(keys().into_iter().filter_map(|key| key.parse().ok()));
            }
            Some(PathSegment::Key(point)) => {
                touched.tree |= path.len() == 1 && keys().into_iter().any(|key| matches!(key, "parent" | "order"));
                touched.points.extend(point.parse());
            }
            Some(PathSegment::Index(_)) => {}
        }
    }
}
