//! The plan as it stood a moment ago, beside a document that goes on: what changed in between costs what was touched.

use std::collections::{BTreeSet, HashMap};

use super::{Replay, ReplayError, touched::Touched};
use crate::{
    id::PointId,
    text::plan::{Change, Outline, Point, changes, changes_among, title},
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
        Ok(self.between(&before, &of(&self.outline)))
    }

    /// What a point was called.
    fn label(&self, point: &PointId) -> Option<&str> {
        self.index.get(point).map(|at| self.outline.points[*at].label.as_str())
    }

    /// The plan as it stood.
    pub(super) fn outline(&self) -> &Outline {
        &self.outline
    }

    /// A point alone as it stood, or with none the title; `None` if there was no such point.
    pub(super) fn part(&self, part: &Option<PointId>) -> Option<Outline> {
        Some(match part {
            Some(point) => Outline { points: vec![self.outline.points[*self.index.get(point)?].clone()], ..Outline::default() },
            None => Outline { title: self.outline.title.clone(), ..Outline::default() },
        })
    }

    /// The same as it stands now, where it stood.
    pub(super) fn part_now(&self, replay: &mut Replay, part: &Option<PointId>) -> Result<Outline, ReplayError> {
        let mut outline = self.part(part).unwrap_or_default();
        replay.look(|txn| match part {
            Some(_) => outline.reread(txn, 0),
            None => outline.title = title(txn),
        })?;
        Ok(outline)
    }

    /// What changed between two states of a part of it.
    pub(super) fn between(&self, before: &Outline, after: &Outline) -> Vec<Change> {
        changes_among(before, after, |point| self.label(point).map(str::to_owned))
    }
}

fn index(outline: &Outline) -> HashMap<PointId, usize> {
    outline.points.iter().enumerate().map(|(at, point)| (point.id.clone(), at)).collect()
}
