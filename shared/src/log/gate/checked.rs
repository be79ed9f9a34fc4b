//! What the gate found in an update.

use bytes::Bytes;
use yrs::ClientID;

use super::{
    Span,
    block::Id,
    claim::OrderClaim,
    place::{Neighbours, Place},
};

/// What one client's part of an update adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gain {
    pub client: u64,
    pub clock_end: u32,
    pub right: Option<Id>,
    /// First clock of each stretch, and its place.
    pub places: Vec<(u32, Place)>,
    /// First clock of each run, and its neighbours.
    pub runs: Vec<(u32, Neighbours)>,
}

/// The result of a check. It owns a copy of the bytes only where something of them is known already.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    pub(super) gains: Vec<Gain>,
    pub(super) deletions: Vec<Span>,
    pub(super) claims: Vec<OrderClaim>,
    /// The update without what is known, if anything of it is.
    pub(super) cut: Option<Bytes>,
}

impl Checked {
    /// False when every block and every deletion is already known: there is nothing to store or to show.
    pub fn is_new(&self) -> bool {
        !self.gains.is_empty() || !self.deletions.is_empty()
    }

    /// Whether it adds any block; if not, it only deletes, or brings nothing at all.
    pub fn adds_blocks(&self) -> bool {
        !self.gains.is_empty()
    }

    /// Each client of which it adds blocks, and the clock of the first of them.
    pub fn starts(&self) -> impl Iterator<Item = (ClientID, u32)> {
        self.gains.iter().filter_map(|gain| Some((ClientID::new(gain.client), gain.places.first()?.0)))
    }

    /// The client ids under which it adds blocks.
    pub fn clients(&self) -> impl Iterator<Item = u64> {
        self.gains.iter().map(|gain| gain.client)
    }

    /// Whether it adds the same blocks, and says the same of their order.
    pub fn adds_same_blocks(&self, other: &Checked) -> bool {
        self.gains == other.gains && self.claims == other.claims
    }

    /// What is new of the update that was checked: itself, if all of it is. This is what a log holds and others are told: whoever
    /// applies it after the records before it finds no known part in it that could differ from what is known.
    pub fn update(&self, checked: &Bytes) -> Bytes {
        self.cut.as_ref().unwrap_or(checked).clone()
    }

    /// What the update says about the order of blocks, to be verified once it is applied.
    pub fn order_claims(&self) -> &[OrderClaim] {
        &self.claims
    }
}
