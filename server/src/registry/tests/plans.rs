//! Whether a plan is worked on, who must consent to it, and which parties take part.

use super::{
    table::{Table, access, parties, state, titled},
    *,
};
use crate::plans;
use plenary_shared::{
    access::{Access, PlanState},
    id::PlanId,
};

#[tokio::test]
async fn nobody_changes_a_closed_plan_and_nobody_writes_on_a_struck_one_until_the_chair_opens_it() {
    let table = Table::new().await;
    let rights = |registry: &Registry| {
        let of = [("med/chair", ""), ("arv/delegate", ""), ("arv/delegate", "/arv/positions"), ("cel/adviser", "/cel/private")];
        let right = |(seat, layer)| match registry.rights(&table.seats[seat].1, &format!("talks/plan{layer}").parse().unwrap()) {
            Some(Rights { write: true, .. }) => 'w',
            Some(_) => 'r',
            None => '-',
        };
        of.into_iter().map(right).collect::<String>()
    };
    for (to, told) in [(PlanState::Closed, "rrww"), (PlanState::Struck, "rrrr"), (PlanState::Open, "wwww")] {
        table.change(state(to)).await.unwrap();
        for registry in [&table.registry, &Registry::open(table.store.clone()).unwrap()] {
            assert_eq!(rights(registry), told, "{to}");
        }
    }
    for both in [api::PlanChange::default(), api::PlanChange { state: Some(PlanState::Closed), ..titled("x") }, titled("")] {
        assert!(matches!(table.change(both).await, Err(RegistryError::Invalid(_))));
    }
}

#[tokio::test]
async fn a_party_is_closed_once_no_plan_lists_it_and_then_given_nothing() {
    let table = Table::new().await;
    let chair = table.member("med/chair");
    let change = async |party: &str, name: Option<&str>, closed: Option<bool>| {
        let to = api::PartyChange { name: name.map(str::to_owned), closed };
        table.registry.change_party(chair, party.parse().unwrap(), to).await
    };
    let refused = change("bor", None, Some(true)).await;
    assert!(matches!(&refused, Err(RegistryError::Invalid(why)) if why.contains("lists of plan")), "{refused:?}");
    assert!(change("med", None, Some(true)).await.is_err(), "the chair's own");
    assert!(change("eld", None, Some(true)).await.is_err(), "no party of the conference");
    assert!(change("dor", Some("ARV"), None).await.is_err(), "another one's name");
    assert_eq!(change("dor", Some("Duchy of Dor"), Some(true)).await.unwrap().name, "Duchy of Dor");
    let mut with = access();
    with.insert("dor".parse().unwrap(), Access::Read);
    assert!(table.give(with.clone(), &[]).await.is_err());
    assert!(table.open("arv/delegate", "talk", &["dor"]).await.is_err());
    let new = api::NewMember { party: "dor".parse().unwrap(), role: Role::Adviser, name: "Ugo".into(), expires_s: None };
    assert!(table.registry.invite(table.member("dor/head"), new.clone()).await.is_err());
    let again = Registry::open(table.store.clone()).unwrap();
    let known = again.conference(chair, |entry| (entry.closed.clone(), entry.parties[&new.party].clone())).unwrap();
    assert_eq!(known, (parties(&["dor"]), "Duchy of Dor".to_owned()));
    change("dor", None, Some(false)).await.unwrap();
    table.give(with, &[]).await.unwrap();
    table.registry.invite(table.member("dor/head"), new).await.unwrap();
}

#[tokio::test]
async fn the_chair_chooses_who_must_consent_among_those_who_can() {
    let table = Table::new().await;
    assert_eq!(table.consent(&table.registry), ["arv", "bor"], "all with draft or propose when it was created");
    table.choose(&["bor"]).await.unwrap();
    assert_eq!(table.consent(&table.registry), ["bor"]);
    assert_eq!(table.consent(&Registry::open(table.store.clone()).unwrap()), ["bor"]);
    for bad in [&["cel"][..], &["dor"], &["eld"], &[]] {
        assert!(matches!(table.choose(bad).await, Err(RegistryError::Invalid(_))), "{bad:?}");
    }
    for (consent, holds) in [(&["cel"][..], false), (&[], false), (&["bor"], true)] {
        let (id, consent): (PlanId, _) = (format!("plan-{holds}").parse().unwrap(), Some(parties(consent)));
        let new = api::NewPlan { id, title: None, markdown: None, access: access(), consent };
        assert_eq!(plans::create(&table.registry, table.member("med/chair"), new).await.is_ok(), holds);
    }
}

#[tokio::test]
async fn who_was_chosen_to_consent_cannot_be_kept_from_taking_it_back() {
    let table = Table::new().await;
    let less = |bor: Option<Access>| {
        let mut access = access();
        access.remove(&"bor".parse().unwrap());
        access.extend(bor.map(|bor| ("bor".parse().unwrap(), bor)));
        access
    };
    for access in [Some(Access::Read), None] {
        let refused = table.give(less(access), &[]).await;
        assert!(matches!(&refused, Err(RegistryError::Invalid(why)) if why.contains("bor") && why.contains("choose anew")));
        assert_eq!(table.right(&table.registry, "bor/delegate", "bor/positions"), 'w');
    }
    table.give(less(Some(Access::Draft)), &[]).await.unwrap();
    table.choose(&["arv"]).await.unwrap();
    table.give(less(Some(Access::Read)), &[]).await.unwrap();
    assert_eq!(table.right(&table.registry, "bor/delegate", "bor/positions"), 'r');
    let nobody = table.give(less(Some(Access::Draft)), &[("bor", false), ("arv", false)]).await;
    assert!(matches!(nobody, Err(RegistryError::Invalid(_))), "where nobody has to, all would be agreed");
}

#[tokio::test]
async fn who_drafts_is_one_thing_and_who_must_consent_another_that_the_chair_says() {
    let table = Table::new().await;
    let give = async |cel: Access, consent: &[(&str, bool)]| {
        let mut access = access();
        access.insert("cel".parse().unwrap(), cel);
        table.give(access, consent).await
    };
    let unsaid = give(Access::Propose, &[]).await;
    assert!(matches!(&unsaid, Err(RegistryError::Invalid(why)) if why.contains("cel") && why.contains("say whether")));
    give(Access::Propose, &[("cel", false)]).await.unwrap();
    give(Access::Draft, &[]).await.unwrap();
    assert_eq!(table.consent(&table.registry), ["arv", "bor"]);
    give(Access::Read, &[]).await.unwrap();
    give(Access::Draft, &[("cel", true)]).await.unwrap();
    give(Access::Propose, &[]).await.unwrap();
    for registry in [&table.registry, &Registry::open(table.store.clone()).unwrap()] {
        assert_eq!(table.consent(registry), ["arv", "bor", "cel"]);
    }
}

#[tokio::test]
async fn what_all_readers_may_know_of_a_document_stands_in_its_own_log() {
    let table = Table::new().await;
    table.give([("arv".parse().unwrap(), Access::Draft)].into(), &[("bor", false)]).await.unwrap();
    table.give([("arv".parse().unwrap(), Access::Draft)].into(), &[]).await.unwrap();
    table.open("arv/delegate", "talk", &["arv", "bor"]).await.unwrap();
    table.narrow("arv/delegate", "talk", &["bor"]).await.unwrap();
    table.narrow("arv/delegate", "talk", &[]).await.unwrap();
    table.close("arv/delegate", "talk").await.unwrap();
    table.close("arv/delegate", "talk").await.unwrap();
    for change in [titled("Second"), titled("Second"), state(PlanState::Closed), state(PlanState::Open)] {
        table.change(change).await.unwrap();
    }
    assert!(table.choose(&["bor"]).await.is_err());
    let created =
        r#"{"act":"created","title":"plan","access":{"arv":"draft","bor":"propose","cel":"read"},"consent":["arv","bor"]}"#;
    let access = r#"{"act":"access","access":{"arv":"draft"},"consent":["arv"]}"#;
    let renamed = r#"{"act":"renamed","title":"Second"}"#;
    let [closed, open] = ["closed", "open"].map(|state| format!(r#"{{"act":"state","state":"{state}"}}"#));
    assert_eq!(table.acts("talks/plan"), [created, access, renamed, &closed, &open].map(|act| format!("med-1 {act}")));
    let opened = r#"{"act":"opened","audience":["bor"]}"#;
    let acts = [opened, r#"{"act":"audience","audience":[]}"#, r#"{"act":"closed"}"#];
    assert_eq!(table.acts("talks/plan/arv/talk"), acts.map(|act| format!("arv-2 {act}")));
    assert_eq!(table.rooms.end(&"talks/plan".parse().unwrap()).await.unwrap().seq, 6, "the room knows where its log ends");
}
