//! Edits whose client ids are another party's by now: after a restore the server knows no longer whose they were, and somebody who had
//! heard of one may have written under it. The same edits are made under new ids.
//!
//! What a note of one's own is anchored to does not follow: it keeps its quote.

use plenary_shared::log::{fold::Formed, gate};
use std::collections::HashMap;

use super::pull::Puller;
use crate::{
    error::CliError,
    folder::{
        Folder,
        own::{Body, EditId, Fate},
    },
    ids,
};

/// Gives edits that the server does not have new ids where theirs are taken, or where it refused them for that; what builds on them
/// follows.
pub fn rename(folder: &Folder, puller: &Puller, refused: &[EditId]) -> Result<(), CliError> {
    let Some(party) = puller.party() else { return Ok(()) };
    let _lock = folder.lock()?;
    let mut own = folder.own()?;
    let unsent = own.edits.iter().filter(|edit| matches!(edit.fate, Fate::Waiting | Fate::Held));
    let (owners, mut names, mut renamed) = (puller.text().owners(None), HashMap::new(), Vec::new());
    for edit in unsent {
        let mut body = edit.body(&folder.cipher)?;
        if give_new_names(&mut body, &mut names, |client| match owners.get(&client) {
            Some(owner) => owner != party,
            None => refused.contains(&edit.id),
        })? {
            renamed.push((edit.id, body));
        }
    }
    own.rewrite(folder.dir(), &folder.cipher, renamed)
}

/// Adds names for the ids of an edit that are taken, and writes it under all that there are; answers whether that changes it.
fn give_new_names(body: &mut Body, names: &mut HashMap<u64, u64>, is_taken: impl Fn(u64) -> bool) -> Result<bool, CliError> {
    let mut is_changed = false;
    // In a layer nobody but its party writes.
    for (_, update) in body.parts.iter_mut().filter(|(layer, _)| layer.is_none()) {
        for (client, _) in Formed::read(update)?.vector().iter() {
            if !names.contains_key(&client.get()) && is_taken(client.get()) {
                names.insert(client.get(), ids::client()?);
            }
        }
        if !names.is_empty() {
            let renamed = gate::rename(update, names).map_err(|error| CliError::Refused(error.to_string()))?;
            is_changed |= renamed != *update;
            *update = renamed;
        }
    }
    Ok(is_changed)
}
