//! Which of a party's positions on a point counts.

use std::collections::{BTreeMap, HashMap};

use super::{CellState, Column, Stand, tree::PointInTree};
use crate::{
    id::PartyId,
    talk::layer::{Annotation, Kept, Position, Stance, What},
};

/// The position of a party on a point that counts among all that it has taken there.
pub(super) struct Own<'a> {
    pub annotation: &'a Annotation,
    pub kept: &'a Kept,
    pub state: CellState,
    pub ad_referendum: bool,
    /// The words are no longer those that it is about.
    pub changed: bool,
    /// One of the party's positions on the point reserves on the present words or opposes them.
    pub against_present: bool,
    /// The party's positions on the point differ.
    pub conflict: bool,
}

/// A position that is to be looked at: whose, on which place, and what.
pub(super) type Live<'a> = (&'a PartyId, usize, &'a Annotation, &'a Position, &'a Kept);

/// The positions on words of points that are there, without those withdrawn.
pub(super) fn live<'a>(places: &[PointInTree], stands: &[Stand<'a>]) -> Vec<Live<'a>> {
    let index: HashMap<_, _> = places.iter().enumerate().map(|(at, place)| (&place.point.id, at)).collect();
    let live = stands.iter().filter_map(|stand| {
        let annotation = stand.annotation;
        match &annotation.what {
            What::Position(position) if annotation.anchor.is_none() && !annotation.withdrawn => {
                Some((stand.party, *index.get(&annotation.point)?, annotation, position, position.words.as_ref()?))
            }
            _ => None,
        }
    });
    live.collect()
}

/// For each place the positions that count, by the index of the party's column.
pub(super) fn of_each<'a>(places: &[PointInTree], parties: &[Column], live: &[Live<'a>]) -> Vec<BTreeMap<usize, Own<'a>>> {
    let columns: HashMap<_, _> = parties.iter().enumerate().map(|(at, column)| (&column.party, at)).collect();
    let mut own: Vec<BTreeMap<usize, Own>> = places.iter().map(|_| BTreeMap::new()).collect();
    for (party, at, annotation, position, kept) in live {
        let Some(column) = columns.get(party) else { continue };
        let changed = kept.digest != places[*at].exact.digest;
        let state = match position.stance {
            Stance::Accept if changed => CellState::Lapsed,
            Stance::Accept => CellState::Accept,
            Stance::Reserve => CellState::Reserve,
            Stance::Oppose => CellState::Oppose,
        };
        let ad_referendum = position.ad_referendum;
        let mut next = Own { annotation, kept, state, ad_referendum, changed, against_present: false, conflict: false };
        next.against_present = next.is_against() && !changed;
        match own[*at].get_mut(column) {
            None => drop(own[*at].insert(*column, next)),
            Some(known) => {
                let conflict = known.conflict || known.said() != next.said();
                let against_present = known.against_present || next.against_present;
                if next.weight() > known.weight() {
                    std::mem::swap(known, &mut next);
                }
                known.conflict = conflict;
                known.against_present = against_present;
            }
        }
    }
    own
}

impl Own<'_> {
    /// Whether it reserves or opposes.
    pub(super) fn is_against(&self) -> bool {
        matches!(self.state, CellState::Reserve | CellState::Oppose)
    }

    /// What it says, apart from the words that it is about.
    fn said(&self) -> (bool, bool, bool) {
        (self.is_against(), self.state == CellState::Oppose, self.ad_referendum)
    }

    /// Of several positions the one that weighs most counts.
    fn weight(&self) -> impl Ord {
        let strict = match self.state {
            CellState::None | CellState::Lapsed => 0,
            CellState::Accept => 1,
            CellState::Reserve => 2,
            CellState::Oppose => 3,
        };
        (strict, self.ad_referendum, self.annotation.at_ms, &self.annotation.id)
    }
}
