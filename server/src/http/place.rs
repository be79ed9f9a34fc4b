//! Places: how many sessions last, large messages are read and views are made at once, in all, of a party and of a member.

use bytes::Bytes;
use plenary_shared::{
    id::{ConferenceId, PartyId},
    limits, people,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{config::Limits, metrics::Present};

/// All places.
pub(super) struct Places {
    pub(super) sessions: Arc<Semaphore>,
    pub(super) by_member: Mutex<HashMap<String, Arc<Semaphore>>>,
    pub(super) large: Arc<Semaphore>,
    pub(super) large_by_party: ByParty,
    pub(super) views: Arc<Semaphore>,
    pub(super) views_by_party: ByParty,
}

/// Places of each party by itself.
pub(super) struct ByParty {
    each: usize,
    parties: Mutex<HashMap<(ConferenceId, PartyId), Arc<Semaphore>>>,
}

impl ByParty {
    fn new(each: usize) -> Self {
        Self { each, parties: Mutex::default() }
    }

    pub(super) fn of(&self, member: &people::Member) -> Arc<Semaphore> {
        let mut parties = self.parties.lock().unwrap_or_else(PoisonError::into_inner);
        let own = parties.entry((member.conference.clone(), member.party.clone()));
        own.or_insert_with(|| Arc::new(Semaphore::new(self.each))).clone()
    }
}

/// A place among the sessions, kept as long as one lasts.
pub(super) struct SessionPlace {
    pub(super) _all: OwnedSemaphorePermit,
    pub(super) _own: OwnedSemaphorePermit,
    pub(super) _counted: Option<Present>,
}

impl SessionPlace {
    /// An answer that keeps the place until it has left, or nobody waits for it any more.
    pub(super) fn until_read(self, answer: Bytes) -> Bytes {
        Bytes::from_owner(Leaving { answer, _place: self })
    }
}

/// An answer on its way, and the place that it takes.
struct Leaving {
    answer: Bytes,
    _place: SessionPlace,
}

impl AsRef<[u8]> for Leaving {
    fn as_ref(&self) -> &[u8] {
        &self.answer
    }
}

/// A place for a view, kept until it is made.
pub(super) struct ViewPlace {
    pub(super) _session: SessionPlace,
    pub(super) _turn: ViewTurn,
}

/// A turn among the views that are made at once.
pub(super) struct ViewTurn {
    pub(super) _party: OwnedSemaphorePermit,
    pub(super) _all: OwnedSemaphorePermit,
}

impl Places {
    pub fn new(bounds: &Limits) -> Self {
        Self {
            sessions: Arc::new(Semaphore::new(bounds.sessions)),
            by_member: Mutex::default(),
            large: Arc::new(Semaphore::new(limits::LARGE_MESSAGES_MAX)),
            large_by_party: ByParty::new(limits::LARGE_MESSAGES_PER_PARTY_MAX),
            views: Arc::new(Semaphore::new(limits::VIEWS_MAX)),
            views_by_party: ByParty::new(limits::VIEWS_PER_PARTY_MAX),
        }
    }

    /// Waits until no session is left.
    pub async fn all_sessions_ended(&self, bounds: &Limits) {
        let _ = self.sessions.acquire_many(u32::try_from(bounds.sessions).unwrap_or(u32::MAX)).await;
    }
}
