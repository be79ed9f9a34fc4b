//! What is decided about a document and known to all who read it. It stands in the document's own log, among the edits: as JSON, in
//! records of kind act. Who decided it, and when, its record says.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use super::record::{Record, RecordKind};
use crate::{
    access::{Access, PlanState},
    id::PartyId,
    people::Author,
};

/// What is decided about a document. Lists are whole: what holds from then on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "act", rename_all = "lowercase")]
pub enum Act {
    /// A plan was created; the record before is its first text.
    Created {
        /// Its title.
        title: String,
        /// What each party may do with it.
        access: BTreeMap<PartyId, Access>,
        /// The parties that must consent to its words.
        consent: BTreeSet<PartyId>,
    },
    /// What each party may do with a plan became another.
    Access {
        /// What each may do.
        access: BTreeMap<PartyId, Access>,
        /// The parties that must consent.
        consent: BTreeSet<PartyId>,
    },
    /// Other parties than before must consent to a plan's words.
    Consent {
        /// Those that must.
        consent: BTreeSet<PartyId>,
    },
    /// A plan was renamed.
    Renamed {
        /// Its title in lists from then on.
        title: String,
    },
    /// A plan was closed, struck, or opened again.
    State {
        /// What it is from then on.
        state: PlanState,
    },
    /// A party opened a layer.
    Opened {
        /// The parties that read it besides the one whose it is.
        audience: BTreeSet<PartyId>,
    },
    /// Other parties than before read a layer.
    Audience {
        /// Those that do, besides the one whose it is.
        audience: BTreeSet<PartyId>,
    },
    /// A party closed a layer that it had opened: nobody else reads it, and nobody writes in it.
    Closed,
    /// Something that a later version of the program decides.
    #[serde(other)]
    Other,
}

/// What kind of act decided who must consent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Decides {
    /// What each party may do with the plan became another.
    Access,
    /// Other parties must consent.
    Consent,
}

impl Decides {
    /// In words.
    pub fn said(self) -> &'static str {
        match self {
            Decides::Access => "a change of access",
            Decides::Consent => "a change of who must consent",
        }
    }
}

/// An act by which other parties must consent: which, whose and when.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Decided {
    /// Which.
    pub act: Decides,
    /// Who decided it.
    #[serde(flatten)]
    pub by: Author,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// The record of the plan's log that tells it, where the registry knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
}

/// How who must consent was last changed.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ConsentChange {
    /// The parties that had to before.
    pub before: BTreeSet<PartyId>,
    /// The act.
    #[serde(flatten)]
    pub decided: Decided,
}

impl Act {
    /// The act that a record of a plan's or a layer's log tells, if it tells one.
    pub fn of(record: &Record) -> Option<Self> {
        (record.kind == RecordKind::Act).then(|| serde_json::from_slice(&record.update).unwrap_or(Self::Other))
    }

    /// As its record holds it.
    pub fn told(&self) -> Bytes {
        #[expect(clippy::expect_used, reason = "writing plain fields with text for keys cannot fail")]
        serde_json::to_vec(self).expect("an act always encodes").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::record::{Moment, Provenance, Right};

    #[test]
    fn an_act_is_told_in_its_record_and_one_of_a_later_version_is_told_as_such() {
        let author = crate::people::Author { party: "med".parse().unwrap(), member: "med-1".parse().unwrap() };
        let by = || Provenance::live(author.clone(), Right::Chair);
        let access = [("arv".parse().unwrap(), Access::Draft)].into();
        let act = Act::Access { access, consent: ["arv".parse().unwrap()].into() };
        assert_eq!(act.told(), r#"{"act":"access","access":{"arv":"draft"},"consent":["arv"]}"#);
        assert_eq!(Act::of(&by().act(1, Moment::default(), act.told())), Some(act));
        for later in [r#"{"act":"sealed","by":1}"#, r#"{"act":"access"}"#, "", "no JSON"] {
            assert_eq!(Act::of(&by().act(1, Moment::default(), Bytes::from(later))), Some(Act::Other), "{later}");
        }
        assert_eq!(Act::of(&by().record(1, Moment::default(), Bytes::from_static(b"{}"))), None);
    }
}
