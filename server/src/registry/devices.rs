//! How somebody comes to a seat, and on which devices: invitations, recovery codes, tokens.

use plenary_shared::{limits, wire::api};

use super::{Registry, RegistryError, administration, event::Event, millis, new_secret};
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
                let credentials = &state.credentials;
                let is_open = credentials.is_any_invited(now_ms());
                let is_first = credentials.is_nobody_joined() && !is_open && state.conferences.is_empty();
                Ok(if is_first { vec![Event::AdministratorInvited { invitation, expires_ms }] } else { vec![] })
            })
            .await?;
        Ok((invited > 0).then(|| secret.reveal()))
    }

    /// Trades an invitation for a token and a recovery code; good once.
    pub async fn join(&self, invitation: &str) -> Result<api::Joined, RegistryError> {
        let invitation = SecretDigest::of(invitation);
        self.admit(RegistryError::Invitation, |state, token, expires_ms, recovery| {
            let now = now_ms();
            let known = state.credentials.invitation(&invitation).filter(|known| known.expires_ms > now);
            match known.ok_or(RegistryError::Invitation)?.from_ms {
                from_ms if from_ms > now => Err(RegistryError::NotYet((from_ms - now).div_ceil(3_600_000))),
                _ => Ok(Event::Joined { invitation, token, expires_ms, recovery: Some(recovery) }),
            }
        })
        .await
    }

    /// Trades a recovery code for a token of the same seat and the next code. The other devices stay until they are ended.
    pub async fn recover(&self, recovery: &str) -> Result<api::Joined, RegistryError> {
        let recovery = SecretDigest::of_written_down(recovery);
        self.admit(RegistryError::Recovery, |state, token, expires_ms, next| {
            let known = state.credentials.recovered(&recovery).and_then(|whom| state.who(whom));
            self.paced(&known.ok_or(RegistryError::Recovery)?)?;
            Ok(Event::Recovered { recovery, token, expires_ms, next })
        })
        .await
    }

    async fn admit(
        &self,
        refused: RegistryError,
        decide: impl FnOnce(&super::Registered, SecretDigest, u64, SecretDigest) -> Result<Event, RegistryError>,
    ) -> Result<api::Joined, RegistryError> {
        let recovery = Secret::to_write_down().map_err(|_| RegistryError::Randomness)?;
        let secret = new_secret()?;
        let token = secret.digest();
        let expires_ms = now_ms() + millis(limits::TOKEN);
        self.change(administration(), |state| Ok(vec![decide(state, token, expires_ms, recovery.digest())?])).await?;
        let who = self.whoami(&token).ok_or(refused)?;
        Ok(api::Joined { token: Some(secret.reveal()), who, expires_ms, recovery: recovery.reveal() })
    }

    /// Counts what a member does to a seat or a device, or refuses it.
    pub fn paced(&self, who: &api::Whoami) -> Result<(), RegistryError> {
        match who {
            api::Whoami::Member(member) => self.paces.step_of_seats(member),
            api::Whoami::Administrator => Ok(()),
        }
    }

    /// The devices of whoever has this token.
    pub fn devices(&self, token: &SecretDigest) -> Result<Vec<api::Device>, RegistryError> {
        let (state, now) = (self.state(), now_ms());
        let whom = state.credentials.whom(token, now).ok_or(RegistryError::NotFound)?;
        Ok(state.credentials.devices(whom, token, now))
    }

    /// Ends one of the devices of whoever has this token.
    pub async fn end_device(&self, token: &SecretDigest, device: u32) -> Result<(), RegistryError> {
        self.change(administration(), |state| {
            let now = now_ms();
            let whom = state.credentials.whom(token, now).ok_or(RegistryError::NotFound)?;
            let known = state.credentials.devices(whom, token, now).iter().any(|known| known.device == device);
            self.paced(&state.who(whom).ok_or(RegistryError::NotFound)?)?;
            if known { Ok(vec![Event::DeviceEnded { whom: whom.clone(), device }]) } else { Err(RegistryError::NotFound) }
        })
        .await?;
        Ok(())
    }
}
