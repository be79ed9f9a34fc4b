//! The points with their exact words, and which stands below which.

use super::Open;
use crate::{
    plan::{Outline, Point},
    words::{Exact, ExactWords},
};

/// A point of the plan.
pub(super) struct Place<'a> {
    pub point: &'a Point,
    pub exact: &'a Exact,
    /// The index of the point above.
    pub parent: Option<usize>,
    /// Struck, by itself or with a point above it.
    pub gone: bool,
}

/// All points in document order; one whose exact words are not given is left out.
pub(super) fn places<'a>(outline: &'a Outline, exact: &'a ExactWords) -> Vec<Place<'a>> {
    let mut places: Vec<Place> = Vec::with_capacity(outline.points.len());
    let mut path: Vec<usize> = Vec::new();
    for point in &outline.points {
        let Some(exact) = exact.get(&point.id) else { continue };
        while path.last().is_some_and(|above| places[*above].point.depth >= point.depth) {
            path.pop();
        }
        let parent = path.last().copied();
        let gone = point.struck || parent.is_some_and(|above| places[above].gone);
        path.push(places.len());
        places.push(Place { point, exact, parent, gone });
    }
    places
}

/// For each place what is open in it and below it, without what is struck there.
pub(super) fn sums(places: &[Place], open: impl Fn(&Place) -> Open) -> Vec<Open> {
    let mut sums: Vec<Open> = places.iter().map(open).collect();
    for (at, place) in places.iter().enumerate().rev() {
        if let Some(above) = place.parent.filter(|_| !place.point.struck) {
            sums[above].brackets = sums[above].brackets.saturating_add(sums[at].brackets);
            sums[above].spanned |= sums[at].spanned;
        }
    }
    sums
}
