//! Brackets that open in one text and close in another, and what is open in a whole plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Brackets;
use crate::{id::PointId, text::plan::Point};

/// What only shows when the texts of a plan are read one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Across {
    /// Brackets that span texts, in the order in which they open.
    pub spanning: Vec<Spanning>,
    /// Marks that have no partner in any text, in document order.
    pub loose: Vec<LooseAt>,
    /// What is open in each point that has texts, in the order given.
    pub open: Vec<OpenCount>,
    /// What is open in all of them.
    pub open_total: usize,
}

/// A text of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// Its words.
    Words,
    /// Its heading.
    Heading,
    /// Of its schedule: what starts the clock.
    Trigger,
    /// Of its schedule: who carries it out.
    Responsible,
    /// Of its schedule: who certifies that it is done.
    Verifier,
    /// Of its schedule: how that is verified.
    Method,
    /// Of its schedule: what else must hold.
    Condition,
}

impl Field {
    /// All, in the order in which a point is read.
    pub const ALL: [Field; 7] =
        [Field::Heading, Field::Words, Field::Trigger, Field::Responsible, Field::Verifier, Field::Method, Field::Condition];

    /// What it reads in this point; empty where there is none.
    pub fn text(self, point: &Point) -> &str {
        let schedule = &point.schedule;
        let text = match self {
            Field::Words => return &point.words,
            Field::Heading => return &point.heading,
            Field::Trigger => &schedule.trigger,
            Field::Responsible => &schedule.responsible,
            Field::Verifier => &schedule.verifier,
            Field::Method => &schedule.method,
            Field::Condition => &schedule.condition,
        };
        text.as_deref().unwrap_or_default()
    }

    /// Whether it is read by itself, not on from the text before it to the one behind it: brackets do not reach out of it.
    pub fn is_apart(self) -> bool {
        !matches!(self, Field::Words | Field::Heading)
    }
}

/// A place in a text of a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MarkPlace {
    /// The point.
    pub point: PointId,
    /// Which of its texts.
    pub field: Field,
    /// A byte of that.
    pub at: usize,
}

/// A bracket that opens in one text and closes in a later one, mostly of another point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Spanning {
    /// Where its opening mark stands.
    pub from: MarkPlace,
    /// Where its closing mark stands.
    pub to: MarkPlace,
}

/// A mark without a partner in the whole plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LooseAt {
    /// Where it stands.
    pub place: MarkPlace,
    /// Whether it opens a bracket.
    pub opening: bool,
}

/// How much is open in a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenCount {
    /// The point.
    pub point: PointId,
    /// Its brackets, nested ones included, those that open here and close later, and its loose marks. A point in which a spanning
    /// bracket only closes, or that it passes over, does not count it.
    pub count: usize,
}

/// Reads the brackets of texts: of the points in document order, of each its [`Field::ALL`] in that order; struck points are
/// better left out. As within a text, a mark closes the nearest one that is open.
pub fn across<'a>(texts: impl IntoIterator<Item = (&'a PointId, Field, &'a Brackets)>) -> Across {
    let mut across = Across::default();
    let mut unclosed: Vec<(usize, MarkPlace)> = Vec::new();
    let mut spanning: Vec<(usize, Spanning)> = Vec::new();
    let mut loose: Vec<(usize, LooseAt)> = Vec::new();
    for (index, (point, field, brackets)) in texts.into_iter().enumerate() {
        let mut count = brackets.open_count();
        for mark in &brackets.loose {
            let place = MarkPlace { point: point.clone(), field, at: mark.at };
            if field.is_apart() {
                loose.push((index, LooseAt { place, opening: mark.opening }));
            } else if mark.opening {
                unclosed.push((index, place));
            } else if let Some((opened, from)) = unclosed.pop() {
                spanning.push((opened, Spanning { from, to: place }));
                count -= 1;
            } else {
                loose.push((index, LooseAt { place, opening: false }));
            }
        }
        across.open_total += count;
        match across.open.last_mut().filter(|last| last.point == *point) {
            Some(last) => last.count += count,
            None => across.open.push(OpenCount { point: point.clone(), count }),
        }
    }
    loose.extend(unclosed.into_iter().map(|(index, place)| (index, LooseAt { place, opening: true })));
    loose.sort_by_key(|(index, loose)| (*index, loose.place.at));
    spanning.sort_by_key(|(index, spanning)| (*index, spanning.from.at));
    across.loose = loose.into_iter().map(|(_, loose)| loose).collect();
    across.spanning = spanning.into_iter().map(|(_, spanning)| spanning).collect();
    across
}
