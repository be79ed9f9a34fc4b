//! New labels for all points.

use std::collections::HashMap;

use super::{Inserted, Label, meant};
use crate::text::numeral::System;

/// A point, as far as numbers go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Numbered<'a> {
    /// Its label.
    pub label: &'a str,
    /// Whether it is struck.
    pub struck: bool,
    /// How many points are above it.
    pub depth: usize,
}

/// What counts together: what is written in one way, below one point or, where numbers run on, on one level of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Row {
    parent: Option<usize>,
    above: Vec<u32>,
    head: String,
    system: System,
    unit: String,
    tail: String,
}

/// New labels for points in document order: those that stand count 1, 2, 3 ... in the style that each has; a struck one takes an ordinal
/// after the last that stands (`3 bis`), so that it leaves no gap. Points without a label stay without. Where numbers ran on from one
/// parent to the next they do so again; what counts below a number (`6.1`) takes its new one.
pub fn renumbered(points: &[Numbered]) -> Vec<String> {
    let parents = parents(points);
    let old = meant_each(points, &parents);
    let run_on = running(points, &old, &parents);
    let mut counts: HashMap<Row, (u32, u32)> = HashMap::new();
    let mut renamed: HashMap<(Option<usize>, Vec<u32>), Vec<u32>> = HashMap::new();
    let mut labels: Vec<String> = Vec::with_capacity(points.len());
    for (at, point) in points.iter().enumerate() {
        let Some(old) = &old[at] else {
            labels.push(point.label.to_owned());
            continue;
        };
        let above = old.path[..old.path.len() - 1].to_vec();
        // `6.1` beside `6`, or below `Article 6`.
        let mut here = Some(parents[at]);
        let mut prefix = above.clone();
        while let Some(parent) = here.filter(|_| !above.is_empty()) {
            if let Some(new) = renamed.get(&(parent, above.clone())) {
                prefix.clone_from(new);
                break;
            }
            here = parent.map(|parent| parents[parent]);
        }
        let row = Row { parent: parents[at], ..row_of(old) };
        let row = if run_on.contains_key(&Row { parent: None, ..row.clone() }) { Row { parent: None, ..row } } else { row };
        let (count, struck_since) = counts.entry(row).or_insert((0, 0));
        let path = |number: u32| [&prefix[..], &[number]].concat();
        if point.struck {
            *struck_since += 1;
            let ranks = match (*count, *struck_since) {
                (0, 1) => vec![0],
                (0, nth) => vec![0, nth],
                (_, nth) => vec![nth + 1],
            };
            let plain = if old.ranks.is_empty() { old.clone() } else { Label { inserted: old.inserted.clone(), ..old.clone() } };
            labels.push(Label { path: path((*count).max(1)), ..plain.with_ranks(ranks) }.write());
            continue;
        }
        (*count, *struck_since) = (*count + 1, 0);
        let number = path(nth(old.system, *count));
        renamed.insert((parents[at], old.path.clone()), number.clone());
        let inserted = Inserted::Latin(String::new());
        let system = if old.system.write(number[number.len() - 1]).is_some() { old.system } else { System::Digits('0') };
        labels.push(Label { path: number, ranks: Vec::new(), inserted, system, ..old.clone() }.write());
    }
    labels
}

/// The number that the n-th has: letters that are not counted with have none.
fn nth(system: System, n: u32) -> u32 {
    match system {
        System::Letters { .. } => (1..n).try_fold(1, |value, _| system.next(value)).unwrap_or(n),
        _ => n,
    }
}

fn row_of(label: &Label) -> Row {
    let above = label.path[..label.path.len() - 1].to_vec();
    let tail = label.tail_kind().to_owned();
    // `Article premier` and `Article 2` are one row.
    let system = if matches!(label.system, System::Words { .. }) { System::Digits('0') } else { label.system };
    Row { parent: None, above, head: label.head.clone(), system, unit: label.unit.clone(), tail }
}

/// The index of each point's parent.
fn parents(points: &[Numbered]) -> Vec<Option<usize>> {
    let mut open: Vec<usize> = Vec::new();
    let parent = |(at, point): (usize, &Numbered)| {
        open.truncate(point.depth);
        let parent = open.last().copied();
        open.push(at);
        parent
    };
    points.iter().enumerate().map(parent).collect()
}

/// How each label is meant among its siblings.
fn meant_each(points: &[Numbered], parents: &[Option<usize>]) -> Vec<Option<Label>> {
    let mut siblings: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
    for (at, parent) in parents.iter().enumerate().filter(|(at, _)| !points[*at].label.is_empty()) {
        siblings.entry(*parent).or_default().push(at);
    }
    let mut meanings = vec![None; points.len()];
    for group in siblings.values() {
        let labels: Vec<&str> = group.iter().map(|at| points[*at].label).collect();
        for (place, at) in group.iter().enumerate() {
            meanings[*at] = meant(&labels, place);
        }
    }
    meanings
}

/// The rows whose numbers run on from one parent to the next: no number came twice, and none went back.
fn running(points: &[Numbered], old: &[Option<Label>], parents: &[Option<usize>]) -> HashMap<Row, ()> {
    let mut rows: HashMap<Row, (u32, bool, Vec<Option<usize>>)> = HashMap::new();
    for (at, label) in old.iter().enumerate().filter(|(at, _)| !points[*at].struck) {
        let Some(label) = label else { continue };
        if !label.is_named() || label.path.len() > 1 {
            continue;
        }
        let (last, rises, below) = rows.entry(row_of(label)).or_insert((0, true, Vec::new()));
        *rises &= label.number() > *last || (label.number() == *last && !label.ranks.is_empty());
        *last = label.number();
        if below.last() != Some(&parents[at]) {
            below.push(parents[at]);
        }
    }
    rows.retain(|_, (_, rises, below)| *rises && below.len() > 1);
    rows.into_keys().map(|row| (row, ())).collect()
}
