//! Where documents live: for each an append-only log of records and the newest snapshot of what the log folds to.
//!
//! **Architecture invariant:** a store knows bytes, not their meaning. What [`Store::append_all`] has acknowledged is read back as
//! it was or reported as [`StoreError::Corrupt`]; nothing else is ever served. Snapshots only save time: one that is missing
//! or fails its checksum costs a longer replay and nothing else.

pub mod backup;
mod beside;
mod catalog;
mod committer;
mod disk;
mod disk_io;
mod footer;
mod frame;
#[cfg(any(test, fuzzing))]
mod fuzz;
mod index;
mod inside;
pub(crate) mod kill;
mod memory;
mod queue;
mod reading;
pub mod rewrite;
mod segment;
mod sled;
mod snapshots;
mod start;
pub mod survey;
mod tail;
mod writer;

#[cfg(test)]
mod bench;
#[cfg(test)]
mod cuts;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod dice;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod sim;
#[cfg(test)]
mod sim_file;
#[cfg(test)]
mod sim_tree;
#[cfg(test)]
pub(crate) mod suite;

use bytes::Bytes;
use plenary_shared::{id::DocAddress, limits};
use std::{future::Future, io, path::PathBuf, pin::Pin, sync::Arc};

pub use self::{disk::DiskStore, memory::MemoryStore};
#[cfg(any(test, fuzzing))]
pub(crate) use fuzz::segments as try_segment;

/// A record's place in its document's log: 1 is the first record, 0 stands before it.
pub type Seq = u64;

/// A future that owns all it needs.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// The largest record: an update, its digest, time and author in 64 KiB at most.
pub const RECORD_BYTES_MAX: usize = limits::UPDATE_BYTES_MAX + (64 << 10);
/// The largest snapshot: a document and 16 MiB for what a room keeps beside it.
pub const SNAPSHOT_BYTES_MAX: usize = limits::DOCUMENT_BYTES_MAX + (16 << 20);

/// One document's part of an append: its address, the place of the log's last record as the caller knows it, and the records that
/// follow. Each record begins with its digest ([`plenary_shared::log::record::seal`]).
pub type Part = (DocAddress, Seq, Vec<Bytes>);

/// The logs and snapshots of all documents.
///
/// Reading blocks (callers use `spawn_blocking`), appending does not. The futures do their work whether or not they are
/// polled: one that is dropped leaves the caller not knowing whether its records were kept.
pub trait Store: Send + Sync + 'static {
    /// Appends to the logs of several documents, each named once, and answers the place of each one's last record once all
    /// records would survive a power cut. All of them are kept or none; no records answer the log's present end.
    ///
    /// A log that does not end where its part says answers [`StoreError::Moved`]: of two writers one always hears so.
    fn append_all(&self, parts: Vec<Part>) -> BoxFuture<Result<Vec<Seq>, StoreError>>;

    /// Appends to one document's log in the same way.
    fn append(&self, doc: &DocAddress, after: Seq, records: Vec<Bytes>) -> BoxFuture<Result<Seq, StoreError>> {
        let appended = self.append_all(vec![(doc.clone(), after, records)]);
        Box::pin(async move { Ok(appended.await?.pop().unwrap_or_default()) })
    }

    /// Up to `max` records after `after`, in order, and no more than fit into `max_bytes`, but always at least one if there
    /// is one. Blocks.
    fn read(&self, doc: &DocAddress, after: Seq, max: usize, max_bytes: usize) -> Result<Vec<(Seq, Bytes)>, StoreError>;

    /// The place of the newest record, 0 without one. Blocks.
    fn last_seq(&self, doc: &DocAddress) -> Result<Seq, StoreError>;

    /// Saves what the log up to and with `covers` folds to, in place of an older snapshot; [`Store::load_snapshot`] serves it
    /// from the answer on. One that is not newer than what is there, or that is ahead of the log, is dropped without a word. It becomes
    /// durable in its own time: a power cut may bring the older one back, but never a mixture.
    fn save_snapshot(&self, doc: &DocAddress, covers: Seq, state: Bytes) -> BoxFuture<Result<(), StoreError>>;

    /// The newest snapshot and what it covers. One that does not check, or is ahead of the log, is logged as an error, thrown away and
    /// answered as `None`: the log is whole. Blocks.
    fn load_snapshot(&self, doc: &DocAddress) -> Result<Option<(Seq, Bytes)>, StoreError>;

    /// Every document with a log, in order. Blocks.
    fn documents(&self) -> Result<Vec<DocAddress>, StoreError>;

    /// Whether it takes records. Looks at the disk ten times a second at most. Blocks shortly.
    fn condition(&self) -> Condition;

    /// Waits until a write or a sync has failed, after which nothing is taken any more: the process should end, so that the next one
    /// finds out what the disk holds.
    fn failed(&self) -> BoxFuture<()>;
}

/// Whether a store takes records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It does.
    Working,
    /// The disk has no room for more; it goes on by itself once there is some.
    Full,
    /// A write or a sync failed: only opening it again tells what it holds.
    Failed,
}

/// Why the store did not do what it was asked for. The messages are for the operator and say what to do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// What is stored is not what was written; the rest of the store stays usable.
    #[error("record {seq} of {} is damaged ({what}): restore the data directory from a backup", doc.for_log())]
    Corrupt {
        /// The document.
        doc: DocAddress,
        /// The first record that cannot be served.
        seq: Seq,
        /// What does not hold, and where: the segment and the offset in it.
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
    /// A backup of the directory is being taken, or a conference forgotten in it.
    #[error("the data directory {} is being backed up, or a conference forgotten in it: try again once that is done", path.display())]
    AtWork {
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
    /// The log has other records than the caller knew. Nothing was kept.
    #[error("the log of {} has moved: it ends at {last}", doc.for_log())]
    Moved {
        /// The document.
        doc: DocAddress,
        /// Where its log ends.
        last: Seq,
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
    /// The store is shut, or an earlier write failed. Nothing was kept.
    #[error("the store takes no more writes: restart the server")]
    Closed,
    /// A write or a sync failed: what was to be kept may have been kept. Only opening the store again tells.
    #[error("the disk failed ({0}), and what was to be written may have been kept: check the disk, then restart the server")]
    InDoubt(Arc<io::Error>),
    /// The disk or the system failed while reading, or before anything was written.
    #[error("the disk failed ({0}): check it, then restart the server")]
    Io(Arc<io::Error>),
}

impl StoreError {
    /// Whether what was to be kept may have been kept all the same.
    pub fn is_in_doubt(&self) -> bool {
        matches!(self, Self::InDoubt(_))
    }

    /// The same of a start, which had nothing to keep yet.
    fn of_a_start(self) -> Self {
        match self {
            Self::InDoubt(error) if is_full(&error) => Self::Full,
            Self::InDoubt(error) => Self::Io(error),
            other => other,
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        if is_full(&error) { StoreError::Full } else { StoreError::Io(Arc::new(error)) }
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Refuses what is too large, before any of it is kept.
fn fits(bytes: usize, max: usize) -> Result<(), StoreError> {
    if bytes > max { Err(StoreError::TooLarge { bytes, max }) } else { Ok(()) }
}
