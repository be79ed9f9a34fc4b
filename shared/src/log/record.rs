//! A log record and the digest chain over records.
//!
//! A record's digest covers the digest before it, and the first one covers the document's address: so a log whose newest digest
//! two people read to each other is the same log in every record, and no log passes for another document's.
//!
//! Sealed: digest (32 bytes), version (1), body (postcard). The digest is blake3 over a domain string, the digest before it, the
//! version and the body.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

use crate::{
    access::Role,
    id::{DocAddress, PointId},
    people::Author,
};

/// By which right a record was accepted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// The chair's, which is the server's administration's too.
    Chair,
    /// That of a party which may draft the text.
    Draft,
    /// That of a party in a layer of its own.
    Layer,
}

impl Right {
    /// The right that somebody with a role uses who writes in a document.
    pub fn of(role: Role, address: &DocAddress) -> Self {
        match (address, role) {
            (DocAddress::Layer(..), _) => Right::Layer,
            (_, Role::Chair) => Right::Chair,
            _ => Right::Draft,
        }
    }
}

/// What a record does.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordKind {
    /// It changes the document.
    #[default]
    Edit,
    /// It says what records of the same log changed apart, and puts side by side what they wrote into the same words.
    Bracketing(Bracketing),
    /// It confirms what was merged in these points; `None` is the title. Its update is empty.
    Confirmation {
        /// The points.
        points: Vec<Option<PointId>>,
    },
    /// It tells an act that all readers may know. Its update is not Yjs's.
    Act,
}

/// What was changed apart, and whose the words are that had to be typed anew.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Bracketing {
    /// The records that changed it, in order.
    pub of: Vec<u64>,
    /// The points; `None` is the title.
    pub points: Vec<Option<PointId>>,
    /// Whose words stand under the engine's client id.
    pub copies: Vec<Copied>,
    /// Whose alternatives the marks typed anew begin: of each mark a letter of those who made it an alternative.
    pub marks: Vec<Copied>,
}

/// Characters that were typed anew, and those that they repeat, which may be gone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Copied {
    /// The first clock of the new ones, under the client id of the record.
    pub clock: u32,
    /// How many clocks: UTF-16 units.
    pub units: u32,
    /// The client id of the old ones.
    pub client: u64,
    /// The first clock of the old ones.
    pub from: u32,
}

impl RecordKind {
    /// Whether it only changes the document, as nearly all records do.
    pub fn is_edit(&self) -> bool {
        *self == RecordKind::Edit
    }
}

/// In which stay away from the server a record was made: random, new for each stay.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Branch(pub [u8; 8]);

impl Branch {
    /// At the server, where everybody sees everybody else's edits.
    pub const TABLE: Branch = Branch([0; 8]);

    /// Whether it is the server's.
    pub fn is_table(&self) -> bool {
        *self == Self::TABLE
    }
}

/// What an edit was made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hand {
    /// Any Yjs client.
    Client,
    /// A replica, away from the server: it keeps to the server's verbs, but nobody saw it do so.
    Replica,
    /// The server's own verbs.
    Server,
}

/// Whose an edit is, and what its author knew.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Provenance {
    /// Who makes it.
    pub author: Author,
    /// By which right.
    pub right: Right,
    /// With what.
    pub hand: Hand,
    /// In which stay away from the server.
    pub branch: Branch,
    /// The last record of the log that the author had; `None`: all that stand before it.
    pub seen: Option<u64>,
}

impl Provenance {
    /// An edit that a client makes at the server, on all that its log holds.
    pub fn live(author: Author, right: Right) -> Self {
        Self { author, right, hand: Hand::Client, branch: Branch::TABLE, seen: None }
    }

    /// An edit that the server makes for somebody, on all that its log holds.
    pub fn server(author: Author, right: Right) -> Self {
        Self { hand: Hand::Server, ..Self::live(author, right) }
    }

    /// The record of an edit, to stand behind the record `last`. No author has seen what is yet to come.
    pub fn record(self, last: u64, at: Moment, update: Bytes) -> Record {
        self.of_kind(RecordKind::Edit, last, at, update)
    }

    /// The record of an act, which `told` tells.
    pub fn act(self, last: u64, at: Moment, told: Bytes) -> Record {
        self.of_kind(RecordKind::Act, last, at, told)
    }

    /// The record of a kind that the server makes of its own accord or for somebody.
    pub fn of_kind(self, kind: RecordKind, last: u64, at: Moment, update: Bytes) -> Record {
        let Self { author, right, branch, seen, hand: _ } = self;
        let seen = seen.map_or(last, |seen| seen.min(last));
        let Moment { at_ms, clock_corrected } = at;
        Record { at_ms, clock_corrected, author, right, kind, branch, seen, update }
    }
}

/// When a record is received. Within a log it never goes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Moment {
    /// In milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// The clock stood so far behind the log that the time is the log's.
    pub clock_corrected: bool,
}

impl Moment {
    /// One minute: by so much a log may be ahead of the clock before its times are called corrected.
    pub const AHEAD_MS: u64 = 60_000;

    /// The time of a record, by the clock and the time of the record before it.
    pub fn after(last_ms: u64, now_ms: u64) -> Self {
        Self { at_ms: now_ms.max(last_ms), clock_corrected: last_ms > now_ms.saturating_add(Self::AHEAD_MS) }
    }
}

/// One entry of a document's log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// When the server received it, in milliseconds since 1970-01-01 UTC; never before the record before it.
    pub at_ms: u64,
    /// The server's clock stood more than a minute behind the record before, whose time this is.
    pub clock_corrected: bool,
    /// Who sent it.
    pub author: Author,
    /// As whom it was accepted.
    pub right: Right,
    /// What it does.
    pub kind: RecordKind,
    /// In which stay away from the server it was made.
    pub branch: Branch,
    /// The last record of this log that its author knew; what stands between is what they did not know.
    pub seen: u64,
    /// The Yjs update V1, cut to what was new; may be empty. Of an act what tells it ([`Record::change`]).
    pub update: Bytes,
}

impl Record {
    /// The Yjs update V1 that it brings to its document; `None` for one that changes nothing there: it counts in the log and
    /// its chain alone.
    pub fn change(&self) -> Option<&Bytes> {
        match self.kind {
            RecordKind::Edit | RecordKind::Bracketing(_) => Some(&self.update).filter(|update| !update.is_empty()),
            RecordKind::Confirmation { .. } | RecordKind::Act => None,
        }
    }
}

/// The digest of a record and, through the chain, of all before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

/// Bytes of a digest.
pub const DIGEST_BYTES: usize = 32;

/// The version of records written today. Every later version of the program reads it.
pub const VERSION: u8 = 1;

/// Goes before everything that is hashed here, so that it is nothing else's digest; both have one length.
const GENESIS_DOMAIN: &[u8; 16] = b"plenary log     ";
const RECORD_DOMAIN: &[u8; 16] = b"plenary record  ";

impl Digest {
    /// The digest before the first record of a document's log.
    pub fn genesis(doc: &DocAddress) -> Self {
        Self::over(&[GENESIS_DOMAIN, doc.to_string().as_bytes()])
    }

    /// The digest with which a sealed record begins.
    pub fn of_sealed(sealed: &[u8]) -> Option<Self> {
        sealed.first_chunk::<DIGEST_BYTES>().copied().map(Self)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; DIGEST_BYTES] {
        &self.0
    }

    fn over(parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(part);
        }
        Self(*hasher.finalize().as_bytes())
    }
}

impl From<[u8; DIGEST_BYTES]> for Digest {
    fn from(bytes: [u8; DIGEST_BYTES]) -> Self {
        Self(bytes)
    }
}

/// In hexadecimal.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from(self.0).to_hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 hexadecimal digits")]
pub struct NoDigest;

impl FromStr for Digest {
    type Err = NoDigest;
    fn from_str(text: &str) -> Result<Self, NoDigest> {
        blake3::Hash::from_hex(text).map(|hash| Self(*hash.as_bytes())).map_err(|_| NoDigest)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
        } else {
            <[u8; DIGEST_BYTES]>::deserialize(deserializer).map(Self)
        }
    }
}

/// In hexadecimal where people may read it.
impl Serialize for Branch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(&format_args!("{:016x}", u64::from_be_bytes(self.0)))
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Branch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return <[u8; 8]>::deserialize(deserializer).map(Self);
        }
        let text = String::deserialize(deserializer)?;
        let number = u64::from_str_radix(&text, 16).ok().filter(|_| text.len() == 16 && !text.starts_with('+'));
        number.map(|number| Self(number.to_be_bytes())).ok_or_else(|| de::Error::custom("a branch is 16 hexadecimal digits"))
    }
}

/// A record that is not what its digest says, or no record at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Too short to hold a digest, or its body is not a record.
    #[error("the record cannot be read")]
    Unreadable,
    /// Written by a later version of the program.
    #[error("the record has version {0}, which this program does not read: use a newer one")]
    Version(u8),
    /// The chain does not close: this record or one before it was changed.
    #[error("the record does not match its digest")]
    Broken,
}

/// Encodes a record as the store keeps it, its digest first, and answers the new end of the chain.
pub fn seal(previous: &Digest, record: &Record) -> (Bytes, Digest) {
    let mut bytes = Vec::with_capacity(record.update.len() + 128);
    bytes.extend_from_slice(&[0; DIGEST_BYTES]);
    bytes.push(VERSION);
    #[expect(clippy::expect_used, reason = "writing plain fields to a Vec cannot fail")]
    let bytes = postcard::to_extend(record, bytes).expect("a record always encodes");
    close(previous, bytes)
}

/// Writes the digest before what follows it.
fn close(previous: &Digest, mut bytes: Vec<u8>) -> (Bytes, Digest) {
    let digest = chain(previous, &bytes[DIGEST_BYTES..]);
    bytes[..DIGEST_BYTES].copy_from_slice(&digest.0);
    (bytes.into(), digest)
}

/// Any bytes, as if they were what a record encodes to.
#[cfg(any(test, fuzzing))]
pub(crate) fn seal_body(previous: &Digest, body: &[u8]) -> Bytes {
    close(previous, [&[0; DIGEST_BYTES], &[VERSION][..], body].concat()).0
}

/// Reads what [`seal`] wrote and checks it against the digest before it.
///
/// # Errors
/// [`RecordError`].
pub fn open(previous: &Digest, sealed: &Bytes) -> Result<(Record, Digest), RecordError> {
    let (digest, versioned) = sealed.split_first_chunk::<DIGEST_BYTES>().ok_or(RecordError::Unreadable)?;
    if chain(previous, versioned).0 != *digest {
        return Err(RecordError::Broken);
    }
    Ok((body(versioned)?, Digest(*digest)))
}

/// Reads what [`seal`] wrote where the chain was checked before.
///
/// # Errors
/// [`RecordError`].
pub fn read(sealed: &Bytes) -> Result<Record, RecordError> {
    let (_, versioned) = sealed.split_first_chunk::<DIGEST_BYTES>().ok_or(RecordError::Unreadable)?;
    body(versioned)
}

fn body(versioned: &[u8]) -> Result<Record, RecordError> {
    match versioned.split_first() {
        Some((&VERSION, body)) => postcard::from_bytes(body).map_err(|_| RecordError::Unreadable),
        Some((version, _)) => Err(RecordError::Version(*version)),
        None => Err(RecordError::Unreadable),
    }
}

fn chain(previous: &Digest, versioned: &[u8]) -> Digest {
    Digest::over(&[RECORD_DOMAIN, &previous.0, versioned])
}
