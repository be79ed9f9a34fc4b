//! Who reads and writes which layer, who opens one, who must consent.

use super::*;
use crate::{plans, rooms::Rooms};
use plenary_shared::{
    access::Access,
    id::{LayerId, PlanId},
    log::act::Act,
    people::Audience,
    wire::api::NewLayer,
};
use std::collections::{BTreeMap, BTreeSet};

/// A conference of four parties and the chair's on one plan: arv drafts, bor proposes, cel reads, dor does not see it.
struct Table {
    store: Arc<dyn Store>,
    registry: Registry,
    rooms: Arc<Rooms>,
    /// By `party/role`.
    seats: BTreeMap<String, (people::Member, SecretDigest)>,
}

fn plan() -> PlanId {
    "plan".parse().unwrap()
}

fn layer(id: &str) -> LayerId {
    id.parse().unwrap()
}

fn parties(ids: &[&str]) -> BTreeSet<PartyId> {
    ids.iter().map(|id| id.parse().unwrap()).collect()
}

fn access() -> BTreeMap<PartyId, Access> {
    let listed = [("arv", Access::Draft), ("bor", Access::Propose), ("cel", Access::Read)];
    listed.map(|(party, access)| (party.parse().unwrap(), access)).into()
}

impl Table {
    async fn new() -> Self {
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
    async fn give(&self, access: BTreeMap<PartyId, Access>, consent: &[(&str, bool)]) -> Result<(), RegistryError> {
        let consent = consent.iter().map(|(party, must)| (party.parse().unwrap(), *must)).collect();
        self.registry.set_access(&self.rooms, self.member("med/chair"), plan(), api::AccessList { access, consent }).await
    }

    async fn choose(&self, ids: &[&str]) -> Result<(), RegistryError> {
        self.registry.choose_consent(&self.rooms, self.member("med/chair"), plan(), parties(ids)).await
    }

    /// Who must consent, by a registry of the same log.
    fn consent(&self, registry: &Registry) -> Vec<String> {
        let read = |entry: &ConferenceEntry| entry.plans[&plan()].must_consent();
        let consent = registry.conference(self.member("cel/observer"), read).unwrap();
        consent.iter().map(|party| party.to_string()).collect()
    }

    /// What the log of a document tells of acts, as JSON; it is whole.
    fn acts(&self, doc: &str) -> Vec<String> {
        let doc = doc.parse().unwrap();
        let mut acts = Vec::new();
        follow(&*self.store, &doc, |_, record| {
            acts.extend(Act::of(&record).map(|act| format!("{} {}", record.author.member, str::from_utf8(&act.told()).unwrap())));
            Ok(())
        })
        .unwrap();
        acts
    }

    fn member(&self, seat: &str) -> &people::Member {
        &self.seats[seat].0
    }

    async fn open(&self, seat: &str, name: &str, audience: &[&str]) -> Result<(), RegistryError> {
        let new = NewLayer { layer: layer(name), audience: parties(audience) };
        self.registry.open_layer(self.member(seat), plan(), new).await.map(drop)
    }

    async fn narrow(&self, seat: &str, name: &str, audience: &[&str]) -> Result<(), RegistryError> {
        self.registry.set_audience(&self.rooms, self.member(seat), plan(), layer(name), parties(audience)).await
    }

    /// `w` writes and reads, `r` reads, `-` does not know of it.
    fn right(&self, registry: &Registry, seat: &str, of: &str) -> char {
        let address: DocAddress = format!("talks/plan/{of}").parse().unwrap();
        match registry.rights(&self.seats[seat].1, &address) {
            Some(Rights { write: true, .. }) => 'w',
            Some(Rights { write: false, .. }) => 'r',
            None => '-',
        }
    }

    fn listed(&self, seat: &str) -> Vec<String> {
        let Ok(layers) = self.registry.readable_layers(self.member(seat), &plan()) else { return vec![] };
        layers.iter().map(|people::Layer { party, layer, .. }| format!("{party}/{layer}")).collect()
    }
}

const SEATS: [&str; 13] = [
    "med/chair",
    "arv/delegate",
    "arv/adviser",
    "arv/observer",
    "bor/delegate",
    "bor/adviser",
    "bor/observer",
    "cel/delegate",
    "cel/adviser",
    "cel/observer",
    "dor/delegate",
    "dor/adviser",
    "dor/observer",
];

/// A layer, and what each of [`SEATS`] may do with it, party by party.
const RIGHTS: [(&str, &str); 16] = [
    ("med/private", "w --- --- --- ---"),
    ("med/public", "w rrr rrr rrr ---"),
    ("med/positions", "w rrr rrr rrr ---"),
    ("arv/private", "- wwr --- --- ---"),
    ("arv/public", "r wwr rrr rrr ---"),
    ("arv/positions", "r wrr rrr rrr ---"),
    ("bor/private", "- --- wwr --- ---"),
    ("bor/positions", "r rrr wrr rrr ---"),
    ("cel/private", "- --- --- rrr ---"),
    ("cel/public", "r rrr rrr rrr ---"),
    ("dor/private", "- --- --- --- ---"),
    ("dor/public", "- --- --- --- ---"),
    ("arv/with-bor", "- wwr rrr --- ---"),
    ("arv/with-dor", "- wwr --- --- ---"),
    ("bor/none", "- --- wwr --- ---"),
    ("arv/absent", "- --- --- --- ---"),
];

#[tokio::test]
async fn who_may_read_and_write_a_layer_is_this_table_and_so_are_the_lists() {
    let table = Table::new().await;
    table.open("arv/delegate", "with-bor", &["bor"]).await.unwrap();
    table.open("arv/delegate", "with-dor", &["dor"]).await.unwrap();
    table.open("bor/delegate", "none", &[]).await.unwrap();
    let again = Registry::open(table.store.clone()).unwrap();
    for (of, rights) in RIGHTS {
        let rights: Vec<char> = rights.chars().filter(|c| *c != ' ').collect();
        for (seat, right) in SEATS.iter().zip(rights) {
            assert_eq!(table.right(&table.registry, seat, of), right, "{seat} {of}");
            assert_eq!(table.right(&again, seat, of), right, "{seat} {of}, after a restart");
            assert_eq!(table.listed(seat).contains(&of.to_owned()), right != '-', "{seat} is listed {of}");
        }
    }
}

#[tokio::test]
async fn a_list_tells_the_audience_and_whether_one_writes_in_order() {
    let table = Table::new().await;
    table.open("arv/delegate", "talk", &["bor", "cel", "arv"]).await.unwrap();
    let layers = table.registry.readable_layers(table.member("bor/delegate"), &plan()).unwrap();
    let of = |name: &str| layers.iter().find(|l| l.party.as_str() == "arv" && l.layer.as_str() == name);
    let talk = of("talk").unwrap();
    assert_eq!(talk.audience, Audience::Parties(parties(&["bor", "cel"])), "the owner is not listed, the others are told");
    assert!(!talk.write && of("public").unwrap().audience == Audience::All && of("private").is_none());
    assert!(layers.is_sorted_by_key(|l| (l.party.clone(), l.layer.clone())));
    let own = layers.iter().find(|l| l.party.as_str() == "bor" && l.layer.as_str() == "private").unwrap();
    assert!(own.write && own.audience == Audience::Party);
}

#[tokio::test]
async fn a_layer_is_opened_and_its_audience_changed_by_who_speaks_for_its_party_alone() {
    let table = Table::new().await;
    for (seat, may) in [
        ("med/chair", "may"),
        ("arv/delegate", "may"),
        ("bor/delegate", "may"),
        ("arv/adviser", "forbidden"),
        ("arv/observer", "forbidden"),
        ("cel/delegate", "forbidden"),
        ("dor/delegate", "not found"),
    ] {
        let is = |result: Result<(), RegistryError>| match result {
            Ok(()) => "may",
            Err(RegistryError::Forbidden(_)) => "forbidden",
            Err(RegistryError::NotFound) => "not found",
            Err(error) => panic!("{error}"),
        };
        // The same name in each party: no clash, since nobody may learn of another's.
        assert_eq!(is(table.open(seat, "talk", &["bor"]).await), may, "{seat}");
        assert_eq!(is(table.narrow(seat, "talk", &[]).await), may, "{seat}");
    }
    let strange = table.narrow("bor/delegate", "absent", &[]).await;
    table.open("arv/delegate", "secret", &[]).await.unwrap();
    let hidden = table.narrow("bor/delegate", "secret", &["bor"]).await;
    assert!(matches!((strange, hidden), (Err(RegistryError::NotFound), Err(RegistryError::NotFound))));
    assert_eq!(table.right(&table.registry, "bor/delegate", "arv/secret"), '-');
    assert!(matches!(table.open("arv/delegate", "secret", &[]).await, Err(RegistryError::Exists { .. })));
    for name in ["private", "public", "positions"] {
        let (opened, changed) = (table.open("arv/delegate", name, &[]).await, table.narrow("arv/delegate", name, &["bor"]).await);
        for refused in [opened, changed] {
            assert!(matches!(refused, Err(RegistryError::Invalid(why)) if why.contains(name) && why.contains("another name")));
        }
    }
    let unknown = table.open("arv/delegate", "other", &["eld"]).await;
    assert!(matches!(unknown, Err(RegistryError::Invalid(why)) if why.contains("eld")));
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_layers_is_each_partys_own() {
    let table = Table::new().await;
    for n in 0..limits::LAYERS_MAX {
        tokio::time::sleep(limits::CHANGE_EVERY).await;
        table.open("arv/delegate", &format!("l-{n}"), &["bor"]).await.unwrap();
    }
    assert!(matches!(table.open("arv/delegate", "more", &[]).await, Err(RegistryError::Full { .. })));
    table.open("bor/delegate", "more", &[]).await.unwrap();
}

#[tokio::test]
async fn who_loses_the_plan_loses_its_layers_and_a_wider_audience_reads_at_once() {
    let table = Table::new().await;
    let right = |seat: &str, of: &str| table.right(&table.registry, seat, of);
    table.open("arv/delegate", "talk", &["bor"]).await.unwrap();
    table.narrow("arv/delegate", "talk", &["cel"]).await.unwrap();
    assert_eq!((right("bor/delegate", "arv/talk"), right("cel/observer", "arv/talk")), ('-', 'r'));
    table.give([("arv".parse().unwrap(), Access::Read)].into(), &[("arv", false), ("bor", false)]).await.unwrap();
    assert_eq!((right("cel/observer", "arv/talk"), right("cel/observer", "cel/private")), ('-', '-'));
    assert_eq!((right("arv/delegate", "arv/talk"), right("arv/delegate", "bor/public")), ('r', '-'));
    table.give(access(), &[("arv", true), ("bor", true)]).await.unwrap();
    assert_eq!((right("cel/observer", "arv/talk"), right("arv/delegate", "bor/public")), ('r', 'r'), "nothing was lost");
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
    assert!(table.choose(&["bor"]).await.is_err());
    let created =
        r#"{"act":"created","title":"plan","access":{"arv":"draft","bor":"propose","cel":"read"},"consent":["arv","bor"]}"#;
    let access = r#"{"act":"access","access":{"arv":"draft"},"consent":["arv"]}"#;
    assert_eq!(table.acts("talks/plan"), [created, access].map(|act| format!("med-1 {act}")));
    let [opened, closed] = [r#"{"act":"opened","audience":["bor"]}"#, r#"{"act":"audience","audience":[]}"#];
    assert_eq!(table.acts("talks/plan/arv/talk"), [opened, closed].map(|act| format!("arv-2 {act}")));
    assert_eq!(table.rooms.end(&"talks/plan".parse().unwrap()).await.unwrap().seq, 3, "the room knows where its log ends");
}

#[tokio::test(start_paused = true)]
async fn a_party_changes_its_layers_at_a_pace_of_its_own() {
    let table = Table::new().await;
    table.open("arv/delegate", "talk", &[]).await.unwrap();
    let toggle = async |n: u32| {
        let audience: &[&str] = if n.is_multiple_of(2) { &["bor"] } else { &[] };
        table.narrow("arv/delegate", "talk", audience).await
    };
    for n in 1..limits::CHANGES_AT_ONCE {
        toggle(n - 1).await.unwrap();
    }
    let last = limits::CHANGES_AT_ONCE - 1;
    assert!(matches!(toggle(last).await, Err(RegistryError::Pace)));
    assert!(matches!(table.open("arv/delegate", "other", &[]).await, Err(RegistryError::Pace)));
    toggle(last - 1).await.unwrap();
    table.open("bor/delegate", "talk", &["arv"]).await.unwrap();
    for n in last..last + 10 {
        tokio::time::sleep(limits::CHANGE_EVERY).await;
        toggle(n).await.unwrap();
    }
}
