//! The shares of logs that chairs raised. What is not here is as large as [`ShareKind::bytes`] says.

use plenary_shared::{
    id::{ConferenceId, DocAddress, PartyId, PlanId},
    share::ShareKind,
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Of which plan, of which party, of which logs.
pub type ShareOf = (ConferenceId, PlanId, PartyId, ShareKind);

/// The shares that were raised, one for each time that the registry knows of.
#[derive(Default, Debug)]
pub struct Shares(Mutex<HashMap<ShareOf, u64>>);

impl Shares {
    /// A share is so many bytes from here on.
    pub fn raise(&self, of: ShareOf, bytes: u64) {
        self.raised().insert(of, bytes);
    }

    /// The bytes that a party's edits may take of a document's log.
    pub fn of(&self, address: &DocAddress, party: &PartyId) -> u64 {
        let kind = ShareKind::of_log(address);
        let raised = match address {
            DocAddress::Plan(conference, plan) | DocAddress::Layer(conference, plan, ..) => {
                self.raised().get(&(conference.clone(), plan.clone(), party.clone(), kind)).copied()
            }
            DocAddress::Registry | DocAddress::Seats(..) => None,
        };
        raised.unwrap_or(kind.bytes())
    }

    fn raised(&self) -> MutexGuard<'_, HashMap<ShareOf, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
