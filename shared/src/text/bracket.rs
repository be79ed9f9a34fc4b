//! Brackets, parsed from words: what is not agreed, which alternatives stand side by side, what is still to be filled in.
//!
//! **What is a bracket.** Square marks, `[` and `]`, and the full-width `［` and `］` of East Asian keyboards; one kind closes the
//! other. A mark behind a backslash is plain text (`\[`), as in Markdown; behind an escaped backslash (`\\[`) it is a mark. A
//! mark closes the nearest one that is open, so what is left over is the outermost: a draft that lacks a mark keeps the meaning
//! of its inner brackets.
//!
//! **What is text.** `[^1]` (a note), `[the map](https://...)` and `[map]: https://...` (a link), `[sic]`, and the year of a law report in
//! `[2015] 1 VR 7`. Everything else in square marks is a bracket, `[t]he` and `[x]` too: who means text writes `\[`.
//!
//! **Nothing is lost.** Marks that have no partner are reported as [`Loose`]: every mark that is not text is part of exactly one bracket
//! or loose.
//!
//! **Alternatives** are siblings with nothing between them but spaces and at most one line break: `[30][50]`, `[30] [50]`.
//!
//! **Crossing.** Since only square marks count, brackets never cross each other. What drafters call crossing shows in two ways:
//! as a bracket that opens in one text and closes in another ([`across`] finds those), and as one that cuts through Markdown's
//! emphasis (`*a [b* c]`), which is between the reader and Markdown: to a bracket asterisks are words like others.
//!
//! **What is counted** as open: every bracket, nested ones included, each alternative by itself, and every loose mark, because
//! nothing that holds one can be agreed. A bracket that spans texts counts once, where it opens. Escaped marks do not count.

mod across;
mod placeholder;
mod plain;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, ops::Range};

pub use across::{Across, Field, LooseAt, MarkPlace, OpenCount, Spanning, across};

/// The brackets of one stretch of words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Brackets {
    /// All of them, in the order in which they open: each before those that it holds.
    pub list: Vec<Bracket>,
    /// Marks without a partner, in the order of the words: all that close stand before all that open.
    pub loose: Vec<Loose>,
}

/// A pair of marks and what is between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bracket {
    /// Where it stands, its marks included: bytes of the words.
    pub range: Range<usize>,
    /// What is between its marks: bytes of the words.
    pub inner: Range<usize>,
    /// How many brackets hold it. Loose marks hold nothing.
    pub depth: usize,
    /// The bracket that holds it, as an index into the list.
    pub parent: Option<usize>,
    /// Text in question, or a place to be filled in.
    pub kind: BracketKind,
    /// Its group, named by the index of the group's first bracket; a bracket alone is a group of its own.
    pub group: usize,
    /// Its place among the alternatives of its group, from 0; none if it is alone, and so no alternative.
    pub alternative: Option<usize>,
}

/// What a bracket holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BracketKind {
    /// Words that are not agreed.
    Text,
    /// A place for words that nobody has yet: `[X]`, `[...]`, `[amount]`, `[Placeholder: ...]`.
    Placeholder,
}

/// A mark without a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Loose {
    /// Where it stands: a byte of the words.
    pub at: usize,
    /// Whether it opens a bracket that nothing closes; otherwise it closes one that nothing opens.
    pub opening: bool,
}

/// Finds the brackets of `words`. Time grows with the words; no recursion, however deep they nest.
pub fn parse(words: &str) -> Brackets {
    let mut open = Vec::new();
    let mut pairs = Vec::new();
    let mut loose = Vec::new();
    for mark in marks(words) {
        if mark.opening {
            open.push(mark);
        } else if let Some(opening) = open.pop() {
            pairs.push((opening, mark));
        } else {
            loose.push(Loose { at: mark.at, opening: false });
        }
    }
    loose.extend(open.iter().map(|mark| Loose { at: mark.at, opening: true }));
    pairs.retain(|(opening, closing)| !plain::is_text(words, opening.end..closing.at, closing.end));
    pairs.sort_unstable_by_key(|(opening, _)| opening.at);
    let mut list = nested(&pairs);
    mark_kinds(words, &mut list);
    mark_alternatives(words, &mut list);
    Brackets { list, loose }
}

impl Brackets {
    /// How much is open here: brackets, nested ones included, and loose marks. See the module for what is counted; where brackets
    /// span texts, [`Across`] counts.
    pub fn open_count(&self) -> usize {
        self.list.len() + self.loose.len()
    }

    /// The innermost bracket that holds a stretch of the words, as an index into the list: the one that somebody who points at
    /// the stretch means. `None` for an empty stretch, and where no bracket holds all of it.
    pub fn holding(&self, stretch: &Range<usize>) -> Option<usize> {
        self.holding_within(stretch, &mut { usize::MAX })
    }

    /// The same for who asks often: takes the brackets that it looked at off `steps`, and finds none when these are used up.
    pub(crate) fn holding_within(&self, stretch: &Range<usize>, steps: &mut usize) -> Option<usize> {
        // In opening order a bracket stands before those that it holds: the last that opens before the stretch, or one around
        // that.
        let mut at = self.list.partition_point(|bracket| bracket.range.start <= stretch.start).checked_sub(1)?;
        while self.list[at].range.end < stretch.end {
            at = self.list[at].parent?;
            *steps = steps.checked_sub(1)?;
        }
        (!stretch.is_empty()).then_some(at)
    }
}

/// The clean text: each outermost bracket, or group of alternatives with what is between them, becomes `…`, and loose marks go
/// (they are in [`Brackets::loose`] for whoever must know). Where that brings two spaces together one of them stays, and a line
/// does not begin or end with a space because a mark went. Escaped marks stay as they are.
pub fn without(words: &str) -> String {
    let brackets = parse(words);
    // Outermost brackets and loose marks: what is cut, and what stands there instead.
    let mut cuts: Vec<(Range<usize>, &str)> = Vec::new();
    for (at, bracket) in brackets.list.iter().enumerate().filter(|(_, bracket)| bracket.parent.is_none()) {
        match cuts.last_mut().filter(|_| bracket.group != at) {
            Some((group, _)) => group.end = bracket.range.end,
            None => cuts.push((bracket.range.clone(), "…")),
        }
    }
    cuts.extend(brackets.loose.iter().map(|loose| (loose.at..loose.at + mark_length(words, loose.at), "")));
    cuts.sort_unstable_by_key(|(range, _)| range.start);

    let mut clean = Clean { text: String::with_capacity(words.len()), gone: false };
    let mut at = 0;
    for (range, instead) in cuts {
        clean.push(&words[at..range.start]);
        clean.push(instead);
        clean.gone |= instead.is_empty();
        // `…` ends a sentence by itself.
        at = range.end + usize::from(instead == "…" && words[range.end..].starts_with('.'));
    }
    clean.push(&words[at..]);
    clean.finish()
}

/// The words without one bracket, by its index: of several alternatives it goes, and when one is left its marks go too. In the place of
/// one that stood alone come the words that stood there `before`.
pub fn withdrawn(words: &str, at: usize, before: &str) -> Option<String> {
    let list = parse(words).list;
    let own = list.get(at)?;
    let mates: Vec<&Bracket> = list.iter().filter(|one| one.group == own.group).collect();
    let place = mates.iter().position(|one| one.range == own.range)?;
    let (cut, instead) = match (&mates[..], place) {
        ([_], _) => (own.range.clone(), before),
        ([first, last], _) => (first.range.start..last.range.end, &words[mates[1 - place].inner.clone()]),
        (_, 0) => (own.range.start..mates[1].range.start, ""),
        _ => (mates[place - 1].range.end..own.range.end, ""),
    };
    let mut clean = Clean { text: words[..cut.start].to_owned(), gone: false };
    clean.push(instead);
    clean.gone = instead.is_empty();
    clean.push(&words[cut.end..]);
    Some(clean.finish())
}

/// What goes when a bracket, by its index, is closed in favour of its own words: its marks, and the alternatives beside it. Of the
/// spaces around one that holds nothing one goes with it.
pub fn settled(words: &str, at: usize) -> Option<[Range<usize>; 2]> {
    let list = parse(words).list;
    let chosen = list.get(at)?;
    let group = || list.iter().filter(|one| one.group == chosen.group);
    let (first, last) = (group().next()?.range.start, group().next_back()?.range.end);
    let blank = words[chosen.inner.clone()].is_empty();
    let spaced = blank && words[last..].starts_with(' ') && (first == 0 || words[..first].ends_with([' ', '\n']));
    Some([first..chosen.inner.start, chosen.inner.end..last + usize::from(spaced)])
}

/// Text that is put together around marks that went.
struct Clean {
    text: String,
    /// A mark went at the end of the text.
    gone: bool,
}

impl Clean {
    fn push(&mut self, more: &str) {
        let spaced = self.text.is_empty() || self.text.ends_with([' ', '\t', '\n']);
        let more = if self.gone && spaced { more.trim_start_matches([' ', '\t']) } else { more };
        if more.is_empty() {
            return;
        }
        if self.gone && more.starts_with(['\n', '\r']) {
            self.text.truncate(self.text.trim_end_matches([' ', '\t']).len());
        }
        self.text.push_str(more);
        self.gone = false;
    }

    fn finish(mut self) -> String {
        if self.gone {
            self.text.truncate(self.text.trim_end_matches([' ', '\t']).len());
        }
        self.text
    }
}

#[derive(Clone, Copy)]
struct Mark {
    at: usize,
    end: usize,
    opening: bool,
}

/// The marks of the words, without the escaped ones.
fn marks(words: &str) -> impl Iterator<Item = Mark> {
    let mut escaped = false;
    words.char_indices().filter_map(move |(at, c)| {
        // What a backslash escapes counts as nothing, a second backslash included.
        if std::mem::take(&mut escaped) {
            return None;
        }
        escaped = c == '\\';
        let opening = match c {
            '[' | '［' => true,
            ']' | '］' => false,
            _ => return None,
        };
        Some(Mark { at, end: at + c.len_utf8(), opening })
    })
}

fn mark_length(words: &str, at: usize) -> usize {
    words[at..].chars().next().map_or(0, char::len_utf8)
}

/// Brackets with depth and parent, from pairs in opening order; each is of its own group yet.
fn nested(pairs: &[(Mark, Mark)]) -> Vec<Bracket> {
    let mut list: Vec<Bracket> = Vec::with_capacity(pairs.len());
    let mut around: Vec<usize> = Vec::new();
    for (at, (opening, closing)) in pairs.iter().enumerate() {
        while around.last().is_some_and(|outer| list[*outer].range.end <= opening.at) {
            around.pop();
        }
        list.push(Bracket {
            range: opening.at..closing.end,
            inner: opening.end..closing.at,
            depth: around.len(),
            parent: around.last().copied(),
            kind: BracketKind::Text,
            group: at,
            alternative: None,
        });
        around.push(at);
    }
    list
}

fn mark_kinds(words: &str, list: &mut [Bracket]) {
    for at in 0..list.len() {
        // In opening order a bracket that holds others stands right before the first of them.
        let leaf = list.get(at + 1).is_none_or(|next| next.parent != Some(at));
        if leaf && placeholder::is_placeholder(&words[list[at].inner.clone()]) {
            list[at].kind = BracketKind::Placeholder;
        }
    }
}

fn mark_alternatives(words: &str, list: &mut [Bracket]) {
    let mut last_child: HashMap<Option<usize>, usize> = HashMap::new();
    for at in 0..list.len() {
        let Some(before) = last_child.insert(list[at].parent, at) else { continue };
        if is_gap(&words[list[before].range.end..list[at].range.start]) {
            let place = *list[before].alternative.get_or_insert(0);
            list[at].group = list[before].group;
            list[at].alternative = Some(place + 1);
        }
    }
}

/// What may stand between alternatives: spaces and one line break.
fn is_gap(between: &str) -> bool {
    between.chars().all(|c| matches!(c, ' ' | '\t' | '\u{a0}' | '\u{3000}' | '\r' | '\n')) && between.matches('\n').count() <= 1
}

#[cfg(test)]
mod tests;
