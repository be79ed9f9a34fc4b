//! A plan: the text under negotiation, a tree of points, as a typed view of a Yjs document.
//!
//! The document holds `meta: Map { title }` and `points: Map { id: Map { label, heading: Text, words: Text, parent, order, struck,
//! schedule, adoptions } }`, so any Yjs client can read and write it. In `meta` there may be more keys, of flags, numbers and short
//! strings; an editor that knows no points may write into the root `text`, which is shown at the end. [`crate::log::gate`] lets in
//! nothing else, and keeps points, their texts and their labels. What stands in an older document may be anything:
//! [`Outline::read`] takes whatever it finds, never panics, never loops, and reports what it could not take as [`Fault`]s.
//!
//! **Architecture invariant:** an outline depends on the document's content alone, never on the order in which updates arrived, so
//! every replica with the same content shows the same plan.

mod adoption;
mod change;
mod difference;
mod edit;
mod find;
mod label;
mod order;
mod read;
mod said;
mod schedule;
mod stored;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};
use yrs::{ClientID, Doc, OffsetKind, Options};

use crate::id::{AnnotationId, PointId};

pub use crate::log::roots::{BESIDE, META, POINTS};
pub use adoption::{Adoption, How};
pub use change::{Change, ChangeKind, changes};
pub use edit::{
    NewPoint, Place, add_point, heading_text, move_point, renumber, restore, set_heading, set_label, set_title, set_words,
    strike, words_text,
};
pub use find::FindError;
pub use said::{Said, said, said_in_a_line, side_by_side};
pub use schedule::set_schedule;
pub use stored::{EditError, label_of};

pub(crate) use crate::log::gate::is_title;
pub(crate) use adoption::record;
pub(crate) use change::changes_among;
pub(crate) use edit::{Added, Texts, add_to, fill, replace_words, words_of};
pub(crate) use label::{comes_later, follows, is_first, is_ordinal, nexts};
pub(crate) use read::{reread, text_of, title};
pub(crate) use schedule::whole;
pub(crate) use stored::unix;

/// An empty plan document for edits under `client_id` (below 2^53). Every plan document is made here: offsets in UTF-16 units, as
/// Yjs counts; deleted content collected; no clean-up of formatting, because a replica must change nothing that the log does not say.
pub fn new_doc(client_id: u64) -> Doc {
    let id = ClientID::new(client_id & crate::limits::CLIENT_ID_MAX);
    let mut options = Options::with_guid_and_client_id("plan".into(), id);
    options.offset_kind = OffsetKind::Utf16;
    options.skip_gc = false;
    options.cleanup_formatting = false;
    Doc::with_options(options)
}

/// A plan as people see it: read from a document with [`Outline::read`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Outline {
    /// The title, possibly empty.
    pub title: String,
    /// All points in document order (each before its children), struck ones included; at most `limits::POINTS_MAX`.
    pub points: Vec<Point>,
    /// What stands beside the points, in the root text of editors that know no points; usually nothing.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub beside: String,
    /// What could not be taken as it stands in the document.
    pub faults: Vec<Fault>,
}

/// One provision of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// Its name for ever.
    pub id: PointId,
    /// The number it is cited by, as written: `5 bis`, `(a)`, `Article 3`. Empty for a point without one.
    pub label: String,
    /// Its heading, possibly empty.
    pub heading: String,
    /// Its exact words, possibly empty.
    pub words: String,
    /// The point that it stands below, as shown: a parent that is unknown or that a circle cut off is not named here.
    pub parent: Option<PointId>,
    /// 0 at the top, below `limits::POINT_DEPTH_MAX`.
    pub depth: usize,
    /// Its place among its siblings: a fractional index; ties are broken by id.
    pub order: String,
    /// Struck from the text, but still there.
    pub struck: bool,
    /// When and by whom it is carried out.
    pub schedule: Schedule,
    /// Proposals that were put into its words, as the document claims.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub adoptions: BTreeMap<AnnotationId, Adoption>,
}

/// When a point is carried out, by whom, and who says that it is done. Days count from the trigger.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// What starts the clock: `D-Day`, `EIF`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// Days from the trigger to the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset_days: Option<i64>,
    /// Days from the start to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_days: Option<i64>,
    /// Days from the end to the day on which it is certified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certification_days: Option<i64>,
    /// Points that come first, and what of them must have happened.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub after: BTreeMap<PointId, After>,
    /// Who carries it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible: Option<String>,
    /// Who certifies that it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verifier: Option<String>,
    /// How that is verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// What else must hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// What was changed apart and nobody has settled.
    #[serde(skip_serializing_if = "Alternatives::is_none")]
    pub alternatives: Alternatives,
}

/// What stands side by side in the fields of a schedule that hold no words, in the order of the log; `null` is nothing. The field itself
/// reads the last of them, and whoever sets it ends them. In a field of words alternatives stand in brackets, as in a point's words.
///
/// In the document such a field holds an array of the values. A program that does not know that finds a field of the wrong kind, reads it
/// as empty and asks to set it again, which is what is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Alternatives {
    /// Days to the start.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offset_days: Vec<Option<i64>>,
    /// Days from the start to the end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub duration_days: Vec<Option<i64>>,
    /// Days from the end to the certification.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub certification_days: Vec<Option<i64>>,
    /// What of a point that comes first must have happened.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub after: BTreeMap<PointId, Vec<Option<After>>>,
}

impl Alternatives {
    /// Whether nothing is open.
    pub fn is_none(&self) -> bool {
        self.count() == 0
    }

    /// In how many fields something is open.
    pub fn count(&self) -> usize {
        let days = [&self.offset_days, &self.duration_days, &self.certification_days];
        days.into_iter().filter(|days| !days.is_empty()).count() + self.after.len()
    }
}

/// What must have happened to an earlier point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum After {
    /// It has begun.
    Start,
    /// It is completed.
    Done,
    /// Its completion is certified.
    Certified,
    /// It comes first, and nobody said what of it must have happened: also what any other word in a document is read as.
    Unsaid,
}

/// Something in the document that the outline could not take as it stands. Reported to everybody, never hidden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// Points that stand below one another in a circle, as concurrent moves can leave them. The one with the smallest id is shown at
    /// the top level and the others below it; the stored parents stay as they are until someone moves a point.
    Circle {
        /// The circle, from the point that was cut, each below the next.
        points: Vec<PointId>,
        /// The point shown at the top level.
        cut: PointId,
    },
    /// A point whose parent is not in the document; shown at the top level.
    UnknownParent {
        /// The point.
        point: PointId,
        /// The parent that it names, cut to a readable length.
        parent: String,
    },
    /// Points nested deeper than `limits::POINT_DEPTH_MAX`; shown at the deepest level.
    TooDeep {
        /// The first of them in document order.
        first: PointId,
        /// How many there are.
        count: usize,
    },
    /// More points than `limits::POINTS_MAX`; those with the smallest ids are shown.
    TooMany {
        /// How many there are.
        count: usize,
    },
    /// Siblings with one label, as concurrent additions can leave them.
    DuplicateLabel {
        /// The label.
        label: String,
        /// The points in document order.
        points: Vec<PointId>,
    },
    /// An entry of the map of points that is no point.
    Unreadable {
        /// Its key, cut to a readable length.
        key: String,
    },
    /// A field of a point that is missing or of the wrong kind; read as empty.
    BadField {
        /// The point.
        point: PointId,
        /// The field's name.
        field: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |points: &[PointId]| points.iter().map(PointId::as_str).collect::<Vec<_>>().join(", ");
        match self {
            Fault::Circle { points, cut } => write!(
                f,
                "points {} stand below one another in a circle; {cut} is shown at the top level: move one of them",
                list(points)
            ),
            Fault::UnknownParent { point, parent } => {
                write!(f, "point {point} stands below {parent:?}, which is not in the plan; shown at the top level: move it")
            }
            Fault::TooDeep { first, count } => write!(
                f,
                "{count} points, the first of them {first}, are nested deeper than {} levels; shown at the deepest: move them up",
                crate::limits::POINT_DEPTH_MAX
            ),
            Fault::TooMany { count } => {
                write!(f, "the plan holds {count} points; only the first {} by id are shown", crate::limits::POINTS_MAX)
            }
            Fault::DuplicateLabel { label, points } => {
                write!(f, "{label:?} labels several points side by side ({}): renumber, or cite them by id", list(points))
            }
            Fault::Unreadable { key } => write!(f, "the entry {key:?} among the points is not a point; it is not shown"),
            Fault::BadField { point, field } => {
                write!(f, "point {point} has no readable {field}; it is read as empty: set it again")
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
