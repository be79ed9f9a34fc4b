//! Names of things. A raw string becomes one of these at the edge and nowhere else.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use std::{borrow::Cow, fmt, str::FromStr, sync::Arc};

use crate::limits;

/// Why a string is not an id. The message says what an id looks like, for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a slug.
    #[error("{what} {given:?} is not valid: use 1 to {max} characters of a-z, 0-9 and '-', starting with a letter or digit", max = limits::ID_CHARS_MAX)]
    Slug {
        /// What kind of id was meant.
        what: &'static str,
        /// What was given, cut to a readable length.
        given: String,
    },
    /// Not a point id.
    #[error("point id {given:?} is not valid: use 1 to {max} characters of A-Z, a-z, 0-9, '-' and '_'", max = limits::POINT_ID_CHARS_MAX)]
    Point {
        /// What was given, cut to a readable length.
        given: String,
    },
    /// Not an annotation id.
    #[error("annotation id {given:?} is not valid: use 1 to {max} characters of A-Z, a-z, 0-9, '-' and '_'", max = limits::POINT_ID_CHARS_MAX)]
    Annotation {
        /// What was given, cut to a readable length.
        given: String,
    },
    /// Not the address of a document.
    #[error("document address {given:?} is not valid: use CONFERENCE/PLAN or CONFERENCE/PLAN/PARTY/LAYER")]
    Address {
        /// What was given, cut to a readable length.
        given: String,
    },
}

fn shown(given: &str) -> String {
    given.chars().take(80).collect()
}

/// What a slug looks like, for a JSON Schema.
const SLUG: &str = "^[a-z0-9][a-z0-9-]{0,63}$";
/// The same of the id of a point or an annotation.
const POINT: &str = "^[A-Za-z0-9_-]{1,32}$";

fn is_slug(s: &str) -> bool {
    (1..=limits::ID_CHARS_MAX).contains(&s.len())
        && !s.starts_with('-')
        && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_point_id(s: &str) -> bool {
    (1..=limits::POINT_ID_CHARS_MAX).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $valid:ident, $pattern:expr, $error:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(s: &str) -> Result<Self, IdError> {
                if $valid(s) { Ok(Self(s.into())) } else { Err(($error)(shown(s))) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A conference: a negotiation with its parties, people and plans.
    ConferenceId, is_slug, SLUG, |given| IdError::Slug { what: "conference id", given }
);
id!(
    /// A plan within a conference.
    PlanId, is_slug, SLUG, |given| IdError::Slug { what: "plan id", given }
);
id!(
    /// A party to a conference.
    PartyId, is_slug, SLUG, |given| IdError::Slug { what: "party id", given }
);
id!(
    /// A person in a party's delegation; given by the server as `PARTY-N`.
    MemberId, is_slug, SLUG, |given| IdError::Slug { what: "member id", given }
);
id!(
    /// A point of a plan: a short random string that never changes, whatever the point's label.
    PointId, is_point_id, POINT, |given| IdError::Point { given }
);
id!(
    /// An entry of a layer: a short random string that it keeps when it is tabled.
    AnnotationId, is_point_id, POINT, |given| IdError::Annotation { given }
);
id!(
    /// A layer of one party over a plan. [`PRIVATE`], [`PUBLIC`] and [`POSITIONS`] are there from the start.
    LayerId, is_slug, SLUG, |given| IdError::Slug { what: "layer id", given }
);

/// The layer that only its own party reads.
pub const PRIVATE: &str = "private";
/// The layer that all read who see the plan.
pub const PUBLIC: &str = "public";
/// The layer of a party's positions: all read it who see the plan, and only those write it who may speak for the party.
pub const POSITIONS: &str = "positions";

impl LayerId {
    /// One of the built-in layers.
    pub fn built_in(name: &'static str) -> Self {
        Self(name.into())
    }
}

/// Where a document stands: in the store, in logs and, for those that sync, below `/sync/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DocAddress {
    /// The registry's own log: conferences, parties, members, plans. It has no slash, so no room can be called like it.
    Registry,
    /// The text of a plan: `{conference}/{plan}`.
    Plan(ConferenceId, PlanId),
    /// What one party says about a plan: `{conference}/{plan}/{party}/{layer}`.
    Layer(ConferenceId, PlanId, PartyId, LayerId),
    /// What happened to the seats of a party: `{conference}/{party}/seats`. It is read over HTTP alone, so no room is called like it.
    Seats(ConferenceId, PartyId),
}

/// How the address of a party's seats ends.
const SEATS: &str = "seats";

impl DocAddress {
    /// The address that a store keeps a log under, those among them that nobody can ask for by their path.
    pub fn stored(name: &str) -> Option<Self> {
        if name == "registry" {
            return Some(DocAddress::Registry);
        }
        let parts: Vec<&str> = name.splitn(4, '/').collect();
        match parts[..] {
            [conference, party, SEATS] => Some(DocAddress::Seats(conference.parse().ok()?, party.parse().ok()?)),
            _ => name.parse().ok(),
        }
    }

    /// The address of a party's layer on a plan. There are none on anything else, which answers itself.
    pub fn layer(&self, party: &PartyId, layer: &LayerId) -> DocAddress {
        match self {
            DocAddress::Plan(conference, plan) => {
                DocAddress::Layer(conference.clone(), plan.clone(), party.clone(), layer.clone())
            }
            other => other.clone(),
        }
    }

    /// The largest encoded state of the document, in bytes.
    pub fn bytes_max(&self) -> usize {
        match self {
            DocAddress::Registry | DocAddress::Seats(..) | DocAddress::Plan(..) => limits::DOCUMENT_BYTES_MAX,
            DocAddress::Layer(..) => limits::LAYER_BYTES_MAX,
        }
    }

    /// The address as a log may show it: of a layer neither the party nor the name.
    pub fn for_log(&self) -> impl fmt::Display + use<> {
        match self {
            DocAddress::Layer(conference, ..) | DocAddress::Seats(conference, _) => format!("a document of {conference}"),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for DocAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DocAddress::Registry => f.write_str("registry"),
            DocAddress::Plan(conference, plan) => write!(f, "{conference}/{plan}"),
            DocAddress::Seats(conference, party) => write!(f, "{conference}/{party}/{SEATS}"),
            DocAddress::Layer(conference, plan, party, layer) => write!(f, "{conference}/{plan}/{party}/{layer}"),
        }
    }
}

impl FromStr for DocAddress {
    type Err = IdError;
    /// Parses what may stand below `/sync/`; neither the registry nor a party's seats are ever among it.
    fn from_str(s: &str) -> Result<Self, IdError> {
        let bad = |_| IdError::Address { given: shown(s) };
        let parts: Vec<&str> = s.splitn(5, '/').collect();
        match parts[..] {
            [conference, plan] => Ok(DocAddress::Plan(conference.parse().map_err(bad)?, plan.parse().map_err(bad)?)),
            [conference, plan, party, layer] => Ok(DocAddress::Layer(
                conference.parse().map_err(bad)?,
                plan.parse().map_err(bad)?,
                party.parse().map_err(bad)?,
                layer.parse().map_err(bad)?,
            )),
            _ => Err(IdError::Address { given: shown(s) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_slugs_and_say_so() {
        for good in ["a", "arv", "p-1", "0x", &"a".repeat(64)] {
            assert!(good.parse::<PlanId>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "A", "a_b", "a/b", "à", " a", "..", &"a".repeat(65)] {
            let error = bad.parse::<PlanId>().unwrap_err().to_string();
            assert!(error.contains("plan id") && error.contains("a-z"), "{error}");
        }
    }

    #[test]
    fn an_address_survives_its_path_and_the_registry_cannot_be_reached_by_one() {
        for path in ["talks/plan", "talks/plan/arv/private"] {
            let address: DocAddress = path.parse().unwrap();
            assert_eq!(address.to_string(), path);
        }
        let bad = [
            "registry",
            "talks",
            "talks/",
            "/plan",
            "talks/plan/",
            "talks/../x",
            "talks/plan/arv",
            "talks/arv/seats",
            "talks/plan/arv/private/x",
        ];
        for bad in bad {
            assert!(bad.parse::<DocAddress>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_a_store_keeps_is_found_under_its_name() {
        for name in ["registry", "talks/plan", "talks/arv/seats", "talks/plan/arv/private", "seats/seats/seats/seats"] {
            assert_eq!(DocAddress::stored(name).unwrap().to_string(), name);
        }
        for bad in ["talks", "talks/arv/seat", "talks/No/seats", "talks/arv/seats/"] {
            assert_eq!(DocAddress::stored(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_log_names_neither_the_party_nor_the_layer() {
        for name in ["talks/plan/arv/fallback", "talks/arv/seats"] {
            assert_eq!(DocAddress::stored(name).unwrap().for_log().to_string(), "a document of talks");
        }
    }
}
