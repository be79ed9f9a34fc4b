//! How often a party changes its layers. Every change is a record that is kept for ever and folded at every start, and it makes
//! everybody's rights be looked up again.

use plenary_shared::{
    id::{ConferenceId, PartyId},
    limits,
    people::Member,
};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use tokio::time::Instant;

use super::error::RegistryError;

/// The pace of each party by itself: none is slowed down by another, nor hears of it.
#[derive(Default)]
pub struct Paces {
    /// When all that a party has done so far will be forgotten.
    done: Mutex<HashMap<(ConferenceId, PartyId), Instant>>,
}

impl Paces {
    /// Counts a change of the member's party, or refuses it.
    pub fn step(&self, member: &Member) -> Result<(), RegistryError> {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let own = done.entry((member.conference.clone(), member.party.clone())).or_insert(now);
        let next = (*own).max(now) + limits::LAYER_CHANGE_EVERY;
        if next > now + limits::LAYER_CHANGE_EVERY * limits::LAYER_CHANGES_AT_ONCE {
            return Err(RegistryError::Pace);
        }
        *own = next;
        Ok(())
    }
}
