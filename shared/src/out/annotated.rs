//! The annotated edition: brackets with whose they are, the standing of each point, and what the parties say.

use std::collections::HashMap;

use super::{
    front,
    remarks::Remarks,
    schedule,
    sheet::{Block, Line, Sheet, Span, levels},
    standing,
    text::is_blank,
};
use crate::{
    id::PointId,
    talk::{
        dossier::{BracketView, Dossier, Entry},
        standing::CellState,
    },
    text::{
        bracket::{BracketKind, Field},
        plan::Point,
    },
};

pub(super) fn sheet(dossier: &Dossier) -> Sheet<'_> {
    let points: Vec<&Point> = dossier.text.outline.points.iter().collect();
    let by_id: HashMap<&PointId, &Point> = points.iter().map(|point| (&point.id, *point)).collect();
    let view = dossier.brackets();
    let brackets: HashMap<&PointId, &[BracketView]> =
        view.points.iter().map(|point| (&point.point, point.brackets.as_slice())).collect();
    let matrix = dossier.standing().whole();
    let (counts, consent) = (matrix.counts, dossier.consent.len());
    let (entries, astray) = by_point(dossier, &by_id);
    let mut remarks = Remarks::new(&dossier.entries);
    let mut blocks = Vec::with_capacity(points.len());
    for ((point, level), stands) in points.iter().zip(levels(&points)).zip(matrix.points) {
        let mut block = Block::new(point, level);
        let brackets = brackets.get(&point.id).copied().unwrap_or_default();
        block.struck = stands.struck;
        block.heading = attributed(&point.heading, brackets, Field::Heading, stands.struck);
        block.words = attributed(&point.words, brackets, Field::Words, stands.struck);
        block.schedule = schedule::line(point, &by_id, str::to_owned);
        let merged = stands.merged.as_ref().map(standing::merged);
        let spoken = stands.cells.iter().any(|cell| cell.stance != CellState::None);
        if !stands.struck || spoken {
            block.remarks.extend(standing::remarks(stands, consent, &by_id));
        }
        block.remarks.extend(merged);
        block.remarks.extend(remarks.at(Some(point), entries.get(&point.id).map_or(&[], Vec::as_slice)));
        blocks.push(block);
    }
    let astray = remarks.at(None, &astray);
    Sheet {
        title: attributed(&dossier.text.outline.title, &[], Field::Heading, false),
        front: front::front(dossier, &counts, view.open, remarks.confidential),
        legend: front::legend(),
        blocks,
        back: front::back(dossier),
        astray,
    }
}

/// The entries of each point, and those of points that the plan does not show.
fn by_point<'a>(
    dossier: &'a Dossier,
    points: &HashMap<&PointId, &Point>,
) -> (HashMap<&'a PointId, Vec<&'a Entry>>, Vec<&'a Entry>) {
    let mut entries: HashMap<&PointId, Vec<&Entry>> = HashMap::new();
    let mut astray = Vec::new();
    for entry in &dossier.entries {
        match points.contains_key(&entry.annotation.point) {
            true => entries.entry(&entry.annotation.point).or_default().push(entry),
            false => astray.push(entry),
        }
    }
    (entries, astray)
}

/// A text with whose its brackets are, before each one's closing mark.
fn attributed<'a>(text: &'a str, brackets: &[BracketView], field: Field, struck: bool) -> Line<'a> {
    if is_blank(text) {
        return Vec::new();
    }
    if struck {
        return vec![Span::Removed(text.into())];
    }
    let named = brackets.iter().filter(|bracket| bracket.field == field && is_named(bracket));
    let mut marks: Vec<(usize, String)> =
        named.filter_map(|bracket| Some((closing(text, bracket)?, bracket.attribution()))).collect();
    marks.sort_unstable_by_key(|(at, _)| *at);
    let mut line = Vec::new();
    let mut from = 0;
    for (at, by) in marks.into_iter().filter(|(_, by)| !by.is_empty()) {
        let words = text.get(from..at).unwrap_or_default();
        let space = if words.ends_with(|c: char| c.is_whitespace() || matches!(c, '[' | '［')) { "" } else { " " };
        line.extend([Span::Words(words.into()), Span::By(format!("{space}({by})"))]);
        from = at;
    }
    line.push(Span::Words(text.get(from..).unwrap_or_default().into()));
    line
}

/// A place to be filled in is nobody's because somebody typed its mark.
fn is_named(bracket: &BracketView) -> bool {
    let spoken = [&bracket.support, &bracket.reserve, &bracket.oppose].iter().any(|parties| !parties.is_empty());
    bracket.kind == BracketKind::Text || spoken || !bracket.changed.is_empty() || bracket.proposed_by.is_some()
}

/// Where its closing mark stands.
fn closing(text: &str, bracket: &BracketView) -> Option<usize> {
    let mark = text.get(bracket.range.clone())?.chars().next_back()?;
    Some(bracket.range.end - mark.len_utf8())
}
