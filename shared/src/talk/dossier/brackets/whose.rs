//! Whose a bracket is: whoever's record put it there.
//!
//! | how it came | whose it is |
//! | --- | --- |
//! | its marks were typed | who typed them, whoever mends or replaces words within |
//! | with the plan's first text | nobody's |
//! | around words that stood there, beside an alternative to them | nobody's: who offers other words does not hold these |
//! | changed apart | of each alternative those who wrote it |
//! | with a proposal | the proposer's |
//! | entered for a party | nobody's until that party confirms it, then that party's |

use std::{collections::HashMap, ops::Range};

use crate::{
    id::PartyId,
    talk::{
        dossier::{Dossier, Entered, Entry},
        layer::What,
        proposal::{self, ProposalState},
    },
    text::{
        authorship::Block,
        bracket::{Bracket, Field},
        plan::Point,
        stretch::{self, Stretch},
    },
};

/// What may still be done for one view: hostile words can hold a million brackets, each within the one before.
pub(super) struct Budget {
    pub brackets: usize,
    pub steps: usize,
}

impl Budget {
    /// None when there are no more.
    pub fn take(&mut self, steps: usize) -> Option<()> {
        self.steps = self.steps.checked_sub(steps)?;
        Some(())
    }
}

/// A text of a point, and who typed it.
pub(super) struct Typed<'a> {
    text: &'a str,
    /// Where each block begins, and the block.
    blocks: &'a [(usize, Block)],
    /// Letters of the text in UTF-16 units up to every so many bytes ([`MILE`]): hostile words have a million marks in one block.
    miles: Vec<u32>,
}

/// Bytes between two places of which it is known how many UTF-16 units stand before them.
const MILE: usize = 256;

impl<'a> Typed<'a> {
    /// None is known of what is neither words nor a heading.
    pub fn of(dossier: &'a Dossier, point: &'a Point, field: Field) -> Self {
        let (text, blocks) = (field.text(point), dossier.text.typed.get(&(point.id.clone(), field)));
        let blocks = blocks.map_or(&[][..], Vec::as_slice);
        let mut miles = Vec::new();
        if !blocks.is_empty() {
            let miles_of = text.as_bytes().chunks(MILE).scan(0, |units, mile| {
                *units += units_in(mile);
                Some(*units)
            });
            miles.extend(std::iter::once(0).chain(miles_of));
        }
        Self { text, blocks, miles }
    }

    /// The UTF-16 units before a byte.
    fn units(&self, at: usize) -> Option<u32> {
        let mile = at / MILE;
        Some(self.miles.get(mile)? + units_in(self.text.as_bytes().get(mile * MILE..at)?))
    }

    /// The client id and the clock under which the letter at a byte was typed.
    fn id(&self, at: usize) -> Option<(u64, u32)> {
        let (start, block) = self.blocks.get(self.blocks.partition_point(|(start, _)| *start <= at).checked_sub(1)?)?;
        Some((block.client, block.clock + self.units(at)?.checked_sub(self.units(*start)?)?))
    }

    /// Whether a client typed something there. Takes the blocks that it looked at off the budget.
    fn has_typed(&self, client: u64, range: &Range<usize>, budget: &mut Budget) -> bool {
        let first = self.blocks.partition_point(|(start, block)| start + block.bytes <= range.start);
        let within = self.blocks[first..].iter().take_while(|(start, _)| *start < range.end);
        within.into_iter().any(|(_, block)| budget.take(1).is_none() || block.client == client)
    }
}

/// The UTF-16 units of the letters that begin in these bytes of UTF-8.
fn units_in(bytes: &[u8]) -> u32 {
    bytes.iter().map(|byte| u32::from(byte & 0xc0 != 0x80) + u32::from(*byte >= 0xf0)).sum()
}

impl Dossier {
    /// Who put a bracket of a text there.
    pub(super) fn typed_by(&self, typed: &Typed, bracket: &Bracket, budget: &mut Budget) -> Vec<PartyId> {
        let mut marks = [bracket.range.start, bracket.inner.end].into_iter().filter_map(|mark| self.of_mark(typed.id(mark)?));
        let whose = marks.find(|parties| !parties.is_empty()).unwrap_or_default();
        if self.is_kept_beside(typed, bracket, budget) { Vec::new() } else { whose }
    }

    /// Whose a mark is.
    fn of_mark(&self, (client, clock): (u64, u32)) -> Option<Vec<PartyId>> {
        match self.owners.get(&client) {
            Some(party) => Some(vec![party.clone()]),
            None => self.sides.get(&client)?.get(&clock).cloned(),
        }
    }

    /// Whether a party put a bracket around words that stood there, in one go with an alternative to them: nothing was typed between its
    /// marks, and one of them was typed right before or behind what leads to the alternative.
    fn is_kept_beside(&self, typed: &Typed, bracket: &Bracket, budget: &mut Budget) -> bool {
        let (Some((client, opens)), Some((closer, closes))) = (typed.id(bracket.range.start), typed.id(bracket.inner.end)) else {
            return false;
        };
        let is_pair = client == closer && closes <= opens + 1 && self.owners.contains_key(&client);
        if bracket.alternative.is_none() || !is_pair {
            return false;
        }
        let before = typed.text[..bracket.range.start].char_indices().next_back().and_then(|(at, _)| typed.id(at));
        let behind = typed.id(bracket.range.end).filter(|_| bracket.range.end < typed.text.len());
        let is_beside =
            behind == Some((client, closes + 1)) || before.is_some_and(|(by, clock)| (by, clock + 1) == (client, opens));
        is_beside && !typed.has_typed(client, &bracket.inner, budget)
    }
}

/// Whose proposal each bracket is: the plan says that it was put in, and the proposal can be read and says the same. Of what is within an
/// adopted proposal, and of the brackets around it, those that who adopted it put there.
pub(super) fn proposals<'a>(
    point: &Point,
    typed: &[&[PartyId]],
    list: &[Bracket],
    entries: &[&'a Entry],
    budget: &mut Budget,
) -> HashMap<usize, &'a Entry> {
    let mut proposed = HashMap::new();
    let words = point.words.as_str();
    for entry in entries {
        let Some(adoption) = proposal::claim(&entry.annotation, &entry.party, Some(point)) else { continue };
        let after = adoption.after.as_str();
        let start = match entry.became {
            Some(ProposalState::Alternative) => proposal::bracket_at(words, after),
            Some(ProposalState::Adopted) => entry.stretch.range(words).and_then(|range| {
                let today = words.get(range.clone())?;
                Some(range.start + stretch::places(today, after).next()?)
            }),
            _ => None,
        };
        let Some(put_in) = start.map(|start| start..start + after.len()) else { continue };
        // In opening order the brackets stand by where they begin; one around the words begins with a mark before them.
        let first = list.partition_point(|bracket| bracket.inner.start < put_in.start && bracket.range.start < put_in.start);
        for (at, bracket) in list.iter().enumerate().skip(first).take_while(|(_, bracket)| bracket.range.start < put_in.end) {
            if budget.take(1).is_none() {
                return proposed;
            }
            let is_within = put_in.start <= bracket.range.start && bracket.range.end <= put_in.end;
            let is_alternative = entry.became == Some(ProposalState::Alternative) && bracket.range == put_in;
            let is_adopters = typed.get(at).is_some_and(|by| **by == [adoption.adopted_by.clone()]);
            if is_alternative || is_adopters && (is_within || bracket.inner == put_in) {
                proposed.entry(at).or_insert(*entry);
            }
        }
    }
    proposed
}

/// The stretches of the words that were entered for other parties, as they were.
pub(super) fn entered<'a>(entries: &[&'a Entry]) -> Vec<(Range<usize>, &'a Entered)> {
    let entered = entries.iter().filter(|entry| entry.annotation.what == What::Note && !entry.annotation.withdrawn);
    let stretch = |entry: &&'a Entry| match &entry.stretch {
        Stretch::Stands { range } => Some((range.clone(), entry.entered.as_ref()?)),
        _ => None,
    };
    entered.filter_map(stretch).collect()
}

/// For which other party a bracket was entered, by who put it there. Of several entries one that is confirmed counts.
pub(super) fn entered_within(
    entered: &[(Range<usize>, &Entered)],
    bracket: &Range<usize>,
    typed_by: &[PartyId],
    budget: &mut Budget,
) -> Option<Entered> {
    budget.take(entered.len())?;
    let holds = |range: &Range<usize>| range.start <= bracket.start && bracket.end <= range.end;
    let is_theirs = |entered: &Entered| *typed_by == [entered.by.clone()];
    let found = entered.iter().filter(|(range, entered)| holds(range) && is_theirs(entered)).map(|(_, entered)| *entered);
    found.max_by_key(|entered| entered.confirmed).cloned()
}
