//! A document as it is saved: enough to go on without the log before it.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use plenary_shared::{
    id::{DocAddress, PartyId},
    log::{fold::Fold, gate::Ledger, record::Digest},
    text::{marks::Marks, plan},
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap};
use yrs::StateVector;

use super::{Document, Misbehaved, OpenError};
use crate::store::{Seq, Store};

#[derive(Serialize, Deserialize)]
struct Saved<'d> {
    head: Digest,
    at_ms: u64,
    ledger: Bytes,
    refused: Vec<Seq>,
    written: BTreeMap<PartyId, u64>,
    state: Bytes,
    marks: Cow<'d, Marks>,
}

impl Document {
    /// The last snapshot that can be used: what follows is not judged by a document that nobody can read.
    pub(super) fn from_snapshot(store: &dyn Store, address: &DocAddress) -> Result<Option<Self>, OpenError> {
        let Some((seq, bytes)) = store.load_snapshot(address)? else { return Ok(None) };
        let document = Self::from_copy(seq, &bytes).and_then(|mut document| document.full_step_2().is_ok().then_some(document));
        if document.is_none() && Self::is_of_another_version(&bytes) {
            tracing::info!(document = %address.for_log(), seq, "the snapshot is of another version: replaying the log instead");
        } else if document.is_none() {
            tracing::error!(document = %address.for_log(), seq, "the snapshot cannot be used: replaying the log instead");
        }
        Ok(document)
    }

    /// Whether another version of this program encoded a copy: then it is built again from the log.
    pub(super) fn is_of_another_version(copy: &[u8]) -> bool {
        let begins = postcard::take_from_bytes::<(Digest, u64, Bytes)>(copy);
        begins.is_ok_and(|((_, _, ledger), _)| Ledger::is_of_another_version(&ledger))
    }

    /// A snapshot as the store keeps it, and the last record that it covers.
    pub fn snapshot(&mut self) -> Result<(Seq, Bytes), Misbehaved> {
        let saved = self.copy()?;
        self.claims = 0;
        Ok((self.seq, saved))
    }

    /// All that a document is, encoded.
    pub fn copy(&mut self) -> Result<Bytes, Misbehaved> {
        let state = self.diff(&StateVector::default())?;
        let (ledger, refused, written) = (self.fold.ledger().save().into(), self.refused.clone(), self.written.clone());
        let marks = Cow::Borrowed(&self.marks);
        let saved = Saved { head: self.head, at_ms: self.at_ms, ledger, refused, written, state, marks };
        postcard::to_allocvec(&saved).map(Bytes::from).map_err(|_| Misbehaved)
    }

    /// What the gate knows in what [`Self::copy`] encoded; `None` if it is not that, or another version's.
    pub fn ledger_of(copy: &[u8]) -> Option<Ledger> {
        Ledger::load(&postcard::from_bytes::<Saved>(copy).ok()?.ledger)
    }

    /// What [`Self::copy`] encoded when `seq` was the last record; `None` if it is not that, or another version's. Blocks.
    pub fn from_copy(seq: Seq, copy: &[u8]) -> Option<Self> {
        let Saved { head, at_ms, ledger, refused, written, state, marks } = postcard::from_bytes(copy).ok()?;
        let ledger = Ledger::load(&ledger)?;
        let mut document = Self::of(Fold::of_own(plan::new_doc(0), &state, ledger).ok()?, head);
        (document.seq, document.at_ms) = (seq, at_ms);
        (document.bytes, document.measured) = (state.len(), state.len());
        (document.refused, document.written, document.marks) = (refused, written, marks.into_owned());
        Some(document)
    }
}
