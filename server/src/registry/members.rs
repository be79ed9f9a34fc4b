//! Who is at the table: the administering chair, conferences and their parties, invitations, seats.

use plenary_shared::{
    access::Role,
    id::{ConferenceId, MemberId, PartyId},
    limits, people,
    wire::api,
};
use std::time::Duration;

use super::{
    Registry, RegistryError, administration, check_free, check_name, check_present, check_room, millis,
    state::{Credential, Event, Registered},
};
use crate::{
    auth::{Secret, SecretDigest},
    clock::now_ms,
};

impl Registry {
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
        let opened = Event::ConferenceOpened { conference: new.id.clone(), title: new.title, party: new.party.into() };
        self.seat(None, conference, Some(opened), chair).await
    }

    /// Admits a party.
    pub async fn add_party(&self, chair: &people::Member, party: people::Party) -> Result<(), RegistryError> {
        check_name("the party's name", &party.name)?;
        let conference = chair.conference.clone();
        self.change(chair.author(), |state| {
            check_present(state, chair)?;
            let entry = state.conferences.get(&conference).ok_or(RegistryError::NotFound)?;
            check_free(entry.parties.contains_key(&party.id), "party", &party.id)?;
            check_room(entry.parties.len(), limits::PARTIES_MAX, "parties")?;
            Ok(vec![Event::PartyAdded { conference: conference.clone(), party: party.into() }])
        })
        .await?;
        Ok(())
    }

    /// Invites a member into a delegation.
    pub async fn invite(&self, chair: &people::Member, new: api::NewMember) -> Result<api::Invitation, RegistryError> {
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
        chair: Option<&people::Member>,
        conference: ConferenceId,
        opened: Option<Event>,
        seat: NewSeat,
    ) -> Result<api::Invitation, RegistryError> {
        let secret = new_secret()?;
        let invitation = secret.digest();
        let expires_ms = now_ms() + millis(seat.expires);
        let mut seated = None;
        let by = chair.map_or_else(administration, people::Member::author);
        self.change(by.clone(), |state| {
            let mut fresh = Registered::default();
            let state = match &opened {
                Some(opened) => {
                    let taken = state.conferences.contains_key(&conference) || state.forgotten.contains(&conference);
                    check_free(taken, "conference", &conference)?;
                    check_room(state.conferences.len(), limits::CONFERENCES_MAX, "conferences")?;
                    fresh.apply(&by, opened.clone());
                    &fresh
                }
                None => state,
            };
            chair.map_or(Ok(()), |chair| check_present(state, chair))?;
            let entry = state.conferences.get(&conference).ok_or(RegistryError::NotFound)?;
            if !entry.parties.contains_key(&seat.party) {
                return Err(RegistryError::Invalid(format!("there is no party {}: add it first", seat.party)));
            }
            check_room(entry.members.len(), limits::MEMBERS_MAX, "members")?;
            let id = state.next_member(&conference, &seat.party);
            let id = id.ok_or_else(|| RegistryError::Invalid("the party's id is too long to number its members".into()))?;
            let NewSeat { party, role, name, .. } = seat;
            let member = people::Member { conference: conference.clone(), party, member: id, role, name };
            seated = Some(member.clone());
            Ok(opened.into_iter().chain([Event::MemberInvited { member: member.into(), invitation, expires_ms }]).collect())
        })
        .await?;
        let member = seated.ok_or(RegistryError::NotFound)?;
        Ok(api::Invitation { invitation: secret.reveal(), member, expires_ms })
    }

    /// Revokes a member: invitation, tokens and sessions end.
    pub async fn revoke(&self, chair: &people::Member, member: MemberId) -> Result<(), RegistryError> {
        let conference = chair.conference.clone();
        self.change(chair.author(), |state| {
            check_present(state, chair)?;
            let gone = state.member(&conference, &member).ok_or(RegistryError::NotFound)?;
            if gone.role == Role::Chair && !state.has_other_chair(&conference, &member) {
                return Err(RegistryError::Forbidden("this is the only chair: invite another before you revoke this one"));
            }
            Ok(vec![Event::MemberRevoked { conference: conference.clone(), member }])
        })
        .await?;
        Ok(())
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
