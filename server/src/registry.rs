//! Conferences, parties, members, invitations, plans and their access: folded from a log of its own, like any document.
//!
//! **Architecture invariant:** nothing is changed here that the log does not hold durably first, and every change moves
//! [`Registry::version`], so that whoever cached a right asks again.

mod state;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use plenary_shared::{
    access::{self, Access, Action, Role},
    api,
    id::{ConferenceId, DocAddress, MemberId, PartyId, PlanId},
    limits,
    record::{self, Author, Digest, Record},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};
use tokio::sync::{Mutex, watch};

use crate::{
    auth::{Secret, SecretDigest},
    now_ms,
    store::{Store, StoreError},
};
pub use state::{ConferenceEntry, PlanEntry, Whom};
use state::{Credential, Event, State};

/// Why the registry did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// What it is about is not there, or not for the one who asked.
    #[error("not found")]
    NotFound,
    /// The one who asked may see it, but not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// An id is taken.
    #[error("{what} {id} exists already: choose another id")]
    Exists {
        /// What kind of thing.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// Something in the request cannot be.
    #[error("{0}")]
    Invalid(String),
    /// The invitation is unknown, used or expired.
    #[error("this invitation is used, expired or unknown: ask the chair for a new one")]
    Invitation,
    /// A limit is reached.
    #[error("there are {max} {what} already, which is the limit")]
    Full {
        /// Of what.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// The log could not be written or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log is not what was written.
    #[error("record {0} of the registry is damaged: restore the data directory from a backup")]
    Damaged(u64),
    /// The operating system has no randomness.
    #[error("the operating system gives no random bytes")]
    Randomness,
}

/// What a credential may do with one document, at one version of the registry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rights {
    /// The member whom the credential stands for.
    pub member: api::Member,
    /// Whether the member may change the document.
    pub write: bool,
}

/// The registry: cheap to read, changed one event at a time.
pub struct Registry {
    state: Arc<RwLock<State>>,
    end: Arc<Mutex<Digest>>,
    store: Arc<dyn Store>,
    version: watch::Sender<u64>,
}

const PAGE: usize = 1_000;

impl Registry {
    /// Folds the registry's log. Blocks.
    pub fn open(store: Arc<dyn Store>) -> Result<Self, RegistryError> {
        let mut state = State::default();
        let (mut seq, mut end) = (0, record::GENESIS);
        loop {
            let page = store.read(&DocAddress::Registry, seq, PAGE, limits::BATCH_BYTES_MAX)?;
            if page.is_empty() {
                break;
            }
            for (at, sealed) in page {
                let (record, digest) = record::open(&end, &sealed).map_err(|_| RegistryError::Damaged(at))?;
                let event = serde_json::from_slice(&record.update).map_err(|_| RegistryError::Damaged(at))?;
                state.apply(event);
                (seq, end) = (at, digest);
            }
        }
        Ok(Self { state: Arc::new(RwLock::new(state)), end: Arc::new(Mutex::new(end)), store, version: watch::Sender::new(0) })
    }

    /// Moves with every change: whoever cached a right asks again when it differs.
    pub fn version(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
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

    /// What a token may do with a document; `None` if it may not even know that the document exists.
    pub fn rights(&self, token: &SecretDigest, address: &DocAddress) -> Option<Rights> {
        let DocAddress::Plan(conference, plan) = address else { return None };
        let state = self.state();
        let Whom::Member(own, member) = state.whom(token, now_ms())? else { return None };
        if own != conference {
            return None;
        }
        let entry = state.conferences.get(conference)?;
        let member = entry.members.get(member)?;
        let granted = entry.plans.get(plan)?.access.get(&member.party).copied();
        access::may(member.role, granted, Action::Read)
            .then(|| Rights { member: member.clone(), write: access::may(member.role, granted, Action::Write) })
    }

    /// Reads a conference's entry as `member` of it.
    pub fn conference<T>(&self, member: &api::Member, read: impl FnOnce(&ConferenceEntry) -> T) -> Result<T, RegistryError> {
        self.state().conferences.get(&member.conference).map(read).ok_or(RegistryError::NotFound)
    }

    /// The invitation for the administering chair, if nobody was ever invited: the first start.
    pub async fn first_invitation(&self) -> Result<Option<String>, RegistryError> {
        let secret = new_secret()?;
        let invitation = secret.digest();
        let expires_ms = now_ms() + millis(limits::INVITATION);
        let invited = self
            .change(administration(), |state| {
                let open = state.invitations.values().any(|invitation| invitation.expires_ms > now_ms());
                let first = state.tokens.is_empty() && !open && state.conferences.is_empty();
                Ok(if first { vec![Event::AdministratorInvited { invitation, expires_ms }] } else { vec![] })
            })
            .await?;
        Ok((invited > 0).then(|| secret.reveal()))
    }

    /// Trades an invitation for a token; good once.
    pub async fn join(&self, invitation: &str) -> Result<api::Joined, RegistryError> {
        let (invitation, secret) = (SecretDigest::of(invitation), new_secret()?);
        let token = secret.digest();
        let expires_ms = now_ms() + millis(limits::TOKEN);
        self.change(administration(), |state| {
            let good = state.invitations.get(&invitation).is_some_and(|Credential { expires_ms, .. }| *expires_ms > now_ms());
            if good { Ok(vec![Event::Joined { invitation, token, expires_ms }]) } else { Err(RegistryError::Invitation) }
        })
        .await?;
        let who = self.whoami(&token).ok_or(RegistryError::Invitation)?;
        Ok(api::Joined { token: Some(secret.reveal()), who, expires_ms })
    }

    /// Opens a conference; answers the invitation for its chair.
    pub async fn open_conference(&self, new: api::NewConference) -> Result<api::Invitation, RegistryError> {
        check_name("the title", &new.title)?;
        check_name("the party's name", &new.party.name)?;
        check_name("the chair's name", &new.chair)?;
        let conference = new.id.clone();
        let chair = NewSeat { party: new.party.id.clone(), role: Role::Chair, name: new.chair, expires: limits::INVITATION };
        let opened = Event::ConferenceOpened { conference: new.id.clone(), title: new.title, party: new.party };
        self.seat(None, conference, Some(opened), chair).await
    }

    /// Admits a party.
    pub async fn add_party(&self, chair: &api::Member, party: api::Party) -> Result<(), RegistryError> {
        check_name("the party's name", &party.name)?;
        let conference = chair.conference.clone();
        self.change(author(chair), |state| {
            check_chair(state, chair)?;
            let entry = state.conferences.get(&conference).ok_or(RegistryError::NotFound)?;
            check_free(entry.parties.contains_key(&party.id), "party", &party.id)?;
            check_room(entry.parties.len(), limits::PARTIES_MAX, "parties")?;
            Ok(vec![Event::PartyAdded { conference: conference.clone(), party }])
        })
        .await?;
        Ok(())
    }

    /// Invites a member into a delegation.
    pub async fn invite(&self, chair: &api::Member, new: api::NewMember) -> Result<api::Invitation, RegistryError> {
        check_name("the member's name", &new.name)?;
        let expires = new.expires_s.map_or(limits::INVITATION, Duration::from_secs);
        if expires.is_zero() || expires > limits::TOKEN {
            return Err(RegistryError::Invalid("an invitation is good for at least a second and at most a year".into()));
        }
        let seat = NewSeat { party: new.party, role: new.role, name: new.name, expires };
        self.seat(Some(chair), chair.conference.clone(), None, seat).await
    }

    /// Gives a seat, in a conference that is there or that `opened` opens with it.
    async fn seat(
        &self,
        chair: Option<&api::Member>,
        conference: ConferenceId,
        opened: Option<Event>,
        seat: NewSeat,
    ) -> Result<api::Invitation, RegistryError> {
        let secret = new_secret()?;
        let invitation = secret.digest();
        let expires_ms = now_ms() + millis(seat.expires);
        let mut seated = None;
        self.change(chair.map_or_else(administration, author), |state| {
            let mut fresh = State::default();
            let state = match &opened {
                Some(opened) => {
                    check_free(state.conferences.contains_key(&conference), "conference", &conference)?;
                    check_room(state.conferences.len(), limits::CONFERENCES_MAX, "conferences")?;
                    fresh.apply(opened.clone());
                    &fresh
                }
                None => state,
            };
            chair.map_or(Ok(()), |chair| check_chair(state, chair))?;
            let entry = state.conferences.get(&conference).ok_or(RegistryError::NotFound)?;
            if !entry.parties.contains_key(&seat.party) {
                return Err(RegistryError::Invalid(format!("there is no party {}: add it first", seat.party)));
            }
            check_room(entry.members.len(), limits::MEMBERS_MAX, "members")?;
            let id = state.next_member(&conference, &seat.party);
            let id = id.ok_or_else(|| RegistryError::Invalid("the party's id is too long to number its members".into()))?;
            let NewSeat { party, role, name, .. } = seat;
            let member = api::Member { conference: conference.clone(), party, member: id, role, name };
            seated = Some(member.clone());
            Ok(opened.into_iter().chain([Event::MemberInvited { member, invitation, expires_ms }]).collect())
        })
        .await?;
        let member = seated.ok_or(RegistryError::NotFound)?;
        Ok(api::Invitation { invitation: secret.reveal(), member, expires_ms })
    }

    /// Revokes a member: invitation, tokens and sessions end.
    pub async fn revoke(&self, chair: &api::Member, member: MemberId) -> Result<(), RegistryError> {
        let conference = chair.conference.clone();
        self.change(author(chair), |state| {
            check_chair(state, chair)?;
            let gone = state.member(&conference, &member).ok_or(RegistryError::NotFound)?;
            if gone.role == Role::Chair && !state.has_other_chair(&conference, &member) {
                return Err(RegistryError::Forbidden("this is the only chair: invite another before you revoke this one"));
            }
            Ok(vec![Event::MemberRevoked { conference: conference.clone(), member }])
        })
        .await?;
        Ok(())
    }

    /// Enters a plan. Its text is a document of its own.
    pub async fn create_plan(
        &self,
        chair: &api::Member,
        plan: PlanId,
        title: String,
        access: BTreeMap<PartyId, Access>,
    ) -> Result<(), RegistryError> {
        check_name("the title", &title)?;
        let conference = chair.conference.clone();
        self.change(author(chair), |state| {
            check_chair(state, chair)?;
            let entry = state.conferences.get(&conference).ok_or(RegistryError::NotFound)?;
            check_free(entry.plans.contains_key(&plan), "plan", &plan)?;
            check_room(entry.plans.len(), limits::PLANS_MAX, "plans")?;
            check_parties(entry, &access)?;
            Ok(vec![Event::PlanCreated { conference: conference.clone(), plan, title, access }])
        })
        .await?;
        Ok(())
    }

    /// Says anew what each party may do with a plan.
    pub async fn set_access(
        &self,
        chair: &api::Member,
        plan: PlanId,
        access: BTreeMap<PartyId, Access>,
    ) -> Result<(), RegistryError> {
        let conference = chair.conference.clone();
        self.change(author(chair), |state| {
            check_chair(state, chair)?;
            let entry = state.conferences.get(&conference).ok_or(RegistryError::NotFound)?;
            let old = entry.plans.get(&plan).ok_or(RegistryError::NotFound)?;
            check_parties(entry, &access)?;
            let changed = old.access != access;
            let event = Event::AccessChanged { conference: conference.clone(), plan, access };
            Ok(if changed { vec![event] } else { vec![] })
        })
        .await?;
        Ok(())
    }

    /// Decides on the present state which events follow, makes them durable, then folds them in. Answers how many.
    ///
    /// Whoever asks may go away in the middle: what was decided is carried through all the same, or the chain would fork.
    async fn change(
        &self,
        by: Author,
        decide: impl FnOnce(&State) -> Result<Vec<Event>, RegistryError>,
    ) -> Result<usize, RegistryError> {
        let mut end = self.end.clone().lock_owned().await;
        let events = decide(&self.state())?;
        if events.is_empty() {
            return Ok(0);
        }
        let mut new_end = *end;
        let mut sealed = Vec::with_capacity(events.len());
        for event in &events {
            let update: Bytes = serde_json::to_vec(event).map_err(|error| RegistryError::Invalid(error.to_string()))?.into();
            let (bytes, digest) = record::seal(&new_end, &Record { at_ms: now_ms(), author: by.clone(), update });
            new_end = digest;
            sealed.push(bytes);
        }
        let (store, state, version) = (self.store.clone(), self.state.clone(), self.version.clone());
        let carried = tokio::spawn(async move {
            store.append(&DocAddress::Registry, sealed).await?;
            *end = new_end;
            let count = events.len();
            let mut state = state.write().unwrap_or_else(PoisonError::into_inner);
            events.into_iter().for_each(|event| state.apply(event));
            drop(state);
            version.send_modify(|version| *version += 1);
            Ok(count)
        });
        carried.await.unwrap_or(Err(RegistryError::Store(StoreError::Closed)))
    }
}

struct NewSeat {
    party: PartyId,
    role: Role,
    name: String,
    expires: Duration,
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

fn author(member: &api::Member) -> Author {
    Author { party: member.party.clone(), member: member.member.clone() }
}

/// Whether the chair who asked still is one: a request may have been under way for a while.
fn check_chair(state: &State, chair: &api::Member) -> Result<(), RegistryError> {
    if state.member(&chair.conference, &chair.member) == Some(chair) { Ok(()) } else { Err(RegistryError::NotFound) }
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

fn check_parties(entry: &ConferenceEntry, access: &BTreeMap<PartyId, Access>) -> Result<(), RegistryError> {
    match access.keys().find(|party| !entry.parties.contains_key(*party)) {
        Some(unknown) => Err(RegistryError::Invalid(format!("there is no party {unknown}: add it first"))),
        None => Ok(()),
    }
}
