//! A plan as Markdown, in and out. What is exported imports to the same plan: labels, headings, words, tree, what is struck, schedules.
//!
//! **What makes a point.** A heading (`## Article 3bis *(purpose)*`, one underlined with `===` or `---`, `**Article 5**` or `Article 5`
//! alone on a line), a numbered or lettered item in any script (`3bis. ...`, `(a) ...`, `第三条 ...`; see `marker`), a bullet, and each
//! paragraph outside of these; what is indented more than an item's marker stands below that item, and what follows a heading stands
//! below the heading. The first `#` heading is the title, or else the `title:` of the front matter; one that is longer than a title may
//! be is cut and kept whole as words. Labels are taken as they are written, with one space wherever there is white space, except that the
//! period after a number is Markdown's and not the label's. A line that was wrapped makes no point: `import` tells how. A bold lead-in
//! that ends in a period or a colon or stands alone (`**Heavy weapons.** Each Party`) is the point's heading, without its last period; an
//! all-italic heading beside a label loses its asterisks. Words are taken verbatim, emphasis, tables, code, notes and brackets included;
//! `[the map][source]` says itself where it leads.
//!
//! **What is dropped**, and nothing else: front matter that is no sentence, and links that nothing refers to (both are told, see
//! [`read`]), HTML comments that begin a line, lines across the page (`---`), kramdown's `{:...}` lines with the `* TOC` above them, and
//! what is only shape: indentation, markers, `#`, `**` around a lead-in, the dash between a label and its heading.
//!
//! **What is escaped.** A line of words that would be taken for shape carries a backslash (`1\. `, `\# `, `\(a) `); a blank line within
//! words is a line with a backslash alone; a backslash at the very end keeps the white space before it.
//!
//! **What Markdown has no form for** stands in a comment before the point: `<!-- plenary {"schedule":{...},"after":{"4":"done"}} -->`.

mod export;
mod import;
mod line;
mod marker;

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use yrs::TransactionMut;

use crate::{
    id::PointId,
    limits,
    text::plan::{self, After, EditError, Schedule, Texts},
};

pub use export::{BESIDE_THE_POINTS, export};
pub use import::{import, read};

pub(crate) use export::{LEVEL_MAX, LEVEL_TOP, item_marker, sections_from};

/// A plan that is not in a document yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draft {
    /// The title, possibly empty.
    pub title: String,
    /// The top-level points.
    pub points: Vec<DraftPoint>,
}

/// A point of a draft.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DraftPoint {
    /// The number it is cited by, possibly empty.
    pub label: String,
    /// Its heading, possibly empty.
    pub heading: String,
    /// Its words, possibly empty.
    pub words: String,
    /// Whether it is struck.
    pub struck: bool,
    /// Its schedule, without the points that come first.
    pub schedule: Schedule,
    /// The points that come first: by a label that is used once, or by `#n`, the n-th point in document order, from 1.
    pub after: BTreeMap<String, After>,
    /// The points below it.
    pub children: Vec<DraftPoint>,
}

/// A text that was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Imported {
    /// What it makes.
    pub draft: Draft,
    /// What a reader of the text may miss in it.
    pub notices: Vec<Notice>,
}

/// Something of a text that is not in the draft as it stood there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Where, from 1.
    pub line: usize,
    /// What became of it.
    pub what: String,
}

/// Why a text was not imported. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// More points than a plan holds.
    #[error("line {line}: the text makes more than {} points: import it in parts", limits::POINTS_MAX)]
    TooMany {
        /// Where the first one too many is.
        line: usize,
    },
    /// More levels than a plan has.
    #[error("line {line}: points nest more than {} levels deep: indent less here", limits::POINT_DEPTH_MAX)]
    TooDeep {
        /// Where.
        line: usize,
    },
    /// A character that is none of a text.
    #[error("line {line}: there is a control character: remove it")]
    Control {
        /// Where.
        line: usize,
    },
    /// A `<!-- plenary ... -->` comment that cannot be read.
    #[error("line {line}: the plenary comment cannot be read ({why}): correct it or remove the line")]
    BadComment {
        /// Where.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// A schedule that comes after something that is no point.
    #[error(
        "a schedule comes after {what:?}, which is not the label of exactly one point: give a label that is used once, or #n for the n-th point"
    )]
    UnknownAfter {
        /// What it names.
        what: String,
    },
}

/// What Markdown has no form for, as JSON in a comment before a point.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heading: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    struck: bool,
    /// Of a heading: the next paragraph is the point's own words, not a point below it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    words: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<Schedule>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    after: BTreeMap<String, After>,
}

/// The label and the heading of a heading's text: `Annex A: Map` is `Annex A` and `Map`.
pub fn label_and_heading(text: &str) -> (String, String) {
    let (label, heading) = line::split_label(text);
    (label.into_owned(), heading.to_owned())
}

/// Fills an empty plan with a draft; `ids` gives each point, in document order, a new id.
pub fn write_draft(txn: &mut TransactionMut, draft: &Draft, ids: &mut dyn FnMut() -> PointId) -> Result<(), EditError> {
    let flat = flatten(draft).ok_or(EditError::TooDeep)?;
    let labels = Labels::new(flat.iter().map(|(point, _)| point.label.as_str()));
    let points: Vec<_> = flat
        .iter()
        .map(|(point, parent)| {
            let texts = Texts { label: &point.label, heading: &point.heading, words: &point.words };
            (ids(), texts, *parent, point.struck)
        })
        .collect();
    let mut schedules = Vec::new();
    for (at, (point, _)) in flat.iter().enumerate() {
        let mut schedule = point.schedule.clone();
        for (what, after) in &point.after {
            let of = labels.find(what).ok_or_else(|| EditError::UnknownAfter { what: what.clone() })?;
            schedule.after.insert(points[of].0.clone(), *after);
        }
        schedules.push((at, schedule));
    }
    plan::fill(txn, &points)?;
    plan::set_title(txn, &draft.title)?;
    for (at, schedule) in schedules {
        plan::set_schedule(txn, &points[at].0, &schedule)?;
    }
    Ok(())
}

/// All points in document order, each with the index of its parent; `None` if they nest too deep.
fn flatten(draft: &Draft) -> Option<Vec<(&DraftPoint, Option<usize>)>> {
    let mut flat = Vec::new();
    let mut stack: Vec<_> = draft.points.iter().rev().map(|point| (point, None, 0)).collect();
    while let Some((point, parent, depth)) = stack.pop() {
        if depth >= limits::POINT_DEPTH_MAX {
            return None;
        }
        let at = flat.len();
        flat.push((point, parent));
        stack.extend(point.children.iter().rev().map(|child| (child, Some(at), depth + 1)));
    }
    Some(flat)
}

/// Finds points by the names that `after` uses.
struct Labels<'a> {
    once: HashMap<&'a str, Option<usize>>,
    count: usize,
}

impl<'a> Labels<'a> {
    fn new(labels: impl Iterator<Item = &'a str>) -> Self {
        let mut once = HashMap::new();
        let mut count = 0;
        for label in labels {
            once.entry(label).and_modify(|at| *at = None).or_insert(Some(count));
            count += 1;
        }
        Labels { once, count }
    }

    fn find(&self, what: &str) -> Option<usize> {
        if let Some(number) = what.strip_prefix('#') {
            return number.parse::<usize>().ok()?.checked_sub(1).filter(|at| *at < self.count);
        }
        self.once.get(what).copied().flatten()
    }

    fn name(&self, at: usize, label: &str) -> String {
        let plain = !label.is_empty() && !label.starts_with('#') && self.find(label) == Some(at);
        if plain { label.to_owned() } else { format!("#{}", at + 1) }
    }
}

#[cfg(test)]
pub(crate) mod tests;
