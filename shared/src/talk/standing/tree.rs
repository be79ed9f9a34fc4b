//! The points with their exact words, and which stands below which.

use crate::text::{
    plan::{Outline, Point},
    words::{Exact, ExactWords},
};

/// A point of the plan.
pub(super) struct PointInTree<'a> {
    pub point: &'a Point,
    pub exact: &'a Exact,
    /// The index of the point above.
    pub parent: Option<usize>,
    /// Struck, by itself or with a point above it.
    pub gone: bool,
    /// The index of the point above with which it is struck; none for one that is struck by itself.
    pub struck_with: Option<usize>,
}

/// All points in document order; one whose exact words are not given is left out.
pub(super) fn places<'a>(outline: &'a Outline, exact: &'a ExactWords) -> Vec<PointInTree<'a>> {
    let mut places: Vec<PointInTree> = Vec::with_capacity(outline.points.len());
    let mut path: Vec<usize> = Vec::new();
    let struck = outline.struck();
    for point in &outline.points {
        let Some(exact) = exact.get(&point.id) else { continue };
        while path.last().is_some_and(|above| places[*above].point.depth >= point.depth) {
            path.pop();
        }
        let parent = path.last().copied();
        path.push(places.len());
        let gone = struck.contains(&point.id);
        let with = |above: usize| if places[above].point.struck { Some(above) } else { places[above].struck_with };
        let struck_with = parent.filter(|_| gone && !point.struck).and_then(with);
        places.push(PointInTree { point, exact, parent, gone, struck_with });
    }
    places
}

/// What there is at each place, with what there is below it added, but for what is struck there.
pub(super) fn upwards<T>(places: &[PointInTree], at_each: impl Fn(usize, &PointInTree) -> T, add: impl Fn(&mut T, &T)) -> Vec<T> {
    let mut sums: Vec<T> = places.iter().enumerate().map(|(at, place)| at_each(at, place)).collect();
    // From the end: what stands below a place comes behind it.
    for (at, place) in places.iter().enumerate().rev() {
        let (before, from) = sums.split_at_mut(at);
        let above = place.parent.filter(|_| !place.point.struck).and_then(|above| before.get_mut(above));
        if let (Some(above), Some(own)) = (above, from.first()) {
            add(above, own);
        }
    }
    sums
}
