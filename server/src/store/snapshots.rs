//! Snapshots as files, one for each document, named by a digest of its address.
//!
//! ```text
//! magic 8 | directory 16 | covers 8 | address length 2 | address | state length 8 | check of all this 16 | check of the state 16 | state
//! ```
//!
//! A snapshot is written beside the one before, synced and renamed, so there is the older or the newer one, whole. A thread of its
//! own does it: no append waits for a snapshot. Whatever is wrong with one costs a longer replay and nothing else; so a sync of one
//! that fails is a warning, where a sync of the log that fails ends the process.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
};

use bytes::Bytes;
use plenary_shared::id::DocAddress;
use tokio::sync::oneshot;

use super::{
    SNAPSHOT_BYTES_MAX, Seq, StoreError,
    disk_io::{self, DRAFT, Disk, has_less_than},
    frame::{Check, DirectoryId, take},
    inside::Inside,
};

/// Where snapshots are.
pub(super) const DIRECTORY: &str = "snapshots";
/// Snapshots that may wait: at 64 MiB, the largest, 1 GiB, which the rooms hold anyway.
const WAITING_MAX: usize = 16;
/// Reserves of the disk below which no snapshots are saved: the logs need the rest more.
const RESERVES: u64 = 2;

const MAGIC: [u8; 8] = *b"plsnap\x03\n";
const CHECK_BYTES: usize = size_of::<Check>();
/// 1 KiB: what stands before the state; an address has some 260 bytes at most.
const HEADER_BYTES_MAX: usize = 1 << 10;

struct Save {
    doc: DocAddress,
    covers: Seq,
    state: Bytes,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

/// The way to the thread that saves snapshots.
pub(super) struct Snapshots {
    saves: SyncSender<Save>,
}

impl Snapshots {
    /// Starts the thread, which ends when this is dropped.
    pub(super) fn start(inside: Arc<Inside>) -> io::Result<(Self, JoinHandle<()>)> {
        let (saves, waiting) = sync_channel(WAITING_MAX);
        let thread = std::thread::Builder::new().name("snapshots".into()).spawn(move || run(&inside, &waiting))?;
        Ok((Self { saves }, thread))
    }

    /// Has a snapshot saved; refuses it as busy while too many wait, which costs the caller nothing but a longer replay.
    pub(super) fn save(&self, doc: &DocAddress, covers: Seq, state: Bytes) -> oneshot::Receiver<Result<(), StoreError>> {
        let (answer, answered) = oneshot::channel();
        if let Err(refused) = self.saves.try_send(Save { doc: doc.clone(), covers, state, answer }) {
            let (save, why) = match refused {
                TrySendError::Full(save) => (save, StoreError::Busy { waiting: WAITING_MAX }),
                TrySendError::Disconnected(save) => (save, StoreError::Closed),
            };
            let _ = save.answer.send(Err(why));
        }
        answered
    }
}

fn run(inside: &Inside, waiting: &Receiver<Save>) {
    while let Ok(Save { doc, covers, state, answer }) = waiting.recv() {
        let saved = save(inside, &doc, covers, &state);
        if let Err(error) = &saved {
            tracing::warn!(doc = %doc.for_log(), %error, "a snapshot was not saved");
        }
        let _ = answer.send(saved);
    }
}

fn save(inside: &Inside, doc: &DocAddress, covers: Seq, state: &[u8]) -> Result<(), StoreError> {
    let (doc, disk) = (doc.to_string(), &*inside.disk);
    let path = path(&doc);
    let known = match disk.open(&path) {
        Ok(file) => {
            let mut header = vec![0; HEADER_BYTES_MAX];
            let read = file.read_at(&mut header, 0)?;
            Header::read(&inside.directory, &doc, &header[..read]).map_or(0, |header| header.covers)
        }
        Err(_) => 0,
    };
    let last = inside.catalog().last(&doc);
    // One that is ahead of the log would be thrown away, so it is no reason to keep an older one from taking its place.
    if covers > last || (covers <= known && known <= last) {
        return Ok(());
    }
    if has_less_than(disk, RESERVES) {
        return Err(StoreError::Full);
    }
    let header = header(&inside.directory, covers, &doc, state);
    Ok(disk_io::write_file(disk, &path, &[&header, state])?)
}

/// The newest snapshot, if there is one that checks and is not ahead of the log.
pub(super) fn load(inside: &Inside, doc: &DocAddress) -> Result<Option<(Seq, Bytes)>, StoreError> {
    let name = doc.to_string();
    let path = path(&name);
    let bytes = match disk_io::read_file(&*inside.disk, &path, (HEADER_BYTES_MAX + SNAPSHOT_BYTES_MAX) as u64) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            tracing::error!(doc = %doc.for_log(), %error, "a snapshot cannot be read; the whole log is read instead");
            return Ok(None);
        }
    };
    let last = inside.catalog().last(&name);
    let what = match Header::read(&inside.directory, &name, &bytes) {
        Some(header) if header.covers > last => "is ahead of the log",
        Some(header) if header.holds(&bytes[header.bytes..]) => {
            return Ok(Some((header.covers, Bytes::from(bytes).slice(header.bytes..))));
        }
        _ => "does not check",
    };
    tracing::error!(doc = %doc.for_log(), what, "a snapshot is thrown away; the whole log is read instead");
    // A newer one may have come meanwhile. It is lost then too, and another will follow.
    if let Err(error) = inside.disk.remove(&path) {
        tracing::warn!(%error, "a snapshot could not be removed");
    }
    Ok(None)
}

/// A snapshot's file as it is; `None` if it does not check.
pub(super) fn read(disk: &dyn Disk, directory: &DirectoryId, doc: &str, max: usize) -> io::Result<Option<(Seq, Bytes)>> {
    let bytes = match disk_io::read_file(disk, &path(doc), (HEADER_BYTES_MAX + max) as u64) {
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => return Ok(None),
        bytes => bytes?,
    };
    let header = Header::read(directory, doc, &bytes).filter(|header| header.holds(&bytes[header.bytes..]));
    Ok(header.map(|header| (header.covers, Bytes::from(bytes).slice(header.bytes..))))
}

/// Removes what a start finds half-written, or empty as a full disk leaves it.
pub(super) fn tidy(disk: &dyn Disk) {
    for name in disk.list(DIRECTORY).unwrap_or_default() {
        let path = format!("{DIRECTORY}/{name}");
        let is_empty = || disk.open(&path).and_then(|file| file.len()).is_ok_and(|length| length == 0);
        if (name.ends_with(DRAFT) || is_empty()) && disk.remove(&path).is_err() {
            tracing::warn!(name, "what is left of a snapshot could not be removed");
        }
    }
}

/// What stands before a state.
struct Header {
    covers: Seq,
    state_bytes: u64,
    state_check: Check,
    /// Its own length.
    bytes: usize,
}

impl Header {
    /// Reads the header of a document's snapshot; `None` if it is none of this document in this directory.
    fn read(directory: &DirectoryId, doc: &str, bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let (magic, of) = (take(&mut rest)?, take(&mut rest)?);
        let covers = Seq::from_le_bytes(take(&mut rest)?);
        let length = u16::from_le_bytes(take(&mut rest)?);
        let address = rest.split_off(..usize::from(length))?;
        let state_bytes = u64::from_le_bytes(take(&mut rest)?);
        let checked = bytes.len() - rest.len();
        let (own, state_check): (Check, Check) = (take(&mut rest)?, take(&mut rest)?);
        let is_ours = magic == MAGIC && of == *directory && address == doc.as_bytes();
        let holds = own == check(&[&bytes[..checked], &state_check]);
        (is_ours && holds).then_some(Self { covers, state_bytes, state_check, bytes: checked + 2 * CHECK_BYTES })
    }

    /// Whether this is the state that was saved.
    fn holds(&self, state: &[u8]) -> bool {
        state.len() as u64 == self.state_bytes && check(&[state]) == self.state_check
    }
}

fn header(directory: &DirectoryId, covers: Seq, doc: &str, state: &[u8]) -> Vec<u8> {
    let mut header = [&MAGIC[..], directory, &covers.to_le_bytes(), &(doc.len() as u16).to_le_bytes(), doc.as_bytes()].concat();
    header.extend_from_slice(&(state.len() as u64).to_le_bytes());
    let state_check = check(&[state]);
    let own = check(&[&header, &state_check]);
    header.extend_from_slice(&own);
    header.extend_from_slice(&state_check);
    header
}

fn check(parts: &[&[u8]]) -> Check {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&hasher.finalize().as_bytes()[..CHECK_BYTES]);
    check
}

/// The file of a document's snapshot. An address may be longer than a file's name.
pub(super) fn path(doc: &str) -> String {
    format!("{DIRECTORY}/{}", &blake3::hash(doc.as_bytes()).to_hex()[..32])
}
