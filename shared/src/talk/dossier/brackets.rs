//! The open brackets of a plan: what stands in them, who put it there, who is for it and who against.

mod whose;

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
    talk::layer::{LayerFault, Stance, What},
    text::{
        bracket::{Bracket, BracketKind, Brackets, Field, LooseAt, Spanning},
        plan::Point,
        say::cut,
        stretch::Stretch,
    },
};
use whose::{Budget, Typed, entered, entered_within, proposals};

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
    /// apart, whoever changed them. None of one that stood in the plan's first text, and of one that was put around words that stood
    /// there, in one go with an alternative to them.
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

    /// Whether a party alone put it there or has it as its own, so that the party may take it out again: it typed it, and has not entered
    /// it for another party that confirms it; or it proposed it, or confirms what was entered for it.
    pub fn is_alone_of(&self, party: &PartyId) -> bool {
        let has_typed = self.typed_by == [party.clone()];
        match (&self.entered, &self.proposed_by) {
            (Some(entered), _) if entered.confirmed => entered.party == *party,
            (Some(entered), _) => entered.by == *party,
            (None, proposed_by) => proposed_by.as_ref() == Some(party) || has_typed,
        }
    }

    /// What an annotated text says behind it: `BOR; opp ARV; on other words CEL`, `entered by MED for ARV, not confirmed`,
    /// `ARV, entered by MED`; empty if nobody holds or opposes it.
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
        match &self.entered {
            Some(entered) if !entered.confirmed => parts.insert(0, entered.said()),
            Some(entered) => {
                let by = format!("entered by {}", entered.by.as_str().to_uppercase());
                match parts.first_mut().filter(|_| !self.holders().is_empty()) {
                    Some(holders) => *holders = format!("{holders}, {by}"),
                    None => parts.insert(0, by),
                }
            }
            None => {}
        }
        parts.join("; ")
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
            self.attribute(&mut views, point, *field, own, budget);
            if *field == Field::Words {
                self.speak(&mut views, point, own, entries, budget);
            }
            numbered += own.list.len();
            brackets.append(&mut views);
        }
        let open = self.text.open.get(&point.id).map_or(0, |open| open.brackets);
        PointBrackets { point: point.id.clone(), label: point.label.clone(), open, brackets }
    }

    /// Says who put the brackets of a text there.
    fn attribute(&self, views: &mut [BracketView], point: &Point, field: Field, own: &Brackets, budget: &mut Budget) {
        let typed = Typed::of(self, point, field);
        for (view, bracket) in views.iter_mut().zip(&own.list) {
            view.typed_by = self.typed_by(&typed, bracket, budget);
        }
    }

    /// Says whose proposals and for whom entered the brackets of the words are, and who is for and against each.
    fn speak(&self, views: &mut [BracketView], point: &Point, words: &Brackets, entries: &[&Entry], budget: &mut Budget) {
        let (stands, entered) = (stands(words, entries, budget), entered(entries));
        let typed: Vec<&[PartyId]> = views.iter().map(|view| &view.typed_by[..]).collect();
        let proposed = proposals(point, &typed, &words.list, entries, budget);
        for (at, view) in views.iter_mut().enumerate() {
            let proposal = proposed.get(&at);
            view.proposed_by = proposal.map(|entry| entry.party.clone());
            view.entered = match proposal {
                Some(entry) => entry.entered.clone(),
                None => entered_within(&entered, &view.range, &view.typed_by, budget),
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
