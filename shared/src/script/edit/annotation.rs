//! Edits of the layers of one's own party, and proposals into the text.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

use crate::{
    id::{self, AnnotationId, LayerId, PartyId},
    text::words::WordsDigest,
};

/// Writes a note.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// The point: a label, a path of labels, or an id.
    pub point: String,
    /// The note.
    pub text: String,
    /// On these words of the point, which must stand in it exactly once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// On the point's N-th bracket, marks included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bracket: Option<NonZeroUsize>,
    /// The layer of one's own party to write in; private if left out.
    #[serde(default = "private")]
    pub layer: LayerId,
}

/// Proposes other words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Propose {
    /// The point: a label, a path of labels, or an id.
    pub point: String,
    /// The other words; empty to leave the stretch out.
    pub replacement: String,
    /// For these words of the point, which must stand in it exactly once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// For the point's N-th bracket, marks included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bracket: Option<NonZeroUsize>,
    /// What speaks for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub because: String,
    /// The layer of one's own party to write in; private if left out.
    #[serde(default = "private")]
    pub layer: LayerId,
    /// The party that proposes it, for which it is entered, in the public layer of one's own party.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered_for: Option<PartyId>,
}

/// Replies to an annotation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The annotation to reply to.
    pub id: AnnotationId,
    /// The reply.
    pub text: String,
    /// The layer of one's own party to write in; if left out, the one that the annotation stands in if that is one's own, else
    /// private.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerId>,
}

/// Marks an annotation as settled, or takes that back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfAnnotation {
    /// The annotation.
    pub id: AnnotationId,
}

/// Confirms what was entered for one's own party.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Own {
    /// The annotation that tells of it.
    pub id: AnnotationId,
}

/// Moves annotations to a layer that more parties read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The annotations.
    pub ids: Vec<AnnotationId>,
    /// The layer of one's own party to move them to; public if left out, positions for positions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<LayerId>,
}

/// Accepts words, or supports a bracket.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// The point: a label, a path of labels, or an id.
    pub point: String,
    /// Subject to the capital.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ad_referendum: bool,
    /// What is to be said with it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub because: String,
    /// The digest of the point's words, with all below it, as they were read: it has to be that of the present ones. It is needed unless
    /// words are quoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<WordsDigest>,
    /// The bracket that holds these words of the point, which must stand in it exactly once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// The point's N-th bracket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bracket: Option<NonZeroUsize>,
    /// The layer of one's own party to write in; only positions in the layer positions count, and it is taken if left out.
    #[serde(default = "positions")]
    pub layer: LayerId,
}

/// Records a reservation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reserve {
    /// The point: a label, a path of labels, or an id.
    pub point: String,
    /// The reason.
    pub reason: String,
    /// The bracket that holds these words of the point, which must stand in it exactly once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// The point's N-th bracket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bracket: Option<NonZeroUsize>,
    /// The layer of one's own party to write in; only positions in the layer positions count, and it is taken if left out.
    #[serde(default = "positions")]
    pub layer: LayerId,
}

/// Opposes words, or a bracket.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Oppose {
    /// The point: a label, a path of labels, or an id.
    pub point: String,
    /// The reason.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The bracket that holds these words of the point, which must stand in it exactly once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// The point's N-th bracket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bracket: Option<NonZeroUsize>,
    /// The layer of one's own party to write in; only positions in the layer positions count, and it is taken if left out.
    #[serde(default = "positions")]
    pub layer: LayerId,
}

/// Takes back annotations.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    /// The annotation's id, or the point: a label, a path of labels, or an id. An annotation goes before a point.
    pub what: String,
    /// The bracket that holds these words of the point, which must stand in it exactly once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// The point's N-th bracket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bracket: Option<NonZeroUsize>,
}

/// Puts a proposal into the text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PutIn {
    /// The proposal.
    pub id: AnnotationId,
    /// The party whose proposal it is, where several have an annotation with this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// The words that stand there now, where they are not those that the proposal was made for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
}

fn private() -> LayerId {
    LayerId::built_in(id::PRIVATE)
}

fn positions() -> LayerId {
    LayerId::built_in(id::POSITIONS)
}
