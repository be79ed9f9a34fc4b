//! A conference with seats of every kind, for the promises about layers and plans.

use super::*;
use crate::{plans, rooms::Rooms};
use plenary_shared::{
    access::{Access, PlanState},
    id::{LayerId, PlanId},
    log::act::Act,
    wire::api::NewLayer,
};
use std::collections::{BTreeMap, BTreeSet};

/// A conference of four parties and the chair's on one plan: arv drafts, bor proposes, cel reads, dor does not see it.
pub(super) struct Table {
    pub(super) store: Arc<dyn Store>,
    pub(super) registry: Registry,
    pub(super) rooms: Arc<Rooms>,
    /// By `party/role`.
    pub(super) seats: BTreeMap<String, (people::Member, SecretDigest)>,
}

pub(super) fn plan() -> PlanId {
    "plan".parse().unwrap()
}

pub(super) fn layer(id: &str) -> LayerId {
    id.parse().unwrap()
}

pub(super) fn parties(ids: &[&str]) -> BTreeSet<PartyId> {
    ids.iter().map(|id| id.parse().unwrap()).collect()
}

pub(super) fn access() -> BTreeMap<PartyId, Access> {
    let listed = [("arv", Access::Draft), ("bor", Access::Propose), ("cel", Access::Read)];
    listed.map(|(party, access)| (party.parse().unwrap(), access)).into()
}

pub(super) fn titled(title: &str) -> api::PlanChange {
    api::PlanChange { title: Some(title.into()), state: None }
}

pub(super) fn state(state: PlanState) -> api::PlanChange {
    api::PlanChange { title: None, state: Some(state) }
}

impl Table {
    pub(super) async fn new() -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let registry = Registry::open(store.clone()).unwrap();
        let opened = conference(&registry).await;
        let chair = opened.member.clone();
        let mut invitations = vec![("med/chair".to_owned(), opened)];
        for id in ["arv", "bor", "cel", "dor"] {
            registry.add_party(&chair, party(id)).await.unwrap();
            let mut by = chair.clone();
            for role in [Role::Head, Role::Delegate, Role::Adviser, Role::Observer] {
                let new = api::NewMember { party: id.parse().unwrap(), role, name: "Ana".into(), expires_s: None };
                let invitation = registry.invite(&by, new).await.unwrap();
                by = if role == Role::Head { invitation.member.clone() } else { by };
                invitations.push((format!("{id}/{role}"), invitation));
            }
        }
        let new = api::NewPlan { id: plan(), title: None, markdown: None, access: access(), consent: None };
        plans::create(&registry, &chair, new).await.unwrap();
        let mut seats = BTreeMap::new();
        for (seat, invitation) in invitations {
            let token = registry.join(&invitation.invitation).await.unwrap().token.unwrap();
            seats.insert(seat, (invitation.member, SecretDigest::of(&token)));
        }
        let rooms = Rooms::new(store.clone(), Arc::default());
        Self { store, registry, rooms, seats }
    }

    /// Says what each party may do, and of these whether they must consent.
    pub(super) async fn give(&self, access: BTreeMap<PartyId, Access>, consent: &[(&str, bool)]) -> Result<(), RegistryError> {
        let consent = consent.iter().map(|(party, must)| (party.parse().unwrap(), *must)).collect();
        self.registry.set_access(&self.rooms, self.member("med/chair"), plan(), api::AccessList { access, consent }).await
    }

    pub(super) async fn choose(&self, ids: &[&str]) -> Result<(), RegistryError> {
        self.registry.choose_consent(&self.rooms, self.member("med/chair"), plan(), parties(ids)).await
    }

    /// Who must consent, by a registry of the same log.
    pub(super) fn consent(&self, registry: &Registry) -> Vec<String> {
        let read = |entry: &ConferenceEntry| entry.plans[&plan()].must_consent();
        let consent = registry.conference(self.member("cel/observer"), read).unwrap();
        consent.iter().map(|party| party.to_string()).collect()
    }

    /// What the log of a document tells of acts, as JSON; it is whole.
    pub(super) fn acts(&self, doc: &str) -> Vec<String> {
        let doc = doc.parse().unwrap();
        let mut acts = Vec::new();
        follow(&*self.store, &doc, |_, record| {
            acts.extend(Act::of(&record).map(|act| format!("{} {}", record.author.member, str::from_utf8(&act.told()).unwrap())));
            Ok(())
        })
        .unwrap();
        acts
    }

    pub(super) fn member(&self, seat: &str) -> &people::Member {
        &self.seats[seat].0
    }

    pub(super) async fn open(&self, seat: &str, name: &str, audience: &[&str]) -> Result<(), RegistryError> {
        let new = NewLayer { layer: layer(name), audience: parties(audience) };
        self.registry.open_layer(self.member(seat), plan(), new).await.map(drop)
    }

    pub(super) async fn narrow(&self, seat: &str, name: &str, audience: &[&str]) -> Result<(), RegistryError> {
        self.registry.set_audience(&self.rooms, self.member(seat), plan(), layer(name), parties(audience)).await
    }

    pub(super) async fn close(&self, seat: &str, name: &str) -> Result<(), RegistryError> {
        self.registry.close_layer(&self.rooms, self.member(seat), plan(), layer(name)).await
    }

    pub(super) async fn change(&self, change: api::PlanChange) -> Result<(), RegistryError> {
        self.registry.change_plan(&self.rooms, self.member("med/chair"), plan(), change).await
    }

    /// `w` writes and reads, `r` reads, `-` does not know of it.
    pub(super) fn right(&self, registry: &Registry, seat: &str, of: &str) -> char {
        let address: DocAddress = format!("talks/plan/{of}").parse().unwrap();
        match registry.rights(&self.seats[seat].1, &address) {
            Some(Rights { write: true, .. }) => 'w',
            Some(Rights { write: false, .. }) => 'r',
            None => '-',
        }
    }

    pub(super) fn listed(&self, seat: &str) -> Vec<String> {
        let Ok(layers) = self.registry.readable_layers(self.member(seat), &plan()) else { return vec![] };
        layers.iter().map(|people::Layer { party, layer, .. }| format!("{party}/{layer}")).collect()
    }
}
