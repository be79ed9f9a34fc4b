//! The standing of a point: one line, and what parties say for their positions.

use std::collections::{BTreeMap, HashMap};

use super::{
    changes::{self, Inserted},
    sheet::{Kind, Line, Remark, Span, own, strong},
    text::{count, list, name},
};
use crate::{
    id::PointId,
    talk::{
        around::Surrounding,
        standing::{ByAct, Cell, CellState, Merged, NoDifference, PointStanding, State},
    },
    text::plan::Point,
};

/// The standing of a point in one line, and below it what parties say and which other words they accepted. `consent` is the number of
/// parties that must consent, whose cells come first.
pub(super) fn remarks(standing: PointStanding, consent: usize, points: &HashMap<&PointId, &Point>) -> Vec<Remark<'static>> {
    let summary = vec![summary(&standing, consent, points)];
    let mut below: Vec<Vec<Line>> = reasons(&standing.cells).map(|line| vec![line]).collect();
    let kind = Kind::Standing(standing.standing);
    below.extend(lapsed(standing.cells));
    let below = below.into_iter().map(|lines| Remark { depth: 1, kind: Kind::Entry, lines });
    std::iter::once(Remark { depth: 0, kind, lines: summary }).chain(below).collect()
}

/// That a point was merged, from whose records, and who has accepted what came out.
pub(super) fn merged(Merged { mark, accepted }: &Merged) -> Remark<'static> {
    let accepted = if accepted.is_empty() { String::new() } else { format!("; accepted since by {}", list(accepted, name)) };
    let mut says = mark.says().into_iter();
    let first = says.next().unwrap_or_default();
    let mut lines = vec![vec![strong("Merged:"), own(format!(" {first}"))]];
    lines.extend(says.map(|more| vec![own(more)]));
    if let Some(last) = lines.last_mut() {
        last.push(own(format!(", and not confirmed since{accepted}")));
    }
    Remark { depth: 0, kind: Kind::Entry, lines }
}

fn summary(standing: &PointStanding, consent: usize, points: &HashMap<&PointId, &Point>) -> Line<'static> {
    let (needed, others) = standing.cells.split_at(consent.min(standing.cells.len()));
    let of = |state| {
        let cells: Vec<&Cell> = needed.iter().filter(|cell| cell.stance == state).collect();
        (!cells.is_empty()).then(|| list(&cells, |cell| marked(cell, state, points)))
    };
    let mut parts = Vec::new();
    // What the state names goes first and needs no verb.
    for (leads, state, verb) in [
        (State::Opposed, CellState::Oppose, "opposed by "),
        (State::Reserved, CellState::Reserve, "reserved by "),
        (State::Lapsed, CellState::Lapsed, "other words accepted by "),
        (State::Agreed, CellState::Accept, "accepted by "),
    ] {
        let verb = if standing.standing == leads { "" } else { verb };
        parts.extend(of(state).map(|names| format!("{verb}{names}")));
    }
    if needed.iter().all(|cell| cell.stance == CellState::None) {
        parts.push("no positions".to_owned());
    } else {
        parts.extend(of(CellState::None).map(|names| format!("no position of {names}")));
    }
    if standing.open_brackets > 0 {
        parts.push(count(standing.open_brackets, "open bracket"));
    } else if standing.spanned {
        parts.push("within a bracket that opens above".to_owned());
    }
    if let Some(ByAct { otherwise, decided }) = &standing.by_act {
        let act = decided.act.said();
        let place = decided.seq.map_or_else(String::new, |seq| format!(", record {seq} of the log"));
        parts.push(format!("by {act} of {}{place}, else {}", name(&decided.by.party), word(*otherwise).to_lowercase()));
    }
    if standing.blocked_below {
        parts.push("reserved or opposed in part below".to_owned());
    }
    let spoken: Vec<&Cell> = others.iter().filter(|cell| cell.stance != CellState::None).collect();
    if !spoken.is_empty() {
        let says = |cell: &&Cell| format!("{} {}", marked(cell, cell.stance, points), verb(cell.stance));
        parts.push(format!("not counted: {}", list(&spoken, says)));
    }
    // Labels are people's.
    vec![strong(format!("{}:", word(standing.standing))), own(" "), Span::Text(parts.join("; ").into())]
}

/// A party's name with what else is to be said of its position.
fn marked(cell: &Cell, state: CellState, points: &HashMap<&PointId, &Point>) -> String {
    let via = cell.via.as_ref().map(|via| {
        let label = points.get(via).map(|point| point.label.as_str()).filter(|label| is_plain(label));
        format!("with {}", label.unwrap_or("the point above"))
    });
    let around = (!cell.around.is_empty()).then(|| list(&cell.around, told));
    let marks = [
        (cell.ad_referendum && state != CellState::None).then(|| "ad referendum".to_owned()),
        via,
        cell.returned.then(|| "the words had changed and are back".to_owned()),
        cell.changed.then(|| "the words have changed since".to_owned()),
        around.map(|around| format!("changed around the words since: {around}")),
        cell.conflict.then(|| "its positions differ, the strictest counts".to_owned()),
    ];
    let marks: Vec<String> = marks.into_iter().flatten().collect();
    let name = name(&cell.party);
    if marks.is_empty() { name } else { format!("{name} ({})", marks.join(", ")) }
}

/// What has changed around accepted words.
fn told(what: &Surrounding) -> String {
    let name = |label: &str| if is_plain(label) { label.to_owned() } else { "a point".to_owned() };
    match what {
        Surrounding::Above { label, .. } => format!("the text of {} above", name(label)),
        Surrounding::Cited { label, .. } => format!("{}, which they cite", name(label)),
        Surrounding::Date => "the date".to_owned(),
    }
}

/// Whether a label can stand in a line of ours and pass for nothing else: `5 bis`, `(a)`, `Article 3`.
fn is_plain(label: &str) -> bool {
    let inner = label.strip_prefix('(').and_then(|label| label.strip_suffix(')')).unwrap_or(label);
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '.' | '-');
    !inner.is_empty() && inner.chars().count() <= 20 && inner.chars().all(plain)
}

/// The word for a state.
pub(super) fn word(state: State) -> &'static str {
    match state {
        State::Agreed => "Agreed",
        State::Opposed => "Opposed",
        State::Reserved => "Reserved",
        State::Lapsed => "Lapsed",
        State::Open => "Open",
        State::Struck => "Struck",
    }
}

fn verb(state: CellState) -> &'static str {
    match state {
        CellState::Accept => "accepts",
        CellState::Lapsed => "accepted other words",
        CellState::Reserve => "reserves",
        CellState::Oppose => "opposes",
        CellState::None => "has no position",
    }
}

/// What parties say for their positions.
fn reasons(cells: &[Cell]) -> impl Iterator<Item = Line<'static>> {
    cells.iter().filter(|cell| !cell.reason.trim().is_empty()).map(|cell| {
        let says = format!(" {}: ", verb(cell.stance));
        vec![strong(name(&cell.party)), own(says), Span::Text(cell.reason.clone().into())]
    })
}

/// The words that parties accepted against the present ones; once for those that accepted the same.
fn lapsed(cells: Vec<Cell>) -> impl Iterator<Item = Vec<Line<'static>>> {
    let mut order = Vec::new();
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for cell in cells.into_iter().filter(|cell| cell.stance == CellState::Lapsed) {
        let difference = cell.difference.ok_or(cell.no_difference.unwrap_or(NoDifference::Unreadable));
        let key = format!("{difference:?}");
        let parties = groups.entry(key.clone()).or_insert_with(|| {
            order.push((key, difference));
            Vec::new()
        });
        parties.push(name(&cell.party));
    }
    order.into_iter().map(move |(key, difference)| {
        let parties = list(groups.get(&key).map_or(&[], Vec::as_slice), String::clone);
        let told = |told| vec![strong(parties.clone()), own(told)];
        match difference {
            Ok(pieces) => vec![told(" accepted other words:"), changes::line("", pieces, "", Inserted::Present)],
            Err(NoDifference::Unreadable) => vec![told(" accepted other words, which cannot be read.")],
            Err(NoDifference::TooLong) => vec![told(" accepted other words, too long to be compared here.")],
        }
    })
}
