//! What a replica held before its server was restored from a backup: its log, and copies of layers that were replaced. It stays until its
//! user takes it away, and tells which edits wait for what others have not sent again.
//!
//! In `before/RECORD-DIGEST`, named by where the log ended, files stand under the names that they had. What differs from what stands there
//! already goes into `before/RECORD-DIGEST-2` and so on: nothing that was put by is written over.

use plenary_shared::{id::PartyId, people::Layer};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{disk, layers, text};
use crate::error::CliError;

const DIRECTORY: &str = "before";

/// A place for what is replaced.
pub struct Before {
    dir: PathBuf,
}

impl Before {
    /// Puts the log by. Whoever was stopped begins again at the same place. The folder must be locked.
    pub fn begin(dir: &Path, end: &text::LogEnd) -> Result<Self, CliError> {
        let digest = end.head.to_string();
        let to = dir.join(DIRECTORY).join(format!("{}-{}", end.seq, digest.get(..8).unwrap_or_default()));
        let before = Before { dir: to };
        before.put_by(&dir.join(text::LOG), |dir| dir.join(text::LOG))?;
        Ok(before)
    }

    /// Puts the copy of a layer by, as it is kept. The folder must be locked.
    pub fn put_layer_by(&self, dir: &Path, layer: &Layer) -> Result<(), CliError> {
        let at = |dir: &Path| layers::path(dir, &layer.party, &layer.layer);
        self.put_by(&at(dir), at)
    }

    /// Where it is, or the first of where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn dirs(&self) -> impl Iterator<Item = PathBuf> {
        let first = self.dir.clone();
        let further = (2..).map(move |n: u64| PathBuf::from(format!("{}-{n}", first.display())));
        std::iter::once(self.dir.clone()).chain(further)
    }

    /// Copies a file to where `at` says below the first directory that has no other there.
    fn put_by(&self, from: &Path, at: impl Fn(&Path) -> PathBuf) -> Result<(), CliError> {
        let read = |path: &Path| match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            bytes => bytes.map(Some).map_err(|source| CliError::File { path: path.to_owned(), source }),
        };
        let Some(bytes) = read(from)? else { return Ok(()) };
        for dir in self.dirs() {
            let to = at(&dir);
            match read(&to)? {
                Some(known) if known == bytes => return Ok(()),
                Some(_) => {}
                None => {
                    disk::directory(&dir).map_err(|source| CliError::File { path: dir.clone(), source })?;
                    layers::create(&dir)?;
                    return disk::replace(&to, &bytes).map_err(|source| CliError::File { path: to, source });
                }
            }
        }
        Ok(())
    }
}

/// Takes away copies of other parties' layers that one may no longer read; answers which. The folder must be locked.
pub fn keep_only(dir: &Path, readable: &[Layer], party: &PartyId) -> Result<Vec<String>, CliError> {
    let mut gone = Vec::new();
    for dir in all(dir)? {
        gone.extend(layers::keep_only(&dir, |of, layer| of == party.as_str() || layers::is_among(readable, of, layer))?);
    }
    Ok(gone)
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
