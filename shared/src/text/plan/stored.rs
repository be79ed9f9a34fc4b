//! Finding a point in the document, to edit it; what may be written there; and why an edit is not made.

use yrs::{Any, Map, MapRef, Out, ReadTxn};

use super::POINTS;
use crate::{id::PointId, limits};

/// Why a plan was not edited. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// No such point.
    #[error("there is no point {id} in the plan: look it up again, it may be of another plan")]
    UnknownPoint {
        /// What was asked for.
        id: PointId,
    },
    /// A point with this id is there already.
    #[error("there is a point {id} already: give the new point an id of its own")]
    Exists {
        /// The id.
        id: PointId,
    },
    /// A sibling has this label.
    #[error(
        "{label:?} labels a point at this place already, perhaps a struck one: choose another label, or none to get one that fits"
    )]
    LabelTaken {
        /// The label.
        label: String,
    },
    /// A point cannot stand below itself.
    #[error("point {id} cannot move below itself or next to one of its own sub-points: choose a place outside it")]
    BelowItself {
        /// The point.
        id: PointId,
    },
    /// The plan is full.
    #[error("a plan holds at most {} points: start another plan", limits::POINTS_MAX)]
    TooMany,
    /// Too many levels.
    #[error("points nest at most {} levels deep: choose a higher place", limits::POINT_DEPTH_MAX)]
    TooDeep,
    /// The plan to be filled holds points.
    #[error("the plan holds points already: import into a new plan")]
    NotEmpty,
    /// What is to be written holds control characters, or is longer than it may be there.
    #[error("{text:?} cannot stand as {what}: leave out control characters other than line breaks and tabs, or make it shorter")]
    NotPlain {
        /// What it would be.
        what: &'static str,
        /// It, or how it begins.
        text: String,
    },
    /// The words of the point are no plain text.
    #[error("the words of point {id} hold more than characters: set them again")]
    NotText {
        /// The point.
        id: PointId,
    },
    /// A schedule names a point that is not there.
    #[error("a schedule comes after {what:?}, which is no point of the text, or not one alone: give a label that is used once")]
    UnknownAfter {
        /// What it names.
        what: String,
    },
}

/// The label of a point as it is written, if it has one.
pub fn label_of<T: ReadTxn>(txn: &T, id: &PointId) -> Option<String> {
    match stored(txn, id).ok()?.get(txn, "label") {
        Some(Out::Any(Any::String(label))) if !label.is_empty() => Some(label.to_string()),
        _ => None,
    }
}

/// The map of a point in the document.
pub(super) fn stored<T: ReadTxn>(txn: &T, id: &PointId) -> Result<MapRef, EditError> {
    match txn.get_map(POINTS).and_then(|points| points.get(txn, id.as_str())) {
        Some(Out::YMap(map)) => Ok(map),
        _ => Err(EditError::UnknownPoint { id: id.clone() }),
    }
}

/// What the gate would let in. Nothing else is written, for whoever writes it away from the server would be refused there.
pub(super) fn plain<T: AsRef<str>>(what: &'static str, text: T, is_plain: fn(&str) -> bool) -> Result<T, EditError> {
    /// Enough to find it by.
    const SHOWN_MAX: usize = 80;
    if is_plain(text.as_ref()) {
        return Ok(text);
    }
    Err(EditError::NotPlain { what, text: text.as_ref().chars().take(SHOWN_MAX).collect() })
}

/// Line endings as `\n`.
pub(crate) fn unix(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}
