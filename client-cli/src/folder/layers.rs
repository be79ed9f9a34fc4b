//! Copies of the layers that one may read, as the server has them: one file each.

use bytes::Bytes;
use plenary_shared::{
    id::{LayerId, PartyId},
    log::record::Digest,
    people::{Audience, Layer},
};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    cipher::{Cipher, Sealed},
    disk, frames,
    info::Damage,
};
use crate::error::CliError;

const DIRECTORY: &str = "layers";

/// A copy of a layer.
#[derive(Clone, Debug)]
pub struct Copy {
    /// The last record that it shows.
    pub seq: u64,
    /// The chain's digest there.
    pub digest: Digest,
    /// The document's state, a Yjs update V1; empty: nothing was ever written.
    pub state: Bytes,
}

#[derive(Serialize, Deserialize)]
struct StoredCopy {
    seq: u64,
    digest: Digest,
    state: Sealed,
}

/// Reads the copy of a layer; none if there is none, or none that can be read: the next sync brings it.
pub fn read(
    dir: &Path,
    cipher: &Cipher,
    party: &PartyId,
    layer: &LayerId,
    damage: &mut Vec<Damage>,
) -> Result<Option<Copy>, CliError> {
    let path = path(dir, party, layer);
    let frames = frames::read(&path, 0).map_err(|source| CliError::File { path: path.clone(), source })?;
    if frames.whole.is_empty() && frames.end + frames.torn == 0 {
        return Ok(None);
    }
    let kept: Option<StoredCopy> = frames.whole.first().and_then(|(_, payload)| postcard::from_bytes(payload).ok());
    let Some(kept) = kept else {
        damage.push(Damage { path, what: "it cannot be read; the next sync brings the layer again".into() });
        return Ok(None);
    };
    let state = cipher.open(&path.display().to_string(), kept.state)?;
    Ok(Some(Copy { seq: kept.seq, digest: kept.digest, state }))
}

/// Keeps the copy of a layer; what not all who see the plan may read is encrypted if anything is. The folder must be locked.
pub fn write(dir: &Path, cipher: &Cipher, layer: &Layer, copy: &Copy) -> Result<(), CliError> {
    let state =
        if layer.audience == Audience::All { Sealed::Clear(copy.state.clone()) } else { cipher.seal(copy.state.clone())? };
    let kept = postcard::to_stdvec(&StoredCopy { seq: copy.seq, digest: copy.digest, state });
    let kept = kept.map_err(|e| CliError::Refused(format!("the layer cannot be kept: {e}")))?;
    let path = path(dir, &layer.party, &layer.layer);
    disk::replace(&path, &frames::frame(&kept)).map_err(|source| CliError::File { path, source })
}

/// Takes away the copy of a layer. The folder must be locked.
pub fn remove(dir: &Path, layer: &Layer) -> Result<(), CliError> {
    let path = path(dir, &layer.party, &layer.layer);
    disk::remove(&path).map_err(|source| CliError::File { path, source })
}

/// Takes away the copies of layers but those that are to be kept, by party and layer; answers which. The folder must be locked.
pub fn keep_only(dir: &Path, is_kept: impl Fn(&str, &str) -> bool) -> Result<Vec<String>, CliError> {
    let directory = directory(dir);
    let file = |source| CliError::File { path: directory.clone(), source };
    let mut gone = Vec::new();
    for entry in fs::read_dir(&directory).map_err(file)? {
        let entry = entry.map_err(file)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.split_once('.').is_some_and(|(party, layer)| is_kept(party, layer)) {
            disk::remove(&entry.path()).map_err(file)?;
            gone.push(name.replacen('.', "/", 1));
        }
    }
    gone.sort();
    Ok(gone)
}

/// Whether a layer is one of these.
pub fn is_among(layers: &[Layer], party: &str, layer: &str) -> bool {
    layers.iter().any(|one| one.party.as_str() == party && one.layer.as_str() == layer)
}

/// Makes room for them.
pub fn create(dir: &Path) -> Result<(), CliError> {
    let path = directory(dir);
    disk::directory(&path).map_err(|source| CliError::File { path, source })
}

/// Where they are.
pub fn directory(dir: &Path) -> PathBuf {
    dir.join(DIRECTORY)
}

/// Ids hold no dot.
fn name(party: &PartyId, layer: &LayerId) -> String {
    format!("{party}.{layer}")
}

/// Where a layer's copy stands below a replica's directory, or below what was put by.
pub fn path(dir: &Path, party: &PartyId, layer: &LayerId) -> PathBuf {
    directory(dir).join(name(party, layer))
}
