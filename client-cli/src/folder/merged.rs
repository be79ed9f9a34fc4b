//! Points that were merged and that nobody has confirmed yet. What stands here are words of the plan's future, so it is kept as private
//! things are.

use plenary_shared::{
    id::PartyId,
    talk::merge::{Lapsed, MergedPoint},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

use super::{
    cipher::{Cipher, Sealed},
    disk, frames,
    info::Damage,
};
use crate::error::CliError;

/// The file.
pub const FILE: &str = "merged";

/// A merged point, until it is confirmed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Merged {
    /// What each side did, and what came out.
    #[serde(flatten)]
    pub merge: MergedPoint,
    /// Who else changed it meanwhile.
    pub others: Vec<Other>,
    /// Positions that lapsed by it.
    pub lapsed: Vec<Lapsed>,
    /// When it was merged here, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
}

/// Somebody who changed a point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Other {
    /// The party.
    pub party: PartyId,
    /// The last time that they did, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
}

/// Reads the list.
pub fn read(dir: &Path, cipher: &Cipher, damage: &mut Vec<Damage>) -> Result<Vec<Merged>, CliError> {
    let path = dir.join(FILE);
    let frames = frames::read(&path, 0).map_err(|source| CliError::File { path: path.clone(), source })?;
    if frames.whole.is_empty() && frames.end + frames.torn == 0 {
        return Ok(Vec::new());
    }
    let sealed: Option<Sealed> = frames.whole.first().and_then(|(_, payload)| postcard::from_bytes(payload).ok());
    let read = match sealed {
        // JSON, since postcard cannot read what is flattened.
        Some(sealed) => serde_json::from_slice(&cipher.open(FILE, sealed)?).ok(),
        None => None,
    };
    if read.is_none() {
        damage.push(Damage { path, what: "it cannot be read: look at what was merged with `plenary log`".into() });
    }
    Ok(read.unwrap_or_default())
}

/// Keeps the list. The folder must be locked.
pub fn write(dir: &Path, cipher: &Cipher, merged: &[Merged]) -> Result<(), CliError> {
    let path = dir.join(FILE);
    let unwritable = |why: String| CliError::Refused(format!("what was merged cannot be written down: {why}"));
    let json = serde_json::to_vec(merged).map_err(|e| unwritable(e.to_string()))?;
    let sealed = postcard::to_stdvec(&cipher.seal(json.into())?).map_err(|e| unwritable(e.to_string()))?;
    disk::replace(&path, &frames::frame(&sealed)).map_err(|source| CliError::File { path, source })
}

/// Lays newly merged points over those that wait: one that is merged again keeps what it was at first.
pub fn add(waiting: Vec<Merged>, new: Vec<Merged>) -> Vec<Merged> {
    let mut all = waiting;
    for newer in new {
        match all.iter_mut().find(|one| one.merge.point == newer.merge.point) {
            None => all.push(newer),
            Some(older) => {
                let mut others = older.others.clone();
                for other in newer.others {
                    match others.iter_mut().find(|known| known.party == other.party) {
                        Some(known) => known.at_ms = known.at_ms.max(other.at_ms),
                        None => others.push(other),
                    }
                }
                let mut lapsed = older.lapsed.clone();
                lapsed.extend(newer.lapsed.into_iter().filter(|lapsed| !older.lapsed.contains(lapsed)));
                *older = Merged { merge: older.merge.clone().then(newer.merge), others, lapsed, at_ms: newer.at_ms };
            }
        }
    }
    all
}
