//! Client ids that became another party's while what was written under them is not on the server.

use plenary_tests::{cli::Cli, client::YClient, doc::words_of, own, server::Start};
use std::collections::BTreeSet;
use tokio::task::block_in_place;
use yrs::{GetString, ReadTxn, Transact, TransactionMut, Update, updates::decoder::Decode};

use super::{PLAN, apply, begin, words};
use serde_json::json;

fn clients(of: &YClient) -> BTreeSet<u64> {
    of.lock().seen.transact().state_vector().iter().map(|(client, _)| client.get()).collect()
}

fn ids_of(update: &[u8]) -> Vec<u64> {
    Update::decode_v1(update).unwrap().state_vector().iter().map(|(client, _)| client.get()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restore_words_under_whose_ids_another_party_wrote_meanwhile_arrive_under_new_ones() {
    let mut server = Start::demo(1, 1).start();
    let points = block_in_place(|| begin(&server, &["Forces withdraw."]));
    let cli = block_in_place(|| Cli::join(&server.delegate(0, 0)));
    let arv = block_in_place(|| cli.clone_plan(PLAN));
    let backup = server.back_up();
    let observer = YClient::join(&server, PLAN, &server.delegate(1, 0)).await;
    let before = clients(&observer);
    block_in_place(|| {
        for (text, after) in [(" within <arv> days", "withdraw"), (" at most", "days")] {
            apply(&arv, &[json!({ "insert": { "point": points[0], "text": text, "after": after } })]);
        }
        arv.json(&["sync"]);
    });
    observer.wait("the words", |s| s.seen.transact().state_vector().len() == before.len() + 2).await;
    let ids: Vec<u64> = clients(&observer).difference(&before).copied().collect();
    assert_eq!(ids.len(), 2);
    drop(observer);
    block_in_place(|| server.restore(backup.path()));
    for id in ids {
        let mut squatter = YClient::with_id(id);
        squatter.connect(&server, PLAN, &server.delegate(1, 0)).await;
        squatter.send_presence(id, 1, "{}").await;
        squatter.wait("it is present", |s| s.presence.contains_key(&id)).await;
        squatter.insert("text", 0, &"Mine now. ".repeat(20)).await;
        squatter.wait_echoed().await;
    }
    block_in_place(|| {
        let (code, report) = arv.json(&["sync", "--resend"]);
        assert!(code == 0 || code == 4, "{report}");
        for folder in [&arv, &cli.clone_plan(PLAN)] {
            assert_eq!(words(folder, &points[0]), "Forces withdraw within <arv> days at most.", "{report}");
        }
        assert_eq!(arv.json(&["status"]).1["waiting"].as_array().map(Vec::len).unwrap_or_default(), 0);
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_under_an_id_that_another_party_announced_before_they_were_sent_arrive_under_a_new_one() {
    let server = Start::demo(1, 1).start();
    let points = block_in_place(|| begin(&server, &["Forces withdraw."]));
    let cli = block_in_place(|| Cli::join(&server.delegate(0, 0)));
    let arv = block_in_place(|| cli.clone_plan(PLAN));
    block_in_place(|| apply(&arv, &[json!({ "insert": { "point": points[0], "text": " at once", "after": "withdraw" } })]));
    let unsent = own::updates(&arv);
    let [id] = unsent.iter().flat_map(|update| ids_of(update)).collect::<Vec<_>>()[..] else { panic!("{unsent:?}") };
    let mut squatter = YClient::with_id(id);
    squatter.connect(&server, PLAN, &server.delegate(1, 0)).await;
    squatter.send_presence(id, 1, "{}").await;
    squatter.wait("it is present", |s| s.presence.contains_key(&id)).await;
    block_in_place(|| {
        let (code, report) = arv.json(&["sync"]);
        assert!(code == 0 && report["sent"] == 1 && report["refused"] == json!([]), "{report}");
        assert_eq!(words(&arv, &points[0]), "Forces withdraw at once.");
        assert!(arv.json(&["status"]).1["waiting"].as_array().is_none_or(Vec::is_empty));
    });
    let shows = |txn: &mut TransactionMut| words_of(txn, &points[0]).get_string(txn).contains("at once");
    squatter.wait("the words", |s| shows(&mut s.seen.transact_mut())).await;
    assert!(!clients(&squatter).contains(&id), "nothing was taken under the id");
    assert!(squatter.lock().closed.is_none());
}
