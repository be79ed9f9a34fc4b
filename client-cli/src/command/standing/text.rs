//! The standing as a table, and the standing of one point in full.

use plenary_shared::{
    id::PointId,
    talk::{
        around::Surrounding,
        dossier::EnteredWords,
        standing::{Cell, CellState, Column, Matrix, NoDifference, PointStanding, State},
    },
};

use crate::{
    command::{
        change::{by_act, seat_ended},
        merged::by,
    },
    expect::short,
    render::{Look, Page, Side, called, cell, table, title, wrapped},
    when,
};

/// Parties that have a column each; of more, the stands are counted.
const COLUMNS_MAX: usize = 12;
/// Columns of the label, indented by its depth.
const LABEL_WIDTH: usize = 16;
/// A party's id above its column.
const PARTY_WIDTH: usize = 10;
/// A heading that would be shorter is left out.
const HEADING_WIDTH_MIN: usize = 8;
/// A heading that is longer is cut even where there is room.
const HEADING_WIDTH_MAX: usize = 40;

/// The marks of the legend, and what they mean.
const MARKS: [(&str, &str); 7] = [
    ("✓", "accepted"),
    ("✓*", "ad referendum"),
    ("✓↺", "accepted, touched since and back"),
    ("~", "accepted other words (lapsed)"),
    ("R", "reserves"),
    ("✗", "opposes"),
    ("·", "none"),
];

/// The table of all points. `open` brackets are open in the plan.
pub fn matrix(matrix: &Matrix, entered: &[EnteredWords], open: usize, width: usize) -> Page {
    let mut page = Page::default();
    let counted = matrix.parties.len() > COLUMNS_MAX;
    let stands = if counted { counts(matrix) } else { columns(matrix) };
    let mut rows = vec![["point", "", "standing", "[ ]"].map(str::to_owned).to_vec()];
    for point in &matrix.points {
        let name = format!("{}{}", "  ".repeat(point.depth), called(&point.label, &point.point));
        let open = if point.open_brackets > 0 { point.open_brackets.to_string() } else { String::new() };
        rows.push(vec![cell(&name, LABEL_WIDTH), String::new(), standing(point), open]);
    }
    for (row, stands) in rows.iter_mut().zip(stands) {
        row.extend(stands);
    }
    let mut sides = vec![Side::Left; rows[0].len()];
    sides[3] = Side::Right;
    with_headings(matrix, &mut rows, &mut sides, width);
    for (at, line) in table(&sides, &rows).iter().enumerate() {
        page.line(if at == 0 { Look::Strong } else { Look::Plain }, line);
    }
    page.line(Look::Plain, "");
    for point in &matrix.points {
        for words in entered.iter().filter(|words| words.point == point.point) {
            page.line(Look::Plain, &format!("{}: {}", called(&point.label, &point.point), words.said()));
        }
    }
    for line in wrapped(&legend(matrix, counted), width).lines() {
        page.line(Look::Faint, line);
    }
    page.line(Look::Plain, &wrapped(&totals(matrix, open), width));
    page
}

/// Puts headings where there is room for them, and otherwise takes their column out.
fn with_headings(matrix: &Matrix, rows: &mut [Vec<String>], sides: &mut Vec<Side>, width: usize) {
    let taken =
        table(sides, rows).iter().map(|line| unicode_width::UnicodeWidthStr::width(line.as_str())).max().unwrap_or_default();
    let room = width.saturating_sub(taken).min(HEADING_WIDTH_MAX);
    let any = matrix.points.iter().any(|point| !point.heading.is_empty() || point.struck);
    if room < HEADING_WIDTH_MIN || !any {
        rows.iter_mut().for_each(|row| drop(row.remove(1)));
        sides.remove(1);
        return;
    }
    for (row, point) in rows.iter_mut().skip(1).zip(&matrix.points) {
        let struck = if point.struck { "[struck] " } else { "" };
        row[1] = cell(&format!("{struck}{}", point.heading), room);
    }
    rows[0][1] = "heading".to_owned();
}

/// For the head and for each point: a cell for each party.
fn columns(matrix: &Matrix) -> Vec<Vec<String>> {
    let head = matrix.parties.iter().map(|column| cell(&party(column), PARTY_WIDTH)).collect();
    let rows = matrix.rows().map(|row| row.iter().map(mark).collect());
    std::iter::once(head).chain(rows).collect()
}

/// For the head and for each point: how many of the parties that must consent stand how.
fn counts(matrix: &Matrix) -> Vec<Vec<String>> {
    let kinds = [
        ("✓", CellState::Accept),
        ("~", CellState::Lapsed),
        ("R", CellState::Reserve),
        ("✗", CellState::Oppose),
        ("·", CellState::None),
    ];
    let head = kinds.iter().map(|(mark, _)| (*mark).to_owned()).collect();
    let rows = matrix.rows().map(|row| {
        let must: Vec<&Cell> = row.iter().zip(&matrix.parties).filter(|(_, c)| c.must_consent).map(|(cell, _)| cell).collect();
        let count = |state| must.iter().filter(|cell| cell.stance == state).count();
        kinds.iter().map(|(_, state)| count(*state)).map(|n| if n > 0 { n.to_string() } else { String::new() }).collect()
    });
    std::iter::once(head).chain(rows).collect()
}

/// A party in capitals, in parentheses if nothing depends on its consent.
fn party(column: &Column) -> String {
    let name = column.party.as_str().to_uppercase();
    if column.must_consent { name } else { format!("({name})") }
}

fn standing(point: &PointStanding) -> String {
    let marks = [(point.ad_referendum, "*"), (point.by_act.is_some(), "†"), (point.merged.is_some(), ", merged")];
    state(point.standing).to_owned() + &marks.map(|(is_so, mark)| if is_so { mark } else { "" }).concat()
}

fn state(state: State) -> &'static str {
    match state {
        State::Agreed => "agreed",
        State::Opposed => "opposed",
        State::Reserved => "reserved",
        State::Lapsed => "lapsed",
        State::Open => "open",
        State::Struck => "struck",
    }
}

fn mark(cell: &Cell) -> String {
    let mut mark = match cell.stance {
        CellState::None => "·",
        CellState::Accept => "✓",
        CellState::Lapsed => "~",
        CellState::Reserve => "R",
        CellState::Oppose => "✗",
    }
    .to_owned();
    mark.push_str(if cell.ad_referendum && cell.stance == CellState::Accept { "*" } else { "" });
    mark.push_str(if cell.returned { "↺" } else { "" });
    mark.push_str(if cell.changed { "~" } else { "" });
    mark.push_str(if cell.around.is_empty() { "" } else { "°" });
    mark.push_str(if cell.conflict { "!" } else { "" });
    mark
}

/// What the marks mean: the ones of the field always, further ones where they are used.
fn legend(matrix: &Matrix, counted: bool) -> Vec<String> {
    let cells = || matrix.points.iter().flat_map(|point| &point.cells);
    let by_act = matrix.points.iter().any(|point| point.by_act.is_some());
    let mut legend: Vec<String> = MARKS
        .iter()
        .filter(|(mark, _)| !counted || mark.chars().count() == 1)
        .map(|(mark, means)| format!("{mark} {means}"))
        .collect();
    if by_act {
        legend.push("† agreed or not by a change of who must consent".to_owned());
    }
    if matrix.points.iter().any(|point| point.merged.is_some()) {
        legend.push("merged: changed apart and not confirmed".to_owned());
    }
    if counted {
        let must = matrix.parties.iter().filter(|column| column.must_consent).count();
        legend.push(format!("of the {must} parties that must consent"));
        return legend;
    }
    if cells().any(|cell| cell.changed) {
        legend.push("R~ ✗~ said of earlier words".to_owned());
    }
    if cells().any(|cell| !cell.around.is_empty()) {
        legend.push("° something around the words has changed since".to_owned());
    }
    if cells().any(|cell| cell.conflict) {
        legend.push("! took several positions that differ".to_owned());
    }
    if matrix.parties.iter().any(|column| !column.must_consent) {
        legend.push("(PARTY) need not consent".to_owned());
    }
    legend
}

fn totals(matrix: &Matrix, open: usize) -> Vec<String> {
    let counts = matrix.counts;
    let each = [
        (counts.agreed, "agreed"),
        (counts.opposed, "opposed"),
        (counts.reserved, "reserved"),
        (counts.lapsed, "lapsed"),
        (counts.open, "open"),
    ];
    let points = matrix.points.iter().filter(|point| !point.struck).count();
    let mut totals = vec![format!("{points} {}", if points == 1 { "point" } else { "points" })];
    totals.extend(each.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    totals.push(brackets(open));
    totals
}

fn brackets(open: usize) -> String {
    match open {
        0 => "no open bracket".to_owned(),
        1 => "1 open bracket".to_owned(),
        n => format!("{n} open brackets"),
    }
}

/// One point: what the positions come to, and each party's in full. `label` gives the path of a point.
pub fn point(point: &PointStanding, entered: &[EnteredWords], parties: &[Column], label: impl Fn(&PointId) -> String) -> Page {
    let mut page = Page::default();
    page.line(Look::Strong, &title(&label(&point.point), &point.point, &point.heading));
    let mut said = vec![state(point.standing).to_owned()];
    said.extend(point.ad_referendum.then(|| "ad referendum".to_owned()));
    said.extend(point.by_act.as_ref().map(|by| format!("{} (else {})", by_act(&by.decided), state(by.otherwise))));
    said.extend(point.struck_with.as_ref().map(|above| format!("with {}", called(&label(above), above))));
    said.push(match (point.open_brackets, point.spanned) {
        (0, true) => "within a bracket that opens above".to_owned(),
        (open, _) => brackets(open),
    });
    said.extend(point.blocked_below.then(|| "a point below it is not accepted".to_owned()));
    page.line(Look::Plain, &said.join(", "));
    if let Some(merged) = &point.merged {
        page.line(Look::Plain, &format!("merged: {}, and not confirmed", by(&merged.mark)));
    }
    for words in entered {
        page.line(Look::Plain, &words.said());
    }
    page.line(Look::Faint, &format!("words {}", short(&point.digest)));
    for (cell, column) in point.cells.iter().zip(parties) {
        page.line(Look::Strong, &party(column)).add(Look::Plain, &format!("  {}", stand(cell, &label)));
        if let Some(at_ms) = cell.at_ms {
            let by = cell.by.as_ref().map_or(String::new(), |by| format!(" by {by}{}", seat_ended(cell.seat_ended)));
            let id = cell.annotation.as_ref().map_or(String::new(), |id| format!("  {id}"));
            page.add(Look::Faint, &format!("  {}{by}{id}", when::local(at_ms)));
        }
        page.block("    ", &cell.reason);
        match (&cell.difference, cell.no_difference) {
            (Some(pieces), _) => page.redline("    ", pieces),
            (None, Some(why)) => drop(page.line(Look::Plain, &format!("    {}", no_difference(why)))),
            (None, None) => {}
        }
    }
    page
}

fn stand(cell: &Cell, label: impl Fn(&PointId) -> String) -> String {
    let mut said = vec![
        match cell.stance {
            CellState::None => "has not said",
            CellState::Accept => "accepts",
            CellState::Lapsed => "accepted other words",
            CellState::Reserve => "reserves",
            CellState::Oppose => "opposes",
        }
        .to_owned(),
    ];
    said.extend(cell.via.as_ref().map(|above| format!("with {}", called(&label(above), above))));
    said.extend(cell.ad_referendum.then(|| "ad referendum".to_owned()));
    said.extend(cell.returned.then(|| "the words were touched since and are back".to_owned()));
    said.extend(cell.changed.then(|| "the words have changed since".to_owned()));
    said.extend(cell.around.iter().map(|what| around(what, &label)));
    said.extend(cell.conflict.then(|| "took several positions that differ; the strictest counts".to_owned()));
    said.join(", ")
}

/// What has changed around accepted words.
fn around(what: &Surrounding, label: impl Fn(&PointId) -> String) -> String {
    match what {
        Surrounding::Above { point, .. } => format!("the text of {} above has changed since", called(&label(point), point)),
        Surrounding::Cited { point, .. } => format!("{}, which the words cite, has changed since", called(&label(point), point)),
        Surrounding::Date => "the schedule has moved the date since".to_owned(),
    }
}

fn no_difference(why: NoDifference) -> &'static str {
    match why {
        NoDifference::Unreadable => "what it accepted cannot be read, so there is no difference to show",
        NoDifference::TooLong => "the words are too long to be compared here",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const DIGEST: &str = "82c353bc6de40ee34ab666fcc6b10425dafadc5d1a38f27360e2fa413c0d9e43";

    fn given(parties: &[(&str, bool)], points: Value) -> Matrix {
        let columns: Vec<Value> = parties.iter().map(|(party, must)| json!({ "party": party, "must_consent": must })).collect();
        let mut points = points;
        for point in points.as_array_mut().expect("points") {
            point["digest"] = json!(DIGEST);
            let stances = point["cells"].take();
            let cells = stances.as_array().expect("cells").iter().zip(parties).map(|(cell, (party, _))| {
                let mut cell = if cell.is_string() { json!({ "stance": cell }) } else { cell.clone() };
                cell["party"] = json!(party);
                cell
            });
            point["cells"] = cells.collect();
        }
        let counts = json!({ "agreed": 1, "opposed": 0, "reserved": 1, "lapsed": 1, "open": 0 });
        serde_json::from_value(json!({ "parties": columns, "points": points, "counts": counts })).expect("a matrix")
    }

    fn talks() -> Matrix {
        given(
            &[("arv", true), ("bor", true), ("cel", false)],
            json!([
                { "point": "a", "label": "1", "heading": "Cessation of hostilities", "depth": 0, "open_brackets": 0, "standing": "agreed",
                  "ad_referendum": true, "cells": [{ "stance": "accept", "ad_referendum": true }, { "stance": "accept", "returned": true }, "none"] },
                { "point": "b", "label": "(a)", "heading": "停止敌对行动", "depth": 1, "open_brackets": 2, "standing": "lapsed",
                  "cells": ["lapsed", "accept", "oppose"] },
                { "point": "c", "label": "", "heading": "x\x1b[2J\ny", "depth": 0, "struck": true, "open_brackets": 0, "standing": "struck",
                  "cells": [{ "stance": "reserve", "changed": true, "conflict": true }, "none", "accept"] },
            ]),
        )
    }

    #[test]
    fn the_matrix_has_a_row_for_each_point_and_a_column_for_each_party() {
        let wanted = "\
point  heading                   standing  [ ]  ARV  BOR  (CEL)
1      Cessation of hostilities  agreed*        ✓*   ✓↺   ·
  (a)  停止敌对行动              lapsed      2  ~    ✓    ✗
(c)    [struck] x\\u{1b}[2J y     struck         R~!  ·    ✓

✓ accepted, ✓* ad referendum, ✓↺ accepted, touched since and back,
~ accepted other words (lapsed), R reserves, ✗ opposes, · none,
R~ ✗~ said of earlier words, ! took several positions that differ,
(PARTY) need not consent
2 points, 1 agreed, 1 reserved, 1 lapsed, 2 open brackets";
        assert_eq!(matrix(&talks(), &[], 2, 80).show(false), wanted);
    }

    #[test]
    fn headings_give_way_and_many_parties_are_counted() {
        let lines = |width| matrix(&talks(), &[], 2, width).show(false).lines().take(2).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            lines(50),
            ["point  heading      standing  [ ]  ARV  BOR  (CEL)", "1      Cessation…   agreed*        ✓*   ✓↺   ·"]
                .map(|line| line.to_owned())
        );
        assert_eq!(lines(40)[1], "1      agreed*        ✓*   ✓↺   ·");
        let parties: Vec<String> = (0..40).map(|n| format!("p{n}")).collect();
        let parties: Vec<(&str, bool)> = parties.iter().map(|id| (id.as_str(), id != "p39")).collect();
        let cells: Vec<&str> = (0..40).map(|n| if n < 30 { "accept" } else { "reserve" }).collect();
        let point = json!([{ "point": "a", "label": "1", "heading": "H", "depth": 0, "open_brackets": 0, "standing": "reserved", "cells": cells }]);
        let shown = matrix(&given(&parties, point), &[], 0, 80).show(false);
        assert!(
            shown.starts_with("point  heading  standing  [ ]  ✓   ~  R  ✗  ·\n1      H        reserved       30     9\n"),
            "{shown}"
        );
        assert!(shown.contains("of the 39 parties that must consent"), "{shown}");
    }

    #[test]
    fn a_point_is_shown_with_reasons_and_differences() {
        let matrix = given(
            &[("arv", true), ("bor", true), ("cel", false), ("med", true)],
            json!([{ "point": "a", "label": "4", "heading": "Phases", "depth": 0, "open_brackets": 1, "standing": "lapsed", "blocked_below": true,
                "cells": [
                    { "stance": "lapsed", "reason": "Subject to\nparliament.\x1b[2J", "at_ms": 0, "by": "m-1", "annotation": "k1",
                      "difference": [{ "same": "by D+" }, { "removed": "14" }, { "inserted": "21\x1b[1m" }] },
                    { "stance": "accept", "via": "top", "ad_referendum": true },
                    { "stance": "reserve", "changed": true },
                    { "stance": "lapsed", "no_difference": "too_long" },
                ] }]),
        );
        let path = |id: &PointId| if id.as_str() == "a" { "4" } else { "III" }.to_owned();
        let shown = point(&matrix.points[0], &[], &matrix.parties, path).show(false).replace(&when::local(0), "T");
        let wanted = format!(
            "\
4  Phases
lapsed, 1 open bracket, a point below it is not accepted
words {}
ARV  accepted other words  T by m-1  k1
    Subject to
    parliament.\\u{{1b}}[2J
    - by D+14
    + by D+21\\u{{1b}}[1m
BOR  accepts, with III, ad referendum
(CEL)  reserves, the words have changed since
MED  accepted other words
    the words are too long to be compared here",
            &DIGEST[..12]
        );
        assert_eq!(shown, wanted);
    }
}
