//! Who sends what others would pay for, and who writes without end: the others go on, and it is felt where it was done alone.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use plenary_shared::{limits, wire::protocol};
use plenary_tests::{
    client::YClient,
    http::{Answer, api},
    server::{Seat, Server, Start},
    trace::document,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use yrs::{ReadTxn, StateVector, Text, Transact, WriteTxn};

use super::{
    table::{PLAN, Table},
    undisturbed,
};

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

/// Sends what cannot be read, or a vector that claims too much, and is closed.
async fn offend(server: &Server, seat: &Seat, n: u64) {
    let hostile = YClient::join(server, PLAN, seat).await;
    let claims = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
    hostile.send(if n.is_multiple_of(2) { protocol::update(&[1, 1, 9]) } else { protocol::sync_step_1(&claims) }).await;
    hostile.wait("refused", |s| s.closed.as_ref().is_some_and(|(code, _)| *code == protocol::CLOSE_REFUSED)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_what_others_pay_for_waits_longer_each_time_in_that_plan_alone_while_the_others_type() {
    let mut table = Table::set(Start::demo(0, 1)).await;
    let (server, attacker) = (&table.server, table.hostile.clone());
    let elsewhere = [YClient::join(server, "p-1", &attacker).await, YClient::join(server, "p-1", &server.delegate(0, 0)).await];
    table
        .attacked(async |table| {
            // However slow this machine is: the pause outgrows it.
            let mut client = 1_000;
            let refused = loop {
                offend(&table.server, &attacker, client).await;
                client += 1;
                let answer = push(&table.server, &attacker, PLAN, &typed(client, "mine "));
                if answer.status == 429 {
                    break answer;
                }
                assert_eq!(answer.status, 200);
            };
            let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=61).contains(&wait), "{wait}");
            undisturbed(&elsewhere[0], &elsewhere[1], "elsewhere ").await;
            tokio::time::sleep(Duration::from_secs(wait)).await;
            let taken = push(&table.server, &attacker, PLAN, &typed(2_000, "after the pause "));
            assert_eq!(taken.status, 200);
            assert_eq!(taken.json()["outcomes"], json!(["done"]));
        })
        .await;
    table.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_presence_about_thousands_without_pause_is_read_at_its_own_pace_while_the_others_type() {
    const ENTRIES: u32 = 9_000;
    const MESSAGES: u32 = 100;
    let mut table = Table::set(Start::demo(0, 0)).await;
    let hostile = table.joined().await;
    let entries: Vec<_> = (0..ENTRIES).map(|n| protocol::AwarenessEntry { client: n.into(), clock: 9, state: "{}" }).collect();
    let about_others = protocol::awareness(entries.iter());
    hostile.send_presence(hostile.id(), 1, "{}").await;
    table
        .attacked(async |_| {
            let began = Instant::now();
            for _ in 0..MESSAGES {
                hostile.send(about_others.clone()).await;
            }
            hostile.send_presence(hostile.id(), 2, r#"{"cursor":2}"#).await;
            let id = hostile.id();
            hostile.wait("its last", |s| s.presence.get(&id).is_some_and(|state| state.contains("\"cursor\":2"))).await;
            let paid = limits::PRICE_OF_ENTRY * ENTRIES * MESSAGES * limits::TURN_SHARE;
            assert!(began.elapsed() + limits::PACE_AHEAD >= paid, "{:?} of {paid:?}", began.elapsed());
        })
        .await;
    assert!(hostile.lock().closed.is_none());
    table.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_party_that_nears_its_share_is_told_and_the_chair_raises_it_without_learning_of_its_use() {
    let mut table = Table::set(Start::demo(0, 0)).await;
    table.attacked(use_up_a_share).await;
    table.clear().await;
}

/// Writes and deletes until nothing more of it is taken, and lets the chair raise the share.
async fn use_up_a_share(table: &Table) {
    let (server, cel, chair) = (&table.server, table.hostile.clone(), table.server.chair());
    let address = server.address();
    let path = format!("/conferences/{}/plans/{PLAN}/shares", server.demo.conference);
    let ask = |seat: &Seat, body: Option<Value>| {
        let method = if body.is_some() { "PUT" } else { "GET" };
        api(&address, &seat.token, method, &path, body)
    };
    let raise = |mib: u64| json!({ "party": cel.party, "kind": "text", "bytes": mib << 20 });
    let before = ask(&chair, Some(raise(65)));
    assert_eq!((before.status, before.json()), (200, raise(65)));
    // Five sixths of it, none of which stays.
    let page = "x".repeat(9 << 20);
    let mut notice = Value::Null;
    for client in 1..=6 {
        let pushed = push(server, &cel, PLAN, &typed(client, &page)).json();
        assert_eq!(pushed["outcomes"], json!(["done"]), "{client}");
        notice = pushed["notice"].clone();
        assert_eq!(notice.is_null(), client < 6, "{client}: {notice}");
        let away = YClient::join(server, PLAN, &cel).await;
        away.edit(|txn| {
            let text = txn.get_or_insert_text("text");
            text.remove_range(txn, 0, 9 << 20);
        })
        .await;
        away.wait_echoed().await;
    }
    assert!(notice.as_str().unwrap().contains("ask the chair"), "{notice}");
    let own = ask(&cel, None).json();
    let (used, share) = (own[0]["used"].as_u64().unwrap(), own[0]["share"].as_u64().unwrap());
    assert!(used >= 54 << 20 && share == 65 << 20, "{own}");
    assert_eq!(push(server, &cel, PLAN, &typed(7, &"x".repeat(12 << 20))).json()["outcomes"][0]["refused"]["error"], "full");
    // The chair sees its own party's, and is answered as if nothing had been written.
    assert!(ask(&chair, None).json().as_array().unwrap().iter().all(|share| share["used"].as_u64().unwrap() < 1 << 20));
    assert_eq!(ask(&chair, Some(raise(65))), before);
    assert_eq!(ask(&cel, Some(raise(99))).status, 403);
    assert_eq!(ask(&chair, Some(raise(64))).status, 422, "never lowered");
    assert_eq!(ask(&chair, Some(raise(128))).status, 200);
    assert_eq!(push(server, &cel, PLAN, &typed(8, "on")).json()["outcomes"], json!(["done"]));
}
