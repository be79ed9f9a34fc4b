//! What is known of an update while its blocks are walked, laid over what the ledger knows.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{
    Span,
    block::{Block, Id, Kind, Parent},
    bounds::Bounds,
    bytes::Reader,
    checked::LeftOut,
    claim::OrderClaim,
    ledger::Ledger,
    place::{Neighbours, Place},
    refusal::Refusal,
    rows::{self, Field, RowsGain},
    schema::Spot,
    section::Section,
};
use crate::log::record::Provenance;

pub(super) struct Walk<'a, 'l> {
    pub ledger: &'l Ledger,
    /// Whose it is; none: what a log holds, or was told of a document.
    pub by: Option<&'l Provenance>,
    pub bounds: Bounds,
    pub reader: Reader<'a>,
    /// Highest client first, which is yrs's order.
    pub sections: Vec<Section<'a>>,
    pub claims: Vec<OrderClaim>,
    pub husk_units: u64,
    pub steps: u64,
    /// Ranges of this update's husks: they are deleted by what they are.
    pub husks: Vec<Span>,
    /// Entries of maps that hold several values.
    pub folded: Vec<Span>,
    /// Fields of which nothing is taken.
    pub closed: BTreeSet<Field>,
    pub fresh: Fresh<'a>,
    /// Numbers of the ids of points that it would have changed otherwise than points may be changed.
    pub points_left_out: BTreeSet<u32>,
    /// Something stands in what is not there.
    pub lost: bool,
}

/// What an update brings to the plan's points.
#[derive(Default)]
pub(super) struct Fresh<'a> {
    pub ids: Vec<&'a str>,
    pub numbers: HashMap<&'a str, u32>,
    pub above: Vec<u32>,
    pub last: BTreeMap<Field, Id>,
    pub meta: HashSet<&'a str>,
    /// Points that it sets.
    pub points: u32,
}

/// Looking up a neighbour costs as much as so many of the steps that [`Bounds`] counts.
const STEPS_OF_A_LOOK_UP: u64 = 64;
/// Points that are named to whoever would have taken them out.
const NAMED_MAX: usize = 16;

impl<'a, 'l> Walk<'a, 'l> {
    pub fn new(
        ledger: &'l Ledger,
        by: Option<&'l Provenance>,
        bounds: Bounds,
        reader: Reader<'a>,
        sections: Vec<Section<'a>>,
        closed: BTreeSet<Field>,
    ) -> Self {
        let (claims, husks, folded) = (Vec::new(), Vec::new(), Vec::new());
        let (fresh, points_left_out) = (Fresh::default(), BTreeSet::new());
        Walk {
            ledger,
            by,
            bounds,
            reader,
            sections,
            claims,
            husk_units: 0,
            steps: 0,
            husks,
            folded,
            closed,
            fresh,
            points_left_out,
            lost: false,
        }
    }

    pub fn find(&self, client: u64) -> Option<usize> {
        self.sections.binary_search_by(|section| client.cmp(&section.client)).ok()
    }

    pub fn have(&self, client: u64) -> u32 {
        self.find(client).map_or_else(|| self.ledger.clock(client), |index| self.sections[index].have())
    }

    pub fn is_new(&self, id: Id) -> bool {
        self.find(id.0).is_some_and(|index| id.1 >= self.sections[index].known)
    }

    pub fn place(&self, id: Id) -> Place {
        if let Some(section) = self.find(id.0).map(|index| &self.sections[index])
            && id.1 >= section.known
        {
            let after = section.places.partition_point(|stretch| stretch.0 <= id.1);
            return after.checked_sub(1).map_or(Place::default(), |at| section.places[at].1);
        }
        self.ledger.place(id)
    }

    /// What a block was put between, new or known.
    pub fn neighbours(&self, id: Id) -> Option<Neighbours> {
        if let Some(section) = self.find(id.0).map(|index| &self.sections[index])
            && id.1 >= section.known
        {
            let run = section.runs.partition_point(|run| run.0 <= id.1).checked_sub(1);
            // Before the first new run, a known one goes on.
            let Some(&(start, run)) = run.and_then(|at| section.runs.get(at)) else {
                return Some(Neighbours { origin: id.1.checked_sub(1).map(|clock| (id.0, clock)), right: section.known_right });
            };
            return Some(if id.1 > start { Neighbours { origin: Some((id.0, id.1 - 1)), ..run } } else { run });
        }
        self.ledger.neighbours(id)
    }

    /// Where a block stands: below its parent, or beside its neighbours.
    pub fn place_block(&mut self, (client, clock): Id, block: &Block<'a>) -> Result<Place, Refusal> {
        let contradiction = |what| Err(Refusal::Inconsistent { client, clock, what });
        if block.kind == Kind::Gc {
            return Ok(Place::LOST);
        }
        match block.parent {
            Parent::Root(name) => {
                let place = Place::in_root(Spot::of_root(name, block.key), block.key.is_some());
                return Ok(self.in_root(place, block.key));
            }
            Parent::Item(parent) => {
                let inside = self.place(parent).inside(block.key);
                return inside
                    .map_or_else(|| contradiction("its parent is no shared type"), |place| Ok(self.with_row(place, place.row)));
            }
            Parent::Inherited => {}
        }
        let (left, right) = (block.origin.map(|id| self.place(id).beside()), block.right.map(|id| self.place(id).beside()));
        if right.is_some_and(Place::in_map) {
            return contradiction("it stands before an entry of a map");
        }
        match (left, right) {
            (Some(left), Some(right)) if left.is_lost() || right.is_lost() => Ok(if left.is_lost() { right } else { left }),
            (Some(left), Some(_)) if left.in_map() => contradiction("an entry of a map stands before something"),
            (Some(left), Some(right)) if left != right => contradiction("its neighbours stand in different places"),
            (Some(place), _) | (None, Some(place)) => Ok(self.beside(place)),
            (None, None) => Ok(Place::LOST),
        }
    }

    fn in_root(&mut self, place: Place, key: Option<&'a str>) -> Place {
        match (place.spot, key) {
            (Spot::Point, Some(id)) => {
                let number = self.number(id);
                self.with_row(place, number)
            }
            _ => place,
        }
    }

    /// The place of another block there.
    pub fn beside(&mut self, place: Place) -> Place {
        let place = place.beside();
        if place.in_map() && place.spot.has_rows() { self.with_row(place, self.above(place.row)) } else { place }
    }

    /// A place, with a row of its own below `above` where there are such.
    fn with_row(&mut self, mut place: Place, above: u32) -> Place {
        if place.in_map() && place.spot.has_rows() {
            self.fresh.above.push(above);
            place.row = self.ledger.rows.rows() + self.fresh.above.len() as u32;
        }
        place
    }

    fn number(&mut self, id: &'a str) -> u32 {
        if let Some(number) = self.ledger.rows.number(id) {
            return number;
        }
        let next = self.ledger.rows.numbers() + self.fresh.ids.len() as u32;
        *self.fresh.numbers.entry(id).or_insert_with(|| {
            self.fresh.ids.push(id);
            next
        })
    }

    pub fn above(&self, row: u32) -> u32 {
        let fresh = || self.fresh.above.get((row.checked_sub(self.ledger.rows.rows())?.checked_sub(1)?) as usize).copied();
        self.ledger.rows.above(row).or_else(fresh).unwrap_or(u32::MAX)
    }

    pub fn field(&self, place: Place) -> Option<Field> {
        rows::field(place, |row| self.above(row))
    }

    /// The last block of a field before this update.
    pub fn known_last(&self, field: Field) -> Option<Id> {
        self.ledger.rows.last(field).and_then(|short| self.ledger.long(short))
    }

    /// The last block of a field.
    pub fn last(&self, field: Field) -> Option<Id> {
        self.fresh.last.get(&field).copied().or_else(|| self.known_last(field))
    }

    /// Whether a block holds a value that counts where it stands.
    pub fn is_value(&self, id: Id, spot: Spot) -> bool {
        let place = self.place(id);
        match spot {
            _ if self.ledger.is_deleted(id) => false,
            Spot::Point | Spot::Schedule | Spot::After | Spot::Adoptions => place.is_map(),
            Spot::Heading | Spot::Words => place.is_text(),
            _ => !place.is_husk(),
        }
    }

    /// Whether a block that replaces `origin` comes to stand behind all others of its field.
    fn stands_last(&mut self, client: u64, origin: Option<Id>, field: Field) -> Result<bool, Refusal> {
        let Some(mut at) = self.last(field) else { return Ok(true) };
        let mut below = None;
        loop {
            if Some(at) == origin {
                return Ok(below.is_none_or(|below: Id| client > below.0));
            }
            below = Some(at);
            match self.neighbours(at).and_then(|neighbours| neighbours.origin) {
                Some(above) => at = above,
                None => return Ok(origin.is_none() && client > at.0),
            }
            self.steps += STEPS_OF_A_LOOK_UP;
            if self.steps > self.bounds.steps {
                let most = self.bounds.steps / STEPS_OF_A_LOOK_UP;
                return Err(Refusal::TooLarge { what: "values that were replaced meanwhile", most });
            }
        }
    }

    /// Counts a new block among those of its field.
    pub fn set(&mut self, place: Place, (client, start): Id, len: u32, origin: Option<Id>) -> Result<(), Refusal> {
        if let Some(field) = self.field(place)
            && self.stands_last(client, origin, field)?
        {
            self.fresh.last.insert(field, (client, start + len - 1));
        }
        Ok(())
    }

    /// Remembers that something of the point was left out in which this stands.
    pub fn leave_out(&mut self, place: Place) {
        let above = |row| self.above(row);
        let row = match place.spot {
            Spot::Schedule => above(place.row),
            spot if spot.is_in_schedule() => above(place.row),
            _ => place.row,
        };
        self.points_left_out.insert(above(row));
    }

    pub fn rows_gain(&self, points: u32) -> RowsGain {
        RowsGain {
            points,
            ids: self.fresh.ids.iter().map(|id| Box::from(*id)).collect(),
            above: self.fresh.above.clone(),
            last: self.fresh.last.iter().map(|(field, id)| (*field, *id)).collect(),
            meta: self.fresh.meta.iter().map(|key| Box::from(*key)).collect(),
        }
    }

    /// What is not taken.
    pub fn left_out(&self) -> LeftOut {
        let id = |number: &u32| match self.ledger.rows.numbers() {
            known if *number < known => self.ledger.rows.id(*number).map(str::to_owned),
            known => self.fresh.ids.get((number - known) as usize).map(|id| (*id).to_owned()),
        };
        let points = self.points_left_out.iter().take(NAMED_MAX).filter_map(id).collect();
        LeftOut { points, more: self.points_left_out.len().saturating_sub(NAMED_MAX), lost: self.lost }
    }
}
