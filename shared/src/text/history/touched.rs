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
    pub(super) fn add(&mut self, other: Touched) {
        self.title |= other.title;
        self.tree |= other.tree;
        self.points.extend(other.points);
    }
}
