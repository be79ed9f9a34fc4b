//! A document as it once stood, folded from its log.

use bytes::Bytes;
use plenary_shared::{id::DocAddress, limits, log::record::Digest, text::marks::Marks};
use yrs::StateVector;

use super::{Document, fold::PAGE, record};
use crate::store::{Seq, Store};

/// A document at one of its records.
pub struct Past {
    /// The record.
    pub seq: Seq,
    /// The chain's digest there.
    pub digest: Digest,
    /// The Yjs update V1 that makes it from nothing.
    pub state: Bytes,
    document: Document,
}

impl Past {
    /// Which points were merged.
    pub fn marks(&self) -> &Marks {
        &self.document.marks
    }

    /// From what others fold on who need one at a later record.
    pub fn copy(&mut self) -> Option<Bytes> {
        self.document.copy().ok()
    }
}

impl Document {
    /// The document with the records for which `wanted` holds, up to the first for which it does not; it is asked with a record's
    /// place and time. `refused` are those that the document could not bear. `None` if the log cannot be read. Blocks.
    pub fn past(store: &dyn Store, address: &DocAddress, refused: &[Seq], wanted: impl Fn(Seq, u64) -> bool) -> Option<Past> {
        Self::past_from(None, store, address, refused, wanted)
    }

    /// As [`Self::past`], from a copy of the document as it stood after an earlier record.
    pub fn past_from(
        copy: Option<(Seq, Bytes)>,
        store: &dyn Store,
        address: &DocAddress,
        refused: &[Seq],
        wanted: impl Fn(Seq, u64) -> bool,
    ) -> Option<Past> {
        let copied = copy.and_then(|(seq, copy)| Self::from_copy(seq, &copy));
        let mut document = copied.unwrap_or_else(|| Self::empty(Digest::genesis(address)));
        let mut more = true;
        while more {
            let page = store.read(address, document.seq, PAGE, limits::BATCH_BYTES_MAX).ok()?;
            let mut end = (document.seq, document.head);
            more = !page.is_empty();
            for (seq, sealed) in page {
                let (record, digest) = record::open(&end.1, &sealed).ok()?;
                if !wanted(seq, record.at_ms) {
                    more = false;
                    break;
                }
                end = (seq, digest);
                if !refused.contains(&seq) {
                    let taken = document.fold.take(&record).ok()?;
                    document.marks.take(seq, &record, &mut document.fold, &taken.checked).ok()?;
                }
            }
            (document.seq, document.head) = end;
        }
        let state = document.diff(&StateVector::default()).ok()?;
        Some(Past { seq: document.seq, digest: document.head, state, document })
    }
}
