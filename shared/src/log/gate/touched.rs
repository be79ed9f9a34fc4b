//! Which points an update touches, by where its blocks stand and where what it deletes stood.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Checked, Ledger, Named, Span, place::Place, schema::Spot};
use crate::id::PointId;

/// What of a point is touched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PointPart {
    /// Its words.
    Words,
    /// Its heading.
    Heading,
    /// What it waits for.
    After,
    /// What it stands below.
    Parent,
    /// Whether it is struck.
    Struck,
    /// Its label.
    Label,
    /// Something else of it.
    Rest,
}

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

    /// Calls `f` with each point that an update touches and what of it, and with the title; with some more than once. Of one that was
    /// not admitted yet these are the points that were there before.
    pub fn each_touched(&self, checked: &Checked, mut f: impl FnMut(PlanPart, PointPart)) {
        let mut touch = |place: Place| {
            if let Some(point) = self.part(place) {
                f(point, part(place.spot));
            }
        };
        checked.gains.iter().flat_map(|gain| &gain.places).for_each(|(_, place)| touch(*place));
        for span in &checked.deletions {
            self.each_place(*span, &mut |_, place| touch(place));
        }
    }

    /// Calls `f` with each stretch of words that an update types or takes away, and the point that they stand in. It must have been
    /// admitted.
    pub fn each_typed(&self, checked: &Checked, mut f: impl FnMut(PlanPart, Span)) {
        let mut typed = |place: Place, span: Span| {
            if let Some(point) = self.part(place).filter(|_| place.spot == Spot::Words && !place.in_map()) {
                f(point, span);
            }
        };
        for gain in &checked.gains {
            let ends = gain.places.iter().skip(1).map(|(start, _)| *start).chain([gain.clock_end]);
            for (&(start, place), end) in gain.places.iter().zip(ends) {
                typed(place, Span { client: gain.client, start, end });
            }
        }
        for span in &checked.deletions {
            self.each_place(*span, &mut |span, place| typed(place, span));
        }
    }

    /// The id of a point; it is looked for among all. The title has none.
    pub fn point_id(&self, part: PlanPart) -> Option<PointId> {
        match part {
            PlanPart::Title => None,
            PlanPart::Point(number) => self.rows.id(number)?.parse().ok(),
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

fn part(spot: Spot) -> PointPart {
    match spot {
        Spot::Words => PointPart::Words,
        Spot::Heading => PointPart::Heading,
        Spot::After | Spot::AfterPoint => PointPart::After,
        Spot::Parent => PointPart::Parent,
        Spot::Struck => PointPart::Struck,
        Spot::Label => PointPart::Label,
        _ => PointPart::Rest,
    }
}
