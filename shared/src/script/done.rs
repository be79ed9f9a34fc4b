//! What is told of an edit that was made: all that a verb says of it, for people and for programs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

use crate::{
    id::{AnnotationId, LayerId, PartyId, PointId},
    people::Audience,
    talk::{
        layer::Stance,
        schedule::{Row, ScheduleFault},
    },
    text::{
        plan::{Adoption, ChangeKind, Schedule},
        redline::Piece,
        words::WordsDigest,
    },
};

/// What one edit did.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Done {
    /// It changed the text of one point, its place, or whether it is struck.
    Point(PointDone),
    /// It gave labels anew.
    Renumbered(Renumbered),
    /// The title of the plan.
    Titled(Titled),
    /// It changed a point's schedule.
    Scheduled(Box<Scheduled>),
    /// It wrote a note, a proposal or a reply.
    Wrote(Wrote),
    /// It took a position.
    Stood(Stood),
    /// It marked entries as settled, open or taken back.
    Marked(Marked),
    /// It tabled entries.
    Tabled(TabledDone),
    /// It put a proposal into the text.
    PutIn(PutInDone),
}

impl Done {
    /// The point of which it changed what others may have changed as well, what of it, and the point's label.
    pub(super) fn changed(&self) -> Option<(&PointId, ChangeKind, &str)> {
        match self {
            Done::Point(PointDone { point, label, kind, changed: true, .. }) => Some((point, *kind, label)),
            Done::Scheduled(done) if done.changed => Some((&done.point, ChangeKind::Schedule, &done.label)),
            Done::PutIn(done) => Some((&done.point, ChangeKind::Words, &done.label)),
            _ => None,
        }
    }
}

/// A point that was edited.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PointDone {
    /// The point.
    pub point: PointId,
    /// Its label afterwards.
    pub label: String,
    /// What of it.
    pub kind: ChangeKind,
    /// Whether there was anything to change.
    pub changed: bool,
    /// The entry that tells for whom the words were entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered: Option<AnnotationId>,
}

/// Labels that were given anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Renumbered {
    /// How many.
    pub points: usize,
    /// Whether there was anything to change.
    pub changed: bool,
}

/// The title that a plan was given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Titled {
    /// The title.
    pub title: String,
    /// Whether it was another before.
    pub changed: bool,
}

/// A schedule, as it is when the whole script is done.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Scheduled {
    /// The point.
    pub point: PointId,
    /// Its label.
    pub label: String,
    /// Its heading.
    pub heading: String,
    /// The schedule.
    pub schedule: Schedule,
    /// Its row of the timetable; none if it has no schedule, or is struck.
    pub row: Option<Row>,
    /// What is wrong with it.
    pub faults: Vec<ScheduleFault>,
    /// Whether there was anything to change.
    pub changed: bool,
}

/// An entry of a layer of one's own party.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EntryDone {
    /// Its id.
    pub id: AnnotationId,
    /// The word for its kind.
    pub kind: String,
    /// The point that it is about.
    pub point: PointId,
    /// The point's label; none if the plan does not show the point.
    pub label: Option<String>,
}

/// Where an entry stands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct In {
    /// Whose layer.
    pub party: PartyId,
    /// Its id.
    pub layer: LayerId,
    /// Who reads it.
    pub audience: Audience,
}

/// An entry that was written.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Wrote {
    /// The entry.
    #[serde(flatten)]
    pub entry: EntryDone,
    /// Where it stands.
    #[serde(flatten)]
    pub stands: In,
    /// What it replies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<AnnotationId>,
}

/// A position that was taken.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Stood {
    /// The entry.
    #[serde(flatten)]
    pub entry: EntryDone,
    /// Where it stands.
    #[serde(flatten)]
    pub stands: In,
    /// For or against.
    pub stance: Stance,
    /// Subject to the capital.
    pub ad_referendum: bool,
    /// The digest of the words that it is on; none for one on a bracket.
    pub digest: Option<WordsDigest>,
    /// The bracket that it is on.
    pub quote: Option<String>,
    /// The positions whose place it takes.
    pub superseded: Vec<AnnotationId>,
}

/// Entries that were marked.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Marked {
    /// At least one.
    pub entries: Vec<EntryDone>,
    /// Where they stand; the wider layer while they are being tabled.
    #[serde(flatten)]
    pub stands: In,
    /// What they are now.
    pub mark: Mark,
    /// Whether any was not so already.
    pub changed: bool,
}

/// What an entry is marked as.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Settled.
    Resolved,
    /// Not settled.
    Open,
    /// Taken back.
    Withdrawn,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mark::Resolved => "resolved",
            Mark::Open => "open",
            Mark::Withdrawn => "withdrawn",
        })
    }
}

/// Entries that were tabled.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TabledDone {
    /// Each once, with the layer that it came from; none if it stood where it was to go already.
    pub entries: Vec<Moved>,
    /// Where they stand.
    #[serde(flatten)]
    pub stands: In,
    /// The positions there whose place they take.
    pub superseded: Vec<AnnotationId>,
    /// Whether there was anything to do.
    pub changed: bool,
}

/// An entry that was tabled.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Moved {
    /// The entry.
    #[serde(flatten)]
    pub entry: EntryDone,
    /// The layer that it came from.
    pub from: Option<LayerId>,
}

/// A proposal that was put into the text.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PutInDone {
    /// The proposal.
    pub id: AnnotationId,
    /// Whose it is.
    pub party: PartyId,
    /// The point.
    pub point: PointId,
    /// Its label.
    pub label: String,
    /// Its heading.
    pub heading: String,
    /// What the plan keeps of it, or would keep if the proposal were made to all.
    pub adoption: Adoption,
    /// The words that it was made for.
    pub quote: String,
    /// Whether those had changed.
    pub reanchored: bool,
    /// The proposal is not made to all: the plan says nothing of it.
    pub confided: bool,
    /// What it made of the point's words.
    pub redline: Vec<Piece>,
}
