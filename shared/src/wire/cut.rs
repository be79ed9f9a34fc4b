//! What is cut out of an update of which all else is taken, as its sender is told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt};

use crate::id::PointId;

/// What was cut out of updates. It changed nothing; the rest of them did.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Cut {
    /// The points that would have gone, or lost what a point always has: its label, its words, its place.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub points: BTreeSet<CutPoint>,
    /// Points beyond these.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub others: bool,
    /// Words or values that stood in what the document does not hold.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lost: bool,
}

/// A point that stays as it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CutPoint {
    /// Its id.
    pub id: PointId,
    /// Its label, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

impl Cut {
    /// Whether nothing was cut out.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what was cut out of another update.
    pub fn add(&mut self, other: Cut) {
        self.points.extend(other.points);
        self.others |= other.others;
        self.lost |= other.lost;
    }
}

/// What its sender is told, and what to do instead.
impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not taken: ")?;
        if !self.points.is_empty() {
            let names: Vec<String> = self.points.iter().map(CutPoint::to_string).collect();
            let others = if self.others { " and others" } else { "" };
            write!(
                f,
                "what would take out point {}{others}, or its label, its words or another part of it that stays; all else is taken. Strike \
                 the point instead, or change its words",
                names.join(", ")
            )?;
        }
        if self.lost {
            let and = if self.points.is_empty() { "" } else { ". Nor is " };
            write!(f, "{and}what you wrote in something that is not there any more")?;
        }
        Ok(())
    }
}

impl fmt::Display for CutPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.label {
            Some(label) => write!(f, "{label} ({})", self.id),
            None => self.id.fmt(f),
        }
    }
}
