//! Places: how many sessions last, large messages are read and views are made at once, in all, of a party and of a member.

use bytes::Bytes;
use plenary_shared::{
    id::{ConferenceId, DocAddress, PartyId},
    limits, people,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{ApiError, App, plan::too_many};
use crate::{config::Limits, metrics::Present, room::Place};

/// Places for large messages that a large body takes: it is held as it came and as it was read.
const LARGE_BODY_PLACES: u32 = 2;
const _: () = assert!(LARGE_BODY_PLACES as usize <= limits::LARGE_MESSAGES_PER_PARTY_MAX);

/// All places.
pub(super) struct Places {
    sessions: Arc<Semaphore>,
    by_member: Mutex<HashMap<String, Arc<Semaphore>>>,
    large: Arc<Semaphore>,
    large_by_party: ByParty,
    views: Arc<Semaphore>,
    views_by_party: ByParty,
}

/// Places of each party by itself.
struct ByParty {
    each: usize,
    parties: Mutex<HashMap<(ConferenceId, PartyId), Arc<Semaphore>>>,
}

impl ByParty {
    fn new(each: usize) -> Self {
        Self { each, parties: Mutex::default() }
    }

    fn of(&self, member: &people::Member) -> Arc<Semaphore> {
        let mut parties = self.parties.lock().unwrap_or_else(PoisonError::into_inner);
        let own = parties.entry((member.conference.clone(), member.party.clone()));
        own.or_insert_with(|| Arc::new(Semaphore::new(self.each))).clone()
    }
}

/// A place among the sessions, kept as long as one lasts.
pub(super) struct SessionPlace {
    _all: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
    _counted: Option<Present>,
}

/// A place for a view, kept until it is made.
pub(super) struct ViewPlace {
    _session: SessionPlace,
    _party: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
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

impl App {
    /// A place among the sessions, in all and of the member, or `None` if there is none left. A session is counted as long as it lasts.
    pub(super) fn session_place(&self, member: &people::Member, address: &DocAddress) -> Option<SessionPlace> {
        let place = self.place(member)?;
        Some(SessionPlace { _counted: Some(Present::session(self.metrics.of(address))), ..place })
    }

    /// A place for a view: one of the member's among the sessions, then its turn among the views of its party and among all. No figure
    /// shows it: how long it takes tells how much the member has to read, private layers included.
    pub(super) async fn view_place(&self, member: &people::Member) -> Result<ViewPlace, ApiError> {
        let session = self.place(member).ok_or_else(too_many)?;
        // The party's first: who waits for that keeps no other party waiting.
        let party = self.places.views_by_party.of(member).acquire_owned().await.map_err(|_| too_many())?;
        let all = self.places.views.clone().acquire_owned().await.map_err(|_| too_many())?;
        Ok(ViewPlace { _session: session, _party: party, _all: all })
    }

    /// A place among the sessions that no figure shows, for the same reason.
    pub(super) fn place(&self, member: &people::Member) -> Option<SessionPlace> {
        let all = self.places.sessions.clone().try_acquire_owned().ok()?;
        let mut by_member = self.places.by_member.lock().unwrap_or_else(PoisonError::into_inner);
        let places = self.limits.sessions_per_member;
        if by_member.len() > limits::SESSIONS_MAX {
            by_member.retain(|_, semaphore| semaphore.available_permits() < places);
        }
        let own = by_member.entry(format!("{}/{}", member.conference, member.member));
        let own = own.or_insert_with(|| Arc::new(Semaphore::new(places))).clone().try_acquire_owned().ok()?;
        Some(SessionPlace { _all: all, _own: own, _counted: None })
    }

    /// An answer that is made, counted as long as its reader has not read it.
    pub(super) fn counted(&self, member: &people::Member, answer: impl Into<Bytes>) -> Result<Bytes, ApiError> {
        let too_much = "too much that was asked for waits to be read: read it, or try again later";
        self.rooms.answers().count(member, answer.into()).ok_or_else(|| ApiError::unavailable(too_much))
    }

    /// Places for large messages, among all and among a party's.
    pub(super) fn large_places(&self, member: &people::Member) -> (Arc<Semaphore>, Arc<Semaphore>) {
        (self.places.large.clone(), self.places.large_by_party.of(member))
    }

    /// A place for a large body, once there is one.
    pub(super) async fn large_body_place(&self, member: &people::Member) -> Result<Place, ApiError> {
        let (all, party) = self.large_places(member);
        // The party's first: who waits for that keeps no other party waiting.
        let party = party.acquire_many_owned(LARGE_BODY_PLACES).await.map_err(|_| too_many())?;
        Ok(Place { _party: party, _all: all.acquire_many_owned(LARGE_BODY_PLACES).await.map_err(|_| too_many())? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{metrics::Figures, testing::Table};
    use futures_util::future::poll_immediate;

    #[tokio::test]
    async fn views_wait_for_their_turn_and_no_party_takes_every_place() {
        let table = Table::new().await;
        let bounds = Limits { sessions: 100, sessions_per_member: 32, tls: false };
        let app = App::new(table.registry.clone(), table.rooms.clone(), Arc::new(Figures::default()), bounds);
        let ask = async |party: &str| poll_immediate(Box::pin(app.view_place(table.member(party)))).await;
        let mut arv = Vec::new();
        for _ in 0..limits::VIEWS_PER_PARTY_MAX {
            arv.push(ask("arv").await.unwrap().ok());
        }
        assert!(ask("arv").await.is_none(), "it waits");
        let mut bor = Vec::new();
        for _ in limits::VIEWS_PER_PARTY_MAX..limits::VIEWS_MAX {
            bor.push(ask("bor").await.unwrap().ok());
        }
        assert!(ask("med").await.is_none(), "as many as may be are made");
        arv.pop();
        assert!(ask("med").await.is_some_and(|place| place.is_ok()));
    }
}
