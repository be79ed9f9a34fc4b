//! Which points an update touches, by where its blocks stand and where what it deletes stood.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Checked, Ledger, PlanPart, Span, place::Place, schema::Spot};
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

/// A point of a plan, or its title, as a ledger counts them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct PointNumber(u32);

impl PointNumber {
    /// The title.
    pub const TITLE: Self = Self(u32::MAX);
}

impl From<PlanPart> for PointNumber {
    fn from(part: PlanPart) -> Self {
        match part {
            PlanPart::Title => Self::TITLE,
            PlanPart::Point(number) => Self(number),
        }
    }
}

impl Ledger {
    /// Calls `f` with each point that an update touches and what of it, and with the title; with some more than once. It must have been
    /// admitted.
    pub fn each_touched(&self, checked: &Checked, mut f: impl FnMut(PointNumber, PointPart)) {
        let mut touch = |place: Place| {
            if let Some(point) = self.part(place) {
                f(point.into(), part(place.spot));
            }
        };
        checked.gains.iter().flat_map(|gain| &gain.places).for_each(|(_, place)| touch(*place));
        for span in &checked.deletions {
            self.each_place(*span, &mut |_, place| touch(place));
        }
    }

    /// Calls `f` with each stretch of words that an update types or takes away, and the point that they stand in. It must have been
    /// admitted.
    pub fn each_typed(&self, checked: &Checked, mut f: impl FnMut(PointNumber, Span)) {
        let mut typed = |place: Place, span: Span| {
            if let Some(point) = self.part(place).filter(|_| place.spot == Spot::Words && !place.in_map()) {
                f(point.into(), span);
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
    pub fn point_id(&self, point: PointNumber) -> Option<PointId> {
        self.rows.id(point.0)?.parse().ok()
    }

    /// The number of a point, or of the title; `None` if there never was such a point.
    pub fn number_of(&self, point: Option<&PointId>) -> Option<PointNumber> {
        point.map_or(Some(PointNumber::TITLE), |point| self.rows.number(point.as_str()).map(PointNumber))
    }

    /// The ids of all points that were ever there; the title has none.
    pub fn point_ids(&self) -> HashMap<PointNumber, &str> {
        self.rows.ids().map(|(id, number)| (PointNumber(number), id)).collect()
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
