//! What a room wants done, for whom, and why it did not take an edit.

use bytes::Bytes;
use plenary_shared::{
    log::{
        gate::Refusal,
        record::{Digest, Record},
    },
    people::Author,
    wire::cut::Cut,
};
use yrs::StateVector;

use crate::store::Seq;

/// A session within the process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SessionId(pub u64);

/// What a room wants done.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// One frame to one session.
    Send(SessionId, Bytes),
    /// The answer to a session's state vector.
    Sync(SessionId, StateVector, Bytes),
    /// One frame to every session.
    Broadcast(Bytes),
    /// A presence frame to every session; a slow one may miss it and is told all when it is caught up.
    BroadcastPresence(Bytes),
    /// Bring a slow session what it has missed by then ([`super::state::RoomState::catch_up`]): effects before this one may not have
    /// reached it either.
    CatchUp(SessionId),
    /// End a session.
    Close(SessionId, u16, &'static str),
    /// Records that came to hold, for those who follow the log.
    Logged(Vec<(Seq, Digest, Record)>),
    /// How an edit without a session ended: what was cut out of it, or why it was not taken.
    Edited(u64, Result<Cut, EditError>),
    /// Something was refused, for the metrics.
    Refused,
    /// Somebody sent what others pay for.
    Offended(Author),
    /// Something was left out of a presence message, for the metrics.
    LeftOut,
    /// The document misbehaved: build it again from the log, then call [`super::state::RoomState::replace`].
    Rebuild,
}

/// Why an edit was not taken that came without a session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The gate refused it.
    #[error("{}{}", .0, advice(.0))]
    Refused(#[from] Refusal),
    /// It passed the gate and failed in the document.
    #[error("the document could not take the edit: make it again in another way")]
    Misbehaved,
    /// A restore is under way, and nobody knows whose its blocks are.
    #[error(
        "the server was restored from a backup, and what you hold of others' words is not in it: keep a copy of what you wrote yourself, load the \
         page again and write it anew; the others send theirs themselves"
    )]
    Unaccounted,
    /// The document is full.
    #[error("the document is full: it holds at most {0} bytes")]
    Full(usize),
    /// The party's share of the log is used up.
    #[error("your party's share of this log is used up: ask the chair for more")]
    Share,
    /// The disk has no room. Nothing was kept.
    #[error("the server's disk is full: tell its operator, and try again later")]
    DiskFull,
    /// The log could not be written. Nothing was kept.
    #[error("the server cannot store edits now: try again later")]
    Unavailable,
    /// It holds only if nobody else touched the same meanwhile, and somebody did.
    #[error("others are changing the same: try again")]
    Moved,
    /// The log could not be written, or nobody knows whether it was.
    #[error("the edit may have been kept")]
    InDoubt,
}

impl EditError {
    /// Whether others pay for it, and an honest client never sends it. Whoever wrote under a client id that became another's did nothing.
    pub fn is_offence(&self) -> bool {
        match self {
            EditError::Misbehaved => true,
            EditError::Refused(refusal) => !matches!(refusal, Refusal::Forged { .. } | Refusal::Share { .. }),
            EditError::Unaccounted
            | EditError::Full(_)
            | EditError::Share
            | EditError::DiskFull
            | EditError::Unavailable
            | EditError::Moved
            | EditError::InDoubt => false,
        }
    }
}

/// What whoever sits before a page does about it.
fn advice(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Malformed { .. } => "; reload the page, or update the client",
        Refusal::Forged { .. } => "; reload the page to get an id of your own",
        Refusal::Inconsistent { .. } => "; reload the page and make the edit again",
        Refusal::Foreign { .. } => "; load the page again, without it",
        // These say it themselves.
        Refusal::Missing { .. } | Refusal::TooLarge { .. } | Refusal::Share { .. } => "",
    }
}
