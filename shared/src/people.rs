//! Who takes part: members of parties, the layers that parties write in, and whom these are for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::{
    access::Role,
    id::{ConferenceId, LayerId, MemberId, PartyId},
};

/// A member of a party to a conference.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// The conference.
    pub conference: ConferenceId,
    /// The party.
    pub party: PartyId,
    /// The member's id, unique within the conference.
    pub member: MemberId,
    /// What the member is within the delegation.
    pub role: Role,
    /// The name that others see.
    pub name: String,
}

/// A party to a conference.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Its id, short: it is shown beside every change.
    pub id: PartyId,
    /// Its full name.
    pub name: String,
}

/// Who wrote a record.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Author {
    /// The party whose right was used.
    pub party: PartyId,
    /// The member of it.
    pub member: MemberId,
}

/// Whom a layer is for. In JSON `"party"`, `"all"` or the list of the parties.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(from = "AudienceJson", into = "AudienceJson")]
pub enum Audience {
    /// The party whose layer it is, and nobody else.
    Party,
    /// All who see the plan.
    All,
    /// These parties, as far as they see the plan, besides the one whose layer it is, which always reads and is not listed.
    Parties(BTreeSet<PartyId>),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum AudienceJson {
    Word(AudienceWord),
    Parties(BTreeSet<PartyId>),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum AudienceWord {
    Party,
    All,
}

impl From<AudienceJson> for Audience {
    fn from(json: AudienceJson) -> Self {
        match json {
            AudienceJson::Word(AudienceWord::Party) => Audience::Party,
            AudienceJson::Word(AudienceWord::All) => Audience::All,
            AudienceJson::Parties(parties) => Audience::Parties(parties),
        }
    }
}

impl From<Audience> for AudienceJson {
    fn from(audience: Audience) -> Self {
        match audience {
            Audience::Party => AudienceJson::Word(AudienceWord::Party),
            Audience::All => AudienceJson::Word(AudienceWord::All),
            Audience::Parties(parties) => AudienceJson::Parties(parties),
        }
    }
}

/// A layer that one may read. Its document syncs at `/sync/{conference}/{plan}/{party}/{layer}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Layer {
    /// The party whose it is.
    pub party: PartyId,
    /// Its id, unique within the party's layers on the plan.
    pub layer: LayerId,
    /// Whom it is for. Everyone in the audience is told the whole of it: who reads along is no secret among readers.
    pub audience: Audience,
    /// Whether one may write in it.
    pub write: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_is_a_word_or_a_list() {
        let parties = Audience::Parties(["arv", "bor"].map(|id| id.parse().unwrap()).into());
        for (audience, json) in [
            (Audience::Party, r#""party""#),
            (Audience::All, r#""all""#),
            (parties, r#"["arv","bor"]"#),
            (Audience::Parties(BTreeSet::new()), "[]"),
        ] {
            assert_eq!(serde_json::to_string(&audience).unwrap(), json);
            assert_eq!(serde_json::from_str::<Audience>(json).unwrap(), audience);
        }
        for bad in [r#""everyone""#, r#"["No Party"]"#, "null", "{}"] {
            assert!(serde_json::from_str::<Audience>(bad).is_err(), "{bad}");
        }
    }
}
