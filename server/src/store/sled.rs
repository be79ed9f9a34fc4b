//! sled, the tree of the index. This is the only file that names it.
//!
//! What was seen of sled 0.34.7 and shapes its use: a power cut may leave it unopenable, or without what was flushed (it takes
//! `sync_file_range` for a sync and writes over old parts of its file), and on a damaged file it may panic. So nothing is kept in it
//! that is not kept elsewhere, and a panic is an [`IndexFault`] like any other.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
    thread::sleep,
    time::Duration,
};

use super::index::{IndexFault, Shelf, Tree};

/// 8 MiB: pages as sled counts them; in memory they take about twice that. It holds a few bytes for each commit.
const CACHE_BYTES: u64 = 8 << 20;

/// A directory with sled's files.
pub(super) struct SledShelf(pub(super) PathBuf);

struct SledTree(Option<sled::Db>);

impl Shelf for SledShelf {
    fn open(&self) -> Result<Arc<dyn Tree>, IndexFault> {
        let config = sled::Config::new()
            .path(&self.0)
            .cache_capacity(CACHE_BYTES)
            // Nothing is written out by the clock: an idle server does nothing.
            .flush_every_ms(None)
            .mode(sled::Mode::LowSpace)
            .use_compression(false);
        // sled's own threads may hold the file for a moment after a tree was dropped; other processes were kept out before.
        for _ in 0..100 {
            match guarded(|| config.open()) {
                Err(IndexFault(what)) if what.contains("could not acquire lock") => sleep(Duration::from_millis(20)),
                opened => return Ok(Arc::new(SledTree(Some(opened?)))),
            }
        }
        Ok(Arc::new(SledTree(Some(guarded(|| config.open())?))))
    }

    fn clear(&self) {
        match fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "what is left of the index could not be removed");
            }
            _ => {}
        }
    }
}

impl SledTree {
    fn db(&self) -> sled::Result<&sled::Db> {
        self.0.as_ref().ok_or_else(|| sled::Error::Unsupported("closed".into()))
    }
}

impl Tree for SledTree {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexFault> {
        guarded(|| Ok(self.db()?.get(key)?.map(|value| value.to_vec())))
    }

    fn insert(&self, key: &[u8], value: &[u8]) -> Result<(), IndexFault> {
        guarded(|| self.db()?.insert(key, value).map(drop))
    }

    fn greatest(&self, first: &[u8], last: &[u8]) -> Result<Option<Vec<u8>>, IndexFault> {
        guarded(|| Ok(self.db()?.range(first..=last).next_back().transpose()?.map(|(_, value)| value.to_vec())))
    }

    fn flush(&self) -> Result<(), IndexFault> {
        guarded(|| self.db()?.flush().map(drop))
    }
}

impl Drop for SledTree {
    fn drop(&mut self) {
        let db = self.0.take();
        let _ = guarded(|| {
            drop(db);
            Ok(())
        });
    }
}

/// Runs sled and makes a panic of it an error: it asserts what a damaged file does not keep.
fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, IndexFault> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| IndexFault(error.to_string())),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            Err(IndexFault(format!("sled gave up: {}", said.unwrap_or("no reason given"))))
        }
    }
}
