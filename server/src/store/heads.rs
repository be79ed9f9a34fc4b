//! How far each document's log went at least.
//!
//! A damaged file can make the tree lose its newest entries without a word. After each commit the new ends are written here,
//! 16 bytes in place for each document, and handed to the system but not forced to the disk: that costs a microsecond and
//! outlives the process. A power cut may take the last seconds of it, so what stands here is a lower bound, never too high;
//! a log that ends before its head has lost acknowledged records and says so.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Seq, layout::DocNumber};

/// A seq and eight bytes of blake3 over it and its place.
const ENTRY_BYTES: usize = 16;

/// 1 KiB: entries so near are written at once, those between them again; a write costs more than their checksums.
const BLOCK_ENTRIES: DocNumber = 64;

/// What is known of a log's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// Said here, not yet compared with the log.
    AtLeast(Seq),
    /// The log's end.
    Exactly(Seq),
}

/// The heads of all documents, in memory and in a file.
pub(super) struct Heads {
    file: File,
    known: Mutex<Vec<Head>>,
}

impl Heads {
    /// Reads the heads; a file that is not there holds none, and an entry that does not check is none.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        let bytes = std::fs::read(path)?;
        let (entries, _torn) = bytes.as_chunks::<ENTRY_BYTES>();
        let mut known = Vec::with_capacity(entries.len());
        for (number, stored) in entries.iter().enumerate() {
            let (seq, _) = stored.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
            let seq = Seq::from_be_bytes(*seq);
            let holds = *stored == entry(number as DocNumber, seq);
            if !holds {
                tracing::warn!(document = number, "a head is damaged: the end of this log cannot be compared with it");
            }
            known.push(Head::AtLeast(if holds { seq } else { 0 }));
        }
        Ok(Self { file, known: Mutex::new(known) })
    }

    /// The documents with records, by number.
    pub(super) fn numbers(&self) -> Vec<DocNumber> {
        let known = self.known();
        known.iter().enumerate().filter(|(_, head)| **head != Head::AtLeast(0)).map(|(number, _)| number as DocNumber).collect()
    }

    /// A document's head.
    pub(super) fn get(&self, number: DocNumber) -> Head {
        self.known().get(number as usize).copied().unwrap_or(Head::AtLeast(0))
    }

    /// Remembers a log's end that was read from the log.
    pub(super) fn learn(&self, number: DocNumber, last: Seq) {
        let mut known = self.known();
        let index = number as usize;
        if known.len() <= index {
            known.resize(index + 1, Head::AtLeast(0));
        }
        known[index] = Head::Exactly(last);
    }

    /// Sets logs' ends after a commit and writes them down, a block of the file at a time.
    pub(super) fn set(&self, mut ends: Vec<(DocNumber, Seq)>) -> io::Result<()> {
        ends.sort_unstable();
        for near in ends.chunk_by(|(a, _), (b, _)| a / BLOCK_ENTRIES == b / BLOCK_ENTRIES) {
            let (Some((first, _)), Some((last, _))) = (near.first(), near.last()) else { continue };
            near.iter().for_each(|(number, end)| self.learn(*number, *end));
            let block: Vec<u8> = {
                let known = self.known();
                (*first..=*last).flat_map(|number| known[number as usize].entry(number)).collect()
            };
            self.file.write_all_at(&block, u64::from(*first) * ENTRY_BYTES as u64)?;
        }
        Ok(())
    }

    /// Forces what was written to the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// No change can stop half-way, so what a panicking thread leaves behind is whole.
    fn known(&self) -> MutexGuard<'_, Vec<Head>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Head {
    /// The seq, whether or not it was compared with the log.
    pub(super) fn at_least(self) -> Seq {
        match self {
            Head::AtLeast(seq) | Head::Exactly(seq) => seq,
        }
    }

    fn entry(self, number: DocNumber) -> [u8; ENTRY_BYTES] {
        entry(number, self.at_least())
    }
}

/// A head as it stands in the file; one that is 0 is left as it would be had it never been written.
fn entry(number: DocNumber, seq: Seq) -> [u8; ENTRY_BYTES] {
    let mut entry = [0; ENTRY_BYTES];
    if seq > 0 {
        entry[..8].copy_from_slice(&seq.to_be_bytes());
        let check = blake3::Hasher::new().update(&number.to_be_bytes()).update(&seq.to_be_bytes()).finalize();
        entry[8..].copy_from_slice(&check.as_bytes()[..8]);
    }
    entry
}
