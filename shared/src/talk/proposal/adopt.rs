//! A proposal's words into the text.

use std::ops::Range;
use yrs::TransactionMut;

use super::bracketed;
use crate::{
    id::PartyId,
    talk::layer::{Annotation, What},
    text::{
        bracket::{self, Bracket, Brackets},
        plan::{self, Adoption, EditError, How, Outline, Point},
        stretch::Stretch,
    },
};

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
    /// Its own marks would reach beyond the brackets that it gets.
    #[error("{0} holds a bracket mark without its partner, or ends in a backslash: in brackets it would not read as proposed")]
    BreaksBracket(String),
    /// The same words stand somewhere else.
    #[error("the words that {0} is for were deleted, and the same words stand elsewhere: propose anew for those")]
    Moved(String),
    /// The words are not those that were seen.
    #[error("the words that {id} is for read {now:?} now: look at them, then repeat")]
    Reads {
        /// The proposal.
        id: String,
        /// The words that stand there.
        now: String,
    },
    /// It holds what no words may hold.
    #[error("{0} holds control characters: ask its party to propose again without them")]
    NotPlain(String),
    /// The words are not plain text.
    #[error("the words of this point hold more than characters: set them again, then repeat")]
    NotText,
}

/// Who puts a proposal into the text.
#[derive(Debug, Clone)]
pub struct Adopter {
    /// The party.
    pub party: PartyId,
    /// The proposer to be named in the plan; `None` keeps a confidence: the plan then holds the words and nothing of the proposal.
    pub proposed_by: Option<PartyId>,
    /// Now, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
}

/// Puts a proposal's words in place of its stretch, if that still reads as `seen`: what the adopter looked at.
///
/// # Errors
/// See [`AdoptError`].
pub fn adopt(txn: &mut TransactionMut, proposal: &Annotation, seen: &str, adopter: &Adopter) -> Result<Adoption, AdoptError> {
    let Target { point, range, replacement } = target(txn, proposal, seen)?;
    let adoption = adoption(How::Adopted, &point.words[range.clone()], replacement.to_owned(), adopter);
    let stretches = [(range, replacement)];
    if loose(&replaced(&point.words, &stretches)) > loose(&point.words) {
        return Err(AdoptError::CutsBracket(proposal.id.to_string()));
    }
    write(txn, &point, proposal, &stretches, &adoption)?;
    Ok(adoption)
}

/// Puts a proposal's words in brackets beside its stretch, if that still reads as `seen`: behind the last alternative if it
/// stands in brackets already, otherwise with brackets around both.
///
/// # Errors
/// See [`AdoptError`].
pub fn alternative(
    txn: &mut TransactionMut,
    proposal: &Annotation,
    seen: &str,
    adopter: &Adopter,
) -> Result<Adoption, AdoptError> {
    let Target { point, range, replacement } = target(txn, proposal, seen)?;
    let words = point.words.as_str();
    let added = bracketed(replacement).ok_or_else(|| AdoptError::BreaksBracket(proposal.id.to_string()))?;
    let adoption = adoption(How::Alternative, &words[range.clone()], added.clone(), adopter);
    let around = format!("]{added}");
    let (stretches, at) = match beside(words, &range) {
        Beside::Behind(at) => (vec![(at..at, added.as_str())], at),
        // Two marks more stand before it then.
        Beside::Around(range) => (vec![(range.start..range.start, "["), (range.end..range.end, around.as_str())], range.end + 2),
        Beside::Cut => return Err(AdoptError::CutsBracket(proposal.id.to_string())),
    };
    let wanted = bracket::parse(&replaced(words, &stretches));
    let stands = wanted.list.iter().any(|bracket| bracket.range == (at..at + added.len()));
    if !stands || wanted.loose.len() > loose(words) {
        return Err(AdoptError::CutsBracket(proposal.id.to_string()));
    }
    write(txn, &point, proposal, &stretches, &adoption)?;
    Ok(adoption)
}

fn loose(words: &str) -> usize {
    bracket::parse(words).loose.len()
}

/// The words with each stretch, in order, turned into others.
fn replaced(words: &str, stretches: &[(Range<usize>, &str)]) -> String {
    let (mut wanted, mut from) = (String::with_capacity(words.len()), 0);
    for (range, new) in stretches {
        wanted.push_str(&words[from..range.start]);
        wanted.push_str(new);
        from = range.end;
    }
    wanted + &words[from..]
}

fn adoption(how: How, before: &str, after: String, adopter: &Adopter) -> Adoption {
    let Adopter { party, proposed_by, at_ms } = adopter.clone();
    Adoption { how, proposed_by, adopted_by: party, at_ms, before: before.to_owned(), after }
}

/// What a proposal is for, and the words that it wants there.
struct Target<'a> {
    point: Point,
    /// Bytes of its words.
    range: Range<usize>,
    replacement: &'a str,
}

fn target<'a>(txn: &TransactionMut, proposal: &'a Annotation, seen: &str) -> Result<Target<'a>, AdoptError> {
    let id = || proposal.id.to_string();
    let What::Proposal { replacement } = &proposal.what else {
        return Err(AdoptError::NoProposal { id: id(), kind: proposal.kind() });
    };
    if proposal.withdrawn {
        return Err(AdoptError::Withdrawn(id()));
    }
    let point = Outline::read(txn).points.into_iter().find(|point| point.id == proposal.point);
    let stretch = Stretch::find(txn, point.as_ref(), proposal.anchor.as_ref(), &proposal.quote);
    let point = point.ok_or_else(|| AdoptError::Gone(id()))?;
    if matches!(stretch, Stretch::Moved { .. }) {
        return Err(AdoptError::Moved(id()));
    }
    let range = stretch.range(&point.words).ok_or_else(|| AdoptError::Gone(id()))?;
    let today = point.words.get(range.clone()).ok_or_else(|| AdoptError::Gone(id()))?;
    let record = point.adoptions.get(&proposal.id);
    if record.is_some_and(|record| stands(record, &point.words, &range, replacement)) {
        return Err(AdoptError::Done(id()));
    }
    match today {
        today if today == replacement => Err(AdoptError::Same(id())),
        today if today != seen => Err(AdoptError::Reads { id: id(), now: today.to_owned() }),
        _ => Ok(Target { point, range, replacement }),
    }
}

/// Whether a proposal stands where it belongs, as the record of its adoption says.
fn stands(record: &Adoption, words: &str, range: &Range<usize>, replacement: &str) -> bool {
    if record.how == How::Adopted {
        return words.get(range.clone()) == Some(replacement);
    }
    let brackets = bracket::parse(words);
    let range = trimmed(words, range.clone());
    let group = bracket_of(words, &brackets, &range).map(|bracket| bracket.group);
    let reads = |bracket: &Bracket| words.get(bracket.range.clone()) == Some(record.after.as_str());
    let beside = brackets.list.iter().filter(|bracket| Some(bracket.group) == group && bracket.range != range);
    bracketed(replacement).as_ref() == Some(&record.after) && beside.into_iter().any(reads)
}

fn write(
    txn: &mut TransactionMut,
    point: &Point,
    proposal: &Annotation,
    stretches: &[(Range<usize>, &str)],
    adoption: &Adoption,
) -> Result<(), AdoptError> {
    plan::replace_words(txn, &point.id, stretches).map_err(|error| match error {
        EditError::NotPlain { .. } => AdoptError::NotPlain(proposal.id.to_string()),
        _ => AdoptError::NotText,
    })?;
    // Even the id of a proposal made in confidence would tell that there is one.
    if adoption.proposed_by.is_none() {
        return Ok(());
    }
    plan::record(txn, &point.id, &proposal.id, adoption).map_err(|_| AdoptError::Gone(proposal.id.to_string()))
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
    match bracket_of(words, &brackets, &range) {
        Some(bracket) => Beside::Behind(last_end(&brackets, bracket.group).unwrap_or(bracket.range.end)),
        None if holds_all(&brackets, &range) => Beside::Around(range),
        None => Beside::Cut,
    }
}

/// The bracket that a stretch is, that holds it alone, or that begins the row of alternatives that it is.
fn bracket_of<'a>(words: &str, brackets: &'a Brackets, range: &Range<usize>) -> Option<&'a Bracket> {
    let list = || brackets.list.iter();
    let exact = list().find(|bracket| bracket.range == *range);
    let around = || list().find(|bracket| trimmed(words, bracket.inner.clone()) == *range);
    let begins = || list().find(|bracket| bracket.range.start == range.start);
    exact.or_else(around).or_else(|| begins().filter(|first| group_end(brackets, first.group, range.end)))
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
