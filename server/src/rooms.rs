//! From an address to its running room: one load at a time, and idle rooms leave memory.

use bytes::Bytes;
use plenary_shared::{id::DocAddress, limits, record::Author};
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

use crate::room::{Command, EditError, Ended, Room, Surroundings};

/// A running room's inbox.
pub type Inbox = mpsc::Sender<Command>;

/// Why no room answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    /// As many documents are open as may be.
    #[error("the server has as many plans open as it can: try again later")]
    Full,
    /// The document cannot be loaded, or the server stops.
    #[error("the plan is not available now: try again later")]
    Unavailable,
    /// The edit was not taken.
    #[error(transparent)]
    Edit(#[from] EditError),
}

/// All rooms in memory.
pub struct Rooms {
    around: Surroundings,
    shared: Mutex<Shared>,
}

#[derive(Default)]
struct Shared {
    open: HashMap<DocAddress, Inbox>,
    /// Documents that could not be opened a moment ago.
    failed: HashSet<DocAddress>,
    tasks: JoinSet<()>,
    stopping: bool,
}

/// How long a document that could not be opened is left alone.
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// How often to ask again for a room that left memory at just that moment.
const TRIES: usize = 8;

impl Rooms {
    /// No room yet.
    pub fn new(around: Surroundings) -> Arc<Self> {
        Arc::new(Self { around, shared: Mutex::default() })
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rooms in memory.
    pub fn count(&self) -> usize {
        self.shared().open.len()
    }

    /// Whether edits can be stored: the disk has its reserve.
    pub fn can_store(&self) -> bool {
        self.around.store.free_bytes().is_none_or(|free| free >= limits::DISK_RESERVE_BYTES)
    }

    /// The room of a document, loaded in the background if it is not in memory: what is sent meanwhile waits in its inbox.
    fn inbox(self: &Arc<Self>, address: &DocAddress) -> Result<Inbox, RoomError> {
        let mut shared = self.shared();
        if let Some(inbox) = shared.open.get(address).filter(|inbox| !inbox.is_closed()) {
            return Ok(inbox.clone());
        }
        if shared.stopping || shared.failed.contains(address) {
            return Err(RoomError::Unavailable);
        }
        if shared.open.len() >= limits::ROOMS_MAX {
            return Err(RoomError::Full);
        }
        let (inbox, receiver) = mpsc::channel(limits::ROOM_INBOX_MESSAGES);
        shared.open.insert(address.clone(), inbox.clone());
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

    /// The whole document as one Yjs update V1.
    pub async fn read(self: &Arc<Self>, address: &DocAddress) -> Result<Bytes, RoomError> {
        self.ask(address, |state| Command::Read { state }).await.map(|(_, state)| state)
    }

    /// Makes an edit of the server's own; answers once it is durable.
    pub async fn edit(self: &Arc<Self>, address: &DocAddress, author: &Author, update: &Bytes) -> Result<(), RoomError> {
        let edit = |done| Command::Edit { author: author.clone(), update: update.clone(), done };
        let (_, result) = self.ask(address, edit).await?;
        Ok(result?)
    }

    /// Has every room finish what waits and close its sessions; answers when all have.
    pub async fn stop(&self) {
        let (inboxes, mut tasks) = {
            let mut shared = self.shared();
            shared.stopping = true;
            (shared.open.values().cloned().collect::<Vec<_>>(), std::mem::take(&mut shared.tasks))
        };
        // All at once, and not for ever: a disk that hangs must not keep the process.
        let asked = futures_util::future::join_all(inboxes.iter().map(|inbox| inbox.send(Command::Stop)));
        let stopped = timeout(limits::STOP, async {
            asked.await;
            while tasks.join_next().await.is_some() {}
        });
        if stopped.await.is_err() {
            tracing::error!("some plans could not be finished in time: what was acknowledged is in the log");
        }
    }
}

async fn run(rooms: Arc<Rooms>, address: DocAddress, mut inbox: mpsc::Receiver<Command>) {
    let (around, at) = (rooms.around.clone(), address.clone());
    let opened = tokio::task::spawn_blocking(move || Room::open(at, around)).await;
    match opened {
        Ok(Ok(mut room)) => loop {
            let ended = room.run(&mut inbox).await;
            // Out of reach first; what slipped in before that is either handled or answered by the dropped inbox.
            let mut shared = rooms.shared();
            if ended == Ended::Idle && !inbox.is_empty() {
                continue;
            }
            shared.open.remove(&address);
            break;
        },
        failed => {
            match failed {
                Ok(Err(error)) => tracing::error!(document = %address, %error, "the document cannot be opened"),
                _ => tracing::error!(document = %address, "the document cannot be opened: its loading panicked"),
            }
            rooms.around.metrics.open_failures.add(1);
            // Whoever asks meanwhile is told at once, without another load.
            {
                let mut shared = rooms.shared();
                shared.open.remove(&address);
                shared.failed.insert(address.clone());
            }
            drop(inbox);
            tokio::time::sleep(AFTER_FAILURE).await;
            rooms.shared().failed.remove(&address);
        }
    }
}
