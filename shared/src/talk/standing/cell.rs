//! The cells of the matrix: what a party's position comes to on one point.

use super::{Cell, CellState, NoDifference, position::Own};
use crate::{id::PartyId, text::redline::Piece};

/// An acceptance that holds and covers what stands below it.
#[derive(Clone, Copy)]
pub(super) struct Cover {
    pub ad_referendum: bool,
}

pub(super) fn silent(party: &PartyId) -> Cell {
    Cell {
        party: party.clone(),
        stance: CellState::None,
        via: None,
        ad_referendum: false,
        returned: false,
        changed: false,
        conflict: false,
        around: Vec::new(),
        by: None,
        seat_ended: false,
        at_ms: None,
        reason: String::new(),
        annotation: None,
        difference: None,
        no_difference: None,
    }
}

fn signed(party: &PartyId, own: &Own) -> Cell {
    Cell {
        stance: own.state,
        ad_referendum: own.ad_referendum,
        by: own.annotation.by.clone(),
        at_ms: Some(own.annotation.at_ms),
        annotation: Some(own.annotation.id.clone()),
        ..silent(party)
    }
}

pub(super) fn spoken(party: &PartyId, own: &Own, returned: bool) -> Cell {
    let changed = own.changed && own.state != CellState::Lapsed;
    Cell { returned, changed, conflict: own.conflict, reason: own.annotation.body.clone(), ..signed(party, own) }
}

pub(super) fn lapsed(party: &PartyId, own: &Own, difference: Result<Vec<Piece>, NoDifference>) -> Cell {
    let no_difference = difference.as_ref().err().copied();
    Cell { difference: difference.ok(), no_difference, ..spoken(party, own, false) }
}
