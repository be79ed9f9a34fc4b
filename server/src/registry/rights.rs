//! Who may read and write which document. Decided for the whole of it, from the entries alone: what is not there and what is not
//! for the one who asks come out of the same comparison.

use plenary_shared::{
    access::{self, Action, Role},
    id::{DocAddress, LayerId, PartyId},
    people::{self, LayerKind},
};

use std::collections::BTreeSet;

use super::{ConferenceEntry, PlanEntry, Registry, Rights, event::Whom};
use crate::{auth::SecretDigest, clock::now_ms};

impl Registry {
    /// What a token may do with a document; `None` if it may not even know that the document exists.
    pub fn rights(&self, token: &SecretDigest, address: &DocAddress) -> Option<Rights> {
        let (conference, plan, layer) = match address {
            DocAddress::Plan(conference, plan) => (conference, plan, None),
            DocAddress::Layer(conference, plan, party, layer) => (conference, plan, Some((party, layer))),
            DocAddress::Registry | DocAddress::Seats(..) => return None,
        };
        let state = self.state();
        let Whom::Member(own, member) = state.credentials.whom(token, now_ms())? else { return None };
        if own != conference {
            return None;
        }
        let entry = state.conferences.get(conference)?;
        let member = entry.member(member)?;
        let plan = entry.plans.get(plan)?;
        let write = match layer {
            Some((party, layer)) => {
                reads_layer(entry, plan, member, party, layer).then(|| writes_layer(plan, member, party, layer))
            }
            None => sees_plan(plan, member).then(|| may(plan, member, Action::Write)),
        }?;
        Some(Rights { member: member.clone(), write })
    }
}

/// Whether a member may do something with a plan.
pub(super) fn may(plan: &PlanEntry, member: &people::Member, action: Action) -> bool {
    plan.state.allows(action) && access::may(member.role, plan.access.get(&member.party).copied(), action)
}

/// Whether a member may know that a plan exists.
pub(super) fn sees_plan(plan: &PlanEntry, member: &people::Member) -> bool {
    may(plan, member, Action::Read)
}

/// Whether a party has layers on a plan: somebody of it sees the plan.
fn has_layers(entry: &ConferenceEntry, plan: &PlanEntry, party: &PartyId) -> bool {
    plan.access.contains_key(party) || chairs(entry).any(|chair| chair == party)
}

/// The parties that have layers on a plan.
pub(super) fn owners<'a>(entry: &'a ConferenceEntry, plan: &'a PlanEntry) -> BTreeSet<&'a PartyId> {
    plan.access.keys().chain(chairs(entry)).collect()
}

fn chairs(entry: &ConferenceEntry) -> impl Iterator<Item = &PartyId> {
    entry.members().filter(|member| member.role == Role::Chair).map(|chair| &chair.party)
}

/// Whether a layer is for the member, if its party and the layer's owner see the plan. What a party keeps to itself is for those of its
/// members who held a seat then, and for those who came later as far as one of them agreed.
pub(super) fn is_meant_for(
    entry: &ConferenceEntry,
    plan: &PlanEntry,
    member: &people::Member,
    party: &PartyId,
    layer: &LayerId,
) -> bool {
    let is_own = || {
        let delegation = entry.delegations.get(party).filter(|_| member.party == *party);
        delegation.is_some_and(|delegation| delegation.reads(member.generation, layer.generation()))
    };
    match layer.kind() {
        LayerKind::Private => is_own(),
        LayerKind::Public | LayerKind::Positions => true,
        LayerKind::Opened => plan.opened(party, layer).is_some_and(|audience| match member.party == *party {
            true => is_own(),
            false => audience.contains(&member.party),
        }),
    }
}

/// Whether a member may know that a layer exists, and read it.
fn reads_layer(entry: &ConferenceEntry, plan: &PlanEntry, member: &people::Member, party: &PartyId, layer: &LayerId) -> bool {
    is_meant_for(entry, plan, member, party, layer) && sees_plan(plan, member) && has_layers(entry, plan, party)
}

/// Whether a member who reads a layer may write in it too.
pub(super) fn writes_layer(plan: &PlanEntry, member: &people::Member, party: &PartyId, layer: &LayerId) -> bool {
    let is_closed = plan.closed_layers.contains(&(party.clone(), layer.clone()));
    member.party == *party && !is_closed && may(plan, member, layer.kind().action())
}
