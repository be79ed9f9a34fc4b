//! A plan's log as it is told: one JSON object a line.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{
    log::record::{Branch, Digest, Record, RecordKind, Right},
    people::Author,
};

/// One line of a plan's log as it comes: first the state, then each record that followed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum LogLine {
    /// The document when the line was written.
    State {
        /// The last record that it holds.
        seq: u64,
        /// The chain's digest there.
        digest: Digest,
        /// The Yjs update V1 that makes it from nothing, base64.
        update: String,
    },
    /// One accepted record.
    Record(Box<RecordLine>),
}

/// A record of a log, as it is told: all that its digest covers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RecordLine {
    /// Its number.
    pub seq: u64,
    /// When the server received it, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// The server's clock stood far behind the record before, whose time this is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub clock_corrected: bool,
    /// Who wrote it.
    #[serde(flatten)]
    pub author: Author,
    /// As whom it was accepted.
    pub right: Right,
    /// What it does, if that is not to edit.
    #[serde(default, skip_serializing_if = "RecordKind::is_edit")]
    pub does: RecordKind,
    /// In which stay away from the server it was made, if in one.
    #[serde(default, skip_serializing_if = "Branch::is_table")]
    pub branch: Branch,
    /// The last record of this log that its author knew.
    pub seen: u64,
    /// The chain's digest after it ([`crate::log::record::seal`]).
    pub digest: Digest,
    /// The Yjs update V1, base64; empty if it changes nothing, and not to be applied if it tells an act ([`Record::change`]).
    pub update: String,
}

impl RecordLine {
    /// A record as it is told; `base64` is its update.
    pub fn new(seq: u64, digest: Digest, record: Record, base64: String) -> Self {
        let Record { at_ms, clock_corrected, author, right, kind: does, branch, seen, update: _ } = record;
        Self { seq, at_ms, clock_corrected, author, right, does, branch, seen, digest, update: base64 }
    }

    /// The record that was told; `update` is what its base64 holds.
    pub fn record(self, update: Bytes) -> Record {
        let Self { at_ms, clock_corrected, author, right, does: kind, branch, seen, .. } = self;
        Record { at_ms, clock_corrected, author, right, kind, branch, seen, update }
    }
}
