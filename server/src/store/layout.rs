//! What stands in the tree: keys, values and how records are packed into them.
//!
//! | key | value |
//! | --- | --- |
//! | `d` address | the document's number, 4 bytes |
//! | `r` number, first seq, part | a part of a run of records |
//! | `h` number | the newest snapshot's head |
//! | `s` number, generation, part | a part of a snapshot |
//!
//! Numbers are big-endian, so keys sort as they count. Every value ends in a checksum over its key and itself: a value that
//! is damaged, or stands under another key than its own, is not taken for anything else.
//!
//! A run is what one append brought, cut at [`PART_BYTES`]: records together are much cheaper in the tree than records alone.
//! A record that does not fit has a run of its own, in parts.

use bytes::Bytes;
use plenary_shared::id::DocAddress;

use super::Seq;

/// 4 KiB: what a value carries; see [`super::tree::VALUE_BYTES_MAX`].
pub(super) const PART_BYTES: usize = 4_096;
/// 128 bits of blake3: damage goes unnoticed once in 2^128.
pub(super) const CHECK_BYTES: usize = 16;
/// Before a run's records: how many they are and their bytes in all, lengths included.
const RUN_HEAD_BYTES: usize = 8;
/// Before each record: its length.
const LENGTH_BYTES: usize = 4;

/// A document's number: given once, in order, never again.
pub(super) type DocNumber = u32;
/// A key and its value.
pub(super) type Entry = (Vec<u8>, Vec<u8>);

/// Where a document's number stands.
pub(super) fn directory_key(doc: &DocAddress) -> Vec<u8> {
    format!("d{doc}").into_bytes()
}

/// The directory's first and last possible key.
pub(super) const DIRECTORY: (&[u8], &[u8]) = (b"d", b"d\xff");

/// The document of a directory's key.
pub(super) fn directory_doc(key: &[u8]) -> Option<DocAddress> {
    match std::str::from_utf8(key.strip_prefix(b"d")?).ok()? {
        "registry" => Some(DocAddress::Registry),
        address => address.parse().ok(),
    }
}

/// A directory's entry.
pub(super) fn directory_entry(doc: &DocAddress, number: DocNumber) -> Entry {
    let key = directory_key(doc);
    let value = sealed(&key, &number.to_be_bytes());
    (key, value)
}

/// The number in a directory's entry, if it checks.
pub(super) fn directory_number(key: &[u8], value: &[u8]) -> Option<DocNumber> {
    Some(DocNumber::from_be_bytes(unsealed(key, value)?.try_into().ok()?))
}

/// Where a part of a run stands, named by the run's first record.
pub(super) fn record_key(number: DocNumber, first: Seq, part: u16) -> [u8; 15] {
    let mut key = [b'r'; 15];
    key[1..5].copy_from_slice(&number.to_be_bytes());
    key[5..13].copy_from_slice(&first.to_be_bytes());
    key[13..].copy_from_slice(&part.to_be_bytes());
    key
}

/// The first record of the run that a key belongs to.
pub(super) fn record_first(key: &[u8]) -> Option<Seq> {
    Some(Seq::from_be_bytes(key.get(5..13)?.try_into().ok()?))
}

/// The run's first record and the part that a key stands for.
pub(super) fn record_place(key: &[u8]) -> Option<(Seq, u16)> {
    Some((record_first(key)?, u16::from_be_bytes(key.get(13..15)?.try_into().ok()?)))
}

/// Where the head of a document's newest snapshot stands.
pub(super) fn snapshot_head_key(number: DocNumber) -> [u8; 5] {
    let mut key = [b'h'; 5];
    key[1..].copy_from_slice(&number.to_be_bytes());
    key
}

/// Where a part of a snapshot stands.
pub(super) fn snapshot_key(number: DocNumber, generation: u32, part: u16) -> [u8; 11] {
    let mut key = [b's'; 11];
    key[1..5].copy_from_slice(&number.to_be_bytes());
    key[5..9].copy_from_slice(&generation.to_be_bytes());
    key[9..].copy_from_slice(&part.to_be_bytes());
    key
}

/// The generation that a snapshot's part belongs to.
pub(super) fn snapshot_generation(key: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(key.get(5..9)?.try_into().ok()?))
}

/// A value with its checksum.
pub(super) fn sealed(key: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(payload.len() + CHECK_BYTES);
    value.extend_from_slice(payload);
    value.extend_from_slice(&check(key, payload));
    value
}

/// A value without its checksum, if that holds.
pub(super) fn unsealed<'a>(key: &[u8], value: &'a [u8]) -> Option<&'a [u8]> {
    let (payload, stored) = value.split_last_chunk::<CHECK_BYTES>()?;
    (check(key, payload) == *stored).then_some(payload)
}

/// A key's length stands before it, so that no key and value check as another key and value.
fn check(key: &[u8], payload: &[u8]) -> [u8; CHECK_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[key.len() as u8]).update(key).update(payload);
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&hasher.finalize().as_bytes()[..CHECK_BYTES]);
    check
}

/// Packs an append into runs; `first` is the place of its first record.
pub(super) fn pack(number: DocNumber, mut first: Seq, mut records: &[Bytes], entries: &mut Vec<Entry>) {
    while !records.is_empty() {
        let mut bytes = RUN_HEAD_BYTES;
        let fitting = records.iter().take_while(|record| {
            bytes += LENGTH_BYTES + record.len();
            bytes <= PART_BYTES
        });
        let (run, rest) = records.split_at(fitting.count().max(1));
        pack_run(number, first, run, entries);
        first += run.len() as Seq;
        records = rest;
    }
}

fn pack_run(number: DocNumber, first: Seq, records: &[Bytes], entries: &mut Vec<Entry>) {
    let body: usize = records.iter().map(|record| LENGTH_BYTES + record.len()).sum();
    let mut run = Vec::with_capacity(RUN_HEAD_BYTES + body);
    run.extend_from_slice(&(records.len() as u32).to_be_bytes());
    run.extend_from_slice(&(body as u32).to_be_bytes());
    for record in records {
        run.extend_from_slice(&(record.len() as u32).to_be_bytes());
        run.extend_from_slice(record);
    }
    for (part, payload) in run.chunks(PART_BYTES).enumerate() {
        let key = record_key(number, first, part as u16);
        entries.push((key.to_vec(), sealed(&key, payload)));
    }
}

/// A run that is read part by part.
pub(super) struct RunReader {
    count: usize,
    bytes: usize,
    run: Vec<u8>,
}

impl RunReader {
    /// Begins with a run's first part, its checksum already taken off.
    pub(super) fn begin(part: &[u8]) -> Option<Self> {
        let (count, rest) = part.split_first_chunk::<4>()?;
        let (body, _) = rest.split_first_chunk::<4>()?;
        let bytes = RUN_HEAD_BYTES + u32::from_be_bytes(*body) as usize;
        let mut run = Vec::with_capacity(bytes.min(super::RECORD_BYTES_MAX + PART_BYTES));
        run.extend_from_slice(part);
        Some(Self { count: u32::from_be_bytes(*count) as usize, bytes, run })
    }

    /// Whether parts are missing still.
    pub(super) fn wants_more(&self) -> bool {
        self.run.len() < self.bytes
    }

    /// Takes the next part.
    pub(super) fn take(&mut self, part: &[u8]) {
        self.run.extend_from_slice(part);
    }

    /// The records, if all is as the head says.
    pub(super) fn records(self) -> Option<Vec<Bytes>> {
        if self.run.len() != self.bytes {
            return None;
        }
        let mut body = Bytes::from(self.run).split_off(RUN_HEAD_BYTES);
        let mut records = Vec::with_capacity(self.count.min(PART_BYTES));
        while !body.is_empty() {
            let (length, _) = body.split_first_chunk::<LENGTH_BYTES>()?;
            let end = LENGTH_BYTES + u32::from_be_bytes(*length) as usize;
            if end > body.len() {
                return None;
            }
            records.push(body.split_to(end).slice(LENGTH_BYTES..));
        }
        (records.len() == self.count && self.count > 0).then_some(records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{suite::noise, tree::VALUE_BYTES_MAX};

    #[test]
    fn records_are_packed_together_and_come_apart_again() {
        let sizes = [0, 1, 100, 4_000, 84, 85, 4_084, 4_085, 5_000, 20_000, 3, 3];
        let records: Vec<Bytes> = sizes.iter().map(|size| noise(*size as u64, *size)).collect();
        let mut entries = Vec::new();
        pack(7, 1, &records, &mut entries);
        assert!(entries.iter().all(|(_, value)| value.len() <= VALUE_BYTES_MAX) && entries.is_sorted());
        let mut read = Vec::new();
        let mut parts = entries.iter().map(|(key, value)| unsealed(key, value).unwrap());
        while let Some(part) = parts.next() {
            let mut run = RunReader::begin(part).unwrap();
            while run.wants_more() {
                run.take(parts.next().unwrap());
            }
            read.extend(run.records().unwrap());
        }
        assert_eq!(read, records);
    }

    #[test]
    fn a_value_checks_under_its_own_key_only() {
        let value = sealed(b"key", b"value");
        assert_eq!(unsealed(b"key", &value), Some(&b"value"[..]));
        assert_eq!(unsealed(b"kez", &value), None);
        assert_eq!(unsealed(b"keyv", &sealed(b"key", b"value")[1..]), None);
        for bit in 0..value.len() * 8 {
            let mut flipped = value.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unsealed(b"key", &flipped), None, "bit {bit}");
        }
    }
}
