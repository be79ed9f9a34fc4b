//! Writing a store anew without some of its documents: an archive must be able to delete, and a segment is never written over.
//!
//! The new segments are written beside the old ones; once they are durable the two directories change their names in one step, and what
//! is left of the old ones is taken away, by the next start if need be. Records are kept as they are, byte for byte.

use std::{fs::File, io, path::Path, sync::Arc};

use bytes::Bytes;
use plenary_shared::id::DocAddress;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{
    DiskStore, Part, Seq, Store, StoreError,
    beside::{DIRECTORY, remove_dir, sweep},
    disk_io::{self, Disk, FORMAT_FILE, RealDisk},
    kill::step,
    segment::{self, SEGMENT_BYTES},
    sled as tree, snapshots,
    survey::{self, Seen, SegmentFault},
};

/// 4 MiB: records that are appended at once.
const BATCH_BYTES: usize = 4 << 20;
/// Records read at a time.
const PAGE: usize = 4_096;

/// Writes the store in a directory anew, without the documents of which `is_gone` holds and with another log of the registry, which
/// `registry` makes of the present one. `beside` changes what stands beside the store, once all is written and nothing of it counts yet.
/// Blocks the thread. Answers how many documents are gone, and whether what is left of them was taken away: the next start does it
/// otherwise.
///
/// # Errors
/// Those of `registry` and `beside`; [`StoreError::AtWork`] while a backup is taken; [`StoreError::Corrupt`] or [`StoreError::Damaged`]
/// if anything is damaged, [`StoreError::Full`] if both do not fit on the disk, [`StoreError::InUse`], or what the disk says. All is as
/// it was then.
pub async fn without<E: From<StoreError>>(
    path: &Path,
    is_gone: impl Fn(&DocAddress) -> bool,
    registry: impl FnOnce(Vec<(Seq, Bytes)>) -> Result<Vec<Bytes>, E>,
    beside: impl FnOnce() -> io::Result<()>,
) -> Result<(usize, io::Result<()>), E> {
    intact(path)?;
    let disk = Arc::new(RealDisk::open_existing(path)?);
    let _alone = disk.alone()?;
    let disk: Arc<dyn Disk> = disk;
    sweep(path).map_err(StoreError::from)?;
    let source = DiskStore::start(disk.clone(), Box::new(tree::SledShelf(path.join("index"))), SEGMENT_BYTES)?;
    let log = registry(whole(&source, &DocAddress::Registry)?)?;
    let target = begin(&*disk, &path.join(DIRECTORY))?;
    let (gone, kept): (Vec<DocAddress>, Vec<DocAddress>) = source.documents()?.into_iter().partition(is_gone);
    let mut batch = Batch { target: &target, parts: Vec::new(), bytes: 0 };
    let mut after = 0;
    while let Some(page) = log.get(after..).filter(|rest| !rest.is_empty()).map(first_of) {
        batch.add(&DocAddress::Registry, after as Seq, page.to_vec()).await?;
        after += page.len();
    }
    for doc in kept.iter().filter(|doc| **doc != DocAddress::Registry) {
        copy(&source, doc, &mut batch).await?;
    }
    batch.write().await?;
    for doc in kept.iter().filter(|doc| **doc != DocAddress::Registry) {
        if last(&source, doc)? != last(&target, doc)? {
            return Err(StoreError::Io(Arc::new(io::Error::other("what was written is not what was read"))).into());
        }
    }
    // Both have joined their threads before their directories change; the lock is held on.
    drop((source, target));
    beside().map_err(StoreError::from)?;
    let swept = swap(&*disk, path, &gone).map_err(StoreError::from)?;
    Ok((gone.len(), swept))
}

/// Looks for damage: what it hides would be left out.
fn intact(path: &Path) -> Result<(), StoreError> {
    let mut damage = None;
    survey::look(path, |seen| {
        if let Seen::Fault(fault) = seen {
            damage.get_or_insert(fault);
        }
    })?;
    match damage {
        None => Ok(()),
        Some(SegmentFault { record: Some((doc, seq)), what, .. }) => Err(StoreError::Corrupt { doc, seq, what }),
        Some(SegmentFault { what, .. }) => Err(StoreError::Damaged { path: path.to_path_buf(), what }),
    }
}

/// As many of the first records as are appended at once.
fn first_of(records: &[Bytes]) -> &[Bytes] {
    let mut bytes = 0;
    let fit = records.iter().take(PAGE).take_while(|record| {
        bytes += record.len();
        bytes <= BATCH_BYTES
    });
    records.split_at(fit.count().max(1).min(records.len())).0
}

/// A store beside, of the same name.
fn begin(disk: &dyn Disk, beside: &Path) -> Result<DiskStore, StoreError> {
    disk.make_dir(DIRECTORY)?;
    let format = disk_io::read_file(disk, FORMAT_FILE, 4 << 10)?;
    disk_io::write_file(disk, &format!("{DIRECTORY}/{FORMAT_FILE}"), &[&format])?;
    DiskStore::open(beside)
}

async fn copy(source: &DiskStore, doc: &DocAddress, batch: &mut Batch<'_>) -> Result<(), StoreError> {
    let mut after = 0;
    loop {
        let page = source.read(doc, after, PAGE, BATCH_BYTES)?;
        let Some((end, _)) = page.last() else { return Ok(()) };
        let end = *end;
        batch.add(doc, after, page.into_iter().map(|(_, record)| record).collect()).await?;
        after = end;
    }
}

/// Records on their way into the new store: several logs' at once, so that a small one costs no sync of its own.
struct Batch<'a> {
    target: &'a DiskStore,
    parts: Vec<Part>,
    bytes: usize,
}

impl Batch<'_> {
    async fn add(&mut self, doc: &DocAddress, after: Seq, records: Vec<Bytes>) -> Result<(), StoreError> {
        let bytes: usize = records.iter().map(Bytes::len).sum();
        // Of each log one part.
        if self.bytes + bytes > BATCH_BYTES || self.parts.iter().any(|(known, ..)| known == doc) {
            self.write().await?;
        }
        self.bytes += bytes;
        self.parts.push((doc.clone(), after, records));
        Ok(())
    }

    async fn write(&mut self) -> Result<(), StoreError> {
        self.bytes = 0;
        self.target.append_all(std::mem::take(&mut self.parts)).await.map(drop)
    }
}

fn whole(store: &DiskStore, doc: &DocAddress) -> Result<Vec<(Seq, Bytes)>, StoreError> {
    let mut records = Vec::new();
    loop {
        let page = store.read(doc, records.len() as Seq, PAGE, BATCH_BYTES)?;
        if page.is_empty() {
            return Ok(records);
        }
        records.extend(page);
    }
}

fn last(store: &DiskStore, doc: &DocAddress) -> Result<Option<(Seq, Bytes)>, StoreError> {
    let last = store.last_seq(doc)?;
    Ok(store.read(doc, last.saturating_sub(1), 1, BATCH_BYTES)?.pop())
}

/// Puts the new segments in the place of the old ones. What can be made again goes first. Answers whether the old ones were taken away.
fn swap(disk: &dyn Disk, path: &Path, gone: &[DocAddress]) -> io::Result<io::Result<()>> {
    remove_dir(&path.join("index"))?;
    for doc in gone {
        match disk.remove(&snapshots::path(&doc.to_string())) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    disk.sync_dir(snapshots::DIRECTORY)?;
    let (old, new) = (path.join(segment::DIRECTORY), path.join(DIRECTORY).join(segment::DIRECTORY));
    step();
    renameat_with(CWD, &old, CWD, &new, RenameFlags::EXCHANGE)?;
    step();
    let take_away = || {
        disk.sync_dir("")?;
        File::open(path.join(DIRECTORY))?.sync_all()?;
        sweep(path)?;
        disk.sync_dir("")
    };
    Ok(take_away())
}
