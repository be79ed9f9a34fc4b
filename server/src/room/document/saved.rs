//! A document as it is saved: enough to go on without the log before it.

use bytes::Bytes;
use plenary_shared::{gate::Ledger, id::DocAddress, record::Digest};
use serde::{Deserialize, Serialize};
use yrs::{StateVector, Update, updates::decoder::Decode};

use super::{Document, Misbehaved, OpenError};
use crate::store::{Seq, Store};

#[derive(Serialize, Deserialize)]
struct Saved {
    head: Digest,
    at_ms: u64,
    ledger: Bytes,
    refused: Vec<Seq>,
    state: Bytes,
}

impl Document {
    pub(super) fn from_snapshot(store: &dyn Store, address: &DocAddress) -> Result<Option<Self>, OpenError> {
        let Some((seq, bytes)) = store.load_snapshot(address)? else { return Ok(None) };
        let document = Self::from_copy(seq, &bytes);
        if document.is_none() {
            tracing::error!(document = %address.for_log(), seq, "the snapshot cannot be used: replaying the log instead");
        }
        Ok(document)
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
        let (ledger, refused) = (self.ledger.save().into(), self.refused.clone());
        let saved = Saved { head: self.head, at_ms: self.at_ms, ledger, refused, state };
        postcard::to_allocvec(&saved).map(Bytes::from).map_err(|_| Misbehaved)
    }

    /// What [`Self::copy`] encoded when `seq` was the last record; `None` if it is not that, or another version's. Blocks.
    pub fn from_copy(seq: Seq, copy: &[u8]) -> Option<Self> {
        let Saved { head, at_ms, ledger, refused, state } = postcard::from_bytes(copy).ok()?;
        let ledger = Ledger::load(&ledger)?;
        let mut document = Self::empty(head);
        document.guarded(|txn| txn.apply_update(Update::decode_v1(&state).ok()?).ok()).ok()?;
        (document.seq, document.at_ms, document.bytes) = (seq, at_ms, state.len());
        (document.ledger, document.refused) = (ledger, refused);
        Some(document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        store::MemoryStore,
        testing::{read, record, typed},
    };
    use plenary_shared::{
        plan,
        record::{Author, seal},
    };

    #[tokio::test]
    async fn what_another_version_saved_is_not_used_and_the_log_tells_all() {
        let (store, doc) = (MemoryStore::default(), "talks/plan".parse().unwrap());
        let update = typed(&plan::new_doc(7), "words");
        let (sealed, _) = seal(&Digest::genesis(&doc), &record("arv", 1, update.clone()));
        store.append(&doc, 0, vec![sealed]).await.unwrap();
        let (seq, snapshot) = Document::open(&store, &doc).unwrap().snapshot().unwrap();
        assert!(Document::from_copy(seq, &snapshot).is_some());
        let mut saved: Saved = postcard::from_bytes(&snapshot).unwrap();
        let mut ledger = saved.ledger.to_vec();
        ledger[0] += 1;
        saved.ledger = ledger.into();
        let other = postcard::to_allocvec(&saved).unwrap();
        assert!(Document::from_copy(seq, &other).is_none());
        store.save_snapshot(&doc, seq, other.into()).await.unwrap();
        let mut again = Document::open(&store, &doc).unwrap();
        assert_eq!(read(&again.diff(&StateVector::default()).unwrap()), "words");
        let author = Author { party: "arv".parse().unwrap(), member: "arv-1".parse().unwrap() };
        assert!(!again.check(&author, &update).unwrap().is_new());
    }
}
