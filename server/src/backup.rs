//! `backup`: a copy of a data directory, taken while a server runs on it, and continued by the next.
//!
//! The manifest is written last, but for the file FORMAT of a first backup: without that no server starts on it, and one that starts on a
//! directory with a manifest goes on from a backup ([`crate::restore`]).

#[cfg(test)]
mod tests;

use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

use crate::{
    clock::now_ms,
    demo, restore,
    store::{
        backup::{self, BackupError, Copied},
        survey,
    },
};

/// What a backup holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The layout of this file.
    pub format: u32,
    /// When it was finished, in milliseconds since 1970-01-01 UTC.
    pub made_at_ms: u64,
    /// The segments of the store.
    pub segments: Vec<Copied>,
}

/// The layout of manifests that this version reads and writes.
const FORMAT: u32 = 1;

/// Copies a data directory, or what is new in it since an earlier copy into the same place. Everything that was acknowledged before this
/// began is in it.
///
/// # Errors
/// [`BackupError`]. An earlier copy is as good as it was.
pub fn back_up(data: &Path, to: &Path) -> Result<Manifest, BackupError> {
    let (from, store) = (data.join("store"), to.join("store"));
    backup::make_dir(to)?;
    backup::make_dir(&store)?;
    let manifest = to.join(restore::MANIFEST);
    let earlier = match fs::read(&manifest) {
        Ok(bytes) => read(to, &bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(BackupError::File { path: manifest, error }),
    };
    let bar = ProgressBar::new(survey::segment_bytes(&from).unwrap_or_default()).with_message("copying");
    let mut made = Manifest { format: FORMAT, made_at_ms: 0, segments: Vec::new() };
    let list = |segments| {
        if let Ok(demo) = fs::read(data.join(demo::FILE)) {
            backup::replace(to, demo::FILE, &demo)?;
        }
        (made.made_at_ms, made.segments) = (now_ms(), segments);
        let json = serde_json::to_vec_pretty(&made).map_err(|error| BackupError::File { path: manifest, error: error.into() })?;
        backup::replace(to, restore::MANIFEST, &json)
    };
    backup::back_up(&from, &store, &earlier, |bytes| bar.inc(bytes), list)?;
    bar.finish_and_clear();
    Ok(made)
}

/// Whether a directory holds what its manifest names, if it has one: all segments, none shorter. One is longer if a server went on from it.
///
/// # Errors
/// [`BackupError::Incomplete`], or why that cannot be told.
pub fn whole(data: &Path) -> Result<(), BackupError> {
    match lacking(data, |_, _| Ok(true))?.into_iter().next() {
        Some(what) => Err(BackupError::Incomplete { path: data.to_owned(), what }),
        None => Ok(()),
    }
}

/// What a directory lacks of what its manifest names, in words, with the bytes of each segment compared.
///
/// # Errors
/// [`BackupError`], if that cannot be told.
pub fn differing(data: &Path) -> Result<Vec<String>, BackupError> {
    lacking(data, |path, named| {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(File::open(path)?.take(named.bytes))?;
        Ok(hasher.finalize().to_hex().as_str() == named.blake3)
    })
}

fn lacking(data: &Path, is_same: impl Fn(&Path, &Copied) -> io::Result<bool>) -> Result<Vec<String>, BackupError> {
    let manifest = data.join(restore::MANIFEST);
    let bytes = match fs::read(&manifest) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        bytes => bytes.map_err(|error| BackupError::File { path: manifest, error })?,
    };
    // A copy that was made by other means has an empty one, which names nothing.
    let named = if bytes.is_empty() { Vec::new() } else { read(data, &bytes)? };
    let mut lacking = Vec::new();
    for one in named {
        let path = data.join("store").join(one.name());
        let looked = fs::metadata(&path).and_then(|file| {
            Ok(if file.len() < one.bytes {
                Some(format!("holds {} of the {} bytes that were backed up", file.len(), one.bytes))
            } else {
                (!is_same(&path, &one)?).then(|| "is not what was backed up".to_owned())
            })
        });
        let what = match looked {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some("is missing".to_owned()),
            looked => looked.map_err(|error| BackupError::File { path, error })?,
        };
        lacking.extend(what.map(|what| format!("segment {} {what}", one.segment)));
    }
    Ok(lacking)
}

fn read(to: &Path, manifest: &[u8]) -> Result<Vec<Copied>, BackupError> {
    let other = |what: String| BackupError::Other { path: to.to_owned(), what };
    let read: Manifest =
        serde_json::from_slice(manifest).map_err(|error| other(format!("has a manifest that cannot be read ({error})")))?;
    match read.format {
        FORMAT => Ok(read.segments),
        found => Err(other(format!("has a manifest of format {found}, and this server reads {FORMAT}"))),
    }
}
