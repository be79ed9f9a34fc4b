//! What the gate found in an update.

use bytes::Bytes;
use yrs::ClientID;

use super::{
    Span,
    block::Id,
    claim::OrderClaim,
    place::{Neighbours, Place},
    rows::RowsGain,
};

/// What one client's part of an update adds.
#[derive(Debug, Clone)]
pub(super) struct Gain {
    pub client: u64,
    pub clock_end: u32,
    pub right: Option<Id>,
    /// First clock of each stretch, and its place.
    pub places: Vec<(u32, Place)>,
    /// First clock of each run, and its neighbours.
    pub runs: Vec<(u32, Neighbours)>,
}

/// What is not taken of an update, though all else is: it would have taken a point out of the plan, or from a point what it always has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// The ids of the points, of the first of them if there are many.
    pub points: Vec<String>,
    /// How many more there are.
    pub more: usize,
    /// Words or values that stand in what the document does not hold.
    pub lost: bool,
}

impl LeftOut {
    /// Whether all was taken.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty() && !self.lost
    }
}

/// The result of a check. It owns a copy of the bytes only where something of them is known already.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    pub(super) gains: Vec<Gain>,
    pub(super) deletions: Vec<Span>,
    pub(super) claims: Vec<OrderClaim>,
    /// What is new of the plan's points.
    pub(super) rows: RowsGain,
    /// What is not taken, though all else is.
    pub(super) left_out: LeftOut,
    /// The update without what is known and what is not taken, if there is any such.
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
        let alike = |one: &Gain, other: &Gain| {
            let same = (one.client, one.clock_end, one.right) == (other.client, other.clock_end, other.right);
            let places = one.places.len() == other.places.len()
                && one.places.iter().zip(&other.places).all(|(one, other)| one.0 == other.0 && one.1.is_alike(other.1));
            same && places && one.runs == other.runs
        };
        let gains =
            self.gains.len() == other.gains.len() && self.gains.iter().zip(&other.gains).all(|(one, other)| alike(one, other));
        gains && self.claims == other.claims
    }

    /// What of it is not taken, of which its sender is told.
    pub fn left_out(&self) -> &LeftOut {
        &self.left_out
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
