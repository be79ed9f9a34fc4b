//! How members conduct themselves in documents: whoever sends what others would pay for is read later and later, and is looked at on a copy
//! before it reaches the document.
//!
//! **Architecture invariant:** what somebody does in one document is held against them there alone. A pause that was earned in a private
//! layer delays no text, so that nobody learns of it.

mod purse;
#[cfg(test)]
mod tests;

use plenary_shared::{
    id::{ConferenceId, DocAddress, PartyId},
    limits,
    people::Author,
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, sleep_until},
};

use purse::Purse;

/// The members of whom something is held against them, and whose turn it is to have something looked at. They outlive rooms and sessions.
#[derive(Default)]
pub struct Conduct {
    /// Documents in which somebody offended; while there are none, nobody looks further.
    documents: AtomicUsize,
    offenders: Mutex<HashMap<DocAddress, HashMap<Author, Offender>>>,
    turns: Mutex<HashMap<Queue, Arc<Semaphore>>>,
    purses: Mutex<HashMap<(DocAddress, PartyId), Arc<Purse>>>,
}

/// What is held against a member in a document.
struct Offender {
    offences: u32,
    /// Nothing more of the member is read before.
    until: Instant,
}

impl Offender {
    fn is_forgiven(&self, now: Instant) -> bool {
        now >= self.until + limits::OFFENCE_KEPT
    }
}

/// Those who wait for each other: a party in a text, or in its layers.
#[derive(PartialEq, Eq, Hash)]
struct Queue {
    conference: Option<ConferenceId>,
    party: PartyId,
    in_layer: bool,
}

impl Conduct {
    /// The member sent what others would have paid for. It is paused, twice as long as the time before; what it sent before it was paused
    /// counts once.
    pub fn offended(&self, address: &DocAddress, author: &Author) {
        let (now, mut offenders) = (Instant::now(), lock(&self.offenders));
        offenders.retain(|_, members| {
            members.retain(|_, offender| !offender.is_forgiven(now));
            !members.is_empty()
        });
        let members = offenders.entry(address.clone()).or_default();
        if members.len() >= limits::OFFENDERS_PER_DOCUMENT_MAX
            && !members.contains_key(author)
            && let Some(first) = members.iter().min_by_key(|(_, offender)| offender.until).map(|(author, _)| author.clone())
        {
            members.remove(&first);
        }
        let offender = members.entry(author.clone()).or_insert(Offender { offences: 0, until: now });
        if offender.offences == 0 || now >= offender.until {
            let pause = limits::PAUSE_FIRST * 2_u32.saturating_pow(offender.offences);
            (offender.until, offender.offences) = (now + pause.min(limits::PAUSE_MAX), offender.offences + 1);
        }
        self.documents.store(offenders.len(), Ordering::Relaxed);
    }

    /// When the member is read again in a document, if it is paused there.
    pub fn paused(&self, address: &DocAddress, author: &Author) -> Option<Instant> {
        self.look(address, |members, now| members.get(author).map(|offender| offender.until).filter(|until| *until > now))?
    }

    /// Waits while the member is paused in a document.
    pub async fn rested(&self, address: &DocAddress, author: &Author) {
        while let Some(until) = self.paused(address, author) {
            sleep_until(until).await;
        }
    }

    /// Whether all that the member sends to a document is looked at before: it offended there not long ago, or several of its party did.
    pub fn is_watched(&self, address: &DocAddress, author: &Author) -> bool {
        let watched = self.look(address, |members, now| {
            let held = members.iter().filter(|(_, offender)| !offender.is_forgiven(now));
            let of_party = held.clone().filter(|(other, _)| other.party == author.party).count();
            of_party >= limits::OFFENDERS_OF_A_PARTY || held.into_iter().any(|(other, _)| other == author)
        });
        watched.unwrap_or(false)
    }

    fn look<T>(&self, address: &DocAddress, f: impl FnOnce(&HashMap<Author, Offender>, Instant) -> T) -> Option<T> {
        if self.documents.load(Ordering::Relaxed) == 0 {
            return None;
        }
        lock(&self.offenders).get(address).map(|members| f(members, Instant::now()))
    }

    /// The member's turn to have something looked at that it sends to a document, once it is not paused there: one at a time of a party,
    /// apart for texts and for layers.
    pub async fn turn(&self, address: &DocAddress, author: &Author) -> Turn {
        loop {
            self.rested(address, author).await;
            let queue = self.queue(address, &author.party);
            // Nobody closes it.
            let permit = queue.acquire_owned().await.ok();
            if self.paused(address, author).is_none() {
                return Turn { permit, began: Instant::now() };
            }
        }
    }

    /// What a party's sessions pay from in a document. It is kept until all is paid for, so that nobody comes back with a new one.
    pub fn purse(&self, address: &DocAddress, party: &PartyId) -> Arc<Purse> {
        let (now, mut purses) = (Instant::now(), lock(&self.purses));
        if let Some(purse) = purses.get(&(address.clone(), party.clone())) {
            return purse.clone();
        }
        purses.retain(|_, purse| Arc::strong_count(purse) > 1 || !purse.is_paid(now));
        purses.entry((address.clone(), party.clone())).or_insert_with(|| Arc::new(Purse::new())).clone()
    }

    fn queue(&self, address: &DocAddress, party: &PartyId) -> Arc<Semaphore> {
        let mut turns = lock(&self.turns);
        turns.retain(|_, queue| Arc::strong_count(queue) > 1);
        let (conference, in_layer) = match address {
            DocAddress::Registry => (None, false),
            DocAddress::Plan(conference, _) | DocAddress::Seats(conference, _) => (Some(conference.clone()), false),
            DocAddress::Layer(conference, ..) => (Some(conference.clone()), true),
        };
        turns.entry(Queue { conference, party: party.clone(), in_layer }).or_insert_with(|| Arc::new(Semaphore::new(1))).clone()
    }
}

/// A turn. What it took is followed by a rest of nine times as long before the next: so a party takes a tenth of a core at most.
pub struct Turn {
    permit: Option<OwnedSemaphorePermit>,
    began: Instant,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let rest = self.began.elapsed().min(REST_MAX) * (limits::TURN_SHARE - 1);
        if let Some(permit) = self.permit.take().filter(|_| !rest.is_zero()) {
            tokio::spawn(async move {
                sleep(rest).await;
                drop(permit);
            });
        }
    }
}

/// What a turn counts for at most, however long somebody else kept it.
const REST_MAX: Duration = Duration::from_secs(2);

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
