//! What a sync did, as it is told.

use bytes::Bytes;
use plenary_shared::{
    id::{PartyId, PointId},
    text::{
        history::Heard,
        plan::{Change, ChangeKind},
    },
    wire::{cut::Cut, error::ErrorBody},
};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

use crate::{answer::MergedOne, paths::Paths};

/// What a sync did.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Report {
    /// The last record of the text that the replica has now.
    pub seq: u64,
    /// Records taken.
    pub taken: u64,
    /// Layers that had moved.
    pub layers: Vec<String>,
    /// Layers that are no longer for this member to read; their copies are gone.
    pub gone: Vec<String>,
    /// Edits sent.
    pub sent: usize,
    /// Edits that the party had made under the same key from another machine: nothing of them was needed.
    pub repeated: usize,
    /// What the edits that were sent changed in the text.
    pub mine: Vec<Change>,
    /// What others changed meanwhile, each with who did and when.
    pub theirs: Vec<Theirs>,
    /// Edits that the server does not take.
    pub refused: Vec<Refused>,
    /// What was cut out of the edits that were sent.
    #[serde(skip_serializing_if = "Cut::is_empty")]
    pub cut: Cut,
    /// Edits made ready to be sent again, after the server was restored.
    pub again: usize,
    /// What edits do that wait for what others have not sent again, in words.
    pub held: Vec<Vec<String>>,
    /// Copies of layers that were replaced by what the restored server has.
    pub replaced: Vec<String>,
    /// Where what the replica held before was put by.
    pub put_by: Option<PathBuf>,
    /// All points that were merged and wait to be confirmed, by somebody or, for one's own party, by accepting them.
    pub merged: Vec<MergedOne>,
    /// What the server wants the party to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// What the points are called where they stand alone.
    #[serde(skip)]
    pub paths: Paths,
    /// The updates of the text that were sent.
    #[serde(skip)]
    pub(super) sent_updates: Vec<Bytes>,
}

/// What others changed of a point.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Theirs {
    /// The change.
    #[serde(flatten)]
    pub change: Change,
    /// Who changed the point meanwhile.
    pub by: Vec<Heard>,
}

/// An edit that the server does not take.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Refused {
    /// What it does, in words.
    pub what: Vec<String>,
    /// Why not.
    #[serde(flatten)]
    pub why: ErrorBody,
}

impl Report {
    /// Whether somebody has to look at something.
    pub fn needs_a_look(&self) -> bool {
        !self.merged.is_empty()
    }

    /// Whether it did anything that was not there before.
    pub fn is_news(&self) -> bool {
        let count = self.taken as usize + self.layers.len() + self.gone.len() + self.sent + self.repeated + self.refused.len();
        count > 0
    }

    /// Leaves out of what the edits changed what was cut out of them: that is told apart, and their words show it as done.
    pub(super) fn leave_out_cut(&mut self) {
        let points = &self.cut.points;
        let is_cut = |point: &PointId| points.iter().any(|cut| cut.id == *point);
        self.mine.retain(|change| change.kind != ChangeKind::Removed && !change.point.as_ref().is_some_and(is_cut));
    }

    /// Notes what others changed of a point.
    pub(super) fn heard(&mut self, change: Change, by: Vec<Heard>) {
        let same = |one: &&mut Theirs| one.change.point == change.point && one.change.kind == change.kind;
        match self.theirs.iter_mut().find(same) {
            Some(known) => {
                known.change.after = change.after;
                known.by.extend(by);
            }
            None => self.theirs.push(Theirs { change, by }),
        }
    }
}

/// The parties that a point was heard of from, each once, in the order in which they were.
pub fn parties(by: &[Heard]) -> Vec<&PartyId> {
    let mut parties: Vec<&PartyId> = Vec::new();
    for one in by {
        if !parties.contains(&&one.party) {
            parties.push(&one.party);
        }
    }
    parties
}
