//! A party that lost all its heads: the chair puts in a new one, all parties are told, and what the party kept to itself before stays
//! closed to those who came later until somebody who was there agrees.

use plenary_shared::{access::Role, id::PartyId, people, wire::api};

use super::{
    Registry, RegistryError, check_present,
    event::Event,
    members::{NewSeat, expiry},
    names::check_name,
};

impl Registry {
    /// Puts a head into another party that has lost all it had. As long as one of them can still come back, the invitation is good only
    /// after a time in which that one may end it.
    pub async fn put_in_head(
        &self,
        chair: &people::Member,
        party: PartyId,
        new: api::NewHead,
    ) -> Result<api::Invitation, RegistryError> {
        check_name("the head's name", &new.name)?;
        let seat = NewSeat { party, role: Role::Head, name: new.name, expires: expiry(new.expires_s)?, puts_in: true };
        self.give(Some(chair), chair.conference.clone(), None, seat).await
    }

    /// Opens to those who came after the party's heads were replaced what the member reads of the party's older layers.
    pub async fn open_older_layers(&self, member: &people::Member) -> Result<(), RegistryError> {
        self.change(member.author(), |state| {
            check_present(state, member)?;
            let entry = state.conferences.get(&member.conference).ok_or(RegistryError::NotFound)?;
            let delegation = entry.delegations.get(&member.party).ok_or(RegistryError::NotFound)?;
            if member.generation >= delegation.generation {
                let why = "only who held a seat before the party's heads were replaced opens what it kept to itself then";
                return Err(RegistryError::Forbidden(why));
            }
            let is_open = delegation.floor(delegation.generation) <= delegation.floor(member.generation);
            let (conference, party, by) = (member.conference.clone(), member.party.clone(), member.member.clone());
            Ok(if is_open { vec![] } else { vec![Event::OlderLayersOpened { conference, party, by }] })
        })
        .await?;
        Ok(())
    }
}
