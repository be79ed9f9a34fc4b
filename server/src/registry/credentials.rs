//! Invitations, tokens and recovery codes: by which secret somebody is who. Only digests are kept.

use plenary_shared::{people, seats::Key, wire::api};
use std::collections::HashMap;

use super::event::Whom;
use crate::auth::SecretDigest;

/// Tokens of one member that are good at once: some machines, and a phone. One more ends the oldest.
const DEVICES_MAX: usize = 32;

/// What is kept of all secrets that were given.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    invitations: HashMap<SecretDigest, Invitation>,
    tokens: HashMap<SecretDigest, Token>,
    recoveries: HashMap<SecretDigest, Whom>,
    holders: HashMap<Whom, Holder>,
}

/// What one has of them.
#[derive(Clone, Debug, Default)]
struct Holder {
    /// Tokens ever given.
    given: u32,
    /// Those that were not ended, in the order in which they were given.
    tokens: Vec<SecretDigest>,
    recovery: Option<SecretDigest>,
}

/// An invitation, not yet used.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// Whom it admits.
    pub whom: Whom,
    /// When it begins to be good.
    pub from_ms: u64,
    /// When it ends.
    pub expires_ms: u64,
}

/// A token, on a device.
#[derive(Clone, Debug)]
pub struct Token {
    /// Whom it stands for.
    pub whom: Whom,
    /// When it ends, in milliseconds since 1970-01-01 UTC.
    expires_ms: u64,
    /// Its number among those that its member was given.
    device: u32,
    since_ms: u64,
    with: Key,
}

impl Credentials {
    /// Keeps an invitation.
    pub fn invite(&mut self, invitation: SecretDigest, kept: Invitation) {
        self.invitations.insert(invitation, kept);
    }

    /// An invitation that was given and not used.
    pub fn invitation(&self, invitation: &SecretDigest) -> Option<&Invitation> {
        self.invitations.get(invitation)
    }

    /// Whether any invitation is still good.
    pub fn is_any_invited(&self, now_ms: u64) -> bool {
        self.invitations.values().any(|invitation| invitation.expires_ms > now_ms)
    }

    /// Whether nobody ever joined.
    pub fn is_nobody_joined(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Whom a recovery code brings back.
    pub fn recovered(&self, recovery: &SecretDigest) -> Option<&Whom> {
        self.recoveries.get(recovery)
    }

    /// Uses an invitation up. Answers whom it admits.
    pub fn join(&mut self, invitation: &SecretDigest, at_ms: u64, token: SecretDigest, expires_ms: u64) -> Option<Whom> {
        let Invitation { whom, .. } = self.invitations.remove(invitation)?;
        self.admit_with(whom.clone(), Key::Invitation, at_ms, token, expires_ms);
        Some(whom)
    }

    /// Uses a recovery code up. Answers whom it brings back.
    pub fn recover(&mut self, recovery: &SecretDigest, at_ms: u64, token: SecretDigest, expires_ms: u64) -> Option<Whom> {
        let whom = self.recoveries.remove(recovery)?;
        self.admit_with(whom.clone(), Key::Recovery, at_ms, token, expires_ms);
        Some(whom)
    }

    /// Keeps the code by which somebody can be brought back, in place of the one before.
    pub fn can_recover(&mut self, whom: &Whom, recovery: SecretDigest) {
        let holder = self.holders.entry(whom.clone()).or_default();
        if let Some(old) = holder.recovery.replace(recovery) {
            self.recoveries.remove(&old);
        }
        self.recoveries.insert(recovery, whom.clone());
    }

    fn admit_with(&mut self, whom: Whom, with: Key, since_ms: u64, token: SecretDigest, expires_ms: u64) {
        let holder = self.holders.entry(whom.clone()).or_default();
        holder.given += 1;
        if holder.tokens.len() >= DEVICES_MAX {
            self.tokens.remove(&holder.tokens.remove(0));
        }
        holder.tokens.push(token);
        let device = holder.given;
        self.tokens.insert(token, Token { whom, expires_ms, device, since_ms, with });
    }

    /// Whom a token stands for at `now_ms`, if it is good.
    pub fn whom(&self, token: &SecretDigest, now_ms: u64) -> Option<&Whom> {
        self.tokens.get(token).filter(|token| token.expires_ms > now_ms).map(|token| &token.whom)
    }

    /// Whether somebody has a token that is good at `now_ms`.
    pub fn admit(&self, whom: &Whom, now_ms: u64) -> bool {
        self.of(whom).any(|(_, token)| token.expires_ms > now_ms)
    }

    fn of(&self, whom: &Whom) -> impl Iterator<Item = (&SecretDigest, &Token)> {
        let own = self.holders.get(whom).into_iter().flat_map(|holder| &holder.tokens);
        own.filter_map(|token| self.tokens.get_key_value(token))
    }

    /// The devices on which somebody is, in the order in which they came.
    pub fn devices(&self, whom: &Whom, this: &SecretDigest, now_ms: u64) -> Vec<api::Device> {
        let own = self.of(whom).filter(|(_, token)| token.expires_ms > now_ms);
        let shown = |(digest, token): (&SecretDigest, &Token)| api::Device {
            device: token.device,
            since_ms: token.since_ms,
            expires_ms: token.expires_ms,
            with: token.with,
            this: digest == this,
        };
        own.map(shown).collect()
    }

    /// Ends one of somebody's tokens.
    pub fn end_device(&mut self, whom: &Whom, device: u32) {
        let Some(holder) = self.holders.get_mut(whom) else { return };
        let ended = holder.tokens.extract_if(.., |token| self.tokens.get(token).is_some_and(|kept| kept.device == device));
        let ended: Vec<SecretDigest> = ended.collect();
        ended.iter().for_each(|token| drop(self.tokens.remove(token)));
    }

    /// Ends all that was given to somebody.
    pub fn end(&mut self, whom: &Whom) {
        self.invitations.retain(|_, invitation| invitation.whom != *whom);
        let Some(holder) = self.holders.get_mut(whom) else { return };
        holder.tokens.drain(..).for_each(|token| drop(self.tokens.remove(&token)));
        if let Some(recovery) = holder.recovery.take() {
            self.recoveries.remove(&recovery);
        }
    }
}

impl From<&people::Member> for Whom {
    fn from(member: &people::Member) -> Self {
        Whom::Member(member.conference.clone(), member.member.clone())
    }
}
