//! Answers about what was done to a plan, by whom and when. Times are given twice: as UTC to read, and in milliseconds since
//! 1970-01-01 UTC to compute with.

use plenary_shared::{
    id::{MemberId, PartyId, PlanId, PointId},
    log::{act::Act, record::RecordKind},
    people::Author,
    talk::dossier::{EnteredWords, MergedPoint},
    text::{
        history::{Authored, Heard, LogEntry},
        marks::Side,
        plan::Change,
        redline::Piece,
    },
};
use schemars::JsonSchema;
use serde::Serialize;

/// What was done to a plan or to one point.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LogShown<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The newest first.
    pub entries: Vec<TurnShown<'a>>,
    /// How many before them were left out.
    pub earlier: usize,
}

/// What was decided about a plan, or about a layer on it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ActsShown<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The layer, as `party/layer`, if the acts are about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The newest first.
    pub acts: Vec<ActShown<'a>>,
    /// How many before them were left out.
    pub earlier: usize,
}

/// An act, which all know who read the plan, or the layer that it is about.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ActShown<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The record.
    pub seq: u64,
    /// When.
    pub at: Option<String>,
    /// The same in milliseconds.
    pub at_ms: u64,
    /// The party and the member that decided it.
    #[serde(flatten)]
    pub by: &'a Author,
    /// The member's name, where it is known.
    pub name: Option<&'a str>,
    /// The member's seat has ended.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub seat_ended: bool,
    /// What was decided.
    #[serde(flatten)]
    pub what: &'a Act,
}

/// What one member did without a pause of five minutes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TurnShown<'a> {
    /// The first of its records.
    pub first_seq: u64,
    /// The last of them.
    pub last_seq: u64,
    /// When the first came.
    pub from: Option<String>,
    /// The same in milliseconds.
    pub from_ms: u64,
    /// When the last came.
    pub to: Option<String>,
    /// The same in milliseconds.
    pub to_ms: u64,
    /// The party.
    pub party: &'a PartyId,
    /// The member.
    pub member: &'a MemberId,
    /// The member's name, where it is known.
    pub name: Option<&'a str>,
    /// The member's seat has ended since.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub seat_ended: bool,
    /// Whether it is the text that the plan was created with.
    pub first_text: bool,
    /// The server's clock stood far behind the log for one of them, so the time is the log's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub clock_corrected: bool,
    /// What they came to.
    pub changes: &'a [Change],
    /// What was changed apart, and put side by side here: what each side wrote.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub apart: &'a [ApartShown],
    /// The points that were confirmed to have been merged rightly; none is the title.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub confirmed: &'a [Option<PointId>],
    /// The points that were merged by this, as long as nobody has confirmed them, where no record of its own tells it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<&'a MergedPoint>,
    /// The words in it that were entered for other parties.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub entered: &'a [EnteredWords],
}

/// A point that was changed apart.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ApartShown {
    /// The point; none is the title.
    pub point: Option<PointId>,
    /// Its label.
    pub label: String,
    /// What each side made of it, as far as anything is left to see of that.
    pub sides: Vec<Side>,
}

impl<'a> TurnShown<'a> {
    /// An entry of the log, with the member's name, whether its seat has ended, and the times to read.
    pub fn of(
        entry: &'a LogEntry,
        (apart, merged, entered): (&'a [ApartShown], Vec<&'a MergedPoint>, &'a [EnteredWords]),
        (name, seat_ended): (Option<&'a str>, bool),
        utc: fn(u64) -> Option<String>,
    ) -> Self {
        let confirmed = if let RecordKind::Confirmation { points } = &entry.does { points } else { &[][..] };
        TurnShown {
            first_seq: entry.first_seq,
            last_seq: entry.last_seq,
            from: utc(entry.from_ms),
            from_ms: entry.from_ms,
            to: utc(entry.to_ms),
            to_ms: entry.to_ms,
            party: &entry.author.party,
            member: &entry.author.member,
            name,
            seat_ended,
            first_text: entry.first_text,
            clock_corrected: entry.clock_corrected,
            changes: &entry.changes,
            apart,
            confirmed,
            merged,
            entered,
        }
    }
}

/// Who wrote which words of a point.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BlameShown<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The point.
    pub point: &'a PointId,
    /// Its label.
    pub label: &'a str,
    /// Its heading.
    pub heading: &'a str,
    /// The last record that was looked at.
    pub seq: u64,
    /// Together they are the words.
    pub stretches: Vec<StretchShown<'a>>,
    /// Words that were entered for other parties.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub entered: &'a [EnteredWords],
}

/// Words that one member wrote.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StretchShown<'a> {
    /// The words and who wrote them.
    #[serde(flatten)]
    pub stretch: &'a Authored,
    /// The member's name, where it is known.
    pub name: Option<&'a str>,
    /// The member's seat has ended since.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub seat_ended: bool,
    /// When; none for what is not sent yet.
    pub at: Option<String>,
}

/// What changed since a moment.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DiffShown<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The last record of the state before.
    pub since: u64,
    /// The last record of the state after.
    pub until: u64,
    /// What differs.
    pub changes: Vec<ChangeShown<'a>>,
}

/// One change.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ChangeShown<'a> {
    /// What of which point.
    #[serde(flatten)]
    pub change: &'a Change,
    /// What was and what is, word by word; empty for changes that are no texts.
    pub redline: Vec<Piece>,
    /// Who touched the point meanwhile.
    pub by: Vec<HeardShown<'a>>,
}

/// Who changed something.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HeardShown<'a> {
    /// The party and the member.
    #[serde(flatten)]
    pub heard: &'a Heard,
    /// The member's name, where it is known.
    pub name: Option<&'a str>,
    /// The member's seat has ended since.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub seat_ended: bool,
    /// The last time.
    pub at: Option<String>,
}

/// A change as it became durable.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WatchLine<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The record.
    pub seq: u64,
    /// How many changes of the same record follow.
    pub more: usize,
    /// When.
    pub at: Option<String>,
    /// The same in milliseconds.
    pub at_ms: u64,
    /// The party.
    pub party: &'a PartyId,
    /// The member.
    pub member: &'a MemberId,
    /// The member's name, where it is known.
    pub name: Option<&'a str>,
    /// The member's seat has ended since.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub seat_ended: bool,
    /// What of which point.
    #[serde(flatten)]
    pub change: &'a Change,
}

/// What was merged or confirmed, as it became durable.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MergedLine<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The record.
    pub seq: u64,
    /// When.
    pub at: Option<String>,
    /// The same in milliseconds.
    pub at_ms: u64,
    /// The party and the member; the server's own where it puts side by side what was changed apart.
    #[serde(flatten)]
    pub by: &'a Author,
    /// The member's name, where it is known.
    pub name: Option<&'a str>,
    /// What was changed apart: what each side wrote.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub merged: &'a [ApartShown],
    /// The points that were confirmed; none is the title.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub confirmed: &'a [Option<PointId>],
    /// The points that were merged up to this record, where no record of its own tells it.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub points: &'a [MergedPoint],
}
