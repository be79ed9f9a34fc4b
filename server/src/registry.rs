//! Conferences, parties, members, invitations, plans, their access and their layers: folded from a log of its own, like any
//! document. What is asked of it stands by subject in the files below.
//!
//! **Architecture invariant:** nothing is changed here that the log does not hold durably first, and every change moves
//! [`Registry::version`], so that whoever cached a right asks again.

mod error;
mod forget;
mod layers;
mod members;
mod pace;
mod plans;
mod rights;
mod shares;
mod state;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use plenary_shared::{
    id::{DocAddress, PartyId},
    limits,
    log::record::{self, Digest, Moment, Provenance},
    people::{self, Author},
    wire::api,
};
use std::{
    io,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};
use tokio::sync::{Mutex, watch};

use crate::{
    auth::SecretDigest,
    clock::{now_after, now_ms},
    store::{Part, Seq, Store, StoreError},
};
pub use error::RegistryError;
pub use forget::without;
use pace::Paces;
pub use state::{ConferenceEntry, PlanEntry, Whom};
use state::{Event, Registered};

/// What a credential may do with one document, at one version of the registry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rights {
    /// The member whom the credential stands for.
    pub member: people::Member,
    /// Whether the member may change the document.
    pub write: bool,
}

/// The registry: cheap to read, changed one event at a time.
pub struct Registry {
    state: Arc<RwLock<Registered>>,
    end: Arc<Mutex<End>>,
    store: Arc<dyn Store>,
    version: watch::Sender<u64>,
    paces: Paces,
}

/// Where the registry's log ends.
#[derive(Clone)]
struct End {
    seq: Seq,
    digest: Digest,
    at_ms: u64,
}

const PAGE: usize = 1_000;

impl Registry {
    /// Folds the registry's log. Blocks.
    pub fn open(store: Arc<dyn Store>) -> Result<Self, RegistryError> {
        let mut state = Registered::default();
        let mut end = End { seq: 0, digest: Digest::genesis(&DocAddress::Registry), at_ms: 0 };
        loop {
            let page = store.read(&DocAddress::Registry, end.seq, PAGE, limits::BATCH_BYTES_MAX)?;
            if page.is_empty() {
                break;
            }
            for (at, sealed) in page {
                let (record, digest) = record::open(&end.digest, &sealed).map_err(|_| RegistryError::Damaged(at))?;
                let event = serde_json::from_slice(&record.update).map_err(|_| RegistryError::Damaged(at))?;
                state.apply(&record.author, event);
                end = End { seq: at, digest, at_ms: record.at_ms };
            }
        }
        let (state, end) = (Arc::new(RwLock::new(state)), Arc::new(Mutex::new(end)));
        Ok(Self { state, end, store, version: watch::Sender::new(0), paces: Paces::default() })
    }

    /// Moves with every change: whoever cached a right asks again when it differs.
    pub fn version(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    fn state(&self) -> RwLockReadGuard<'_, Registered> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whom a token stands for.
    pub fn whoami(&self, token: &SecretDigest) -> Option<api::Whoami> {
        let state = self.state();
        match state.whom(token, now_ms())? {
            Whom::Administrator => Some(api::Whoami::Administrator),
            Whom::Member(conference, member) => state.member(conference, member).cloned().map(api::Whoami::Member),
        }
    }

    /// Reads a conference's entry as `member` of it.
    pub fn conference<T>(&self, member: &people::Member, read: impl FnOnce(&ConferenceEntry) -> T) -> Result<T, RegistryError> {
        self.state().conferences.get(&member.conference).map(read).ok_or(RegistryError::NotFound)
    }

    /// Decides on the present state which events follow, makes them durable, then folds them in. Answers how many.
    async fn change(
        &self,
        by: Author,
        decide: impl FnOnce(&Registered) -> Result<Vec<Event>, RegistryError>,
    ) -> Result<usize, RegistryError> {
        self.change_with(by, Vec::new(), decide).await
    }

    /// The same, kept together with records of other documents: all or none.
    ///
    /// Whoever asks may go away in the middle: what was decided is carried through all the same, or the chain would fork.
    async fn change_with(
        &self,
        by: Author,
        mut parts: Vec<Part>,
        decide: impl FnOnce(&Registered) -> Result<Vec<Event>, RegistryError>,
    ) -> Result<usize, RegistryError> {
        let mut end = self.end.clone().lock_owned().await;
        let events = decide(&self.state())?;
        if events.is_empty() {
            return Ok(0);
        }
        let mut new_end = end.clone();
        let (at, after) = (Moment::after(end.at_ms, now_after(end.at_ms)), end.seq);
        let mut sealed = Vec::with_capacity(events.len());
        for event in &events {
            let update: Bytes = serde_json::to_vec(event).map_err(|error| RegistryError::Invalid(error.to_string()))?.into();
            let record = Provenance::live(by.clone(), event.right()).act(new_end.seq, at, update);
            let (bytes, digest) = record::seal(&new_end.digest, &record);
            new_end = End { seq: new_end.seq + 1, digest, at_ms: at.at_ms };
            sealed.push(bytes);
        }
        let (store, state, version) = (self.store.clone(), self.state.clone(), self.version.clone());
        let carried = tokio::spawn(async move {
            parts.push((DocAddress::Registry, after, sealed));
            store.append_all(parts).await?;
            *end = new_end;
            let count = events.len();
            let mut state = state.write().unwrap_or_else(PoisonError::into_inner);
            events.into_iter().for_each(|event| state.apply(&by, event));
            drop(state);
            version.send_modify(|version| *version += 1);
            Ok(count)
        });
        // It panicked: before the log was written or after it.
        carried.await.unwrap_or_else(|error| Err(StoreError::InDoubt(Arc::new(io::Error::other(error))).into()))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The author of events that no member caused.
#[expect(clippy::expect_used, reason = "both are valid slugs")]
fn administration() -> Author {
    let slug = "administration";
    Author { party: slug.parse().expect("a slug"), member: slug.parse().expect("a slug") }
}

/// Whether who asked still is what it was: a request may have been under way for a while.
fn check_present(state: &Registered, member: &people::Member) -> Result<(), RegistryError> {
    if state.member(&member.conference, &member.member) == Some(member) { Ok(()) } else { Err(RegistryError::NotFound) }
}

fn check_name(what: &str, name: &str) -> Result<(), RegistryError> {
    let max = limits::NAME_BYTES_MAX;
    if name.trim().is_empty() || name.len() > max || name.chars().any(char::is_control) {
        return Err(RegistryError::Invalid(format!("{what} must have 1 to {max} bytes on one line")));
    }
    Ok(())
}

fn check_free(taken: bool, what: &'static str, id: &impl ToString) -> Result<(), RegistryError> {
    if taken { Err(RegistryError::Exists { what, id: id.to_string() }) } else { Ok(()) }
}

fn check_room(count: usize, max: usize, what: &'static str) -> Result<(), RegistryError> {
    if count >= max { Err(RegistryError::Full { what, max }) } else { Ok(()) }
}

fn check_parties<'a>(entry: &ConferenceEntry, parties: impl IntoIterator<Item = &'a PartyId>) -> Result<(), RegistryError> {
    match parties.into_iter().find(|party| !entry.parties.contains_key(*party)) {
        Some(unknown) => Err(RegistryError::Invalid(format!("there is no party {unknown}: add it first"))),
        None => Ok(()),
    }
}
