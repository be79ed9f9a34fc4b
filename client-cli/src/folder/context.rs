//! What surrounded the plan at the last sync, as its file holds it: what the server says of it may change, the file does not by that.

use plenary_shared::{
    access::{Access, PlanState, Role},
    id::{ConferenceId, LayerId, MemberId, PartyId, PlanId},
    log::{act::ConsentChange, record::Digest},
    people::{Audience, Author, Generation, Layer, Member, Party},
    wire::{
        api::{Conference, Plan},
        sync::PlanContext,
    },
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What surrounded the plan at the last sync.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Surroundings {
    /// When that was, in milliseconds since 1970-01-01 UTC.
    pub synced_ms: u64,
    /// What the server said.
    pub plan: PlanContext,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    synced_ms: u64,
    plan: ContextKept,
}

#[derive(Serialize, Deserialize)]
struct ContextKept {
    member: MemberKept,
    conference: ConferenceKept,
    plan: PlanKept,
    write: bool,
    created_by: Option<AuthorKept>,
    layers: Vec<LayerKept>,
    end: u64,
    digest: Digest,
    #[serde(default)]
    restored: bool,
}

/// Types with the same fields on both sides.
macro_rules! kept {
    ($($kept:ident of $told:ident { $($(#[$skip:meta])? $field:ident: $type:ty),* })*) => {
        $(#[derive(Serialize, Deserialize)]
        struct $kept {
            $($(#[$skip])? $field: $type),*
        }

        impl From<$told> for $kept {
            fn from($told { $($field),* }: $told) -> Self {
                Self { $($field),* }
            }
        }

        impl From<$kept> for $told {
            fn from($kept { $($field),* }: $kept) -> Self {
                Self { $($field),* }
            }
        })*
    };
}

kept! {
    MemberKept of Member {
        conference: ConferenceId,
        party: PartyId,
        member: MemberId,
        role: Role,
        name: String,
        #[serde(default, skip_serializing_if = "Generation::is_first")] generation: Generation
    }
    PartyKept of Party { id: PartyId, name: String }
    AuthorKept of Author { party: PartyId, member: MemberId }
    LayerKept of Layer { party: PartyId, layer: LayerId, audience: Audience, write: bool }
    PlanKept of Plan {
        id: PlanId,
        title: String,
        #[serde(default, skip_serializing_if = "PlanState::is_open")] state: PlanState,
        #[serde(skip_serializing_if = "Option::is_none")] yours: Option<Access>,
        #[serde(skip_serializing_if = "Option::is_none")] access: Option<BTreeMap<PartyId, Access>>,
        consent: Vec<PartyId>,
        #[serde(default, skip_serializing_if = "Option::is_none")] consent_changed: Option<ConsentChange>
    }
}

#[derive(Serialize, Deserialize)]
struct ConferenceKept {
    id: ConferenceId,
    title: String,
    parties: Vec<PartyKept>,
    members: Vec<MemberKept>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ended: Vec<MemberKept>,
}

impl From<Surroundings> for Kept {
    fn from(Surroundings { synced_ms, plan: told }: Surroundings) -> Self {
        let PlanContext { member, conference, plan, write, created_by, layers, end, digest, restored } = told;
        // Who has not joined yet, seats that are asked for, heads that were put in and parties that are closed are looked up at the server.
        let Conference { id, title, parties, members, ended, .. } = conference;
        let conference = ConferenceKept { id, title, parties: all(parties), members: all(members), ended: all(ended) };
        let (member, plan, created_by, layers) = (member.into(), plan.into(), created_by.map(Into::into), all(layers));
        Kept { synced_ms, plan: ContextKept { member, conference, plan, write, created_by, layers, end, digest, restored } }
    }
}

impl From<Kept> for Surroundings {
    fn from(Kept { synced_ms, plan: kept }: Kept) -> Self {
        let ContextKept { member, conference, plan, write, created_by, layers, end, digest, restored } = kept;
        let ConferenceKept { id, title, parties, members, ended } = conference;
        let (parties, members, ended) = (all(parties), all(members), all(ended));
        let (closed, invited, asked, put_in) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let conference = Conference { id, title, parties, closed, members, invited, asked, ended, put_in };
        let (member, plan, created_by, layers) = (member.into(), plan.into(), created_by.map(Into::into), all(layers));
        Surroundings {
            synced_ms,
            plan: PlanContext { member, conference, plan, write, created_by, layers, end, digest, restored },
        }
    }
}

fn all<A, B: From<A>>(all: Vec<A>) -> Vec<B> {
    all.into_iter().map(B::from).collect()
}
