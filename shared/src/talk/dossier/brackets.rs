//! The open brackets of a plan: what stands in them, who put it there, who is for it and who against.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Range,
};

use super::{Dossier, Entered, Entry, text::InPoint};
use crate::{
    id::{PartyId, PointId},
    limits,
    talk::{
        layer::{LayerFault, Stance, What},
        proposal::{self, ProposalState},
    },
    text::{
        authorship::Block,
        bracket::{Bracket, BracketKind, Brackets, Field, LooseAt, Spanning},
        plan::Point,
        say::{cut, utf16},
        stretch::Stretch,
    },
};

/// The open brackets of a plan. Struck points are out of the text, and their brackets with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BracketsView {
    /// How much is open in all: every bracket, nested ones and each alternative by itself, and every mark without a partner; a
    /// bracket that spans texts counts once, where it opens.
    pub open: usize,
    /// The points that hold brackets or marks of them, in document order.
    pub points: Vec<PointBrackets>,
    /// Brackets that open in one text and close in another.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub spanning: Vec<Spanning>,
    /// Marks that have no partner in any text.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub loose: Vec<LooseAt>,
    /// What could not be read in the layers: it counts for nothing here.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub faults: Vec<LayerFault>,
}

/// The brackets of one point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PointBrackets {
    /// The point.
    pub point: PointId,
    /// Its label.
    pub label: String,
    /// How much is open in it; nothing where brackets from above only close.
    pub open: usize,
    /// Its brackets in the order in which they open, those of the words first, then those of the heading, then those of the
    /// schedule: the first is number 1. In a plan with more of them than `limits::BRACKETS_SHOWN_MAX` the last are only counted.
    pub brackets: Vec<BracketView>,
}

/// One bracket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BracketView {
    /// Its number in the point, from 1.
    pub number: usize,
    /// Where it stands.
    pub field: Field,
    /// Bytes of that text in UTF-8, its marks included.
    pub range: Range<usize>,
    /// What it reads, its marks included; what is very long is cut and ends in `…`.
    pub text: String,
    /// How many brackets hold it.
    pub depth: usize,
    /// Words in question, or a place to be filled in.
    pub kind: BracketKind,
    /// Which of several alternatives it is; none for one that stands alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub alternative: Option<Alternative>,
    /// The parties that put it there: whoever typed its marks; of an alternative that was made one because its words were changed
    /// apart, whoever changed them. Of marks that nobody typed, such as those of the plan's first text, who typed all that is between them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub typed_by: Vec<PartyId>,
    /// The party whose proposal it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proposed_by: Option<PartyId>,
    /// For which other party it was entered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub entered: Option<Entered>,
    /// The parties that support it as it reads.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub support: Vec<PartyId>,
    /// The parties that reserve on it as it reads.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub reserve: Vec<PartyId>,
    /// The parties that oppose it as it reads.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub oppose: Vec<PartyId>,
    /// The parties whose stand was on other words: on what stood there before, or on a part of it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub changed: Vec<OtherStand>,
}

/// A stand on other words than those of the bracket that they are in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OtherStand {
    /// Whose.
    pub party: PartyId,
    /// What it was.
    pub stance: Stance,
}

/// A place among alternatives. Their numbers may have gaps: brackets within them are numbered too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alternative {
    /// The number of the first of them, which all name.
    pub group: usize,
    /// Which of them, from 1.
    pub place: usize,
    /// How many there are.
    pub of: usize,
}

impl BracketView {
    /// The parties that hold it, by id: those that support it, and whose it is, that of those for whom it was entered if they confirm
    /// it, the proposer's or else that of those who put it there. Who opposes it does not hold it.
    pub fn holders(&self) -> Vec<&PartyId> {
        let whose = match (&self.entered, &self.proposed_by) {
            (Some(entered), _) if entered.confirmed => std::slice::from_ref(&entered.party),
            (Some(_), _) => &[],
            (None, Some(party)) => std::slice::from_ref(party),
            (None, None) => &self.typed_by[..],
        };
        let was_against =
            |party: &PartyId| self.changed.iter().any(|stand| stand.party == *party && stand.stance != Stance::Accept);
        let against = |party: &&PartyId| self.oppose.contains(party) || self.reserve.contains(party) || was_against(party);
        let holders: BTreeSet<&PartyId> = whose.iter().filter(|party| !against(party)).chain(&self.support).collect();
        holders.into_iter().collect()
    }

    /// What an annotated text says behind it: `BOR; opp ARV; on other words CEL`, `entered by MED for ARV, not confirmed`; empty if nobody
    /// holds or opposes it.
    pub fn attribution(&self) -> String {
        let names =
            |parties: &[&PartyId]| parties.iter().map(|party| party.as_str().to_uppercase()).collect::<Vec<_>>().join(", ");
        let mut parts = Vec::new();
        let (reserve, oppose): (Vec<_>, Vec<_>) = (self.reserve.iter().collect(), self.oppose.iter().collect());
        let changed = |stance| self.changed.iter().filter(|stand| stand.stance == stance).map(|stand| &stand.party).collect();
        for (before, parties) in [
            ("", self.holders()),
            ("res ", reserve),
            ("opp ", oppose),
            ("on other words ", changed(Stance::Accept)),
            ("res on other words ", changed(Stance::Reserve)),
            ("opp on other words ", changed(Stance::Oppose)),
        ] {
            if !parties.is_empty() {
                parts.push(format!("{before}{}", names(&parties)));
            }
        }
        let unconfirmed = self.entered.as_ref().filter(|entered| !entered.confirmed).map(Entered::said);
        unconfirmed.into_iter().chain(parts).collect::<Vec<_>>().join("; ")
    }
}

/// The stands on each bracket, by its index: whether on other words than it reads, and what.
type Stands<'a> = HashMap<usize, BTreeMap<&'a PartyId, (bool, Stance)>>;

impl Dossier {
    /// The open brackets.
    pub fn brackets(&self) -> BracketsView {
        let mut by_point: HashMap<&PointId, Vec<&Entry>> = HashMap::new();
        for entry in &self.entries {
            by_point.entry(&entry.annotation.point).or_default().push(entry);
        }
        let mut points = Vec::new();
        let mut budget = Budget { brackets: limits::BRACKETS_SHOWN_MAX, steps: limits::BRACKET_STEPS_MAX };
        for point in &self.text.outline.points {
            let texts = self.text.brackets.get(&point.id).filter(|own| !self.text.struck.contains(&point.id) && own.has_marks());
            if let Some(InPoint(texts)) = texts {
                points.push(self.in_point(point, texts, by_point.get(&point.id).map_or(&[], Vec::as_slice), &mut budget));
            }
        }
        BracketsView {
            open: self.text.across.open_total,
            points,
            spanning: self.text.across.spanning.clone(),
            loose: self.text.across.loose.clone(),
            faults: self.faults.clone(),
        }
    }

    fn in_point(&self, point: &Point, texts: &[(Field, Brackets)], entries: &[&Entry], budget: &mut Budget) -> PointBrackets {
        let (words, others): (Vec<_>, Vec<_>) = texts.iter().partition(|(field, _)| *field == Field::Words);
        let (mut brackets, mut numbered) = (Vec::new(), 0);
        for (field, own) in words.into_iter().chain(others) {
            let mut views = views(*field, field.text(point), own, numbered, budget);
            if *field == Field::Words {
                self.attribute(&mut views, point, own, entries, budget);
            }
            numbered += own.list.len();
            brackets.append(&mut views);
        }
        let open = self.text.open.get(&point.id).map_or(0, |open| open.brackets);
        PointBrackets { point: point.id.clone(), label: point.label.clone(), open, brackets }
    }

    /// Says whose the brackets of the words are, and who is for and against each.
    fn attribute(&self, views: &mut [BracketView], point: &Point, words: &Brackets, entries: &[&Entry], budget: &mut Budget) {
        let (stands, proposed) = (stands(words, entries, budget), proposals(point, words, entries));
        let entered = entered(entries);
        for (at, view) in views.iter_mut().enumerate() {
            view.typed_by = self.typed_by(point, &words.list[at], budget);
            let proposal = proposed.get(&at);
            view.proposed_by = proposal.map(|entry| entry.party.clone());
            view.entered = match proposal {
                Some(entry) => entry.entered.clone(),
                None => entered_within(&entered, view, budget),
            };
            for (party, (changed, stance)) in stands.get(&at).into_iter().flatten() {
                let list = match stance {
                    _ if *changed => {
                        view.changed.push(OtherStand { party: (*party).clone(), stance: *stance });
                        continue;
                    }
                    Stance::Accept => &mut view.support,
                    Stance::Reserve => &mut view.reserve,
                    Stance::Oppose => &mut view.oppose,
                };
                list.push((*party).clone());
            }
        }
    }

    /// Who put a bracket there. Who mends words in somebody's bracket does not take part in it.
    fn typed_by(&self, point: &Point, bracket: &Bracket, budget: &mut Budget) -> Vec<PartyId> {
        let blocks = self.text.typed.get(&point.id).map_or(&[][..], Vec::as_slice);
        let mut marks = [bracket.range.start, bracket.inner.end].into_iter().filter_map(|mark| self.of_mark(point, blocks, mark));
        if let Some(parties) = marks.find(|parties| !parties.is_empty()) {
            return parties;
        }
        let first = blocks.partition_point(|(start, _)| *start <= bracket.inner.start).saturating_sub(1);
        let within = blocks[first.min(blocks.len())..].iter().take_while(|(start, _)| *start < bracket.inner.end);
        let mut whose: Option<Option<&PartyId>> = None;
        for (_, block) in within {
            let Some(steps) = budget.steps.checked_sub(1) else { return Vec::new() };
            budget.steps = steps;
            let owner = self.owners.get(&block.client);
            if *whose.get_or_insert(owner) != owner {
                return Vec::new();
            }
        }
        whose.flatten().cloned().into_iter().collect()
    }

    /// Whose a mark is that stands at a byte of the words.
    fn of_mark(&self, point: &Point, blocks: &[(usize, Block)], mark: usize) -> Option<Vec<PartyId>> {
        let (start, block) = blocks.get(blocks.partition_point(|(start, _)| *start <= mark).checked_sub(1)?)?;
        if let Some(party) = self.owners.get(&block.client) {
            return Some(vec![party.clone()]);
        }
        let clocks = self.sides.get(&block.client)?;
        clocks.get(&(block.clock + utf16(point.words.get(*start..mark)?))).cloned()
    }
}

/// What may still be done for one view: hostile words can hold a million brackets, each within the one before.
struct Budget {
    brackets: usize,
    steps: usize,
}

/// Characters of a bracket's text that are shown: the longest in a real draft of 1,055 has some 2,000, and the words can be
/// looked up.
const TEXT_CHARS_MAX: usize = 400;

fn views(field: Field, text: &str, brackets: &Brackets, numbered: usize, budget: &mut Budget) -> Vec<BracketView> {
    let mut members: HashMap<usize, usize> = HashMap::new();
    for bracket in brackets.list.iter().filter(|bracket| bracket.alternative.is_some()) {
        *members.entry(bracket.group).or_default() += 1;
    }
    let alternative = |bracket: &Bracket| {
        let (place, of) = (bracket.alternative? + 1, *members.get(&bracket.group)?);
        Some(Alternative { group: numbered + bracket.group + 1, place, of })
    };
    let view = |(at, bracket): (usize, &Bracket)| BracketView {
        number: numbered + at + 1,
        field,
        range: bracket.range.clone(),
        text: cut(text.get(bracket.range.clone()).unwrap_or_default(), TEXT_CHARS_MAX),
        depth: bracket.depth,
        kind: bracket.kind,
        alternative: alternative(bracket),
        typed_by: Vec::new(),
        proposed_by: None,
        entered: None,
        support: Vec::new(),
        reserve: Vec::new(),
        oppose: Vec::new(),
        changed: Vec::new(),
    };
    let shown = brackets.list.len().min(budget.brackets);
    budget.brackets -= shown;
    brackets.list.iter().enumerate().take(shown).map(view).collect()
}

/// The stands on each bracket. One counts if its words stand as they were and are the bracket's; any other is on other words of
/// the innermost bracket that holds them. Of one party's several those that count go first, and of these the strictest.
fn stands<'a>(brackets: &Brackets, entries: &[&'a Entry], budget: &mut Budget) -> Stands<'a> {
    let mut stands: Stands<'a> = HashMap::new();
    for entry in entries.iter().filter(|entry| entry.is_bracket_stand()) {
        let What::Position(position) = &entry.annotation.what else { continue };
        let Some(range) = entry.stretch.range("") else { continue };
        // In opening order the brackets stand by where they begin.
        let exact = brackets.list.binary_search_by_key(&range.start, |bracket| bracket.range.start).ok();
        let exact = exact.filter(|at| brackets.list.get(*at).is_some_and(|bracket| bracket.range == range));
        let Some(at) = exact.or_else(|| brackets.holding_within(&range, &mut budget.steps)) else { continue };
        let stand = (exact.is_none() || !matches!(entry.stretch, Stretch::Stands { .. }), position.stance);
        let known = stands.entry(at).or_default().entry(&entry.party).or_insert(stand);
        let goes_first = |(changed, stance): (bool, Stance)| (!changed, stance);
        if goes_first(stand) > goes_first(*known) {
            *known = stand;
        }
    }
    stands
}

/// Whose proposal each bracket is: the plan says that it was put in as an alternative, and the proposal can be read and says the
/// same.
fn proposals<'a>(point: &Point, brackets: &Brackets, entries: &[&'a Entry]) -> HashMap<usize, &'a Entry> {
    let mut proposed = HashMap::new();
    for entry in entries.iter().filter(|entry| entry.became == Some(ProposalState::Alternative)) {
        let adoption = proposal::claim(&entry.annotation, &entry.party, Some(point));
        let start = adoption.and_then(|adoption| proposal::bracket_at(&point.words, &adoption.after));
        // In opening order the brackets stand by where they begin.
        let at = start.and_then(|start| brackets.list.binary_search_by_key(&start, |bracket| bracket.range.start).ok());
        if let Some(at) = at {
            proposed.entry(at).or_insert(*entry);
        }
    }
    proposed
}

/// The stretches of the words that were entered for other parties, as they were.
fn entered<'a>(entries: &[&'a Entry]) -> Vec<(Range<usize>, &'a Entered)> {
    let entered = entries.iter().filter(|entry| entry.annotation.what == What::Note && !entry.annotation.withdrawn);
    let stretch = |entry: &&'a Entry| match &entry.stretch {
        Stretch::Stands { range } => Some((range.clone(), entry.entered.as_ref()?)),
        _ => None,
    };
    entered.filter_map(stretch).collect()
}

/// For which other party a bracket was entered, by who put it there.
fn entered_within(entered: &[(Range<usize>, &Entered)], view: &BracketView, budget: &mut Budget) -> Option<Entered> {
    budget.steps = budget.steps.checked_sub(entered.len())?;
    let holds = |range: &Range<usize>| range.start <= view.range.start && view.range.end <= range.end;
    let is_theirs = |entered: &Entered| view.typed_by.first() == Some(&entered.by) && view.typed_by.len() == 1;
    let found = entered.iter().find(|(range, entered)| holds(range) && is_theirs(entered));
    found.map(|(_, entered)| (*entered).clone())
}
