//! Answers about a plan's text: what was shown, changed or written to a file.

use plenary_shared::{
    id::PlanId,
    script::{Applied, PointDone, Renumbered, Titled},
    talk::{dossier::EnteredWords, standing::Merged},
    text::{
        plan::{ChangeKind, Fault, Point},
        words::WordsDigest,
    },
};
use schemars::JsonSchema;
use serde::Serialize;
use std::{fmt, path::Path};

/// A plan, or a point with all below it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Shown<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// Its title.
    pub title: &'a str,
    /// The title was merged and not confirmed since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_merged: Option<&'a Merged>,
    /// The digest of its words, which `apply --expect` takes.
    pub digest: WordsDigest,
    /// The points in document order.
    pub points: Vec<PointShown<'a>>,
    /// What stands beside the points, in the root text of editors that know no points.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub beside: &'a str,
    /// What could not be taken as it stands in the document.
    pub faults: Vec<Said<'a, Fault>>,
}

/// A point of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PointShown<'a> {
    /// The point.
    #[serde(flatten)]
    pub point: &'a Point,
    /// The digest of its words and of all below it, which `apply --expect` and `accept --expect` take.
    pub digest: Option<WordsDigest>,
    /// It was merged and not confirmed since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged: Option<&'a Merged>,
    /// Its words that were entered for other parties.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entered: Vec<&'a EnteredWords>,
}

/// Something that is wrong, and the same in words.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Said<'a, F> {
    /// What it is.
    #[serde(flatten)]
    pub fault: &'a F,
    /// The sentence for people.
    pub message: String,
}

impl<'a, F: fmt::Display> Said<'a, F> {
    /// With its sentence.
    pub fn of(fault: &'a F) -> Self {
        Said { fault, message: fault.to_string() }
    }
}

/// A point that was edited.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PointChanged<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The point, and what became of it.
    #[serde(flatten)]
    pub done: &'a PointDone,
    /// It is kept.
    pub durable: bool,
}

/// The title that was changed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TitleChanged<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// What became of it.
    #[serde(flatten)]
    pub done: &'a Titled,
    /// It is kept.
    pub durable: bool,
}

/// Labels that were given anew.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Relabelled<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// What of the points changed.
    pub kind: ChangeKind,
    /// How many points.
    #[serde(flatten)]
    pub done: &'a Renumbered,
    /// It is kept.
    pub durable: bool,
}

/// A text that was put into a plan, or would be.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ImportShown<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The title that the text gives it, possibly empty.
    pub title: &'a str,
    /// The points that it makes, in the order of the text.
    pub points: Vec<PointRead<'a>>,
    /// What a reader of the text may miss in the plan.
    pub notices: Vec<NoticeRead<'a>>,
    /// It is kept; nothing is after a dry run.
    pub durable: bool,
}

/// A point that a text makes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PointRead<'a> {
    /// How many points are above it.
    pub depth: usize,
    /// Its label, possibly empty.
    pub label: &'a str,
    /// Its heading, possibly empty.
    pub heading: &'a str,
    /// Its words, possibly empty.
    pub words: &'a str,
}

/// Something of a text that is not in the plan as it stood there.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NoticeRead<'a> {
    /// Where, from 1.
    pub line: usize,
    /// What became of it.
    pub message: &'a str,
}

/// A script that was applied, or would be.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AppliedShown<'a> {
    /// What each edit did, and what it came to.
    #[serde(flatten)]
    pub applied: &'a Applied,
    /// The plan.
    pub plan: &'a PlanId,
    /// It is kept; nothing is after a dry run.
    pub durable: bool,
}

/// A document, or the file that it was written to.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Delivered<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The edition: `plain`, `clean` or `annotated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// The document.
    #[serde(flatten)]
    pub document: Document<'a>,
}

/// The text under the name of its language, or where it was written.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Document<'a> {
    /// Markdown.
    Markdown(&'a str),
    /// HTML.
    Html(&'a str),
    /// Comma-separated values.
    Csv(&'a str),
    /// A chart.
    Svg(&'a str),
    /// A file.
    #[serde(untagged)]
    File {
        /// Its path.
        output: &'a Path,
        /// Its size.
        bytes: usize,
    },
}
