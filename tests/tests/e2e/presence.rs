//! Who is present, and whose a client id is, while somebody means ill.

use plenary_shared::{limits, wire::protocol};
use plenary_tests::{
    client::YClient,
    server::{Seat, Server, Start},
    stock::{Credential, Stock},
};
use serde_json::json;
use tokio::task::block_in_place;

const PLAN: &str = "p-1";

/// So many stock clients of all parties in one process.
fn crowd(server: &Server, seats: &[Seat], count: usize) -> Stock {
    let tokens: Vec<&str> = seats.iter().cycle().take(count).map(|seat| seat.token.as_str()).collect();
    let mut crowd = Stock::start();
    let url = format!("ws://{}/sync", server.address());
    crowd.ask(json!({ "do": "crowd", "url": url, "room": server.room(PLAN), "tokens": tokens }));
    crowd
}

/// All move their carets; until each sees all do so.
fn move_all(crowd: &mut Stock, count: usize, cursor: usize) {
    crowd.ask(json!({ "do": "move", "cursor": cursor }));
    let begin = std::time::Instant::now();
    loop {
        let state = crowd.ask(json!({ "do": "seen", "cursor": cursor }));
        assert_eq!(state["closes"], json!([]));
        if state["seen"].as_array().unwrap().iter().all(|seen| *seen == count) {
            return;
        }
        assert!(begin.elapsed() < plenary_tests::client::PATIENCE, "they never saw each other: {state}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_stock_clients_see_each_others_carets_and_none_is_closed() {
    let server = Start::demo(0, 1).start();
    let seats = [server.delegate(0, 0), server.delegate(1, 0), server.delegate(2, 0)];
    block_in_place(|| {
        let mut crowd = crowd(&server, &seats, 40);
        for cursor in 1..=4 {
            move_all(&mut crowd, 40, cursor);
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_said_by_presence_closes_nobody_and_what_is_right_in_it_is_told() {
    let server = Start::demo(0, 1).start();
    let seats = [server.delegate(0, 0), server.delegate(1, 0)];
    let hostile = YClient::join(&server, PLAN, &server.delegate(2, 0)).await;
    let mut crowd = block_in_place(|| {
        let mut crowd = crowd(&server, &seats, 3);
        move_all(&mut crowd, 3, 1);
        crowd
    });
    let padded = |bytes: usize| format!("{{\"p\":\"{}\"}}", "z".repeat(bytes));
    let states = (limits::PRESENCE_STATE_BYTES_MAX - 200..limits::PRESENCE_STATE_BYTES_MAX + 2).step_by(7).map(padded);
    let states =
        states.chain([padded(8_180), padded(1 << 20), "[".repeat(7_000), "{\"a\":".repeat(17), "nonsense".into(), "3".into()]);
    for (clock, state) in (1..).zip(states) {
        hostile.send_presence(hostile.id(), clock, &state).await;
    }
    for payload in [&[][..], &[0xff, 0xff, 3], &[1, 1, 1, 9, 0], &[1, 1, 1, 1, 0xff], &[0, 0]] {
        hostile.send([&[1, payload.len() as u8], payload].concat()).await;
    }
    hostile.send_presence(hostile.id(), 9_000, r#"{"cursor":2}"#).await;
    let id = hostile.id();
    hostile.wait("what it says at last", |s| s.presence.get(&id).is_some_and(|state| state.contains("\"cursor\":2"))).await;
    assert!(hostile.lock().closed.is_none());
    block_in_place(|| move_all(&mut crowd, 3, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stock_client_writes_apart_arrives_whoever_wrote_under_its_id_meanwhile() {
    let server = Start::demo(0, 1).start();
    let (arv, bor, third) = (server.delegate(0, 0), server.delegate(1, 0), server.delegate(2, 0));
    let other = YClient::join(&server, PLAN, &third).await;
    let mut member = block_in_place(|| Stock::join(&server, PLAN, &arv, Credential::Protocols));
    let id = block_in_place(|| member.state())["client"].as_u64().unwrap();
    other.wait("the id is told to all", |s| s.presence.contains_key(&id)).await;
    block_in_place(|| member.disconnect());
    block_in_place(|| member.edit_text("text", 0, 0, "A paragraph written in the train. "));
    let mut squatter = YClient::with_id(id);
    squatter.connect(&server, PLAN, &bor).await;
    squatter.insert("text", 0, "Mine now. ").await;
    squatter.wait("it is closed", |s| s.closed.is_some()).await;
    let (code, reason) = squatter.lock().closed.clone().unwrap();
    assert_eq!((code, reason.as_str()), (protocol::CLOSE_TAKEN, "this client id belongs to another party: load the page again"));
    let speaker = YClient::join(&server, PLAN, &bor).await;
    speaker.send_presence(id, 5_000, r#"{"cursor":1}"#).await;
    block_in_place(|| member.connect());
    other.wait("what was written apart", |s| s.clock_seen(id) > 0).await;
    assert_eq!(other.text("text"), "A paragraph written in the train. ");
    block_in_place(|| member.ask(json!({ "do": "presence", "state": { "cursor": 7 } })));
    other.wait("its author", |s| s.presence.get(&id).is_some_and(|state| state.contains("\"arv\""))).await;
}
