//! What stands in a segment: a header, then frames, each a commit over one or several documents.
//!
//! ```text
//! header   magic 8 | format 4 | segment 4 | directory 16 | check 16
//! frame    magic 4 | payload length 4 | heads length 4 | header check 4 | heads check 8 | check 16 | payload
//! payload  heads: for each document  address length 2 | address | first seq 8 | records 4 | bytes 4
//!          bodies: for each document its records, each  length 4 | bytes
//!          tail: the heads again | their length 4 | check 8
//! ```
//!
//! Numbers are little-endian. Every check is blake3 under a key of directory and segment and covers the place in the file: no frame
//! passes for another, or for one of another place. A frame is whole if its check holds; the smaller ones tell of a frame that
//! is not whole how long it was and whose records it held, from its beginning or from its end.

use super::Seq;

/// The format that this version writes and reads.
pub(super) const FORMAT: u32 = 3;
/// Bytes before the first frame.
pub(super) const HEADER_BYTES: usize = 48;
/// Bytes of a frame before its payload.
pub(super) const FRAME_BYTES: usize = 40;
/// Bytes of a tail beside the heads.
const TAIL_BYTES: usize = 12;
/// What a commit begins with. Searched for when a frame is damaged.
pub(super) const COMMIT: [u8; 4] = *b"plF\xf3";
/// What a footer begins with.
pub(super) const FOOTER: [u8; 4] = *b"plE\xf3";

const MAGIC: [u8; 8] = *b"plenary\n";
/// The part of a frame's header that the header check covers.
const SIZES_BYTES: usize = 12;
/// The part that the check covers.
const CHECKED_BYTES: usize = 24;

/// What tells one data directory from another: random, made with it.
pub(super) type DirectoryId = [u8; 16];
/// 128 bits of blake3: damage goes unnoticed once in 2^128.
pub(super) type Check = [u8; 16];

/// Which segment of which directory something stands in; all checks are made under it.
#[derive(Clone, Copy)]
pub(super) struct Stamp {
    directory: DirectoryId,
    segment: u32,
    key: [u8; 32],
}

impl Stamp {
    /// The stamp of a segment.
    pub(super) fn new(directory: DirectoryId, segment: u32) -> Self {
        let mut key = *b"................----plenary 3 sg";
        key[..16].copy_from_slice(&directory);
        key[16..20].copy_from_slice(&segment.to_le_bytes());
        Self { directory, segment, key }
    }

    /// The segment's number.
    pub(super) fn segment(&self) -> u32 {
        self.segment
    }

    /// The first bytes of the segment.
    pub(super) fn header(&self) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        header[..8].copy_from_slice(&MAGIC);
        header[8..12].copy_from_slice(&FORMAT.to_le_bytes());
        header[12..16].copy_from_slice(&self.segment.to_le_bytes());
        header[16..32].copy_from_slice(&self.directory);
        let check: Check = self.check(0, &[&header[..32]]);
        header[32..].copy_from_slice(&check);
        header
    }

    /// Of which directory and segment a header is, if it is one.
    pub(super) fn of_header(header: &[u8; HEADER_BYTES]) -> Option<(DirectoryId, u32)> {
        let mut rest = &header[12..];
        let (segment, directory) = (u32::from_le_bytes(take(&mut rest)?), take(&mut rest)?);
        (Self::new(directory, segment).header() == *header).then_some((directory, segment))
    }

    /// The check of what stands at a place.
    pub(super) fn check<const N: usize>(&self, offset: u64, parts: &[&[u8]]) -> [u8; N] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&offset.to_le_bytes());
        for part in parts {
            hasher.update(part);
        }
        let mut check = [0; N];
        check.copy_from_slice(&hasher.finalize().as_bytes()[..N]);
        check
    }
}

/// Bytes of a commit's frame whose heads and bodies have so many.
pub(super) fn commit_bytes(heads_bytes: usize, bodies_bytes: usize) -> usize {
    FRAME_BYTES + 2 * heads_bytes + bodies_bytes + TAIL_BYTES
}

/// Fills in what stands around the heads and bodies of a commit: the frame has room for its header before and for its tail behind.
pub(super) fn seal_commit(stamp: &Stamp, offset: u64, heads_bytes: usize, frame: &mut [u8]) {
    let end = offset + frame.len() as u64;
    let (before, tail) = frame.split_at_mut(frame.len() - heads_bytes - TAIL_BYTES);
    let heads = &before[FRAME_BYTES..FRAME_BYTES + heads_bytes];
    tail[..heads_bytes].copy_from_slice(heads);
    tail[heads_bytes..heads_bytes + 4].copy_from_slice(&(heads_bytes as u32).to_le_bytes());
    let check: [u8; 8] = stamp.check(end, &[heads]);
    tail[heads_bytes + 4..].copy_from_slice(&check);
    seal(stamp, COMMIT, offset, heads_bytes, frame);
}

/// The heads of a commit of which only the last bytes are there, up to where it ends.
pub(super) fn heads_before<'a>(stamp: &Stamp, end: u64, bytes: &'a [u8]) -> Option<&'a [u8]> {
    let (rest, tail) = bytes.split_last_chunk::<TAIL_BYTES>()?;
    let mut tail = &tail[..];
    let length = u32::from_le_bytes(take(&mut tail)?) as usize;
    let heads = &rest[rest.len().checked_sub(length)?..];
    let check: [u8; 8] = stamp.check(end, &[heads]);
    (tail == check).then_some(heads)
}

/// Fills in the header of a frame that stands at `offset`: `frame` begins with room for it, then come heads and bodies.
pub(super) fn seal(stamp: &Stamp, magic: [u8; 4], offset: u64, heads_bytes: usize, frame: &mut [u8]) {
    let payload_bytes = frame.len() - FRAME_BYTES;
    frame[..4].copy_from_slice(&magic);
    frame[4..8].copy_from_slice(&(payload_bytes as u32).to_le_bytes());
    frame[8..12].copy_from_slice(&(heads_bytes as u32).to_le_bytes());
    let sizes: [u8; 4] = stamp.check(offset, &[&frame[..SIZES_BYTES]]);
    frame[12..16].copy_from_slice(&sizes);
    let heads: [u8; 8] = stamp.check(offset, &[&frame[FRAME_BYTES..FRAME_BYTES + heads_bytes]]);
    frame[16..24].copy_from_slice(&heads);
    let check: Check = stamp.check(offset, &[&frame[..CHECKED_BYTES], &frame[FRAME_BYTES..]]);
    frame[24..FRAME_BYTES].copy_from_slice(&check);
}

/// The header of a frame whose sizes hold.
#[derive(Clone, Copy)]
pub(super) struct FrameHeader {
    bytes: [u8; FRAME_BYTES],
    offset: u64,
}

impl FrameHeader {
    /// Reads the header of a frame at `offset`, if one of this kind stands there.
    pub(super) fn read(stamp: &Stamp, magic: [u8; 4], offset: u64, bytes: &[u8]) -> Option<Self> {
        let bytes = *bytes.first_chunk::<FRAME_BYTES>()?;
        let sizes: [u8; 4] = bytes.starts_with(&magic).then(|| stamp.check(offset, &[&bytes[..SIZES_BYTES]]))?;
        let header = Self { bytes, offset };
        (sizes[..] == bytes[12..16] && header.heads_bytes() <= header.payload_bytes()).then_some(header)
    }

    /// Where the frame begins.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes of the payload.
    pub(super) fn payload_bytes(&self) -> usize {
        self.number(4) as usize
    }

    /// Where the frame ends.
    pub(super) fn end(&self) -> u64 {
        self.offset + (FRAME_BYTES + self.payload_bytes()) as u64
    }

    /// Bytes of the heads, with which the payload begins.
    pub(super) fn heads_bytes(&self) -> usize {
        self.number(8) as usize
    }

    /// The check over the whole frame.
    pub(super) fn check(&self) -> Check {
        let mut check = [0; 16];
        check.copy_from_slice(&self.bytes[24..]);
        check
    }

    /// Whether these are the heads that were written.
    pub(super) fn heads_hold(&self, stamp: &Stamp, heads: &[u8]) -> bool {
        let check: [u8; 8] = stamp.check(self.offset, &[heads]);
        heads.len() == self.heads_bytes() && check[..] == self.bytes[16..24]
    }

    /// Whether this is the payload that was written.
    pub(super) fn holds(&self, stamp: &Stamp, payload: &[u8]) -> bool {
        let check: Check = stamp.check(self.offset, &[&self.bytes[..CHECKED_BYTES], payload]);
        payload.len() == self.payload_bytes() && check == self.check()
    }

    fn number(&self, at: usize) -> u32 {
        let mut number = [0; 4];
        number.copy_from_slice(&self.bytes[at..at + 4]);
        u32::from_le_bytes(number)
    }
}

/// One document's part of a commit: its address as text and which records.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Head<'a> {
    pub(super) name: &'a str,
    pub(super) first: Seq,
    pub(super) count: u32,
    /// Bytes of its records in the bodies.
    pub(super) bytes: u32,
}

impl<'a> Head<'a> {
    /// The last of its records.
    pub(super) fn last(&self) -> Seq {
        self.first.saturating_add(u64::from(self.count)).saturating_sub(1)
    }

    /// Writes it behind others.
    pub(super) fn write(&self, heads: &mut Vec<u8>) {
        heads.extend_from_slice(&(self.name.len() as u16).to_le_bytes());
        heads.extend_from_slice(self.name.as_bytes());
        heads.extend_from_slice(&self.first.to_le_bytes());
        heads.extend_from_slice(&self.count.to_le_bytes());
        heads.extend_from_slice(&self.bytes.to_le_bytes());
    }

    fn read(bytes: &mut &'a [u8]) -> Option<Self> {
        let length = u16::from_le_bytes(take(bytes)?);
        let name = bytes.split_off(..usize::from(length))?;
        let (first, count, size) = (take(bytes)?, take(bytes)?, take(bytes)?);
        Some(Self {
            name: std::str::from_utf8(name).ok()?,
            first: u64::from_le_bytes(first),
            count: u32::from_le_bytes(count),
            bytes: u32::from_le_bytes(size),
        })
    }
}

/// The next bytes, taken off the front.
pub(super) fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*taken)
}

/// All heads, if they can be read to the last byte.
pub(super) fn heads(mut bytes: &[u8]) -> Option<Vec<Head<'_>>> {
    let mut heads = Vec::new();
    while !bytes.is_empty() {
        heads.push(Head::read(&mut bytes)?);
    }
    Some(heads)
}

/// Writes a record behind others.
pub(super) fn write_record(record: &[u8], bodies: &mut Vec<u8>) {
    bodies.extend_from_slice(&(record.len() as u32).to_le_bytes());
    bodies.extend_from_slice(record);
}

/// Bytes that a record takes.
pub(super) fn record_bytes(record: &[u8]) -> usize {
    4 + record.len()
}

/// The records of each head, in order; `None` where the payload, of which this stands behind the heads, does not hold what they say.
pub(super) fn records<'a>(heads: &[Head<'_>], heads_bytes: usize, rest: &'a [u8]) -> Option<Vec<Vec<&'a [u8]>>> {
    let mut bodies = &rest[..rest.len().checked_sub(heads_bytes + TAIL_BYTES)?];
    let mut all = Vec::with_capacity(heads.len());
    for head in heads {
        let mut body = bodies.split_off(..head.bytes as usize)?;
        let mut records = Vec::new();
        while !body.is_empty() {
            let length = u32::from_le_bytes(take(&mut body)?);
            records.push(body.split_off(..length as usize)?);
        }
        if records.len() != head.count as usize {
            return None;
        }
        all.push(records);
    }
    bodies.is_empty().then_some(all)
}
