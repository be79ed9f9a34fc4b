//! A layer: what one party says about a plan, as a typed view of a Yjs document.
//!
//! The document holds `annotations: Map { id: Map { kind, point, anchor, quote, body: Text, by, at, ... } }`; an anchor is an array of four
//! ids, each `[client, clock]`: of its first and of its last character, of the one before and the one behind (null at an end of
//! the text). Whose layer it is and who may read it is not in it: that is its address and the registry's. Of what comes from outside
//! the gate takes what an entry has and nothing else; what is missing or makes no sense [`Layer::read`] reports as [`Unread`]s.
//!
//! **Architecture invariant:** an entry keeps its id when it is tabled, and nothing else of the layer that it came from.

mod edit;
mod read;
mod table;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

use crate::{
    id::{AnnotationId, LayerId, MemberId, PartyId, PointId},
    limits,
    text::{
        anchor::Anchor,
        words::{Exact, WordsDigest},
    },
};

pub use crate::log::roots::ANNOTATIONS;
pub use edit::{EntryError, put, remove, set_resolved, withdraw};
pub use table::{TableError, Tabled, table};

/// A layer's entries: read from a document with [`Layer::read`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layer {
    /// In the order in which they were written, as far as their authors' clocks tell; at most `limits::ANNOTATIONS_MAX`.
    pub annotations: Vec<Annotation>,
    /// What could not be taken as it stands.
    pub faults: Vec<Unread>,
}

/// One entry of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Annotation {
    /// Its name for ever, also once it is tabled.
    pub id: AnnotationId,
    /// The point that it is about.
    pub point: PointId,
    /// The stretch of the point's words that it is about; none: the whole point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Anchor>,
    /// The words that it was anchored to, as they were then; empty for the whole point.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub quote: String,
    /// What it is.
    #[serde(flatten)]
    pub what: What,
    /// The note; what is said for a proposal or a position.
    pub body: String,
    /// The entry that it replies to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<AnnotationId>,
    /// Whether its party holds it to be settled.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub resolved: bool,
    /// Whether its party has taken it back.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub withdrawn: bool,
    /// The party whose words it enters, as a secretary does for a delegation; its own party's reply to such an entry confirms it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub entered_for: Option<PartyId>,
    /// The member that its party's client names as the author. The party is certain, it alone writes the layer; the member is its word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<MemberId>,
    /// When it was written or tabled, in milliseconds since 1970-01-01 UTC, by the author's clock.
    pub at_ms: u64,
}

/// What an annotation is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum What {
    /// A remark.
    Note,
    /// Other words for the stretch.
    Proposal {
        /// These words; empty to leave the stretch out.
        replacement: String,
    },
    /// A stand: on the exact words of the point, or, with an anchor, on a bracket.
    Position(Position),
}

/// A party's stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Position {
    /// For or against.
    pub stance: Stance,
    /// Subject to the capital.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub ad_referendum: bool,
    /// The words that it is about; none for a stand on a bracket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<Kept>,
}

/// Exact words that a position is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Kept {
    /// Their digest.
    pub digest: WordsDigest,
    /// Their canonical form ([`crate::text::words`]), to show what has changed since; empty where it is not kept.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub json: String,
    /// Everything that had been written into them by then ([`crate::text::weave`]), to tell words that came back from words that stayed.
    pub weave: String,
    /// What surrounded them then ([`crate::talk::around`]); empty where it is not kept.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub around: String,
}

impl Kept {
    /// What a position of this stance keeps of the words that it is about. An acceptance keeps them whole, as far as they will ever be
    /// compared; the others their digest alone, so that long words cannot keep a party from opposing them.
    pub fn of(stance: Stance, exact: &Exact, weave: &str) -> Kept {
        let whole = stance == Stance::Accept && exact.json.len() <= limits::KEPT_BYTES_MAX;
        let json = if whole { exact.json.clone() } else { String::new() };
        Kept { digest: exact.digest, json, weave: weave.to_owned(), around: String::new() }
    }
}

/// For or against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stance {
    /// Accepts the words; supports a bracket.
    Accept,
    /// Does not accept them, for a stated reason, without opposing them.
    Reserve,
    /// Opposes them.
    Oppose,
}

/// What is no stance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a stance: use accept, reserve or oppose")]
pub struct NoStance(String);

impl FromStr for Stance {
    type Err = NoStance;
    fn from_str(s: &str) -> Result<Self, NoStance> {
        match s {
            "accept" => Ok(Stance::Accept),
            "reserve" => Ok(Stance::Reserve),
            "oppose" => Ok(Stance::Oppose),
            _ => Err(NoStance(s.chars().take(80).collect())),
        }
    }
}

impl fmt::Display for Stance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stance::Accept => "accept",
            Stance::Reserve => "reserve",
            Stance::Oppose => "oppose",
        })
    }
}

impl Annotation {
    /// What a party that confirms this entry says: the words that were entered for it.
    pub fn entered_words(&self) -> &str {
        match &self.what {
            What::Proposal { replacement } => replacement,
            What::Note | What::Position(_) => &self.quote,
        }
    }

    /// Whether this entry of `party` confirms another, which was entered for it and reads as it did then.
    pub fn confirms(&self, party: &PartyId, entry: &Annotation) -> bool {
        let is_own = |annotation: &Annotation| annotation.entered_for.as_ref() == Some(party);
        let is_reply = self.reply_to.as_ref() == Some(&entry.id) && self.point == entry.point && !self.withdrawn;
        is_reply && is_own(self) && is_own(entry) && self.body == entry.entered_words()
    }

    /// The word for its kind.
    pub fn kind(&self) -> &'static str {
        match self.what {
            What::Note => "note",
            What::Proposal { .. } => "proposal",
            What::Position(_) => "position",
        }
    }
}

/// Something in a layer's document that could not be taken as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Unread {
    /// An entry that is no annotation; it is not shown.
    Unreadable {
        /// Its key, cut to a readable length.
        key: String,
        /// The first field that is missing or not what it should be.
        field: String,
    },
    /// The layer cannot be read now; nothing of it is shown.
    Unavailable,
    /// The party's layers hold more than one view reads of a party; nothing of this one is shown.
    BeyondShare,
    /// More entries than `limits::ANNOTATIONS_MAX`; those with the smallest ids are shown.
    TooMany {
        /// How many there are.
        count: usize,
    },
}

/// Something in a layer that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LayerFault {
    /// Whose layer.
    pub party: PartyId,
    /// Which.
    pub layer: LayerId,
    /// What is wrong.
    #[serde(flatten)]
    pub fault: Unread,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unread::Unreadable { key, field } => {
                write!(f, "the entry {key:?} has no readable {field} and is not shown: its party should write it again")
            }
            Unread::Unavailable => f.write_str("the layer cannot be read now, and nothing of it is shown: try again later"),
            Unread::BeyondShare => f.write_str(
                "its party's layers hold more than is read at once, and nothing of this one is shown: the party should take out what is settled",
            ),
            Unread::TooMany { count } => {
                let max = crate::limits::ANNOTATIONS_MAX;
                write!(f, "the layer holds {count} entries; only the first {max} by id are shown")
            }
        }
    }
}
