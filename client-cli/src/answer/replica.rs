//! Answers about a replica. Times are in milliseconds since 1970-01-01 UTC.

use plenary_shared::{
    id::{ConferenceId, LayerId, MemberId, PlanId, PointId},
    talk::dossier::MergedPoint,
    text::marks::Side,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::Path;

use crate::{open::replica::Item, wire::server::ServerUrl};

/// A replica that was made.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Cloned<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// Where.
    pub folder: &'a Path,
    /// The last record of the text that it has.
    pub seq: u64,
    /// How many layers it has.
    pub layers: usize,
}

/// What of a replica is not sent yet, and what waits for a look.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Status<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The conference.
    pub conference: &'a ConferenceId,
    /// The server.
    pub server: &'a ServerUrl,
    /// Whose replica it is.
    pub member: &'a MemberId,
    /// When it was last synced to the end.
    pub synced_ms: Option<u64>,
    /// The last record of the text that it had then.
    pub seq: Option<u64>,
    /// When the first edit that waits was made.
    pub since_ms: Option<u64>,
    /// Edits that wait to be sent.
    pub waiting: Vec<Listed<'a>>,
    /// Edits that wait for what others have not sent again to a restored server.
    pub held: Vec<Listed<'a>>,
    /// Edits that the server does not take.
    pub refused: Vec<Listed<'a>>,
    /// What `salvage` would write of those; none if there are none, or the plan cannot be read.
    pub wanted: Option<Vec<Item>>,
    /// Points that were merged and not confirmed; none is the title.
    pub merged: Vec<&'a Option<PointId>>,
}

/// An edit of one's own.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listed<'a> {
    /// When it was made.
    pub at_ms: u64,
    /// What it does, in words.
    pub what: &'a [String],
    /// Why the server does not take it: a word that does not change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'a str>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'a str>,
}

/// The merged points that wait to be confirmed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MergedShown<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// With what each side wrote.
    pub merged: &'a [MergedOne],
}

/// A merged point, with what each side wrote.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MergedOne {
    /// The point, and of which records it was merged.
    #[serde(flatten)]
    pub point: MergedPoint,
    /// What each side made of it.
    pub sides: Vec<Side>,
}

/// Points that were confirmed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Confirmed<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The points; none is the title.
    pub confirmed: &'a [Option<PointId>],
    /// How many still wait.
    pub left: usize,
}

/// What was made of edits that the server does not take.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Salvaged<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The layer where it stands.
    pub layer: &'a LayerId,
    /// What was made.
    pub salvaged: &'a [Item],
    /// What the edits do of which nothing could be made, in words.
    pub left: &'a [Vec<String>],
}
