//! As much as a layer takes, and more.

use plenary_shared::{
    limits,
    talk::layer::{self, Annotation, What},
};
use plenary_tests::client::YClient;
use serde_json::json;
use std::sync::Arc;
use yrs::{Map, MapPrelim, WriteTxn};

use super::{Scene, entries, faults, is_refused, note};

#[tokio::test]
async fn ten_thousand_annotations_of_one_party_leave_the_others_theirs() {
    let scene = Scene::begin().await;
    let many = scene.join("arv/public", &scene.arv).await;
    // Written field by field: what writes like our clients stops at the limit.
    let write = |from: usize, to: usize| {
        many.edit(move |txn| {
            let annotations = txn.get_or_insert_map(layer::ANNOTATIONS);
            for n in from..to {
                let entry = annotations.insert(txn, format!("a-{n}"), MapPrelim::default());
                for (field, value) in [("kind", "note"), ("point", "p2"), ("body", "and another")] {
                    entry.insert(txn, field, value);
                }
            }
        })
    };
    for from in (0..limits::ANNOTATIONS_MAX).step_by(2_000) {
        write(from, from + 2_000).await;
    }
    many.wait_echoed().await;
    let annotations = scene.view(&scene.cel, "annotations");
    assert_eq!(entries(&annotations, "arv").count(), limits::ANNOTATIONS_MAX);
    assert_eq!(faults(&annotations, "arv", "public").count(), 0);
    scene.undisturbed();
    write(limits::ANNOTATIONS_MAX, limits::ANNOTATIONS_MAX + 500).await;
    many.wait_echoed().await;
    let annotations = scene.view(&scene.cel, "annotations");
    assert_eq!(entries(&annotations, "arv").count(), limits::ANNOTATIONS_MAX);
    let faults: Vec<_> = faults(&annotations, "arv", "public").collect();
    assert_eq!(
        faults,
        [&json!({ "party": "arv", "layer": "public", "kind": "too_many", "count": limits::ANNOTATIONS_MAX + 500 })]
    );
    scene.undisturbed();
}

#[tokio::test]
async fn a_full_layer_takes_deletions_and_nothing_else() {
    let scene = Scene::begin().await;
    let page = "0123456789abcdef".repeat(1 << 16);
    let large = |n: usize| Annotation { body: page.clone(), ..note(&format!("large-{n}"), "p1") };
    let full = scene.put("arv/public", &scene.arv, &[]).await;
    let mut written = 0;
    while !is_refused(&full.lock()) {
        full.edit(|txn| layer::put(txn, &large(written)).unwrap()).await;
        written += 1;
        let (id, clock) = (full.id(), full.clock());
        full.wait("an answer", |state| is_refused(state) || state.clock_seen(id) >= clock).await;
        assert!(written * page.len() <= 2 * limits::LAYER_BYTES_MAX, "it never is full");
    }
    full.wait("closed", |state| state.closed.is_some()).await;
    let (denied, closed) = {
        let state = full.lock();
        (state.denied.clone(), state.closed.clone())
    };
    assert!(denied[0].contains("full") && denied[0].contains(&limits::LAYER_BYTES_MAX.to_string()), "{denied:?}");
    assert_eq!(closed.unwrap().0, 4400, "trying again would not help");
    scene.undisturbed();
    let annotations = scene.view(&scene.cel, "annotations");
    assert_eq!(entries(&annotations, "arv").count(), written - 1);
    // Room is made, and taken.
    let emptied = scene.join("arv/public", &scene.arv).await;
    emptied.edit(|txn| assert!(layer::remove(txn, &"large-0".parse().unwrap()))).await;
    emptied.wait_echoed().await;
    emptied.edit(|txn| layer::put(txn, &note("small", "p1")).unwrap()).await;
    emptied.wait_echoed().await;
    assert!(!is_refused(&emptied.lock()));
    scene.undisturbed();
}

#[tokio::test]
async fn a_proposal_of_a_megabyte_is_one_proposal_among_others() {
    let scene = Scene::begin().await;
    let words: String = (0..150_000).map(|n| format!("w{n} ")).collect();
    let what = What::Proposal { replacement: words };
    scene.put("arv/public", &scene.arv, &[Annotation { what, ..note("large", "p2") }]).await;
    let annotations = scene.view(&scene.cel, "annotations");
    assert_eq!(entries(&annotations, "arv").next().unwrap()["proposed"]["state"], "open");
    scene.undisturbed();
}

#[tokio::test]
async fn long_words_and_many_proposals_for_them_do_not_multiply() {
    let scene = Scene::begin().await;
    let plan = scene.join("", &scene.arv).await;
    plan.edit_words("p1", 0, 0, &"long words ".repeat(20_000)).await;
    plan.wait_echoed().await;
    let proposals: Vec<Annotation> = (0..2_000)
        .map(|n| {
            let what = What::Proposal { replacement: format!("instead {n}") };
            Annotation { what, ..note(&format!("p-{n}"), "p1") }
        })
        .collect();
    scene.put("arv/public", &scene.arv, &proposals).await;
    scene.undisturbed();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_party_whose_layers_fill_memory_keeps_nobody_from_what_all_may_read() {
    // A room that nobody is in stays in memory for a minute: the private layers of all these plans are there at once, or would be.
    let plans = limits::LAYER_ROOMS_PER_PARTY_MAX + 2;
    let scene = Arc::new(Scene::among(1, plans).await);
    scene.put("arv/public", &scene.arv, &[note("said", "p1")]).await;
    let lanes = 4;
    let filled = (0..lanes).map(|lane| {
        let scene = scene.clone();
        tokio::spawn(async move {
            for n in (1..=plans).filter(|n| n % lanes == lane) {
                let mut client = YClient::new();
                if client.try_connect(&scene.server, &format!("p-{n}/arv/private"), &scene.arv).await.is_err() {
                    return 1;
                }
                client.insert("text", 0, "x").await;
                client.wait_echoed().await;
            }
            0
        })
    });
    let mut full = 0;
    for task in filled.collect::<Vec<_>>() {
        full += task.await.unwrap();
    }
    assert!(full > 0, "not all of them fit");
    let annotations = scene.view(&scene.cel, "annotations");
    assert_eq!(annotations["faults"], serde_json::Value::Null);
    assert_eq!(entries(&annotations, "arv").count(), 1);
    let reader = scene.join("arv/positions", &scene.cel).await;
    assert!(reader.lock().closed.is_none());
    scene.put("arv/private", &scene.arv, &[note("mine", "p1")]).await;
    scene.undisturbed();
}
