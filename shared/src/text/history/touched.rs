//! What a record touched.

use std::collections::BTreeSet;

use crate::id::PointId;

/// What a record touched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// The plan's title.
    pub title: bool,
    /// Points that came, went, or of which anything changed.
    pub points: BTreeSet<PointId>,
    /// Whether points came, went or were moved.
    pub tree: bool,
}

impl Touched {
    /// The points; none is the title.
    pub fn parts(&self) -> impl Iterator<Item = Option<PointId>> {
        self.points.iter().cloned().map(Some).chain(self.title.then_some(None))
    }

    /// Whether it touched a point, or with none the title.
    pub fn is_of(&self, point: &Option<PointId>) -> bool {
        point.as_ref().map_or(self.title, |point| self.points.contains(point))
    }

    /// Whether it touched nothing that is shown.
    pub fn is_nothing(&self) -> bool {
        !self.title && self.points.is_empty()
    }

    pub(super) fn add(&mut self, other: Touched) {
        self.title |= other.title;
        self.tree |= other.tree;
        self.points.extend(other.points);
    }
}
