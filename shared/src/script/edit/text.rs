//! Edits of the text.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::{collections::BTreeMap, num::NonZeroUsize};

use crate::{
    id::{PartyId, PointId},
    text::plan::After,
};

/// Puts text into a point's words.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Insert {
    /// The point: a label, a path of labels, or an id.
    pub point: String,
    /// What is put in.
    pub text: String,
    /// Right before these words of the point, which must stand in it exactly once. With none of before, after and at: at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Right after these words of the point, which must stand in it exactly once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Behind so many characters (Unicode code points) of the words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<usize>,
}

/// Takes a stretch out of a point's words.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delete {
    /// The point: a label, a path of labels, or an id.
    pub point: String,
    /// These words of the point, which must stand in it exactly once. Either this, or range and words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// From and up to so many characters (Unicode code points) of the words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<(usize, usize)>,
    /// What must stand in the range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// Puts other text in place of a stretch of a point's words.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replace {
    /// The point: a label, a path of labels, or an id.
    pub point: String,
    /// These words of the point, which must stand in it exactly once. Either this, or range and words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// From and up to so many characters (Unicode code points) of the words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<(usize, usize)>,
    /// What must stand in the range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// What is put in its place.
    pub with: String,
}

/// Makes these the words of a point.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// The point: a label, a path of labels, or an id.
    pub point: String,
    /// The words; empty for none.
    pub words: String,
    /// The words that their author saw: what others have changed since then stays, in brackets beside what their author makes of the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The party that said so, for which they are entered: an entry in the public layer of one's own party tells of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered_for: Option<PartyId>,
}

/// Closes a bracket of a point's words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settle {
    /// The point: a label, a path of labels, or an id.
    pub point: String,
    /// Which of the brackets of its words, counted from 1 in the order in which they open.
    pub bracket: NonZeroUsize,
    /// What must stand there, its marks included.
    pub words: String,
}

/// Adds a point.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Add {
    /// The words. They may be left out where there is a heading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// The heading.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub heading: String,
    /// The label, if it is not to be the one that fits; empty for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The point's id for ever, if the script is to choose it: no point may have it. Later edits can name the point by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<PointId>,
    /// Right after this point, on its level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Right before this point, on its level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Below this point, as its last sub-point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<String>,
    /// Before everything else, on the highest level.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub top: bool,
}

/// Moves a point. Exactly one place is given.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// The point: a label, a path of labels, or an id.
    pub point: String,
    /// Right after this point, on its level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Right before this point, on its level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Below this point, as its last sub-point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<String>,
    /// Before everything else, on the highest level.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub top: bool,
}

/// Strikes or restores a point.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfPoint {
    /// The point: a label, a path of labels, or an id.
    pub point: String,
}

/// Changes the heading of a point.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Heading {
    /// The point: a label, a path of labels, or an id.
    pub point: String,
    /// The heading; empty for none.
    pub text: String,
}

/// Gives the plan another title.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// The title, on one line.
    pub text: String,
}

/// Gives one point another label.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// The point: a label, a path of labels, or an id.
    pub point: String,
    /// The label; empty for none.
    pub label: String,
}

/// Gives all points new labels.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Renumber {}

/// Changes the schedule of a point.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The point: a label, a path of labels, or an id.
    pub point: String,
    /// What starts the clock, such as D-Day or EIF.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Option<String>>,
    /// Days from the trigger, or from what comes before, to the start.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub offset_days: Option<Option<i64>>,
    /// Days from the start to the end.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub duration_days: Option<Option<i64>>,
    /// Days from the end to the day on which it is certified.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub certification_days: Option<Option<i64>>,
    /// All the points that come first, and what of each must have happened.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub after: Option<Option<BTreeMap<String, After>>>,
    /// Who carries it out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub responsible: Option<Option<String>>,
    /// Who certifies that it is done.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub verifier: Option<Option<String>>,
    /// How that is verified.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub method: Option<Option<String>>,
    /// What else must hold.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub condition: Option<Option<String>>,
}

/// A field that is there, null or not.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(d).map(Some)
}
