//! What points are called where they stand alone: `4/(a)`, as `plenary show` finds them.

use std::collections::HashMap;

use plenary_shared::{id::PointId, text::plan::Outline};

use crate::{output::inline, render::called};

/// For each point that stands below others, what stands before its label.
#[derive(Debug, Clone, Default)]
pub struct Paths(HashMap<PointId, String>);

impl Paths {
    /// Those of a plan. Points without a label are passed over: the path finds what is below them without them.
    pub fn of(outline: &Outline) -> Self {
        let mut before: HashMap<PointId, String> = HashMap::new();
        let labels: HashMap<&PointId, &str> = outline.points.iter().map(|point| (&point.id, point.label.as_str())).collect();
        for point in &outline.points {
            let Some(above) = &point.parent else { continue };
            let mut path = before.get(above).cloned().unwrap_or_default();
            if let Some(label) = labels.get(above).filter(|label| !label.is_empty()) {
                path += &format!("{label}/");
            }
            before.insert(point.id.clone(), path);
        }
        Paths(before)
    }

    /// A point behind those above it, or its id in parentheses where it has no label; `label` is the one it has or had.
    pub fn name(&self, label: &str, id: &PointId) -> String {
        match self.0.get(id).filter(|_| !label.is_empty()) {
            Some(before) => inline(&format!("{before}{label}")).into_owned(),
            None => called(label, id),
        }
    }

    /// A point as a heading of what is said about it: `4/(a)  Withdrawal`.
    pub fn title(&self, label: &str, id: &PointId, heading: &str) -> String {
        let name = self.name(label, id);
        if heading.is_empty() { name } else { format!("{name}  {}", inline(heading)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_point_is_called_by_a_path_that_finds_it() {
        let point = |(id, label, parent, depth): (&str, &str, Option<&str>, usize)| {
            serde_json::from_value(json!({
                "id": id, "label": label, "heading": "", "words": "", "parent": parent, "depth": depth, "order": id,
                "struck": false, "schedule": {},
            }))
            .expect("a point")
        };
        let points = [
            ("a1", "4", None, 0),
            ("b1", "(a)", Some("a1"), 1),
            ("c1", "", Some("a1"), 1),
            ("d1", "(i)", Some("c1"), 2),
            ("e1", "Art\u{1b}icle 5", None, 0),
            ("f1", "1", Some("e1"), 1),
        ];
        let outline = Outline { points: points.into_iter().map(point).collect(), ..Outline::default() };
        let paths = Paths::of(&outline);
        let name = |at: usize| paths.name(&outline.points[at].label, &outline.points[at].id);
        let wanted = ["4", "4/(a)", "(c1)", "4/(i)", "Art\\u{1b}icle 5", "Art\\u{1b}icle 5/1"];
        assert_eq!((0..6).map(name).collect::<Vec<_>>(), wanted);
        for at in 0..4 {
            assert_eq!(outline.find(&name(at)).expect("found").id, outline.points[at].id);
        }
        assert_eq!(paths.name("(b)", &"b1".parse().expect("an id")), "4/(b)", "as it was called before");
        assert_eq!(paths.title("(a)", &"b1".parse().expect("an id"), "H"), "4/(a)  H");
    }
}
