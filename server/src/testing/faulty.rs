//! A store in memory of which a test says when it appends, and whether, how its disk is, and what happens when it is read.

use bytes::Bytes;
use plenary_shared::id::DocAddress;
use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};
use tokio::sync::{Notify, Semaphore, watch};

use crate::store::{BoxFuture, Condition, MemoryStore, Part, Seq, Store, StoreError};

pub struct Faulty {
    pub inside: MemoryStore,
    /// What becomes of appends, if not success.
    fails: Arc<Mutex<Option<StoreError>>>,
    gate: Mutex<Option<(usize, Arc<Semaphore>)>>,
    /// Told when an append stands before the gate.
    pub arrived: Arc<Notify>,
    disk: watch::Sender<Condition>,
    event: Mutex<Option<(DocAddress, Event)>>,
    records_read: AtomicUsize,
}

type Event = Box<dyn FnOnce() + Send>;

impl Default for Faulty {
    fn default() -> Self {
        Self {
            inside: MemoryStore::default(),
            fails: Arc::default(),
            gate: Mutex::default(),
            arrived: Arc::default(),
            disk: watch::Sender::new(Condition::Working),
            event: Mutex::default(),
            records_read: AtomicUsize::default(),
        }
    }
}

impl Faulty {
    /// Full, its disk keeps nothing; failed, it keeps what the store then does not know of.
    pub fn becomes(&self, condition: Condition) {
        self.disk.send_replace(condition);
    }

    /// Has something happen the first time that a document is loaded.
    pub fn on_load(&self, doc: DocAddress, event: impl FnOnce() + Send + 'static) {
        *self.event.lock().unwrap() = Some((doc, Box::new(event)));
    }

    /// From here on each append to so many documents or more takes a permit first.
    pub fn shut(&self, documents: usize) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        *self.gate.lock().unwrap() = Some((documents, gate.clone()));
        gate
    }

    pub fn fail(&self, with: StoreError) {
        *self.fails.lock().unwrap() = Some(with);
    }

    pub fn work(&self) {
        *self.fails.lock().unwrap() = None;
    }

    /// Records read since the last time it was asked.
    pub fn records_read(&self) -> usize {
        self.records_read.swap(0, Relaxed)
    }
}

impl Store for Faulty {
    fn append_all(&self, parts: Vec<Part>) -> BoxFuture<Result<Vec<Seq>, StoreError>> {
        let gate = self.gate.lock().unwrap().clone().filter(|(documents, _)| parts.len() >= *documents);
        let (inside, fails, disk, arrived) = (self.inside.clone(), self.fails.clone(), self.condition(), self.arrived.clone());
        Box::pin(async move {
            if let Some((_, gate)) = gate {
                arrived.notify_one();
                gate.acquire().await.unwrap().forget();
            }
            let failed = fails.lock().unwrap().clone();
            match (failed, disk) {
                (Some(error), _) => Err(error),
                (None, Condition::Working) => inside.append_all(parts).await,
                (None, Condition::Full) => Err(StoreError::Full),
                (None, Condition::Failed) => {
                    let doubt = StoreError::InDoubt(Arc::new(io::Error::other("the disk failed")));
                    inside.append_all(parts).await.and(Err(doubt))
                }
            }
        })
    }
    fn read(&self, doc: &DocAddress, after: Seq, max: usize, max_bytes: usize) -> Result<Vec<(Seq, Bytes)>, StoreError> {
        let records = self.inside.read(doc, after, max, max_bytes)?;
        self.records_read.fetch_add(records.len(), Relaxed);
        Ok(records)
    }
    fn last_seq(&self, doc: &DocAddress) -> Result<Seq, StoreError> {
        self.inside.last_seq(doc)
    }
    fn save_snapshot(&self, doc: &DocAddress, covers: Seq, state: Bytes) -> BoxFuture<Result<(), StoreError>> {
        self.inside.save_snapshot(doc, covers, state)
    }
    fn load_snapshot(&self, doc: &DocAddress) -> Result<Option<(Seq, Bytes)>, StoreError> {
        let event = self.event.lock().unwrap().take_if(|(at, _)| at == doc);
        if let Some((_, event)) = event {
            event();
        }
        self.inside.load_snapshot(doc)
    }
    fn documents(&self) -> Result<Vec<DocAddress>, StoreError> {
        self.inside.documents()
    }
    fn condition(&self) -> Condition {
        *self.disk.borrow()
    }
    fn failed(&self) -> BoxFuture<()> {
        let mut disk = self.disk.subscribe();
        Box::pin(async move { drop(disk.wait_for(|disk| *disk == Condition::Failed).await) })
    }
}
