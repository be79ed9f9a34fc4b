//! Which parts of a plan an update touches, by where what it names stands, and what it adds and deletes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Checked, Ledger, Named, place::Place, schema::Spot};
use crate::id::PointId;

/// A part of a plan: the title, or a point by its number, which it keeps for ever ([`Ledger::points`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PlanPart {
    /// The title.
    Title,
    /// A point.
    Point(u32),
}

impl Ledger {
    /// The parts of the plan that an update touches which names so much. What stands in what the ledger does not know is left out.
    pub fn touched(&self, named: &Named) -> BTreeSet<PlanPart> {
        let mut parts: BTreeSet<PlanPart> = named.ids.iter().filter_map(|id| self.part(self.place(*id))).collect();
        for span in &named.deleted {
            self.each_place(*span, &mut |_, place| parts.extend(self.part(place)));
        }
        parts.extend(named.points.iter().filter_map(|id| self.rows.number(id)).map(PlanPart::Point));
        parts.extend(named.has_meta.then_some(PlanPart::Title));
        parts
    }

    /// Calls `f` with each part that an update touches, with some more than once. It must have been admitted.
    pub fn each_touched(&self, checked: &Checked, mut f: impl FnMut(PlanPart)) {
        let mut touch = |place: Place| self.part(place).into_iter().for_each(&mut f);
        checked.gains.iter().flat_map(|gain| &gain.places).for_each(|(_, place)| touch(*place));
        for span in &checked.deletions {
            self.each_place(*span, &mut |_, place| touch(place));
        }
    }

    fn part(&self, place: Place) -> Option<PlanPart> {
        let above = |row| self.rows.above(row);
        let row = match place.spot {
            _ if place.is_lost() => return None,
            Spot::Meta => return Some(PlanPart::Title),
            Spot::Schedule => above(place.row)?,
            spot if spot.is_in_schedule() => above(place.row)?,
            spot if spot == Spot::Point || spot.is_in_point() => place.row,
            _ => return None,
        };
        above(row).map(PlanPart::Point)
    }

    /// The part that a point is, or the title; `None` if there never was such a point.
    pub fn part_of(&self, point: Option<&PointId>) -> Option<PlanPart> {
        point.map_or(Some(PlanPart::Title), |point| self.rows.number(point.as_str()).map(PlanPart::Point))
    }

    /// The ids of all points that were ever there, each at its number.
    pub fn points(&self) -> Vec<&str> {
        let mut ids: Vec<(u32, &str)> = self.rows.ids().map(|(id, number)| (number, id)).collect();
        ids.sort_unstable();
        ids.into_iter().map(|(_, id)| id).collect()
    }
}
