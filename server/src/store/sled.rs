//! sled, the ordered map below [`SledStore`]. This is the only file that names it.
//!
//! What was read in sled 0.34.7 and is relied upon here:
//! - A page of more than a quarter of a segment (128 KiB of 512) goes to a file of its own, which no later sync of the log
//!   covers. A leaf splits at 17 entries, so entries of at most [`VALUE_BYTES_MAX`] stay at half of that.
//! - Writes reach the log in the order in which one thread makes them, and what recovery keeps is a beginning of the log. The
//!   order of writes is therefore enough for the atomicity of snapshots; no `Batch` is needed, which would cost each flush a
//!   second write to the file.
//! - `flush` uses `sync_file_range`, which leaves the file's length and the disk's own cache behind: [`Tree::sync`] adds what
//!   is missing. It wakes seven threads, whatever it carries; that is why records become durable in the journal and not here.
//! - A damaged file may make sled panic, or drop everything behind the damage without a word: the first becomes a [`Fault`]
//!   here, the second is found by [`super::heads`].

use std::{
    fs::File,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
    thread::sleep,
    time::Duration,
};

pub use super::disk::SledStore;

/// 4 KiB and a little: 17 entries with their keys stay below 72 KiB.
pub(super) const VALUE_BYTES_MAX: usize = 4_224;

/// 16 MiB: pages as sled counts them; in memory they take about twice that. A room reads its document once, when it opens;
/// the rest is the tails that grow.
const CACHE_BYTES: u64 = 16 << 20;
/// How often sled looks for segments that are mostly dead and moves what still lives; nothing waits for it.
const TIDY_EVERY_MS: u64 = 2_000;

/// A key or a value as the tree hands it out.
pub(super) type Slice = sled::IVec;

/// Why the tree did not do what it was asked for.
#[derive(Debug)]
pub(super) enum Fault {
    /// Its files are not what it wrote.
    Damaged(String),
    /// The disk or the system failed.
    Io(io::Error),
}

/// An ordered map of small values. Clones share it.
#[derive(Clone)]
pub(super) struct Tree {
    db: sled::Db,
    log: Arc<File>,
}

impl Tree {
    /// Opens or creates the tree in a directory, which nothing else may have open.
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        let config = sled::Config::new()
            .path(path)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(Some(TIDY_EVERY_MS))
            .mode(sled::Mode::LowSpace)
            .use_compression(false);
        let db = open_when_free(&config)?;
        // The file exists under this name in every version of format 0.34.
        let log = File::options().read(true).write(true).open(path.join("db")).map_err(Fault::Io)?;
        log.sync_all().map_err(Fault::Io)?;
        // What was created or renamed while opening: the log, the configuration, the page table.
        File::open(path).and_then(|directory| directory.sync_all()).map_err(Fault::Io)?;
        Ok(Self { db, log: log.into() })
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Slice>, Fault> {
        guarded(|| self.db.get(key))
    }

    /// Sets a value of at most [`VALUE_BYTES_MAX`]. It is durable after [`Tree::sync`], and never before what was set earlier
    /// by the same thread.
    pub(super) fn insert(&self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        debug_assert!(value.len() <= VALUE_BYTES_MAX);
        guarded(|| self.db.insert(key, value)).map(drop)
    }

    /// Removes a key.
    pub(super) fn remove(&self, key: &[u8]) -> Result<(), Fault> {
        guarded(|| self.db.remove(key)).map(drop)
    }

    /// The entries from `first` to `last`, both included.
    pub(super) fn scan(&self, first: &[u8], last: &[u8]) -> impl Iterator<Item = Result<(Slice, Slice), Fault>> + use<> {
        let mut entries = self.db.range(first..=last);
        std::iter::from_fn(move || guarded(|| entries.next().transpose()).transpose())
    }

    /// The greatest key from `first` to `last`, both included.
    pub(super) fn last_key(&self, first: &[u8], last: &[u8]) -> Result<Option<Slice>, Fault> {
        let entry = guarded(|| self.db.range(first..=last).next_back().transpose())?;
        Ok(entry.map(|(key, _)| key))
    }

    /// Makes everything set so far survive a power cut.
    pub(super) fn sync(&self) -> Result<(), Fault> {
        guarded(|| self.db.flush())?;
        self.log.sync_data().map_err(Fault::Io)
    }
}

/// Opens sled. Its threads may hold the file for a moment after the tree was dropped; other processes were kept out before.
fn open_when_free(config: &sled::Config) -> Result<sled::Db, Fault> {
    for _ in 0..100 {
        match guarded(|| config.open()) {
            Err(Fault::Io(error)) if error.to_string().contains("could not acquire lock") => sleep(Duration::from_millis(20)),
            opened => return opened,
        }
    }
    guarded(|| config.open())
}

/// Runs sled and makes a panic of it an error: it asserts what a damaged file does not keep.
fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(sled::Error::Io(error))) => Err(Fault::Io(error)),
        Ok(Err(error)) => Err(Fault::Damaged(error.to_string())),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            Err(Fault::Damaged(format!("sled gave up: {}", said.unwrap_or("no reason given"))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_leaves_the_log_for_a_file_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let tree = Tree::open(directory.path()).unwrap();
        let value = vec![7; VALUE_BYTES_MAX];
        for n in 0..4_000_u32 {
            // Scattered, so that leaves split in every way.
            tree.insert(&n.wrapping_mul(2_654_435_761).to_be_bytes(), &value).unwrap();
        }
        tree.sync().unwrap();
        assert_eq!(std::fs::read_dir(directory.path().join("blobs")).unwrap().count(), 0);
    }
}
