//! How often a party changes its layers, and a member its party's seats or its own devices. Every change is a record that is kept for ever
//! and folded at every start, and it makes everybody's rights be looked up again.

use plenary_shared::{
    id::{ConferenceId, MemberId, PartyId},
    limits,
    people::Member,
};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};
use tokio::time::Instant;

use super::error::RegistryError;

/// The pace of each party, and of each member, by itself: none is slowed down by another, nor hears of it. A head who ends a seat does not
/// wait for what that seat's member does with the party's layers.
#[derive(Default)]
pub struct Paces {
    layers: Pace<(ConferenceId, PartyId)>,
    seats: Pace<(ConferenceId, MemberId)>,
}

impl Paces {
    /// Counts a change of the layers of the member's party, or refuses it.
    pub fn step(&self, member: &Member) -> Result<(), RegistryError> {
        self.layers.step((member.conference.clone(), member.party.clone()))
    }

    /// Counts what a member does to a seat or a device, or refuses it.
    pub fn step_of_seats(&self, member: &Member) -> Result<(), RegistryError> {
        self.seats.step((member.conference.clone(), member.member.clone()))
    }
}

/// When all that each has done so far will be forgotten.
struct Pace<K>(Mutex<HashMap<K, Instant>>);

impl<K> Default for Pace<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Pace<K> {
    fn step(&self, who: K) -> Result<(), RegistryError> {
        let mut done = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let own = done.entry(who).or_insert(now);
        let next = (*own).max(now) + limits::CHANGE_EVERY;
        if next > now + limits::CHANGE_EVERY * limits::CHANGES_AT_ONCE {
            return Err(RegistryError::Pace);
        }
        *own = next;
        Ok(())
    }
}
