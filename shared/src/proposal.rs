//! Proposals: what became of them, and the two ways into the text.
//!
//! To **adopt** one is to put its words in place of the stretch that it is for; to make it an **alternative** is to put them in brackets beside
//! it: `[30][50]`. Either is one edit of the plan, and the point keeps who proposed and who put it in.

use serde::{Deserialize, Serialize};
use std::ops::Range;
use yrs::TransactionMut;

use crate::{
    bracket::{self, Brackets},
    id::PartyId,
    layer::{Annotation, What},
    plan::{self, Adoption, How, Outline, Point},
    redline::{Piece, redline},
    stretch::Stretch,
};

/// A proposal against today's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// What became of it.
    pub state: State,
    /// The words of its stretch today and what it would make of them; empty where nothing is left of the stretch.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub redline: Vec<Piece>,
    /// How it came into the text, as the plan claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adoption: Option<Adoption>,
}

/// What became of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The words that it is for stand as they were when it was made.
    Open,
    /// Other words stand there now, or the same elsewhere: it is for those.
    Reanchored,
    /// The words that it is for are gone, or read as it wants them already.
    Overtaken,
    /// It was put into the text.
    Adopted,
    /// It stands in the text as a bracketed alternative.
    Alternative,
    /// Its party has taken it back.
    Withdrawn,
}

impl Proposed {
    /// Reads what became of a proposal for `point`; `None` for another kind of annotation.
    pub fn of(annotation: &Annotation, stretch: &Stretch, point: Option<&Point>) -> Option<Proposed> {
        let What::Proposal { replacement } = &annotation.what else { return None };
        let (state, today) = State::of(annotation, stretch, point)?;
        let adoption = point.and_then(|point| point.adoptions.get(&annotation.id)).cloned();
        let redline = today.filter(|today| today != replacement).map(|today| redline(today, replacement));
        Some(Proposed { state, redline: redline.unwrap_or_default(), adoption })
    }
}

impl State {
    /// What became of a proposal for `point`, and the words of its stretch today; `None` for another kind of annotation.
    pub(crate) fn of<'a>(
        annotation: &Annotation,
        stretch: &Stretch,
        point: Option<&'a Point>,
    ) -> Option<(State, Option<&'a str>)> {
        let What::Proposal { replacement } = &annotation.what else { return None };
        let adoption = point.and_then(|point| point.adoptions.get(&annotation.id));
        let today = point.and_then(|point| point.words.get(stretch.range(&point.words)?));
        let state = match (adoption.map(|adoption| adoption.how), today) {
            (Some(How::Adopted), _) => State::Adopted,
            (Some(How::Alternative), _) => State::Alternative,
            _ if annotation.withdrawn => State::Withdrawn,
            (None, None) => State::Overtaken,
            (None, Some(today)) if today == replacement => State::Overtaken,
            (None, Some(_)) if matches!(stretch, Stretch::Changed { .. } | Stretch::Moved { .. }) => State::Reanchored,
            (None, Some(_)) => State::Open,
        };
        Some((state, today))
    }
}

/// Why a proposal was not put into the text. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdoptError {
    /// Not a proposal.
    #[error("{id} is a {kind}, not a proposal: only a proposal has words to put into the text")]
    NoProposal {
        /// The annotation.
        id: String,
        /// What it is.
        kind: &'static str,
    },
    /// Taken back.
    #[error("{0} was withdrawn by its party: ask it to propose again")]
    Withdrawn(String),
    /// The words are no longer there.
    #[error("the words that {0} is for are gone from the text: propose anew against the words as they are")]
    Gone(String),
    /// In the text already.
    #[error("{0} is in the text already")]
    Done(String),
    /// The words read so already.
    #[error("the words read as {0} wants them already")]
    Same(String),
    /// It would leave a mark without its partner.
    #[error("the words that {0} is for cut through a bracket: propose anew for the whole bracket")]
    CutsBracket(String),
    /// The words are not plain text.
    #[error("the words of this point hold more than characters: set them again, then repeat")]
    NotText,
}

/// Who puts a proposal into the text.
#[derive(Debug, Clone)]
pub struct Adopter {
    /// The party.
    pub party: PartyId,
    /// The proposer to be named in the plan; `None` keeps a confidence.
    pub proposed_by: Option<PartyId>,
    /// Now, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
}

/// Puts a proposal's words in place of its stretch.
///
/// # Errors
/// See [`AdoptError`].
pub fn adopt(txn: &mut TransactionMut, proposal: &Annotation, adopter: &Adopter) -> Result<Adoption, AdoptError> {
    let (point, range, replacement) = target(txn, proposal)?;
    let words = point.words.as_str();
    let loose = |words: &str| bracket::parse(words).loose.len();
    let wanted = [&words[..range.start], replacement, &words[range.end..]].concat();
    if loose(&wanted) > loose(words) {
        return Err(AdoptError::CutsBracket(proposal.id.to_string()));
    }
    let adoption = adoption(How::Adopted, &words[range.clone()], replacement.to_owned(), adopter);
    write(txn, &point, proposal, &[(range, replacement)], &adoption)?;
    Ok(adoption)
}

/// Puts a proposal's words in brackets beside its stretch: behind the last alternative if that stands in brackets already, otherwise
/// with brackets around both.
///
/// # Errors
/// See [`AdoptError`].
pub fn alternative(txn: &mut TransactionMut, proposal: &Annotation, adopter: &Adopter) -> Result<Adoption, AdoptError> {
    let (point, range, replacement) = target(txn, proposal)?;
    let words = point.words.as_str();
    let added = bracketed(replacement);
    let adoption = adoption(How::Alternative, &words[range.clone()], added.clone(), adopter);
    let around = format!("]{added}");
    let stretches = match beside(words, &range) {
        Beside::Behind(at) => vec![(at..at, added.as_str())],
        Beside::Around(range) => vec![(range.start..range.start, "["), (range.end..range.end, around.as_str())],
        Beside::Cut => return Err(AdoptError::CutsBracket(proposal.id.to_string())),
    };
    write(txn, &point, proposal, &stretches, &adoption)?;
    Ok(adoption)
}

fn adoption(how: How, before: &str, after: String, adopter: &Adopter) -> Adoption {
    let Adopter { party, proposed_by, at_ms } = adopter.clone();
    Adoption { how, proposed_by, adopted_by: party, at_ms, before: before.to_owned(), after }
}

/// The point, the bytes of its words that the proposal is for, and the words that it wants there.
fn target<'a>(txn: &TransactionMut, proposal: &'a Annotation) -> Result<(Point, Range<usize>, &'a str), AdoptError> {
    let id = || proposal.id.to_string();
    let What::Proposal { replacement } = &proposal.what else {
        return Err(AdoptError::NoProposal { id: id(), kind: proposal.kind() });
    };
    if proposal.withdrawn {
        return Err(AdoptError::Withdrawn(id()));
    }
    let point = Outline::read(txn).points.into_iter().find(|point| point.id == proposal.point);
    let stretch = Stretch::find(txn, point.as_ref(), proposal);
    let point = point.ok_or_else(|| AdoptError::Gone(id()))?;
    if point.adoptions.contains_key(&proposal.id) {
        return Err(AdoptError::Done(id()));
    }
    let range = stretch.range(&point.words).ok_or_else(|| AdoptError::Gone(id()))?;
    match point.words.get(range.clone()) {
        None => Err(AdoptError::Gone(id())),
        Some(today) if today == replacement => Err(AdoptError::Same(id())),
        Some(_) => Ok((point, range, replacement)),
    }
}

fn write(
    txn: &mut TransactionMut,
    point: &Point,
    proposal: &Annotation,
    stretches: &[(Range<usize>, &str)],
    adoption: &Adoption,
) -> Result<(), AdoptError> {
    if !plan::replace_words(txn, &point.id, stretches) {
        return Err(AdoptError::NotText);
    }
    plan::record(txn, &point.id, &proposal.id, adoption).map_err(|_| AdoptError::Gone(proposal.id.to_string()))
}

/// The words in brackets, unless they are one bracket already.
fn bracketed(words: &str) -> String {
    let whole = 0..words.len();
    if bracket::parse(words).list.first().is_some_and(|bracket| bracket.range == whole) {
        words.to_owned()
    } else {
        format!("[{words}]")
    }
}

/// Where an alternative to a stretch goes.
enum Beside {
    /// Behind this byte, where the last of the alternatives ends.
    Behind(usize),
    /// Behind the stretch, which gets brackets of its own.
    Around(Range<usize>),
    /// Nowhere: the stretch holds a mark without its partner.
    Cut,
}

fn beside(words: &str, stretch: &Range<usize>) -> Beside {
    let range = trimmed(words, stretch.clone());
    let brackets = bracket::parse(words);
    if range.is_empty() {
        return Beside::Behind(range.start);
    }
    if brackets.loose.iter().any(|loose| range.contains(&loose.at)) {
        return Beside::Cut;
    }
    // The stretch is a bracket, what one holds, or a row of alternatives.
    let same = |bracket: &&bracket::Bracket| bracket.range == range || trimmed(words, bracket.inner.clone()) == range;
    let alone = brackets.list.iter().find(same);
    let row = || {
        let first = brackets.list.iter().find(|bracket| bracket.range.start == range.start)?;
        group_end(&brackets, first.group, range.end).then_some(first)
    };
    match alone.or_else(row) {
        Some(bracket) => Beside::Behind(last_end(&brackets, bracket.group).unwrap_or(bracket.range.end)),
        None if holds_all(&brackets, &range) => Beside::Around(range),
        None => Beside::Cut,
    }
}

/// Whether every bracket that shares something with the stretch holds all of it or stands whole within it.
fn holds_all(brackets: &Brackets, range: &Range<usize>) -> bool {
    brackets.list.iter().all(|bracket| {
        let apart = bracket.range.end <= range.start || range.end <= bracket.range.start;
        let holds = bracket.inner.start <= range.start && range.end <= bracket.inner.end;
        let within = range.start <= bracket.range.start && bracket.range.end <= range.end;
        apart || holds || within
    })
}

fn last_end(brackets: &Brackets, group: usize) -> Option<usize> {
    brackets.list.iter().filter(|bracket| bracket.group == group).map(|bracket| bracket.range.end).max()
}

fn group_end(brackets: &Brackets, group: usize, end: usize) -> bool {
    brackets.list.iter().any(|bracket| bracket.group == group && bracket.range.end == end)
}

/// The stretch without the blanks at its ends.
fn trimmed(words: &str, range: Range<usize>) -> Range<usize> {
    let text = words.get(range.clone()).unwrap_or_default();
    let start = range.start + text.len() - text.trim_start().len();
    start..(start + text.trim().len())
}

#[cfg(test)]
mod tests;
