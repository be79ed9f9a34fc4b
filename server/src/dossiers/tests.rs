//! Views of a plan, on a server in memory.

use plenary_shared::{
    access::{Access, Role},
    api::{Member, NewConference, NewMember, NewPlan, Party},
    id::PartyId,
};
use std::{collections::BTreeMap, sync::mpsc};

use super::*;
use crate::{metrics::Figures, plans, store::MemoryStore};

/// A conference of arv, bor and the chair's party on one plan.
struct Table {
    registry: Arc<Registry>,
    rooms: Arc<Rooms>,
    seats: BTreeMap<&'static str, Member>,
}

fn plan() -> PlanId {
    "plan".parse().unwrap()
}

impl Table {
    async fn new() -> Self {
        let store = Arc::new(MemoryStore::default());
        let registry = Arc::new(Registry::open(store.clone()).unwrap());
        let rooms = Rooms::new(store, Arc::new(Figures::default()));
        let party = |id: &str| Party { id: id.parse().unwrap(), name: id.to_uppercase() };
        let new = NewConference { id: "talks".parse().unwrap(), title: "Talks".into(), party: party("med"), chair: "M".into() };
        let chair = registry.open_conference(new).await.unwrap().member;
        let mut seats: BTreeMap<_, _> = [("med", chair.clone())].into();
        for id in ["arv", "bor"] {
            registry.add_party(&chair, party(id)).await.unwrap();
            let new = NewMember { party: id.parse().unwrap(), role: Role::Delegate, name: "Ana".into(), expires_s: None };
            seats.insert(id, registry.invite(&chair, new).await.unwrap().member);
        }
        let access: BTreeMap<PartyId, Access> = ["arv", "bor"].map(|id| (id.parse().unwrap(), Access::Draft)).into();
        let markdown = Some("# Plan\n\n1. The parties shall withdraw.\n".into());
        plans::create(&registry, &rooms, &chair, NewPlan { id: plan(), title: None, markdown, access }).await.unwrap();
        Self { registry, rooms, seats }
    }
}

#[tokio::test]
async fn a_view_keeps_its_place_until_it_is_made_also_when_nobody_waits_for_it() {
    let table = Table::new().await;
    let (begun, begins) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let (place, held) = tokio::sync::oneshot::channel::<()>();
    let view_of = {
        let (registry, rooms, arv) = (table.registry.clone(), table.rooms.clone(), table.seats["arv"].clone());
        tokio::spawn(async move {
            let slow = move |_: &Dossier| {
                begun.send(()).unwrap();
                goes_on.recv().unwrap();
            };
            view(&registry, &rooms, &arv, &plan(), place, slow).await
        })
    };
    tokio::task::spawn_blocking(move || begins.recv().unwrap()).await.unwrap();
    view_of.abort();
    assert!(view_of.await.unwrap_err().is_cancelled());
    let mut held = held;
    assert!(matches!(held.try_recv(), Err(tokio::sync::oneshot::error::TryRecvError::Empty)), "the work goes on");
    go_on.send(()).unwrap();
    assert!(held.await.is_err(), "and gives its place back");
}
