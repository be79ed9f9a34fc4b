//! Scripted edits: one type for each kind of edit, applied all or none. The command line's verbs, its scripts and `POST .../edits` all make their
//! edits here, so that each kind is done one way, offline and on the server.

mod run;

use serde::{Deserialize, Serialize};
use yrs::Doc;

use crate::{
    api,
    id::{AnnotationId, LayerId, PointId},
    plan::Change,
};

pub use run::run;

/// Edits that are made all or none.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// In their order.
    pub edits: Vec<Edit>,
}

/// One edit.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Edit {}

/// What a script works on: copies of the documents, under fresh client ids. They are changed, and what became of them is to be
/// thrown away if the script fails.
pub struct Desk {
    /// Who makes the edits.
    pub member: api::Member,
    /// Whether that member may change the words.
    pub write: bool,
    /// The text.
    pub text: Doc,
    /// The layers that are needed ([`needs`]) of those that the member may read.
    pub layers: Vec<Sheet>,
    /// Points that were merged and that nobody has looked at: they are not accepted.
    pub unconfirmed: Vec<PointId>,
    /// Milliseconds since 1970-01-01 UTC.
    pub now_ms: u64,
}

/// A layer on the desk.
pub struct Sheet {
    /// Whose it is, who reads it, whether the member may write in it.
    pub layer: api::Layer,
    /// Its document.
    pub doc: Doc,
}

/// Which layers a script needs on its desk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Needs {
    /// None.
    Text,
    /// Those of the member's own party.
    Own,
    /// All that the member may read.
    All,
}

/// What a script did.
#[derive(Debug)]
pub struct Ran {
    /// What is told of it.
    pub applied: Applied,
    /// What it changed, by document: none for the text, else a layer of the member's own party.
    pub updates: Vec<(Option<LayerId>, Vec<u8>)>,
    /// The key that was written with it.
    pub once: Option<api::Once>,
}

/// What is told of a script that ran.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Applied {
    /// One for each edit.
    pub done: Vec<Done>,
    /// What changed in the text, as a redline shows it.
    pub changes: Vec<Change>,
    /// It had been done already under the same key: nothing was changed now.
    pub repeated: bool,
    /// It only tells what would be done.
    pub dry_run: bool,
}

/// What one edit did.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Done {}

/// Makes new ids, at random: for points and annotations.
pub trait NewIds {
    /// An id for a point.
    fn point(&mut self) -> PointId;
    /// An id for an annotation.
    fn annotation(&mut self) -> AnnotationId;
}

/// Why a script was not applied. Nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("line {line}: {field}: found {found}, expected {expected}")]
pub struct ScriptError {
    /// Which edit, from 1.
    pub line: usize,
    /// Which field of it, as a path.
    pub field: String,
    /// What stands there, or what it was compared with.
    pub found: String,
    /// What should.
    pub expected: String,
}

/// Which layers a script needs.
pub fn needs(_script: &Script) -> Needs {
    Needs::All
}
