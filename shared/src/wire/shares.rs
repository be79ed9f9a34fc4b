//! A party's shares of a plan's logs.
//!
//! | method and path | body -> response | who |
//! | --- | --- | --- |
//! | `GET /conferences/{c}/plans/{p}/shares` | `[`[`Share`]`]` of one's own party | who may read the plan |
//! | `PUT /conferences/{c}/plans/{p}/shares` | [`NewShare`] -> [`NewShare`] | chair |

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::{LayerId, PartyId},
    share::ShareKind,
};

/// What the chair gives a party; how much the party uses is not said to the chair.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShare {
    /// The party.
    pub party: PartyId,
    /// Of which logs.
    pub kind: ShareKind,
    /// Bytes of each such log that the party's edits may take in all.
    pub bytes: u64,
}

/// One's own party's share of one log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    /// The layer; none: the text.
    pub layer: Option<LayerId>,
    /// The kind of the log.
    pub kind: ShareKind,
    /// Bytes that the party's edits take there.
    pub used: u64,
    /// Bytes that they may take.
    pub share: u64,
}
