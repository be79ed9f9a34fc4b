//! Where a block stands.

use serde::{Deserialize, Serialize};

use super::block::{Id, Kind, Shared};

/// The kind of place a block stands in: how many shared types are around it, and what it is itself.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(super) struct Place(u16);

impl Place {
    const DEPTH: u16 = 0x1f;
    const IN_MAP: u16 = 0x20;
    const IN_ARRAY: u16 = 0x40;
    const IN_TEXT: u16 = 0x80;
    const ARRAY: u16 = 0x100;
    const MAP: u16 = 0x200;
    const TEXT: u16 = 0x400;
    const HUSK: u16 = 0x800;
    /// A block that stands nowhere: a GC block, or one that becomes one because its neighbour or its parent is one.
    pub const LOST: Place = Place(Place::DEPTH | Place::HUSK);

    /// Directly in a root: whether its sequence is a text or an array, no update says.
    pub fn in_root(has_key: bool) -> Self {
        Place(if has_key { Self::IN_MAP } else { 0 })
    }

    /// Directly in the shared type that stands here; `None` if none can.
    pub fn inside(self, has_key: bool) -> Option<Self> {
        if self.is_lost() {
            return Some(Self::LOST);
        }
        let below = |flags| Some(Place((self.depth() + 1) | flags));
        match self.0 & (Self::ARRAY | Self::MAP | Self::TEXT | Self::HUSK) {
            0 => None,
            _ if has_key => below(Self::IN_MAP),
            Self::ARRAY => below(Self::IN_ARRAY),
            Self::TEXT => below(Self::IN_TEXT),
            Self::MAP => None,
            _ => below(0),
        }
    }

    /// The place of what stands beside it.
    pub fn beside(self) -> Self {
        if self.is_lost() { Self::LOST } else { Place(self.0 & (Self::DEPTH | Self::IN_MAP | Self::IN_ARRAY | Self::IN_TEXT)) }
    }

    /// What stands here, after a block of this kind; `None` if it has no meaning here. yrs panics when it edits a text that
    /// holds other things, and never comes back from reading an array that holds text with a surrogate pair.
    pub fn holding(self, kind: Kind) -> Option<Self> {
        if self.is_lost() && kind != Kind::Gc {
            return Some(self);
        }
        let is_in = |flags| self.0 & flags != 0;
        let own = match kind {
            Kind::Text | Kind::Format if is_in(Self::IN_MAP | Self::IN_ARRAY) => return None,
            Kind::Any | Kind::Type(_) if is_in(Self::IN_TEXT) => return None,
            Kind::Gc | Kind::Deleted => Self::HUSK,
            Kind::Type(Shared::Array) => Self::ARRAY,
            Kind::Type(Shared::Map) => Self::MAP,
            Kind::Type(Shared::Text) => Self::TEXT,
            Kind::Text | Kind::Format | Kind::Any => 0,
        };
        Some(Place(self.0 | own))
    }

    pub fn depth(self) -> u16 {
        self.0 & Self::DEPTH
    }

    pub fn is_lost(self) -> bool {
        self.depth() == Self::DEPTH
    }

    pub fn in_map(self) -> bool {
        !self.is_lost() && self.0 & Self::IN_MAP != 0
    }
}

/// What a block was put between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Neighbours {
    pub origin: Option<Id>,
    pub right: Option<Id>,
}
