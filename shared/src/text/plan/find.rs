//! Finding a point by what people type: a label, a path of labels, or an id.

use std::collections::HashMap;

use super::{Outline, Point, label, read::shown};

/// Why nothing, or not one thing, was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// Nothing has this label or id.
    #[error(
        "no point {what:?}: give a label as the plan shows it (such as \"5 bis\"), a path of labels (such as \"5/(a)\") or an id"
    )]
    Unknown {
        /// What was looked for.
        what: String,
    },
    /// Several points fit.
    #[error("{what:?} fits {} points: {}; give the path of one, or its id with # before it", candidates.len(), candidates.join(", "))]
    Ambiguous {
        /// What was looked for.
        what: String,
        /// What fits, each as `path (#id)`; the first 20.
        candidates: Vec<String>,
    },
}

impl Outline {
    /// The point with this label or id. Spaces do not count (`5bis` is `5 bis`), nor case and brackets where nothing fits with them
    /// (`a` finds `(a)`). Labels of several levels joined by `/` narrow the search: `5/(a)` is `(a)` somewhere below `5`, and a
    /// leading `/` starts at the top level. An id may stand in round brackets, as that of a point without a label is shown. With `#` before
    /// it, it is an id and nothing else: whoever drafts may give a new point a label that is the id of another.
    pub fn find(&self, what: &str) -> Result<&Point, FindError> {
        if let Some(id) = what.trim().strip_prefix('#') {
            let found = self.points.iter().find(|point| point.id.as_str() == id);
            return found.ok_or_else(|| FindError::Unknown { what: shown(what) });
        }
        let by_id = |point: &&Point| point.id.as_str() == what.trim();
        let mut found: Vec<&Point> = self.by_path(what, label::Form::Exact);
        if found.is_empty() {
            found = self.by_path(what, label::Form::Plain);
        }
        if found.is_empty() {
            found = self.points.iter().filter(by_id).collect();
        } else {
            let labelled: Vec<_> = found.iter().map(|point| &point.id).collect();
            let other: Vec<_> = self.points.iter().filter(by_id).filter(|point| !labelled.contains(&&point.id)).collect();
            found.extend(other);
        }
        if found.is_empty() {
            found = self.by_path(what, label::Form::Bare);
        }
        let as_shown = what.trim().strip_prefix('(').and_then(|what| what.strip_suffix(')'));
        if let Some(id) = as_shown.filter(|_| found.is_empty()) {
            found = self.points.iter().filter(|point| point.id.as_str() == id).collect();
        }
        match found[..] {
            [] => Err(FindError::Unknown { what: shown(what) }),
            [point] => Ok(point),
            _ => Err(FindError::Ambiguous {
                what: shown(what),
                candidates: found.iter().take(20).map(|point| format!("{} (#{})", self.path(point), point.id)).collect(),
            }),
        }
    }

    /// The labels from the top level down to `point`, joined by `/`; `-` stands for a point without a label.
    pub fn path(&self, point: &Point) -> String {
        let mut labels = vec![point];
        while let Some(parent) = labels[labels.len() - 1].parent.as_ref().and_then(|id| self.get(id)) {
            labels.push(parent);
            if labels.len() > crate::limits::POINT_DEPTH_MAX {
                break;
            }
        }
        let names = labels.iter().rev().map(|point| if point.label.is_empty() { "-" } else { &point.label });
        names.collect::<Vec<_>>().join("/")
    }

    fn by_path(&self, what: &str, form: label::Form) -> Vec<&Point> {
        let from_top = what.trim().starts_with('/');
        let steps: Vec<String> = what.split('/').map(|step| form.of(step)).filter(|step| !step.is_empty()).collect();
        let Some((last, above)) = steps.split_last() else { return Vec::new() };
        let apart = if above.is_empty() && !from_top { &[][..] } else { &self.points[..] };
        let by_id: HashMap<_, _> = apart.iter().map(|point| (&point.id, point)).collect();
        let fits = |point: &&Point| {
            if !form.is(&point.label, last) {
                return false;
            }
            // The nearest ancestors that fit, from the inside out.
            let mut here = *point;
            let mut left = above.len();
            for _ in 0..crate::limits::POINT_DEPTH_MAX {
                let Some(parent) = here.parent.as_ref().and_then(|id| by_id.get(id)) else { break };
                here = parent;
                if left > 0 && form.is(&here.label, &above[left - 1]) {
                    left -= 1;
                } else if from_top {
                    return false;
                }
            }
            left == 0
        };
        self.points.iter().filter(fits).collect()
    }
}
