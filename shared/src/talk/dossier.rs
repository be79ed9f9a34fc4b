//! A dossier: all of a plan that one member may read, put together. Every view is derived from it, so no view can show more.
//!
//! **Architecture invariant:** what stands in a dossier and what follows from it depends on the documents that the member may
//! read, and on nothing else.

mod annotations;
mod around;
mod brackets;
mod entered;
mod merged;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod text;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};
use yrs::TransactionMut;

use crate::{
    id::{AnnotationId, LayerId, MemberId, PartyId, PointId},
    log::act::ConsentChange,
    people::{Audience, LayerKind},
    talk::{
        across,
        layer::{Annotation, Layer, LayerFault, What},
        proposal::ProposalState,
        standing::{self, Matrix, Stand},
    },
    text::{
        authorship::{Owners, SideOwners},
        bracket::Spanning,
        marks::{ChangedApart, Unconfirmed},
        plan::Outline,
        redline::Shares,
        stretch::Stretch,
    },
};

pub use annotations::{AnnotationView, AnnotationsView};
pub use brackets::{Alternative, BracketView, BracketsView, OtherStand, PointBrackets};
pub use entered::{EnteredView, EnteredWords};
pub use merged::{MergedPoint, MergedView, OutlineView};
pub use text::PlanText;

/// What a dossier is read from, besides the plan's document.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The party of each client id of the plan, those of its first text left out.
    pub owners: Owners,
    /// Whose alternatives begin with marks that the server set.
    pub sides: SideOwners,
    /// The parties that must consent.
    pub consent: BTreeSet<PartyId>,
    /// How that was last changed, if it was.
    pub consent_changed: Option<ConsentChange>,
    /// The layers that the member may read.
    pub layers: Vec<Source>,
    /// The members whose seats have ended.
    pub ended: BTreeSet<MemberId>,
    /// What was changed apart, as the plan's log tells.
    pub marks: ChangedApart,
}

/// A layer that the member may read.
#[derive(Debug, Clone)]
pub struct Source {
    /// Whose it is.
    pub party: PartyId,
    /// Its id.
    pub layer: LayerId,
    /// Whom it is for.
    pub audience: Audience,
    /// What stands in it.
    pub content: Layer,
}

/// All of a plan that one member may read.
#[derive(Debug)]
pub struct Dossier {
    /// The plan.
    pub text: Arc<PlanText>,
    /// The entries of all layers, by point in document order, then by place in the words, then by time.
    pub entries: Vec<Entry>,
    /// The parties that must consent.
    pub consent: BTreeSet<PartyId>,
    consent_changed: Option<ConsentChange>,
    /// Which points were merged, the title first, then in document order.
    pub marks: Vec<Unconfirmed>,
    ended: BTreeSet<MemberId>,
    owners: Owners,
    sides: SideOwners,
    faults: Vec<LayerFault>,
}

/// An annotation, whose it is, who reads it and where it stands.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Whose it is.
    pub party: PartyId,
    /// The layer that it stands in.
    pub layer: LayerId,
    /// Who reads it.
    pub audience: Audience,
    /// What it says.
    pub annotation: Annotation,
    /// Where it stands now.
    pub stretch: Stretch,
    /// What became of it; none for what is no proposal.
    pub became: Option<ProposalState>,
    /// For which other party it was entered.
    pub entered: Option<Entered>,
}

/// What a party entered for another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entered {
    /// The party that entered it.
    pub by: PartyId,
    /// The party that it was entered for.
    pub party: PartyId,
    /// Whether that one confirms it, before all who read it.
    pub confirmed: bool,
}

impl Entered {
    /// `entered by MED for ARV, not confirmed`.
    pub fn said(&self) -> String {
        let [by, party] = [&self.by, &self.party].map(|party| party.as_str().to_uppercase());
        let confirmed = if self.confirmed { format!("confirmed by {party}") } else { "not confirmed".to_owned() };
        format!("entered by {by} for {party}, {confirmed}")
    }
}

impl Dossier {
    /// Reads the dossier of the plan that `txn` shows; `state` is the same document encoded whole (Yjs update V1). Nothing is
    /// changed. `None` if the state cannot be read, which never happens to a document that the gate let in.
    pub fn read(txn: &mut TransactionMut, state: &[u8], sources: Sources) -> Option<Dossier> {
        Some(Self::over(Arc::new(PlanText::read(txn, state)?), txn, sources))
    }

    /// Puts a dossier together over what was read already of the plan that `txn` shows.
    pub fn over(text: Arc<PlanText>, txn: &TransactionMut, sources: Sources) -> Dossier {
        let Sources { owners, sides, consent, consent_changed, layers, ended, marks } = sources;
        let (entries, faults) = entries(txn, &text.outline, layers);
        let marks = in_order(&text.outline, across::unconfirmed(&marks, &text.outline));
        Dossier { text, entries, consent, consent_changed, marks, ended, owners, sides, faults }
    }

    /// The standing of every point.
    pub fn standing(&self) -> Matrix {
        let positions = self.entries.iter().filter(|entry| entry.layer.kind() == LayerKind::Positions);
        let stands: Vec<Stand> = positions.map(|Entry { party, annotation, .. }| Stand { party, annotation }).collect();
        let text = &*self.text;
        let open = |point: &PointId| text.open.get(point).copied().unwrap_or_default();
        let of = |point: &PointId| text.weaves.of(point);
        let mut matrix = standing::standing(&text.outline, &text.exact, of, open, &stands, &self.consent);
        if let Some(ConsentChange { before, decided }) = &self.consent_changed {
            let otherwise = standing::standing(&text.outline, &text.exact, of, open, &stands, before);
            matrix.mark_act(&otherwise, decided);
        }
        around::mark(&mut matrix, &stands, text);
        for cell in matrix.points.iter_mut().flat_map(|point| &mut point.cells) {
            cell.seat_ended = self.has_ended(cell.by.as_ref());
        }
        self.mark(&mut matrix);
        let faults = self.faults.iter().filter(|fault| fault.layer.kind() == LayerKind::Positions).cloned().collect();
        Matrix { faults, ..matrix }
    }

    /// Whether the seat of who did something has ended since.
    fn has_ended(&self, by: Option<&MemberId>) -> bool {
        by.is_some_and(|by| self.ended.contains(by))
    }

    /// Brackets that open in one text and close in another; those of struck points left out.
    pub(crate) fn spanning(&self) -> &[Spanning] {
        &self.text.across.spanning
    }

    /// What could not be read in the layers.
    pub(crate) fn faults(&self) -> &[LayerFault] {
        &self.faults
    }
}

/// Puts marks in document order, the title's first; those of points that are not shown come last.
fn in_order(outline: &Outline, mut marks: Vec<Unconfirmed>) -> Vec<Unconfirmed> {
    let place: HashMap<_, _> = outline.points.iter().enumerate().map(|(at, point)| (&point.id, at + 1)).collect();
    let at = |mark: &Unconfirmed| mark.point.as_ref().map_or(Some(0), |point| place.get(point).copied()).unwrap_or(usize::MAX);
    marks.sort_by_key(at);
    marks
}

/// All entries, each with the place where it stands. An entry that is being tabled can stand in two layers of its party for a
/// moment: the wider one counts.
fn entries(txn: &TransactionMut, outline: &Outline, mut layers: Vec<Source>) -> (Vec<Entry>, Vec<LayerFault>) {
    let place: HashMap<&PointId, usize> = outline.points.iter().enumerate().map(|(at, point)| (&point.id, at)).collect();
    let (mut entries, mut faults, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    layers.sort_by_key(|source| (narrowness(&source.audience), source.party.clone(), source.layer.clone()));
    for Source { party, layer, audience, content } in layers {
        faults.extend(content.faults.into_iter().map(|fault| LayerFault { party: party.clone(), layer: layer.clone(), fault }));
        for annotation in content.annotations {
            if !seen.insert((party.clone(), annotation.id.clone())) {
                continue;
            }
            let point = place.get(&annotation.point).map(|at| &outline.points[*at]);
            let stretch = Stretch::find(txn, point, annotation.anchor.as_ref(), &annotation.quote);
            entries.push(Entry {
                party: party.clone(),
                layer: layer.clone(),
                audience: audience.clone(),
                annotation,
                stretch,
                became: None,
                entered: None,
            });
        }
    }
    // What is to be searched for in the text is bounded too, for each party by itself.
    let parties: Vec<PartyId> = entries.iter().map(|entry: &Entry| entry.party.clone()).collect();
    let mut shares = Shares::among(parties.iter());
    for entry in &mut entries {
        let point = place.get(&entry.annotation.point).map(|at| &outline.points[*at]);
        entry.became = ProposalState::of(&entry.annotation, &entry.party, &entry.stretch, point, &mut shares);
    }
    enter(&mut entries);
    let at = |entry: &Entry| place.get(&entry.annotation.point).copied().unwrap_or(usize::MAX);
    entries.sort_by_cached_key(|entry| (at(entry), start(&entry.stretch), entry.annotation.at_ms, entry.annotation.id.clone()));
    (entries, faults)
}

/// Says of each entry for which party it was entered, and whether that one confirmed it before all.
fn enter(entries: &mut [Entry]) {
    let is_reply =
        |entry: &&Entry| entry.annotation.entered_for.as_ref() == Some(&entry.party) && entry.audience == Audience::All;
    let mut replies: HashMap<&AnnotationId, Vec<&Entry>> = HashMap::new();
    for entry in entries.iter().filter(is_reply) {
        entry.annotation.reply_to.iter().for_each(|to| replies.entry(to).or_default().push(entry));
    }
    let entered = entries.iter().map(|entry| {
        let Entry { party: by, annotation, .. } = entry;
        let party = annotation.entered_for.as_ref().filter(|party| *party != by)?;
        let replies = replies.get(&annotation.id).into_iter().flatten();
        let confirmed = replies.filter(|reply| reply.party == *party).any(|reply| reply.annotation.confirms(party, annotation));
        Some(Entered { by: by.clone(), party: party.clone(), confirmed })
    });
    let entered: Vec<Option<Entered>> = entered.collect();
    entries.iter_mut().zip(entered).for_each(|(entry, entered)| entry.entered = entered);
}

fn narrowness(audience: &Audience) -> usize {
    match audience {
        Audience::All => 0,
        Audience::Parties(parties) => usize::MAX - parties.len(),
        Audience::Party => usize::MAX,
    }
}

/// Where a stretch begins; what is about the whole point comes first.
fn start(stretch: &Stretch) -> Option<usize> {
    match stretch {
        Stretch::Whole | Stretch::Lost | Stretch::NoPoint => None,
        Stretch::Stands { range } | Stretch::Changed { range } | Stretch::Moved { range } => Some(range.start),
        Stretch::Gone { at } => Some(*at),
    }
}

impl Entry {
    /// Whether it is a stand on a bracket that counts: in the layer of positions, and not taken back.
    fn is_bracket_stand(&self) -> bool {
        let on_bracket = matches!(&self.annotation.what, What::Position(position) if position.words.is_none());
        on_bracket && !self.annotation.withdrawn && self.layer.kind() == LayerKind::Positions
    }
}
