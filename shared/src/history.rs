//! What a plan's log tells: who wrote what, when, and how the text stood at any time.
//!
//! The log's records are folded into a document one by one, as a room does it. They passed the gate when they were written, but
//! nothing here looks at them again: a caller that has them from somebody else guards itself against what yrs cannot bear.
//!
//! **Architecture invariant:** what a record costs depends on what it changes, not on the size of the text, as long as it leaves
//! the tree of points as it was.

mod authors;
mod entries;
#[cfg(test)]
mod tests;
mod tracker;

use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    mem::ManuallyDrop,
    sync::{Arc, Mutex, PoisonError},
};
use yrs::{
    DeepObservable, Doc, Transact, TransactionMut, Update,
    types::{Event, Events, PathSegment},
    updates::decoder::Decode,
};

use crate::{
    id::{MemberId, PartyId, PointId},
    plan::{META, Outline, POINTS, new_doc},
    record::{Author, Record},
};

pub use authors::{Authors, Stretch, blame};
pub use entries::{Entries, Entry};
pub use tracker::Tracker;

/// What a record touched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// The plan's title.
    pub title: bool,
    /// Points that came, went, or of which anything changed.
    pub points: BTreeSet<PointId>,
    /// Whether points came, went or were moved.
    pub tree: bool,
}

impl Touched {
    fn add(&mut self, other: Touched) {
        self.title |= other.title;
        self.tree |= other.tree;
        self.points.extend(other.points);
    }
}

/// Somebody who changed something, and when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
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
        let title = touched.title.then_some(None);
        for point in touched.points.iter().cloned().map(Some).chain(title) {
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

/// A record that cannot be folded in. The document must not be used any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {seq} of the log cannot be applied: {reason}")]
pub struct ReplayError {
    /// Its number; 0 for a state.
    pub seq: u64,
    /// What is wrong.
    pub reason: String,
}

/// A document that grows record by record.
pub struct Replay {
    doc: Doc,
    seq: u64,
    created_by: Option<Author>,
    authors: Authors,
    touched: Arc<Mutex<Touched>>,
}

impl Replay {
    /// Before the first record. If that is by `created_by`, who created the plan, it is its first text and nobody's words.
    pub fn new(created_by: Option<Author>) -> Self {
        Self::of(new_doc(0), 0, created_by)
    }

    /// From the document after record `seq`, as Yjs update V1. Of what stands there already it is not known who wrote it.
    pub fn from_state(seq: u64, state: &[u8]) -> Result<Self, ReplayError> {
        let doc = new_doc(0);
        let mut txn = ManuallyDrop::new(doc.transact_mut());
        let applied = apply(&mut txn, state);
        txn.commit();
        drop(ManuallyDrop::into_inner(txn));
        applied.map_err(|reason| ReplayError { seq: 0, reason })?;
        Ok(Self::of(doc, seq, None))
    }

    fn of(doc: Doc, seq: u64, created_by: Option<Author>) -> Self {
        let touched = Arc::new(Mutex::new(Touched::default()));
        let noted = Arc::clone(&touched);
        doc.get_or_insert_map(POINTS).observe_deep("touched", move |txn, events: &Events| {
            note_points(&mut noted.lock().unwrap_or_else(PoisonError::into_inner), txn, events);
        });
        let noted = Arc::clone(&touched);
        doc.get_or_insert_map(META).observe_deep("touched", move |_, _: &Events| {
            noted.lock().unwrap_or_else(PoisonError::into_inner).title = true;
        });
        Self { doc, seq, created_by, authors: Authors::default(), touched }
    }

    /// Folds in the next record. After an error, or a panic that the caller caught, this is of no more use.
    pub fn apply(&mut self, seq: u64, record: &Record) -> Result<Touched, ReplayError> {
        // If yrs panics, the transaction is given up rather than dropped: its destructor may panic as well.
        let mut txn = ManuallyDrop::new(self.doc.transact_mut());
        let applied = record.change().map_or(Ok(()), |update| apply(&mut txn, update));
        txn.commit();
        let new = txn.insert_set().clone();
        drop(ManuallyDrop::into_inner(txn));
        applied.map_err(|reason| ReplayError { seq, reason })?;
        let touched = std::mem::take(&mut *self.touched.lock().unwrap_or_else(PoisonError::into_inner));
        let author = (!self.is_first_text(seq, record)).then_some(&record.author);
        self.authors.note(seq, record, &new, author, &touched);
        self.seq = seq;
        Ok(touched)
    }

    /// Whether a record holds the text that the plan was created with.
    fn is_first_text(&self, seq: u64, record: &Record) -> bool {
        seq == 1 && self.created_by.as_ref() == Some(&record.author)
    }

    /// The last record that was folded in; 0 for none.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The document, to be read.
    pub fn doc(&self) -> &Doc {
        &self.doc
    }

    /// The plan as it stands now.
    pub fn outline(&self) -> Outline {
        Outline::read(&self.doc.transact())
    }

    /// Who wrote what, as far as the records tell that were folded in.
    pub fn authors(&self) -> &Authors {
        &self.authors
    }
}

/// How the text stood at a moment. `records` are those of the log from the first on, with their numbers; no more of them are
/// taken than are needed.
pub fn state_at<E: From<ReplayError>>(
    records: impl IntoIterator<Item = Result<(u64, Record), E>>,
    created_by: Option<Author>,
    at: At,
) -> Result<Replay, E> {
    let mut replay = Replay::new(created_by);
    for next in records {
        let (seq, record) = next?;
        if !at.includes(seq, &record) {
            break;
        }
        replay.apply(seq, &record)?;
    }
    Ok(replay)
}

fn apply(txn: &mut TransactionMut, update: &[u8]) -> Result<(), String> {
    let update = Update::decode_v1(update).map_err(|error| error.to_string())?;
    txn.apply_update(update).map_err(|error| error.to_string())
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
