//! The clean edition: what is not open, and `…` where something is.

use std::{borrow::Cow, collections::HashMap, ops::Range};

use super::{
    front, schedule,
    sheet::{Block, Line, Sheet, Span, levels, own},
    text::{count, is_blank},
};
use crate::{
    id::PointId,
    talk::dossier::Dossier,
    text::{
        bracket::{self, Bracket, Field, Spanning},
        plan::Point,
    },
};

/// What was left out.
#[derive(Default)]
struct Open {
    /// Places that `…` marks.
    places: usize,
    /// Marks without a partner.
    marks: usize,
}

pub(super) fn sheet(dossier: &Dossier) -> Sheet<'_> {
    let struck = dossier.text.outline.struck();
    let points: Vec<&Point> = dossier.text.outline.points.iter().filter(|point| !struck.contains(&point.id)).collect();
    let by_id: HashMap<&PointId, &Point> = dossier.text.outline.points.iter().map(|point| (&point.id, point)).collect();
    let mut open = Open::default();
    let title = words(&dossier.text.outline.title, &mut open);
    let mut blocks = Vec::with_capacity(points.len());
    let spanned = spanned(&points, dossier.spanning());
    for ((point, level), [heading, words]) in points.iter().zip(levels(&points)).zip(spanned) {
        let mut block = Block::new(point, level);
        block.heading = part(&point.heading, heading, &mut open);
        match words {
            Spanned::Part { .. } => {
                block.words = part(&point.words, words, &mut open);
                block.schedule = schedule::line(point, &by_id, |text| open.without(text));
            }
            Spanned::Whole if block.heading.is_empty() => block.words = open.gap(),
            // The heading's end says it.
            Spanned::Whole => {}
        }
        blocks.push(block);
    }
    let back = front::beside(dossier).into_iter().chain(open.told().map(|line| vec![own(line)])).collect();
    Sheet { title, front: vec![], legend: vec![], blocks, back, astray: vec![] }
}

/// What of a text stands between the marks of brackets that open in one text and close in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spanned {
    /// All of it.
    Whole,
    /// What stands up to a mark at `closes`, and what stands from a mark at `opens` on.
    Part { closes: Option<usize>, opens: Option<usize> },
}

/// Of each point the heading and the words.
fn spanned(points: &[&Point], spanning: &[Spanning]) -> Vec<[Spanned; 2]> {
    let place: HashMap<&PointId, usize> = points.iter().enumerate().map(|(at, point)| (&point.id, at)).collect();
    let text = |at: &bracket::MarkPlace| Some(2 * place.get(&at.point)? + usize::from(at.field == Field::Words));
    let mut parts = vec![(None::<usize>, None::<usize>); 2 * points.len()];
    // How many brackets open before a text and close behind it: a running sum.
    let mut steps = vec![0isize; 2 * points.len() + 1];
    for bracket in spanning {
        let (Some(from), Some(to)) = (text(&bracket.from), text(&bracket.to)) else { continue };
        steps[from + 1] += 1;
        steps[to] -= 1;
        let opens = &mut parts[from].1;
        *opens = Some(opens.map_or(bracket.from.at, |at| at.min(bracket.from.at)));
        let closes = &mut parts[to].0;
        *closes = (*closes).max(Some(bracket.to.at));
    }
    let mut around = 0;
    let spanned = parts.into_iter().zip(steps).map(|((closes, opens), step)| {
        around += step;
        if around > 0 { Spanned::Whole } else { Spanned::Part { closes, opens } }
    });
    let spanned: Vec<Spanned> = spanned.collect();
    spanned.chunks_exact(2).map(|texts| [texts[0], texts[1]]).collect()
}

/// The words between the part that a bracket from above closes in and the one that a bracket to below opens in.
fn part<'a>(text: &str, spanned: Spanned, open: &mut Open) -> Line<'a> {
    let Spanned::Part { closes, opens } = spanned else { return Vec::new() };
    let start = closes.map_or(0, |at| at + text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8));
    let middle: Range<usize> = start..opens.unwrap_or(text.len());
    let mut line = Vec::new();
    let mut middle = text.get(middle).unwrap_or_default();
    if closes.is_some() {
        line.extend(open.gap());
        // `…` ends a sentence by itself.
        middle = middle.strip_prefix('.').unwrap_or(middle);
    }
    line.extend(words(middle, open));
    if opens.is_some() {
        line.extend(open.gap());
    }
    line
}

fn words<'a>(text: &str, open: &mut Open) -> Line<'a> {
    let clean = open.without(text);
    if is_blank(&clean) { Vec::new() } else { vec![Span::Words(Cow::Owned(clean))] }
}

impl Open {
    fn gap<'a>(&mut self) -> Line<'a> {
        self.places += 1;
        vec![own("…")]
    }

    /// A text without brackets.
    fn without(&mut self, text: &str) -> String {
        let brackets = bracket::parse(text);
        let first = |(at, one): &(usize, &Bracket)| one.parent.is_none() && one.group == *at;
        self.places += brackets.list.iter().enumerate().filter(first).count();
        self.marks += brackets.loose.len();
        bracket::without(text)
    }

    fn told(&self) -> Option<String> {
        let are = |number| if number == 1 { "is" } else { "are" };
        let places = format!("{} {} open and left out (…).", count(self.places, "place"), are(self.places));
        let marks = format!("{} without a partner {} left out.", count(self.marks, "bracket mark"), are(self.marks));
        match (self.places, self.marks) {
            (0, 0) => None,
            (_, 0) => Some(places),
            (0, _) => Some(marks),
            _ => Some(format!("{places} {marks}")),
        }
    }
}
