//! Edits of a layer's document.

use yrs::{Any, Map, MapPrelim, MapRef, Number, Out, ReadTxn, TextPrelim, TransactionMut, WriteTxn};

use super::{ANNOTATIONS, Annotation, What};
use crate::{
    id::AnnotationId,
    limits,
    text::anchor::{Anchor, CharId},
};

/// Why a layer was not edited. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// No such entry.
    #[error("there is no annotation {id} in this layer")]
    Unknown {
        /// What was asked for.
        id: AnnotationId,
    },
    /// The layer is full.
    #[error("a layer holds at most {} annotations: open another layer", limits::ANNOTATIONS_MAX)]
    TooMany,
}

/// Writes a whole entry; one that stands there under the same id is replaced.
///
/// # Errors
/// [`EntryError::TooMany`].
pub fn put(txn: &mut TransactionMut, annotation: &Annotation) -> Result<(), EntryError> {
    let annotations = txn.get_or_insert_map(ANNOTATIONS);
    let id = annotation.id.as_str();
    if annotations.len(txn) as usize >= limits::ANNOTATIONS_MAX && !annotations.contains_key(txn, id) {
        return Err(EntryError::TooMany);
    }
    // Field by field: a map of fields would be written in the order of its hashes, and one input must give one update.
    let entry = annotations.insert(txn, id, MapPrelim::default());
    entry.insert(txn, "kind", annotation.kind());
    entry.insert(txn, "point", annotation.point.as_str());
    if let Some(anchor) = &annotation.anchor {
        entry.insert(txn, "anchor", ends(anchor));
        entry.insert(txn, "quote", annotation.quote.as_str());
    }
    entry.insert(txn, "body", TextPrelim::new(annotation.body.as_str()));
    match &annotation.what {
        What::Note => {}
        What::Proposal { replacement } => {
            entry.insert(txn, "replacement", TextPrelim::new(replacement.as_str()));
        }
        What::Position(position) => {
            entry.insert(txn, "stance", position.stance.to_string());
            if position.ad_referendum {
                entry.insert(txn, "ad_referendum", true);
            }
            if let Some(kept) = &position.words {
                entry.insert(txn, "digest", kept.digest.to_string());
                if !kept.json.is_empty() {
                    entry.insert(txn, "words", kept.json.as_str());
                }
                entry.insert(txn, "weave", kept.weave.as_str());
                if !kept.around.is_empty() {
                    entry.insert(txn, "around", kept.around.as_str());
                }
            }
        }
    }
    for (field, value) in [
        ("reply_to", annotation.reply_to.as_ref().map(AnnotationId::as_str)),
        ("entered_for", annotation.entered_for.as_ref().map(|party| party.as_str())),
        ("by", annotation.by.as_ref().map(|by| by.as_str())),
    ] {
        if let Some(value) = value {
            entry.insert(txn, field, value);
        }
    }
    for (field, flag) in [("resolved", annotation.resolved), ("withdrawn", annotation.withdrawn)] {
        if flag {
            entry.insert(txn, field, true);
        }
    }
    entry.insert(txn, "at", number(annotation.at_ms));
    Ok(())
}

/// Takes an entry out; tells whether it was there.
pub fn remove(txn: &mut TransactionMut, id: &AnnotationId) -> bool {
    let annotations = txn.get_or_insert_map(ANNOTATIONS);
    annotations.remove(txn, id.as_str()).is_some()
}

/// Marks an entry as settled or as open again; tells whether that changed anything.
pub fn set_resolved(txn: &mut TransactionMut, id: &AnnotationId, resolved: bool) -> Result<bool, EntryError> {
    set_flag(txn, id, "resolved", resolved)
}

/// Marks an entry as taken back; tells whether that changed anything. The words that a position kept go: they are compared no more.
pub fn withdraw(txn: &mut TransactionMut, id: &AnnotationId) -> Result<bool, EntryError> {
    stored(txn, id)?.remove(txn, "words");
    set_flag(txn, id, "withdrawn", true)
}

fn set_flag(txn: &mut TransactionMut, id: &AnnotationId, field: &str, value: bool) -> Result<bool, EntryError> {
    let entry = stored(txn, id)?;
    let now = matches!(entry.get(txn, field), Some(Out::Any(Any::Bool(true))));
    Ok(now != value && entry.try_update(txn, field, value))
}

fn stored<T: ReadTxn>(txn: &T, id: &AnnotationId) -> Result<MapRef, EntryError> {
    match txn.get_map(ANNOTATIONS).and_then(|annotations| annotations.get(txn, id.as_str())) {
        Some(Out::YMap(entry)) => Ok(entry),
        _ => Err(EntryError::Unknown { id: id.clone() }),
    }
}

/// In arrays, for their order is written as it is.
fn ends(anchor: &Anchor) -> Any {
    let id = |id: CharId| Any::Array([id.client, id.clock.into()].map(number).into());
    let beside = |char: Option<CharId>| char.map_or(Any::Null, id);
    Any::Array([id(anchor.start), id(anchor.end), beside(anchor.before), beside(anchor.after)].into())
}

fn number(value: u64) -> Any {
    Any::Number(Number::Int(i64::try_from(value).unwrap_or(i64::MAX)))
}
