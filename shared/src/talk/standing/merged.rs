//! A point that was merged, and for whom that has ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cell, CellState};
use crate::{id::PartyId, text::marks::Unconfirmed};

/// Of what a point was merged, and for whom that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Merged {
    /// Of what.
    #[serde(flatten)]
    pub mark: Unconfirmed,
    /// The parties that have accepted the words since, as they stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<PartyId>,
}

impl Merged {
    /// A mark, and what the parties' cells at its point come to.
    pub(crate) fn of(mark: &Unconfirmed, cells: &[Cell]) -> Self {
        let accepted = cells.iter().filter(|cell| Self::has_accepted(mark, cell));
        Self { mark: mark.clone(), accepted: accepted.map(|cell| cell.party.clone()).collect() }
    }

    /// Whether it has ended for a party: it accepts the words as they stand, and has said so since.
    fn has_accepted(mark: &Unconfirmed, cell: &Cell) -> bool {
        cell.stance == CellState::Accept && cell.at_ms.is_some_and(|at_ms| at_ms >= mark.at_ms)
    }

    /// Whether it still stands for a party.
    pub fn stands_for(&self, party: &PartyId) -> bool {
        !self.accepted.contains(party)
    }
}
