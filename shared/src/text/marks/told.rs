//! What is told of a merged point.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::{PartyId, PointId},
    people::Author,
    text::say::in_words,
};

/// 16: as many of those who changed a point are named, the last ones; a line that people read names no more.
pub const NAMED_MAX: usize = 16;

/// A point that was merged and that nobody has confirmed since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unconfirmed {
    /// The point; none is the title.
    pub point: Option<PointId>,
    /// Who changed it without knowing of the others, in the order of the log: the last of them if they are many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<MarkedBy>,
    /// How many changed it before those.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: usize,
    /// Nobody was away: they typed into one word at the same time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_once: bool,
    /// The last record that all of them had seen.
    pub base: u64,
    /// The record that puts side by side what they wrote, if there was anything to put so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bracketed: Option<u64>,
    /// What this point and others, which were changed apart, do to one another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub across: Vec<CrossEffect>,
    /// The last record that it is of: who confirms the point must have seen it.
    pub seq: u64,
    /// When that came, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
}

/// Somebody who changed a point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MarkedBy {
    /// The party and the member.
    #[serde(flatten)]
    pub author: Author,
    /// The last of the records in which they did.
    pub seq: u64,
    /// When it came, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
}

/// Something that only the changes of several points, made apart, did together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CrossEffect {
    /// What.
    #[serde(flatten)]
    pub effect: Effect,
    /// Who made these changes, in the order of the log: the last of them if they are many.
    pub by: Vec<MarkedBy>,
}

/// What points that were changed apart do to one another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// Steps that wait for one another.
    Circle {
        /// Each waits for the next, and the last for the first; the first of them if they are many.
        steps: Vec<Called>,
        /// How many more there are.
        #[serde(default, skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// A step that some made to wait for a point which others struck.
    Struck {
        /// The step.
        step: Called,
        /// What it waits for.
        after: Called,
        /// Who made it wait.
        waits: Vec<PartyId>,
        /// Who struck that, or a point above it.
        struck: Vec<PartyId>,
    },
    /// The words of a point, and what stands right below it: each was changed by some who read the other as it was.
    Chapeau {
        /// The point.
        chapeau: Called,
        /// Those below it, in document order; the first of them if they are many.
        items: Vec<Called>,
        /// How many more there are.
        #[serde(default, skip_serializing_if = "is_zero")]
        more: usize,
        /// Who changed its words.
        above: Vec<PartyId>,
        /// Who changed what stands below.
        below: Vec<PartyId>,
    },
    /// Points side by side that were given one label.
    Label {
        /// The label.
        label: String,
        /// The points, in document order; the first of them if they are many.
        points: Vec<Called>,
        /// How many more there are.
        #[serde(default, skip_serializing_if = "is_zero")]
        more: usize,
    },
}

/// A point as a message calls it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Called {
    /// The point.
    pub point: PointId,
    /// Its label behind those of the points above it, or what else tells it from others.
    pub name: String,
}

impl Unconfirmed {
    /// Who changed it, and what: `changed apart by ARV (#12) and BOR (#14)`. Nothing if only others were changed apart from it.
    pub fn changed(&self) -> Option<String> {
        let names = self.by.iter().map(|by| format!("{} (#{})", said(&by.author.party), by.seq));
        let mut names: Vec<String> = names.collect();
        if names.is_empty() {
            return None;
        }
        names.extend((self.more > 0).then(|| format!("{} before", self.more)));
        let how = if self.at_once { "typed into one word at once" } else { "changed apart" };
        Some(format!("{how} by {}", in_words(&names)))
    }

    /// All that is to be said of it, in sentences without their stops.
    pub fn says(&self) -> Vec<String> {
        self.changed().into_iter().chain(self.across.iter().map(CrossEffect::says)).collect()
    }

    /// The records that it is of.
    pub fn records(&self) -> impl Iterator<Item = u64> {
        self.by.iter().chain(self.across.iter().flat_map(|across| &across.by)).map(|by| by.seq)
    }

    /// Bytes that it takes, roughly.
    pub fn bytes(&self) -> usize {
        let by = self.by.len() + self.across.iter().map(|across| across.by.len()).sum::<usize>();
        size_of::<Self>() + by * 2 * size_of::<MarkedBy>() + self.across.len() * NAMED_MAX * size_of::<Called>()
    }
}

impl CrossEffect {
    /// What happened and what to do, in a sentence without its stop.
    pub fn says(&self) -> String {
        match &self.effect {
            Effect::Circle { steps, more } => {
                let mut parties: Vec<&PartyId> = Vec::new();
                for by in &self.by {
                    if !parties.contains(&&by.author.party) {
                        parties.push(&by.author.party);
                    }
                }
                let mut way: Vec<String> = steps.iter().map(|step| step.name.clone()).collect();
                way.extend((*more > 0).then(|| format!("({more} more)")));
                way.extend(steps.first().map(|first| first.name.clone()));
                format!(
                    "{}: a circle that only what {} changed makes together, so that none of these can begin; take one of the \
                     dependencies out, or split a step",
                    way.join(" -> "),
                    all(parties)
                )
            }
            Effect::Struck { step, after, waits, struck } => format!(
                "{} let {} come after {}, which {} struck: take that out, or name another point",
                all(waits),
                step.name,
                after.name,
                all(struck)
            ),
            Effect::Chapeau { chapeau, items, more, above, below } => format!(
                "{} changed {}, and {} changed {} below it: read them together",
                all(above),
                chapeau.name,
                all(below),
                names(items, *more)
            ),
            Effect::Label { label, points, more } => {
                let ids: Vec<&PointId> = points.iter().map(|point| &point.point).collect();
                let more = if *more > 0 { format!(" and {more} more") } else { String::new() };
                format!("{label:?} was given apart to several points ({}{more}): renumber, or cite them by id", in_words(&ids))
            }
        }
    }
}

fn names(points: &[Called], more: usize) -> String {
    let mut names: Vec<String> = points.iter().map(|point| point.name.clone()).collect();
    names.extend((more > 0).then(|| format!("{more} more")));
    in_words(&names)
}

fn all<'a>(parties: impl IntoIterator<Item = &'a PartyId>) -> String {
    in_words(&parties.into_iter().map(said).collect::<Vec<_>>())
}

fn said(party: &PartyId) -> String {
    party.as_str().to_uppercase()
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}
