//! Answers about what parties say: entries of layers, proposals put in, schedules.

use plenary_shared::{
    id::{AnnotationId, LayerId, PartyId, PlanId, PointId},
    script::{EntryDone, In, Stood, Wrote},
    talk::{
        dossier::{AnnotationView, EnteredWords},
        layer::LayerFault,
        schedule::{Row, ScheduleFault},
        standing::{Matrix, PointStanding},
    },
    text::{
        plan::{Adoption, ChangeKind, Schedule},
        redline::Piece,
    },
};
use schemars::JsonSchema;
use serde::Serialize;

use super::Said;

/// A note, a proposal or a reply that was written.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EntryWritten<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The entry and its layer.
    #[serde(flatten)]
    pub done: &'a Wrote,
    /// There was something to do.
    pub changed: bool,
    /// It is kept.
    pub durable: bool,
}

/// Where the parties stand on each point.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StandingShown<'a> {
    /// The matrix.
    #[serde(flatten)]
    pub matrix: &'a Matrix,
    /// Words that were entered for other parties.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub entered: &'a [EnteredWords],
}

/// Where the parties stand on one point.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PointStandingShown<'a> {
    /// Its row of the matrix.
    #[serde(flatten)]
    pub point: &'a PointStanding,
    /// Its words that were entered for other parties.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub entered: &'a [EnteredWords],
}

/// A position that was taken.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PositionTaken<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The position and its layer.
    #[serde(flatten)]
    pub done: &'a Stood,
    /// There was something to do.
    pub changed: bool,
    /// It is kept.
    pub durable: bool,
}

/// Positions that were taken on several points.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PositionsTaken<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// One for each point.
    pub positions: Vec<PositionTaken<'a>>,
    /// There was something to do.
    pub changed: bool,
    /// They are kept.
    pub durable: bool,
}

/// Entries that were marked as settled, open or taken back.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EntriesMarked<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The first of them.
    #[serde(flatten)]
    pub first: &'a EntryDone,
    /// Their layer.
    #[serde(flatten)]
    pub stands: &'a In,
    /// All of them.
    pub ids: Vec<&'a AnnotationId>,
    /// Whether any was not marked so already.
    pub changed: bool,
    /// It is kept.
    pub durable: bool,
}

/// Entries that were tabled.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EntriesTabled<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The layer where they stand now.
    #[serde(flatten)]
    pub stands: &'a In,
    /// Each of them.
    pub entries: Vec<EntryMoved<'a>>,
    /// The positions there whose place they take.
    pub superseded: &'a [AnnotationId],
    /// Whether there was anything to do.
    pub changed: bool,
    /// It is kept.
    pub durable: bool,
}

/// One of them.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EntryMoved<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The entry.
    #[serde(flatten)]
    pub entry: &'a EntryDone,
    /// The layer where it stands now.
    #[serde(flatten)]
    pub stands: &'a In,
    /// The layer that it came from; none if it stood there already.
    pub from: Option<&'a LayerId>,
    /// Whether it moved.
    pub changed: bool,
    /// It is kept.
    pub durable: bool,
}

/// A proposal that was put into the text.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProposalPutIn<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The proposal.
    pub id: &'a AnnotationId,
    /// Whose it is.
    pub party: &'a PartyId,
    /// The point.
    pub point: &'a PointId,
    /// Its label.
    pub label: &'a str,
    /// What the plan keeps of it, or would keep if the proposal were made to all.
    pub adoption: &'a Adoption,
    /// Whether the words that it was made for had changed.
    pub reanchored: bool,
    /// What it made of the point's words.
    pub redline: &'a [Piece],
    /// There was something to do.
    pub changed: bool,
    /// It is kept.
    pub durable: bool,
}

/// A point's schedule as it stands.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PointSchedule<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The point.
    pub point: &'a PointId,
    /// Its label.
    pub label: &'a str,
    /// What of the point it is.
    pub kind: ChangeKind,
    /// The schedule.
    pub schedule: &'a Schedule,
    /// Its row of the timetable; none if it has no schedule, or is struck.
    pub row: Option<&'a Row>,
    /// What is wrong with it.
    pub faults: Vec<Said<'a, ScheduleFault>>,
    /// Whether there was anything to change.
    pub changed: bool,
    /// It is kept.
    pub durable: bool,
}

/// The annotations that one may read, as far as they were asked for.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AnnotationsShown<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// In the order of the points.
    pub annotations: &'a [AnnotationView],
    /// What could not be read in the layers.
    pub faults: &'a [LayerFault],
    /// How many are left out for being withdrawn or resolved.
    pub hidden: usize,
}
