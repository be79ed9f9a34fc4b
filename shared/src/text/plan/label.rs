//! Labels: what a point is cited by. They stay when points come and go around them.
//!
//! - Added at the end: the next number (`20` -> `21`, `(a)` -> `(b)`, `(iv)` -> `(v)`, `Article 26` -> `Article 27`, `第三条` -> `第四条`).
//! - Added between two: the one before it with a Latin ordinal: `5 bis`, `5 ter`, `5 quater`, ... `5 vicies`, then `5 no 21`, `5 no 22`.
//!   Where the next of these is already behind it, one level more: `5 bis bis` stands between `5 bis` and `5 ter`. Where siblings have
//!   letters instead (`5A`), or `第三条之二`, in that way.
//! - Added before the first, or before a `5 bis` that follows directly: `1 ante`, `5 bis ante`.
//! - Numbers that run on through the points above (articles through parts) run on: after `Article 2`, where another part begins with
//!   `Article 3`, comes `Article 2 bis`. See [`fit()`].
//! - First of a new level: as points on the same level next to it begin; where there are none, `1` at the top and below words such as
//!   `Article 3`, `(a)` below numbers, `(i)` below letters, `(A)` below roman numbers. Where no sibling has a label, a new one has none.
//! - A label that a sibling has, struck or not, is not used again.
//! - Written as around it: `3bis` is followed by `3ter`, `5 bis` by `5 ter`, `(a)` by `(a bis)`.
//! - What may be a letter or a Roman number is what makes it follow the labels around it; alone, a Roman one (`(i)`, `V`, `II`).

mod fit;
mod form;
mod parse;
mod renumber;
#[cfg(test)]
mod tests;

use crate::text::numeral::System;

pub(super) use fit::{Level, fit};
pub(super) use form::Form;
pub(super) use renumber::{Numbered, renumbered};

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

/// The endings of English ordinal numbers.
const ENGLISH: [&str; 4] = ["st", "nd", "rd", "th"];

/// Labels on either side that are looked at to tell how one is meant.
const AROUND: usize = 12;

/// Whether `word` is one of the Latin ordinals, or one of the words that are used like these.
pub(crate) fn is_ordinal(word: &str) -> bool {
    ORDINALS.iter().any(|(ordinal, _)| *ordinal == word)
}

/// `Article 3 bis` = head `Article `, a path of `[3]` in digits, no unit, ranks `[2]` in Latin behind ` `, no tail.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Label {
    head: String,
    /// `[6, 1]` for `6.1`; at least one.
    path: Vec<u32>,
    system: System,
    /// What belongs to the number: `条`, `조`.
    unit: String,
    ranks: Vec<u32>,
    inserted: Inserted,
    tail: String,
}

/// How what was put in later is told from what it stands behind.
#[derive(Debug, Clone, PartialEq)]
enum Inserted {
    /// `5 bis`, behind this.
    Latin(String),
    /// `5A`, and what is between.
    Letter { upper: bool },
    /// `第三条之二`, behind this.
    Number(&'static str),
}

impl Label {
    fn number(&self) -> u32 {
        self.path.last().copied().unwrap_or(0)
    }

    /// The same place in the same row of numbers, of which this is another.
    fn with_number(&self, number: u32) -> Label {
        let mut path = self.path.clone();
        path.pop();
        path.push(number);
        Label { path, ranks: Vec::new(), ..self.clone() }
    }

    fn with_ranks(&self, ranks: Vec<u32>) -> Label {
        let loose = self.ranks.is_empty() && self.inserted == Inserted::Latin(String::new());
        let inserted = if loose { Inserted::Latin(" ".into()) } else { self.inserted.clone() };
        Label { ranks, inserted, ..self.clone() }
    }

    /// Whether it begins with a word, as `Article 3` and `第三条` do, or with `§`.
    fn is_named(&self) -> bool {
        self.head.contains(|c: char| c.is_alphabetic() || c == '§')
    }

    /// Whether both are of one row: `Article 2` and `Article 4`, `6.1` and `6.2`, but not `(1)` and `1`.
    fn same_row(&self, other: &Label) -> bool {
        let above = |label: &Label| label.path[..label.path.len().saturating_sub(1)].to_vec();
        self.alike(other) && above(self) == above(other)
    }

    /// Whether both are written in one way.
    fn alike(&self, other: &Label) -> bool {
        (&self.head, self.system, &self.unit, self.tail_kind()) == (&other.head, other.system, &other.unit, other.tail_kind())
    }

    fn tail_kind(&self) -> &str {
        let ending = english(&self.tail).map_or(0, str::len);
        &self.tail[ending..]
    }

    fn same_number(&self, other: &Label) -> bool {
        self.alike(other) && self.path == other.path
    }

    /// The label that comes next in the same row; none where its numbers end.
    fn next(&self) -> Option<Label> {
        let number = self.system.next(self.number())?;
        match self.system {
            System::Words { .. } if self.system.write(number).is_none() => {
                Some(Label { system: System::Digits('0'), ..self.with_number(number) })
            }
            system => system.write(number).map(|_| self.with_number(number)),
        }
    }
}

/// The ending of an English ordinal number with which a tail begins.
fn english(tail: &str) -> Option<&'static str> {
    ENGLISH.into_iter().find(|ending| tail.starts_with(ending))
}

/// Whether `label` says that its point was put in behind `number`: `5 bis` and `5 ter` behind `5`.
pub(super) fn was_put_in_behind(label: &str, number: &str) -> bool {
    if label.len() <= number.len() {
        return false;
    }
    let (labels, numbers) = (Label::readings(label), Label::readings(number));
    let behind = |label: &Label, number: &Label| {
        let added = label.ranks.strip_prefix(&number.ranks[..]).and_then(|added| added.first());
        label.same_number(number) && added.is_some_and(|rank| *rank > 1)
    };
    labels.iter().any(|label| numbers.iter().any(|number| behind(label, number)))
}

/// Whether `label` is what comes right after `before` in an open list: `5` after `4`, `5 bis` and `5A` after `5`, `6.1` after `6`,
/// `7` after `6.2`, `(aa)` after `(z)`. What one system passes over (`й` in Cyrillic letters) may be missing.
pub(crate) fn follows(before: &str, label: &str) -> bool {
    let (before, after) = (Label::readings(before), Label::readings(label));
    before.iter().any(|before| after.iter().any(|after| before.is_followed_by(after)))
}

/// Whether `label` comes later than `before` in the same list, with what is missing between them: `(ba)` after `(ac)`, `7.1.2` after `6.2`.
pub(crate) fn comes_later(before: &str, label: &str) -> bool {
    /// More is another list, or a sentence about something else.
    const MISSING_MAX: u32 = 26;
    let (before, after) = (Label::readings(before), Label::readings(label));
    let near = |before: &Label, after: &Label| {
        let first = |label: &Label| label.path.first().copied().unwrap_or(0);
        let missing = first(after).saturating_sub(first(before));
        before.alike(after) && after.path > before.path && missing <= MISSING_MAX && (after.path.len() == 1 || missing <= 1)
    };
    before.iter().any(|before| after.iter().any(|after| near(before, after)))
}

/// Whether a list may begin with this: `1`, `(a)`, `(i)`, `1.1`.
pub(crate) fn is_first(label: &str) -> bool {
    Label::readings(label).iter().any(|label| label.ranks.is_empty() && label.number() == 1)
}

/// The labels that may come right after this one, a plain number each.
pub(crate) fn nexts(label: &str) -> impl Iterator<Item = String> {
    Label::readings(label).into_iter().filter_map(|label| label.next()).map(|label| label.write())
}

impl Label {
    fn is_followed_by(&self, after: &Label) -> bool {
        let words = |one: &Label, other: &Label| {
            let counts_on = matches!(one.system, System::Words { .. }) && matches!(other.system, System::Digits(_));
            counts_on && one.head == other.head && one.number() + 1 == other.number()
        };
        if words(self, after) {
            return after.ranks.is_empty();
        }
        if !self.alike(after) {
            return false;
        }
        if self.path == after.path {
            return match (&self.ranks[..], &after.ranks[..]) {
                // Some count `5A`, `5a`.
                ([rank], [next]) => {
                    rank + 1 == *next
                        || (*next == 2 && after.inserted == Inserted::Letter { upper: false } && self.inserted != after.inserted)
                }
                ([], [next]) => *next == 2,
                (ranks, [above @ .., next]) => ranks == above && *next == 2,
                _ => false,
            };
        }
        let (depth, own) = (after.path.len(), self.path.len());
        if !after.ranks.is_empty() || depth > own + 1 {
            return false;
        }
        if depth == own + 1 {
            return after.path.starts_with(&self.path) && after.number() == 1;
        }
        let above = depth.saturating_sub(1);
        self.path[..above] == after.path[..above] && self.system.follows(self.path[above], after.number())
    }
}

/// How the label at `at` is meant among these: in the way in which most of them follow one another.
fn meant(labels: &[&str], at: usize) -> Option<Label> {
    let own = Label::readings(labels.get(at)?);
    if own.len() < 2 {
        return own.into_iter().next();
    }
    let around = at.saturating_sub(AROUND)..(at + AROUND).min(labels.len());
    let others: Vec<Vec<Label>> =
        labels[around].iter().map(|label| Label::readings(label)).filter(|all| !all.is_empty()).collect();
    let value = |own: &Label| {
        let among = |all: &Vec<Label>| all.iter().find(|other| own.same_row(other)).cloned();
        let row: Vec<Label> = others.iter().filter_map(among).collect();
        let links = row.windows(2).filter(|pair| pair[0].is_followed_by(&pair[1])).count();
        (links, row.len(), own.system.likelihood(own.number()))
    };
    own.into_iter().rev().max_by_key(value)
}
