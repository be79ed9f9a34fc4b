//! Who reads and writes which layer, and who opens one.

use super::{
    table::{Table, access, parties, plan},
    *,
};
use plenary_shared::{access::Access, people::Audience};

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
    ("cel/private", "- --- --- wwr ---"),
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
async fn a_layer_that_its_party_closed_is_read_by_it_alone_until_it_says_who_else_reads_it() {
    let table = Table::new().await;
    table.open("arv/delegate", "talk", &["bor"]).await.unwrap();
    for seat in ["arv/adviser", "bor/delegate", "med/chair"] {
        assert!(table.close(seat, "talk").await.is_err(), "{seat}");
    }
    assert!(table.close("arv/delegate", "public").await.is_err());
    table.close("arv/delegate", "talk").await.unwrap();
    for registry in [&table.registry, &Registry::open(table.store.clone()).unwrap()] {
        let right = |seat: &str| table.right(registry, seat, "arv/talk");
        assert_eq!((right("arv/delegate"), right("bor/delegate")), ('r', '-'));
    }
    assert!(table.open("arv/delegate", "talk", &[]).await.is_err(), "its name stays taken");
    table.narrow("arv/delegate", "talk", &[]).await.unwrap();
    assert_eq!(table.right(&table.registry, "arv/delegate", "arv/talk"), 'w');
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
