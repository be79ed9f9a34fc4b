//! How a request is refused.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::script::ScriptError;

/// What went wrong, for a program and for a person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// A word that does not change: `not_found`, `forbidden`, `unauthorized`, `invalid`, `exists`, `full`, `too_often`,
    /// `diverged`, `disk_full`, `unavailable` (nothing was kept), `in_doubt` (it may have been kept).
    pub error: String,
    /// What was wrong and what to do.
    pub message: String,
    /// Which edit of a script could not be made, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<ScriptError>,
}
