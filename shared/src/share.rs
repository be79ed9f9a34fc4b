//! What a party may write into the logs of a plan, so that no party's writing takes away what the others may write.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::{DocAddress, LayerId},
    limits,
    people::LayerKind,
};

/// Logs of which a party has its share apart: each log by itself, and what is private nowhere with what others read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ShareKind {
    /// The plan's text, which all parties write.
    Text,
    /// The layer that all read, and the party's positions.
    Public,
    /// Each layer that the party opened.
    Opened,
    /// The private layer.
    Private,
}

impl ShareKind {
    /// The kind of a layer's log, or of the text's.
    pub fn of(layer: Option<&LayerId>) -> Self {
        match layer.map(LayerId::kind) {
            None => Self::Text,
            Some(LayerKind::Public | LayerKind::Positions) => Self::Public,
            Some(LayerKind::Opened) => Self::Opened,
            Some(LayerKind::Private) => Self::Private,
        }
    }

    /// The kind of a document's log.
    pub fn of_log(address: &DocAddress) -> Self {
        match address {
            DocAddress::Layer(_, _, _, layer) => Self::of(Some(layer)),
            DocAddress::Plan(..) | DocAddress::Registry | DocAddress::Seats(..) => Self::Text,
        }
    }

    /// The share of a party for which the chair raised none, in bytes.
    pub fn bytes(self) -> u64 {
        match self {
            Self::Text => limits::TEXT_SHARE_BYTES,
            Self::Public | Self::Opened | Self::Private => limits::LAYER_SHARE_BYTES,
        }
    }
}

/// Whether so much of a share is used that its party is told.
pub fn is_nearly_used(used: u64, share: u64) -> bool {
    used >= share / 5 * 4
}
