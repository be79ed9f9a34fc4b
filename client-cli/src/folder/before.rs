//! What a replica held before its server was restored from a backup: its log, and copies of layers that were replaced. It stays until its
//! user takes it away, and tells which edits wait for what others have not sent again.
//!
//! In `before/RECORD-DIGEST`, named by where the log ended, files stand under the names that they had.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Folder, disk, layers, text};
use crate::error::CliError;

const DIRECTORY: &str = "before";

/// A place for what is replaced.
pub struct Before {
    dir: PathBuf,
}

impl Before {
    /// Puts the log by. Whoever was stopped begins again at the same place. The folder must be locked.
    pub fn begin(folder: &Folder, end: &text::Place) -> Result<Self, CliError> {
        let digest = end.head.to_string();
        let dir = folder.dir().join(DIRECTORY).join(format!("{}-{}", end.seq, digest.get(..8).unwrap_or_default()));
        for made in [folder.dir().join(DIRECTORY), dir.clone()] {
            disk::directory(&made).map_err(|source| CliError::File { path: made.clone(), source })?;
        }
        layers::create(&dir)?;
        let before = Before { dir };
        before.put_by(&folder.dir().join(text::LOG), &before.dir.join(text::LOG))?;
        Ok(before)
    }

    /// Puts the copy of a layer by, as it is kept. The folder must be locked.
    pub fn put_layer_by(&self, folder: &Folder, layer: &plenary_shared::api::Layer) -> Result<(), CliError> {
        let at = |dir| layers::path(dir, &layer.party, &layer.layer);
        self.put_by(&at(folder.dir()), &at(&self.dir))
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn put_by(&self, from: &Path, to: &Path) -> Result<(), CliError> {
        let bytes = match fs::read(from) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            bytes => bytes.map_err(|source| CliError::File { path: from.to_owned(), source })?,
        };
        disk::replace(to, &bytes).map_err(|source| CliError::File { path: to.to_owned(), source })
    }
}

/// All that was ever put by and is still there.
pub fn all(dir: &Path) -> Result<Vec<PathBuf>, CliError> {
    let path = dir.join(DIRECTORY);
    let file = |source| CliError::File { path: path.clone(), source };
    let entries = match fs::read_dir(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(file)?,
    };
    let mut all = Vec::new();
    for entry in entries {
        let path = entry.map_err(file)?.path();
        if layers::directory(&path).is_dir() {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}
