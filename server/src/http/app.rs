//! What every request works with.

use axum::http::StatusCode;
use bytes::Bytes;
use plenary_shared::{id::DocAddress, limits, people};
use std::sync::{Arc, PoisonError, atomic::AtomicU64};
use tokio::sync::Semaphore;

use super::{
    error::ApiError,
    guesses::Guesses,
    place::{Places, SessionPlace, ViewPlace, ViewTurn},
};
use crate::{
    config::Limits,
    dossiers::Dossiers,
    metrics::{Figures, Present},
    registry::Registry,
    room::LargePlace,
    rooms::Rooms,
    store::Condition,
};

/// Places for large messages that a large body takes: it is held as it came and as it was read.
const LARGE_BODY_PLACES: u32 = 2;
const _: () = assert!(LARGE_BODY_PLACES as usize <= limits::LARGE_MESSAGES_PER_PARTY_MAX);

/// The parts of the server that requests work with.
pub struct App {
    /// Conferences, parties, members, plans.
    pub registry: Arc<Registry>,
    /// Documents in memory.
    pub rooms: Arc<Rooms>,
    /// What members may read, put together.
    pub dossiers: Dossiers,
    /// Figures.
    pub metrics: Arc<Figures>,
    pub(super) limits: Limits,
    pub(super) places: Places,
    /// Invitations and recovery codes that were not good.
    pub(super) guesses: Guesses,
    /// Tokens that were not good, apart: a device that was ended and comes again and again keeps nobody at its address from joining.
    pub(super) tokens: Guesses,
    pub(super) next_session: AtomicU64,
}

impl App {
    /// An application on its registry and rooms.
    pub fn new(registry: Arc<Registry>, rooms: Arc<Rooms>, metrics: Arc<Figures>, limits: Limits) -> Arc<Self> {
        let (dossiers, places) = (Dossiers::new(registry.clone(), rooms.clone()), Places::new(&limits));
        let (guesses, tokens, next_session) = (Guesses::default(), Guesses::default(), AtomicU64::new(0));
        Arc::new(Self { registry, rooms, dossiers, metrics, limits, places, guesses, tokens, next_session })
    }

    /// Refuses with 503, and the reason, who needs a store that takes records while it takes none.
    pub(super) fn check_store(&self) -> Result<(), ApiError> {
        let why = match self.rooms.store().condition() {
            Condition::Working => return Ok(()),
            Condition::Full => ApiError::disk_full(),
            Condition::Failed => ApiError::unavailable("the server's disk failed: tell its operator, and try again later"),
        };
        Err(why.with_status(StatusCode::SERVICE_UNAVAILABLE))
    }

    /// Refuses with 429 whose edits of a document are not taken for a moment.
    pub(super) fn check_conduct(&self, address: &DocAddress, author: &people::Author) -> Result<(), ApiError> {
        self.rooms.conduct().paused(address, author).map_or(Ok(()), |until| Err(ApiError::paused(until)))
    }

    /// Waits until no session is left.
    pub async fn all_sessions_ended(&self) {
        self.places.all_sessions_ended(&self.limits).await;
    }

    /// A place among the sessions, in all and of the member, or `None` if there is none left. A session is counted as long as it lasts.
    pub(super) fn session_place(&self, member: &people::Member, address: &DocAddress) -> Option<SessionPlace> {
        let place = self.place(member)?;
        Some(SessionPlace { _counted: Some(Present::session(self.metrics.of(address))), ..place })
    }

    /// A place for a view: one of the member's among the sessions, then its turn. No figure shows it: how long it takes tells how much the
    /// member has to read, private layers included.
    pub(super) async fn view_place(&self, member: &people::Member) -> Result<ViewPlace, ApiError> {
        let session = self.place(member).ok_or_else(ApiError::too_many)?;
        Ok(ViewPlace { _session: session, _turn: self.view_turn(member).await? })
    }

    /// A turn among the views of a party and among all, for who has a place.
    pub(super) async fn view_turn(&self, member: &people::Member) -> Result<ViewTurn, ApiError> {
        // The party's first: who waits for that keeps no other party waiting.
        let party = self.places.views_by_party.of(member).acquire_owned().await.map_err(|_| ApiError::too_many())?;
        let all = self.places.views.clone().acquire_owned().await.map_err(|_| ApiError::too_many())?;
        Ok(ViewTurn { _party: party, _all: all })
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

    /// An answer that is made, counted as long as its reader has not read it: once for all of a party who ask for the same, if a tag
    /// stands for it.
    pub(super) fn counted(&self, member: &people::Member, tag: Option<u64>, answer: impl Into<Bytes>) -> Result<Bytes, ApiError> {
        let (answers, too_much) =
            (self.rooms.answers(), "too much that was asked for waits to be read: read it, or try again later");
        let counted = match tag {
            Some(tag) => answers.count_tagged(member, tag, answer.into()),
            None => answers.count(member, answer.into()),
        };
        counted.ok_or_else(|| ApiError::unavailable(too_much))
    }

    /// Places for large messages, among all and among a party's.
    pub(super) fn large_places(&self, member: &people::Member) -> (Arc<Semaphore>, Arc<Semaphore>) {
        (self.places.large.clone(), self.places.large_by_party.of(member))
    }

    /// A place for a large body, once there is one.
    pub(super) async fn large_body_place(&self, member: &people::Member) -> Result<LargePlace, ApiError> {
        let (all, party) = self.large_places(member);
        // The party's first: who waits for that keeps no other party waiting.
        let party = party.acquire_many_owned(LARGE_BODY_PLACES).await.map_err(|_| ApiError::too_many())?;
        Ok(LargePlace { _party: party, _all: all.acquire_many_owned(LARGE_BODY_PLACES).await.map_err(|_| ApiError::too_many())? })
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
