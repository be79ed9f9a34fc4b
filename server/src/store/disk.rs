//! The store on a disk.
//!
//! In the data directory: `FORMAT` names the format and the directory, `LOCK` is locked by the server that runs on it, `segments`
//! hold all records and are never written over, `snapshots` and `index` save time and can be thrown away.

use std::{io, path::Path, sync::Arc, thread::JoinHandle};

use bytes::Bytes;
use plenary_shared::id::DocAddress;
use tokio::sync::oneshot;
#[cfg(test)]
use tokio::sync::watch;

use super::{
    BoxFuture,
    Condition,
    Part,
    RECORD_BYTES_MAX,
    SNAPSHOT_BYTES_MAX,
    Seq,
    Store,
    StoreError,
    beside,
    committer,
    disk_io::{Disk, RealDisk},
    fits,
    index::{Index, Shelf},
    inside::Inside,
    queue::{Append, Queue},
    reading,
    segment::SEGMENT_BYTES,
    // Only its own file says sled's name; the others know it as a tree.
    sled as tree,
    snapshots::{self, Snapshots},
    start,
};

/// 64 MiB: the records of one append.
const APPEND_BYTES_MAX: usize = 64 << 20;

/// Logs and snapshots in a directory. Dropping it writes out what waits and takes a moment.
pub struct DiskStore {
    inside: Arc<Inside>,
    queue: Arc<Queue>,
    snapshots: Option<Snapshots>,
    threads: Vec<JoinHandle<()>>,
}

impl DiskStore {
    /// Opens the store in a directory, which is created if need be. Blocks: for some milliseconds, and longer where footers have to be
    /// made again, a second for some hundred MiB.
    ///
    /// # Errors
    /// [`StoreError::InUse`], [`StoreError::Format`], [`StoreError::Damaged`] if a segment is missing, or what the disk says. Damaged
    /// records are no error here: whoever reads them hears of it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let disk = Arc::new(RealDisk::open(path)?);
        beside::sweep(path)?;
        Self::start(disk, Box::new(tree::SledShelf(path.join("index"))), SEGMENT_BYTES)
    }

    /// The same with segments of about this size.
    #[cfg(test)]
    pub(crate) fn open_small(path: &Path, segment_bytes: u64) -> Self {
        let shelf = Box::new(tree::SledShelf(path.join("index")));
        Self::start(Arc::new(RealDisk::open(path).unwrap()), shelf, segment_bytes).unwrap()
    }

    /// Opens the store on any disk, with segments of about this size.
    pub(super) fn start(disk: Arc<dyn Disk>, shelf: Box<dyn Shelf>, segment_bytes: u64) -> Result<Self, StoreError> {
        let (directory, catalog, writer) = start::open(&disk, segment_bytes).map_err(StoreError::of_a_start)?;
        let (index, woken) = Index::new(catalog.active().segment.stamp.segment() - 1);
        let inside = Arc::new(Inside::new(disk.clone(), directory, catalog, index.clone()));
        let queue = Arc::new(Queue::default());
        let committer = committer::start(inside.clone(), queue.clone(), writer)?;
        let (snapshots, saver) = Snapshots::start(inside.clone())?;
        let filler = index.start(woken, disk, directory, shelf)?;
        Ok(Self { inside, queue, snapshots: Some(snapshots), threads: vec![committer, saver, filler] })
    }
}

#[cfg(test)]
impl DiskStore {
    /// Whether the index holds a segment.
    pub(super) fn is_indexed(&self, segment: u32) -> bool {
        self.inside.index.holds(segment)
    }

    /// Its condition as it changes.
    pub(super) fn watch(&self) -> watch::Receiver<Condition> {
        self.inside.health.watch()
    }
}

impl Drop for DiskStore {
    fn drop(&mut self) {
        self.snapshots = None;
        self.inside.index.stop();
        self.queue.close();
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

impl Store for DiskStore {
    fn append_all(&self, parts: Vec<Part>) -> BoxFuture<Result<Vec<Seq>, StoreError>> {
        let (answer, answered) = oneshot::channel();
        let mut records = parts.iter().flat_map(|(_, _, records)| records);
        let size = records.try_fold(0, |sum, record| fits(record.len(), RECORD_BYTES_MAX).map(|()| sum + record.len()));
        let queued =
            size.and_then(|bytes| fits(bytes, APPEND_BYTES_MAX)).and_then(|()| self.queue.push(Append { parts, answer }));
        Box::pin(async move {
            queued?;
            // A committer that ends without a word may have been writing.
            let silent = |_| Err(StoreError::InDoubt(Arc::new(io::Error::other("the committer ended without an answer"))));
            answered.await.unwrap_or_else(silent)
        })
    }

    fn read(&self, doc: &DocAddress, after: Seq, max: usize, max_bytes: usize) -> Result<Vec<(Seq, Bytes)>, StoreError> {
        reading::read(&self.inside, doc, after, max, max_bytes)
    }

    fn last_seq(&self, doc: &DocAddress) -> Result<Seq, StoreError> {
        Ok(self.inside.catalog().last(&doc.to_string()))
    }

    fn save_snapshot(&self, doc: &DocAddress, covers: Seq, state: Bytes) -> BoxFuture<Result<(), StoreError>> {
        let saved = fits(state.len(), SNAPSHOT_BYTES_MAX)
            .and_then(|()| Ok(self.snapshots.as_ref().ok_or(StoreError::Closed)?.save(doc, covers, state)));
        Box::pin(async move { saved?.await.unwrap_or(Err(StoreError::Closed)) })
    }

    fn load_snapshot(&self, doc: &DocAddress) -> Result<Option<(Seq, Bytes)>, StoreError> {
        snapshots::load(&self.inside, doc)
    }

    fn documents(&self) -> Result<Vec<DocAddress>, StoreError> {
        let mut documents: Vec<DocAddress> = self.inside.catalog().names().filter_map(|name| DocAddress::stored(name)).collect();
        documents.sort_unstable();
        Ok(documents)
    }

    fn condition(&self) -> Condition {
        self.inside.condition()
    }

    fn failed(&self) -> BoxFuture<()> {
        let mut condition = self.inside.health.watch();
        Box::pin(async move {
            // A store that is gone will never fail.
            if condition.wait_for(|condition| *condition == Condition::Failed).await.is_err() {
                std::future::pending().await
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::suite;

    #[test]
    fn the_disk_store_keeps_the_promises_of_a_store() {
        let directory = tempfile::tempdir().unwrap();
        suite::run(|| Box::new(DiskStore::open(directory.path()).unwrap()));
    }
}
