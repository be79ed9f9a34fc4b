//! Reading logs. Whatever is not exactly what was written is reported: a value that does not check, a gap, an end before the
//! end that was acknowledged.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use plenary_shared::id::DocAddress;

use super::{
    Seq, StoreError,
    directory::Directory,
    heads::Heads,
    layout::{self, DocNumber, RunReader},
    tree::{Fault, Slice, Tree},
};

/// What the threads of the disk store share.
pub(super) struct Inside {
    /// The data directory.
    pub(super) path: PathBuf,
    pub(super) tree: Tree,
    pub(super) heads: Arc<Heads>,
    pub(super) directory: Directory,
}

/// A document's log from one run on.
struct Runs<'a, I> {
    doc: &'a DocAddress,
    entries: I,
    /// The place of the next record.
    next: Seq,
}

impl Inside {
    /// Records from `wanted` on; see [`super::Store::read`].
    pub(super) fn read(
        &self,
        doc: &DocAddress,
        number: DocNumber,
        wanted: Seq,
        max: usize,
        max_bytes: usize,
    ) -> Result<Vec<(Seq, Bytes)>, StoreError> {
        // Before the log, which may grow meanwhile.
        let head = self.heads.get(number).at_least();
        let from = self.first_of_run(doc, number, wanted)?.unwrap_or(1);
        let mut runs = self.runs(doc, number, from);
        let (mut page, mut bytes) = (Vec::new(), 0);
        while let Some((first, records)) = runs.next_run()? {
            for (seq, record) in (first..).zip(records).filter(|(seq, _)| *seq >= wanted) {
                bytes += record.len();
                if !page.is_empty() && bytes > max_bytes {
                    return Ok(page);
                }
                page.push((seq, record));
                if page.len() == max {
                    return Ok(page);
                }
            }
        }
        runs.ends_at(head)?;
        Ok(page)
    }

    /// The end of a log, read from it; 0 without records.
    pub(super) fn last(&self, doc: &DocAddress, number: DocNumber) -> Result<Seq, StoreError> {
        let head = self.heads.get(number).at_least();
        let from = self.first_of_run(doc, number, Seq::MAX)?.unwrap_or(1);
        let mut runs = self.runs(doc, number, from);
        while runs.next_run()?.is_some() {}
        runs.ends_at(head)
    }

    /// Bytes free where the store lies.
    pub(super) fn free_bytes(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(&self.path).ok()?;
        Some(disk.f_bavail * disk.f_frsize)
    }

    /// The first record of the run that holds a record, or of the last run before it.
    fn first_of_run(&self, doc: &DocAddress, number: DocNumber, seq: Seq) -> Result<Option<Seq>, StoreError> {
        let (first, last) = (layout::record_key(number, 0, 0), layout::record_key(number, seq, u16::MAX));
        let key = self.tree.last_key(&first, &last).map_err(|fault| fault.in_document(doc, seq))?;
        Ok(key.and_then(|key| layout::record_first(&key)))
    }

    fn runs<'a>(
        &self,
        doc: &'a DocAddress,
        number: DocNumber,
        next: Seq,
    ) -> Runs<'a, impl Iterator<Item = Result<(Slice, Slice), Fault>> + use<>> {
        let (first, last) = (layout::record_key(number, next, 0), layout::record_key(number, Seq::MAX, u16::MAX));
        Runs { doc, entries: self.tree.scan(&first, &last), next }
    }
}

impl<I: Iterator<Item = Result<(Slice, Slice), Fault>>> Runs<'_, I> {
    /// The next run's first place and its records.
    fn next_run(&mut self) -> Result<Option<(Seq, Vec<Bytes>)>, StoreError> {
        let Some((key, part)) = self.next_part()? else { return Ok(None) };
        if layout::record_place(&key) != Some((self.next, 0)) {
            return Err(self.corrupt("it is missing and later ones are there"));
        }
        let mut run = RunReader::begin(&part).ok_or_else(|| self.corrupt("it is not what records are packed in"))?;
        let mut number = 1;
        while run.wants_more() {
            let Some((key, part)) = self.next_part()? else { return Err(self.corrupt("its end is missing")) };
            if layout::record_place(&key) != Some((self.next, number)) {
                return Err(self.corrupt("a part of it is missing"));
            }
            run.take(&part);
            number = number.wrapping_add(1);
        }
        let records = run.records().ok_or_else(|| self.corrupt("it is not what records are packed in"))?;
        let first = self.next;
        self.next += records.len() as Seq;
        Ok(Some((first, records)))
    }

    fn next_part(&mut self) -> Result<Option<(Slice, Vec<u8>)>, StoreError> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        let (key, value) = entry.map_err(|fault| fault.in_document(self.doc, self.next))?;
        let part = layout::unsealed(&key, &value).ok_or_else(|| self.corrupt("it does not match its checksum"))?;
        Ok(Some((key, part.to_vec())))
    }

    /// Checks that the log reached its head, and answers where it ends.
    fn ends_at(&self, head: Seq) -> Result<Seq, StoreError> {
        let last = self.next - 1;
        if last < head { Err(self.corrupt("it was acknowledged and is missing")) } else { Ok(last) }
    }

    fn corrupt(&self, what: &str) -> StoreError {
        StoreError::Corrupt { doc: self.doc.clone(), seq: self.next, what: what.into() }
    }
}
