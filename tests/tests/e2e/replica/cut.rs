//! What the server cuts out of edits is told by the sync that sends them.

use plenary_tests::{
    cli::Cli,
    client::YClient,
    own,
    server::{Server, Start},
};
use serde_json::{Value, json};
use tokio::task::block_in_place;
use yrs::{Doc, Map, ReadTxn, StateVector, Text, Transact, Update, WriteTxn, updates::decoder::Decode};

use super::{PLAN, begin, ids};

/// The plan as it is now, in a document of a client of its own.
async fn replica(server: &Server) -> Doc {
    let reader = YClient::join(server, PLAN, &server.delegate(0, 0)).await;
    reader.wait("the plan", |state| !state.seen.transact().state_vector().is_empty()).await;
    let state = reader.lock().seen.transact().encode_state_as_update_v1(&StateVector::default());
    let doc = plenary_shared::text::plan::new_doc(4_711);
    doc.transact_mut().apply_update(Update::decode_v1(&state).unwrap()).unwrap();
    doc
}

/// Takes a point out by raw Yjs, and writes as much beside it.
fn without(doc: &Doc, point: &str, beside: usize) -> Vec<u8> {
    let mut txn = doc.transact_mut();
    txn.get_or_insert_map("points").remove(&mut txn, point);
    txn.get_or_insert_text("text").insert(&mut txn, 0, &"x".repeat(beside));
    txn.encode_update_v1()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_takes_points_out_is_told_which_stay_by_whichever_request_they_went() {
    let server = Start::demo(0, 1).start();
    let points = block_in_place(|| begin(&server, &["Forces withdraw.", "Observers arrive.", "Funds follow."]));
    let cli = block_in_place(|| Cli::join(&server.delegate(0, 0)));
    let arv = block_in_place(|| cli.clone_plan(PLAN));
    let doc = replica(&server).await;
    block_in_place(|| {
        let seen = arv.json(&["sync"]).1["seq"].as_u64().unwrap();
        // Two requests: the second is too large to go with the first.
        own::add(&arv, seen, &without(&doc, &points[0], 1));
        own::add(&arv, seen, &without(&doc, &points[1], 1 << 20));
        let (code, report) = arv.json(&["sync"]);
        assert_eq!((code, report["sent"].as_u64()), (0, Some(2)), "{report}");
        let mut told: Vec<Value> =
            points[..2].iter().zip(["1", "2"]).map(|(id, label)| json!({ "id": id, "label": label })).collect();
        told.sort_by_key(|point| point["id"].to_string());
        assert_eq!((&report["cut"], &report["mine"]), (&json!({ "points": told }), &json!([])), "nothing is said to be gone");
        own::add(&arv, seen, &without(&doc, &points[2], 1));
        let told = arv.done(&["sync"]);
        assert!(told.contains(&format!("point 3 ({})", points[2])) && told.contains("Strike the point instead"), "{told}");
        assert!(!told.contains(&points[0]), "what was told is not told again: {told}");
        assert_eq!(ids(&arv.json(&["show", PLAN]).1), points, "the replica shows what the server has");
        assert!(arv.json(&["sync"]).1["cut"].is_null());
    });
}
