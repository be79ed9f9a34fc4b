//! A store that forgets: for tests and for a server that tries things out. Nothing here outlives the process.

use bytes::Bytes;
use plenary_shared::id::DocAddress;
use std::{
    collections::BTreeMap,
    future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{BoxFuture, Condition, Part, RECORD_BYTES_MAX, SNAPSHOT_BYTES_MAX, Seq, Store, StoreError, fits};

/// Logs and snapshots in memory. Clones share them.
#[derive(Clone, Default)]
pub struct MemoryStore {
    documents: Arc<Mutex<BTreeMap<DocAddress, Document>>>,
}

#[derive(Default)]
struct Document {
    log: Vec<Bytes>,
    snapshot: Option<(Seq, Bytes)>,
}

impl MemoryStore {
    /// A store without documents.
    pub fn new() -> Self {
        Self::default()
    }

    /// No change below can stop half-way, so what a panicking thread leaves behind is whole.
    fn documents(&self) -> MutexGuard<'_, BTreeMap<DocAddress, Document>> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, parts: Vec<Part>) -> Result<Vec<Seq>, StoreError> {
        parts.iter().flat_map(|(_, _, records)| records).try_for_each(|record| fits(record.len(), RECORD_BYTES_MAX))?;
        let mut documents = self.documents();
        let end = |documents: &BTreeMap<DocAddress, Document>, doc: &DocAddress| {
            documents.get(doc).map_or(0, |document| document.log.len() as Seq)
        };
        for (doc, after, _) in parts.iter().filter(|(_, _, records)| !records.is_empty()) {
            let last = end(&documents, doc);
            if last != *after {
                return Err(StoreError::Moved { doc: doc.clone(), last });
            }
        }
        let append = |(doc, _, records): Part| {
            if !records.is_empty() {
                documents.entry(doc.clone()).or_default().log.extend(records);
            }
            end(&documents, &doc)
        };
        Ok(parts.into_iter().map(append).collect())
    }
}

impl Store for MemoryStore {
    fn append_all(&self, parts: Vec<Part>) -> BoxFuture<Result<Vec<Seq>, StoreError>> {
        Box::pin(future::ready(self.keep(parts)))
    }

    fn read(&self, doc: &DocAddress, after: Seq, max: usize, max_bytes: usize) -> Result<Vec<(Seq, Bytes)>, StoreError> {
        let documents = self.documents();
        let log = documents.get(doc).map_or(&[][..], |d| &d.log);
        let mut bytes = 0;
        let start = usize::try_from(after).unwrap_or(usize::MAX);
        let page = log.iter().enumerate().skip(start).take(max).take_while(|(i, record)| {
            bytes += record.len();
            bytes <= max_bytes || *i == start
        });
        Ok(page.map(|(i, record)| (i as Seq + 1, record.clone())).collect())
    }

    fn last_seq(&self, doc: &DocAddress) -> Result<Seq, StoreError> {
        Ok(self.documents().get(doc).map_or(0, |d| d.log.len() as Seq))
    }

    fn save_snapshot(&self, doc: &DocAddress, covers: Seq, state: Bytes) -> BoxFuture<Result<(), StoreError>> {
        let kept = fits(state.len(), SNAPSHOT_BYTES_MAX);
        let mut documents = self.documents();
        if let Some(document) = documents.get_mut(doc).filter(|_| kept.is_ok()) {
            let known = document.snapshot.as_ref().map_or(0, |(covers, _)| *covers);
            if covers > known && covers <= document.log.len() as Seq {
                document.snapshot = Some((covers, state));
            }
        }
        Box::pin(future::ready(kept))
    }

    fn load_snapshot(&self, doc: &DocAddress) -> Result<Option<(Seq, Bytes)>, StoreError> {
        Ok(self.documents().get(doc).and_then(|d| d.snapshot.clone()))
    }

    fn documents(&self) -> Result<Vec<DocAddress>, StoreError> {
        Ok(MemoryStore::documents(self).keys().cloned().collect())
    }

    fn condition(&self) -> Condition {
        Condition::Working
    }

    fn failed(&self) -> BoxFuture<()> {
        Box::pin(future::pending())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::suite;

    #[test]
    fn the_memory_store_keeps_the_promises_of_a_store() {
        let store = MemoryStore::new();
        suite::run(|| Box::new(store.clone()));
    }
}
