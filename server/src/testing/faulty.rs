//! A store in memory of which a test says when it appends, and whether.

use bytes::Bytes;
use plenary_shared::id::DocAddress;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering::Relaxed},
};
use tokio::sync::Semaphore;

use crate::store::{BoxFuture, Condition, MemoryStore, Part, Seq, Store, StoreError};

#[derive(Default)]
pub struct Faulty {
    pub inside: MemoryStore,
    /// What becomes of appends, if not success.
    pub fails: Arc<Mutex<Option<StoreError>>>,
    gate: Mutex<Option<(usize, Arc<Semaphore>)>>,
    records_read: AtomicUsize,
}

impl Faulty {
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
        let (inside, fails) = (self.inside.clone(), self.fails.clone());
        Box::pin(async move {
            if let Some((_, gate)) = gate {
                gate.acquire().await.unwrap().forget();
            }
            let failed = fails.lock().unwrap().clone();
            match failed {
                Some(error) => Err(error),
                None => inside.append_all(parts).await,
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
        self.inside.load_snapshot(doc)
    }
    fn documents(&self) -> Result<Vec<DocAddress>, StoreError> {
        self.inside.documents()
    }
    fn condition(&self) -> Condition {
        Condition::Working
    }
    fn failed(&self) -> BoxFuture<()> {
        self.inside.failed()
    }
}
