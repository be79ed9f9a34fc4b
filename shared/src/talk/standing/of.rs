//! Deriving the standing: what each party says at each point, from the top down, and what that comes to.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Cell, CellState, Column, Counts, Matrix, Open, PointStanding, Stand, State,
    cell::{Cover, lapsed, spoken},
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
    let rows = rows(&places, &own, (&parties, consent.len()), weave);
    let open = tree::upwards(&places, |_, place| open(&place.point.id), Open::add);
    let blocked = blocked(&places, &own, consent.len());
    let subject = |at: usize, _: &PointInTree| rows[at].to_capital;
    let to_capital = tree::upwards(&places, subject, |above, own| *above |= *own);
    let mut counts = Counts::default();
    let points = places.iter().zip(rows).zip(open.into_iter().zip(blocked)).zip(to_capital);
    let points = points.map(|(((place, row), (open, blocked_below)), to_capital)| {
        let standing = if place.gone { State::Struck } else { row.state(consent.len(), open, blocked_below) };
        counts.add(standing);
        PointStanding {
            point: place.point.id.clone(),
            label: place.point.label.clone(),
            heading: place.point.heading.clone(),
            depth: place.point.depth,
            struck: place.gone,
            struck_with: place.struck_with.map(|above| places[above].point.id.clone()),
            digest: place.exact.digest,
            open_brackets: open.brackets,
            spanned: open.spanned,
            standing,
            by_act: None,
            ad_referendum: standing == State::Agreed && to_capital,
            blocked_below,
            merged: None,
            cells: row.cells,
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

/// What the parties say of a place.
#[derive(Default)]
struct Row {
    /// Of those that have taken a position there.
    cells: Vec<Cell>,
    /// How many of these cells are of parties that must consent.
    of_consenting: usize,
    /// How many of those that must consent accept it, by themselves or with a point above.
    accepted: usize,
    /// Whether one of them does subject to its capital.
    to_capital: bool,
}

impl Row {
    fn weigh(&mut self, must_consent: bool, ad_referendum: bool) {
        self.accepted += usize::from(must_consent);
        self.to_capital |= must_consent && ad_referendum;
    }

    /// What it comes to among so many that must consent, whose cells come first.
    fn state(&self, consenting: usize, open: Open, blocked_below: bool) -> State {
        let any = |stance| self.cells.iter().take(self.of_consenting).any(|cell| cell.stance == stance);
        match () {
            () if consenting > 0 && self.accepted == consenting && open == Open::default() && !blocked_below => State::Agreed,
            () if any(CellState::Oppose) => State::Opposed,
            () if any(CellState::Reserve) => State::Reserved,
            () if any(CellState::Lapsed) => State::Lapsed,
            () => State::Open,
        }
    }
}

/// A row for each place; of the parties so many must consent, whose columns come first.
fn rows<W: AsRef<str>>(
    places: &[PointInTree],
    own: &[BTreeMap<usize, Own>],
    (parties, consenting): (&[Column], usize),
    weave: impl Fn(&PointId) -> Option<W>,
) -> Vec<Row> {
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
        let (mut covers, mut row) = (Vec::with_capacity(parties.len()), Row::default());
        for (index, column) in parties.iter().enumerate() {
            let cover = above.get(index).copied().flatten();
            let must_consent = index < consenting;
            let cover = match (own.get(&index), cover) {
                (Some(own), None) if own.state == CellState::Lapsed => {
                    row.cells.push(lapsed(&column.party, own, differences.of(index, &mut at_point, own.kept)));
                    None
                }
                (Some(own), _) if own.state != CellState::Lapsed => {
                    let accepts = own.state == CellState::Accept;
                    let returned = accepts && present.as_ref().is_some_and(|weave| weave.as_ref() != own.kept.weave);
                    row.cells.push(spoken(&column.party, own, returned));
                    accepts.then_some(Cover { ad_referendum: own.ad_referendum })
                }
                (_, cover) => cover,
            };
            if let Some(cover) = cover {
                row.weigh(must_consent, cover.ad_referendum);
            }
            covers.push(cover);
            row.of_consenting = if must_consent { row.cells.len() } else { row.of_consenting };
        }
        path.push((at, covers));
        rows.push(row);
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
