//! Lines in which a document and its log are told, each a JSON object.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use plenary_shared::{
    api::LogLine,
    record::{Digest, Record},
};
use serde::Serialize;

use crate::store::Seq;

/// A document at a record.
pub fn state(seq: Seq, digest: &Digest, state: &[u8]) -> Bytes {
    line(&LogLine::State { seq, digest: hex(digest), update: STANDARD.encode(state) })
}

/// A record as those who follow the log are told it.
pub fn record(seq: Seq, digest: &Digest, Record { at_ms, author, seen, update }: Record) -> Bytes {
    line(&LogLine::Record { seq, at_ms, author, seen, digest: hex(digest), update: STANDARD.encode(update) })
}

/// Any other line.
pub fn line(line: &impl Serialize) -> Bytes {
    let mut bytes = serde_json::to_vec(line).unwrap_or_default();
    bytes.push(b'\n');
    bytes.into()
}

/// A digest in hexadecimal.
pub fn hex(digest: &Digest) -> String {
    blake3::Hash::from(*digest).to_hex().to_string()
}
