//! Lines in which a document and its log are told, each a JSON object.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use plenary_shared::{
    limits,
    log::record::{Digest, Record},
    wire::log::{LogLine, RecordLine},
};
use serde::Serialize;

use crate::{room::Logged, store::Seq};

/// A document at a record.
pub fn state(seq: Seq, digest: &Digest, state: &[u8]) -> Bytes {
    line(&LogLine::State { seq, digest: *digest, update: STANDARD.encode(state) })
}

/// A record as those who follow the log are told it.
pub fn record(seq: Seq, digest: &Digest, record: Record) -> Bytes {
    line(&LogLine::Record(told(seq, digest, record)))
}

/// The same, made once for all who follow.
pub fn logged(logged: &Logged) -> Bytes {
    logged.told(|logged| record(logged.seq, &logged.digest, logged.record.clone()))
}

/// A record as it is told.
pub fn told(seq: Seq, digest: &Digest, record: Record) -> Box<RecordLine> {
    let update = STANDARD.encode(&record.update);
    RecordLine::new(seq, *digest, record, update).into()
}

/// Any other line.
pub fn line(line: &impl Serialize) -> Bytes {
    let mut bytes = serde_json::to_vec(line).unwrap_or_default();
    bytes.push(b'\n');
    if bytes.len() > limits::SMALL_MESSAGE_BYTES {
        // What waits to be read is counted, and the room that it grew by is not.
        bytes.shrink_to_fit();
    }
    bytes.into()
}
