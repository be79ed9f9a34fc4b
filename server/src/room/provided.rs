//! What an edit holds on that was made for a document as it was a moment ago.

use plenary_shared::log::record::Branch;
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use crate::store::Seq;

/// Under which condition an edit is taken.
#[derive(Clone, Debug, Default)]
pub enum Provided {
    /// Whatever was written meanwhile.
    #[default]
    Anyway,
    /// This is the document's last record.
    Last(Seq),
    /// Nobody else touched the same meanwhile.
    Alone(Alone),
}

/// Edits of one stay that were found to clash with nobody, away from the room. They build on each other: once it does not hold for one of
/// them, those behind it are not taken either.
#[derive(Clone, Debug)]
pub struct Alone {
    /// The last record that was looked at.
    since: Seq,
    moved: Arc<AtomicBool>,
}

impl Provided {
    /// That nobody else touched the same behind this record.
    pub fn alone_since(since: Seq) -> Self {
        Self::Alone(Alone { since, moved: Arc::default() })
    }

    /// Whether it is known not to hold of a document with this last record, before its edit is looked at.
    pub fn has_moved(&self, last: Seq) -> bool {
        match self {
            Self::Anyway => false,
            Self::Last(seq) => *seq != last,
            Self::Alone(Alone { moved, .. }) => moved.load(Relaxed),
        }
    }

    /// Whether others touched the same; `is_touched` tells whether they did behind a record.
    pub fn is_touched(&self, is_touched: impl FnOnce(Seq) -> bool) -> bool {
        let Self::Alone(Alone { since, moved }) = self else { return false };
        let is_touched = is_touched(*since);
        moved.fetch_or(is_touched, Relaxed);
        is_touched
    }

    /// Whether it has to be looked at behind all of a batch, some of which are of these stays: what a document does not hold yet, it does
    /// not tell of.
    pub fn waits_behind(&self, branches: &HashSet<Branch>, own: Branch) -> bool {
        match self {
            Self::Anyway => false,
            Self::Last(_) => !branches.is_empty(),
            Self::Alone(_) => branches.iter().any(|branch| *branch != own),
        }
    }
}
