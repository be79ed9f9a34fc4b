//! Snapshots in the tree: a head that names a generation, and that generation's parts.
//!
//! The parts of a new generation are written first, then the head, then the older parts go. The tree keeps a beginning of what
//! was written, so after a crash the head names a whole snapshot, the older or the newer one. A thread of its own does it:
//! no append waits for a snapshot.

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
    Seq, StoreError,
    layout::{self, DocNumber, PART_BYTES},
    logs::Inside,
    queue::{Append, Queue},
    tree::Fault,
};

/// Snapshots that may wait: at 64 MiB, the largest, 1 GiB, which the rooms hold anyway.
const WAITING_MAX: usize = 16;

/// 192 MiB: below this much free space no snapshots are saved; the logs need the rest more.
const FREE_BYTES_MIN: u64 = 192 << 20;

/// What a snapshot's head says.
#[derive(Clone, Copy, PartialEq)]
struct SnapshotHead {
    generation: u32,
    covers: Seq,
    bytes: u64,
    digest: [u8; 32],
}

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
    pub(super) fn start(inside: Arc<Inside>, queue: Arc<Queue>) -> io::Result<(Self, JoinHandle<()>)> {
        let (saves, waiting) = sync_channel(WAITING_MAX);
        let thread = std::thread::Builder::new().name("snapshots".into()).spawn(move || run(&inside, &queue, &waiting))?;
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

fn run(inside: &Inside, queue: &Queue, waiting: &Receiver<Save>) {
    while let Ok(save) = waiting.recv() {
        let saved = number_of(inside, queue, &save.doc).and_then(|number| write(inside, number, &save));
        if let Err(error) = &saved {
            tracing::error!(doc = %save.doc.for_log(), %error, "a snapshot was not saved");
        }
        let _ = save.answer.send(saved);
    }
}

/// The document's number; one without a log gets one in the journal first, since only from there is it sure to last.
fn number_of(inside: &Inside, queue: &Queue, doc: &DocAddress) -> Result<DocNumber, StoreError> {
    if let Some(number) = inside.directory.number(doc)? {
        return Ok(number);
    }
    let (answer, answered) = oneshot::channel();
    queue.push(Append { logs: vec![(doc.clone(), 0, Vec::new())], register: true, answer })?;
    answered.blocking_recv().unwrap_or(Err(StoreError::Closed))?;
    inside.directory.number(doc)?.ok_or(StoreError::Closed)
}

fn write(inside: &Inside, number: DocNumber, save: &Save) -> Result<(), StoreError> {
    if inside.free_bytes().is_some_and(|free| free < FREE_BYTES_MIN) {
        return Err(StoreError::Full);
    }
    let fault = |fault: Fault| fault.in_store(&inside.path);
    // A head that does not check is as good as none, but parts of its generation may be there.
    let old = read_head(inside, number).map_err(fault)?;
    let last_part = last_generation(inside, number).map_err(fault)?;
    let generation = old.map_or(0, |head| head.generation).max(last_part).wrapping_add(1);
    for (part, payload) in save.state.chunks(PART_BYTES).enumerate() {
        let key = layout::snapshot_key(number, generation, part as u16);
        inside.tree.insert(&key, &layout::sealed(&key, payload)).map_err(fault)?;
    }
    let digest = *blake3::hash(&save.state).as_bytes();
    let head = SnapshotHead { generation, covers: save.covers, bytes: save.state.len() as u64, digest };
    let key = layout::snapshot_head_key(number);
    inside.tree.insert(&key, &layout::sealed(&key, &head.encoded())).map_err(fault)?;
    let (first, last) = all_parts(number);
    for entry in inside.tree.scan(&first, &last) {
        let (key, _) = entry.map_err(fault)?;
        if layout::snapshot_generation(&key) != Some(generation) {
            inside.tree.remove(&key).map_err(fault)?;
        }
    }
    Ok(())
}

/// The newest snapshot, if there is one that checks.
pub(super) fn load(inside: &Inside, doc: &DocAddress, number: DocNumber) -> Result<Option<(Seq, Bytes)>, StoreError> {
    let fault = |fault: Fault| fault.in_document(doc, 0);
    loop {
        let Some(head) = read_head(inside, number).map_err(fault)? else { return Ok(None) };
        if let Some(state) = read_state(inside, number, &head).map_err(fault)? {
            return Ok(Some((head.covers, state)));
        }
        // A newer one may have taken its place meanwhile.
        if read_head(inside, number).map_err(fault)? == Some(head) {
            tracing::error!(doc = %doc.for_log(), covers = head.covers, "a snapshot is damaged and not used; the whole log is read instead");
            return Ok(None);
        }
    }
}

fn read_state(inside: &Inside, number: DocNumber, head: &SnapshotHead) -> Result<Option<Bytes>, Fault> {
    let mut state = Vec::with_capacity(usize::try_from(head.bytes).unwrap_or(0).min(super::SNAPSHOT_BYTES_MAX));
    let first = layout::snapshot_key(number, head.generation, 0);
    let last = layout::snapshot_key(number, head.generation, u16::MAX);
    for entry in inside.tree.scan(&first, &last) {
        let (key, value) = entry?;
        let Some(payload) = layout::unsealed(&key, &value) else { return Ok(None) };
        state.extend_from_slice(payload);
    }
    Ok((*blake3::hash(&state).as_bytes() == head.digest).then(|| state.into()))
}

fn read_head(inside: &Inside, number: DocNumber) -> Result<Option<SnapshotHead>, Fault> {
    let key = layout::snapshot_head_key(number);
    let Some(value) = inside.tree.get(&key)? else { return Ok(None) };
    let head = layout::unsealed(&key, &value).and_then(SnapshotHead::decoded);
    if head.is_none() {
        tracing::error!(document = number, "a snapshot's head is damaged: the snapshot is not used");
    }
    Ok(head)
}

fn last_generation(inside: &Inside, number: DocNumber) -> Result<u32, Fault> {
    let (first, last) = all_parts(number);
    Ok(inside.tree.last_key(&first, &last)?.and_then(|key| layout::snapshot_generation(&key)).unwrap_or(0))
}

fn all_parts(number: DocNumber) -> ([u8; 11], [u8; 11]) {
    (layout::snapshot_key(number, 0, 0), layout::snapshot_key(number, u32::MAX, u16::MAX))
}

impl SnapshotHead {
    fn encoded(&self) -> [u8; 52] {
        let mut bytes = [0; 52];
        bytes[..4].copy_from_slice(&self.generation.to_be_bytes());
        bytes[4..12].copy_from_slice(&self.covers.to_be_bytes());
        bytes[12..20].copy_from_slice(&self.bytes.to_be_bytes());
        bytes[20..].copy_from_slice(&self.digest);
        bytes
    }

    fn decoded(bytes: &[u8]) -> Option<Self> {
        let (generation, rest) = bytes.split_first_chunk()?;
        let (covers, rest) = rest.split_first_chunk()?;
        let (length, digest) = rest.split_first_chunk()?;
        let [generation, covers, bytes] =
            [u64::from(u32::from_be_bytes(*generation)), u64::from_be_bytes(*covers), u64::from_be_bytes(*length)];
        Some(Self { generation: generation as u32, covers, bytes, digest: digest.try_into().ok()? })
    }
}
