//! Brackets that open in one point and close in another, and what is open in a whole plan.

use serde::{Deserialize, Serialize};

use super::Brackets;
use crate::id::PointId;

/// What only shows when the points of a plan are read one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Across {
    /// Brackets that span points, in the order in which they open.
    pub spanning: Vec<Spanning>,
    /// Marks that have no partner in any point, in document order.
    pub loose: Vec<LooseAt>,
    /// What is open in each point, in the order given.
    pub open: Vec<OpenCount>,
    /// What is open in all of them.
    pub open_total: usize,
}

/// A place in the words of a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The point.
    pub point: PointId,
    /// A byte of its words.
    pub at: usize,
}

/// A bracket that opens in one point and closes in a later one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spanning {
    /// Where its opening mark stands.
    pub from: Place,
    /// Where its closing mark stands.
    pub to: Place,
}

/// A mark without a partner in the whole plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LooseAt {
    /// Where it stands.
    pub place: Place,
    /// Whether it opens a bracket.
    pub opening: bool,
}

/// How much is open in a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCount {
    /// The point.
    pub point: PointId,
    /// Its brackets, nested ones included, those that open here and close in a later point, and its loose marks. A point in which
    /// a spanning bracket only closes, or that it passes over, does not count it.
    pub count: usize,
}

/// Reads the brackets of points in document order; struck points are better left out. As within a point, a mark closes the
/// nearest one that is open.
pub fn across<'a>(points: impl IntoIterator<Item = (&'a PointId, &'a Brackets)>) -> Across {
    let mut across = Across::default();
    let mut unclosed: Vec<(usize, Place)> = Vec::new();
    let mut spanning: Vec<(usize, Spanning)> = Vec::new();
    let mut loose: Vec<(usize, LooseAt)> = Vec::new();
    for (index, (point, brackets)) in points.into_iter().enumerate() {
        let mut count = brackets.open_count();
        for mark in &brackets.loose {
            let place = Place { point: point.clone(), at: mark.at };
            if mark.opening {
                unclosed.push((index, place));
            } else if let Some((opened, from)) = unclosed.pop() {
                spanning.push((opened, Spanning { from, to: place }));
                count -= 1;
            } else {
                loose.push((index, LooseAt { place, opening: false }));
            }
        }
        across.open_total += count;
        across.open.push(OpenCount { point: point.clone(), count });
    }
    loose.extend(unclosed.into_iter().map(|(index, place)| (index, LooseAt { place, opening: true })));
    loose.sort_by_key(|(index, loose)| (*index, loose.place.at));
    spanning.sort_by_key(|(index, spanning)| (*index, spanning.from.at));
    across.loose = loose.into_iter().map(|(_, loose)| loose).collect();
    across.spanning = spanning.into_iter().map(|(_, spanning)| spanning).collect();
    across
}
