//! Which points an update touches, by where its blocks stand and where what it deletes stood.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Checked, Ledger, PlanPart, place::Place};
use crate::id::PointId;

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
    /// Calls `f` with each point that an update touches, and with the title; with some more than once. Of one that was not
    /// admitted yet these are the points that were there before.
    pub fn each_touched(&self, checked: &Checked, mut f: impl FnMut(PointNumber)) {
        let mut touch = |place: Place| self.part(place).map(PointNumber::from).into_iter().for_each(&mut f);
        checked.gains.iter().flat_map(|gain| &gain.places).for_each(|(_, place)| touch(*place));
        for span in &checked.deletions {
            self.each_place(*span, &mut |_, place| touch(place));
        }
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
