//! Where bytes meet yrs, and the only place where they do.
//!
//! **Architecture invariant:** what comes here has passed the gate, or at least its reading of an update's form: counts and depths
//! that would take all memory or overflow a stack are no panic, and nothing here could catch them.

use std::{
    mem::ManuallyDrop,
    panic::{AssertUnwindSafe, catch_unwind},
};
use yrs::{Doc, Transact, TransactionMut, Update, updates::decoder::Decode};

/// Decodes an update; `None` if yrs cannot.
pub(super) fn decode(update: &[u8]) -> Option<Update> {
    catch_unwind(|| Update::decode_v1(update).ok()).ok().flatten()
}

/// Applies an update; `None` if yrs cannot. What was made of it then is of no use.
pub(super) fn apply(txn: &mut TransactionMut, update: &[u8]) -> Option<()> {
    txn.apply_update(Update::decode_v1(update).ok()?).ok()
}

/// Applies updates that were decoded.
pub(super) fn apply_decoded(txn: &mut TransactionMut, updates: impl IntoIterator<Item = Update>) -> Option<()> {
    updates.into_iter().try_for_each(|update| txn.apply_update(update)).ok()
}

/// Runs `f` on a document. A panic, or `None`, takes the document away. After a panic its memory is given up rather than touched again: a
/// destructor may panic as well, and that would end the process.
pub(super) fn guarded<T>(document: &mut Option<Doc>, f: impl FnOnce(&mut TransactionMut) -> Option<T>) -> Option<T> {
    let doc = ManuallyDrop::new(document.take()?);
    let mut txn = ManuallyDrop::new(doc.transact_mut());
    let result = catch_unwind(AssertUnwindSafe(|| {
        let result = f(&mut txn);
        txn.commit();
        result
    }));
    let result = result.ok()?;
    drop(ManuallyDrop::into_inner(txn));
    let doc = ManuallyDrop::into_inner(doc);
    let value = result?;
    *document = Some(doc);
    Some(value)
}
