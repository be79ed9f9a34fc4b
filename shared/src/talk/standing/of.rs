//! Deriving the standing: what each party says at each point, from the top down, and what that comes to.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Cell, CellState, Column, Counts, Matrix, Open, PointStanding, Stand, State,
    cell::{Cover, covered, lapsed, silent, spoken},
    difference::{AtPoint, Differences},
    position::{self, Own},
    tree::{self, PointInTree},
};
use crate::{
    id::{PartyId, PointId},
    text::{plan::Outline, words::ExactWords},
};

/// The standing of all points of `outline`, whose exact words `exact` holds. `weave` gives what a point's words were woven from
/// (none: nothing is marked as returned), `open` what is open in a point's own texts. `stands` are the entries of the layers
/// `positions`, in any order; `consent` names the parties that must consent.
pub fn standing<W: AsRef<str>>(
    outline: &Outline,
    exact: &ExactWords,
    weave: impl Fn(&PointId) -> Option<W>,
    open: impl Fn(&PointId) -> Open,
    stands: &[Stand],
    consent: &BTreeSet<PartyId>,
) -> Matrix {
    let places = tree::places(outline, exact);
    let live = position::live(&places, stands);
    let parties = columns(live.iter().map(|(party, ..)| *party), consent);
    let own = position::of_each(&places, &parties, &live);
    let cells = all_cells(&places, &own, &parties, weave);
    let open = tree::upwards(&places, |_, place| open(&place.point.id), Open::add);
    let blocked = blocked(&places, &own, consent.len());
    let subject = |at: usize, _: &PointInTree| cells[at].iter().take(consent.len()).any(|cell| cell.ad_referendum);
    let to_capital = tree::upwards(&places, subject, |above, own| *above |= *own);
    let mut counts = Counts::default();
    let points = places.iter().zip(cells).zip(open.into_iter().zip(blocked)).zip(to_capital);
    let points = points.map(|(((place, cells), (open, blocked_below)), to_capital)| {
        let standing = state(cells.iter().take(consent.len()), open, blocked_below);
        if !place.gone {
            counts.add(standing);
        }
        PointStanding {
            point: place.point.id.clone(),
            label: place.point.label.clone(),
            heading: place.point.heading.clone(),
            depth: place.point.depth,
            struck: place.gone,
            digest: place.exact.digest,
            open_brackets: open.brackets,
            spanned: open.spanned,
            standing,
            ad_referendum: standing == State::Agreed && to_capital,
            blocked_below,
            merged: None,
            cells,
        }
    });
    let points = points.collect();
    Matrix { parties, points, counts, faults: Vec::new() }
}

fn columns<'a>(spoken: impl Iterator<Item = &'a PartyId>, consent: &BTreeSet<PartyId>) -> Vec<Column> {
    let others: BTreeSet<&PartyId> = spoken.filter(|party| !consent.contains(party)).collect();
    let column = |party: &PartyId, must_consent| Column { party: party.clone(), must_consent };
    consent.iter().map(|party| column(party, true)).chain(others.into_iter().map(|party| column(party, false))).collect()
}

/// The cells of each place, a row for each.
fn all_cells<W: AsRef<str>>(
    places: &[PointInTree],
    own: &[BTreeMap<usize, Own>],
    parties: &[Column],
    weave: impl Fn(&PointId) -> Option<W>,
) -> Vec<Vec<Cell>> {
    let mut differences = Differences::among(parties.len());
    // The way down to the place at hand, and what covers each party's column at each step of it.
    let mut path: Vec<(usize, Vec<Option<Cover>>)> = Vec::new();
    let mut rows = Vec::with_capacity(places.len());
    for ((at, place), own) in places.iter().enumerate().zip(own) {
        while path.last().is_some_and(|(above, _)| Some(*above) != place.parent) {
            path.pop();
        }
        let above = path.last().map(|(_, covers)| covers.as_slice()).filter(|_| !place.point.struck).unwrap_or_default();
        let holds = own.values().any(|own| own.state == CellState::Accept);
        let present = holds.then(|| weave(&place.point.id)).flatten();
        let mut at_point = AtPoint::new(place.exact);
        let (mut covers, mut cells) = (Vec::with_capacity(parties.len()), Vec::with_capacity(parties.len()));
        for (index, column) in parties.iter().enumerate() {
            let cover = above.get(index).copied().flatten();
            let (cell, cover) = match (own.get(&index), cover) {
                (Some(own), None) if own.state == CellState::Lapsed => {
                    (lapsed(&column.party, own, differences.of(index, &mut at_point, own.kept)), None)
                }
                (Some(own), _) if own.state != CellState::Lapsed => {
                    let accepts = own.state == CellState::Accept;
                    let returned = accepts && present.as_ref().is_some_and(|weave| weave.as_ref() != own.kept.weave);
                    (spoken(&column.party, own, returned), accepts.then_some(Cover { own, returned }))
                }
                (_, Some(cover)) => (covered(&column.party, cover), Some(cover)),
                (_, None) => (silent(&column.party), None),
            };
            cells.push(cell);
            covers.push(cover);
        }
        path.push((at, covers));
        rows.push(cells);
    }
    rows
}

/// Whether a party that must consent reserves on something below each place or opposes it.
fn blocked(places: &[PointInTree], own: &[BTreeMap<usize, Own>], consenting: usize) -> Vec<bool> {
    let mut blocked = vec![false; places.len()];
    // From the end: what stands below a place comes before it.
    for ((at, place), own) in places.iter().enumerate().zip(own).rev() {
        let mut must_consent = own.range(..consenting).map(|(_, own)| own);
        let blocks = match place.point.struck {
            false => blocked[at] || must_consent.any(Own::is_against),
            true => must_consent.any(|own| own.against_present),
        };
        if let Some(above) = place.parent {
            blocked[above] |= blocks;
        }
    }
    blocked
}

fn state<'a>(cells: impl Iterator<Item = &'a Cell> + Clone, open: Open, blocked_below: bool) -> State {
    let any = |stance| cells.clone().any(|cell| cell.stance == stance);
    let accepted = cells.clone().next().is_some() && cells.clone().all(|cell| cell.stance == CellState::Accept);
    match () {
        () if accepted && open == Open::default() && !blocked_below => State::Agreed,
        () if any(CellState::Oppose) => State::Opposed,
        () if any(CellState::Reserve) => State::Reserved,
        () if any(CellState::Lapsed) => State::Lapsed,
        () => State::Open,
    }
}
