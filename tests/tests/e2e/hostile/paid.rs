//! Who sends what others would pay for, and who writes without end: the others go on, and it is felt where it was done alone.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use plenary_shared::wire::protocol;
use plenary_tests::{
    client::YClient,
    http::{Answer, api},
    server::{Seat, Server, Start},
    trace::document,
};
use serde_json::{Value, json};
use std::time::Duration;
use yrs::{ReadTxn, StateVector, Text, Transact, WriteTxn};

use super::undisturbed;

fn typed(client: u64, words: &str) -> Vec<u8> {
    let doc = document(client);
    let mut txn = doc.transact_mut();
    txn.get_or_insert_text("text").push(&mut txn, words);
    txn.encode_state_as_update_v1(&StateVector::default())
}

fn push(server: &Server, seat: &Seat, plan: &str, update: &[u8]) -> Answer {
    let body = json!({ "edits": [{ "parts": [{ "update": BASE64.encode(update) }], "seen": 0 }] });
    let path = format!("/conferences/{}/plans/{plan}/push", server.demo.conference);
    api(&server.address(), &seat.token, "POST", &path, Some(body))
}

/// Sends what cannot be read, and is closed.
async fn offend(server: &Server, seat: &Seat) {
    let hostile = YClient::join(server, "p-1", seat).await;
    hostile.send(protocol::update(&[1, 1, 9])).await;
    hostile.wait("refused", |s| s.closed.as_ref().is_some_and(|(code, _)| *code == protocol::CLOSE_REFUSED)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_what_others_pay_for_waits_longer_each_time_in_that_plan_alone_while_the_others_type() {
    let server = Start::demo(0, 2).start();
    let honest = [
        YClient::join(&server, "p-1", &server.delegate(0, 0)).await,
        YClient::join(&server, "p-1", &server.delegate(1, 0)).await,
    ];
    let attacker = server.delegate(2, 0);
    let elsewhere = [YClient::join(&server, "p-2", &attacker).await, YClient::join(&server, "p-2", &server.delegate(0, 0)).await];
    // However slow this machine is: the pause outgrows it.
    let mut client = 1_000;
    let refused = loop {
        offend(&server, &attacker).await;
        undisturbed(&honest[0], &honest[1], &format!("calm-{client} ")).await;
        client += 1;
        let answer = push(&server, &attacker, "p-1", &typed(client, "mine "));
        if answer.status == 429 {
            break answer;
        }
        assert_eq!(answer.status, 200);
    };
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    undisturbed(&elsewhere[0], &elsewhere[1], "elsewhere ").await;
    tokio::time::sleep(Duration::from_secs(wait)).await;
    let taken = push(&server, &attacker, "p-1", &typed(2_000, "after the pause "));
    assert_eq!(taken.status, 200);
    assert_eq!(taken.json()["outcomes"], json!(["done"]));
    undisturbed(&honest[0], &honest[1], "calm at last ").await;
}

#[tokio::test]
async fn a_party_that_nears_its_share_is_told_and_the_chair_raises_it_without_learning_of_its_use() {
    let server = Start::demo(0, 1).start();
    let (address, arv, chair) = (server.address(), server.delegate(0, 0), server.chair());
    let path = format!("/conferences/{}/plans/p-1/shares", server.demo.conference);
    let ask = |seat: &Seat, body: Option<Value>| {
        let method = if body.is_some() { "PUT" } else { "GET" };
        api(&address, &seat.token, method, &path, body)
    };
    let raise = |mib: u64| json!({ "party": arv.party, "kind": "text", "bytes": mib << 20 });
    let before = ask(&chair, Some(raise(65)));
    assert_eq!((before.status, before.json()), (200, raise(65)));
    // Five sixths of it, none of which stays.
    let page = "x".repeat(9 << 20);
    let mut notice = Value::Null;
    for client in 1..=6 {
        let pushed = push(&server, &arv, "p-1", &typed(client, &page)).json();
        assert_eq!(pushed["outcomes"], json!(["done"]), "{client}");
        notice = pushed["notice"].clone();
        assert_eq!(notice.is_null(), client < 6, "{client}: {notice}");
        let away = YClient::join(&server, "p-1", &arv).await;
        away.edit(|txn| {
            let text = txn.get_or_insert_text("text");
            text.remove_range(txn, 0, 9 << 20);
        })
        .await;
        away.wait_echoed().await;
    }
    assert!(notice.as_str().unwrap().contains("ask the chair"), "{notice}");
    let own = ask(&arv, None).json();
    let (used, share) = (own[0]["used"].as_u64().unwrap(), own[0]["share"].as_u64().unwrap());
    assert!(used >= 54 << 20 && share == 65 << 20, "{own}");
    assert_eq!(push(&server, &arv, "p-1", &typed(7, &"x".repeat(12 << 20))).json()["outcomes"][0]["refused"]["error"], "full");
    // The chair sees its own party's, and is answered as if nothing had been written.
    assert!(ask(&chair, None).json().as_array().unwrap().iter().all(|share| share["used"].as_u64().unwrap() < 1 << 20));
    assert_eq!(ask(&chair, Some(raise(65))), before);
    assert_eq!(ask(&arv, Some(raise(99))).status, 403);
    assert_eq!(ask(&chair, Some(raise(64))).status, 422, "never lowered");
    assert_eq!(ask(&chair, Some(raise(128))).status, 200);
    assert_eq!(push(&server, &arv, "p-1", &typed(8, "on")).json()["outcomes"], json!(["done"]));
}
