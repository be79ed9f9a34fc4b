//! What a segment holds, document by document: in memory while it grows, as its footer once it is full.
//!
//! A footer is a frame of its own kind. Its heads are the table of documents, which is all that a start reads; its bodies are the
//! places of their commits, in the table's order:
//!
//! ```text
//! table    for each document  address length 2 | address | first seq 8 | last seq 8 | head digest 32 | places 4
//! places   for each place     first seq 8 | offset 4
//! trailer  footer's offset 8 | check 16        the segment's last bytes, by which the footer is found
//! ```
//!
//! A footer that was made again, because its segment does not end in one that checks, is a file beside it: the frame alone.
//! It can be thrown away and made once more, so a sync of it that fails is a warning, where a sync of the log that fails ends the process.

use std::{collections::HashMap, io, sync::Arc};

use super::{
    Seq,
    disk_io::{self, Disk, DiskFile, read_around},
    frame::{self, Check, FOOTER, FRAME_BYTES, FrameHeader, Stamp, take},
    segment::{self, Segment},
};

/// Bytes of a record that are its digest in the log's chain.
const DIGEST_BYTES: usize = 32;
/// The digest of a last record that was lost.
pub(super) const LOST: [u8; DIGEST_BYTES] = [0xff; DIGEST_BYTES];
/// The last bytes of a full segment.
const TRAILER_BYTES: usize = 24;
/// Bytes of a place.
const PLACE_BYTES: usize = 12;
/// 1 GiB: no footer is larger, whatever a damaged one says: a segment has at most some 128 MiB, and each place stands for a commit in it.
const FOOTER_BYTES_MAX: u64 = 1 << 30;

/// Where one commit's records of a document stand.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct BatchPlace {
    /// The first of them.
    pub(super) first: Seq,
    /// The frame's offset in the segment.
    pub(super) offset: u32,
}

/// What a segment holds of one document.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Held {
    pub(super) first: Seq,
    pub(super) last: Seq,
    /// The digest with which the last record begins; a shorter record's bytes and zeros.
    pub(super) digest: [u8; DIGEST_BYTES],
    pub(super) places: Vec<BatchPlace>,
}

/// What a segment holds.
#[derive(Default, Clone, PartialEq, Debug)]
pub(super) struct Contents {
    documents: HashMap<Arc<str>, Held>,
}

/// The digest that a record begins with.
pub(super) fn digest(record: &[u8]) -> [u8; DIGEST_BYTES] {
    let mut digest = [0; DIGEST_BYTES];
    let length = record.len().min(DIGEST_BYTES);
    digest[..length].copy_from_slice(&record[..length]);
    digest
}

impl Contents {
    /// Counts records that a frame at `offset` holds.
    pub(super) fn add(&mut self, name: &str, first: Seq, last: Seq, digest: [u8; DIGEST_BYTES], offset: u64) {
        let place = BatchPlace { first, offset: offset as u32 };
        let Some(held) = self.documents.get_mut(name) else {
            self.documents.insert(name.into(), Held { first, last, digest, places: vec![place] });
            return;
        };
        (held.last, held.digest) = (last, digest);
        // One frame may hold what several appends brought to a document.
        if held.places.last().is_none_or(|place| u64::from(place.offset) != offset) {
            held.places.push(place);
        }
    }

    /// What it holds of a document.
    pub(super) fn get(&self, name: &str) -> Option<&Held> {
        self.documents.get(name)
    }

    /// Every document and what is held of it, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Held)> {
        self.documents.iter()
    }

    /// The footer, as a frame that stands at `offset`.
    pub(super) fn footer(&self, stamp: &Stamp, offset: u64) -> Vec<u8> {
        let mut documents: Vec<_> = self.documents.iter().collect();
        documents.sort_unstable_by_key(|(name, _)| *name);
        let mut bytes = vec![0; FRAME_BYTES];
        for (name, held) in &documents {
            bytes.extend_from_slice(&(name.len() as u16).to_le_bytes());
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(&held.first.to_le_bytes());
            bytes.extend_from_slice(&held.last.to_le_bytes());
            bytes.extend_from_slice(&held.digest);
            bytes.extend_from_slice(&(held.places.len() as u32).to_le_bytes());
        }
        let table_bytes = bytes.len() - FRAME_BYTES;
        for place in documents.iter().flat_map(|(_, held)| &held.places) {
            bytes.extend_from_slice(&place.first.to_le_bytes());
            bytes.extend_from_slice(&place.offset.to_le_bytes());
        }
        frame::seal(stamp, FOOTER, offset, table_bytes, &mut bytes);
        bytes
    }
}

/// The footer and, behind it, what it is found by: a full segment's end, to stand at `offset`.
pub(super) fn ending(contents: &Contents, stamp: &Stamp, offset: u64) -> Vec<u8> {
    let mut bytes = contents.footer(stamp, offset);
    let at = offset + bytes.len() as u64;
    let check: Check = stamp.check(at, &[&offset.to_le_bytes()]);
    bytes.extend_from_slice(&offset.to_le_bytes());
    bytes.extend_from_slice(&check);
    bytes
}

/// One line of a footer's table.
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    pub(super) first: Seq,
    pub(super) last: Seq,
    pub(super) digest: [u8; DIGEST_BYTES],
    places: u32,
}

/// A footer whose table checks; its places are not read yet.
pub(super) struct Footer {
    stamp: Stamp,
    file: Arc<dyn DiskFile>,
    header: FrameHeader,
    table: Vec<u8>,
    /// Where its frame begins in the file.
    offset: u64,
}

impl Footer {
    /// A segment's footer, at its end or beside it; `None` for one that is not full, or whose footer does not check.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn of(segment: &Segment, disk: &dyn Disk) -> io::Result<Option<Self>> {
        match Self::at_end(&segment.file, &segment.stamp)? {
            Some(footer) => Ok(Some(footer)),
            None => Self::beside(disk, &segment.stamp),
        }
    }

    /// The footer that a segment ends in.
    ///
    /// # Errors
    /// What the disk says; a segment without a footer that checks is `None`.
    pub(super) fn at_end(file: &Arc<dyn DiskFile>, stamp: &Stamp) -> io::Result<Option<Self>> {
        let Some(at) = file.len()?.checked_sub(TRAILER_BYTES as u64) else { return Ok(None) };
        let mut trailer = [0; TRAILER_BYTES];
        read_around(&**file, &mut trailer, at);
        let mut rest = &trailer[..];
        let Some(offset) = take(&mut rest).map(u64::from_le_bytes) else { return Ok(None) };
        let check: Check = stamp.check(at, &[&offset.to_le_bytes()]);
        if rest != check || offset >= at { Ok(None) } else { Self::read(file, stamp, offset) }
    }

    /// The footer that was made again and stands beside a segment.
    ///
    /// # Errors
    /// What the disk says; `None` if there is none that checks.
    pub(super) fn beside(disk: &dyn Disk, stamp: &Stamp) -> io::Result<Option<Self>> {
        match disk.open(&segment::footer_name(stamp.segment())) {
            Ok(file) => Self::read(&file, stamp, 0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a footer beside a segment that does not end in one.
    pub(super) fn write_beside(disk: &dyn Disk, stamp: &Stamp, contents: &Contents) -> io::Result<()> {
        disk_io::write_file(disk, &segment::footer_name(stamp.segment()), &[&contents.footer(stamp, 0)])
    }

    fn read(file: &Arc<dyn DiskFile>, stamp: &Stamp, offset: u64) -> io::Result<Option<Self>> {
        let mut bytes = [0; FRAME_BYTES];
        read_around(&**file, &mut bytes, offset);
        let Some(header) = FrameHeader::read(stamp, FOOTER, offset, &bytes) else { return Ok(None) };
        if header.end() > file.len()?.min(offset + FOOTER_BYTES_MAX) {
            return Ok(None);
        }
        let mut table = vec![0; header.heads_bytes()];
        read_around(&**file, &mut table, offset + FRAME_BYTES as u64);
        let holds = header.heads_hold(stamp, &table) && entries(&table).all(|entry| entry.is_some());
        Ok(holds.then(|| Self { stamp: *stamp, file: file.clone(), header, table, offset }))
    }

    /// The table.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        entries(&self.table).flatten()
    }

    /// What this footer, of all, is known by.
    pub(super) fn mark(&self) -> Check {
        self.header.check()
    }

    /// Every document with its places, if those check.
    pub(super) fn places(&self) -> Option<Places<'_>> {
        let mut payload = vec![0; self.header.payload_bytes()];
        let read = read_around(&*self.file, &mut payload, self.offset + FRAME_BYTES as u64);
        payload.truncate(read.bytes);
        self.header.holds(&self.stamp, &payload).then_some(Places { footer: self, payload })
    }
}

/// The places of a footer, checked.
pub(super) struct Places<'a> {
    footer: &'a Footer,
    payload: Vec<u8>,
}

impl Places<'_> {
    /// Every document with its places, in the table's order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Entry<'_>, Vec<BatchPlace>)> {
        let mut rest = &self.payload[self.footer.header.heads_bytes()..];
        self.footer.entries().map_while(move |entry| {
            let bytes = rest.split_off(..entry.places as usize * PLACE_BYTES)?;
            Some((entry, decode(bytes)))
        })
    }
}

/// Places as bytes, here and in the index.
pub(super) fn encode(places: &[BatchPlace]) -> Vec<u8> {
    places.iter().flat_map(|place| [&place.first.to_le_bytes()[..], &place.offset.to_le_bytes()[..]].concat()).collect()
}

/// What [`encode`] wrote.
pub(super) fn decode(mut bytes: &[u8]) -> Vec<BatchPlace> {
    let mut places = Vec::with_capacity(bytes.len() / PLACE_BYTES);
    while let (Some(first), Some(offset)) = (take(&mut bytes), take(&mut bytes)) {
        places.push(BatchPlace { first: u64::from_le_bytes(first), offset: u32::from_le_bytes(offset) });
    }
    places
}

/// The lines of a table; one that cannot be read is `None` and the last.
fn entries(mut table: &[u8]) -> impl Iterator<Item = Option<Entry<'_>>> {
    std::iter::from_fn(move || {
        if table.is_empty() {
            return None;
        }
        let entry = entry(&mut table);
        if entry.is_none() {
            table = &[];
        }
        Some(entry)
    })
}

fn entry<'a>(table: &mut &'a [u8]) -> Option<Entry<'a>> {
    let length = u16::from_le_bytes(take(table)?);
    let name = std::str::from_utf8(table.split_off(..usize::from(length))?).ok()?;
    let (first, last, digest, places) = (take(table)?, take(table)?, take(table)?, take(table)?);
    let places = u32::from_le_bytes(places);
    Some(Entry { name, first: u64::from_le_bytes(first), last: u64::from_le_bytes(last), digest, places })
}
