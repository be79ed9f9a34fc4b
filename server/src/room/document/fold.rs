//! From a log to its document: records are folded in behind the last snapshot, in groups. One on which the document fails is found by
//! halving, and passed over.
//!
//! What fails is searched for from a copy of the document as it stood before, not from the log's beginning, and records that are known
//! to fail are passed over at once: so a document that misbehaves costs as much the hundredth time as the first.

use bytes::Bytes;
use plenary_shared::{
    id::DocAddress,
    limits,
    log::{
        gate::Checked,
        record::{self, Digest, Record},
    },
};
use std::ops::Range;

use super::{Accepted, Document, Misbehaved, OpenError};
use crate::store::{Seq, Store};

/// Records read from the log at a time.
pub(super) const PAGE: usize = 1_024;

/// The search for records on which a document fails.
#[derive(Default)]
struct Search {
    refused: Vec<Seq>,
    /// Here groups are so large; elsewhere as large as a page.
    suspects: Option<(Range<Seq>, usize)>,
    /// The document before the suspects, and the last record in it.
    good: Option<(Seq, Bytes)>,
    /// A copy did not load: there are none.
    without_copies: bool,
    /// Something could be applied and then not be encoded: look after each group.
    encode_each: bool,
}

/// What came of folding.
enum Folded {
    /// The document holds all, but what is refused.
    All,
    /// Something failed, which the search then knows more about.
    Failed,
    /// All could be applied, and the document not be encoded.
    Unencodable,
}

impl Search {
    /// Where the search goes on.
    fn start(&mut self, store: &dyn Store, address: &DocAddress) -> Result<Document, OpenError> {
        if let Some((seq, copy)) = &self.good {
            if let Some(document) = Document::from_copy(*seq, copy) {
                return Ok(document);
            }
            (self.good, self.without_copies) = (None, true);
        }
        Ok(Document::from_snapshot(store, address)?.unwrap_or_else(|| Document::empty(Digest::genesis(address))))
    }

    fn step(&self, seq: Seq) -> usize {
        match &self.suspects {
            Some((suspects, step)) if suspects.contains(&seq) => *step,
            Some((suspects, _)) if seq < suspects.start => PAGE.min((suspects.start - seq) as usize),
            _ => PAGE,
        }
    }

    /// Keeps the document as it stands, if the suspects come next.
    fn keep(&mut self, document: &mut Document) -> Result<(), Misbehaved> {
        let next = document.seq + 1;
        let is_kept = self.good.as_ref().is_some_and(|(seq, _)| *seq == document.seq);
        if self.suspects.as_ref().is_some_and(|(suspects, _)| suspects.start == next) && !is_kept && !self.without_copies {
            self.good = Some((document.seq, document.copy()?));
        }
        Ok(())
    }

    fn failed(&mut self, address: &DocAddress, first: Seq, count: usize) {
        if count == 1 {
            tracing::error!(document = %address.for_log(), seq = first, "a record that passed the gate failed in the document: kept, refused");
            self.refused.push(first);
        } else {
            self.suspects = Some((first..first + count as Seq, count / 2));
        }
    }

    fn run(mut self, store: &dyn Store, address: &DocAddress) -> Result<Document, OpenError> {
        loop {
            let mut document = self.start(store, address)?;
            let looked_at_each = self.encode_each;
            match document.fold(store, address, &mut self)? {
                Folded::All => return Ok(document),
                Folded::Failed => {}
                // Every group of it could be.
                Folded::Unencodable if looked_at_each => return Err(OpenError::Unencodable(address.clone())),
                Folded::Unencodable => self.encode_each = true,
            }
        }
    }
}

impl Document {
    /// Folds a document from its snapshot and the log after it. Every record is judged as it was when it came; one on which the
    /// document fails is found by halving and passed over. Blocks.
    ///
    /// # Errors
    /// [`OpenError`], if the log cannot be read or makes no document.
    pub fn open(store: &dyn Store, address: &DocAddress) -> Result<Self, OpenError> {
        Search::default().run(store, address)
    }

    /// Folds anew a document that failed on one of the records `suspects`; those that it `refused` before are passed over. Blocks.
    ///
    /// # Errors
    /// [`OpenError`], if the log cannot be read or makes no document.
    pub fn rebuild(store: &dyn Store, address: &DocAddress, refused: &[Seq], suspects: Range<Seq>) -> Result<Self, OpenError> {
        let step = ((suspects.end - suspects.start) as usize / 2).max(1);
        Search { refused: refused.to_vec(), suspects: Some((suspects, step)), ..Search::default() }.run(store, address)
    }

    /// Folds in all that the log holds.
    fn fold(&mut self, store: &dyn Store, address: &DocAddress, search: &mut Search) -> Result<Folded, OpenError> {
        self.refused.extend(&search.refused);
        self.refused.sort_unstable();
        self.refused.dedup();
        loop {
            let page = store.read(address, self.seq, PAGE, limits::BATCH_BYTES_MAX)?;
            if page.is_empty() {
                // One that cannot be encoded is of no use to anybody either.
                return Ok(if self.full_step_2().is_ok() { Folded::All } else { Folded::Unencodable });
            }
            let (mut head, mut records) = (self.head, Vec::with_capacity(page.len()));
            for (seq, sealed) in page {
                let damaged = |_| OpenError::Damaged { doc: address.clone(), seq };
                let (record, digest) = record::open(&head, &sealed).map_err(damaged)?;
                head = digest;
                records.push((seq, digest, record));
            }
            let mut rest = &records[..];
            while let Some(&(first, ..)) = rest.first() {
                if search.keep(self).is_err() {
                    return Ok(Folded::Unencodable);
                }
                let (group, behind) = rest.split_at(search.step(first).min(rest.len()));
                let whole =
                    self.replay(group).and_then(|()| if search.encode_each { self.full_step_2().map(drop) } else { Ok(()) });
                if whole.is_err() {
                    search.failed(address, first, group.len());
                    return Ok(Folded::Failed);
                }
                rest = behind;
            }
        }
    }

    fn replay(&mut self, group: &[(Seq, Digest, Record)]) -> Result<(), Misbehaved> {
        let (mut seqs, mut accepted) = (Vec::with_capacity(group.len()), Vec::with_capacity(group.len()));
        for (seq, _, record) in group {
            if self.is_refused(*seq) {
                self.count(record);
                continue;
            }
            let mut checked = Checked::default();
            if let Some(update) = record.change() {
                checked = self.fold.ledger().check_logged(&record.author.party, update).map_err(|_| Misbehaved)?;
                self.admit(&record.author, &checked);
            }
            seqs.push(*seq);
            accepted.push(Accepted { record: record.clone(), checked, verified: false });
        }
        let Some((seq, digest, last)) = group.last() else { return Ok(()) };
        self.take(&seqs, &accepted, (*seq, *digest))?;
        self.at_ms = last.at_ms;
        Ok(())
    }
}
