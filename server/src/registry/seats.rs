//! A party's seats, and what they come to.

use plenary_shared::{
    people::{self, Author, Generation},
    seats::SeatAct,
};
use std::collections::BTreeMap;

/// A seat, from when it was given or asked for.
#[derive(Clone, Debug)]
pub struct Seat {
    /// Its member, as it is now or was last.
    pub member: people::Member,
    /// How it stands.
    pub standing: Standing,
    /// Nobody of the party gave it: the chair did, or the server at the first.
    pub is_from_outside: bool,
    /// The chair puts in a new head with it.
    pub replaces: bool,
    /// When it was given.
    pub given_ms: u64,
    /// Who gave it.
    pub given_by: Author,
    /// When it was first taken.
    pub taken_ms: Option<u64>,
}

/// How a seat stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// The chair asked for it, and no head of the party granted it yet.
    Asked,
    /// It is its member's, or that of whoever is invited to it.
    Held,
    /// It is nobody's any more.
    Ended,
}

/// What a party's seats come to.
#[derive(Clone, Debug, Default)]
pub struct Delegation {
    /// What happened to them, in order: what the party's log of seats holds.
    pub acts: Vec<SeatAct>,
    /// Seats ever given or asked for, so that no member's id is given twice.
    pub given: u32,
    /// A head has joined: from then on the party's heads admit its people.
    pub is_its_own: bool,
    /// The heads that are there now.
    pub generation: Generation,
    /// From which generation on each later one reads what the party keeps to itself, where that is not its own.
    floors: BTreeMap<Generation, Generation>,
}

impl Delegation {
    /// The oldest generation whose layers a member of this one reads.
    pub fn floor(&self, generation: Generation) -> Generation {
        self.floors.get(&generation).copied().unwrap_or(generation)
    }

    /// Whether a member of a generation reads what the party keeps to itself and was begun in another.
    pub fn reads(&self, member: Generation, layer: Generation) -> bool {
        (self.floor(member)..=self.generation).contains(&layer)
    }

    /// Somebody of a generation agrees that all who came later, up to now, read what it reads.
    pub fn open(&mut self, generation: Generation) {
        let floor = self.floor(generation);
        let mut later = generation;
        while later < self.generation {
            later = later.next();
            self.floors.insert(later, self.floor(later).min(floor));
        }
    }
}
