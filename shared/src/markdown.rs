//! A plan as Markdown, in and out.

use yrs::TransactionMut;

use crate::{
    id::PointId,
    plan::{EditError, Outline},
};

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
    /// Its label.
    pub label: String,
    /// Its heading.
    pub heading: String,
    /// Its words.
    pub words: String,
    /// Whether it is struck.
    pub struck: bool,
    /// The points below it.
    pub children: Vec<DraftPoint>,
}

/// Why a text was not imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Too large.
    #[error("the text makes more than {} points: import it in parts", crate::limits::POINTS_MAX)]
    TooMany,
}

/// Reads a draft from Markdown.
pub fn import(text: &str) -> Result<Draft, ImportError> {
    Ok(Draft { title: String::new(), points: vec![DraftPoint { words: text.to_owned(), ..DraftPoint::default() }] })
}

/// Fills an empty plan.
pub fn write_draft(_txn: &mut TransactionMut, _draft: &Draft, _ids: &mut dyn FnMut() -> PointId) -> Result<(), EditError> {
    Ok(())
}

/// Writes a plan as Markdown.
pub fn export(outline: &Outline) -> String {
    outline.points.iter().map(|point| format!("{}. {}\n", point.label, point.words)).collect()
}
