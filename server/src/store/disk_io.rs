//! The few things that the store asks of a disk, so that a test can put one in its place that loses power.
//!
//! What is relied upon: a file's bytes and length are durable once [`DiskFile::sync`] has returned, a name (made, renamed, removed)
//! once [`Disk::sync_dir`] has. Before that any part of a write may be there, or none.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use plenary_shared::limits;

use super::{StoreError, kill::step};

/// Names the format and, below it, the directory.
pub(super) const FORMAT_FILE: &str = "FORMAT";

/// A data directory. Names are paths in it; "" is the directory itself.
pub(super) trait Disk: Send + Sync + 'static {
    /// Opens a file that is there.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// Opens a file without content, in place of one of this name.
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// Gives a file another name, in place of one that has it.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes a directory, if it is not there.
    fn make_dir(&self, name: &str) -> io::Result<()>;
    /// The names in a directory, in no order.
    fn list(&self, directory: &str) -> io::Result<Vec<String>>;
    /// Makes the names in a directory durable.
    fn sync_dir(&self, directory: &str) -> io::Result<()>;
    /// How much room there is, where the system tells.
    fn space(&self) -> Option<Space>;
    /// What messages call the directory.
    fn path(&self) -> &Path;
}

/// An open file.
pub(super) trait DiskFile: Send + Sync {
    /// Its length in bytes.
    fn len(&self) -> io::Result<u64>;
    /// Reads what is there from `offset` on, up to the buffer's length; answers how much that was.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes all bytes, or fails and may have written any part of them.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Cuts the file, or lengthens it with zeros.
    fn set_len(&self, length: u64) -> io::Result<()>;
    /// Makes bytes and length durable.
    fn sync(&self) -> io::Result<()>;
}

/// Room on a disk, in bytes.
#[derive(Clone, Copy)]
pub(super) struct Space {
    /// What may still be written.
    pub(super) free: u64,
    /// What the whole disk holds.
    pub(super) total: u64,
}

/// 4 KiB: what is given up at once where a disk cannot read.
const PAGE_BYTES: u64 = 4 << 10;
/// What stands in the place of what cannot be read: no check holds over it, and it is not taken for room that was never written to.
const UNREADABLE: u8 = 0xff;

/// What was read of a file that the disk may be unable to read in places.
pub(super) struct Read {
    /// How many bytes, as of [`DiskFile::read_at`].
    pub(super) bytes: usize,
    /// Where the last page ends that cannot be read, and why the first cannot.
    pub(super) unreadable: Option<(u64, io::Error)>,
}

/// Reads like [`DiskFile::read_at`], around pages that the disk cannot read: bytes that cannot check stand in their place.
pub(super) fn read_around(file: &dyn DiskFile, buffer: &mut [u8], offset: u64) -> Read {
    let error = match file.read_at(buffer, offset) {
        Ok(bytes) => return Read { bytes, unreadable: None },
        Err(error) => error,
    };
    let (mut bytes, mut unreadable_end) = (0, offset);
    while bytes < buffer.len() {
        let at = offset + bytes as u64;
        let length = (PAGE_BYTES - at % PAGE_BYTES).min((buffer.len() - bytes) as u64) as usize;
        let page = &mut buffer[bytes..bytes + length];
        let read = file.read_at(page, at).unwrap_or_else(|_| {
            page.fill(UNREADABLE);
            unreadable_end = at + length as u64;
            length
        });
        bytes += read;
        if read < length {
            break;
        }
    }
    Read { bytes, unreadable: (unreadable_end > offset).then_some((unreadable_end, error)) }
}

/// An eighth of a disk that is small itself is reserve enough.
const RESERVE_SHARE: u64 = 8;

/// Whether the disk has less room than so many reserves.
pub(super) fn has_less_than(disk: &dyn Disk, reserves: u64) -> bool {
    disk.space().is_some_and(|space| space.free < reserves * limits::DISK_RESERVE_BYTES.min(space.total / RESERVE_SHARE))
}

/// Reads a whole file of at most `max` bytes.
pub(super) fn read_file(disk: &dyn Disk, name: &str, max: u64) -> io::Result<Vec<u8>> {
    let file = disk.open(name)?;
    let length = file.len()?;
    if length > max {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = vec![0; length as usize];
    let read = file.read_at(&mut bytes, 0)?;
    bytes.truncate(read);
    Ok(bytes)
}

/// Writes a file so that its name holds what it held before, or all of this; durable when it returns.
pub(super) fn write_file(disk: &dyn Disk, name: &str, parts: &[&[u8]]) -> io::Result<()> {
    let draft = format!("{name}{DRAFT}");
    let written = (|| {
        let (file, mut offset) = (disk.create(&draft)?, 0);
        for part in parts {
            file.write_at(part, offset)?;
            offset += part.len() as u64;
        }
        file.sync()?;
        disk.rename(&draft, name)
    })();
    if let Err(error) = written {
        // What is left of it would be removed at the next start; on a full disk it takes room now.
        let _ = disk.remove(&draft);
        return Err(error);
    }
    disk.sync_dir(name.rsplit_once('/').map_or("", |(directory, _)| directory))
}

/// What the name of a half-written file ends in.
pub(super) const DRAFT: &str = ".new";

/// A directory of the file system. Where it is locked, it is as long as this is there.
pub(super) struct RealDisk {
    root: PathBuf,
    _lock: Option<File>,
}

/// Keeps others from exchanging segments, or from copying them meanwhile, as long as it is there.
pub(super) struct Alone(#[expect(dead_code, reason = "it unlocks when it is dropped")] File);

impl RealDisk {
    /// A directory that is there, for whoever keeps others out otherwise.
    pub(super) fn at(root: &Path) -> Self {
        Self { root: root.to_path_buf(), _lock: None }
    }

    /// Makes the directory if need be, for its owner alone, and locks it.
    ///
    /// # Errors
    /// [`StoreError::InUse`] if another process has it; what the system says otherwise.
    pub(super) fn open(root: &Path) -> Result<Self, StoreError> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(root)?;
        let disk = Self::lock(root)?;
        File::open(root.join(".."))?.sync_all()?;
        Ok(disk)
    }

    /// Locks a directory that is there, and makes nothing.
    ///
    /// # Errors
    /// The same.
    pub(super) fn open_existing(root: &Path) -> Result<Self, StoreError> {
        fs::metadata(root.join(FORMAT_FILE))?;
        Self::lock(root)
    }

    /// Opens a directory that is there beside whoever has it locked: to read. Its segments stay in their places meanwhile.
    ///
    /// # Errors
    /// [`StoreError::AtWork`] if they are being exchanged, [`StoreError::Io`] if there is no store.
    pub(super) fn beside(root: &Path) -> Result<Self, StoreError> {
        let format = File::open(root.join(FORMAT_FILE))?;
        free(root, format.try_lock_shared())?;
        Ok(Self { root: root.to_path_buf(), _lock: Some(format) })
    }

    /// Has nobody read beside whoever has this directory locked.
    ///
    /// # Errors
    /// [`StoreError::AtWork`] if somebody does; what the system says otherwise.
    pub(super) fn alone(&self) -> Result<Alone, StoreError> {
        let format = File::options().read(true).write(true).open(self.root.join(FORMAT_FILE))?;
        free(&self.root, format.try_lock())?;
        Ok(Alone(format))
    }

    /// Locks a directory.
    ///
    /// # Errors
    /// [`StoreError::InUse`] if another process has it; what the system says otherwise.
    pub(super) fn lock(root: &Path) -> Result<Self, StoreError> {
        let lock = File::options().create(true).truncate(false).write(true).open(root.join("LOCK"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { path: root.to_path_buf() }),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        Ok(Self { root: root.to_path_buf(), _lock: Some(lock) })
    }
}

fn free(root: &Path, locked: Result<(), TryLockError>) -> Result<(), StoreError> {
    match locked {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(StoreError::AtWork { path: root.to_path_buf() }),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

impl Disk for RealDisk {
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        // A segment on a medium that cannot be written is read all the same.
        let path = self.root.join(name);
        let file = File::options().read(true).write(true).open(&path).or_else(|_| File::open(&path))?;
        Ok(Arc::new(file))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        step();
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(true).mode(0o600);
        Ok(Arc::new(options.open(self.root.join(name))?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        step();
        fs::rename(self.root.join(from), self.root.join(to))?;
        step();
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        step();
        fs::remove_file(self.root.join(name))
    }

    fn make_dir(&self, name: &str) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(self.root.join(name))
    }

    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        let entries = fs::read_dir(self.root.join(directory))?;
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn sync_dir(&self, directory: &str) -> io::Result<()> {
        File::open(self.root.join(directory))?.sync_all()
    }

    fn space(&self) -> Option<Space> {
        let stat = rustix::fs::statvfs(&self.root).ok()?;
        Some(Space { free: stat.f_bavail.saturating_mul(stat.f_frsize), total: stat.f_blocks.saturating_mul(stat.f_frsize) })
    }

    fn path(&self) -> &Path {
        &self.root
    }
}

impl DiskFile for File {
    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<usize> {
        let wanted = buffer.len();
        while !buffer.is_empty() {
            match FileExt::read_at(self, buffer, offset) {
                Ok(0) => break,
                Ok(read) => {
                    buffer = buffer.split_at_mut(read).1;
                    offset += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(wanted - buffer.len())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(bytes, offset)?;
        step();
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        File::set_len(self, length)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}
