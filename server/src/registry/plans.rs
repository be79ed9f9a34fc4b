//! Plans: their entries, what each party may do with them, who must consent.

use bytes::Bytes;
use plenary_shared::{
    access::Access,
    id::{DocAddress, PartyId, PlanId},
    limits, people,
    wire::api,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Registry, RegistryError,
    beside::Beside,
    check_free, check_parties, check_present, check_room,
    event::Event,
    names::check_title,
    state::{PlanEntry, Registered, can_consent},
};
use crate::rooms::Rooms;

impl Registry {
    /// Enters a plan, together with the first records of its log: its text, and the act that it was created. All of it or nothing.
    pub async fn create_plan(
        &self,
        chair: &people::Member,
        plan: PlanId,
        title: String,
        access: BTreeMap<PartyId, Access>,
        consent: BTreeSet<PartyId>,
        log: Vec<Bytes>,
    ) -> Result<(), RegistryError> {
        check_title(&title)?;
        let conference = chair.conference.clone();
        let log = (DocAddress::Plan(conference.clone(), plan.clone()), 0, log);
        self.change_with(chair.author(), Beside::first(log), |state| {
            check_present(state, chair)?;
            let entry = state.conferences.get(&conference).ok_or(RegistryError::NotFound)?;
            check_free(entry.plans.contains_key(&plan), "plan", &plan)?;
            check_room(entry.plans.len(), limits::PLANS_MAX, "plans")?;
            check_parties(entry, access.keys())?;
            check_parties(entry, &consent)?;
            check_consent(&access, &consent)?;
            Ok(vec![Event::PlanCreated { conference: conference.clone(), plan, title, access, consent: Some(consent) }])
        })
        .await?;
        Ok(())
    }

    /// Says anew what each party may do with a plan, and of those of which that decides whether they can consent, whether they must.
    /// Whoever must consent stays able to take it back: it keeps the right to take positions.
    pub async fn set_access(
        &self,
        rooms: &Arc<Rooms>,
        chair: &people::Member,
        plan: PlanId,
        list: api::AccessList,
    ) -> Result<(), RegistryError> {
        let doc = DocAddress::Plan(chair.conference.clone(), plan.clone());
        self.change_told(rooms, chair, doc, |state| {
            let old = plan_of(state, chair, &plan)?;
            let entry = state.conferences.get(&chair.conference).ok_or(RegistryError::NotFound)?;
            check_parties(entry, list.access.keys())?;
            check_parties(entry, list.consent.keys())?;
            let consent = consent_after(old, &list)?;
            if old.access == list.access && old.must_consent() == consent {
                return Ok(vec![]);
            }
            let (conference, plan, access) = (chair.conference.clone(), plan.clone(), list.access.clone());
            Ok(vec![Event::AccessChanged { conference, plan, access, consent: Some(consent), told: None }])
        })
        .await
    }

    /// Renames a plan in lists, or says whether it is worked on: one of both, so that one act tells of it.
    pub async fn change_plan(
        &self,
        rooms: &Arc<Rooms>,
        chair: &people::Member,
        plan: PlanId,
        change: api::PlanChange,
    ) -> Result<(), RegistryError> {
        let api::PlanChange { title, state: to } = change;
        title.as_ref().map_or(Ok(()), |title| check_title(title))?;
        if title.is_some() == to.is_some() {
            return Err(RegistryError::Invalid("give a title or a state, one of both".into()));
        }
        let doc = DocAddress::Plan(chair.conference.clone(), plan.clone());
        self.change_told(rooms, chair, doc, |state| {
            let old = plan_of(state, chair, &plan)?;
            if title.as_ref().is_none_or(|title| old.title == *title) && to.is_none_or(|to| old.state == to) {
                return Ok(vec![]);
            }
            let (conference, plan, title) = (chair.conference.clone(), plan.clone(), title.clone());
            Ok(vec![Event::PlanChanged { conference, plan, title, state: to }])
        })
        .await
    }

    /// Says which parties must consent to the words of a plan.
    pub async fn choose_consent(
        &self,
        rooms: &Arc<Rooms>,
        chair: &people::Member,
        plan: PlanId,
        parties: BTreeSet<PartyId>,
    ) -> Result<(), RegistryError> {
        let doc = DocAddress::Plan(chair.conference.clone(), plan.clone());
        self.change_told(rooms, chair, doc, |state| {
            let old = plan_of(state, chair, &plan)?;
            let entry = state.conferences.get(&chair.conference).ok_or(RegistryError::NotFound)?;
            check_parties(entry, &parties)?;
            check_consent(&old.access, &parties)?;
            let (conference, plan) = (chair.conference.clone(), plan.clone());
            let event = Event::ConsentChosen { conference, plan, parties: Some(parties.clone()), told: None };
            Ok(if old.consent.as_ref() == Some(&parties) { vec![] } else { vec![event] })
        })
        .await
    }
}

fn plan_of<'a>(state: &'a Registered, chair: &people::Member, plan: &PlanId) -> Result<&'a PlanEntry, RegistryError> {
    check_present(state, chair)?;
    state.conferences.get(&chair.conference).and_then(|entry| entry.plans.get(plan)).ok_or(RegistryError::NotFound)
}

/// Who must consent after a change of access: those who must now, but for whom the chair says otherwise.
fn consent_after(old: &PlanEntry, list: &api::AccessList) -> Result<BTreeSet<PartyId>, RegistryError> {
    let (could, can, mut consent) = (can_consent(&old.access), can_consent(&list.access), old.must_consent());
    if let Some(party) = can.difference(&could).find(|party| !list.consent.contains_key(party)) {
        return Err(RegistryError::Invalid(format!("{party} can consent from now on: say whether it must")));
    }
    for (party, must) in &list.consent {
        if *must {
            consent.insert(party.clone())
        } else {
            consent.remove(party)
        };
    }
    if let Some(party) = consent.iter().find(|party| could.contains(*party) && !can.contains(*party)) {
        let why = "must consent, so it keeps draft or propose: choose anew who must consent first, or say here that it need not";
        return Err(RegistryError::Invalid(format!("{party} {why}")));
    }
    check_consent(&list.access, &consent)?;
    Ok(consent)
}

/// A party that cannot take a position could never consent; and where nobody had to, all words would be agreed.
fn check_consent(access: &BTreeMap<PartyId, Access>, parties: &BTreeSet<PartyId>) -> Result<(), RegistryError> {
    let can = can_consent(access);
    if let Some(party) = parties.difference(&can).next() {
        return Err(RegistryError::Invalid(format!("{party} cannot consent: give it draft or propose on the plan first")));
    }
    if parties.is_empty() && !can.is_empty() {
        return Err(RegistryError::Invalid("name at least one party that must consent".into()));
    }
    Ok(())
}
