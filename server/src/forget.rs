//! `forget`: a conference is deleted, with every word that was written in it and every name that was entered for it. What is left is
//! its id, which is not given again.

#[cfg(test)]
mod tests;

use plenary_shared::id::{ConferenceId, DocAddress};
use std::path::Path;

use crate::{
    registry::{self, RegistryError},
    store::rewrite,
};

/// Deletes a conference from a data directory on which no server runs; answers how many documents it had.
///
/// # Errors
/// [`RegistryError::NotFound`] if there is no such conference, [`RegistryError::Store`] if a record that is to stay is damaged, the disk
/// has no room for the rest once more, or fails. All is as it was then.
pub async fn forget(data: &Path, conference: &ConferenceId) -> Result<usize, RegistryError> {
    let is_gone = |doc: &DocAddress| match doc {
        DocAddress::Plan(of, _) | DocAddress::Layer(of, ..) => of == conference,
        DocAddress::Registry => false,
    };
    rewrite::without(&data.join("store"), is_gone, |log| registry::without(log, conference)).await
}
