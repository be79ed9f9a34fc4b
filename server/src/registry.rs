//! Conferences, parties, members, invitations, plans, their access and their layers: folded from a log of its own, like any
//! document. What is asked of it stands by subject in the files below.
//!
//! **Architecture invariant:** nothing is changed here that the log does not hold durably first, and every change moves
//! [`Registry::version`], so that whoever cached a right asks again.

mod acts;
mod beside;
mod credentials;
mod devices;
mod error;
mod event;
mod forget;
mod layers;
mod members;
mod names;
mod pace;
mod plans;
mod replace;
mod rights;
mod seating;
mod seats;
mod shares;
mod state;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use plenary_shared::{
    id::{DocAddress, PartyId},
    limits,
    log::record::{self, Digest, Moment, Provenance, Record, Right},
    people::{self, Author},
    wire::api,
};
use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};
use tokio::sync::{Mutex, watch};

use crate::{
    auth::{Secret, SecretDigest},
    clock::{now_after, now_ms},
    store::{Part, Seq, Store, StoreError},
};
use beside::Beside;
pub use error::RegistryError;
use event::Event;
pub use forget::without;
use pace::Paces;
pub use seats::Standing;
use state::Registered;
pub use state::{ConferenceEntry, PlanEntry, can_consent};

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
    ends: Arc<Mutex<Ends>>,
    store: Arc<dyn Store>,
    version: watch::Sender<u64>,
    paces: Paces,
}

/// Where the registry's log ends, and those of the parties' seats.
#[derive(Clone)]
struct Ends {
    registry: End,
    seats: HashMap<DocAddress, End>,
}

/// Where a log ends.
#[derive(Clone)]
struct End {
    seq: Seq,
    digest: Digest,
    at_ms: u64,
}

impl End {
    /// That of a log without a record.
    fn of_none(doc: &DocAddress) -> Self {
        Self { seq: 0, digest: Digest::genesis(doc), at_ms: 0 }
    }

    /// Seals an act to stand behind it, and goes on to there.
    fn seal(&mut self, by: Provenance, at: Moment, told: Bytes) -> Bytes {
        let (bytes, digest) = record::seal(&self.digest, &by.act(self.seq, at, told));
        *self = Self { seq: self.seq + 1, digest, at_ms: at.at_ms };
        bytes
    }
}

const PAGE: usize = 1_000;

impl Registry {
    /// Folds the registry's log. Blocks.
    pub fn open(store: Arc<dyn Store>) -> Result<Self, RegistryError> {
        let mut state = Registered::default();
        let registry = follow(&*store, &DocAddress::Registry, |at, record| {
            let event = serde_json::from_slice(&record.update).map_err(|_| RegistryError::Damaged(at))?;
            state.apply(&record.author, record.at_ms, event);
            Ok(())
        })?;
        let mut seats = HashMap::new();
        for (conference, entry) in &state.conferences {
            for party in entry.delegations.keys() {
                let doc = DocAddress::Seats(conference.clone(), party.clone());
                let end = follow(&*store, &doc, |_, _| Ok(()))?;
                seats.insert(doc, end);
            }
        }
        let (state, ends) = (Arc::new(RwLock::new(state)), Arc::new(Mutex::new(Ends { registry, seats })));
        Ok(Self { state, ends, store, version: watch::Sender::new(0), paces: Paces::default() })
    }

    /// Moves with every change: whoever cached a right asks again when it differs.
    pub fn version(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    fn state(&self) -> RwLockReadGuard<'_, Registered> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many parties there are, those of all conferences.
    pub fn parties(&self) -> usize {
        self.state().conferences.values().map(|entry| entry.parties.len()).sum()
    }

    /// Whom a token stands for.
    pub fn whoami(&self, token: &SecretDigest) -> Option<api::Whoami> {
        let state = self.state();
        state.who(state.credentials.whom(token, now_ms())?)
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
        self.change_with(by, Beside::default(), decide).await
    }

    /// The same, kept together with records of other documents: all or none.
    ///
    /// Whoever asks may go away in the middle: what was decided is carried through all the same, or the chain would fork.
    async fn change_with(
        &self,
        by: Author,
        beside: Beside,
        decide: impl FnOnce(&Registered) -> Result<Vec<Event>, RegistryError>,
    ) -> Result<usize, RegistryError> {
        let mut ends = self.ends.clone().lock_owned().await;
        let last_ms = ends.registry.at_ms;
        let at = Moment::after(last_ms, now_after(last_ms));
        let (events, (new_ends, written)) = {
            let state = self.state();
            let events = decide(&state)?;
            if events.is_empty() {
                return Ok(0);
            }
            let sealed = seal(&state, &ends, &by, at, &events)?;
            (events, sealed)
        };
        let (store, state, version) = (self.store.clone(), self.state.clone(), self.version.clone());
        let carried = tokio::spawn(async move {
            let (mut parts, acting) = beside.begin();
            parts.extend(written);
            let lasts = match store.append_all(parts).await {
                Ok(lasts) => lasts,
                Err(error) => {
                    acting.into_iter().for_each(|acting| acting.lost(&error));
                    return Err(error.into());
                }
            };
            ends.registry = new_ends.registry;
            ends.seats.extend(new_ends.seats);
            let count = events.len();
            {
                let mut state = state.write().unwrap_or_else(PoisonError::into_inner);
                events.into_iter().for_each(|event| state.apply(&by, at.at_ms, event));
            }
            version.send_modify(|version| *version += 1);
            drop(ends);
            if let (Some(acting), Some(last)) = (acting, lasts.first()) {
                acting.kept(*last).await;
            }
            Ok(count)
        });
        // It panicked: before the log was written or after it.
        carried.await.unwrap_or_else(|error| Err(StoreError::InDoubt(Arc::new(io::Error::other(error))).into()))
    }
}

/// Reads a log to its end.
fn follow(
    store: &dyn Store,
    doc: &DocAddress,
    mut each: impl FnMut(Seq, Record) -> Result<(), RegistryError>,
) -> Result<End, RegistryError> {
    let mut end = End::of_none(doc);
    loop {
        let page = store.read(doc, end.seq, PAGE, limits::BATCH_BYTES_MAX)?;
        if page.is_empty() {
            return Ok(end);
        }
        for (seq, sealed) in page {
            let (record, digest) = record::open(&end.digest, &sealed).map_err(|_| RegistryError::Damaged(seq))?;
            end = End { seq, digest, at_ms: record.at_ms };
            each(seq, record)?;
        }
    }
}

/// The records of events, and of what they add to logs of seats; and where these end then. A log of seats that was begun later than its
/// party, or by an earlier version of the program not at all, is told first what it lacks.
fn seal(state: &Registered, ends: &Ends, by: &Author, at: Moment, events: &[Event]) -> Result<(Ends, Vec<Part>), RegistryError> {
    let json = |told: Result<Vec<u8>, serde_json::Error>| {
        told.map(Bytes::from).map_err(|error| RegistryError::Invalid(error.to_string()))
    };
    let mut new = Ends { registry: ends.registry.clone(), seats: HashMap::new() };
    let mut written: BTreeMap<DocAddress, (Seq, Vec<Bytes>)> = BTreeMap::new();
    for event in events {
        let acts = state.told(by, at.at_ms, event);
        let is_own = !acts.is_empty() && acts.iter().all(|(_, party, _)| *party == by.party);
        let right = if is_own { Right::Layer } else { event.right() };
        let told = json(serde_json::to_vec(event))?;
        let sealed = new.registry.seal(Provenance::live(by.clone(), right), at, told);
        written.entry(DocAddress::Registry).or_insert((ends.registry.seq, Vec::new())).1.push(sealed);
        for (conference, party, act) in acts {
            let known = state.conferences.get(&conference).and_then(|entry| entry.delegations.get(&party));
            let doc = DocAddress::Seats(conference, party.clone());
            let end = || ends.seats.get(&doc).cloned().unwrap_or_else(|| End::of_none(&doc));
            let end = new.seats.entry(doc.clone()).or_insert_with(end);
            let part = written.entry(doc).or_insert((end.seq, Vec::new()));
            let held = usize::try_from(end.seq).unwrap_or(usize::MAX);
            let lacking = known.and_then(|known| known.acts.get(held..)).unwrap_or_default();
            for act in lacking.iter().chain([&act]) {
                let right = if act.by.party == party { Right::Layer } else { Right::Chair };
                let told = json(serde_json::to_vec(act))?;
                part.1.push(end.seal(Provenance::live(act.by.clone(), right), Moment { at_ms: act.at_ms, ..at }, told));
            }
        }
    }
    let written = written.into_iter().map(|(doc, (after, sealed))| (doc, after, sealed)).collect();
    Ok((new, written))
}

fn new_secret() -> Result<Secret, RegistryError> {
    Secret::generate().map_err(|_| RegistryError::Randomness)
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

fn check_free(taken: bool, what: &'static str, id: &impl ToString) -> Result<(), RegistryError> {
    if taken { Err(RegistryError::Exists { what, id: id.to_string() }) } else { Ok(()) }
}

fn check_room(count: usize, max: usize, what: &'static str) -> Result<(), RegistryError> {
    if count >= max { Err(RegistryError::Full { what, max }) } else { Ok(()) }
}

fn check_parties<'a>(entry: &ConferenceEntry, parties: impl IntoIterator<Item = &'a PartyId>) -> Result<(), RegistryError> {
    for party in parties {
        if !entry.parties.contains_key(party) {
            return Err(RegistryError::Invalid(format!("there is no party {party}: add it first")));
        }
        if entry.closed.contains(party) {
            return Err(RegistryError::Invalid(format!("{party} takes part no more: reopen it first")));
        }
    }
    Ok(())
}
