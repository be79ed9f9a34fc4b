//! The label for a newcomer.

use std::{
    cell::{Cell, OnceCell},
    collections::HashSet,
};

use super::{Form, Inserted, Label, meant};
use crate::text::numeral::System;

/// Candidates that are looked for among labels one by one; with more, the labels are written down first.
const CANDIDATES: usize = 4;

/// Ordinals that are tried.
const RANKS_MAX: u32 = 100_000;

/// The labels around a place on one level.
#[derive(Debug, Default)]
pub struct Level<'a> {
    /// Those of the siblings, in order.
    pub siblings: Vec<&'a str>,
    /// Some of the points on the same level before the siblings, below other points; in order, none empty.
    pub before: Vec<&'a str>,
    /// The same of those behind them.
    pub behind: Vec<&'a str>,
    /// That of the point above.
    pub parent: Option<&'a str>,
}

/// The label for a newcomer at `at` among the siblings. Where the numbers of their level run on from one parent to the next, it is one
/// that stands between what is before it and what is behind it there.
pub fn fit(around: &Level, at: usize) -> String {
    let at = at.min(around.siblings.len());
    let labelled =
        |labels: &[&'_ str]| labels.iter().copied().filter(|label| !label.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (left, right) = (labelled(&around.siblings[..at]), labelled(&around.siblings[at..]));
    if !around.siblings.is_empty() && left.is_empty() && right.is_empty() {
        return String::new();
    }
    let (before, behind) = running(around, left.last().or(right.first())).unwrap_or_default();
    let own = left.len() + before.len();
    let all: Vec<&str> = before.into_iter().chain(left.iter().chain(&right).map(String::as_str)).chain(behind).collect();
    let (asked, used) = (Cell::new(0), OnceCell::<HashSet<String>>::new());
    let free = |candidate: &String| {
        let wanted = Form::Plain.of(candidate);
        asked.set(asked.get() + 1);
        if asked.get() <= CANDIDATES {
            return !all.iter().any(|label| Form::Plain.is(label, &wanted));
        }
        !used.get_or_init(|| all.iter().map(|label| Form::Plain.of(label)).collect()).contains(&wanted)
    };
    match (own.checked_sub(1), own < all.len()) {
        (None, false) => first_label(around),
        (Some(left), false) => after_last(&all, left, &free),
        (None, true) => beside(&all, 0, 0, &free),
        (Some(left), true) => between(&all, left, &free),
    }
}

/// What is before and behind on the level, if the numbers there go on where another parent begins, and do not begin again. Only those
/// of `Article 3` and the like do.
fn running<'a>(around: &Level<'a>, sibling: Option<&String>) -> Option<(Vec<&'a str>, Vec<&'a str>)> {
    // Nearly always: then nothing is read of the siblings, of which there may be thousands.
    if around.before.is_empty() && around.behind.is_empty() {
        return None;
    }
    let like = sibling.map(String::as_str).or(around.before.last().copied()).or(around.behind.first().copied())?;
    let like = Label::readings(like);
    let in_row = |label: &&str| Label::readings(label).into_iter().find(|label| like.iter().any(|like| like.same_row(label)));
    let row = |labels: &[&'a str]| labels.iter().copied().filter(|label| in_row(label).is_some()).collect::<Vec<_>>();
    let (before, behind) = (row(&around.before), row(&around.behind));
    let whole = [&before[..], &row(&around.siblings), &behind].concat();
    let numbers: Vec<Label> = (0..whole.len()).filter_map(|at| meant(&whole, at)).collect();
    let named = numbers.iter().all(|label| label.is_named() && label.path.len() == 1);
    let rises = |pair: &[Label]| {
        let (before, after) = (pair[0].number(), pair[1].number());
        before < after || (before == after && !pair[1].ranks.is_empty())
    };
    let runs = named && numbers.windows(2).all(rises) && before.len() + behind.len() > 0;
    runs.then_some((before, behind))
}

fn first_label(around: &Level) -> String {
    let parent = around.parent.map(Label::readings).unwrap_or_default();
    let parent = parent.into_iter().max_by_key(|label| label.system.likelihood(label.number()));
    // As the levels next to it begin.
    let next_to_it =
        if around.before.is_empty() { meant(&around.behind, 0) } else { meant(&around.before, around.before.len() - 1) };
    if let Some(like) = next_to_it {
        let above = parent.filter(|_| like.path.len() > 1).map(|parent| parent.path).unwrap_or_default();
        return Label { path: [&above[..], &[1]].concat(), ..like.with_number(1) }.write();
    }
    let label = match parent {
        None => "1",
        Some(parent) if parent.is_named() => "1",
        Some(Label { system: System::Roman { .. }, .. }) => "(A)",
        Some(Label { system: System::Letters { .. } | System::Sum { .. }, .. }) => "(i)",
        Some(_) => "(a)",
    };
    label.to_owned()
}

fn after_last(all: &[&str], left: usize, free: &dyn Fn(&String) -> bool) -> String {
    let Some(last) = meant(all, left) else {
        return beside(all, left, 2, free);
    };
    let steps = std::iter::successors(last.next(), Label::next);
    steps.map(|label| label.write()).find(free).unwrap_or_default()
}

fn between(all: &[&str], left: usize, free: &dyn Fn(&String) -> bool) -> String {
    let Some(before) = meant(all, left) else {
        return beside(all, left, 2, free);
    };
    let right = Label::readings(all[left + 1]);
    let behind = right.into_iter().find(|right| right.same_number(&before));
    // Ranks compare as if each ended in 1, the plain number: `5 ante` < `5` < `5 bis ante` < `5 bis` < `5 bis bis` < `5 ter`.
    let before_right = |ranks: &[u32]| behind.as_ref().is_none_or(|right| padded(ranks) < padded(&right.ranks));
    let way = way(all, &before);
    let steps = |ranks: Vec<u32>, from: u32| {
        let with = move |rank| [&ranks[..], &[rank]].concat();
        (from..from + RANKS_MAX).map(with).take_while(|ranks| before_right(ranks)).map(|ranks| way.with_ranks(ranks).write())
    };
    if let Some((last, above)) = before.ranks.split_last().filter(|(last, _)| **last > 1)
        && let Some(label) = steps(above.to_vec(), last + 1).find(free)
    {
        return label;
    }
    if let Some(label) = steps(before.ranks.clone(), 2).find(free) {
        return label;
    }
    beside(all, left + 1, 0, free)
}

/// `label` with what was put in behind it written as around it.
fn way(all: &[&str], label: &Label) -> Label {
    if !label.ranks.is_empty() {
        return label.clone();
    }
    let lettered = |other: &Label| matches!(other.inserted, Inserted::Letter { .. } | Inserted::Number(_)) && label.alike(other);
    let other = all.iter().flat_map(|label| Label::readings(label)).find(lettered);
    Label { inserted: other.map_or_else(|| label.inserted.clone(), |other| other.inserted), ..label.clone() }
}

fn padded(ranks: &[u32]) -> Vec<u32> {
    let mut padded = ranks.to_vec();
    padded.resize(ranks.len().max(16), 1);
    padded
}

/// A label with one more ordinal, `ante` for 0 or from `bis` on, as often as it takes to be free.
fn beside(all: &[&str], at: usize, rank: u32, free: &dyn Fn(&String) -> bool) -> String {
    let mut candidate = all[at].to_owned();
    let mut label = meant(all, at);
    for _ in 0..64 {
        candidate = match label.take() {
            Some(one) => {
                let more = one.with_ranks([&one.ranks[..], &[rank]].concat());
                let written = more.write();
                label = Some(more);
                written
            }
            None => format!("{candidate} {}", if rank == 0 { "ante" } else { "bis" }),
        };
        if free(&candidate) {
            break;
        }
    }
    candidate
}
