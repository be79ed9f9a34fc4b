//! The plan as it stood a moment ago, beside a document that goes on: what changed in between costs what was touched.

use std::collections::{BTreeSet, HashMap};

use super::{Replay, ReplayError, touched::Touched};
use crate::{
    id::PointId,
    text::plan::{Change, Outline, Point, changes, changes_among},
};

/// The plan as it stood.
pub struct Tracker {
    outline: Outline,
    /// Where in the outline each point is.
    index: HashMap<PointId, usize>,
}

impl Tracker {
    /// As it stands now.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`].
    pub fn new(replay: &mut Replay) -> Result<Self, ReplayError> {
        let outline = replay.outline()?;
        Ok(Self { index: index(&outline), outline })
    }

    /// What changed since, given all that was touched since; from now on it is the plan as it stands now.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`].
    pub fn changes(&mut self, replay: &mut Replay, touched: &Touched) -> Result<Vec<Change>, ReplayError> {
        if touched.tree || touched.title {
            let before = std::mem::replace(&mut self.outline, replay.outline()?);
            self.index = index(&self.outline);
            return Ok(changes(&before, &self.outline));
        }
        let places: BTreeSet<usize> = touched.points.iter().filter_map(|point| self.index.get(point)).copied().collect();
        let of = |outline: &Outline| {
            let points: Vec<Point> = places.iter().map(|at| outline.points[*at].clone()).collect();
            Outline { points, ..Outline::default() }
        };
        let before = of(&self.outline);
        replay.look(|txn| places.iter().for_each(|at| self.outline.reread(txn, *at)))?;
        let label = |id: &PointId| self.index.get(id).map(|at| self.outline.points[*at].label.clone());
        Ok(changes_among(&before, &of(&self.outline), label))
    }
}

fn index(outline: &Outline) -> HashMap<PointId, usize> {
    outline.points.iter().enumerate().map(|(at, point)| (point.id.clone(), at)).collect()
}
