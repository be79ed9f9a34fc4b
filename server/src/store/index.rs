//! Where the records of full segments stand, for quick finding: a tree that can be thrown away at any time.
//!
//! A thread fills it, segment by segment, from the footers. What it holds of a segment is used only once the tree's mark for it is the
//! footer's, and even then whoever reads checks what stands at a place. Nothing that happens to it keeps a reader from the footers.
//!
//! | key | value |
//! | --- | --- |
//! | `m` segment | the mark of the footer that was taken in |
//! | `p` segment, document, first seq | places, [`CHUNK_PLACES`] at most |

use std::{
    collections::HashSet,
    io,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
};

use super::{
    Seq,
    disk_io::{Disk, has_less_than},
    footer::{self, BatchPlace, Footer},
    frame::DirectoryId,
    segment::Segment,
};

/// 3.6 KiB of places in a value.
const CHUNK_PLACES: usize = 300;
/// How often a tree that fails is thrown away and begun anew before the store goes on without one.
const TRIES: usize = 2;

/// Why a tree did not do what it was asked for; for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct IndexFault(pub(super) String);

/// An ordered map of small values. It may lose whatever it was told and not asked to flush.
pub(super) trait Tree: Send + Sync {
    /// The value of a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexFault>;
    /// Sets a value.
    fn insert(&self, key: &[u8], value: &[u8]) -> Result<(), IndexFault>;
    /// The value of the greatest key from `first` to `last`, both included.
    fn greatest(&self, first: &[u8], last: &[u8]) -> Result<Option<Vec<u8>>, IndexFault>;
    /// Writes out what was set.
    fn flush(&self) -> Result<(), IndexFault>;
}

/// Where a tree is kept.
pub(super) trait Shelf: Send + 'static {
    /// Opens the tree, or makes one.
    fn open(&self) -> Result<Arc<dyn Tree>, IndexFault>;
    /// Throws away what is there of it; nothing has it open.
    fn clear(&self);
}

/// The places of full segments.
pub(super) struct Index {
    state: RwLock<Inner>,
    /// The last full segment; all before it are full too.
    full: AtomicU32,
    /// What is in the tree failed when it was asked.
    failed: AtomicBool,
    stopped: AtomicBool,
    wake: SyncSender<()>,
}

#[derive(Default)]
struct Inner {
    tree: Option<Arc<dyn Tree>>,
    /// Segments of which the tree holds all places.
    ready: HashSet<u32>,
}

impl Index {
    /// An index of the segments up to `full`, and what wakes the thread that fills it.
    pub(super) fn new(full: u32) -> (Arc<Self>, Receiver<()>) {
        let (wake, woken) = sync_channel(1);
        let state = RwLock::default();
        let (failed, stopped) = (AtomicBool::new(false), AtomicBool::new(false));
        (Arc::new(Self { state, full: AtomicU32::new(full), failed, stopped, wake }), woken)
    }

    /// Starts the thread, which ends when [`Index::stop`] was called.
    pub(super) fn start(
        self: &Arc<Self>,
        woken: Receiver<()>,
        disk: Arc<dyn Disk>,
        directory: DirectoryId,
        shelf: Box<dyn Shelf>,
    ) -> io::Result<JoinHandle<()>> {
        let filler = Filler { index: self.clone(), disk, directory, shelf };
        self.rouse();
        std::thread::Builder::new().name("index".into()).spawn(move || filler.run(&woken))
    }

    /// Has another segment taken in, which has just become full.
    pub(super) fn is_full(&self, segment: u32) {
        self.full.store(segment, Ordering::Release);
        self.rouse();
    }

    /// Has the thread end soon.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.rouse();
    }

    /// Some places of a document in a segment: that of the wanted record, and what follows. `None` if the index does not know.
    pub(super) fn places(&self, segment: u32, name: &str, wanted: Seq) -> Option<Vec<BatchPlace>> {
        let tree = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            state.ready.contains(&segment).then(|| state.tree.clone())??
        };
        match tree.greatest(&key(segment, name, 0), &key(segment, name, wanted)) {
            Ok(value) => {
                let mut places = footer::decode(&value?);
                let before = places.partition_point(|place| place.first <= wanted).saturating_sub(1);
                Some(places.split_off(before))
            }
            Err(fault) => {
                tracing::debug!(%fault, "the index failed");
                self.failed.store(true, Ordering::Release);
                self.forget();
                self.rouse();
                None
            }
        }
    }

    /// Whether it holds the places of a segment.
    #[cfg(test)]
    pub(super) fn holds(&self, segment: u32) -> bool {
        self.state.read().unwrap().ready.contains(&segment)
    }

    /// Has the thread look for what it could not do before.
    pub(super) fn rouse(&self) {
        // One that is full is about to be woken.
        let _ = self.wake.try_send(());
    }

    fn forget(&self) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Inner::default();
    }
}

/// The thread that fills the index.
struct Filler {
    index: Arc<Index>,
    disk: Arc<dyn Disk>,
    directory: DirectoryId,
    shelf: Box<dyn Shelf>,
}

impl Filler {
    fn run(&self, woken: &Receiver<()>) {
        let (mut next, mut tries) = (1, 0);
        while tries < TRIES && woken.recv().is_ok() && !self.is_stopped() {
            while tries < TRIES && !self.is_stopped() {
                let filled = if self.index.failed.swap(false, Ordering::AcqRel) {
                    Err(IndexFault("it failed when it was asked".into()))
                } else if next <= self.index.full.load(Ordering::Acquire) {
                    self.fill(next)
                } else {
                    break;
                };
                next += 1;
                if let Err(fault) = filled {
                    tracing::warn!(%fault, tries, "the index is thrown away: until it is built anew, reading old records takes longer");
                    self.index.forget();
                    self.shelf.clear();
                    next = 1;
                    if has_less_than(&*self.disk, 1) {
                        // It is built once there is room: whoever finds that wakes it, and so does the next full segment.
                        break;
                    }
                    tries += 1;
                }
            }
        }
        self.index.forget();
    }

    fn is_stopped(&self) -> bool {
        self.index.stopped.load(Ordering::Acquire)
    }

    /// Takes a segment in, unless the tree has it already.
    fn fill(&self, number: u32) -> Result<(), IndexFault> {
        let tree = self.tree()?;
        let segment = Segment::open(&*self.disk, self.directory, number);
        let footer = segment.and_then(|segment| Footer::of(&segment, &*self.disk));
        // Whoever reads this segment will come upon what is wrong with it.
        let Ok(Some(footer)) = footer else { return Ok(()) };
        let mark_key = [b"m", &number.to_be_bytes()[..]].concat();
        if tree.get(&mark_key)?.is_none_or(|mark| mark != footer.mark()) {
            let Some(places) = footer.places() else { return Ok(()) };
            for (entry, places) in places.iter() {
                for chunk in places.chunks(CHUNK_PLACES) {
                    tree.insert(&key(number, entry.name, chunk[0].first), &footer::encode(chunk))?;
                }
                if self.is_stopped() {
                    return Ok(());
                }
            }
            tree.insert(&mark_key, &footer.mark())?;
            tree.flush()?;
        }
        self.index.state.write().unwrap_or_else(PoisonError::into_inner).ready.insert(number);
        Ok(())
    }

    /// The tree, opened when the first segment is full: a small store needs none.
    fn tree(&self) -> Result<Arc<dyn Tree>, IndexFault> {
        let known = self.index.state.read().unwrap_or_else(PoisonError::into_inner).tree.clone();
        if let Some(tree) = known {
            return Ok(tree);
        }
        let tree = self.shelf.open()?;
        self.index.state.write().unwrap_or_else(PoisonError::into_inner).tree = Some(tree.clone());
        Ok(tree)
    }
}

/// Where a document's places in a segment stand, by the first record that they lead to.
fn key(segment: u32, name: &str, first: Seq) -> [u8; 29] {
    let mut key = [b'p'; 29];
    key[1..5].copy_from_slice(&segment.to_be_bytes());
    key[5..21].copy_from_slice(&blake3::hash(name.as_bytes()).as_bytes()[..16]);
    key[21..].copy_from_slice(&first.to_be_bytes());
    key
}
