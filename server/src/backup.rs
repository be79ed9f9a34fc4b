//! `backup`: a copy of a data directory, taken while a server runs on it, and continued by the next.
//!
//! The manifest is written last. A server that starts on a directory with one goes on from a backup ([`crate::restore`]).

#[cfg(test)]
mod tests;

use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use std::{fs, io, path::Path};

use crate::{
    clock::now_ms,
    restore,
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
/// Beside the store: who joins a demo, and how.
const DEMO: &str = "demo.json";

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
    let segments = backup::back_up(&from, &store, &earlier, |bytes| bar.inc(bytes))?;
    bar.finish_and_clear();
    if let Ok(demo) = fs::read(data.join(DEMO)) {
        backup::replace(&to.join(DEMO), &demo)?;
    }
    let made = Manifest { format: FORMAT, made_at_ms: now_ms(), segments };
    let json =
        serde_json::to_vec_pretty(&made).map_err(|error| BackupError::File { path: manifest.clone(), error: error.into() })?;
    backup::replace(&manifest, &json)?;
    Ok(made)
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
