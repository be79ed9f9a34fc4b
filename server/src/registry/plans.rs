//! Plans: their entries, what each party may do with them, who must consent.

use bytes::Bytes;
use plenary_shared::{
    access::Access,
    id::{DocAddress, PartyId, PlanId},
    limits, people,
};
use std::collections::{BTreeMap, BTreeSet};

use super::{
    Registry, RegistryError, check_free, check_name, check_parties, check_present, check_room, event::Event, state::PlanEntry,
};

impl Registry {
    /// Enters a plan, together with the first record of its text: both or neither.
    pub async fn create_plan(
        &self,
        chair: &people::Member,
        plan: PlanId,
        title: String,
        access: BTreeMap<PartyId, Access>,
        text: Bytes,
    ) -> Result<(), RegistryError> {
        check_name("the title", &title)?;
        let conference = chair.conference.clone();
        let text = (DocAddress::Plan(conference.clone(), plan.clone()), 0, vec![text]);
        self.change_with(chair.author(), vec![text], |state| {
            check_present(state, chair)?;
            let entry = state.conferences.get(&conference).ok_or(RegistryError::NotFound)?;
            check_free(entry.plans.contains_key(&plan), "plan", &plan)?;
            check_room(entry.plans.len(), limits::PLANS_MAX, "plans")?;
            check_parties(entry, access.keys())?;
            Ok(vec![Event::PlanCreated { conference: conference.clone(), plan, title, access }])
        })
        .await?;
        Ok(())
    }

    /// Says anew what each party may do with a plan. Whoever was chosen to consent must stay able to take it back: as long as it is
    /// chosen it keeps the right to take positions.
    pub async fn set_access(
        &self,
        chair: &people::Member,
        plan: PlanId,
        access: BTreeMap<PartyId, Access>,
    ) -> Result<(), RegistryError> {
        let conference = chair.conference.clone();
        self.change(chair.author(), |state| {
            check_present(state, chair)?;
            let entry = state.conferences.get(&conference).ok_or(RegistryError::NotFound)?;
            let old = entry.plans.get(&plan).ok_or(RegistryError::NotFound)?;
            check_parties(entry, access.keys())?;
            if let Some(party) = old.consent.iter().flatten().find(|party| !can_consent(&access, party)) {
                let why = "was chosen to consent, so it keeps draft or propose: choose anew who must consent first";
                return Err(RegistryError::Invalid(format!("{party} {why}")));
            }
            let changed = old.access != access;
            let event = Event::AccessChanged { conference: conference.clone(), plan, access };
            Ok(if changed { vec![event] } else { vec![] })
        })
        .await?;
        Ok(())
    }

    /// Says which parties must consent to the words of a plan; `None`: all with `draft` or `propose`.
    pub async fn choose_consent(
        &self,
        chair: &people::Member,
        plan: PlanId,
        parties: Option<BTreeSet<PartyId>>,
    ) -> Result<(), RegistryError> {
        let conference = chair.conference.clone();
        self.change(chair.author(), |state| {
            check_present(state, chair)?;
            let entry = state.conferences.get(&conference).ok_or(RegistryError::NotFound)?;
            let old = entry.plans.get(&plan).ok_or(RegistryError::NotFound)?;
            if let Some(parties) = &parties {
                check_parties(entry, parties)?;
                check_consent(old, parties)?;
            }
            let changed = old.consent != parties;
            let event = Event::ConsentChosen { conference: conference.clone(), plan, parties };
            Ok(if changed { vec![event] } else { vec![] })
        })
        .await?;
        Ok(())
    }
}

/// A party that cannot take a position could never consent, and without any party all words would be agreed.
fn check_consent(plan: &PlanEntry, parties: &BTreeSet<PartyId>) -> Result<(), RegistryError> {
    if parties.is_empty() {
        return Err(RegistryError::Invalid("name at least one party that must consent, or none for all that may".into()));
    }
    match parties.iter().find(|party| !can_consent(&plan.access, party)) {
        Some(party) => Err(RegistryError::Invalid(format!("{party} cannot consent: give it draft or propose on the plan first"))),
        None => Ok(()),
    }
}

/// Whether a party may take positions: those who must consent are always among these.
fn can_consent(access: &BTreeMap<PartyId, Access>, party: &PartyId) -> bool {
    access.get(party) >= Some(&Access::Propose)
}
