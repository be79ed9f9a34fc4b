//! Scripted edits: one type for each kind of edit, applied all or none. The command line's verbs, its scripts and `POST
//! .../edits` all make their edits here, so that each kind is done one way, offline and on the server.
//!
//! Reading order: [`Script`] and [`Edit`] are what is written, by hand or by a program; [`run()`] makes the edits on a [`Desk`];
//! [`Applied`] tells what was done and [`ScriptError`] why nothing was.

mod done;
mod edit;
mod error;
mod once;
mod parse;
mod readers;
mod run;
mod stretch;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use yrs::Doc;

use crate::{
    bounded,
    id::{AnnotationId, LayerId, PartyId, PointId},
    people, script,
    text::{
        plan::{Change, ChangeKind},
        words::WordsDigest,
    },
};

pub use done::{
    Done, EntryDone, In, Mark, Marked, Moved, PointDone, PutInDone, Renumbered, Scheduled, Stood, TabledDone, Titled, Wrote,
};
pub use edit::{
    Accept, Add, Delete, Edit, Heading, Insert, Label, Move, Nature, Note, OfAnnotation, OfPoint, OnDesk, Oppose, Own, Propose,
    PutIn, Renumber, Replace, Reply, Reserve, Schedule, Settle, Table, Title, Withdraw, Words,
};
pub use error::{Advice, ScriptError, Why};
pub use once::{ONCE, Once, once, once_of};
pub use parse::schema;
pub use readers::{reaches, read_by};
pub use run::{expected, run};
pub use stretch::name;

/// Edits that are made all or none.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// In their order, at most [`crate::limits::SCRIPT_EDITS_MAX`].
    #[serde(deserialize_with = "bounded::at_most::<_, _, { crate::limits::SCRIPT_EDITS_MAX }>")]
    pub edits: Vec<Edit>,
    /// What must stand in the plan before the first of them; at most as many as edits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(deserialize_with = "bounded::at_most::<_, _, { crate::limits::SCRIPT_EDITS_MAX }>")]
    pub expect: Vec<Expect>,
    /// The last record of the plan's log that its author had seen of what it changes: what others changed since is put together with it as
    /// with an edit that was made away from the server. It changes the text alone then. If it expects words they are those that stand there
    /// now, and it is refused where what others changed would stand beside what it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<u64>,
    /// A key of the party's choice, unique on the plan: under one key the edits are made once, however often they are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub once: Option<String>,
    /// Only tell what would be done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// Words that must still be those that a script's author saw.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The point, with all below it: a label, a path of labels, or an id. None: the whole plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<String>,
    /// The digest of its words ([`crate::text::words`]).
    pub digest: WordsDigest,
}

/// What a script works on: copies of the documents, under fresh client ids. They are changed, and what became of them is to be
/// thrown away if the script fails.
pub struct Desk {
    /// Who makes the edits.
    pub member: people::Member,
    /// Whether that member may change the words.
    pub write: bool,
    /// The text.
    pub text: Doc,
    /// The layers that are needed ([`needs`]) of those that the member may read.
    pub layers: Vec<Sheet>,
    /// The parties of the conference.
    pub parties: BTreeSet<PartyId>,
    /// Milliseconds since 1970-01-01 UTC.
    pub now_ms: u64,
}

/// A layer on the desk.
pub struct Sheet {
    /// Whose it is, who reads it, whether the member may write in it.
    pub layer: people::Layer,
    /// Its document.
    pub doc: Doc,
}

/// What a script did.
#[derive(Debug)]
pub struct Ran {
    /// What is told of it.
    pub applied: Applied,
    /// What it changed, by document: none for the text, else a layer of the member's own party.
    pub updates: Vec<(Option<LayerId>, Vec<u8>)>,
    /// The key that was written with it.
    pub once: Option<script::Once>,
}

/// What is told of a script that ran.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Applied {
    /// One for each edit.
    pub done: Vec<Done>,
    /// What changed in the text, as a redline shows it.
    pub changes: Vec<Change>,
    /// The edits beside which what others made of the same stands now, in brackets or as a list: somebody should look at them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bracketed: Vec<BracketedEdit>,
    /// It had been done already under the same key: nothing was changed now.
    pub repeated: bool,
    /// It only tells what would be done.
    pub dry_run: bool,
    /// What the party is to know: its share of a log is nearly used up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
}

/// An edit that others' stands beside, because they had changed the same.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BracketedEdit {
    /// Which edit of the script, from 1.
    pub line: usize,
    /// The point.
    pub point: PointId,
    /// Its label.
    pub label: String,
}

impl Applied {
    /// Says that of some points what stands side by side now is of these kinds.
    pub fn bracket(&mut self, beside: &[(Option<PointId>, ChangeKind)]) {
        for (at, done) in self.done.iter().enumerate() {
            let Some((point, kind, label)) = done.changed() else { continue };
            if beside.iter().any(|(which, what)| which.as_ref() == Some(point) && *what == kind) {
                self.bracketed.push(BracketedEdit { line: at + 1, point: point.clone(), label: label.to_owned() });
            }
        }
    }
}

/// Makes new ids, at random: for points and annotations.
pub trait NewIds {
    /// An id for a point.
    fn point(&mut self) -> PointId;
    /// An id for an annotation.
    fn annotation(&mut self) -> AnnotationId;
}

/// Which layers a script needs.
pub fn needs(script: &Script) -> OnDesk {
    let key = if script.once.is_some() { OnDesk::Own } else { OnDesk::Text };
    script.edits.iter().map(|edit| edit.nature().needs).max().unwrap_or(OnDesk::Text).max(key)
}

/// Whether a script holds only for the words as it found them, even where it changes none.
pub fn rests_on_text(script: &Script) -> bool {
    !script.expect.is_empty() || script.edits.iter().any(|edit| edit.nature().rests_on_text)
}
