//! What changed between two states of a plan, point by point and aspect by aspect.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

use super::{Outline, Point, Schedule, said_in_a_line};
use crate::id::PointId;

/// One aspect of one point that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The point; none for the plan's title.
    pub point: Option<PointId>,
    /// Its label as it is now, or as it was for a point that is gone.
    pub label: String,
    /// What changed.
    pub kind: ChangeKind,
    /// How it was. For a move: where it stood. For a schedule: what it says. Empty for a point that is new.
    pub before: String,
    /// How it is. For a new point: its heading, if it has one, and on the next line its words. Empty for a point that is gone.
    pub after: String,
}

/// The aspect that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// A new point.
    Added,
    /// Its words.
    Words,
    /// Its heading.
    Heading,
    /// Its label.
    Label,
    /// Its place in the tree.
    Moved,
    /// It was struck.
    Struck,
    /// It is no longer struck.
    Restored,
    /// It is no longer in the document (we never do that; another client may).
    Removed,
    /// The plan's title.
    Title,
    /// When or by whom it is carried out.
    Schedule,
}

/// What changed from `before` to `after`: the title, then each point in the new document order, then those that are gone.
pub fn changes(before: &Outline, after: &Outline) -> Vec<Change> {
    let points = before.points.iter().chain(&after.points);
    let labels: HashMap<&PointId, &str> = points.map(|point| (&point.id, &*point.label)).collect();
    changes_among(before, after, |id| labels.get(id).map(|label| (*label).to_owned()))
}

/// The same of a part of the points; `label` is what a point of the plan is called now.
pub(crate) fn changes_among(before: &Outline, after: &Outline, label: impl Fn(&PointId) -> Option<String>) -> Vec<Change> {
    let mut changes = Vec::new();
    if before.title != after.title {
        let (before, after) = (before.title.clone(), after.title.clone());
        changes.push(Change { point: None, label: String::new(), kind: ChangeKind::Title, before, after });
    }
    let old: HashMap<&PointId, &Point> = before.points.iter().map(|point| (&point.id, point)).collect();
    let new: HashMap<&PointId, &Point> = after.points.iter().map(|point| (&point.id, point)).collect();
    let moved = moved(before, after, &old, &new);
    let said = |schedule: &Schedule| said_in_a_line(schedule, &label);
    let (stood, stands) = (Places::of_all(before), Places::of_all(after));
    for point in &after.points {
        let mut push = |kind, before: &str, after: &str| {
            let (before, after) = (before.to_owned(), after.to_owned());
            changes.push(Change { point: Some(point.id.clone()), label: point.label.clone(), kind, before, after });
        };
        let Some(was) = old.get(&point.id) else {
            push(ChangeKind::Added, "", &whole(point));
            continue;
        };
        if was.label != point.label {
            push(ChangeKind::Label, &was.label, &point.label);
        }
        if was.heading != point.heading {
            push(ChangeKind::Heading, &was.heading, &point.heading);
        }
        if was.words != point.words {
            push(ChangeKind::Words, &was.words, &point.words);
        }
        if moved.contains(&point.id) {
            push(ChangeKind::Moved, &stood.of(was), &stands.of(point));
        }
        if was.struck != point.struck {
            let kind = if point.struck { ChangeKind::Struck } else { ChangeKind::Restored };
            push(kind, &was.words, &point.words);
        }
        if was.schedule != point.schedule {
            push(ChangeKind::Schedule, &said(&was.schedule), &said(&point.schedule));
        }
    }
    for point in before.points.iter().filter(|point| !new.contains_key(&point.id)) {
        let (label, before) = (point.label.clone(), whole(point));
        let point = Some(point.id.clone());
        changes.push(Change { point, label, kind: ChangeKind::Removed, before, after: String::new() });
    }
    changes
}

/// A point's heading and words, each on lines of its own.
fn whole(point: &Point) -> String {
    let texts = [point.heading.as_str(), &point.words].into_iter().filter(|text| !text.is_empty());
    texts.collect::<Vec<_>>().join("\n")
}

type ById<'a> = HashMap<&'a PointId, &'a Point>;

/// Points with another parent, or, where siblings that stayed stand in another order, those of them that were given a new key.
fn moved<'a>(before: &'a Outline, after: &'a Outline, old: &ById, new: &ById) -> HashSet<&'a PointId> {
    let stayed = |outline: &'a Outline| {
        let mut groups: HashMap<Option<&'a PointId>, Vec<&'a PointId>> = HashMap::new();
        for point in &outline.points {
            let same = old.get(&point.id).zip(new.get(&point.id)).is_some_and(|(was, is)| was.parent == is.parent);
            if same {
                groups.entry(point.parent.as_ref()).or_default().push(&point.id);
            }
        }
        groups
    };
    let was = stayed(before);
    let mut moved = HashSet::new();
    for (parent, now) in stayed(after) {
        if was.get(&parent) != Some(&now) {
            moved.extend(now.into_iter().filter(|id| old.get(id).map(|was| &was.order) != new.get(id).map(|is| &is.order)));
        }
    }
    let parted = |point: &&Point| old.get(&point.id).is_some_and(|was| was.parent != point.parent);
    moved.extend(after.points.iter().filter(parted).map(|point| &point.id));
    moved
}

/// Where the points of an outline stand, in words.
struct Places<'a> {
    by_id: ById<'a>,
    /// The sibling right before each point that has one.
    previous: HashMap<&'a PointId, &'a Point>,
}

impl<'a> Places<'a> {
    fn of_all(outline: &'a Outline) -> Self {
        let mut last: HashMap<Option<&PointId>, &Point> = HashMap::new();
        let previous = outline.points.iter().filter_map(|point| {
            let previous = last.insert(point.parent.as_ref(), point)?;
            Some((&point.id, previous))
        });
        let previous = previous.collect();
        Self { by_id: outline.points.iter().map(|point| (&point.id, point)).collect(), previous }
    }

    /// `first`, `after 5`, `first below 5`, `after (a) below 5`.
    fn of(&self, point: &Point) -> String {
        let name = |point: &Point| if point.label.is_empty() { point.id.to_string() } else { point.label.clone() };
        let mut place = self.previous.get(&point.id).map_or("first".to_owned(), |previous| format!("after {}", name(previous)));
        if let Some(parent) = point.parent.as_ref().and_then(|id| self.by_id.get(id)) {
            place.push_str(&format!(" below {}", name(parent)));
        }
        place
    }
}
