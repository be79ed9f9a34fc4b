//! The only place that writes into a replica's folder.
//!
//! **Architecture invariant:** what a function here has answered with success survives a power cut. What it has not is there whole
//! or not at all, except at the end of a file that is appended to, and [`super::frames`] tells a torn end.

use std::{
    fs::{self, File},
    io::{self, Seek as _, SeekFrom, Write as _},
    path::Path,
};

/// Writes `bytes` at `end`, which cuts off whatever stands there. After an error the file ends at `end` again, as far as the disk lets it.
pub fn append(path: &Path, end: u64, bytes: &[u8]) -> io::Result<()> {
    step();
    let new = !path.exists();
    let mut file = private().write(true).create(true).truncate(false).open(path)?;
    let written = write_at(&mut file, end, bytes);
    if written.is_err() {
        let _ = file.set_len(end).and_then(|()| file.sync_all());
    } else if new {
        sync_directory(path)?;
    }
    step();
    written
}

fn write_at(file: &mut File, end: u64, bytes: &[u8]) -> io::Result<()> {
    if file.metadata()?.len() > end {
        file.set_len(end)?;
    }
    file.seek(SeekFrom::Start(end))?;
    // In halves, so that a test can stop between them.
    let (head, tail) = bytes.split_at(bytes.len() / 2);
    file.write_all(head)?;
    step();
    file.write_all(tail)?;
    step();
    file.sync_all()
}

/// Puts a file in the place of another, or where none was.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    step();
    let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(parent(path))?;
    file.write_all(bytes)?;
    step();
    file.as_file().sync_all()?;
    step();
    file.persist(path).map_err(|error| error.error)?;
    step();
    sync_directory(path)?;
    step();
    Ok(())
}

/// What a file is called until it is whole.
const UNFINISHED: &str = ".new-";

/// Takes away what a program that was stopped has left unfinished in a directory. Nobody else may be writing there.
pub fn sweep(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Takes a file away, if it is there.
pub fn remove(path: &Path) -> io::Result<()> {
    step();
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        removed => removed?,
    }
    sync_directory(path)?;
    step();
    Ok(())
}

/// Makes a directory that only its user can enter, and those above it.
#[cfg(unix)]
pub fn directory(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    sync_directory(path)
}

#[cfg(not(unix))]
pub fn directory(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(unix)]
fn private() -> fs::OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = File::options();
    options.mode(0o600);
    options
}

#[cfg(not(unix))]
fn private() -> fs::OpenOptions {
    File::options()
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A name is as durable as the directory that it stands in.
fn sync_directory(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(parent(path))?.sync_all() } else { Ok(()) }
}

/// Where a test may stop the program as a power cut would: at the n-th step that `PLENARY_TEST_STOP_AT` names. Not in a release.
#[cfg(debug_assertions)]
pub fn step() {
    use std::sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    };
    static STOP_AT: LazyLock<Option<u64>> = LazyLock::new(|| std::env::var("PLENARY_TEST_STOP_AT").ok()?.parse().ok());
    static STEPS: AtomicU64 = AtomicU64::new(0);
    if let Some(stop_at) = *STOP_AT
        && STEPS.fetch_add(1, Ordering::Relaxed) + 1 == stop_at
    {
        std::process::abort();
    }
}

#[cfg(not(debug_assertions))]
pub fn step() {}
