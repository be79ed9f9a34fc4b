//! A conference on a server in memory, for tests.

use plenary_shared::{
    access::{Access, Role},
    api::{Member, NewConference, NewMember, NewPlan, Party},
    id::{PartyId, PlanId},
};
use std::{collections::BTreeMap, sync::Arc};

use crate::{
    auth::SecretDigest,
    metrics::Figures,
    plans,
    registry::Registry,
    rooms::Rooms,
    store::{MemoryStore, Store},
};

/// A conference of arv, bor and the chair's party, med, on one plan; both parties draft.
pub struct Table {
    pub registry: Arc<Registry>,
    pub rooms: Arc<Rooms>,
    /// One member of each party, and its token.
    pub seats: BTreeMap<&'static str, (Member, SecretDigest)>,
}

/// Its plan.
pub fn plan() -> PlanId {
    "plan".parse().unwrap()
}

impl Table {
    pub async fn new() -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let registry = Arc::new(Registry::open(store.clone()).unwrap());
        let rooms = Rooms::new(store, Arc::new(Figures::default()));
        let party = |id: &str| Party { id: id.parse().unwrap(), name: id.to_uppercase() };
        let new = NewConference { id: "talks".parse().unwrap(), title: "Talks".into(), party: party("med"), chair: "M".into() };
        let mut invited = vec![("med", registry.open_conference(new).await.unwrap())];
        let chair = invited[0].1.member.clone();
        for id in ["arv", "bor"] {
            registry.add_party(&chair, party(id)).await.unwrap();
            let new = NewMember { party: id.parse().unwrap(), role: Role::Delegate, name: "Ana".into(), expires_s: None };
            invited.push((id, registry.invite(&chair, new).await.unwrap()));
        }
        let mut seats = BTreeMap::new();
        for (id, invitation) in invited {
            let token = registry.join(&invitation.invitation).await.unwrap().token.unwrap();
            seats.insert(id, (invitation.member, SecretDigest::of(&token)));
        }
        let access: BTreeMap<PartyId, Access> = ["arv", "bor"].map(|id| (id.parse().unwrap(), Access::Draft)).into();
        let markdown = Some("# Plan\n\n1. The parties shall withdraw.\n".into());
        plans::create(&registry, &rooms, &chair, NewPlan { id: plan(), title: None, markdown, access }).await.unwrap();
        Self { registry, rooms, seats }
    }
}
