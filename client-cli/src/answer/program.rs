//! Answers about the program itself.

use plenary_shared::id::PlanId;
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

/// Where one is and what waits.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Here<'a> {
    /// Who one is, in which conference, on which server, and in which replica.
    pub place: &'a str,
    /// The plans, the first dozen.
    pub plans: &'a [Waits],
    /// Plans that were not looked into.
    pub more: usize,
}

/// What waits on a plan.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Waits {
    /// The plan.
    pub plan: PlanId,
    /// Edits in this replica that are not sent yet.
    pub unsent: usize,
    /// Edits in this replica that the server did not take.
    pub refused: usize,
    /// Other parties' proposals that can be put in and to which one's own party has not replied.
    pub to_answer: usize,
    /// Words that others entered for one's own party, which has not confirmed them.
    pub entered: usize,
    /// Points that were merged and are not confirmed.
    pub merged: usize,
    /// Points of which one's own party accepted other words.
    pub lapsed: usize,
}
