//! Dossiers that are kept.

use plenary_shared::id::ConferenceId;
use tokio::time::advance;

use super::*;

fn dossiers(table: &Table) -> Dossiers {
    Dossiers::new(table.registry.clone(), table.rooms.clone())
}

async fn tag(dossiers: &Dossiers, table: &Table, party: &str, needs: Needs) -> u64 {
    let key = dossiers.key(table.member(party), &plan(), needs).await.unwrap().unwrap();
    dossiers.tag(&("annotations", key))
}

/// The view of all that a party may read, by whom, and where the dossier was that it was made from.
async fn all(dossiers: &Dossiers, table: &Table, party: &str) -> (Vec<String>, usize) {
    let look = |dossier: &Dossier| (layers(&AnnotationsView::of(dossier)), std::ptr::from_ref(dossier).addr());
    dossiers.view(table.member(party), &plan(), Needs::All, look).await.unwrap().1
}

async fn put(table: &Table, layer: &str, client: u64) {
    table.write(layer, client, |txn| layer::put(txn, &note(&format!("n{client}"))).unwrap()).await;
}

#[tokio::test]
async fn a_tag_moves_with_what_its_reader_may_read_and_with_nothing_else() {
    let table = Table::new().await;
    let dossiers = dossiers(&table);
    put(&table, "arv/public", 1).await;
    let (arv, bor) = (tag(&dossiers, &table, "arv", Needs::All).await, tag(&dossiers, &table, "bor", Needs::All).await);
    let positions = tag(&dossiers, &table, "bor", Needs::Positions).await;
    put(&table, "arv/private", 2).await;
    assert_ne!(tag(&dossiers, &table, "arv", Needs::All).await, arv, "its own");
    assert_eq!(tag(&dossiers, &table, "bor", Needs::All).await, bor, "what arv keeps to itself is nothing to bor");
    let layer = api::NewLayer { layer: "talk".parse().unwrap(), audience: ["med".parse().unwrap()].into() };
    table.registry.open_layer(table.member("arv"), plan(), layer).await.unwrap();
    put(&table, "arv/talk", 3).await;
    assert_eq!(tag(&dossiers, &table, "bor", Needs::All).await, bor, "nor what it tells others");
    put(&table, "arv/public", 4).await;
    assert_ne!(tag(&dossiers, &table, "bor", Needs::All).await, bor);
    assert_eq!(tag(&dossiers, &table, "bor", Needs::Positions).await, positions, "no position was taken");
}

#[tokio::test]
async fn a_dossier_is_kept_for_its_party_while_nothing_of_it_moves() {
    let table = Table::new().await;
    let dossiers = dossiers(&table);
    put(&table, "arv/public", 1).await;
    let first = all(&dossiers, &table, "bor").await;
    put(&table, "arv/private", 2).await;
    assert_eq!(all(&dossiers, &table, "bor").await, first, "the same dossier");
    assert_ne!(all(&dossiers, &table, "arv").await.1, first.1, "another party has its own");
    put(&table, "arv/public", 3).await;
    assert_eq!(all(&dossiers, &table, "bor").await.0, ["arv/public", "arv/public"]);
}

#[tokio::test]
async fn a_view_is_written_once_for_all_of_a_party_and_a_text_read_once_for_all_parties() {
    let table = Table::new().await;
    let dossiers = dossiers(&table);
    put(&table, "arv/public", 1).await;
    let annotations = plenary_shared::talk::view::ALL.iter().find(|view| view.name == "annotations").unwrap();
    let shown = async |party: &str| {
        let (member, name) = (table.member(party), annotations.name.to_owned());
        let make = |dossier: &Dossier| (annotations.json)(dossier).ok();
        dossiers.shown(member, &plan(), (annotations.needs, name), (), make).await.unwrap().1
    };
    let (first, again, other) = (shown("bor").await, shown("bor").await, shown("arv").await);
    assert_eq!(first.as_ptr(), again.as_ptr(), "the same bytes");
    assert_ne!(first.as_ptr(), other.as_ptr(), "another party has its own");
    put(&table, "bor/private", 2).await;
    assert_ne!(shown("bor").await, first, "what moved is written anew");
    let text = async |party: &str| {
        let look = |dossier: &Dossier| Arc::as_ptr(&dossier.text).addr();
        dossiers.view(table.member(party), &plan(), Needs::Public, look).await.unwrap().1
    };
    assert_eq!(text("arv").await, text("bor").await);
}

#[tokio::test]
async fn whoever_asks_while_a_dossier_is_made_waits_for_that_one() {
    let table = Table::new().await;
    let dossiers = dossiers(&table);
    put(&table, "arv/public", 1).await;
    let (one, other) = tokio::join!(all(&dossiers, &table, "bor"), all(&dossiers, &table, "bor"));
    assert_eq!(one, other);
}

#[tokio::test]
async fn what_a_party_may_read_no_more_is_not_shown_from_what_is_kept() {
    let table = Table::new().await;
    let dossiers = dossiers(&table);
    let arv = table.member("arv");
    let layer = api::NewLayer { layer: "talk".parse().unwrap(), audience: ["bor".parse().unwrap()].into() };
    table.registry.open_layer(arv, plan(), layer).await.unwrap();
    put(&table, "arv/talk", 1).await;
    assert_eq!(all(&dossiers, &table, "bor").await.0, ["arv/talk"]);
    let before = tag(&dossiers, &table, "bor", Needs::All).await;
    table
        .registry
        .set_audience(&table.rooms, arv, plan(), "talk".parse().unwrap(), ["med".parse().unwrap()].into())
        .await
        .unwrap();
    assert!(all(&dossiers, &table, "bor").await.0.is_empty());
    assert_ne!(tag(&dossiers, &table, "bor", Needs::All).await, before);
}

#[tokio::test]
async fn an_answer_without_a_layer_that_did_not_load_is_neither_kept_nor_tagged() {
    let store = Arc::new(Faulty::default());
    let table = Arc::new(Table::on(store.clone()).await);
    let dossiers = Arc::new(dossiers(&table));
    append(&*store, "bor/positions", beginning("bor/positions"), 2, "bor-1").await;
    let (begun, begins) = tokio::sync::oneshot::channel();
    let (go_on, goes_on) = mpsc::channel::<()>();
    store.on_load(layer_at("bor/positions"), move || {
        begun.send(()).unwrap();
        let _ = goes_on.recv();
    });
    tokio::time::pause();
    let (asks, of) = (table.clone(), dossiers.clone());
    let asked = tokio::spawn(async move { of.view(asks.member("med"), &plan(), Needs::Positions, AnnotationsView::of).await });
    begins.await.unwrap();
    advance(limits::VIEW_READING + Duration::from_secs(1)).await;
    let (key, view) = asked.await.unwrap().unwrap();
    assert!(key.is_none() && view.faults.len() == 1);
    tokio::time::resume();
    drop(go_on);
    let (key, view) = dossiers.view(table.member("med"), &plan(), Needs::Positions, AnnotationsView::of).await.unwrap();
    assert!(key.is_some() && view.faults.is_empty());
}

#[tokio::test(start_paused = true)]
async fn each_party_has_a_shelf_of_its_own_from_which_the_oldest_goes() {
    let table = Table::new().await;
    let kept = Kept::default();
    let key = |n: usize| {
        let conference: ConferenceId = "vale-talks".parse().unwrap();
        let plan = DocAddress::Plan(conference, format!("p-{n}").parse().unwrap());
        let readable = Readable {
            plan,
            needs: Needs::All,
            layers: Vec::new(),
            consent: Default::default(),
            consent_changed: None,
            ended: Default::default(),
        };
        Key { readable, ends: vec![1] }
    };
    let (arv, bor) = (table.member("arv"), table.member("bor"));
    let (first, others) = (kept.cell(arv, &key(0)), kept.cell(bor, &key(0)));
    assert!(!Arc::ptr_eq(&first, &others), "nobody finds what another party has");
    for n in 1..limits::DOSSIERS_PER_PARTY_MAX {
        kept.cell(arv, &key(n));
    }
    assert!(Arc::ptr_eq(&kept.cell(arv, &key(0)), &first), "as many as may be are kept");
    kept.cell(arv, &key(limits::DOSSIERS_PER_PARTY_MAX));
    let second = Arc::downgrade(&kept.cell(arv, &key(1)));
    assert!(Arc::ptr_eq(&kept.cell(arv, &key(0)), &first), "what was asked for last stays");
    let moved = Key { ends: vec![2], ..key(0) };
    assert!(!Arc::ptr_eq(&kept.cell(arv, &moved), &first), "what has moved takes its place");
    assert!(Arc::ptr_eq(&kept.cell(bor, &key(0)), &others), "what arv does drops nothing of bor's");
    advance(limits::DOSSIER_KEPT).await;
    kept.cell(bor, &key(1));
    assert!(second.upgrade().is_none(), "nobody asked for it any more");
}
