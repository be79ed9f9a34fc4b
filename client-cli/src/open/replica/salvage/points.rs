//! What refused edits wanted of the text.

use plenary_shared::{
    script::{Edit, Propose},
    text::plan::{Change, ChangeKind, Point, Schedule, said_in_a_line},
};

use super::{Item, Target};
use crate::brief::kind;

impl Target<'_> {
    /// Other words for a point of the plan become a proposal, all else a note.
    pub fn change(&self, change: &Change) -> Option<Item> {
        let on = self.place(change.point.as_ref())?;
        let is_here = change.point.as_ref() == Some(&on.id);
        if change.kind == ChangeKind::Words && is_here {
            let (replacement, because) = (change.after.clone(), String::new());
            let (point, layer) = (on.id.to_string(), self.layer.clone());
            let propose = Propose { point, replacement, quote: None, bracket: None, because, layer, entered_for: None };
            return (on.words != change.after).then(|| self.item(on, kind(change.kind), Edit::Propose(propose)));
        }
        let added = change.point.as_ref().and_then(|id| self.with.get(id));
        let said = match (change.kind, added) {
            (ChangeKind::Added, Some(point)) => {
                let place = if point.parent.as_ref() == Some(&on.id) { "first below" } else { "after" };
                format!("A new point {place} this one: {}", whole(point))
            }
            _ if is_here || change.point.is_none() => said(change),
            _ => format!("Of the new point {}: {}", change.label, said(change)),
        };
        Some(self.note(on, kind(change.kind), said, None))
    }
}

fn said(Change { kind, before, after, .. }: &Change) -> String {
    match kind {
        ChangeKind::Struck => "To be struck.".into(),
        ChangeKind::Restored => "To be restored.".into(),
        ChangeKind::Removed => "To be taken out.".into(),
        ChangeKind::Moved => format!("To stand {after} instead of {before}."),
        ChangeKind::Heading => format!("The heading to read: {after}"),
        ChangeKind::Label => format!("The label to be: {after}"),
        ChangeKind::Schedule => format!("The schedule to be: {after}"),
        ChangeKind::Title => format!("The title of the plan to read: {after}"),
        ChangeKind::Words => format!("The words to read: {after}"),
        ChangeKind::Added => format!("The point to read: {after}"),
    }
}

/// A point's label, heading, words and schedule.
fn whole(point: &Point) -> String {
    let mut said: Vec<String> =
        [&point.label, &point.heading, &point.words].into_iter().filter(|one| !one.is_empty()).cloned().collect();
    if point.schedule != Schedule::default() {
        said.push(format!("schedule: {}", said_in_a_line(&point.schedule, |_| None)));
    }
    said.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use plenary_shared::text::plan::Outline;
    use serde_json::json;

    fn outline(points: &[(&str, Option<&str>)]) -> Outline {
        let point = |(at, (id, parent)): (usize, &(&str, Option<&str>))| {
            let value = json!({
                "id": id, "label": id, "heading": "", "words": "", "parent": parent, "depth": usize::from(parent.is_some()),
                "order": format!("{at}"), "struck": false, "schedule": {},
            });
            serde_json::from_value(value).expect("a point")
        };
        Outline { points: points.iter().enumerate().map(point).collect(), ..Outline::default() }
    }

    #[test]
    fn a_new_point_keeps_its_place_beside_or_below_another() {
        let plan = outline(&[("a", None), ("b", Some("a")), ("c", None)]);
        let with = outline(&[("a", None), ("b", Some("a")), ("x", Some("a")), ("y", None), ("c", None), ("z", Some("c"))]);
        let layer = "private".parse().expect("a layer");
        let target = Target { plan: &plan, with, layer: &layer };
        for (added, on, said) in [
            ("x", "b", "A new point after this one: x"),
            ("y", "a", "A new point after this one: y"),
            ("z", "c", "A new point first below this one: z"),
        ] {
            let change = Change {
                point: Some(added.parse().expect("an id")),
                label: added.into(),
                kind: ChangeKind::Added,
                before: String::new(),
                after: String::new(),
            };
            let item = target.change(&change).expect("an item");
            let Edit::Note(note) = item.edit else { panic!("a note") };
            assert_eq!((item.point.as_str(), note.text.as_str()), (on, said));
        }
    }
}
