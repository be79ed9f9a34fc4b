//! Who is at the table: conferences and their parties, and the seats of delegations, which each gives by itself.
//!
//! **Architecture invariant:** nobody sits in a delegation whom it did not admit. The chair makes a party's first head and no other seat in
//! it; what the chair asks for counts for nothing until a head grants it.

use plenary_shared::{
    access::{self, Role},
    id::{ConferenceId, MemberId, PartyId},
    limits,
    people::{self, Author},
    seats,
    wire::api,
};
use std::time::Duration;

use super::{
    ConferenceEntry, Registry, RegistryError, administration, check_free, check_parties, check_present, check_room,
    event::Event,
    millis,
    names::{check_apart, check_name},
    new_secret,
    seats::{Seat, Standing},
    state::Registered,
};
use crate::clock::now_ms;

/// Why only heads and chairs do something.
const HEADS: &str = "only the party's own heads admit, change and end its people: ask them";
/// Why a party's last head stays.
const LAST_HEAD: &str = "this is the party's only head who has joined: have another head join first";
/// Why a head makes no chair.
const NO_CHAIR: &str = "only a chair makes a chair";
/// Why the chair makes none elsewhere.
const CHAIRS: &str = "a chair is of the chair's own party";
/// Why the chair gives no other seat at first.
const FIRST: &str = "this party has no head yet: give it one, with the role head, who admits the others";
/// The same of a conference's last chair.
const LAST_CHAIR: &str = "this is the only chair who has joined: have another join first";

impl Registry {
    /// Opens a conference; answers the invitation for its chair.
    pub async fn open_conference(&self, new: api::NewConference) -> Result<api::Invitation, RegistryError> {
        check_name("the title", &new.title)?;
        check_name("the party's name", &new.party.name)?;
        check_name("the chair's name", &new.chair)?;
        check_free(new.party.id.as_str() == people::ENGINE, "party", &new.party.id)?;
        let conference = new.id.clone();
        let chair = NewSeat {
            party: new.party.id.clone(),
            role: Role::Chair,
            name: new.chair,
            expires: limits::INVITATION,
            puts_in: false,
        };
        let opened = Event::ConferenceOpened { conference: new.id.clone(), title: new.title, party: new.party.into() };
        self.give(None, conference, Some(opened), chair).await
    }

    /// Admits a party.
    pub async fn add_party(&self, chair: &people::Member, party: people::Party) -> Result<(), RegistryError> {
        check_name("the party's name", &party.name)?;
        let conference = chair.conference.clone();
        self.change(chair.author(), |state| {
            check_present(state, chair)?;
            let entry = state.conferences.get(&conference).ok_or(RegistryError::NotFound)?;
            check_free(entry.parties.contains_key(&party.id) || party.id.as_str() == people::ENGINE, "party", &party.id)?;
            check_room(entry.parties.len(), limits::PARTIES_MAX, "parties")?;
            check_apart(&party, entry.parties.iter().map(|(id, name)| (id.as_str(), name.as_str())))?;
            Ok(vec![Event::PartyAdded { conference: conference.clone(), party: party.into() }])
        })
        .await?;
        Ok(())
    }

    /// Changes a party's name, or whether it takes part.
    pub async fn change_party(
        &self,
        chair: &people::Member,
        party: PartyId,
        to: api::PartyChange,
    ) -> Result<people::Party, RegistryError> {
        to.name.as_ref().map_or(Ok(()), |name| check_name("the party's name", name))?;
        let conference = chair.conference.clone();
        let mut changed = None;
        self.change(chair.author(), |state| {
            check_present(state, chair)?;
            let entry = self::conference(state, &conference)?;
            let old = entry.parties.get(&party).ok_or(RegistryError::NotFound)?;
            let name = to.name.filter(|name| name != old);
            if let Some(name) = &name {
                let new = people::Party { id: party.clone(), name: name.clone() };
                let others = entry.parties.iter().filter(|(id, _)| **id != party);
                check_apart(&new, others.map(|(id, name)| (id.as_str(), name.as_str())))?;
            }
            let closed = to.closed.filter(|closed| *closed != entry.closed.contains(&party));
            if closed == Some(true) {
                check_done(chair, entry, &party)?;
            }
            changed = Some(people::Party { id: party.clone(), name: name.clone().unwrap_or_else(|| old.clone()) });
            let event = Event::PartyChanged { conference: conference.clone(), party: party.clone(), name, closed };
            Ok(if matches!(event, Event::PartyChanged { name: None, closed: None, .. }) { vec![] } else { vec![event] })
        })
        .await?;
        changed.ok_or(RegistryError::NotFound)
    }

    /// Gives a seat in a delegation; or asks its heads for one, as the chair does of a party that has heads of its own.
    pub async fn invite(&self, by: &people::Member, new: api::NewMember) -> Result<api::Invitation, RegistryError> {
        check_name("the member's name", &new.name)?;
        let seat = NewSeat { party: new.party, role: new.role, name: new.name, expires: expiry(new.expires_s)?, puts_in: false };
        self.give(Some(by), by.conference.clone(), None, seat).await
    }

    /// Gives a seat, in a conference that is there or that `opened` opens with it.
    pub(super) async fn give(
        &self,
        by: Option<&people::Member>,
        conference: ConferenceId,
        opened: Option<Event>,
        seat: NewSeat,
    ) -> Result<api::Invitation, RegistryError> {
        let secret = new_secret()?;
        let expires_ms = now_ms() + millis(seat.expires);
        let mut given = None;
        let author = by.map_or_else(administration, people::Member::author);
        self.change(author.clone(), |state| {
            let fresh = opened.as_ref().map(|opened| begin(state, &conference, &author, opened)).transpose()?;
            let state = fresh.as_ref().unwrap_or(state);
            by.map_or(Ok(()), |by| check_present(state, by))?;
            let entry = self::conference(state, &conference)?;
            let way = seat.way(state, entry, by)?;
            let member = seat.member(state, &conference, by)?;
            given = Some((member.clone(), way));
            let (member, invitation, replaces) = (member.into(), secret.digest(), seat.puts_in);
            let (asked, from_ms) = (way == Way::Ask, if let Way::From(from_ms) = way { Some(from_ms) } else { None });
            let expires_ms = expires_ms + from_ms.map_or(0, |from_ms| from_ms.saturating_sub(now_ms()));
            let event = Event::MemberInvited { member, invitation, expires_ms, from_ms, asked, replaces };
            Ok(opened.into_iter().chain([event]).collect())
        })
        .await?;
        let (member, way) = given.ok_or(RegistryError::NotFound)?;
        let from_ms = if let Way::From(from_ms) = way { Some(from_ms) } else { None };
        Ok(api::Invitation { invitation: secret.reveal(), member, asked: way == Way::Ask, from_ms, expires_ms })
    }

    /// Grants a seat that the chair asked for. What the chair's invitation gave is void from here on.
    pub async fn grant(&self, head: &people::Member, member: MemberId) -> Result<api::Invitation, RegistryError> {
        let (secret, conference) = (new_secret()?, head.conference.clone());
        let expires_ms = now_ms() + millis(limits::INVITATION);
        let mut granted = None;
        self.change(head.author(), |state| {
            check_present(state, head)?;
            let seat = own_seat(state, head, &member)?;
            if seat.standing != Standing::Asked {
                return Err(RegistryError::Invalid(format!("nobody asked for the seat {member}: it was given already")));
            }
            granted = Some(people::Member { generation: head.generation, ..seat.member.clone() });
            Ok(vec![Event::SeatGranted { conference, member, invitation: secret.digest(), expires_ms }])
        })
        .await?;
        let member = granted.ok_or(RegistryError::NotFound)?;
        Ok(api::Invitation { invitation: secret.reveal(), member, asked: false, from_ms: None, expires_ms })
    }

    /// Changes what a member of one's own party is, or how it is called.
    pub async fn change_member(
        &self,
        by: &people::Member,
        member: MemberId,
        to: api::MemberChange,
    ) -> Result<people::Member, RegistryError> {
        to.name.as_ref().map_or(Ok(()), |name| check_name("the member's name", name))?;
        let (conference, mut changed) = (by.conference.clone(), None);
        self.change(by.author(), |state| {
            check_present(state, by)?;
            let old = &own_seat(state, by, &member)?.member;
            let (role, name) = (to.role.unwrap_or(old.role), to.name.unwrap_or_else(|| old.name.clone()));
            if !access::admits(by.role, role) {
                return Err(RegistryError::Forbidden(NO_CHAIR));
            }
            if role != old.role {
                check_not_last(state, old)?;
            }
            changed = Some(people::Member { role, name: name.clone(), ..old.clone() });
            let is_new = changed.as_ref() != Some(old);
            Ok(if is_new { vec![Event::MemberChanged { conference, member, role, name }] } else { vec![] })
        })
        .await?;
        changed.ok_or(RegistryError::NotFound)
    }

    /// Ends a seat: invitation, tokens and sessions. Heads and chairs do so in their own party, each member with its own seat, and the
    /// chair with what it made in a party and nobody took.
    pub async fn revoke(&self, by: &people::Member, member: MemberId) -> Result<(), RegistryError> {
        let conference = by.conference.clone();
        self.change(by.author(), |state| {
            check_present(state, by)?;
            let entry = self::conference(state, &conference)?;
            let seat = entry.seats.get(&member).filter(|seat| seat.standing != Standing::Ended).ok_or(RegistryError::NotFound)?;
            if by.member != member && !(by.role == Role::Chair && is_only_made(seat)) {
                own_seat(state, by, &member)?;
            }
            check_not_last(state, &seat.member)?;
            Ok(vec![Event::MemberRevoked { conference, member }])
        })
        .await?;
        Ok(())
    }

    /// Every seat that the member's party ever had, for its members.
    pub fn seats(&self, member: &people::Member) -> Result<api::Seats, RegistryError> {
        let state = self.state();
        check_present(&state, member)?;
        let entry = conference(&state, &member.conference)?;
        let delegation = entry.delegations.get(&member.party);
        let acts = delegation.map(|delegation| delegation.acts.clone()).unwrap_or_default();
        Ok(api::Seats { seats: seats::listed(&acts), acts })
    }
}

/// Refuses to close a party that a plan still gives something, and the chair's own.
fn check_done(chair: &people::Member, entry: &ConferenceEntry, party: &PartyId) -> Result<(), RegistryError> {
    if chair.party == *party {
        return Err(RegistryError::Invalid("the chair's own party takes part as long as the conference does".into()));
    }
    let on: Vec<&str> =
        entry.plans.iter().filter(|(_, plan)| plan.access.contains_key(party)).map(|(id, _)| id.as_str()).collect();
    if on.is_empty() {
        return Ok(());
    }
    let listed = on.iter().take(20).copied().collect::<Vec<_>>().join(", ");
    Err(RegistryError::Invalid(format!(
        "{party} is on the lists of {listed}: take it off them first, so that all who read them are told"
    )))
}

/// A seat that is to be given.
pub(super) struct NewSeat {
    /// The party.
    pub party: PartyId,
    /// What its member is to be.
    pub role: Role,
    /// The name that others see.
    pub name: String,
    /// How long the invitation is good.
    pub expires: Duration,
    /// The chair puts in a head, the party having lost all it had.
    pub puts_in: bool,
}

/// How a seat is given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// At once.
    Give,
    /// At once, by an invitation that is good from then on, in milliseconds since 1970-01-01 UTC.
    From(u64),
    /// A head of the party has yet to grant it.
    Ask,
}

impl NewSeat {
    /// How somebody may give it; `None` gives a conference's first.
    fn way(&self, state: &Registered, entry: &ConferenceEntry, by: Option<&people::Member>) -> Result<Way, RegistryError> {
        let Some(by) = by else { return Ok(Way::Give) };
        let delegation = entry.delegations.get(&self.party);
        let is_its_own = delegation.is_some_and(|delegation| delegation.is_its_own);
        match (by.party == self.party, by.role, self.role) {
            (true, by, role) if !self.puts_in && access::admits(by, role) => Ok(Way::Give),
            (true, Role::Head, _) => Err(RegistryError::Forbidden(NO_CHAIR)),
            (true, ..) => Err(RegistryError::Forbidden(HEADS)),
            (false, Role::Chair, Role::Chair) => Err(RegistryError::Forbidden(CHAIRS)),
            (false, Role::Chair, _) if self.puts_in && is_its_own => {
                let heads = entry.members().filter(|member| member.party == self.party && member.role == Role::Head);
                let now = now_ms();
                let is_somebody_there = heads.into_iter().any(|head| state.credentials.admit(&head.into(), now));
                Ok(if is_somebody_there { Way::From(now + millis(limits::HEAD_PUT_IN)) } else { Way::Give })
            }
            (false, Role::Chair, _) if self.puts_in => Err(RegistryError::Forbidden(FIRST)),
            (false, Role::Chair, _) if is_its_own => Ok(Way::Ask),
            (false, Role::Chair, Role::Head) => Ok(Way::Give),
            (false, Role::Chair, _) => Err(RegistryError::Forbidden(FIRST)),
            (false, ..) => Err(RegistryError::Forbidden(HEADS)),
        }
    }

    /// Its member, if there is room for one more.
    fn member(
        &self,
        state: &Registered,
        conference: &ConferenceId,
        by: Option<&people::Member>,
    ) -> Result<people::Member, RegistryError> {
        let Self { party, role, name, .. } = self;
        let entry = self::conference(state, conference)?;
        check_parties(entry, [party])?;
        let own = entry.members().filter(|member| member.party == *party).count();
        check_room(own, limits::MEMBERS_MAX, "members of this party")?;
        let given = entry.delegations.get(party).map_or(0, |delegation| delegation.given);
        check_room(given as usize, limits::SEATS_MAX as usize, "seats that this party ever had")?;
        if by.is_some_and(|by| by.party != *party) {
            let made = entry.seats.values().filter(|seat| seat.member.party == *party && is_only_made(seat));
            check_room(made.count(), limits::SEATS_ASKED_MAX, "seats that the chair made or asked for in this party")?;
        }
        let id = state.next_member(conference, party);
        let member = id.ok_or_else(|| RegistryError::Invalid("the party's id is too long to number its members".into()))?;
        let generation = by.filter(|by| by.party == *party).map(|by| by.generation).unwrap_or_default();
        Ok(people::Member {
            conference: conference.clone(),
            party: party.clone(),
            member,
            role: *role,
            name: name.clone(),
            generation,
        })
    }
}

/// Whether the chair made a seat, or asked for it, and it is nobody's yet.
fn is_only_made(seat: &Seat) -> bool {
    seat.is_from_outside && (seat.standing == Standing::Asked || seat.standing == Standing::Held && seat.taken_ms.is_none())
}

/// A conference that is opened, if there is room for one more.
fn begin(state: &Registered, conference: &ConferenceId, by: &Author, opened: &Event) -> Result<Registered, RegistryError> {
    let taken = state.conferences.contains_key(conference) || state.forgotten.contains(conference);
    check_free(taken, "conference", conference)?;
    check_room(state.conferences.len(), limits::CONFERENCES_MAX, "conferences")?;
    let mut fresh = Registered::default();
    fresh.apply(by, 0, opened.clone());
    Ok(fresh)
}

fn conference<'a>(state: &'a Registered, conference: &ConferenceId) -> Result<&'a ConferenceEntry, RegistryError> {
    state.conferences.get(conference).ok_or(RegistryError::NotFound)
}

/// A seat of the party's own that somebody gives, changes and ends.
fn own_seat<'a>(state: &'a Registered, by: &people::Member, member: &MemberId) -> Result<&'a Seat, RegistryError> {
    let seat = conference(state, &by.conference)?.seats.get(member);
    let seat = seat.filter(|seat| seat.standing != Standing::Ended).ok_or(RegistryError::NotFound)?;
    let is_own = seat.member.party == by.party && access::admits(by.role, seat.member.role);
    if is_own { Ok(seat) } else { Err(RegistryError::Forbidden(HEADS)) }
}

/// A party keeps a head, and a conference a chair, as soon as it had one.
fn check_not_last(state: &Registered, member: &people::Member) -> Result<(), RegistryError> {
    let why = match member.role {
        Role::Head => LAST_HEAD,
        Role::Chair => LAST_CHAIR,
        Role::Delegate | Role::Adviser | Role::Observer => return Ok(()),
    };
    let now = now_ms();
    let has_joined = state.credentials.admit(&member.into(), now);
    // Those of the chair's party are headed by the chair.
    let is_chairs = |other: &people::Member| other.party == member.party && other.role == Role::Chair;
    let is_headed = member.role == Role::Head && conference(state, &member.conference)?.members().any(is_chairs);
    let is_last = has_joined && !is_headed && !state.has_other(member, member.role, now);
    if is_last { Err(RegistryError::Forbidden(why)) } else { Ok(()) }
}

/// How long an invitation is good.
pub(super) fn expiry(seconds: Option<u64>) -> Result<Duration, RegistryError> {
    let expires = seconds.map_or(limits::INVITATION, Duration::from_secs);
    if expires.is_zero() || expires > limits::TOKEN {
        return Err(RegistryError::Invalid("an invitation is good for at least a second and at most a year".into()));
    }
    Ok(expires)
}
