//! What a room is asked from outside, and what it answers.

use bytes::Bytes;
use plenary_shared::{
    api::Member,
    id::PartyId,
    protocol::ClientMessage,
    record::{Author, Digest},
};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use yrs::StateVector;

use super::state::{EditError, SessionId};
use crate::{outbox::Outbox, store::Seq};

/// What a room is asked from outside.
pub enum Command {
    /// A session opened. Answered once the session is in.
    Join { session: SessionId, member: Member, outbox: Arc<Outbox>, joined: oneshot::Sender<()> },
    /// A session's message; a large one keeps its place among the large ones until here.
    Message { session: SessionId, message: ClientMessage, write: bool, place: Option<Place> },
    /// A session has read all that waited and was too slow for the rest.
    CatchUp { session: SessionId },
    /// A session ended.
    Leave { session: SessionId },
    /// An edit of the server's own. Answered once it is durable.
    Edit { author: Author, update: Bytes, done: oneshot::Sender<Result<(), EditError>> },
    /// Asks for what a replica with this state vector lacks, and where the log ends then.
    Read { vector: StateVector, state: oneshot::Sender<(End, Bytes)> },
    /// Asks where the log ends.
    End { end: oneshot::Sender<End> },
    /// Asks whose each client id is.
    Owners { owners: oneshot::Sender<Arc<[(u64, PartyId)]>> },
    /// Follows the log: each record as it comes to hold, the state before them if it is asked for.
    Follow { session: SessionId, outbox: Arc<Outbox>, state: bool, joined: oneshot::Sender<End> },
    /// The server stops: finish what waits, then close.
    Stop,
}

/// Where a log ends, as its room has it.
#[derive(Debug, Clone)]
pub struct End {
    /// The last record.
    pub seq: Seq,
    /// The chain's digest there.
    pub digest: Digest,
    /// Records up to there that the log holds and the document does not.
    pub refused: Vec<Seq>,
}

/// A place among the large messages that may be read at once.
pub struct Place {
    /// Among all.
    pub _all: OwnedSemaphorePermit,
    /// Among the party's.
    pub _party: OwnedSemaphorePermit,
}
