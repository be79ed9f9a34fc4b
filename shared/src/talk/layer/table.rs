//! To table: to move entries from a layer into a wider one, all or none as others see it.
//!
//! The move is two edits: the entries are written into the wider layer, in one update, then taken out of the narrower one. If it fails
//! between the two they stand in both; repeated, it finds them there and only takes them out.

use super::{Annotation, Layer};
use crate::id::AnnotationId;

/// Why nothing was tabled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Neither layer has the entry.
    #[error("there is no annotation {id} to table")]
    Unknown {
        /// What was asked for.
        id: AnnotationId,
    },
    /// It replies to an entry that the others would not find.
    #[error("{id} replies to {to}, which does not stand where it is to be tabled: table that first, or together with it")]
    Reply {
        /// The reply.
        id: AnnotationId,
        /// What it replies to.
        to: AnnotationId,
    },
}

/// What tabling does to the two layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tabled {
    /// To be written into the wider layer, in one transaction.
    pub put: Vec<Annotation>,
    /// To be taken out of the narrower one after that, in one transaction.
    pub remove: Vec<AnnotationId>,
}

/// What it takes to table `ids` out of `from` into `to` at `now_ms`. `shown` tells whether whoever reads `to` reads an entry in
/// another layer. The entries lose the time at which they were drafted, and that they were settled there.
///
/// # Errors
/// See [`TableError`]; nothing may be done then.
pub fn table(
    from: &Layer,
    to: &Layer,
    ids: &[AnnotationId],
    now_ms: u64,
    shown: impl Fn(&AnnotationId) -> bool,
) -> Result<Tabled, TableError> {
    let mut tabled = Tabled { put: Vec::new(), remove: Vec::new() };
    for (n, id) in ids.iter().enumerate() {
        if ids[..n].contains(id) {
            continue;
        }
        let (draft, there) = (from.get(id), to.get(id).is_some());
        match draft {
            None if !there => return Err(TableError::Unknown { id: id.clone() }),
            Some(draft) if !there => {
                let hidden = |to_id: &&AnnotationId| !ids.contains(to_id) && to.get(to_id).is_none() && !shown(to_id);
                if let Some(to) = draft.reply_to.as_ref().filter(hidden) {
                    return Err(TableError::Reply { id: id.clone(), to: to.clone() });
                }
                tabled.put.push(Annotation { at_ms: now_ms, resolved: false, ..draft.clone() });
            }
            _ => {}
        }
        if draft.is_some() {
            tabled.remove.push(id.clone());
        }
    }
    Ok(tabled)
}
