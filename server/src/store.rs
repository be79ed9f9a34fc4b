//! Where documents live: for each an append-only log of records and the newest snapshot of what the log folds to.
//!
//! **Architecture invariant:** a store knows bytes, not their meaning. What [`Store::append_all`] has acknowledged is read back as
//! it was or reported as [`StoreError::Corrupt`]; nothing else is ever served. Snapshots only save time: one that is missing
//! or fails its checksum costs a longer replay and nothing else.

mod committer;
mod directory;
mod disk;
mod heads;
mod journal;
mod layout;
mod logs;
pub mod memory;
mod queue;
pub mod sled;
mod snapshots;

#[cfg(test)]
mod faults;
#[cfg(test)]
pub(crate) mod suite;

use bytes::Bytes;
use plenary_shared::{id::DocAddress, limits};
use std::{future::Future, io, path::PathBuf, pin::Pin, sync::Arc};

pub use self::{memory::MemoryStore, sled::SledStore};
// Only its own file says sled's name; the others know it as a tree.
use self::sled as tree;

/// A record's place in its document's log: 1 is the first record, 0 stands before it.
pub type Seq = u64;

/// A future that owns all it needs.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// The largest record: an update, its digest, time and author in 64 KiB at most.
pub const RECORD_BYTES_MAX: usize = limits::UPDATE_BYTES_MAX + (64 << 10);
/// The largest snapshot: a document and 16 MiB for what a room keeps beside it.
pub const SNAPSHOT_BYTES_MAX: usize = limits::DOCUMENT_BYTES_MAX + (16 << 20);

/// The logs and snapshots of all documents.
///
/// Reading blocks (callers use `spawn_blocking`), appending does not. The futures do their work whether or not they are
/// polled: one that is dropped leaves the caller not knowing whether its records were kept.
pub trait Store: Send + Sync + 'static {
    /// Appends to the logs of several documents, each named once, and answers the place of each one's last record once all
    /// records would survive a power cut. All of them are kept or none; no records answer the log's present end.
    ///
    /// Callers never have two appends in flight for one document; of different documents as many as they like.
    fn append_all(&self, appends: Vec<(DocAddress, Vec<Bytes>)>) -> BoxFuture<Result<Vec<Seq>, StoreError>>;

    /// Appends to one document's log in the same way.
    fn append(&self, doc: &DocAddress, records: Vec<Bytes>) -> BoxFuture<Result<Seq, StoreError>> {
        let appended = self.append_all(vec![(doc.clone(), records)]);
        Box::pin(async move { Ok(appended.await?.pop().unwrap_or_default()) })
    }

    /// Up to `max` records after `after`, in order, and no more than fit into `max_bytes`, but always at least one if there
    /// is one. Blocks.
    fn read(&self, doc: &DocAddress, after: Seq, max: usize, max_bytes: usize) -> Result<Vec<(Seq, Bytes)>, StoreError>;

    /// The place of the newest record, 0 without one. Blocks.
    fn last_seq(&self, doc: &DocAddress) -> Result<Seq, StoreError>;

    /// Saves what the log up to and with `covers` folds to, in place of the older snapshot; [`Store::load_snapshot`] serves it
    /// from the answer on. It becomes durable in its own time: a power cut may bring the older one back, but never a mixture.
    fn save_snapshot(&self, doc: &DocAddress, covers: Seq, state: Bytes) -> BoxFuture<Result<(), StoreError>>;

    /// The newest snapshot and what it covers. One that does not check is logged as an error and answered as `None`: the log
    /// is whole. Blocks.
    fn load_snapshot(&self, doc: &DocAddress) -> Result<Option<(Seq, Bytes)>, StoreError>;

    /// Every document with a log or a snapshot, in order. Blocks.
    fn documents(&self) -> Result<Vec<DocAddress>, StoreError>;

    /// Bytes free where the store lies; `None` if it is not on a disk or the disk does not say. Blocks shortly.
    fn free_bytes(&self) -> Option<u64>;
}

/// Why the store did not do what it was asked for. The messages are for the operator and say what to do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// What is stored is not what was written.
    #[error("record {seq} of {} is damaged ({what}): restore the data directory from a backup", doc.for_log())]
    Corrupt {
        /// The document.
        doc: DocAddress,
        /// The first record that cannot be served, or a snapshot's `covers`.
        seq: Seq,
        /// What does not hold.
        what: String,
    },
    /// The store as a whole is not what was written; it names no document.
    #[error("the data directory {} is damaged ({what}): restore it from a backup", path.display())]
    Damaged {
        /// The directory.
        path: PathBuf,
        /// What does not hold.
        what: String,
    },
    /// Another process has the directory open.
    #[error("another server is running on the data directory {}: stop it or choose another directory", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// Written by a version that keeps its data otherwise.
    #[error("the data directory {} has format {found}, this server reads format {ours}: run the server that wrote it", path.display())]
    Format {
        /// The directory.
        path: PathBuf,
        /// What the directory says.
        found: String,
        /// What this server writes.
        ours: u32,
    },
    /// The disk has no room. Nothing was kept.
    #[error("the disk is full: free some space")]
    Full,
    /// More waits to be written than may wait. Nothing was kept.
    #[error("the store is busy ({waiting} others wait to be written): try again shortly")]
    Busy {
        /// Appends or snapshots that wait.
        waiting: usize,
    },
    /// A record or a snapshot is larger than a store takes. Nothing was kept.
    #[error("{bytes} bytes are too large to store, the limit is {max}: split the change")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The largest size.
        max: usize,
    },
    /// The store is shut, or an earlier write failed: what the disk holds is then known only after opening it again.
    #[error("the store takes no more writes: restart the server")]
    Closed,
    /// The disk or the system failed.
    #[error("the disk failed ({0}): check it, then restart the server")]
    Io(Arc<io::Error>),
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
            _ => StoreError::Io(Arc::new(error)),
        }
    }
}

/// Refuses what is too large, before any of it is kept.
fn fits(bytes: usize, max: usize) -> Result<(), StoreError> {
    if bytes > max { Err(StoreError::TooLarge { bytes, max }) } else { Ok(()) }
}
