//! A copy of a store's segments, taken while a server runs on it.
//!
//! A segment that another follows is never touched again, so it is linked, or copied to another disk; of the last one as many frames
//! are copied as are whole. Index and snapshots are left out: they are made again. `FORMAT` keeps the directory's name, so that a copy
//! that is continued is known to be of the same store.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{
    StoreError,
    disk_io::{self, DRAFT, Disk, DiskFile, FORMAT_FILE, RealDisk},
    footer::Footer,
    frame::DirectoryId,
    kill::step,
    segment::{self, Segment},
    snapshots, start, tail,
};

/// A segment of a backup.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Copied {
    /// The segment's number.
    pub segment: u32,
    /// Its length in the backup, in bytes.
    pub bytes: u64,
    /// The blake3 of these bytes, in hexadecimal.
    pub blake3: String,
}

impl Copied {
    /// Its file, below the store.
    pub fn name(&self) -> String {
        segment::name(self.segment)
    }
}

/// Why no backup was made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The backup is as it was made, and the data directory does not continue it.
    #[error(
        "segment {segment} of {} does not continue the backup in {}, which is as it was made: the data directory is damaged or went \
         back to an earlier state; check both, and back up into another directory",
        from.display(),
        to.display()
    )]
    Changed {
        /// The data directory.
        from: PathBuf,
        /// The backup.
        to: PathBuf,
        /// The segment's number.
        segment: u32,
    },
    /// The directory that is to hold the backup holds something else.
    #[error("{} {what}: back up into another directory", path.display())]
    Other {
        /// The directory.
        path: PathBuf,
        /// What it holds.
        what: String,
    },
    /// A copy of a backup does not hold what its manifest names.
    #[error("{}: {what}: copy the backup again", path.display())]
    Incomplete {
        /// The directory.
        path: PathBuf,
        /// What it lacks.
        what: String,
    },
}

/// Copies what is new of a store into a backup, of which `earlier` tells what is there, and has `list` write down what is there
/// then, all of it durable.
///
/// # Errors
/// [`BackupError`], that of `list` included. What was there before is there still.
pub fn back_up(
    from: &Path,
    to: &Path,
    earlier: &[Copied],
    mut passed: impl FnMut(u64),
    list: impl FnOnce(Vec<Copied>) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::beside(from)?);
    let directory = start::identify(&*disk)?;
    // Neither another backup nor a server may be at work there.
    let copy = Copy { disk, directory, from, to, into: RealDisk::lock(to)? };
    let is_named = copy.prepare()?;
    let mut copied = Vec::new();
    let numbers = segment::numbers(&*copy.disk).map_err(StoreError::from)?;
    for number in &numbers {
        let known = earlier.iter().find(|one| one.segment == *number);
        if let Some(one) = copy.segment(*number, known, Some(number) == numbers.last())? {
            passed(one.bytes);
            copied.push(one);
        }
    }
    sync(&to.join(segment::DIRECTORY))?;
    list(copied)?;
    if !is_named {
        // Last: a directory of segments without this file is opened by no server.
        copy.replace(FORMAT_FILE, &read(&from.join(FORMAT_FILE))?)?;
    }
    Ok(())
}

struct Copy<'a> {
    disk: Arc<dyn Disk>,
    directory: DirectoryId,
    from: &'a Path,
    to: &'a Path,
    /// The backup, locked.
    into: RealDisk,
}

impl Copy<'_> {
    /// Makes the directories, and looks at what is there: whether a backup that was finished.
    fn prepare(&self) -> Result<bool, BackupError> {
        let other = |what: &str| BackupError::Other { path: self.to.to_owned(), what: what.to_owned() };
        let is_named = self.to.join(FORMAT_FILE).try_exists().map_err(file(self.to))?;
        if is_named && self.to.join(snapshots::DIRECTORY).exists() {
            return Err(other("has had a server running on it"));
        }
        if is_named && start::identify(&self.into)? != self.directory {
            return Err(other("holds a backup of another data directory"));
        }
        make_dir(&self.to.join(segment::DIRECTORY))?;
        Ok(is_named)
    }

    /// Brings one segment of the backup up to date; `None` for a last one that is only being begun.
    fn segment(&self, number: u32, known: Option<&Copied>, is_last: bool) -> Result<Option<Copied>, BackupError> {
        let name = segment::name(number);
        let (from, to) = (self.from.join(&name), self.to.join(&name));
        let segment = Segment::open(&*self.disk, self.directory, number).map_err(file(&from))?;
        let is_ended = Footer::at_end(&segment.file, &segment.stamp).map_err(file(&from))?.is_some();
        let length = if is_last && !is_ended {
            let scanned = tail::contents(&segment, |_| {}).map_err(file(&from))?;
            if scanned.is_blank() && segment.header_of().is_none() {
                return Ok(None);
            }
            scanned.end
        } else {
            segment.file.len().map_err(file(&from))?
        };
        let (known_bytes, known_digest) =
            known.map_or((0, blake3::hash(&[]).to_hex().to_string()), |known| (known.bytes, known.blake3.clone()));
        let mut hasher = blake3::Hasher::new();
        hash(&segment.file, 0, known_bytes.min(length), &mut hasher).map_err(file(&from))?;
        if known_bytes > length || hasher.finalize().to_hex().as_str() != known_digest {
            return Err(self.not_continued(&to, known_bytes, &known_digest, number));
        }
        if known.is_some() && !same_file(&from, &to) {
            self.check_copy(&to, known_bytes, &known_digest, number)?;
        }
        hash(&segment.file, known_bytes, length, &mut hasher).map_err(file(&from))?;
        let copied = Copied { segment: number, bytes: length, blake3: hasher.finalize().to_hex().to_string() };
        if known == Some(&copied) {
            return Ok(Some(copied));
        }
        if !(is_ended && !is_last && self.link(&name)?) {
            self.copy(&segment.file, &name, length)?;
            self.check_copy(&to, length, &copied.blake3, number)?;
        }
        let footer = segment::footer_name(number);
        if let Ok(bytes) = fs::read(self.from.join(&footer)) {
            self.replace(&footer, &bytes)?;
        }
        Ok(Some(copied))
    }

    /// Why a segment does not begin with what was copied of it: it changed, or the copy did, or the directory went back.
    fn not_continued(&self, copy: &Path, bytes: u64, digest: &str, number: u32) -> BackupError {
        match self.check_copy(copy, bytes, digest, number) {
            Ok(()) => BackupError::Changed { from: self.from.to_owned(), to: self.to.to_owned(), segment: number },
            Err(error) => error,
        }
    }

    /// Whether the copy begins with these bytes.
    fn check_copy(&self, path: &Path, bytes: u64, digest: &str, number: u32) -> Result<(), BackupError> {
        let copy: Arc<dyn DiskFile> = Arc::new(File::open(path).map_err(file(path))?);
        let mut hasher = blake3::Hasher::new();
        let whole = hash(&copy, 0, bytes, &mut hasher).map_err(file(path))?;
        if whole && hasher.finalize().to_hex().as_str() == digest {
            return Ok(());
        }
        let what = format!("holds a backup whose segment {number} is damaged or was changed");
        Err(BackupError::Other { path: self.to.to_owned(), what })
    }

    /// Gives a full segment a second name; `false` where the backup is on another disk.
    fn link(&self, name: &str) -> Result<bool, BackupError> {
        let (from, to) = (self.from.join(name), self.to.join(name));
        let draft = self.to.join(format!("{name}{DRAFT}"));
        let _ = fs::remove_file(&draft);
        match fs::hard_link(&from, &draft) {
            Ok(()) => {
                step();
                fs::rename(&draft, &to).map_err(file(&to))?;
                step();
                // Where both names were one file already, renaming leaves them.
                let _ = fs::remove_file(&draft);
                Ok(true)
            }
            // Another disk, or a file system without links: what else is wrong copying will tell.
            Err(_) => Ok(false),
        }
    }

    fn copy(&self, from: &Arc<dyn DiskFile>, name: &str, length: u64) -> Result<(), BackupError> {
        let draft = format!("{name}{DRAFT}");
        let copy = || {
            let copy = self.into.create(&draft)?;
            let (mut buffer, mut offset) = (vec![0; CHUNK], 0);
            while offset < length {
                let wanted = (length - offset).min(CHUNK as u64) as usize;
                let read = from.read_at(&mut buffer[..wanted], offset)?;
                if read == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                copy.write_at(&buffer[..read], offset)?;
                offset += read as u64;
            }
            copy.sync()?;
            self.into.rename(&draft, name)
        };
        copy().map_err(file(&self.to.join(name)))
    }

    /// Writes a small file of the backup, durably.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        disk_io::write_file(&self.into, name, &[bytes]).map_err(file(&self.to.join(name)))
    }
}

/// 1 MiB: what is read and written at once.
const CHUNK: usize = 1 << 20;

/// Writes a file beside the store of a backup so that its name holds what it held before, or all of this; durable when it returns.
///
/// # Errors
/// [`BackupError::File`].
pub fn replace(directory: &Path, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
    disk_io::write_file(&RealDisk::at(directory), name, &[bytes]).map_err(file(&directory.join(name)))
}

/// Makes a directory for its owner alone, and those above it.
///
/// # Errors
/// [`BackupError::File`].
pub fn make_dir(path: &Path) -> Result<(), BackupError> {
    use std::os::unix::fs::DirBuilderExt as _;
    step();
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(file(path))?;
    sync(path.parent().unwrap_or(Path::new(".")))
}

fn sync(directory: &Path) -> Result<(), BackupError> {
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(file(directory))
}

fn read(path: &Path) -> Result<Vec<u8>, BackupError> {
    fs::read(path).map_err(file(path))
}

fn file(path: &Path) -> impl FnOnce(io::Error) -> BackupError + use<> {
    let path = path.to_owned();
    move |error| BackupError::File { path, error }
}

/// Whether two names are of one file.
fn same_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let inode = |path: &Path| fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
    inode(one).is_some() && inode(one) == inode(other)
}

/// Hashes a stretch of a file; `false` if it ends before.
fn hash(of: &Arc<dyn DiskFile>, mut from: u64, to: u64, hasher: &mut blake3::Hasher) -> io::Result<bool> {
    let mut buffer = vec![0; CHUNK];
    while from < to {
        let wanted = (to - from).min(CHUNK as u64) as usize;
        let read = of.read_at(&mut buffer[..wanted], from)?;
        if read == 0 {
            return Ok(false);
        }
        hasher.update(&buffer[..read]);
        from += read as u64;
    }
    Ok(true)
}
