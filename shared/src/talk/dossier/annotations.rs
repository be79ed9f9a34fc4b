//! The annotations that a member may read, as a list.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Dossier, Entered};
use crate::{
    id::{LayerId, PartyId},
    people::Audience,
    talk::{
        layer::{Annotation, LayerFault},
        proposal::Proposed,
    },
    text::{redline::Shares, stretch::Stretch},
};

/// All annotations that a member may read, by point in document order, then by place in the words, then by time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnnotationsView {
    /// The annotations.
    pub annotations: Vec<AnnotationView>,
    /// What could not be read in the layers.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub faults: Vec<LayerFault>,
}

/// An annotation with whose it is, who reads it, where it stands and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnnotationView {
    /// Whose it is.
    pub party: PartyId,
    /// The layer that it stands in.
    pub layer: LayerId,
    /// Who reads it.
    pub audience: Audience,
    /// The label of its point; empty if that has none or is not in the plan.
    pub label: String,
    /// Where it stands.
    pub stretch: Stretch,
    /// The words that it stands on now, if they are others than the quoted ones; none for one about the whole point or if they
    /// are gone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub now: Option<String>,
    /// For a proposal: what it would change today, and what became of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proposed: Option<Proposed>,
    /// The seat of who wrote it has ended since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub seat_ended: bool,
    /// For which other party it was entered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub entered: Option<Entered>,
    /// What it says.
    #[serde(flatten)]
    pub annotation: Annotation,
}

impl Dossier {
    /// The annotations as a list.
    pub fn annotations(&self) -> AnnotationsView {
        let points: std::collections::HashMap<_, _> = self.text.outline.points.iter().map(|point| (&point.id, point)).collect();
        // What is said once in a layer can be shown ten thousand times: each party has its share of that.
        let mut shares = Shares::among(self.entries.iter().map(|entry| &entry.party));
        let view = |entry: &super::Entry| {
            let (annotation, stretch) = (&entry.annotation, &entry.stretch);
            let point = points.get(&annotation.point).copied();
            let words = point.filter(|_| matches!(stretch, Stretch::Changed { .. }));
            let now = words.and_then(|point| point.words.get(stretch.range(&point.words)?));
            AnnotationView {
                party: entry.party.clone(),
                layer: entry.layer.clone(),
                audience: entry.audience.clone(),
                label: point.map(|point| point.label.clone()).unwrap_or_default(),
                stretch: stretch.clone(),
                now: now.filter(|now| shares.take(&entry.party, now.len())).map(str::to_owned),
                proposed: Proposed::of((annotation, &entry.party), stretch, entry.became, point, &mut shares),
                seat_ended: self.has_ended(annotation.by.as_ref()),
                entered: entry.entered.clone(),
                annotation: annotation.clone(),
            }
        };
        AnnotationsView { annotations: self.entries.iter().map(view).collect(), faults: self.faults.clone() }
    }
}
