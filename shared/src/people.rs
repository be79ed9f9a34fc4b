//! Who takes part: members of parties, the layers that parties write in, and whom these are for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::{
    access::{Action, Role},
    id::{ConferenceId, LayerId, MemberId, POSITIONS, PRIVATE, PUBLIC, PartyId},
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
    /// Under which heads of the party the seat was given.
    #[serde(default, skip_serializing_if = "Generation::is_first")]
    pub generation: Generation,
}

/// How often a party had lost all its heads and the chair put in a new one when a seat was given, plus one. Whoever came later reads
/// nothing of what the party kept to itself before, unless somebody who was there agrees.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Generation(u32);

impl Generation {
    /// Whether it is the first.
    pub fn is_first(&self) -> bool {
        *self == Self::default()
    }

    /// Those from the second up to this one.
    pub fn since_the_first(self) -> impl Iterator<Item = Self> {
        (2..=self.0).map(Self)
    }

    /// The one after it.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The first.
impl Default for Generation {
    fn default() -> Self {
        Self(1)
    }
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
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Author {
    /// The party whose right was used.
    pub party: PartyId,
    /// The member of it.
    pub member: MemberId,
}

/// The id of who acts for nobody: the server, where it puts side by side what parties changed apart. No conference has such a party.
pub const ENGINE: &str = "plenary-engine";

impl Author {
    /// The server, for nobody.
    #[expect(clippy::expect_used, reason = "the id is a slug")]
    pub fn engine() -> Self {
        Self { party: ENGINE.parse().expect("a slug"), member: ENGINE.parse().expect("a slug") }
    }

    /// Whether it is the server, for nobody.
    pub fn is_engine(&self) -> bool {
        self.party.as_str() == ENGINE
    }
}

impl Member {
    /// The member as the author of what it writes.
    pub fn author(&self) -> Author {
        Author { party: self.party.clone(), member: self.member.clone() }
    }
}

/// What a layer is, by its name alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LayerKind {
    /// Only its own party reads it.
    Private,
    /// All read it who see the plan.
    Public,
    /// The party's positions: all read it who see the plan.
    Positions,
    /// The party opened it, and chose who reads it.
    Opened,
}

impl LayerKind {
    /// What one has to be allowed to do on the plan in order to write in it.
    pub fn action(self) -> Action {
        match self {
            LayerKind::Positions => Action::Speak,
            LayerKind::Private => Action::Keep,
            LayerKind::Public | LayerKind::Opened => Action::Annotate,
        }
    }

    /// Whom it is for; none where its party chooses.
    pub fn audience(self) -> Option<Audience> {
        match self {
            LayerKind::Private => Some(Audience::Party),
            LayerKind::Public | LayerKind::Positions => Some(Audience::All),
            LayerKind::Opened => None,
        }
    }
}

/// What stands between a layer's name and its generation, and so in no name that a party chooses.
pub const LATER: &str = "--";

impl LayerId {
    /// What the layer is.
    pub fn kind(&self) -> LayerKind {
        match (self.as_str(), self.parts().0) {
            (_, PRIVATE) => LayerKind::Private,
            (PUBLIC, _) => LayerKind::Public,
            (POSITIONS, _) => LayerKind::Positions,
            _ => LayerKind::Opened,
        }
    }

    /// Under which heads of its party it was begun: `private--2` is the private layer of the second generation.
    pub fn generation(&self) -> Generation {
        self.parts().1
    }

    /// The layer that members of a generation mean by this name. What all read who see the plan is the same for all of them. `None` if the
    /// name becomes too long.
    pub fn of(&self, generation: Generation) -> Option<LayerId> {
        let is_all_the_same = matches!(self.kind(), LayerKind::Public | LayerKind::Positions);
        if generation.is_first() || is_all_the_same || !self.generation().is_first() {
            return Some(self.clone());
        }
        format!("{self}{LATER}{}", generation.0).parse().ok()
    }

    fn parts(&self) -> (&str, Generation) {
        let later = self.as_str().rsplit_once(LATER).and_then(|(name, number)| {
            let generation =
                number.parse().ok().filter(|generation: &u32| *generation > 1 && generation.to_string() == number)?;
            Some((name, Generation(generation)))
        });
        later.unwrap_or((self.as_str(), Generation::default()))
    }
}

/// Whom a layer is for. In JSON `"party"`, `"all"` or the list of the parties.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
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
    fn layers_of_every_party_say_by_their_name_who_reads_and_who_writes_them() {
        for (name, audience, action) in [
            (PRIVATE, Some(Audience::Party), Action::Keep),
            (PUBLIC, Some(Audience::All), Action::Annotate),
            (POSITIONS, Some(Audience::All), Action::Speak),
            ("shuttle", None, Action::Annotate),
            ("private--2", Some(Audience::Party), Action::Keep),
            ("private-2", None, Action::Annotate),
            ("private--02", None, Action::Annotate),
            ("public--2", None, Action::Annotate),
        ] {
            let kind = name.parse::<LayerId>().unwrap().kind();
            assert_eq!((kind.audience(), kind.action()), (audience, action), "{name}");
        }
    }

    #[test]
    fn a_later_generation_means_layers_of_its_own_by_the_same_names() {
        let second = Generation::default().next();
        for (name, meant) in [
            ("private", "private--2"),
            ("shuttle", "shuttle--2"),
            ("public", "public"),
            ("positions", "positions"),
            ("private--3", "private--3"),
        ] {
            let name: LayerId = name.parse().unwrap();
            assert_eq!(name.of(Generation::default()).unwrap(), name);
            assert_eq!(name.of(second).unwrap().as_str(), meant);
        }
        assert_eq!("private--2".parse::<LayerId>().unwrap().generation(), second);
        assert_eq!("a".repeat(64).parse::<LayerId>().unwrap().of(second), None);
    }

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
