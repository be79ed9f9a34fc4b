//! Proposals: what became of them, and the two ways into the text.
//!
//! To **adopt** one is to put its words in place of the stretch that it is for; to make it an **alternative** is to put them in
//! brackets beside it: `[30][50]`. Either is one edit of the plan, and the point keeps who proposed and who put it in.
//!
//! **What the point keeps is a claim** of whoever may draft. It counts for a proposal if it names that one's party, and as long
//! as the text reads so; it never stands in the way of putting a proposal in that is not in the text.

mod adopt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::PartyId,
    talk::layer::{Annotation, What},
    text::{
        bracket,
        plan::{Adoption, How, Point},
        redline::{Piece, Shares},
        stretch::{self, Stretch},
    },
};

pub use adopt::{AdoptError, Adopter, adopt, alternative};

/// A proposal against today's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proposed {
    /// What became of it.
    pub state: ProposalState,
    /// The words of its stretch today and what it would make of them; empty where nothing is left of the stretch, and where its
    /// party has proposed more than can be compared.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub redline: Vec<Piece>,
    /// How it came into the text, as the plan claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adoption: Option<Adoption>,
}

/// What became of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProposalState {
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
    /// Reads what a party's proposal for `point` would change, and what `became` of it, at the expense of that party's share; `None`
    /// for another kind of annotation.
    pub(crate) fn of(
        (annotation, party): (&Annotation, &PartyId),
        stretch: &Stretch,
        became: Option<ProposalState>,
        point: Option<&Point>,
        shares: &mut Shares,
    ) -> Option<Proposed> {
        let What::Proposal { replacement } = &annotation.what else { return None };
        let today = today(stretch, point).filter(|today| today != replacement);
        let redline = today.and_then(|today| shares.redline(party, today, replacement));
        let adoption = claim(annotation, party, point).cloned();
        Some(Proposed { state: became?, redline: redline.unwrap_or_default(), adoption })
    }
}

impl ProposalState {
    /// What became of a proposal of `party` for `point`, at the expense of its share; `None` for another kind of annotation.
    pub(crate) fn of(
        annotation: &Annotation,
        party: &PartyId,
        stretch: &Stretch,
        point: Option<&Point>,
        shares: &mut Shares,
    ) -> Option<ProposalState> {
        let What::Proposal { replacement } = &annotation.what else { return None };
        let today = today(stretch, point);
        let counts = |adoption: &&Adoption| adoption.proposed_by.as_ref().unwrap_or(&adoption.adopted_by) == party;
        let put_in = claim(annotation, party, point).filter(counts).filter(|adoption| match adoption.how {
            How::Adopted => {
                let touched = !matches!(stretch, Stretch::Stands { .. });
                let today = today.unwrap_or_default();
                touched && adoption.after == *replacement && shares.take(party, today.len()) && reads(today, replacement)
            }
            How::Alternative => {
                let words = point.map_or("", |point| point.words.as_str());
                let after = bracketed(replacement).filter(|after| *after == adoption.after);
                after.is_some_and(|after| shares.take(party, words.len()) && bracket_at(words, &after).is_some())
            }
        });
        Some(match (put_in.map(|adoption| adoption.how), today) {
            (Some(How::Adopted), _) => ProposalState::Adopted,
            (Some(How::Alternative), _) => ProposalState::Alternative,
            _ if annotation.withdrawn => ProposalState::Withdrawn,
            (None, None) => ProposalState::Overtaken,
            (None, Some(today)) if today == replacement => ProposalState::Overtaken,
            (None, Some(_)) if matches!(stretch, Stretch::Changed { .. } | Stretch::Moved { .. }) => ProposalState::Reanchored,
            (None, Some(_)) => ProposalState::Open,
        })
    }
}

/// The words that a stretch of `point` reads today.
pub(crate) fn today<'a>(stretch: &Stretch, point: Option<&'a Point>) -> Option<&'a str> {
    point.and_then(|point| point.words.get(stretch.range(&point.words)?))
}

/// What the plan claims to have become of a proposal of `party`; nothing if it says that the proposal is another's.
pub(crate) fn claim<'a>(annotation: &Annotation, party: &PartyId, point: Option<&'a Point>) -> Option<&'a Adoption> {
    let adoption = point?.adoptions.get(&annotation.id)?;
    adoption.proposed_by.as_ref().is_none_or(|named| named == party).then_some(adoption)
}

/// Whether a stretch still reads as was put in; it may have grown at its edges since.
fn reads(today: &str, put_in: &str) -> bool {
    if put_in.is_empty() { today.is_empty() } else { stretch::places(today, put_in).next().is_some() }
}

/// The words in brackets, unless they are one bracket already; `None` if a mark in them would end the bracket or escape its end.
fn bracketed(words: &str) -> Option<String> {
    let is_one = |text: &str| {
        let brackets = bracket::parse(text);
        brackets.loose.is_empty() && brackets.list.first().is_some_and(|bracket| bracket.range == (0..text.len()))
    };
    let added = if is_one(words) { words.to_owned() } else { format!("[{words}]") };
    is_one(&added).then_some(added)
}

/// Where the first bracket of `words` that reads `text`, which is a bracket, begins.
pub(crate) fn bracket_at(words: &str, text: &str) -> Option<usize> {
    let escaped = |at: usize| words[..at].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
    words.match_indices(text).map(|(at, _)| at).find(|at| !escaped(*at))
}

#[cfg(test)]
mod tests;
