//! Answers about the program itself.

use schemars::JsonSchema;
use serde::Serialize;

/// Completions for a shell.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Completions<'a> {
    /// The shell.
    pub shell: String,
    /// What it is to read.
    pub script: &'a str,
}

/// What there is a schema of.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Verbs {
    /// The verbs, `errors` and `events`.
    pub verbs: Vec<&'static str>,
}

/// A chapter of the manual.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ChapterShown {
    /// Its name.
    pub chapter: &'static str,
    /// Its text.
    pub markdown: &'static str,
}
