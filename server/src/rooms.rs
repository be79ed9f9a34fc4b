//! From an address to its running room: one load at a time, and idle rooms leave memory.

mod act;
mod commit;
mod emptied;
mod merge;
mod merges;
#[cfg(test)]
mod tests;
mod trail;
mod verify;

use bytes::Bytes;
use plenary_shared::{
    id::{ConferenceId, DocAddress, PartyId},
    limits,
    people::LayerKind,
    text::marks::{ChangedApart, Unconfirmed},
    wire::cut::Cut,
};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::timeout,
};
use yrs::StateVector;

use crate::{
    alternatives::Alternatives,
    announced::Announced,
    answers::Answers,
    conduct::Conduct,
    metrics::Figures,
    restore::Restore,
    room::{Command, EditError, End, Room, RoomEnded, Surroundings, document::Owned},
    shares::Shares,
    store::{Seq, Store},
    waypoints::Waypoints,
};

pub use act::{Acting, HeldAct};
pub use commit::{Change, CommitError};
pub use merge::{Brought, Stayed, Together};
use merges::Merges;
use trail::Trails;
pub use verify::{Tried, Weighed};

/// A running room's inbox.
pub type Inbox = mpsc::Sender<Command>;

/// Why no room answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    /// As many documents of its kind are open as may be.
    #[error("the server has as many documents open as it can: try again later")]
    Full,
    /// The document cannot be loaded, or the server stops.
    #[error("the document is not available now: try again later")]
    Unavailable,
    /// The edit was not taken.
    #[error(transparent)]
    Edit(#[from] EditError),
}

/// All rooms in memory.
pub struct Rooms {
    store: Arc<dyn Store>,
    metrics: Arc<Figures>,
    answers: Answers,
    restore: Arc<Restore>,
    conduct: Arc<Conduct>,
    shares: Arc<Shares>,
    announced: Arc<Announced>,
    waypoints: Arc<Waypoints>,
    alternatives: Arc<Alternatives>,
    trails: Trails,
    merges: Merges,
    shared: Mutex<Shared>,
}

/// What rooms are counted by when it is asked whether one more may open: what one party does with its layers is not to be
/// noticed on plans or on other parties' layers, nor what it does in private on those of its layers that others read.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Share {
    Plans,
    Layers(ConferenceId, PartyId, Readers),
}

/// Who reads a layer, as far as its name tells.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Readers {
    Party,
    Chosen,
    All,
}

impl Share {
    fn of(address: &DocAddress) -> Self {
        match address {
            DocAddress::Layer(conference, _, party, layer) => {
                let readers = match layer.kind() {
                    LayerKind::Private => Readers::Party,
                    LayerKind::Public | LayerKind::Positions => Readers::All,
                    LayerKind::Opened => Readers::Chosen,
                };
                Share::Layers(conference.clone(), party.clone(), readers)
            }
            DocAddress::Plan(..) | DocAddress::Registry | DocAddress::Seats(..) => Share::Plans,
        }
    }

    fn rooms_max(&self) -> usize {
        match self {
            Share::Plans => limits::ROOMS_MAX,
            Share::Layers(..) => limits::LAYER_ROOMS_PER_PARTY_MAX,
        }
    }
}

#[derive(Default)]
struct Shared {
    open: HashMap<Share, HashMap<DocAddress, Inbox>>,
    /// Documents that could not be opened a moment ago.
    failed: HashSet<DocAddress>,
    tasks: JoinSet<()>,
    stopping: bool,
}

impl Shared {
    /// A room is out of reach from here on.
    fn left(&mut self, address: &DocAddress) {
        let share = Share::of(address);
        if let Some(open) = self.open.get_mut(&share) {
            open.remove(address);
            if open.is_empty() {
                self.open.remove(&share);
            }
        }
    }
}

/// How long a document that could not be opened is left alone.
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// How often to ask again for a room that left memory at just that moment.
const TRIES: usize = 8;

impl Rooms {
    /// No room yet.
    pub fn new(store: Arc<dyn Store>, metrics: Arc<Figures>) -> Arc<Self> {
        let (answers, restore) = (Answers::default(), Arc::default());
        let (conduct, shares, announced, waypoints) = (Arc::default(), Arc::default(), Arc::default(), Arc::default());
        let (alternatives, trails, merges, shared) = (Arc::default(), Trails::default(), Merges::default(), Mutex::default());
        Arc::new(Self {
            store,
            metrics,
            answers,
            restore,
            conduct,
            shares,
            announced,
            waypoints,
            alternatives,
            trails,
            merges,
            shared,
        })
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where logs are kept.
    pub fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    /// Whether the server goes on from a backup.
    pub fn restore(&self) -> &Arc<Restore> {
        &self.restore
    }

    /// What is held against members.
    pub fn conduct(&self) -> &Conduct {
        &self.conduct
    }

    /// What parties may write into logs.
    pub fn shares(&self) -> &Shares {
        &self.shares
    }

    /// What waits to be read, in the whole process.
    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Plans in memory.
    pub fn plans_open(&self) -> usize {
        self.shared().open.get(&Share::Plans).map_or(0, HashMap::len)
    }

    /// Layers in memory.
    pub fn layers_open(&self) -> usize {
        let shared = self.shared();
        shared.open.iter().filter(|(share, _)| **share != Share::Plans).map(|(_, open)| open.len()).sum()
    }

    /// The room of a document, loaded in the background if it is not in memory: what is sent meanwhile waits in its inbox.
    fn inbox(self: &Arc<Self>, address: &DocAddress) -> Result<Inbox, RoomError> {
        let (mut shared, share) = (self.shared(), Share::of(address));
        let open = shared.open.get(&share);
        if let Some(inbox) = open.and_then(|open| open.get(address)).filter(|inbox| !inbox.is_closed()) {
            return Ok(inbox.clone());
        }
        if shared.stopping || shared.failed.contains(address) {
            return Err(RoomError::Unavailable);
        }
        if open.map_or(0, HashMap::len) >= share.rooms_max() {
            return Err(RoomError::Full);
        }
        let (inbox, receiver) = mpsc::channel(limits::ROOM_INBOX_MESSAGES);
        shared.open.entry(share).or_default().insert(address.clone(), inbox.clone());
        while shared.tasks.try_join_next().is_some() {}
        shared.tasks.spawn(run(self.clone(), address.clone(), receiver));
        Ok(inbox)
    }

    /// Sends a command that answers, again if the room was just leaving; answers the room's inbox too.
    pub async fn ask<T>(
        self: &Arc<Self>,
        address: &DocAddress,
        mut command: impl FnMut(oneshot::Sender<T>) -> Command,
    ) -> Result<(Inbox, T), RoomError> {
        for _ in 0..TRIES {
            let inbox = self.inbox(address)?;
            let (answer, answered) = oneshot::channel();
            if inbox.send(command(answer)).await.is_ok()
                && let Ok(answer) = answered.await
            {
                return Ok((inbox, answer));
            }
            tokio::task::yield_now().await;
        }
        Err(RoomError::Unavailable)
    }

    /// The last record that a document shows, and the whole of it as one Yjs update V1.
    pub async fn read_at(self: &Arc<Self>, address: &DocAddress) -> Result<(Seq, Bytes), RoomError> {
        self.lacking(address, &StateVector::default()).await.map(|(end, state)| (end.seq, state))
    }

    /// What a replica with this state vector lacks, and where the log ends then.
    pub async fn lacking(self: &Arc<Self>, address: &DocAddress, vector: &StateVector) -> Result<(End, Bytes), RoomError> {
        self.ask(address, |state| Command::Read { vector: vector.clone(), state }).await.map(|(_, read)| read)
    }

    /// Where the log of a document ends.
    pub async fn end(self: &Arc<Self>, address: &DocAddress) -> Result<End, RoomError> {
        self.ask(address, |end| Command::End { end }).await.map(|(_, end)| end)
    }

    /// Bytes of a document's log that the edits of a party take.
    pub async fn written(self: &Arc<Self>, address: &DocAddress, party: &PartyId) -> Result<u64, RoomError> {
        self.ask(address, |written| Command::Written { party: party.clone(), written }).await.map(|(_, written)| written)
    }

    /// The party of each client id of a document.
    pub async fn owners(self: &Arc<Self>, address: &DocAddress) -> Result<Arc<Owned>, RoomError> {
        self.ask(address, |owners| Command::Owners { owners }).await.map(|(_, owners)| owners)
    }

    /// What was changed apart in a plan.
    pub async fn marked(self: &Arc<Self>, address: &DocAddress) -> Result<Arc<ChangedApart>, RoomError> {
        self.ask(address, |marked| Command::Marked { marked }).await.map(|(_, marked)| marked)
    }

    /// The points of a plan that were merged and not confirmed since.
    pub async fn unconfirmed(self: &Arc<Self>, address: &DocAddress) -> Result<Vec<Unconfirmed>, RoomError> {
        self.ask(address, |unconfirmed| Command::Unconfirmed { unconfirmed }).await.map(|(_, unconfirmed)| unconfirmed)
    }

    /// Where the logs of documents end now; 0: nothing was ever written, `None`: the store cannot tell.
    pub async fn ends(&self, addresses: &[DocAddress]) -> Vec<Option<Seq>> {
        let (store, at) = (self.store.clone(), addresses.to_vec());
        let ends = tokio::task::spawn_blocking(move || at.iter().map(|at| store.last_seq(at).ok()).collect());
        ends.await.unwrap_or_else(|_| vec![None; addresses.len()])
    }

    /// Hands an edit of one document to its room, behind those that were handed on before; it is durable once it is answered. Whoever
    /// sees no answer does not know. The answer is what was cut out of it, or why it was not taken.
    ///
    /// # Errors
    /// [`RoomError`], if no room takes it.
    pub async fn begin_edit(self: &Arc<Self>, change: Change) -> Result<oneshot::Receiver<Result<Cut, EditError>>, RoomError> {
        let Change { address, by, update, provided, order } = change;
        for _ in 0..TRIES {
            let (done, answered) = oneshot::channel();
            let edit =
                Command::Edit { by: by.clone(), update: update.clone(), provided: provided.clone(), order: order.clone(), done };
            if self.inbox(&address)?.send(edit).await.is_ok() {
                return Ok(answered);
            }
            tokio::task::yield_now().await;
        }
        Err(RoomError::Unavailable)
    }

    /// Has every room finish what waits and close its sessions; answers when all have.
    pub async fn stop(&self) {
        let (inboxes, mut tasks) = {
            let mut shared = self.shared();
            shared.stopping = true;
            (shared.open.values().flat_map(HashMap::values).cloned().collect::<Vec<_>>(), std::mem::take(&mut shared.tasks))
        };
        // All at once, and not for ever: a disk that hangs must not keep the process.
        let asked = futures_util::future::join_all(inboxes.iter().map(|inbox| inbox.send(Command::Stop)));
        let stopped = timeout(limits::STOP, async {
            asked.await;
            while tasks.join_next().await.is_some() {}
        });
        if stopped.await.is_err() {
            tracing::error!("some documents could not be finished in time: what was acknowledged is in the log");
        }
    }
}

async fn run(rooms: Arc<Rooms>, address: DocAddress, mut inbox: mpsc::Receiver<Command>) {
    let (metrics, answers, restore) = (rooms.metrics.of(&address).clone(), rooms.answers.clone(), rooms.restore.clone());
    let around = Surroundings {
        store: rooms.store.clone(),
        metrics,
        answers,
        restore,
        conduct: rooms.conduct.clone(),
        shares: rooms.shares.clone(),
        announced: rooms.announced.clone(),
        waypoints: rooms.waypoints.clone(),
        alternatives: rooms.alternatives.clone(),
    };
    let at = address.clone();
    let opened = tokio::task::spawn_blocking(move || Room::open(at, around)).await;
    match opened {
        Ok(Ok(mut room)) => {
            loop {
                let ended = room.run(&mut inbox).await;
                // Out of reach first; what slipped in before that is either handled or answered by the dropped inbox.
                let mut shared = rooms.shared();
                if ended == RoomEnded::Idle && !inbox.is_empty() {
                    continue;
                }
                shared.left(&address);
                rooms.alternatives.forget(&address);
                break;
            }
        }
        failed => {
            match failed {
                Ok(Err(error)) => tracing::error!(document = %address.for_log(), %error, "the document cannot be opened"),
                _ => tracing::error!(document = %address.for_log(), "the document cannot be opened: its loading panicked"),
            }
            rooms.metrics.of(&address).open_failures.add(1);
            // Whoever asks meanwhile is told at once, without another load.
            {
                let mut shared = rooms.shared();
                shared.left(&address);
                shared.failed.insert(address.clone());
            }
            drop(inbox);
            tokio::time::sleep(AFTER_FAILURE).await;
            rooms.shared().failed.remove(&address);
        }
    }
}
