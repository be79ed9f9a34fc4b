//! Where bytes from a server or from a disk meet yrs: bounded, and a panic there is an error here.

use plenary_shared::{limits, log::gate, text::plan};
use std::{
    mem::ManuallyDrop,
    panic::{AssertUnwindSafe, catch_unwind},
};
use yrs::{Doc, IdSet, ReadTxn as _, StateVector, Transact as _, Update, updates::decoder::Decode as _};

use crate::{error::CliError, ids};

/// Decodes an update under the bounds that hold for a document.
pub fn decode(bytes: &[u8]) -> Result<Update, CliError> {
    if bytes.len() > limits::DOCUMENT_BYTES_MAX {
        return Err(CliError::Refused("an update is larger than a document may be".into()));
    }
    // First without yrs, under bounds for every count and depth: what overflows a stack or asks for all memory is no panic.
    gate::census(bytes).map_err(|refusal| CliError::Refused(format!("an update cannot be read: {refusal}")))?;
    match catch_unwind(|| Update::decode_v1(bytes)) {
        Ok(Ok(update)) => Ok(update),
        _ => Err(CliError::Refused("an update cannot be read".into())),
    }
}

/// Applies updates in one transaction. After an error the document is not to be used.
pub fn apply(doc: &Doc, updates: impl IntoIterator<Item = Update>) -> Result<(), CliError> {
    let unfit = || CliError::Refused("the document cannot be read: its updates do not fit together".into());
    // After a panic the transaction is given up rather than dropped: its destructor may panic as well.
    let mut txn = ManuallyDrop::new(doc.transact_mut());
    let applied = catch_unwind(AssertUnwindSafe(|| {
        let applied = updates.into_iter().try_for_each(|update| txn.apply_update(update));
        txn.commit();
        applied
    }));
    match applied {
        Ok(applied) => {
            drop(ManuallyDrop::into_inner(txn));
            applied.map_err(|_| unfit())
        }
        Err(_) => Err(unfit()),
    }
}

/// A document of these updates, for edits under a client id that nobody else has.
pub fn document(updates: impl IntoIterator<Item = Update>) -> Result<Doc, CliError> {
    let doc = ManuallyDrop::new(plan::new_doc(ids::client()?));
    apply(&doc, updates)?;
    Ok(ManuallyDrop::into_inner(doc))
}

/// Whether a document that reaches so far holds all that an update writes and takes away.
pub fn is_within(update: &Update, reached: &StateVector) -> bool {
    let holds = |set: &IdSet| set.iter().all(|(client, ranges)| ranges.iter().all(|range| range.end <= reached.get(client)));
    holds(&update.insertions(true)) && holds(update.delete_set())
}

/// A document's whole state, as an update.
pub fn state(doc: &Doc) -> Vec<u8> {
    doc.transact().encode_state_as_update_v1(&StateVector::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_overflow_a_stack_is_an_error() {
        // One block: an entry of the root map `points` whose value is arrays within arrays.
        let mut hostile = vec![1, 1, 1, 0, 0x28, 1, 6];
        hostile.extend(b"points\x01k\x01");
        hostile.extend([0x75, 1].repeat(100_000));
        hostile.extend([0x7e, 0]);
        assert!(decode(&hostile).is_err());
        assert!(decode(&[0, 0]).is_ok());
        assert!(decode(&[1, 2, 3]).is_err());
    }
}
