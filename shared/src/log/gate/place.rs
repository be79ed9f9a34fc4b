//! Where a block stands.

use serde::{Deserialize, Serialize};

use super::{
    block::{Id, Kind, Shared},
    schema::Spot,
};

/// The place a block stands in: how many shared types are around it, what part of a plan that is, and what it is itself.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(super) struct Place {
    flags: u16,
    /// What part of a plan or layer.
    pub spot: Spot,
    /// Of which point or schedule: a row of the ledger. Where a block stands that has rows of its own ([`Spot::has_rows`]), its own.
    pub row: u32,
}

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
    pub const LOST: Place = Place { flags: Place::DEPTH | Place::HUSK, spot: Spot::Other, row: 0 };

    /// Directly in a root: whether its sequence is a text or an array, no update says.
    pub fn in_root(spot: Spot, has_key: bool) -> Self {
        Place { flags: if has_key { Self::IN_MAP } else { 0 }, spot, row: 0 }
    }

    /// Directly in the shared type that stands here, under a key if it is a map; `None` if nothing can.
    pub fn inside(self, key: Option<&str>) -> Option<Self> {
        if self.is_lost() {
            return Some(Self::LOST);
        }
        let below = |flags| Some(Place { flags: (self.depth() + 1) | flags, spot: self.spot.inside(key), row: self.row });
        match self.flags & (Self::ARRAY | Self::MAP | Self::TEXT | Self::HUSK) {
            0 => None,
            _ if key.is_some() => below(Self::IN_MAP),
            Self::ARRAY => below(Self::IN_ARRAY),
            Self::TEXT => below(Self::IN_TEXT),
            Self::MAP => None,
            _ => below(0),
        }
    }

    /// The place of what stands beside it, but for a row of its own.
    pub fn beside(self) -> Self {
        let flags = self.flags & (Self::DEPTH | Self::IN_MAP | Self::IN_ARRAY | Self::IN_TEXT);
        if self.is_lost() { Self::LOST } else { Place { flags, ..self } }
    }

    /// What stands here, after a block of this kind; `None` if it has no meaning here. yrs panics when it edits a text that
    /// holds other things, and never comes back from reading an array that holds text with a surrogate pair.
    pub fn holding(self, kind: Kind) -> Option<Self> {
        if self.is_lost() && kind != Kind::Gc {
            return Some(self);
        }
        let is_in = |flags| self.flags & flags != 0;
        let own = match kind {
            Kind::Text | Kind::Format if is_in(Self::IN_MAP | Self::IN_ARRAY) => return None,
            Kind::Any | Kind::Type(_) if is_in(Self::IN_TEXT) => return None,
            Kind::Gc | Kind::Deleted => Self::HUSK,
            Kind::Type(Shared::Array) => Self::ARRAY,
            Kind::Type(Shared::Map) => Self::MAP,
            Kind::Type(Shared::Text) => Self::TEXT,
            Kind::Text | Kind::Format | Kind::Any => 0,
        };
        Some(Place { flags: self.flags | own, ..self })
    }

    pub fn depth(self) -> u16 {
        self.flags & Self::DEPTH
    }

    pub fn is_lost(self) -> bool {
        self.depth() == Self::DEPTH
    }

    pub fn in_map(self) -> bool {
        !self.is_lost() && self.flags & Self::IN_MAP != 0
    }

    /// Whether a shared map stands here.
    pub fn is_map(self) -> bool {
        self.flags & Self::MAP != 0
    }

    /// Whether a shared text stands here.
    pub fn is_text(self) -> bool {
        self.flags & Self::TEXT != 0
    }

    /// Whether something that was deleted before it was sent stands here.
    pub fn is_husk(self) -> bool {
        self.flags & Self::HUSK != 0
    }

    /// Whether both are of one kind, in one part, be it of another point.
    pub fn is_alike(self, other: Self) -> bool {
        (self.flags, self.spot) == (other.flags, other.spot)
    }
}

/// What a block was put between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Neighbours {
    pub origin: Option<Id>,
    pub right: Option<Id>,
}
