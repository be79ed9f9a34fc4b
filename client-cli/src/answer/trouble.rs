//! What is told on standard error: why a command failed, and what happened on the way.

use plenary_shared::{
    id::{PlanId, PointId},
    script::ScriptError,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::Path;

use crate::error::Ahead;

/// Why a command failed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ErrorShown<'a> {
    /// A word that does not change.
    pub error: &'a str,
    /// What was wrong and what to do.
    pub message: String,
    /// Which edit of a script could not be made, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<&'a ScriptError>,
    /// What the replica holds that a restored server lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ahead: Option<&'a Ahead>,
}

/// Something worth knowing that is no result.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event<'a> {
    /// A file of a replica is damaged.
    Damaged {
        /// Which file.
        file: &'a Path,
        /// What of it.
        message: &'a str,
    },
    /// The connection was lost, and is tried again.
    Lost {
        /// What came of it.
        message: String,
        /// After so many seconds.
        again_in_s: u64,
    },
    /// Another command is at work where this one has to be alone.
    Waiting {
        /// What it is.
        message: String,
    },
    /// Others had changed the words of a point that was changed now.
    Joined {
        /// The point.
        point: &'a PointId,
        /// What its words read now.
        words: &'a str,
    },
    /// From here on changes are told.
    Watching {
        /// The plan.
        plan: &'a PlanId,
        /// The last record that is not told.
        seq: u64,
    },
}
