//! What a room is asked from outside, and what it answers.

use bytes::Bytes;
use plenary_shared::{
    id::PartyId,
    log::record::{Digest, Provenance},
    people::Member,
    text::marks::{ChangedApart, Unconfirmed},
    wire::{cut::Cut, protocol::ClientMessage},
};
use std::{io, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use yrs::StateVector;

use super::{
    document::Owned,
    effect::{EditError, SessionId},
    followers::Feed,
    order::Order,
    provided::Provided,
    rests::Rests,
    state::{Judged, Proposal, RoomState, Unheld},
};
use crate::{
    outbox::Outbox,
    store::{BoxFuture, Seq, StoreError},
};

/// What a room is asked from outside.
pub enum Command {
    /// A session opened. Answered once the session is in.
    Join { session: SessionId, member: Member, outbox: Arc<Outbox>, joined: oneshot::Sender<()> },
    /// A session's message, what it rests on and what is known of its claims about order; a large one keeps its place among the large ones
    /// until here.
    Message {
        session: SessionId,
        message: ClientMessage,
        rests: Option<Rests>,
        order: Order,
        write: bool,
        place: Option<LargePlace>,
    },
    /// A session's update of `bytes` is not taken, as was found on a copy. `complete`: it answers a step 1.
    Refused { session: SessionId, error: EditError, complete: bool, bytes: usize },
    /// A session has read all that waited and was too slow for the rest.
    CatchUp { session: SessionId },
    /// A session ended.
    Leave { session: SessionId },
    /// An edit without a session; `order`: what is known of its claims. Answered once it is durable.
    Edit { by: Provenance, update: Bytes, provided: Provided, order: Order, done: Done },
    /// A part of what is kept in several logs at once.
    Hold(Hold),
    /// Asks for the last record and a copy that knows all that the log says ([`super::document::Document::from_copy`]), and all that the
    /// session `of` sent before.
    Copy { of: Option<SessionId>, copy: oneshot::Sender<(Seq, Bytes)> },
    /// Asks whether an update of a session may leave an alternative empty, behind all that it sent before.
    Empties { session: SessionId, update: Bytes, empties: oneshot::Sender<bool> },
    /// Asks for what a replica with this state vector lacks, and where the log ends then.
    Read { vector: StateVector, state: oneshot::Sender<(End, Bytes)> },
    /// Asks where the log ends.
    End { end: oneshot::Sender<End> },
    /// Asks how many bytes of the log a party's edits take.
    Written { party: PartyId, written: oneshot::Sender<u64> },
    /// Asks what was changed apart.
    Marked { marked: oneshot::Sender<Arc<ChangedApart>> },
    /// Asks which points were merged and not confirmed since; dropped unanswered if the document cannot be read.
    Unconfirmed { unconfirmed: oneshot::Sender<Vec<Unconfirmed>> },
    /// Asks whose each client id is.
    Owners { owners: oneshot::Sender<Arc<Owned>> },
    /// Follows the log from where it ends now: each record as it comes to hold.
    Follow { session: SessionId, feed: Feed, joined: oneshot::Sender<End> },
    /// The server stops: finish what waits, then close.
    Stop,
}

impl Command {
    /// Whether whoever asks waits for what is on its way, or for what the session sent that it asks for.
    pub fn is_for_later(&self, state: &RoomState) -> bool {
        match self {
            Command::Copy { of: Some(session), .. } | Command::Empties { session, .. } => {
                !state.is_settled() || state.waits(*session)
            }
            Command::Copy { of: None, .. } | Command::Owners { .. } => !state.is_settled(),
            _ => false,
        }
    }
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

/// Who is told how an edit ended: what was cut out of it, or why it was not taken.
pub type Done = oneshot::Sender<Result<Cut, EditError>>;

/// Where in the log a batch ends that was on its way, nowhere if it came to nothing.
pub type Appended = Result<Option<Seq>, StoreError>;

impl From<&StoreError> for EditError {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Full => EditError::DiskFull,
            StoreError::InDoubt(_) => EditError::InDoubt,
            StoreError::Corrupt { .. }
            | StoreError::Damaged { .. }
            | StoreError::InUse { .. }
            | StoreError::AtWork { .. }
            | StoreError::Format { .. }
            | StoreError::Moved { .. }
            | StoreError::Busy { .. }
            | StoreError::TooLarge { .. }
            | StoreError::Closed
            | StoreError::Io(_) => EditError::Unavailable,
        }
    }
}

/// Whether nothing was kept and the log is as the room knows it, so that it may go on.
pub fn is_unchanged(error: &StoreError) -> bool {
    matches!(error, StoreError::Full | StoreError::Busy { .. } | StoreError::TooLarge { .. })
}

/// What was found of a proposal, or why the room is not held.
pub type Verdict = Result<Judged, Unheld>;

/// A part of what is kept in several logs at once, and how the room and whoever makes it tell each other of it.
pub struct Hold {
    /// The part.
    pub proposal: Proposal,
    /// Told what was found of it. With records to append the room is held: it begins no batch until it knows their fate.
    pub verdict: oneshot::Sender<Verdict>,
    /// What became of the record. Dropped: nobody knows, so the room ends and the next one reads the log.
    pub fate: oneshot::Receiver<Fate>,
    /// Answered once everyone is told of it.
    pub done: Done,
}

impl Hold {
    /// Tells the verdict. If the room is held, answers whom to tell when all is done, and what becomes of the record.
    pub fn judge(self, judge: impl FnOnce(Proposal) -> Verdict) -> Option<(Done, BoxFuture<Appended>)> {
        let Self { proposal, verdict, fate, done } = self;
        let judged = judge(proposal);
        let held = judged.as_ref().is_ok_and(|judged| judged.records.is_some());
        // Whoever no longer waits for the verdict says so by the record's fate.
        let _ = verdict.send(judged);
        let fate: BoxFuture<Appended> = Box::pin(async move {
            match fate.await {
                Ok(Fate::Kept(last)) => Ok(Some(last)),
                Ok(Fate::Dropped) => Ok(None),
                Ok(Fate::Failed(error)) => Err(error),
                Err(_) => Err(StoreError::InDoubt(Arc::new(io::Error::other("nobody knows what became of an edit")))),
            }
        });
        held.then_some((done, fate))
    }
}

/// What became of the record for which a room was held.
#[derive(Clone, Debug)]
pub enum Fate {
    /// The log holds it, here.
    Kept(Seq),
    /// It was not appended.
    Dropped,
    /// The log has other records than the room knows, or nobody knows what it has.
    Failed(StoreError),
}

/// A place among the large messages that may be read at once.
pub struct LargePlace {
    /// Among all.
    pub _all: OwnedSemaphorePermit,
    /// Among the party's.
    pub _party: OwnedSemaphorePermit,
}
