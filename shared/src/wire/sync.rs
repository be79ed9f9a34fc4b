//! Bodies with which a replica takes what is new and sends what it made offline. Paths stand below `/api/conferences/{c}/plans/{p}`.
//!
//! **Pull** brings the records of the text's log after the last that the replica has, each once, and of every layer that one may read what
//! the replica's copy lacks. **Push** takes offline edits in their order. An edit may touch several documents: the text and layers
//! of one's own party; all of it is taken or none. A push may be repeated: what is there already changes nothing. **Compare** finds where
//! the two logs part, once the server's is not the one that the replica holds.

use serde::{Deserialize, Serialize};

use super::{
    api::{Conference, Plan},
    cut::Cut,
    error::ErrorBody,
    log::RecordLine,
};
use crate::{
    bounded::at_most,
    id::{LayerId, PartyId, PointId},
    limits::{COMPARED_MAX, PARTS_MAX, POINTS_MAX, PULL_LAYERS_MAX, PUSH_EDITS_MAX},
    log::record::{Branch, Digest},
    people::{Author, Layer, Member},
    script::Once,
};

/// Asks for what is new.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pull {
    /// The last record of the text's log that one has; 0: none.
    pub since: u64,
    /// The layers of which one has a copy; of those left out everything is told.
    #[serde(default, deserialize_with = "at_most::<_, _, PULL_LAYERS_MAX>")]
    pub layers: Vec<Held>,
    /// Only the text's log is asked for: no layer is told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub text_only: bool,
}

/// A copy of a layer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// Whose layer.
    pub party: PartyId,
    /// Its id.
    pub layer: LayerId,
    /// The last record that the copy shows, as [`PullLine::Layer`] named it.
    pub seq: u64,
    /// The chain's digest there.
    pub digest: Digest,
    /// The copy's Yjs state vector, base64.
    pub state_vector: String,
}

/// A line of the answer to [`Pull`], in this order: context, layers each once, records one after the other, end. Empty lines
/// may stand in between.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum PullLine {
    /// What surrounds the plan; the first line.
    Context(Box<PlanContext>),
    /// A layer that moved since, or that one had no copy of.
    Layer {
        /// Whose layer.
        party: PartyId,
        /// Its id.
        layer: LayerId,
        /// The last record that it shows then.
        seq: u64,
        /// The chain's digest there.
        digest: Digest,
        /// The copy is not one of this log: the update brings the whole layer.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        anew: bool,
        /// The Yjs update V1 that brings what the copy lacks, base64.
        update: String,
    },
    /// A record of the text's log; where a layer's acts are asked for, of that layer's.
    Record {
        /// The record.
        #[serde(flatten)]
        record: Box<RecordLine>,
        /// It is in the log and not in the document, which could not bear it: it is told for the chain alone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        refused: bool,
    },
    /// Nothing is missing; the last line.
    End,
}

/// What surrounds a plan, as one may know it now.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlanContext {
    /// Who one is.
    pub member: Member,
    /// The parties and members, for their names.
    pub conference: Conference,
    /// The plan.
    pub plan: Plan,
    /// Whether one may change its words.
    pub write: bool,
    /// Who created the plan, and so wrote nobody's words: its first text.
    pub created_by: Option<Author>,
    /// The layers that one may read. Those missing here are no longer for one to read.
    pub layers: Vec<Layer>,
    /// The last record of the text's log that will be told.
    pub end: u64,
    /// The chain's digest there.
    pub digest: Digest,
    /// The server was restored from a backup once: replicas may hold what it lost.
    #[serde(default)]
    pub restored: bool,
}

/// Asks how far the text's log is the one that a replica holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// Some records of the replica's log in their order, at most [`COMPARED_MAX`].
    #[serde(deserialize_with = "at_most::<_, _, COMPARED_MAX>")]
    pub records: Vec<LogMark>,
}

/// A record, and with it all before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogMark {
    /// Its number.
    pub seq: u64,
    /// The chain's digest there.
    pub digest: Digest,
}

/// The answer to [`Compare`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Compared {
    /// The last of the records that the server's log holds; 0: none of them.
    pub common: u64,
    /// The last record of the server's log.
    pub end: u64,
    /// The server was restored from a backup once.
    pub restored: bool,
}

/// Sends offline edits, in the order in which they were made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// The edits, at most [`PUSH_EDITS_MAX`].
    #[serde(deserialize_with = "at_most::<_, _, PUSH_EDITS_MAX>")]
    pub edits: Vec<OfflineEdit>,
}

/// One edit: all of its parts are taken or none.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfflineEdit {
    /// At least one, unless it confirms something; of each document at most one.
    #[serde(deserialize_with = "at_most::<_, _, PARTS_MAX>")]
    pub parts: Vec<Part>,
    /// The last record of the text's log that the replica had when the edit was made; kept with the record
    /// ([`crate::log::record::Record::seen`]), so that those who edited meanwhile learn what was edited apart.
    pub seen: u64,
    /// In which stay away from the server it was made: the same for all edits of a replica between two times that it is up to date.
    #[serde(default, skip_serializing_if = "Branch::is_table")]
    pub branch: Branch,
    /// The key that keeps it from being done twice, which one of the parts writes into the layer `private` ([`crate::script`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub once: Option<Once>,
    /// The points that it confirms to have been merged rightly, as far as `seen`; none is the title. Then it has no parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "at_most::<_, _, POINTS_MAX>")]
    pub confirms: Vec<Option<PointId>>,
}

/// Confirms what was merged. It changes nothing in the document, and is in the plan's log for all to read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// The points; none is the title.
    #[serde(deserialize_with = "at_most::<_, _, POINTS_MAX>")]
    pub points: Vec<Option<PointId>>,
    /// The last record of the plan's log that was seen: what was merged later stays to be confirmed.
    pub seen: u64,
}

/// What became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Confirmed {
    /// The points of those named that are to be confirmed still: they were merged again meanwhile.
    pub left: Vec<Option<PointId>>,
}

/// What an edit does to one document.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The layer of one's own party; none for the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerId>,
    /// The Yjs update V1, base64.
    pub update: String,
}

/// The answer to [`Push`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pushed {
    /// What became of the edits, in their order. Shorter than their list if the server could not go on.
    pub outcomes: Vec<Outcome>,
    /// Why it could not: what follows the outcomes is to be sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<ErrorBody>,
    /// What the party is to know: its share of a log is nearly used up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
}

/// What became of an offline edit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is durable.
    Done,
    /// It is durable but for this, which was cut out of it. Sent again, it is told again.
    Cut(Cut),
    /// Its key was used for the same script already: nothing of it was taken.
    Repeated,
    /// Nothing of it was taken. `forbidden`: a right is missing; `invalid`: it builds on what is not there, or its key was used for
    /// another script.
    Refused(ErrorBody),
}

impl Outcome {
    /// What became of an edit that was taken, but for what was cut out of it.
    pub fn taken(cut: Cut) -> Self {
        if cut.is_empty() { Self::Done } else { Self::Cut(cut) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_of_more_edits_than_may_be_is_refused_before_they_are_kept() {
        let push = |count: usize| format!(r#"{{"edits":[{}]}}"#, vec![r#"{"parts":[],"seen":0}"#; count].join(","));
        assert_eq!(serde_json::from_str::<Push>(&push(PUSH_EDITS_MAX)).unwrap().edits.len(), PUSH_EDITS_MAX);
        let refused = serde_json::from_str::<Push>(&push(PUSH_EDITS_MAX + 1)).unwrap_err().to_string();
        assert!(refused.contains(&PUSH_EDITS_MAX.to_string()), "{refused}");
    }
}
