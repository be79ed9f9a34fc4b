//! Layers: every party has its built-in ones on every plan that it sees, and opens more to parties of its choice.
//!
//! **Architecture invariant:** what is answered about a party's layers depends on nothing that the one who asks may not read. A
//! name, a limit, an error of one party is never compared with another party's.

use plenary_shared::{
    access::Action,
    id::{self, DocAddress, LayerId, PartyId, PlanId},
    limits,
    log::act::Act,
    people::{self, Audience, LATER, LayerKind},
    wire::api,
};
use std::{collections::BTreeSet, sync::Arc};

use super::{
    ConferenceEntry, PlanEntry, Registry, RegistryError,
    acts::first_act,
    beside::Beside,
    check_free, check_parties, check_present, check_room,
    event::Event,
    rights::{is_meant_for, may, owners, sees_plan, writes_layer},
    state::Registered,
};
use crate::{
    rooms::Rooms,
    store::{Condition, StoreError},
};

const BUILT_IN: [&str; 3] = [id::PRIVATE, id::PUBLIC, id::POSITIONS];

impl Registry {
    /// Opens a layer of the member's party to other parties. Answers its name.
    pub async fn open_layer(&self, member: &people::Member, plan: PlanId, new: api::NewLayer) -> Result<LayerId, RegistryError> {
        let api::NewLayer { layer, audience } = new;
        self.check_disk()?;
        let layer = own_name(member, layer)?;
        let opened = layer.clone();
        let (conference, party) = (member.conference.clone(), member.party.clone());
        let doc = DocAddress::Layer(conference.clone(), plan.clone(), party.clone(), layer.clone());
        let audience = others(audience, &party);
        // It has no log yet, so nobody has it open.
        let begins = Beside::first(first_act(member, doc, &Act::Opened { audience: audience.clone() }));
        self.change_with(member.author(), begins, |state| {
            let (entry, on) = speaker(state, member, &plan)?;
            check_opened(&layer)?;
            check_parties(entry, &audience)?;
            check_free(on.opened(&party, &layer).is_some(), "layer", &layer)?;
            let is_counted = |of: &LayerId| of.generation() == layer.generation();
            let own = on.layers.keys().filter(|(owner, layer)| *owner == party && is_counted(layer));
            check_room(own.count(), limits::LAYERS_MAX, "layers")?;
            self.paces.step(member)?;
            Ok(vec![Event::LayerOpened { conference, plan, party: party.clone(), layer, audience }])
        })
        .await?;
        Ok(opened)
    }

    /// Says anew which parties read a layer of the member's party.
    pub async fn set_audience(
        &self,
        rooms: &Arc<Rooms>,
        member: &people::Member,
        plan: PlanId,
        layer: LayerId,
        audience: BTreeSet<PartyId>,
    ) -> Result<(), RegistryError> {
        self.check_disk()?;
        let (conference, party) = (member.conference.clone(), member.party.clone());
        let doc = DocAddress::Layer(conference.clone(), plan.clone(), party.clone(), layer.clone());
        let audience = others(audience, &party);
        let decide = |state: &Registered| {
            let (entry, on) = speaker(state, member, &plan)?;
            check_opened(&layer)?;
            let old = on.opened(&party, &layer).filter(|_| is_meant_for(entry, on, member, &party, &layer));
            let old = old.ok_or(RegistryError::NotFound)?;
            check_parties(entry, &audience)?;
            if *old == audience && !on.closed_layers.contains(&(party.clone(), layer.clone())) {
                return Ok(vec![]);
            }
            let (conference, plan, party) = (conference.clone(), plan.clone(), party.clone());
            Ok(vec![Event::AudienceChanged { conference, plan, party, layer: layer.clone(), audience: audience.clone() }])
        };
        if !decide(&self.state())?.is_empty() {
            self.paces.step(member)?;
        }
        self.change_told(rooms, member, doc, decide).await
    }

    /// Closes a layer of the member's party that it had opened: nobody else reads it from then on, and nobody writes in it until its party
    /// says anew who reads it.
    pub async fn close_layer(
        &self,
        rooms: &Arc<Rooms>,
        member: &people::Member,
        plan: PlanId,
        layer: LayerId,
    ) -> Result<(), RegistryError> {
        let (conference, party) = (member.conference.clone(), member.party.clone());
        let doc = DocAddress::Layer(conference.clone(), plan.clone(), party.clone(), layer.clone());
        let decide = |state: &Registered| {
            let (entry, on) = speaker(state, member, &plan)?;
            check_opened(&layer)?;
            let known = on.opened(&party, &layer).filter(|_| is_meant_for(entry, on, member, &party, &layer));
            known.ok_or(RegistryError::NotFound)?;
            if on.closed_layers.contains(&(party.clone(), layer.clone())) {
                return Ok(vec![]);
            }
            let (conference, plan, party, layer) = (conference.clone(), plan.clone(), party.clone(), layer.clone());
            Ok(vec![Event::LayerClosed { conference, plan, party, layer }])
        };
        if !decide(&self.state())?.is_empty() {
            self.paces.step(member)?;
        }
        self.change_told(rooms, member, doc, decide).await
    }

    /// Refuses who may neither open a layer on a plan nor say who reads it.
    pub fn check_speaks(&self, member: &people::Member, plan: &PlanId) -> Result<(), RegistryError> {
        speaker(&self.state(), member, plan).map(drop)
    }

    /// Refuses who may write nothing on a plan, neither words nor into a layer of its party.
    pub fn check_writes(&self, member: &people::Member, plan: &PlanId) -> Result<(), RegistryError> {
        let state = self.state();
        let (_, on) = reader(&state, member, plan)?;
        let writes =
            [Action::Write, Action::Keep, Action::Annotate, Action::Speak].into_iter().any(|action| may(on, member, action));
        let why = "you may not write on this plan: delegates and advisers of a party that may propose or draft do";
        if writes { Ok(()) } else { Err(RegistryError::Forbidden(why)) }
    }

    /// Delegates write here too: what is left of a disk that is short of space is for the chair.
    fn check_disk(&self) -> Result<(), RegistryError> {
        if self.store.condition() == Condition::Full { Err(StoreError::Full.into()) } else { Ok(()) }
    }

    /// The layers on a plan that a member may read, by party and name.
    pub fn readable_layers(&self, member: &people::Member, plan: &PlanId) -> Result<Vec<people::Layer>, RegistryError> {
        let state = self.state();
        let (entry, plan) = reader(&state, member, plan)?;
        let owners = owners(entry, plan);
        let built_in = owners.iter().flat_map(|party| {
            let names = BUILT_IN.iter().filter_map(|name| name.parse().ok());
            names.map(|layer: LayerId| ((*party).clone(), layer))
        });
        let generations = entry.delegations.get(&member.party).map(|delegation| delegation.generation).unwrap_or_default();
        let private = LayerId::built_in(id::PRIVATE);
        let later = generations.since_the_first().filter_map(|generation| Some((member.party.clone(), private.of(generation)?)));
        let later = later.filter(|_| owners.contains(&member.party));
        let opened = plan.layers.keys().filter(|(party, _)| owners.contains(party)).cloned();
        let all = built_in.chain(later).chain(opened);
        let read = all.filter(|(party, layer)| is_meant_for(entry, plan, member, party, layer));
        let mut layers: Vec<people::Layer> = read.map(|(party, layer)| shown(plan, member, party, layer)).collect();
        layers.sort_unstable_by(|a, b| (&a.party, &a.layer).cmp(&(&b.party, &b.layer)));
        Ok(layers)
    }

    /// One layer of the member's party.
    pub fn own_layer(&self, member: &people::Member, plan: &PlanId, layer: LayerId) -> Result<people::Layer, RegistryError> {
        let state = self.state();
        let (entry, plan) = reader(&state, member, plan)?;
        let there = is_meant_for(entry, plan, member, &member.party, &layer);
        there.then(|| shown(plan, member, member.party.clone(), layer)).ok_or(RegistryError::NotFound)
    }
}

/// The plan and its conference, for who may read the plan.
fn reader<'a>(
    state: &'a Registered,
    member: &people::Member,
    plan: &PlanId,
) -> Result<(&'a ConferenceEntry, &'a PlanEntry), RegistryError> {
    check_present(state, member)?;
    let entry = state.conferences.get(&member.conference).ok_or(RegistryError::NotFound)?;
    let plan = entry.plans.get(plan).filter(|plan| sees_plan(plan, member)).ok_or(RegistryError::NotFound)?;
    Ok((entry, plan))
}

/// The same for who may speak for a party on the plan.
fn speaker<'a>(
    state: &'a Registered,
    member: &people::Member,
    plan: &PlanId,
) -> Result<(&'a ConferenceEntry, &'a PlanEntry), RegistryError> {
    let (entry, plan) = reader(state, member, plan)?;
    if !may(plan, member, Action::Speak) {
        let why = "only a chair or a delegate of a party with draft or propose opens layers and says who reads them";
        return Err(RegistryError::Forbidden(why));
    }
    Ok((entry, plan))
}

fn shown(plan: &PlanEntry, member: &people::Member, party: PartyId, layer: LayerId) -> people::Layer {
    let opened = || Audience::Parties(plan.opened(&party, &layer).cloned().unwrap_or_default());
    let audience = layer.kind().audience().unwrap_or_else(opened);
    people::Layer { write: writes_layer(plan, member, &party, &layer), party, layer, audience }
}

/// The owner always reads and is never listed, so that an audience is written in one way only.
fn others(mut audience: BTreeSet<PartyId>, owner: &PartyId) -> BTreeSet<PartyId> {
    audience.remove(owner);
    audience
}

/// The name under which a member opens a layer: those who came after the party's heads were replaced have names of their own, so that
/// none that is taken tells them anything.
fn own_name(member: &people::Member, layer: LayerId) -> Result<LayerId, RegistryError> {
    check_opened(&layer)?;
    if layer.as_str().contains(LATER) {
        return Err(RegistryError::Invalid(format!("the name of a layer holds no {LATER:?}: choose another name")));
    }
    layer.of(member.generation).ok_or_else(|| RegistryError::Invalid("the layer's name is too long: choose a shorter one".into()))
}

fn check_opened(layer: &LayerId) -> Result<(), RegistryError> {
    if layer.kind() != LayerKind::Opened {
        let why = format!("every party has a layer {layer} on every plan, and who reads it is fixed: choose another name");
        return Err(RegistryError::Invalid(why));
    }
    Ok(())
}
