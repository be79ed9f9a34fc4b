//! Labels: what a point is cited by. They stay when points come and go around them.
//!
//! - Added at the end: the next number (`20` -> `21`, `(a)` -> `(b)`, `(iv)` -> `(v)`, `Article 26` -> `Article 27`).
//! - Added between two: the one before it with a Latin ordinal: `5 bis`, `5 ter`, `5 quater`, ... `5 vicies`, then `5 no 21`, `5 no 22`.
//!   Where the next of these is already behind it, one level more: `5 bis bis` stands between `5 bis` and `5 ter`.
//! - Added before the first, or before a `5 bis` that follows directly: `1 ante`, `5 bis ante`.
//! - First of a new level: `1` at the top and below words such as `Article 3`, `(a)` below numbers, `(i)` below letters, `(A)` below
//!   roman numbers. Where no sibling has a label, a new one has none either.
//! - A label that a sibling has, struck or not, is not used again.
//! - Written as around it: `3bis` is followed by `3ter`, `5 bis` by `5 ter`, `(a)` by `(a bis)`.

mod form;
#[cfg(test)]
mod tests;

use std::{
    cell::{Cell, OnceCell},
    collections::{HashMap, HashSet},
};

pub(super) use form::Form;

/// Candidates that are looked for among labels one by one; with more, the labels are written down first.
const CANDIDATES: usize = 4;

/// Latin ordinals and their ranks; rank 1 is the plain number, 0 comes before it.
const ORDINALS: [(&str, u32); 20] = [
    ("ante", 0),
    ("bis", 2),
    ("ter", 3),
    ("quater", 4),
    ("quinquies", 5),
    ("sexies", 6),
    ("septies", 7),
    ("octies", 8),
    ("novies", 9),
    ("decies", 10),
    ("undecies", 11),
    ("duodecies", 12),
    ("terdecies", 13),
    ("quaterdecies", 14),
    ("quindecies", 15),
    ("sexdecies", 16),
    ("septdecies", 17),
    ("octodecies", 18),
    ("novodecies", 19),
    ("vicies", 20),
];

/// Whether `word` is one of the Latin ordinals.
pub(crate) fn is_ordinal(word: &str) -> bool {
    ORDINALS.iter().any(|(ordinal, _)| *ordinal == word)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Number,
    Letter { upper: bool },
    Roman { upper: bool },
}

/// `Article 3 bis` = head `Article `, a counter of 3, separator ` `, ranks `[2]`, no tail.
#[derive(Debug, Clone, PartialEq)]
struct Label {
    head: String,
    kind: Kind,
    counter: u32,
    separator: String,
    ranks: Vec<u32>,
    tail: String,
}

impl Label {
    /// Takes a label apart; `roman` says how to take a letter that is a roman number too.
    fn parse(label: &str, roman: bool) -> Option<Label> {
        let body = label.trim_end_matches(['.', ')', ']', ':']);
        let tail = label[body.len()..].to_owned();
        let (mut stem, mut separator, mut ranks) = (body, String::new(), Vec::new());
        while let Some((rest, between, rank)) = split_ordinal(stem) {
            ranks.insert(0, rank);
            (stem, separator) = (rest, between.to_owned());
        }
        let digits = stem.trim_end_matches(|c: char| c.is_ascii_digit());
        if digits.len() < stem.len() {
            let counter = stem[digits.len()..].parse().ok()?;
            return Some(Label { head: digits.to_owned(), kind: Kind::Number, counter, separator, ranks, tail });
        }
        let head = stem.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        if head.ends_with(char::is_alphanumeric) {
            return None;
        }
        let (kind, counter) = letters(&stem[head.len()..], roman)?;
        Some(Label { head: head.to_owned(), kind, counter, separator, ranks, tail })
    }

    fn write(&self) -> String {
        let mut label = self.head.clone();
        label.push_str(&match self.kind {
            Kind::Number => self.counter.to_string(),
            Kind::Letter { upper } => cased(letter_name(self.counter), upper),
            Kind::Roman { upper } => cased(roman_name(self.counter), upper),
        });
        for (at, rank) in self.ranks.iter().enumerate() {
            let separator = if at == 0 { self.separator.as_str() } else { " " };
            match ORDINALS.iter().find(|(_, of)| of == rank) {
                Some((ordinal, _)) => label.extend([separator, ordinal]),
                None => label.push_str(&format!(" no {rank}")),
            }
        }
        label + &self.tail
    }

    fn with_ranks(&self, ranks: Vec<u32>) -> Label {
        let loose = self.ranks.is_empty() && self.separator.is_empty();
        let separator = if loose { " ".to_owned() } else { self.separator.clone() };
        Label { ranks, separator, ..self.clone() }
    }

    fn same_number(&self, other: &Label) -> bool {
        (&self.head, self.kind, self.counter) == (&other.head, other.kind, other.counter)
    }
}

/// Splits the last ordinal off: `5 bis` -> (`5`, ` `, 2), `3bis` -> (`3`, ``, 2), `5 no 21` -> (`5`, ` `, 21).
fn split_ordinal(stem: &str) -> Option<(&str, &str, u32)> {
    if let Some((rest, number)) = stem.rsplit_once(" no ") {
        let rank = number.parse().ok().filter(|rank| *rank > 20 && *rank < 1_000_000)?;
        return Some((rest, " ", rank));
    }
    ORDINALS.iter().find_map(|(ordinal, rank)| {
        let rest = stem.strip_suffix(ordinal)?;
        let whole = rest.trim_end_matches([' ', '.']);
        let apart = whole.len() < rest.len() || rest.ends_with(|c: char| c.is_ascii_digit());
        (apart && !whole.is_empty()).then(|| (whole, &rest[whole.len()..], *rank))
    })
}

fn letters(stem: &str, roman: bool) -> Option<(Kind, u32)> {
    let first = stem.chars().next()?;
    let upper = first.is_ascii_uppercase();
    let lower = stem.to_ascii_lowercase();
    if cased(lower.clone(), upper) != stem {
        return None;
    }
    let alike = stem.chars().all(|c| c == first);
    let as_roman = (1..400).find(|value| roman_name(*value) == lower).map(|value| (Kind::Roman { upper }, value));
    let index = u32::from(first.to_ascii_lowercase()).checked_sub(u32::from('a'))?;
    let as_letter = (alike && stem.len() < 1_000).then(|| (Kind::Letter { upper }, (stem.len() as u32 - 1) * 26 + index + 1));
    if roman || !alike { as_roman.or(as_letter) } else { as_letter }
}

fn cased(name: String, upper: bool) -> String {
    if upper { name.to_ascii_uppercase() } else { name }
}

/// a, b, ... z, aa, bb, ... zz, aaa.
fn letter_name(counter: u32) -> String {
    let at = counter.saturating_sub(1);
    let letter = char::from(b'a' + (at % 26) as u8);
    std::iter::repeat_n(letter, (at / 26 + 1) as usize).collect()
}

fn roman_name(mut value: u32) -> String {
    const PARTS: [(u32, &str); 13] = [
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    let mut name = String::new();
    for (part, letters) in PARTS {
        while value >= part {
            name.push_str(letters);
            value -= part;
        }
    }
    name
}

/// Whether lower-case `letters` are a roman number from 1 to 39, as items are numbered.
pub(crate) fn is_roman(letters: &str) -> bool {
    letters.len() <= 7 && (1..40).any(|value| roman_name(value) == letters)
}

/// Whether letters among these siblings are roman numbers: the first with a label is `i`.
fn counts_in_roman<'a>(labels: impl Iterator<Item = &'a str>) -> bool {
    let mut labelled = labels.filter(|label| !label.is_empty());
    labelled.next().is_some_and(|label| {
        Label::parse(label, true).is_some_and(|label| matches!(label.kind, Kind::Roman { .. }) && label.counter == 1)
    })
}

/// Whether `label` says that its point was put in behind `number`: `5 bis` and `5 ter` behind `5`.
pub(super) fn was_put_in_behind(label: &str, number: &str) -> bool {
    let (Some(label), Some(number)) = (Label::parse(label, false), Label::parse(number, false)) else { return false };
    let added = label.ranks.strip_prefix(&number.ranks[..]).and_then(|added| added.first());
    label.same_number(&number) && added.is_some_and(|rank| *rank > 1)
}

/// The label for a newcomer at `at` among siblings with these labels, below a point labelled `parent`.
pub(super) fn fit(labels: &[&str], at: usize, parent: Option<&str>) -> String {
    let at = at.min(labels.len());
    let roman = counts_in_roman(labels.iter().copied());
    let (asked, used) = (Cell::new(0), OnceCell::<HashSet<String>>::new());
    let free = |candidate: &String| {
        let wanted = Form::Plain.of(candidate);
        asked.set(asked.get() + 1);
        if asked.get() <= CANDIDATES {
            return !labels.iter().any(|label| Form::Plain.is(label, &wanted));
        }
        !used.get_or_init(|| labels.iter().map(|label| Form::Plain.of(label)).collect()).contains(&wanted)
    };
    let labelled = |label: &&&str| !label.is_empty();
    let left = labels[..at].iter().rfind(labelled).copied();
    let right = labels[at..].iter().find(labelled).copied();
    match (left, right) {
        (None, None) if labels.is_empty() => first_label(parent),
        (None, None) => String::new(),
        (Some(left), None) => after_last(left, roman, &free),
        (None, Some(right)) => beside(right, roman, 0, &free),
        (Some(left), Some(right)) => between(left, right, roman, &free),
    }
}

fn first_label(parent: Option<&str>) -> String {
    let parent = parent.and_then(|label| Label::parse(label, label.contains(['i', 'v', 'x'])));
    let label = match parent {
        Some(Label { head, .. }) if head.contains(char::is_alphabetic) => "1",
        Some(Label { kind: Kind::Number, .. }) => "(a)",
        Some(Label { kind: Kind::Letter { .. }, .. }) => "(i)",
        Some(Label { kind: Kind::Roman { .. }, .. }) => "(A)",
        None => "1",
    };
    label.to_owned()
}

fn after_last(left: &str, roman: bool, free: &dyn Fn(&String) -> bool) -> String {
    let Some(left_label) = Label::parse(left, roman) else {
        return beside(left, roman, 2, free);
    };
    let numbers = (left_label.counter..u32::MAX).skip(1);
    let next = |counter| Label { counter, ranks: Vec::new(), ..left_label.clone() }.write();
    numbers.map(next).find(free).unwrap_or_default()
}

fn between(left: &str, right: &str, roman: bool, free: &dyn Fn(&String) -> bool) -> String {
    let (Some(left_label), right_label) = (Label::parse(left, roman), Label::parse(right, roman)) else {
        return beside(left, roman, 2, free);
    };
    let behind = right_label.filter(|right| right.same_number(&left_label));
    // Ranks compare as if each ended in 1, the plain number: `5 ante` < `5` < `5 bis ante` < `5 bis` < `5 bis bis` < `5 ter`.
    let before_right = |ranks: &[u32]| behind.as_ref().is_none_or(|right| padded(ranks) < padded(&right.ranks));
    let steps = |ranks: Vec<u32>, from: u32| {
        let with = move |rank| [&ranks[..], &[rank]].concat();
        (from..from + 100_000).map(with).take_while(|ranks| before_right(ranks)).map(|ranks| left_label.with_ranks(ranks).write())
    };
    if let Some((last, above)) = left_label.ranks.split_last().filter(|(last, _)| **last > 1)
        && let Some(label) = steps(above.to_vec(), last + 1).find(free)
    {
        return label;
    }
    if let Some(label) = steps(left_label.ranks.clone(), 2).find(free) {
        return label;
    }
    beside(right, roman, 0, free)
}

fn padded(ranks: &[u32]) -> Vec<u32> {
    let mut padded = ranks.to_vec();
    padded.resize(ranks.len().max(16), 1);
    padded
}

/// `label` with one more ordinal, `ante` for 0 or from `bis` on, as often as it takes to be free.
fn beside(label: &str, roman: bool, rank: u32, free: &dyn Fn(&String) -> bool) -> String {
    let mut candidate = label.to_owned();
    for _ in 0..64 {
        candidate = match Label::parse(&candidate, roman) {
            Some(label) => label.with_ranks([&label.ranks[..], &[rank]].concat()).write(),
            None => format!("{candidate} {}", if rank == 0 { "ante" } else { "bis" }),
        };
        if free(&candidate) {
            break;
        }
    }
    candidate
}

/// New labels for siblings, given as (label, struck): those that stand count 1, 2, 3 ... in the style that each has; a struck one takes
/// an ordinal after the last that stands (`3 bis`), so that it leaves no gap. Points without a label stay without.
pub(super) fn renumbered(siblings: &[(&str, bool)]) -> Vec<String> {
    let roman = counts_in_roman(siblings.iter().map(|(label, _)| *label));
    let mut counts: HashMap<(String, Kind, String), (u32, u32)> = HashMap::new();
    let new_label = |(label, struck): &(&str, bool)| {
        let Some(old) = Label::parse(label, roman) else { return (*label).to_owned() };
        let (count, struck_since) = counts.entry((old.head.clone(), old.kind, old.tail.clone())).or_insert((0, 0));
        if !struck {
            (*count, *struck_since) = (*count + 1, 0);
            return Label { counter: *count, ranks: Vec::new(), ..old }.write();
        }
        *struck_since += 1;
        let ranks = match (*count, *struck_since) {
            (0, 1) => vec![0],
            (0, nth) => vec![0, nth],
            (_, nth) => vec![nth + 1],
        };
        Label { counter: (*count).max(1), ..old.with_ranks(ranks) }.write()
    };
    siblings.iter().map(new_label).collect()
}
