//! What was once written opens for ever: a directory of each format stands in `tests/formats`, as the server of its time left it.

use bytes::Bytes;
use plenary_shared::{
    access::Role,
    id::DocAddress,
    log::record::{self, Branch, Digest, Provenance, Record, RecordKind, Right},
    people::Party,
    talk::layer,
    text::plan::Outline,
    wire::api::{NewLayer, NewMember},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use yrs::{Text, WriteTxn};

use crate::{
    check::check,
    metrics::Figures,
    registry::Registry,
    room::{document::Document, order::Order},
    rooms::{Change, Rooms},
    store::{DiskStore, Store},
    testing::{Table, copy, layer_at, note, plan, update},
};

/// The directory of format 3.
fn format_3() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/formats/3")
}

fn text_at() -> DocAddress {
    format!("talks/{}", plan()).parse().unwrap()
}

/// The records of a log, its chain checked.
fn log(store: &dyn Store, doc: &DocAddress) -> Vec<Record> {
    let mut head = Digest::genesis(doc);
    let mut opened = |sealed: Bytes| {
        let (record, digest) = record::open(&head, &sealed).unwrap();
        head = digest;
        record
    };
    store.read(doc, 0, usize::MAX, usize::MAX).unwrap().into_iter().map(|(_, sealed)| opened(sealed)).collect()
}

/// Writes the directory of the present format, once; what stands there is never written again.
#[tokio::test]
#[ignore = "writes the directory that stands in tests/formats"]
async fn write_the_directory_of_this_format() {
    let dir = format_3();
    assert!(!dir.exists(), "{} is there already", dir.display());
    let store: Arc<dyn Store> = Arc::new(DiskStore::open_small(&dir.join("store"), 4_000));
    {
        let table = Table::on(store.clone()).await;
        let (chair, arv) = (table.member("med"), table.member("arv"));
        table.registry.first_invitation().await.unwrap();
        table.registry.add_party(chair, Party { id: "cel".parse().unwrap(), name: "CEL".into() }).await.unwrap();
        let new = NewMember { party: "cel".parse().unwrap(), role: Role::Head, name: "Cleo".into(), expires_s: None };
        let invited = table.registry.invite(chair, new).await.unwrap();
        table.registry.revoke(chair, invited.member.member).await.unwrap();
        table.registry.choose_consent(&table.rooms, chair, plan(), ["arv".parse().unwrap()].into()).await.unwrap();
        let new = NewLayer { layer: "shuttle".parse().unwrap(), audience: ["bor".parse().unwrap()].into() };
        table.registry.open_layer(arv, plan(), new).await.unwrap();
        table.registry.set_audience(&table.rooms, arv, plan(), "shuttle".parse().unwrap(), [].into()).await.unwrap();
        table.write("arv/private", 11, |txn| layer::put(txn, &note("n1")).unwrap()).await;
        for client in 20..60 {
            let update = update(client, |txn| txn.get_or_insert_text("text").insert(txn, 0, "word "));
            let branch = if client % 2 == 0 { Branch::TABLE } else { Branch([client as u8; 8]) };
            let author = arv.author();
            let by = Provenance { branch, seen: Some(1), ..Provenance::live(author, Right::Draft) };
            table
                .rooms
                .commit(vec![Change { address: text_at(), by, update, provided: Default::default(), order: Order::Unknown }])
                .await
                .unwrap();
        }
        table.rooms.stop().await;
    }
    drop(store);
    let _ = fs::remove_dir_all(dir.join("store/index"));
}

#[tokio::test]
async fn a_directory_of_format_3_opens_with_all_that_was_written() {
    let dir = tempfile::tempdir().unwrap();
    copy(&format_3(), dir.path());
    let report = check(dir.path()).unwrap();
    assert!(report.holds(), "{report:?}");
    let store: Arc<dyn Store> = Arc::new(DiskStore::open(dir.path().join("store")).unwrap());
    let records = log(&*store, &text_at());
    assert_eq!(records.len(), 41);
    let first = &records[0];
    assert_eq!((first.author.member.as_str(), first.right, first.seen), ("med-1", Right::Chair, 0));
    let offline = records.iter().filter(|record| !record.branch.is_table()).count();
    assert!(offline == 20 && records[1..].iter().all(|record| record.right == Right::Draft && record.seen == 1));
    let acts = log(&*store, &DocAddress::Registry);
    assert!(acts.iter().all(|record| record.kind == RecordKind::Act));
    assert_eq!(acts.iter().filter(|record| record.right == Right::Layer).count(), 2, "a party's own acts");

    let registry = Registry::open(store.clone()).unwrap();
    let rooms = Rooms::new(store.clone(), Arc::new(Figures::default()));
    let state = rooms.read_at(&text_at()).await.unwrap().1;
    let (points, words) = Document::on_state(&state, |txn| {
        // A root that is not taken any more, and still read where it stands.
        let words = yrs::GetString::get_string(&txn.get_or_insert_text("t"), txn);
        Some((Outline::read(txn).points.len(), words))
    })
    .unwrap();
    assert_eq!((points, words), (1, "word ".repeat(40)));
    assert!(!rooms.read_at(&layer_at("arv/private")).await.unwrap().1.is_empty());
    let arv = plenary_shared::people::Member {
        conference: "talks".parse().unwrap(),
        party: "arv".parse().unwrap(),
        member: "arv-1".parse().unwrap(),
        role: Role::Delegate,
        name: "Ana".into(),
        generation: Default::default(),
    };
    let (parties, members, consent, layers) = registry
        .conference(&arv, |entry| {
            let on = &entry.plans[&plan()];
            (entry.parties.len(), entry.members().count(), on.must_consent(), on.layers.len())
        })
        .unwrap();
    assert_eq!((parties, members, consent, layers), (4, 3, ["arv".parse().unwrap()].into(), 1));
    rooms
        .edit(&text_at(), &first.author, &update(99, |txn| txn.get_or_insert_text("text").insert(txn, 0, "more ")))
        .await
        .unwrap();
    assert_eq!(store.last_seq(&text_at()).unwrap(), 42, "and it goes on");
}
