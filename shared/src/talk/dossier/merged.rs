//! The points that were merged, and for whom that has ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

use super::Dossier;
use crate::{
    id::PointId,
    talk::standing::{Matrix, Merged},
    text::{marks::Unconfirmed, plan::Outline},
};

/// The points of a plan that were merged and not confirmed since: the title first, then in document order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MergedView {
    /// The points.
    pub merged: Vec<MergedPoint>,
}

/// A point that was merged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MergedPoint {
    /// Its label; empty for the title.
    pub label: String,
    /// Its heading, or the title.
    pub heading: String,
    /// Of what it was merged, and for whom that has ended.
    #[serde(flatten)]
    pub merged: Merged,
}

/// A plan as people see it, and what of it was merged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutlineView {
    /// The plan.
    #[serde(flatten)]
    pub outline: Outline,
    /// Which points were merged and not confirmed since, and from what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<Unconfirmed>,
}

impl Dossier {
    /// The points that were merged.
    pub fn merged(&self) -> MergedView {
        if self.marks.is_empty() {
            return MergedView { merged: Vec::new() };
        }
        let mut standing: HashMap<PointId, _> =
            self.standing().points.into_iter().map(|point| (point.point.clone(), point)).collect();
        let point = |mark: &Unconfirmed| {
            let standing = mark.point.as_ref().and_then(|point| standing.remove(point));
            let (label, heading, merged) = match standing {
                Some(point) => (point.label, point.heading, point.merged),
                None if mark.point.is_none() => (String::new(), self.text.outline.title.clone(), None),
                None => Default::default(),
            };
            MergedPoint { label, heading, merged: merged.unwrap_or_else(|| Merged { mark: mark.clone(), accepted: Vec::new() }) }
        };
        MergedView { merged: self.marks.iter().map(point).collect() }
    }

    /// The plan, with what of it was merged.
    pub fn outline(&self) -> OutlineView {
        OutlineView { outline: self.text.outline.clone(), merged: self.marks.clone() }
    }

    /// Says of each point of a matrix whether it was merged.
    pub(super) fn mark(&self, matrix: &mut Matrix) {
        let marks: HashMap<_, _> = self.marks.iter().filter_map(|mark| Some((mark.point.as_ref()?, mark))).collect();
        for point in &mut matrix.points {
            let Some(mark) = marks.get(&point.point).copied() else { continue };
            point.merged = Some(Merged::of(mark, &point.cells));
        }
    }
}
