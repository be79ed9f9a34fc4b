//! What happens to the registry, as its log holds it.

use plenary_shared::{
    access::{Access, PlanState, Role},
    id::{ConferenceId, LayerId, MemberId, PartyId, PlanId},
    log::record::Right,
    people::{self, Generation},
    share::ShareKind,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Not,
};

use crate::auth::SecretDigest;

/// Whom a credential stands for.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Whom {
    /// The administering chair of the server.
    Administrator,
    /// A member of a conference.
    Member(ConferenceId, MemberId),
}

/// Something that happened to the registry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The first start: whoever holds this invitation administers the server.
    AdministratorInvited { invitation: SecretDigest, expires_ms: u64 },
    /// An invitation was traded for a token, and for a code to take the same seat again by.
    Joined {
        invitation: SecretDigest,
        token: SecretDigest,
        expires_ms: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recovery: Option<SecretDigest>,
    },
    /// A recovery code was traded for a token and the next code.
    Recovered { recovery: SecretDigest, token: SecretDigest, expires_ms: u64, next: SecretDigest },
    /// A member ended a token of its own.
    DeviceEnded { whom: Whom, device: u32 },
    /// A conference was opened, with its chair's party.
    ConferenceOpened { conference: ConferenceId, title: String, party: PartyRecord },
    /// A party was admitted.
    PartyAdded { conference: ConferenceId, party: PartyRecord },
    /// A member was invited; the seat exists from here on.
    MemberInvited {
        member: SeatRecord,
        invitation: SecretDigest,
        expires_ms: u64,
        /// When the invitation begins to be good, if not at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from_ms: Option<u64>,
        /// The chair asks for the seat: it counts for nothing until a head grants it.
        #[serde(default, skip_serializing_if = "Not::not")]
        asked: bool,
        /// The chair puts in a new head of a party that lost all it had.
        #[serde(default, skip_serializing_if = "Not::not")]
        replaces: bool,
    },
    /// A head granted a seat that the chair had asked for. What the chair's invitation gave is void; this one admits.
    SeatGranted { conference: ConferenceId, member: MemberId, invitation: SecretDigest, expires_ms: u64 },
    /// A seat's role or name became another.
    MemberChanged { conference: ConferenceId, member: MemberId, role: Role, name: String },
    /// Somebody who held a seat before the party's heads were replaced agreed that those who came later read the older layers.
    OlderLayersOpened { conference: ConferenceId, party: PartyId, by: MemberId },
    /// A member left: invitation and tokens are void.
    MemberRevoked { conference: ConferenceId, member: MemberId },
    /// A plan was created.
    PlanCreated {
        conference: ConferenceId,
        plan: PlanId,
        title: String,
        access: BTreeMap<PartyId, Access>,
        /// The parties that must consent; absent in what earlier versions wrote: all that may, now and later.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        consent: Option<BTreeSet<PartyId>>,
    },
    /// What each party may do with a plan.
    AccessChanged {
        conference: ConferenceId,
        plan: PlanId,
        access: BTreeMap<PartyId, Access>,
        /// The parties that must consent from here on; absent in what earlier versions wrote: as before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        consent: Option<BTreeSet<PartyId>>,
        /// The record of the plan's log that tells it; absent in what earlier versions wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        told: Option<u64>,
    },
    /// A plan was renamed, or is worked on from here on or not.
    PlanChanged {
        conference: ConferenceId,
        plan: PlanId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<PlanState>,
    },
    /// A party was renamed, or takes part from here on or not.
    PartyChanged {
        conference: ConferenceId,
        party: PartyId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        closed: Option<bool>,
    },
    /// A party opened a layer to other parties.
    LayerOpened { conference: ConferenceId, plan: PlanId, party: PartyId, layer: LayerId, audience: BTreeSet<PartyId> },
    /// Which other parties read a layer.
    AudienceChanged { conference: ConferenceId, plan: PlanId, party: PartyId, layer: LayerId, audience: BTreeSet<PartyId> },
    /// A party closed a layer that it had opened.
    LayerClosed { conference: ConferenceId, plan: PlanId, party: PartyId, layer: LayerId },
    /// A conference was deleted. Nothing else is known of it, and its id is not given again.
    ConferenceForgotten { conference: ConferenceId },
    /// Which parties must consent to the words of a plan; `None`, which only earlier versions wrote: all that may.
    ConsentChosen {
        conference: ConferenceId,
        plan: PlanId,
        parties: Option<BTreeSet<PartyId>>,
        /// The record of the plan's log that tells it; absent in what earlier versions wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        told: Option<u64>,
    },
    /// What a party may write into logs of a plan.
    ShareRaised { conference: ConferenceId, plan: PlanId, party: PartyId, kind: ShareKind, bytes: u64 },
}

/// A party, as a record holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyRecord {
    /// Its id.
    pub id: PartyId,
    /// Its name.
    pub name: String,
}

/// A member's seat, as a record holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SeatRecord {
    /// The conference.
    pub conference: ConferenceId,
    /// The party.
    pub party: PartyId,
    /// The member's id.
    pub member: MemberId,
    /// What the member is to be.
    pub role: Role,
    /// The name that others see.
    pub name: String,
}

impl From<people::Party> for PartyRecord {
    fn from(people::Party { id, name }: people::Party) -> Self {
        Self { id, name }
    }
}

impl From<people::Member> for SeatRecord {
    fn from(people::Member { conference, party, member, role, name, .. }: people::Member) -> Self {
        Self { conference, party, member, role, name }
    }
}

impl SeatRecord {
    /// The member that it stands for, in this generation of the party's heads.
    pub fn member(self, generation: Generation) -> people::Member {
        let Self { conference, party, member, role, name } = self;
        people::Member { conference, party, member, role, name, generation }
    }
}

impl Event {
    /// By which right it is accepted unless it is about a seat of the party's own: whoever speaks for a party opens its layers, all
    /// else is the chair's or the server's own.
    pub fn right(&self) -> Right {
        match self {
            Event::LayerOpened { .. } | Event::AudienceChanged { .. } | Event::LayerClosed { .. } => Right::Layer,
            Event::AdministratorInvited { .. }
            | Event::Joined { .. }
            | Event::Recovered { .. }
            | Event::DeviceEnded { .. }
            | Event::SeatGranted { .. }
            | Event::MemberChanged { .. }
            | Event::OlderLayersOpened { .. }
            | Event::ConferenceOpened { .. }
            | Event::PartyAdded { .. }
            | Event::PartyChanged { .. }
            | Event::MemberInvited { .. }
            | Event::MemberRevoked { .. }
            | Event::PlanCreated { .. }
            | Event::PlanChanged { .. }
            | Event::AccessChanged { .. }
            | Event::ConferenceForgotten { .. }
            | Event::ConsentChosen { .. }
            | Event::ShareRaised { .. } => Right::Chair,
        }
    }

    /// The conference that it is about, if it names one.
    pub fn conference(&self) -> Option<&ConferenceId> {
        match self {
            Event::AdministratorInvited { .. } | Event::Joined { .. } | Event::Recovered { .. } => None,
            Event::DeviceEnded { whom: Whom::Administrator, .. } => None,
            Event::DeviceEnded { whom: Whom::Member(conference, _), .. } => Some(conference),
            Event::MemberInvited { member, .. } => Some(&member.conference),
            Event::ConferenceOpened { conference, .. }
            | Event::PartyAdded { conference, .. }
            | Event::PartyChanged { conference, .. }
            | Event::SeatGranted { conference, .. }
            | Event::MemberChanged { conference, .. }
            | Event::OlderLayersOpened { conference, .. }
            | Event::MemberRevoked { conference, .. }
            | Event::PlanCreated { conference, .. }
            | Event::PlanChanged { conference, .. }
            | Event::LayerClosed { conference, .. }
            | Event::AccessChanged { conference, .. }
            | Event::LayerOpened { conference, .. }
            | Event::AudienceChanged { conference, .. }
            | Event::ConferenceForgotten { conference }
            | Event::ConsentChosen { conference, .. }
            | Event::ShareRaised { conference, .. } => Some(conference),
        }
    }
}
