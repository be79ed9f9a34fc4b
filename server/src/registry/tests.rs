//! What the registry promises, against a store in memory.

mod layers;
mod plans;
mod seats;
mod table;

use super::*;
use crate::{
    store::MemoryStore,
    testing::{Table, plan},
};
use plenary_shared::{access::Role, share::ShareKind, wire::shares::NewShare};

fn party(id: &str) -> people::Party {
    people::Party { id: id.parse().unwrap(), name: id.to_uppercase() }
}

async fn conference(registry: &Registry) -> api::Invitation {
    let new =
        api::NewConference { id: "talks".parse().unwrap(), title: "Talks".into(), party: party("med"), chair: "Mara".into() };
    registry.open_conference(new).await.unwrap()
}

#[tokio::test]
async fn a_request_that_goes_away_leaves_the_log_whole() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let registry = Registry::open(store.clone()).unwrap();
    let chair = conference(&registry).await.member;
    for id in ["arv", "bor", "cel"] {
        let answer = futures_util::future::poll_immediate(Box::pin(registry.add_party(&chair, party(id)))).await;
        assert!(answer.is_none(), "the request is dropped in the middle");
        drop(registry.ends.lock().await);
    }
    registry.add_party(&chair, party("dor")).await.unwrap();
    for registry in [&registry, &Registry::open(store).unwrap()] {
        let parties = registry.conference(&chair, |entry| entry.parties.len()).unwrap();
        assert_eq!(parties, 5, "what was decided is carried through");
    }
}

#[tokio::test]
async fn an_invitation_is_good_once_and_revoking_ends_what_it_gave() {
    let registry = Registry::open(Arc::new(MemoryStore::default())).unwrap();
    let invitation = conference(&registry).await;
    let joined = registry.join(&invitation.invitation).await.unwrap();
    assert!(matches!(registry.join(&invitation.invitation).await, Err(RegistryError::Invitation)));
    let new = api::NewMember { party: "med".parse().unwrap(), role: Role::Chair, name: "Two".into(), expires_s: None };
    let second = registry.invite(&invitation.member, new).await.unwrap();
    let only = registry.revoke(&second.member, invitation.member.member.clone()).await;
    assert!(matches!(only, Err(RegistryError::Forbidden(_))), "a chair who has not joined is none yet");
    registry.join(&second.invitation).await.unwrap();
    let token = SecretDigest::of(&joined.token.unwrap());
    assert!(registry.whoami(&token).is_some());
    registry.revoke(&second.member, invitation.member.member.clone()).await.unwrap();
    assert!(registry.whoami(&token).is_none());
    let again = registry.add_party(&invitation.member, party("arv")).await;
    assert!(matches!(again, Err(RegistryError::NotFound)), "a request under way is judged by the rights of now");
    let only = registry.revoke(&second.member, second.member.member.clone()).await;
    assert!(matches!(only, Err(RegistryError::Forbidden(_))), "a conference keeps a chair");
}

#[tokio::test]
async fn a_share_is_raised_never_lowered_and_is_known_after_a_restart() {
    let store = Arc::new(MemoryStore::default());
    let table = Table::on(store.clone()).await;
    let of = |bytes| NewShare { party: "arv".parse().unwrap(), kind: ShareKind::Text, bytes };
    let chair = table.member("med");
    let twice = ShareKind::Text.bytes() * 2;
    table.registry.raise_share(chair, plan(), &of(twice)).await.unwrap();
    for bad in [twice - 1, limits::SHARE_BYTES_MAX + 1] {
        assert!(table.registry.raise_share(chair, plan(), &of(bad)).await.is_err(), "{bad}");
    }
    let again = Registry::open(store).unwrap();
    let known: Vec<_> = again.shares().into_iter().map(|((.., party, kind), bytes)| (party, kind, bytes)).collect();
    assert_eq!(known, [("arv".parse().unwrap(), ShareKind::Text, twice)]);
}
