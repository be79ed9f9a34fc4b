//! The store on a disk: sled for what is read, a journal before it for what must last.
//!
//! In the data directory: `FORMAT` names the format, `LOCK` is locked by the server that runs on it, `journal-0` and
//! `journal-1` hold the newest commits, `heads` how far each log went, `tree` all the rest.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::DirBuilderExt,
    path::Path,
    sync::Arc,
    thread::JoinHandle,
};

use bytes::Bytes;
use plenary_shared::id::DocAddress;
use tokio::sync::oneshot;

use super::{
    BoxFuture, RECORD_BYTES_MAX, SNAPSHOT_BYTES_MAX, Seq, Store, StoreError, committer,
    directory::Directory,
    fits,
    heads::{Head, Heads},
    journal::Journal,
    layout,
    logs::Inside,
    queue::{Append, Queue},
    snapshots::{self, Snapshots},
    tree::{Fault, Tree},
};

/// The format that this version writes and reads.
const FORMAT: u32 = 2;
/// 64 MiB: the records of one append.
const APPEND_BYTES_MAX: usize = 64 << 20;

/// Logs and snapshots in a directory. Dropping it writes out what waits and takes a moment.
pub struct SledStore {
    inside: Arc<Inside>,
    queue: Arc<Queue>,
    snapshots: Option<Snapshots>,
    saver: Option<JoinHandle<()>>,
    committer: Option<JoinHandle<()>>,
    /// Held until everything else is closed.
    _lock: File,
}

impl SledStore {
    /// Opens the store in a directory, which is created if need be. Blocks: for some milliseconds after a clean close, for
    /// up to a second after a crash.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref().to_path_buf();
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        let lock = lock(&path)?;
        check_format(&path)?;
        let whole = |fault: Fault| fault.in_store(&path);
        let tree = Tree::open(&path.join("tree")).map_err(whole)?;
        let heads = Arc::new(Heads::open(&path.join("heads"))?);
        let journal = Journal::open(&path, &tree, &heads).map_err(whole)?;
        sync_directory(&path)?;
        let (directory, next) = Directory::open(&path, &tree, &heads)?;
        let inside = Arc::new(Inside { path, tree, heads, directory });
        let queue = Arc::new(Queue::default());
        let committer = committer::start(inside.clone(), queue.clone(), journal, next)?;
        let (snapshots, saver) = Snapshots::start(inside.clone(), queue.clone())?;
        Ok(Self { inside, queue, snapshots: Some(snapshots), saver: Some(saver), committer: Some(committer), _lock: lock })
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        // The thread that saves snapshots may need the committer, so it ends first.
        self.snapshots = None;
        let _ = self.saver.take().map(JoinHandle::join);
        self.queue.close();
        let _ = self.committer.take().map(JoinHandle::join);
    }
}

impl Store for SledStore {
    fn append_all(&self, appends: Vec<super::Part>) -> BoxFuture<Result<Vec<Seq>, StoreError>> {
        let (answer, answered) = oneshot::channel();
        let mut records = appends.iter().flat_map(|(_, _, records)| records);
        let size = records.try_fold(0, |sum, record| fits(record.len(), RECORD_BYTES_MAX).map(|()| sum + record.len()));
        let queued = size
            .and_then(|bytes| fits(bytes, APPEND_BYTES_MAX))
            .and_then(|()| self.queue.push(Append { logs: appends, register: false, answer }));
        Box::pin(async move {
            queued?;
            answered.await.unwrap_or(Err(StoreError::Closed))
        })
    }

    fn read(&self, doc: &DocAddress, after: Seq, max: usize, max_bytes: usize) -> Result<Vec<(Seq, Bytes)>, StoreError> {
        match (self.inside.directory.number(doc)?, after.checked_add(1)) {
            (Some(number), Some(wanted)) if max > 0 => self.inside.read(doc, number, wanted, max, max_bytes),
            _ => Ok(Vec::new()),
        }
    }

    fn last_seq(&self, doc: &DocAddress) -> Result<Seq, StoreError> {
        let Some(number) = self.inside.directory.number(doc)? else { return Ok(0) };
        match self.inside.heads.get(number) {
            Head::Exactly(last) => Ok(last),
            Head::AtLeast(_) => self.inside.last(doc, number),
        }
    }

    fn save_snapshot(&self, doc: &DocAddress, covers: Seq, state: Bytes) -> BoxFuture<Result<(), StoreError>> {
        let saved = fits(state.len(), SNAPSHOT_BYTES_MAX)
            .and_then(|()| Ok(self.snapshots.as_ref().ok_or(StoreError::Closed)?.save(doc, covers, state)));
        Box::pin(async move { saved?.await.unwrap_or(Err(StoreError::Closed)) })
    }

    fn load_snapshot(&self, doc: &DocAddress) -> Result<Option<(Seq, Bytes)>, StoreError> {
        let Some(number) = self.inside.directory.number(doc)? else { return Ok(None) };
        snapshots::load(&self.inside, doc, number)
    }

    fn documents(&self) -> Result<Vec<DocAddress>, StoreError> {
        let mut documents = Vec::new();
        for entry in self.inside.tree.scan(layout::DIRECTORY.0, layout::DIRECTORY.1) {
            let (key, _) = entry.map_err(|fault| fault.in_store(&self.inside.path))?;
            documents.extend(layout::directory_doc(&key));
        }
        documents.sort_unstable();
        Ok(documents)
    }

    fn condition(&self) -> super::Condition {
        let free = self.inside.free_bytes();
        if free.is_some_and(|free| free < plenary_shared::limits::DISK_RESERVE_BYTES) {
            super::Condition::Full
        } else {
            super::Condition::Working
        }
    }

    fn failed(&self) -> BoxFuture<()> {
        Box::pin(std::future::pending())
    }
}

impl Fault {
    /// What it means for the store as a whole.
    pub(super) fn in_store(self, path: &Path) -> StoreError {
        match self {
            Fault::Io(error) => error.into(),
            Fault::Damaged(what) => StoreError::Damaged { path: path.to_path_buf(), what },
        }
    }

    /// What it means for one document.
    pub(super) fn in_document(self, doc: &DocAddress, seq: Seq) -> StoreError {
        match self {
            Fault::Io(error) => error.into(),
            Fault::Damaged(what) => StoreError::Corrupt { doc: doc.clone(), seq, what },
        }
    }
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let lock = File::options().write(true).create(true).truncate(false).open(path.join("LOCK"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: path.to_path_buf() }),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Checks that the directory is of this format, or marks a new one as such before anything else is in it.
fn check_format(path: &Path) -> Result<(), StoreError> {
    let ours = format!("plenary store {FORMAT}\n");
    match fs::read_to_string(path.join("FORMAT")) {
        Ok(found) if found == ours => Ok(()),
        Ok(found) => {
            let found = found.trim().chars().take(40).collect();
            Err(StoreError::Format { path: path.to_path_buf(), found, ours: FORMAT })
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(StoreError::Format { path: path.to_path_buf(), found: "unreadable".into(), ours: FORMAT })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if path.join("tree").exists() {
                return Err(StoreError::Damaged { path: path.to_path_buf(), what: "its file FORMAT is missing".into() });
            }
            let draft = path.join("FORMAT.new");
            fs::write(&draft, ours)?;
            File::open(&draft)?.sync_all()?;
            fs::rename(&draft, path.join("FORMAT"))?;
            Ok(sync_directory(path)?)
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes new names in a directory, and the directory's own, survive a power cut.
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    File::open(path.join(".."))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::suite;

    #[test]
    fn the_disk_store_keeps_the_promises_of_a_store() {
        let directory = tempfile::tempdir().unwrap();
        suite::run(|| Box::new(SledStore::open(directory.path()).unwrap()));
    }
}
