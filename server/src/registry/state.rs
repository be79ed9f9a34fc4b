//! What the registry's events fold to. No I/O and no clock: an event that was accepted once is accepted on every replay.

use plenary_shared::{
    access::{Access, Role},
    id::{ConferenceId, LayerId, MemberId, PartyId, PlanId},
    log::record::Right,
    people::{self, Author},
    share::ShareKind,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::auth::SecretDigest;

/// Whom a credential stands for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Whom {
    /// The administering chair of the server.
    Administrator,
    /// A member of a conference.
    Member(ConferenceId, MemberId),
}

/// Something that happened to the registry.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The first start: whoever holds this invitation administers the server.
    AdministratorInvited { invitation: SecretDigest, expires_ms: u64 },
    /// An invitation was traded for a token.
    Joined { invitation: SecretDigest, token: SecretDigest, expires_ms: u64 },
    /// A conference was opened, with its chair's party.
    ConferenceOpened { conference: ConferenceId, title: String, party: PartyRecord },
    /// A party was admitted.
    PartyAdded { conference: ConferenceId, party: PartyRecord },
    /// A member was invited; the seat exists from here on.
    MemberInvited { member: SeatRecord, invitation: SecretDigest, expires_ms: u64 },
    /// A member left: invitation and tokens are void.
    MemberRevoked { conference: ConferenceId, member: MemberId },
    /// A plan was created.
    PlanCreated { conference: ConferenceId, plan: PlanId, title: String, access: BTreeMap<PartyId, Access> },
    /// What each party may do with a plan.
    AccessChanged { conference: ConferenceId, plan: PlanId, access: BTreeMap<PartyId, Access> },
    /// A party opened a layer to other parties.
    LayerOpened { conference: ConferenceId, plan: PlanId, party: PartyId, layer: LayerId, audience: BTreeSet<PartyId> },
    /// Which other parties read a layer.
    AudienceChanged { conference: ConferenceId, plan: PlanId, party: PartyId, layer: LayerId, audience: BTreeSet<PartyId> },
    /// A conference was deleted. Nothing else is known of it, and its id is not given again.
    ConferenceForgotten { conference: ConferenceId },
    /// Which parties must consent to the words of a plan; `None`: all that may.
    ConsentChosen { conference: ConferenceId, plan: PlanId, parties: Option<BTreeSet<PartyId>> },
    /// What a party may write into logs of a plan.
    ShareRaised { conference: ConferenceId, plan: PlanId, party: PartyId, kind: ShareKind, bytes: u64 },
}

/// A party, as a record holds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyRecord {
    id: PartyId,
    name: String,
}

/// A member's seat, as a record holds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SeatRecord {
    conference: ConferenceId,
    party: PartyId,
    member: MemberId,
    role: Role,
    name: String,
}

impl From<people::Party> for PartyRecord {
    fn from(people::Party { id, name }: people::Party) -> Self {
        Self { id, name }
    }
}

impl From<people::Member> for SeatRecord {
    fn from(people::Member { conference, party, member, role, name }: people::Member) -> Self {
        Self { conference, party, member, role, name }
    }
}

impl From<SeatRecord> for people::Member {
    fn from(SeatRecord { conference, party, member, role, name }: SeatRecord) -> Self {
        Self { conference, party, member, role, name }
    }
}

impl Event {
    /// By which right it is accepted: whoever speaks for a party opens its layers, all else is the chair's or the server's own.
    pub fn right(&self) -> Right {
        match self {
            Event::LayerOpened { .. } | Event::AudienceChanged { .. } => Right::Layer,
            Event::AdministratorInvited { .. }
            | Event::Joined { .. }
            | Event::ConferenceOpened { .. }
            | Event::PartyAdded { .. }
            | Event::MemberInvited { .. }
            | Event::MemberRevoked { .. }
            | Event::PlanCreated { .. }
            | Event::AccessChanged { .. }
            | Event::ConferenceForgotten { .. }
            | Event::ConsentChosen { .. }
            | Event::ShareRaised { .. } => Right::Chair,
        }
    }

    /// The conference that it is about, if it names one.
    pub fn conference(&self) -> Option<&ConferenceId> {
        match self {
            Event::AdministratorInvited { .. } | Event::Joined { .. } => None,
            Event::MemberInvited { member, .. } => Some(&member.conference),
            Event::ConferenceOpened { conference, .. }
            | Event::PartyAdded { conference, .. }
            | Event::MemberRevoked { conference, .. }
            | Event::PlanCreated { conference, .. }
            | Event::AccessChanged { conference, .. }
            | Event::LayerOpened { conference, .. }
            | Event::AudienceChanged { conference, .. }
            | Event::ConferenceForgotten { conference }
            | Event::ConsentChosen { conference, .. }
            | Event::ShareRaised { conference, .. } => Some(conference),
        }
    }
}

/// A credential and how long it is good for.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Whom it stands for.
    pub whom: Whom,
    /// When it ends, in milliseconds since 1970-01-01 UTC.
    pub expires_ms: u64,
}

/// A plan's entry.
#[derive(Clone, Debug, Default)]
pub struct PlanEntry {
    /// Its title when it was created.
    pub title: String,
    /// What each party may do with it.
    pub access: BTreeMap<PartyId, Access>,
    /// Layers that parties opened, and which other parties read each.
    pub layers: BTreeMap<(PartyId, LayerId), BTreeSet<PartyId>>,
    /// Which parties must consent, if the chair chose.
    pub consent: Option<BTreeSet<PartyId>>,
    /// Shares of its logs that the chair raised.
    pub shares: BTreeMap<(PartyId, ShareKind), u64>,
    /// Who created it, the server writing its first text for them.
    pub created_by: Option<Author>,
}

impl PlanEntry {
    /// Which other parties read a layer that `party` opened.
    pub fn opened(&self, party: &PartyId, layer: &LayerId) -> Option<&BTreeSet<PartyId>> {
        self.layers.get(&(party.clone(), layer.clone()))
    }

    /// The parties that must consent: those that the chair chose, or all that may take positions.
    pub fn must_consent(&self) -> Vec<PartyId> {
        match &self.consent {
            Some(chosen) => chosen.iter().cloned().collect(),
            None => {
                let may = self.access.iter().filter(|(_, access)| **access >= Access::Propose);
                may.map(|(party, _)| party.clone()).collect()
            }
        }
    }
}

/// A conference's entry.
#[derive(Clone, Debug, Default)]
pub struct ConferenceEntry {
    /// Its title.
    pub title: String,
    /// Parties and their names.
    pub parties: BTreeMap<PartyId, String>,
    /// Members who have not been revoked.
    pub members: BTreeMap<MemberId, people::Member>,
    /// Plans.
    pub plans: BTreeMap<PlanId, PlanEntry>,
    /// Seats ever given in each party, so that no member's id is given twice.
    seats: BTreeMap<PartyId, u32>,
}

/// Conferences, parties, members, plans and credentials.
#[derive(Clone, Debug, Default)]
pub struct Registered {
    /// Conferences by id.
    pub conferences: BTreeMap<ConferenceId, ConferenceEntry>,
    /// Conferences that were deleted.
    pub forgotten: BTreeSet<ConferenceId>,
    /// Invitations not yet used.
    pub invitations: HashMap<SecretDigest, Credential>,
    /// Tokens.
    pub tokens: HashMap<SecretDigest, Credential>,
}

impl Registered {
    /// Folds one event in, which `by` caused. An event about something that is not there changes nothing.
    pub fn apply(&mut self, by: &Author, event: Event) {
        match event {
            Event::AdministratorInvited { invitation, expires_ms } => {
                self.invitations.insert(invitation, Credential { whom: Whom::Administrator, expires_ms });
            }
            Event::Joined { invitation, token, expires_ms } => {
                if let Some(Credential { whom, .. }) = self.invitations.remove(&invitation) {
                    self.tokens.insert(token, Credential { whom, expires_ms });
                }
            }
            Event::ConferenceOpened { conference, title, party } => {
                let parties = [(party.id, party.name)].into();
                self.conferences.insert(conference, ConferenceEntry { title, parties, ..Default::default() });
            }
            Event::ConferenceForgotten { conference } => drop(self.forgotten.insert(conference)),
            Event::PartyAdded { conference, party } => {
                if let Some(entry) = self.conferences.get_mut(&conference) {
                    entry.parties.insert(party.id, party.name);
                }
            }
            Event::MemberInvited { member, invitation, expires_ms } => {
                if let Some(entry) = self.conferences.get_mut(&member.conference) {
                    let whom = Whom::Member(member.conference.clone(), member.member.clone());
                    self.invitations.insert(invitation, Credential { whom, expires_ms });
                    *entry.seats.entry(member.party.clone()).or_default() += 1;
                    entry.members.insert(member.member.clone(), member.into());
                }
            }
            Event::MemberRevoked { conference, member } => {
                if let Some(entry) = self.conferences.get_mut(&conference) {
                    entry.members.remove(&member);
                }
                let gone = Whom::Member(conference, member);
                self.invitations.retain(|_, credential| credential.whom != gone);
                self.tokens.retain(|_, credential| credential.whom != gone);
            }
            Event::PlanCreated { conference, plan, title, access } => {
                if let Some(entry) = self.conferences.get_mut(&conference) {
                    entry.plans.insert(plan, PlanEntry { title, access, created_by: Some(by.clone()), ..Default::default() });
                }
            }
            Event::AccessChanged { conference, plan, access } => {
                if let Some(plan) = self.plan_mut(&conference, &plan) {
                    plan.access = access;
                }
            }
            Event::LayerOpened { conference, plan, party, layer, audience }
            | Event::AudienceChanged { conference, plan, party, layer, audience } => {
                if let Some(plan) = self.plan_mut(&conference, &plan) {
                    plan.layers.insert((party, layer), audience);
                }
            }
            Event::ConsentChosen { conference, plan, parties } => {
                if let Some(plan) = self.plan_mut(&conference, &plan) {
                    plan.consent = parties;
                }
            }
            Event::ShareRaised { conference, plan, party, kind, bytes } => {
                if let Some(plan) = self.plan_mut(&conference, &plan) {
                    plan.shares.insert((party, kind), bytes);
                }
            }
        }
    }

    fn plan_mut(&mut self, conference: &ConferenceId, plan: &PlanId) -> Option<&mut PlanEntry> {
        self.conferences.get_mut(conference)?.plans.get_mut(plan)
    }

    /// Whom a token stands for at `now_ms`, if it is good.
    pub fn whom(&self, token: &SecretDigest, now_ms: u64) -> Option<&Whom> {
        self.tokens.get(token).filter(|credential| credential.expires_ms > now_ms).map(|credential| &credential.whom)
    }

    /// A member's entry.
    pub fn member(&self, conference: &ConferenceId, member: &MemberId) -> Option<&people::Member> {
        self.conferences.get(conference)?.members.get(member)
    }

    /// The id for the next member of a party: `PARTY-N`.
    pub fn next_member(&self, conference: &ConferenceId, party: &PartyId) -> Option<MemberId> {
        let seats = self.conferences.get(conference)?.seats.get(party).copied().unwrap_or(0);
        format!("{party}-{}", seats + 1).parse().ok()
    }

    /// Whether a conference has a chair other than `member`.
    pub fn has_other_chair(&self, conference: &ConferenceId, member: &MemberId) -> bool {
        let Some(entry) = self.conferences.get(conference) else { return false };
        entry.members.values().any(|other| other.role == Role::Chair && other.member != *member)
    }
}
