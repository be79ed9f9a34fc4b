//! `forget`: a conference is deleted, with every word that was written in it and every name that was entered for it. What is left is
//! its id, which is not given again.

#[cfg(test)]
mod tests;

use plenary_shared::id::{ConferenceId, DocAddress};
use std::{
    fs::{self, File},
    io,
    path::Path,
};

use crate::{
    backup,
    demo::{self, Demo},
    registry::{self, RegistryError},
    restore::MANIFEST,
    store::{StoreError, rewrite},
};

/// What became of a conference that was to be deleted: it is.
#[derive(Debug)]
pub struct Forgotten {
    /// How many documents it had.
    pub documents: usize,
    /// Why something of it still stands on the disk, to be taken away.
    pub left: Option<io::Error>,
}

/// Deletes a conference from a data directory on which no server runs.
///
/// # Errors
/// [`RegistryError::NotFound`] if there is no such conference, [`RegistryError::Store`] if anything is damaged, the disk has no room for
/// the rest once more, or fails, or a backup is being taken. All of the store is as it was then.
pub async fn forget(data: &Path, conference: &ConferenceId) -> Result<Forgotten, RegistryError> {
    let is_gone = |doc: &DocAddress| match doc {
        DocAddress::Plan(of, _) | DocAddress::Layer(of, ..) | DocAddress::Seats(of, _) => of == conference,
        DocAddress::Registry => false,
    };
    backup::whole(data).map_err(|error| StoreError::Damaged { path: data.to_owned(), what: error.to_string() })?;
    let registry = |log| registry::without(log, conference);
    let rewritten = rewrite::without(&data.join("store"), is_gone, registry, || beside(data, conference)).await;
    let (documents, swept) = rewritten?;
    Ok(Forgotten { documents, left: swept.err() })
}

/// Takes away what stands beside the store of a conference, and of a backup that these segments soon no longer are: before they change
/// places, so that whoever is stopped between has a directory that starts, and the words of the conference nowhere but in the store.
fn beside(data: &Path, conference: &ConferenceId) -> io::Result<()> {
    let demo = data.join(demo::FILE);
    match fs::read(&demo) {
        Ok(json) if serde_json::from_slice::<Demo>(&json).is_ok_and(|demo| demo.conference == *conference) => {
            fs::remove_file(&demo)?;
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let manifest = data.join(MANIFEST);
    if manifest.try_exists()? {
        File::create(&manifest)?.sync_all()?;
    }
    File::open(data)?.sync_all()
}
