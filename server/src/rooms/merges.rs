//! Whose turn it is to have put together what was written apart, and what that cost each party lately.
//!
//! Each party has so many records read and folded at once, and then so many a second: who comes back honestly waits for nobody, and who
//! would have the server fold its logs for ever takes a part of a core. What it costs is counted in records, not in time, so that nobody
//! pays for what others do meanwhile.

#[cfg(test)]
mod tests;

use plenary_shared::{
    id::{ConferenceId, DocAddress, PartyId},
    limits,
    people::Author,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Duration, Instant, sleep_until},
};

/// The turns of all parties.
pub(super) struct Merges {
    parties: Mutex<HashMap<(ConferenceId, PartyId), Arc<Party>>>,
    places: Arc<Semaphore>,
}

/// One at a time of a party.
struct Party {
    queue: Arc<Semaphore>,
    /// When all that it cost is paid.
    paid: Mutex<Instant>,
}

/// A turn.
pub(super) struct Turn {
    party: Option<(Arc<Party>, OwnedSemaphorePermit)>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Default for Merges {
    fn default() -> Self {
        Self { parties: Mutex::default(), places: Arc::new(Semaphore::new(limits::MERGES_MAX)) }
    }
}

/// For what so many records cost.
fn time_of(records: u64) -> Duration {
    Duration::from_micros(records.saturating_mul(1_000_000) / limits::MERGED_RECORDS_PER_S)
}

impl Merges {
    /// The turn of somebody's party, once no other of it has one and what it cost before is paid as far as it must be.
    pub async fn turn(&self, address: &DocAddress, author: &Author) -> Turn {
        let Some(party) = self.party(address, author) else { return Turn { party: None, _place: None } };
        // Nobody closes them.
        let Ok(queue) = party.queue.clone().acquire_owned().await else { return Turn { party: None, _place: None } };
        let due = lock(&party.paid).checked_sub(time_of(limits::MERGED_RECORDS_AT_ONCE));
        if let Some(due) = due {
            sleep_until(due).await;
        }
        let place = self.places.clone().acquire_owned().await.ok();
        Turn { party: Some((party, queue)), _place: place }
    }

    fn party(&self, address: &DocAddress, author: &Author) -> Option<Arc<Party>> {
        let (DocAddress::Plan(conference, _) | DocAddress::Layer(conference, ..)) = address else { return None };
        let (now, mut parties) = (Instant::now(), lock(&self.parties));
        parties.retain(|_, party| Arc::strong_count(party) > 1 || *lock(&party.paid) > now);
        let party = parties.entry((conference.clone(), author.party.clone()));
        Some(party.or_insert_with(|| Arc::new(Party { queue: Arc::new(Semaphore::new(1)), paid: Mutex::new(now) })).clone())
    }
}

impl Turn {
    /// So many records more were read, folded or laid over a text.
    pub fn costs(&mut self, records: u64) {
        if let Some((party, _)) = &self.party {
            let (now, mut paid) = (Instant::now(), lock(&party.paid));
            let most = now + time_of(limits::MERGED_RECORDS_AT_ONCE) + limits::MERGE_WAIT_MAX;
            *paid = ((*paid).max(now) + time_of(records)).min(most);
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
