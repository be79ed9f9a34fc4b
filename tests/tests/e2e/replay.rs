//! Real people's typing, sent through the server.

use plenary_shared::wire::protocol;
use plenary_tests::{client::YClient, data, doc::text_of, server::Start, trace};
use yrs::{Update, updates::decoder::Decode};

#[tokio::test]
#[ignore = "reads what is no part of the project: PLENARY_REQUIRE_DATA=1 tests/run"]
async fn two_real_friends_typing_at_once_end_with_the_text_they_ended_with() {
    let trace = trace::read(&data::shared("traces/friendsforever.json.gz").unwrap()).unwrap();
    let base = trace::client_id();
    let updates = trace::concurrent_updates(&trace, "text", |agent| base + agent as u64);
    let server = Start::demo(1, 1).start();
    let mut clients = Vec::new();
    for agent in 0..2 {
        clients.push(YClient::join(&server, "p-1", &server.delegate(agent, 0)).await);
    }
    // How far each agent's clock is after each transaction: what the other one must have received to know it.
    let mut clocks = Vec::with_capacity(updates.len());
    let mut now = [0_u32; 2];
    for (txn, update) in trace.txns.iter().zip(&updates) {
        for (_, ranges) in Update::decode_v1(update).unwrap().insertions(true).iter() {
            now[txn.agent] = ranges.iter().map(|range| range.end).fold(now[txn.agent], u32::max);
        }
        clocks.push(now[txn.agent]);
    }
    for (txn, update) in trace.txns.iter().zip(&updates) {
        let me = &clients[txn.agent];
        for parent in txn.parents.iter().filter(|p| trace.txns[**p].agent != txn.agent) {
            let other = base + trace.txns[*parent].agent as u64;
            me.wait("the other's typing came", |s| s.clock_seen(other) >= clocks[*parent]).await;
        }
        me.send(protocol::update(update)).await;
    }
    for client in &clients {
        client.wait("all of it came", |s| (0..2).all(|n| s.clock_seen(base + n) == now[n as usize])).await;
        client.wait("the last deletion came", |s| text_of(&s.seen, "text") == trace.end_content).await;
    }
    let late = YClient::join(&server, "p-1", &server.delegate(2, 0)).await;
    assert_eq!(late.text("text"), trace.end_content);
}
