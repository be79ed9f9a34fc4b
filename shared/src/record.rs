//! A log record and the digest chain over records.
//!
//! A record's digest covers the digest before it, so a log whose newest digest two people read to each other is the same log
//! in every record. The digest is blake3 over the previous digest and the record's encoding.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::id::{MemberId, PartyId};

/// Who wrote a record.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Author {
    /// The party whose right was used.
    pub party: PartyId,
    /// The member of it.
    pub member: MemberId,
}

/// One entry of a document's log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// When the server received it, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// Who sent it.
    pub author: Author,
    /// The last record of this log that the author had, where the edit was made offline, as the author's replica says: what stands
    /// between is what they did not know.
    pub seen: Option<u64>,
    /// The Yjs update V1, byte for byte as it passed the gate.
    pub update: Bytes,
}

/// The digest of a record and, through the chain, of all before it.
pub type Digest = [u8; 32];

/// The digest before the first record.
pub const GENESIS: Digest = [0; 32];

/// A record that is not what its digest says, or no record at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Too short to hold a digest, or its body is not a record.
    #[error("the record cannot be read")]
    Unreadable,
    /// The chain does not close: this record or one before it was changed.
    #[error("the record does not match its digest")]
    Broken,
}

/// Encodes a record as the store keeps it, its digest first, and answers the new end of the chain.
pub fn seal(previous: &Digest, record: &Record) -> (Bytes, Digest) {
    let mut bytes = Vec::with_capacity(record.update.len() + 96);
    bytes.extend_from_slice(&GENESIS);
    #[expect(clippy::expect_used, reason = "writing plain fields to a Vec cannot fail")]
    let mut bytes = postcard::to_extend(record, bytes).expect("a record always encodes");
    let digest = chain(previous, &bytes[32..]);
    bytes[..32].copy_from_slice(&digest);
    (bytes.into(), digest)
}

/// Reads what [`seal`] wrote and checks it against the digest before it.
pub fn open(previous: &Digest, sealed: &Bytes) -> Result<(Record, Digest), RecordError> {
    let (digest, body) = sealed.split_first_chunk::<32>().ok_or(RecordError::Unreadable)?;
    if chain(previous, body) != *digest {
        return Err(RecordError::Broken);
    }
    Ok((postcard::from_bytes(body).map_err(|_| RecordError::Unreadable)?, *digest))
}

fn chain(previous: &Digest, body: &[u8]) -> Digest {
    *blake3::Hasher::new().update(previous).update(body).finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(n: u8) -> Record {
        let author = Author { party: "arv".parse().unwrap(), member: "arv-1".parse().unwrap() };
        Record { at_ms: 1_700_000_000_000 + u64::from(n), author, seen: (n > 1).then_some(1), update: vec![n; 40].into() }
    }

    #[test]
    fn a_chain_reads_back_and_any_flipped_bit_breaks_it() {
        let (first, end) = seal(&GENESIS, &record(1));
        let (second, _) = seal(&end, &record(2));
        assert_eq!(open(&GENESIS, &first).unwrap(), (record(1), end));
        assert_eq!(open(&end, &second).unwrap().0, record(2));
        assert_eq!(open(&GENESIS, &second), Err(RecordError::Broken), "a record does not stand elsewhere in the log");
        for bit in 0..second.len() * 8 {
            let mut flipped = second.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&end, &flipped.into()).is_err(), "bit {bit}");
        }
        for length in 0..second.len() {
            assert!(open(&end, &second.slice(..length)).is_err(), "torn at {length}");
        }
    }
}
