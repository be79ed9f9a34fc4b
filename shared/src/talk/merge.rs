//! What two sides changed apart and what came out when both were put together.
//!
//! Edits always merge and never overwrite; but merged is not agreed. A point is **merged**, and somebody has to look at it, if
//!
//! - both sides changed it, in whatever aspect: words and words, heading and words, a move and words, a schedule and a strike. The same
//!   change made twice counts too, for the result may hold it twice. That one side added a point is a change of that point alone;
//! - one side took it out of the text or back into it with a point above it, and the other changed it. The points that neither changed
//!   themselves are not merged, nor is the point that was struck unless the other side changed that one;
//! - a side changed it, and only both together took it out of the text or put it back: a point added below one that
//!   the other side struck, or moved to there;
//! - one side changed the words right above it, or what stands right below it, and the other changed it: those are read together;
//! - the result has a fault that names it and neither side had: a circle of two moves or of conditions, one label twice, too many levels,
//!   a parent that is gone, a step that waits for what the other struck.
//!
//! Which side is whose makes no difference to which points are merged.

mod across;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fmt,
};

pub use across::{Effect, effects};

use crate::{
    id::{AnnotationId, PartyId, PointId},
    talk::{
        layer::{Stance, What},
        standing::Stand,
    },
    text::{
        plan::{Change, ChangeKind, Outline, Places, Point, Schedule, changes},
        words::ExactWords,
    },
};

/// What a merge did to a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Merge {
    /// What I changed.
    pub mine: Vec<Change>,
    /// What others changed meanwhile.
    pub theirs: Vec<Change>,
    /// The points that somebody has to look at, in the order of the result; those that are gone come last.
    pub merged: Vec<MergedPoint>,
    /// The plan's title, if both sides changed it: one of them stands, whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<MergedTitle>,
}

/// A point that both sides had a hand in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MergedPoint {
    /// The point.
    pub point: PointId,
    /// Its label in the result, or the last one it had.
    pub label: String,
    /// What I changed of it; may be empty where it is merged because of a point above it or of a fault.
    pub by_me: Vec<ChangeKind>,
    /// What others changed of it; the same holds.
    pub by_others: Vec<ChangeKind>,
    /// Why it is merged; at least one reason.
    pub why: Vec<Cause>,
    /// As both knew it.
    pub base: Side,
    /// As I left it.
    pub mine: Side,
    /// As the others left it.
    pub theirs: Side,
    /// What came out.
    pub result: Side,
}

/// Why a point is merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Cause {
    /// Both sides changed it.
    Both,
    /// One side struck or restored a point above it, the other changed it.
    Above {
        /// Who struck or restored.
        by: Whose,
        /// Out of the text, or back into it.
        out: bool,
    },
    /// Only both changes together took it out of the text or put it back.
    Together {
        /// Out of the text, or back into it.
        out: bool,
    },
    /// One side changed it, the other the words right above it or what stands right below it.
    Across {
        /// What each did and what to do, in a sentence.
        says: String,
    },
    /// The result has a fault that neither side had.
    Fault {
        /// The fault and what to do, in a sentence.
        says: String,
    },
}

/// Which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// My side.
    Mine,
    /// The others'.
    Theirs,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moved = |out: &bool| if *out { "out of the text" } else { "back into the text" };
        match self {
            Cause::Both => f.write_str("you changed it and so did others"),
            Cause::Above { by: Whose::Mine, out } => {
                write!(f, "with a point above it you took it {}, and others changed it", moved(out))
            }
            Cause::Above { by: Whose::Theirs, out } => {
                write!(f, "you changed it, and with a point above it others took it {}", moved(out))
            }
            Cause::Together { out } => write!(f, "your changes and those of others together took it {}", moved(out)),
            Cause::Across { says } | Cause::Fault { says } => f.write_str(says),
        }
    }
}

/// A point in one of the four states.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Side {
    /// Whether it is there. All else is empty where it is not.
    pub there: bool,
    /// Its label.
    pub label: String,
    /// Its heading.
    pub heading: String,
    /// Its words.
    pub words: String,
    /// Where it stands, in words, as [`Change`] says it.
    pub place: String,
    /// Struck by itself.
    pub struck: bool,
    /// Out of the text: struck by itself or with a point above it.
    pub out: bool,
    /// When and by whom it is carried out.
    pub schedule: Schedule,
}

/// The title in the four states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MergedTitle {
    /// As both knew it.
    pub base: String,
    /// As I left it.
    pub mine: String,
    /// As the others left it.
    pub theirs: String,
    /// What came out.
    pub result: String,
}

/// What was changed apart: `base` is what both sides knew, `mine` and `theirs` what each made of it, `result` both together. Time grows
/// with the plan's size.
pub fn merge(base: &Outline, mine: &Outline, theirs: &Outline, result: &Outline) -> Merge {
    sides(base, mine, theirs, result, None)
}

/// The same, where it is known which points both sides touched: those are merged, also where nothing of it is left to see, and no
/// others are for having been changed by both.
pub fn merge_touched(base: &Outline, mine: &Outline, theirs: &Outline, result: &Outline, both: &BTreeSet<&PointId>) -> Merge {
    sides(base, mine, theirs, result, Some(both))
}

fn sides(base: &Outline, mine: &Outline, theirs: &Outline, result: &Outline, both: Option<&BTreeSet<&PointId>>) -> Merge {
    let (my_changes, their_changes) = (changes(base, mine), changes(base, theirs));
    let sides = Sides {
        both,
        base: View::of(base),
        mine: View::of(mine),
        theirs: View::of(theirs),
        result: View::of(result),
        by_me: kinds(&my_changes),
        by_others: kinds(&their_changes),
        across: across([base, mine, theirs, result]),
    };
    let mut seen = HashSet::new();
    let points = [result, mine, theirs, base].into_iter().flat_map(|state| &state.points);
    let merged = points.filter(|point| seen.insert(&point.id)).filter_map(|point| sides.merged(point)).collect();
    let title = (base.title != mine.title && base.title != theirs.title).then(|| MergedTitle {
        base: base.title.clone(),
        mine: mine.title.clone(),
        theirs: theirs.title.clone(),
        result: result.title.clone(),
    });
    Merge { mine: my_changes, theirs: their_changes, merged, title }
}

impl MergedPoint {
    /// This entry, which nobody has confirmed, once the point was merged again: it still begins where it began, and ends where the newer
    /// ends; what I wrote is what I wrote last.
    pub fn then(mut self, newer: MergedPoint) -> MergedPoint {
        let i_again = !newer.by_me.is_empty();
        add(&mut self.by_me, newer.by_me);
        add(&mut self.by_others, newer.by_others);
        // What is no longer wrong needs no second look, what both changed does.
        self.why.retain(|why| !matches!(why, Cause::Fault { .. }));
        add(&mut self.why, newer.why);
        let mine = if i_again { newer.mine } else { self.mine };
        MergedPoint { label: newer.label, mine, theirs: newer.theirs, result: newer.result, ..self }
    }
}

fn add<T: PartialEq>(to: &mut Vec<T>, more: Vec<T>) {
    for one in more {
        if !to.contains(&one) {
            to.push(one);
        }
    }
}

/// An acceptance that a merge made void.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lapsed {
    /// Whose it is.
    pub party: PartyId,
    /// Its entry in the party's layer.
    pub annotation: AnnotationId,
    /// The point that it accepts.
    pub point: PointId,
    /// The point's label.
    pub label: String,
}

/// Which acceptances lapsed by a merge of these outlines: those of a merged point or of one above it, in any of the four states,
/// that held on one of the sides and no longer do in the result. `stands` are the entries of the layers `positions`.
pub fn lapsed(merge: &Merge, [base, mine, theirs, result]: [&Outline; 4], stands: &[Stand]) -> Vec<Lapsed> {
    if merge.merged.is_empty() {
        return Vec::new();
    }
    let mut touched: HashSet<&PointId> = merge.merged.iter().map(|merged| &merged.point).collect();
    for state in [base, mine, theirs, result] {
        // From the end: what stands below a point comes before it.
        for point in state.points.iter().rev().filter(|point| point.parent.is_some()) {
            if touched.contains(&point.id) {
                touched.extend(&point.parent);
            }
        }
    }
    let [base, mine, theirs, now] = [base, mine, theirs, result].map(ExactWords::read);
    let holds = |exact: &ExactWords, point: &PointId, digest| exact.get(point).is_some_and(|exact| exact.digest == digest);
    let labels: HashMap<_, _> = result.points.iter().map(|point| (&point.id, &point.label)).collect();
    let lapsed = stands.iter().filter_map(|stand| {
        let annotation = stand.annotation;
        let What::Position(position) = &annotation.what else { return None };
        let kept = position.words.as_ref().filter(|_| annotation.anchor.is_none() && !annotation.withdrawn)?;
        let held = [&base, &mine, &theirs].iter().any(|side| holds(side, &annotation.point, kept.digest));
        let lapses = position.stance == Stance::Accept
            && touched.contains(&annotation.point)
            && held
            && !holds(&now, &annotation.point, kept.digest);
        lapses.then(|| Lapsed {
            party: stand.party.clone(),
            annotation: annotation.id.clone(),
            point: annotation.point.clone(),
            label: labels.get(&annotation.point).map_or_else(String::new, |label| label.to_string()),
        })
    });
    lapsed.collect()
}

/// A state of the plan, made ready to be asked about its points.
struct View<'a> {
    points: HashMap<&'a PointId, &'a Point>,
    struck: HashSet<&'a PointId>,
    places: Places<'a>,
}

impl<'a> View<'a> {
    fn of(outline: &'a Outline) -> Self {
        let points = outline.points.iter().map(|point| (&point.id, point)).collect();
        Self { points, struck: outline.struck(), places: Places::of_all(outline) }
    }

    /// Whether a point is out of the text; `None` where it is not there.
    fn out(&self, point: &PointId) -> Option<bool> {
        self.points.contains_key(point).then(|| self.struck.contains(point))
    }

    fn side(&self, id: &PointId) -> Side {
        let Some(point) = self.points.get(id) else { return Side::default() };
        Side {
            there: true,
            label: point.label.clone(),
            heading: point.heading.clone(),
            words: point.words.clone(),
            place: self.places.of(point),
            struck: point.struck,
            out: self.struck.contains(id),
            schedule: point.schedule.clone(),
        }
    }
}

type Kinds<'a> = HashMap<&'a PointId, Vec<ChangeKind>>;

fn kinds(changes: &[Change]) -> Kinds<'_> {
    let mut kinds = Kinds::new();
    for change in changes {
        if let Some(point) = &change.point {
            kinds.entry(point).or_default().push(change.kind);
        }
    }
    kinds
}

struct Sides<'a> {
    both: Option<&'a BTreeSet<&'a PointId>>,
    base: View<'a>,
    mine: View<'a>,
    theirs: View<'a>,
    result: View<'a>,
    by_me: Kinds<'a>,
    by_others: Kinds<'a>,
    across: HashMap<PointId, Vec<Cause>>,
}

impl Sides<'_> {
    fn merged(&self, point: &Point) -> Option<MergedPoint> {
        let (id, label) = (&point.id, point.label.clone());
        let why = self.why(id);
        let kinds = |of: &Kinds| of.get(id).cloned().unwrap_or_default();
        (!why.is_empty()).then(|| MergedPoint {
            point: id.clone(),
            label,
            by_me: kinds(&self.by_me),
            by_others: kinds(&self.by_others),
            why,
            base: self.base.side(id),
            mine: self.mine.side(id),
            theirs: self.theirs.side(id),
            result: self.result.side(id),
        })
    }

    /// The reasons why a point is merged; none if it is not.
    fn why(&self, point: &PointId) -> Vec<Cause> {
        let mut why = Vec::new();
        let (me, others) = (self.by_me.contains_key(point), self.by_others.contains_key(point));
        if self.both.map_or(me && others, |both| both.contains(point)) {
            why.push(Cause::Both);
        }
        match (me, others) {
            (true, true) => {}
            (true, false) => why.extend(self.above(Whose::Theirs, point)),
            (false, true) => why.extend(self.above(Whose::Mine, point)),
            (false, false) => {}
        }
        if let Some(out) = self.result.out(point).filter(|_| me || others)
            && [&self.mine, &self.theirs].iter().all(|side| side.out(point) != Some(out))
        {
            why.push(Cause::Together { out });
        }
        why.extend(self.across.get(point).into_iter().flatten().cloned());
        why
    }

    /// Whether a side took a point out of the text or back with one above it, which did not change the point itself.
    fn above(&self, by: Whose, point: &PointId) -> Option<Cause> {
        let side = if by == Whose::Mine { &self.mine } else { &self.theirs };
        let (was, out) = (self.base.out(point)?, side.out(point)?);
        (was != out).then_some(Cause::Above { by, out })
    }
}

/// Why each point has to be looked at because of what both sides do together.
fn across([base, mine, theirs, result]: [&Outline; 4]) -> HashMap<PointId, Vec<Cause>> {
    let mut causes: HashMap<PointId, Vec<Cause>> = HashMap::new();
    for effect in effects(base, &[mine, theirs], result) {
        let says = effect.says(|side| ["you", "others"][side].to_owned());
        let cause = match effect {
            Effect::Chapeau { .. } => Cause::Across { says },
            _ => Cause::Fault { says },
        };
        effect.points().into_iter().for_each(|point| causes.entry(point.clone()).or_default().push(cause.clone()));
    }
    for (point, faults) in across::new_faults(mine, theirs, result) {
        causes.entry(point.clone()).or_default().extend(faults.into_iter().map(|says| Cause::Fault { says }));
    }
    causes
}

#[cfg(test)]
mod tests;
