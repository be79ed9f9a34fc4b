//! A step of a timetable, as the steps that wait for it name it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::{id::PointId, text::plan::After};

/// A point as a timetable names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The point.
    pub point: PointId,
    /// Its label behind those of the points above it: `4`, `Article 4/7`. Its heading where it has no label, its id where it has
    /// neither; with the id in parentheses where several points would be called alike. At most about 120 characters.
    pub name: Arc<str>,
}

/// A dependency of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Wait {
    /// What it waits for.
    #[serde(flatten)]
    pub step: Step,
    /// What of it must have happened.
    pub what: After,
    /// What stands side by side there, in the order of the log, if that is open; `null` for not waiting.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub or: Vec<Option<After>>,
}
