//! Finding a point by what people type: a label, a path of labels, an id, or what they say (`spoken`).

mod spoken;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::{Outline, Point, label, read::shown};

/// What stands between the first and the last of several points.
const DASHES: [char; 2] = ['-', '–'];

/// Candidates that are named; the rest is counted.
const NAMED_MAX: usize = 20;

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
    #[error("{what:?} fits {count} points; give one of these: {}", candidates.join(" "))]
    Ambiguous {
        /// What was looked for.
        what: String,
        /// How many fit.
        count: usize,
        /// What finds each alone, in quotation marks as a shell reads them; the first 20.
        candidates: Vec<String>,
    },
}

impl Outline {
    /// The point with this label or id. Spaces do not count (`5bis` is `5 bis`), nor case and brackets where nothing fits with them
    /// (`a` finds `(a)`). Labels of several levels joined by `/` narrow the search: `5/(a)` is `(a)` somewhere below `5`, and a
    /// leading `/` starts at the top level. An id may stand in round brackets, as that of a point without a label is shown. With `#` before
    /// it, it is an id and nothing else: whoever drafts may give a new point a label that is the id of another. What is none of these may
    /// be what people say: `4(a)`, `Art. 3`, `article 3(1)`, `§ 6`.
    pub fn find(&self, what: &str) -> Result<&Point, FindError> {
        match self.fitting(what)[..] {
            [] => Err(FindError::Unknown { what: shown(what) }),
            [point] => Ok(point),
            ref found => Err(FindError::Ambiguous {
                what: shown(what),
                count: found.len(),
                candidates: found.iter().take(NAMED_MAX).map(|point| self.name_alone(point)).collect(),
            }),
        }
    }

    /// All that fits, by the first way in which anything does.
    fn fitting(&self, what: &str) -> Vec<&Point> {
        let with_id = |id: &str| self.points.iter().filter(|point| point.id.as_str() == id).collect::<Vec<_>>();
        if let Some(id) = what.trim().strip_prefix('#') {
            return with_id(id);
        }
        let mut found = self.by_path(what, label::Form::Exact);
        if found.is_empty() {
            found = self.by_path(what, label::Form::Plain);
        }
        for point in with_id(what.trim()) {
            if found.iter().all(|labelled| labelled.id != point.id) {
                found.push(point);
            }
        }
        if found.is_empty() {
            found = self.by_path(what, label::Form::Bare);
            // `5-8` goes from 5 to 8, and is not 5.8.
            found.retain(|point| !is_range(what) || point.label.contains(DASHES));
        }
        let as_shown = what.trim().strip_prefix('(').and_then(|what| what.strip_suffix(')'));
        if let Some(id) = as_shown.filter(|_| found.is_empty()) {
            found = with_id(id);
        }
        if found.is_empty() && !is_range(what) { spoken::find(self, what) } else { found }
    }

    /// What finds this point and no other: its path, or its id.
    fn name_alone(&self, point: &Point) -> String {
        let path = self.path(point);
        let finds_it = |name: &String| {
            let plain = !name.contains(|c: char| c == '\'' || c.is_control());
            plain && matches!(self.fitting(name)[..], [found] if found.id == point.id)
        };
        let name = [path.clone(), format!("/{path}")].into_iter().find(finds_it);
        format!("'{}'", name.unwrap_or_else(|| format!("#{}", point.id)))
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

/// Whether this may be from one point to another; `5-bis` is one.
fn is_range(what: &str) -> bool {
    let behind = what.rsplit_once(DASHES).map(|(_, behind)| behind.trim().to_lowercase());
    behind.is_some_and(|behind| !label::is_ordinal(behind.trim_end_matches('.')))
}
