//! `brackets`: what is not agreed in the words, who put it there, who is for it and who against.

use plenary_shared::{
    id::{PlanId, PointId},
    limits,
    talk::dossier::{BracketView, BracketsView, PointBrackets},
    text::bracket::{BracketKind, Field, MarkPlace},
};
use std::collections::{HashMap, HashSet};

use super::{read::below, say};
use crate::{
    context::Context,
    error::CliError,
    output::in_words,
    paths::Paths,
    render::{Look, Page, Side, cell, table},
};

/// Columns of a bracket's text, however wide the terminal is not.
const TEXT_WIDTH_MIN: usize = 20;
/// Levels of brackets within brackets that are indented.
const LEVELS_SHOWN: usize = 8;
/// Alternatives beside which the numbers of the others are shown.
const ALTERNATIVES_NAMED: usize = 12;
/// Columns for who holds and who opposes a bracket.
const WHO_WIDTH: usize = 28;

/// List the open brackets by point, with their numbers
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The numbers are those that --bracket takes. Behind a bracket stand the parties that hold it, then
those that reserve on it (res) and those that oppose it (opp).

Examples:
  plenary brackets plan
  plenary brackets plan '5 bis'
  plenary brackets plan --json | jq .open")]
pub struct Brackets {
    /// The plan
    plan: PlanId,
    /// Only those of this point and all below it: a label, a path of labels, or an id
    point: Option<String>,
}

impl Brackets {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let open = context.open(&self.plan)?;
        let mut view: BracketsView = open.view()?;
        context.tell_damage_of(&open);
        let outline = open.outline()?;
        if let Some(what) = &self.point {
            let points: HashSet<&PointId> = below(&outline, what)?.iter().map(|point| &point.id).collect();
            narrow(&mut view, &points);
        }
        context.output.page(&view, || page(&view, &Paths::of(&outline), context.output.width()))?;
        say::faults(context, &view.faults);
        Ok(())
    }
}

/// Leaves in what is in these points, and counts that alone.
fn narrow(view: &mut BracketsView, points: &HashSet<&PointId>) {
    view.points.retain(|point| points.contains(&point.point));
    view.spanning.retain(|spanning| points.contains(&spanning.from.point) || points.contains(&spanning.to.point));
    view.loose.retain(|loose| points.contains(&loose.place.point));
    // A bracket counts where it opens: one from outside that closes here counts by its end.
    let from_outside = view.spanning.iter().filter(|spanning| !points.contains(&spanning.from.point)).count();
    view.open = view.points.iter().map(|point| point.open).sum::<usize>() + from_outside;
}

fn page(view: &BracketsView, paths: &Paths, width: usize) -> Page {
    let mut page = Page::default();
    for point in &view.points {
        page.line(Look::Strong, &paths.name(&point.label, &point.point));
        for line in rows(point, width) {
            page.line(Look::Plain, &format!("  {line}"));
        }
    }
    let labels: HashMap<&PointId, &str> = view.points.iter().map(|point| (&point.point, point.label.as_str())).collect();
    let name = |place: &MarkPlace| {
        let name = paths.name(labels.get(&place.point).copied().unwrap_or_default(), &place.point);
        field(place.field).map_or(name.clone(), |field| format!("the {field} of {name}"))
    };
    for spanning in &view.spanning {
        page.line(Look::Plain, &format!("a bracket opens in {} and closes in {}", name(&spanning.from), name(&spanning.to)));
    }
    for loose in &view.loose {
        let (mark, what) = if loose.opening { ('[', "is never closed") } else { (']', "closes nothing") };
        page.line(Look::Plain, &format!("a {mark} in {} {what}", name(&loose.place)));
    }
    if view.points.iter().map(|point| point.brackets.len()).sum::<usize>() >= limits::BRACKETS_SHOWN_MAX {
        page.line(Look::Plain, &format!("only the first {} brackets are listed", limits::BRACKETS_SHOWN_MAX));
    }
    page.line(Look::Plain, &total(view));
    page
}

fn total(view: &BracketsView) -> String {
    let points = view.points.len();
    let points = format!("{points} {}", if points == 1 { "point" } else { "points" });
    match view.open {
        0 => "no open bracket".to_owned(),
        1 => format!("1 open bracket in {points}"),
        open => format!("{open} open brackets in {points}"),
    }
}

/// What a text of a point other than its words is called.
fn field(field: Field) -> Option<&'static str> {
    Some(match field {
        Field::Words => return None,
        Field::Heading => "heading",
        Field::Trigger => "trigger",
        Field::Responsible => "responsible",
        Field::Verifier => "verifier",
        Field::Method => "method",
        Field::Condition => "condition",
    })
}

fn rows(point: &PointBrackets, width: usize) -> Vec<String> {
    let groups = groups(&point.brackets);
    let beside: Vec<[String; 2]> =
        point.brackets.iter().map(|bracket| [cell(&bracket.attribution(), WHO_WIDTH), also(bracket, &groups)]).collect();
    let widest = |at: usize| beside.iter().map(|cells| unicode_width::UnicodeWidthStr::width(cells[at].as_str())).max();
    let taken = 10 + widest(0).unwrap_or_default() + widest(1).unwrap_or_default();
    let room = width.saturating_sub(taken).max(TEXT_WIDTH_MIN);
    let row = |(bracket, [who, also]): (&BracketView, [String; 2])| {
        let text = format!("{}{}", "  ".repeat(bracket.depth.min(LEVELS_SHOWN)), bracket.text);
        // Positions are taken on brackets of the words.
        let number = if bracket.field == Field::Words { bracket.number.to_string() } else { "-".to_owned() };
        vec![number, cell(&text, room), who, also]
    };
    let rows: Vec<Vec<String>> = point.brackets.iter().zip(beside).map(row).collect();
    table(&[Side::Right, Side::Left, Side::Left, Side::Left], &rows)
}

/// The numbers of the alternatives of each small group.
fn groups(brackets: &[BracketView]) -> HashMap<usize, Vec<usize>> {
    let mut groups: HashMap<usize, Vec<usize>> = HashMap::new();
    for bracket in brackets {
        if let Some(alternative) = bracket.alternative.filter(|alternative| alternative.of <= ALTERNATIVES_NAMED) {
            groups.entry(alternative.group).or_default().push(bracket.number);
        }
    }
    groups
}

/// What else there is to say of a bracket: `or 2 and 3`, `to be filled in`, `in the heading`.
fn also(bracket: &BracketView, groups: &HashMap<usize, Vec<usize>>) -> String {
    let mut said = Vec::new();
    if let Some(alternative) = bracket.alternative.filter(|_| bracket.field == Field::Words) {
        let others = groups.get(&alternative.group).into_iter().flatten().filter(|number| **number != bracket.number);
        let others: Vec<&usize> = others.collect();
        said.push(match others.is_empty() {
            true => format!("one of {} from {} on", alternative.of, alternative.group),
            false => format!("or {}", in_words(&others)),
        });
    }
    if bracket.kind == BracketKind::Placeholder {
        said.push("to be filled in".to_owned());
    }
    said.extend(field(bracket.field).map(|field| format!("in the {field}")));
    said.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use plenary_shared::talk::dossier::Alternative;
    use serde_json::json;

    fn view() -> BracketsView {
        let bracket = |number: usize, text: &str| {
            json!({
            "number": number, "field": "words", "range": { "start": 0, "end": 4 }, "text": text, "depth": 0, "kind": "text" })
        };
        let with = |mut value: serde_json::Value, more: serde_json::Value| {
            for (field, what) in more.as_object().expect("an object") {
                value[field] = what.clone();
            }
            value
        };
        let alternative = |place| json!({ "group": 1, "place": place, "of": 2 });
        serde_json::from_value(json!({
            "open": 7,
            "points": [
                { "point": "a", "label": "3", "open": 4, "brackets": [
                    with(bracket(1, "[30]"), json!({ "alternative": alternative(1), "typed_by": ["bor"], "oppose": ["arv"] })),
                    with(bracket(2, "[50 [\x1b[2Jkm]]"), json!({ "alternative": alternative(2), "support": ["arv", "cel"] })),
                    with(bracket(3, "[\x1b[2Jkm]"), json!({ "depth": 1 })),
                    with(bracket(4, "[X]"), json!({ "field": "heading", "kind": "placeholder" })),
                ] },
                { "point": "b", "label": "", "open": 3, "brackets": [bracket(1, &format!("[{}]", "停止敌对行动 ".repeat(20)))] },
            ],
            "spanning": [{ "from": { "point": "a", "field": "heading", "at": 1 }, "to": { "point": "b", "field": "words", "at": 2 } }],
            "loose": [{ "place": { "point": "b", "field": "condition", "at": 9 }, "opening": false }],
        }))
        .expect("a view")
    }

    #[test]
    fn brackets_stand_by_point_with_their_numbers_and_who_is_for_and_against() {
        let wanted = "\
3
  1  [30]                BOR; opp ARV  or 2
  2  [50 [\\u{1b}[2Jkm]]  ARV, CEL      or 1
  3    [\\u{1b}[2Jkm]
  -  [X]                               to be filled in, in the heading
(b)
  1  [停止敌对行动 停止敌对行动 停止敌对行动 停止敌对行动 停止敌对行动 停…
a bracket opens in the heading of 3 and closes in (b)
a ] in the condition of (b) closes nothing
7 open brackets in 2 points";
        assert_eq!(page(&view(), &Paths::default(), 80).show(false), wanted);
    }

    #[test]
    fn many_alternatives_are_counted_and_not_each_named_beside_each() {
        let mut view = view();
        for bracket in &mut view.points[0].brackets[..2] {
            bracket.alternative = bracket.alternative.map(|alternative| Alternative { of: 400, ..alternative });
        }
        let shown = page(&view, &Paths::default(), 80).show(false);
        assert!(shown.contains("ARV, CEL      one of 400 from 1 on\n"), "{shown}");
    }

    #[test]
    fn a_point_is_counted_alone() {
        let mut view = view();
        narrow(&mut view, &[&"b".parse().expect("an id")].into());
        assert_eq!((view.open, view.points.len(), view.spanning.len(), view.loose.len()), (4, 1, 1, 1));
        narrow(&mut view, &HashSet::new());
        assert_eq!(page(&view, &Paths::default(), 80).show(false), "no open bracket");
    }
}
