//! A point as people say it: `4(a)`, `Art. 3`, `article 3(1)`, `§ 6`, `第3条`, against the labels from the top down to it.
//!
//! Both are taken apart into words and numbers, so `article 3(1)` is never Article 31. A word for a kind of point may be short, missing or
//! general in front of a number, but never another: `Annex 3` is not Article 3.

use std::collections::HashMap;

use crate::{
    id::PointId,
    limits::POINT_DEPTH_MAX,
    text::{
        numeral::{ANY, ARTICLES, DIVISIONS, System, UNITS, digit, enclosed, is_ideograph, is_of_word, readings},
        plan::{Outline, Point},
    },
};

/// Parts of what is looked for; more are no label of a point.
const PARTS_MAX: usize = 48;
/// Letters at least of a word that stands for a longer one.
const SHORT_MIN: usize = 2;
/// A run of letters or of digits.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// In small letters, without an Arabic article.
    Word(String),
    /// In whatever digits, or as a word.
    Number(u32),
}

/// How well a point fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// Only where a general word, or the word for an article, stands for its own kind.
    Loose,
    /// As it is said.
    Well,
}

/// The points that people may mean so; of those that fit well and loosely, the former.
pub(super) fn find<'a>(outline: &'a Outline, what: &str) -> Vec<&'a Point> {
    let asked = parts(what);
    if asked.is_empty() || asked.len() > PARTS_MAX {
        return Vec::new();
    }
    let from_top = what.trim().starts_with('/');
    let near: Vec<&Point> = outline.points.iter().filter(|point| may_end_so(what, &point.label)).collect();
    if near.is_empty() {
        return near;
    }
    let by_id: HashMap<&PointId, &Point> = outline.points.iter().map(|point| (&point.id, point)).collect();
    let fits = near.into_iter().filter_map(|point| Some((point, fit(&asked, point, &by_id, from_top)?)));
    let fits: Vec<(&Point, Fit)> = fits.collect();
    let best = fits.iter().map(|(_, fit)| *fit).max();
    fits.into_iter().filter(|(_, fit)| Some(*fit) == best).map(|(point, _)| point).collect()
}

/// Whether two texts can mean one number at their ends: told without taking the label apart, for most labels.
fn may_end_so(what: &str, label: &str) -> bool {
    let last = |text: &str| text.chars().rev().find(|c| c.is_alphanumeric());
    match (last(what), last(label)) {
        (_, None) => false,
        (Some(one), Some(other)) if one.is_ascii() && other.is_ascii() && one.is_ascii_digit() == other.is_ascii_digit() => {
            one.eq_ignore_ascii_case(&other)
        }
        _ => true,
    }
}

/// Whether what is asked for names this point: it ends with all of its label, and begins where a label above it does, or its own.
fn fit(asked: &[Part], point: &Point, by_id: &HashMap<&PointId, &Point>, from_top: bool) -> Option<Fit> {
    let (mut left, mut fit) = (asked, Fit::Well);
    let mut here = point;
    for _ in 0..POINT_DEPTH_MAX {
        let label = parts(&here.label);
        if !label.is_empty() {
            let (rest, how) = without_label(left, &label, here.id == point.id)?;
            (left, fit) = (rest, fit.min(how));
        } else if here.id == point.id {
            return None;
        }
        let above = here.parent.as_ref().and_then(|id| by_id.get(id)).copied();
        let is_whole = left.iter().all(|part| part.is_in(ANY)) && !(from_top && above.is_some());
        // Only a point at the top is an article without saying so.
        let is_article = || {
            above.is_none() && matches!(label.first(), Some(Part::Number(_))) && matches!(left, [word] if word.is_in(ARTICLES))
        };
        match above {
            _ if is_whole => return Some(fit),
            None => return is_article().then_some(Fit::Loose),
            Some(above) => here = above,
        }
    }
    None
}

/// What is left of `asked` in front of a label with which it ends; general words behind that of a point above are about what is below it.
fn without_label<'a>(asked: &'a [Part], label: &[Part], is_own: bool) -> Option<(&'a [Part], Fit)> {
    let (mut left, mut fit) = (asked, Fit::Well);
    let mut own = label;
    while let Some((part, above)) = own.split_last() {
        let in_front = own.len() < label.len();
        let is_kind = (in_front && (part.is_in(DIVISIONS) || part.is_in(ANY))) || (!above.is_empty() && part.is_in(UNITS));
        match left.split_last() {
            Some((said, rest)) if said == part || (in_front && said.is_short_for(part)) => (left, own) = (rest, above),
            Some((said, rest)) if !in_front && !is_own && said.is_in(ANY) => left = rest,
            Some((said, rest)) if is_kind && said.is_in(ANY) => (left, own, fit) = (rest, above, Fit::Loose),
            Some((said, _)) if is_kind && !part.is_in(ANY) && (said.is_in(DIVISIONS) || said.is_in(UNITS)) => return None,
            _ if is_kind => own = above,
            Some((said, rest)) if !in_front && said.is_in(ANY) && said.is_in(UNITS) => left = rest,
            _ => return None,
        }
    }
    Some((left, fit))
}

impl Part {
    fn is_in(&self, words: &[&str]) -> bool {
        matches!(self, Part::Word(word) if words.iter().any(|listed| bare(listed) == word))
    }

    /// Whether this is how one begins to write that word.
    fn is_short_for(&self, whole: &Part) -> bool {
        match (self, whole) {
            (Part::Word(short), Part::Word(whole)) => {
                short.chars().nth(SHORT_MIN - 1).is_some() && whole.starts_with(short.as_str())
            }
            _ => false,
        }
    }
}

/// The words and numbers of a text, at most one more than are ever asked for.
fn parts(text: &str) -> Vec<Part> {
    let mut runs: Vec<String> = Vec::new();
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next()
        && parts.len() <= PARTS_MAX
    {
        let is_in_run: &dyn Fn(char) -> bool = match c {
            _ if digit(c).is_some() => &|c| digit(c).is_some(),
            _ if enclosed(c).is_some() || matches!(c, '§' | '№' | '第' | '제') => &|_| false,
            _ if is_ideograph(c) => &is_ideograph,
            _ if is_letter(c) => &is_letter,
            _ => {
                rest = &rest[c.len_utf8()..];
                continue;
            }
        };
        let length = rest.char_indices().skip(1).find(|(_, c)| !is_in_run(*c)).map_or(rest.len(), |(at, _)| at);
        let run = rest[..length].to_lowercase();
        rest = &rest[length..];
        // Some numbers are two words.
        let two = runs.last().and_then(|before| number(&format!("{before} {run}")));
        match (two, parts.last(), number(&run)) {
            (Some(number), ..) => {
                parts.pop();
                parts.push(Part::Number(number));
            }
            // `1st`
            (None, Some(Part::Number(_)), None) if ["st", "nd", "rd", "th"].contains(&run.as_str()) => {}
            (None, _, Some(number)) => parts.push(Part::Number(number)),
            (None, _, None) => parts.push(Part::Word(bare(&run).to_owned())),
        }
        runs.push(run);
    }
    parts
}

/// What is a number wherever it stands: Roman ones and letters are what they look like.
fn number(run: &str) -> Option<u32> {
    let is_number = |system: &System| !matches!(system, System::Roman { .. } | System::Letters { .. } | System::Sum { .. });
    readings(run).into_iter().find(|(system, _)| is_number(system)).map(|(_, number)| number)
}

/// A letter of a word; not the marks of `6.º`.
fn is_letter(c: char) -> bool {
    is_of_word(c) && !is_ideograph(c) && enclosed(c).is_none() && !matches!(c, 'º' | 'ª' | '第' | '제')
}

/// A word without the Arabic article.
fn bare(word: &str) -> &str {
    word.strip_prefix("ال").filter(|rest| !rest.is_empty()).unwrap_or(word)
}
