//! What a member of a delegation sends, with a client of its own, while the other three type.

use plenary_shared::{limits, wire::protocol};
use plenary_tests::{client::YClient, http::api, server::Start, trace::client_id};

use super::table::{PLAN, Table};
use crate::access::invite;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_types_is_not_closed_by_presence_that_is_too_large_or_speaks_of_others() {
    let mut table = Table::set(Start::demo(0, 0)).await;
    let hostile = table.joined().await;
    hostile.wait("sees the three", |s| s.presence.len() >= 3).await;
    let others: Vec<u64> = hostile.lock().presence.keys().copied().collect();
    table
        .attacked(async |_| {
            for (clock, bytes) in (1..).zip([limits::PRESENCE_STATE_BYTES_MAX - 150, 8_150, 1 << 20]) {
                hostile.send_presence(hostile.id(), clock, &format!("{{\"p\":\"{}\"}}", "z".repeat(bytes))).await;
            }
            // Of the others, and of many who are not there, with clocks that leave none above them.
            let told = others.iter().copied().chain(1..300);
            let entry = |client| protocol::AwarenessEntry { client, clock: u32::MAX, state: "null" };
            let entries: Vec<_> = told.map(entry).collect();
            hostile.send(protocol::awareness(entries.iter())).await;
            hostile.send_presence(hostile.id(), 9_000, r#"{"cursor":2}"#).await;
            let id = hostile.id();
            hostile.wait("its last", |s| s.presence.get(&id).is_some_and(|state| state.contains("\"cursor\":2"))).await;
        })
        .await;
    assert!(hostile.lock().closed.is_none(), "nobody is closed for presence");
    assert!(others.iter().all(|id| hostile.lock().presence.contains_key(id)), "nobody takes out another");
    table.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_writes_under_an_id_that_another_announced_is_closed_while_the_others_type() {
    let mut table = Table::set(Start::demo(0, 0)).await;
    let owner = YClient::join(&table.server, PLAN, &table.server.delegate(0, 0)).await;
    owner.send_presence(owner.id(), 1, "{}").await;
    let id = owner.id();
    table.joined().await.wait("the id is told", |s| s.presence.contains_key(&id)).await;
    let (code, _) = table
        .attacked(async |table| {
            let mut squatter = YClient::with_id(id);
            squatter.connect(&table.server, PLAN, &table.hostile).await;
            squatter.edit_words(&table.points[0], 0, 0, "Mine now. ").await;
            squatter.wait("closed", |s| s.closed.is_some()).await;
            squatter.lock().closed.clone().unwrap()
        })
        .await;
    assert_eq!(code, protocol::CLOSE_TAKEN);
    owner.edit_words(&table.points[0], 0, 0, "The owner's. ").await;
    owner.wait_echoed().await;
    assert!(!owner.words(&table.points[0]).contains("Mine now."));
    table.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_announces_ids_without_end_gives_up_its_own_and_nobody_else_s() {
    let mut table = Table::set(Start::demo(0, 0)).await;
    let owner = YClient::join(&table.server, PLAN, &table.server.delegate(0, 0)).await;
    owner.send_presence(owner.id(), 1, "{}").await;
    let id = owner.id();
    table.joined().await.wait("the id is told", |s| s.presence.contains_key(&id)).await;
    let announced = limits::ANNOUNCED_PER_MEMBER_MAX + 6;
    table
        .attacked(async |table| {
            for _ in 0..announced {
                let hostile = table.joined().await;
                hostile.send_presence(hostile.id(), 1, "{}").await;
                let own = hostile.id();
                hostile.wait("its own is told", |s| s.presence.contains_key(&own)).await;
            }
            let mut squatter = YClient::with_id(id);
            squatter.connect(&table.server, PLAN, &table.hostile).await;
            squatter.edit_words(&table.points[0], 0, 0, "Mine now. ").await;
            squatter.wait("closed", |s| s.closed.is_some()).await;
            assert_eq!(squatter.lock().closed.as_ref().unwrap().0, protocol::CLOSE_TAKEN);
        })
        .await;
    owner.edit_words(&table.points[0], 0, 0, "The owner's. ").await;
    owner.wait_echoed().await;
    assert!(!owner.words(&table.points[0]).contains("Mine now."));
    table.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_versions_of_one_edit_beside_a_wrong_claim_show_nobody_other_words() {
    let mut table = Table::set(Start::demo(3, 0)).await;
    table
        .attacked(async |table| {
            for n in 0..4 {
                let hostile = YClient::join(&table.server, PLAN, &table.server.delegate(2, n)).await;
                let (known, twin, wrong) = (hostile.id(), client_id(), client_id());
                hostile.edit_words(&table.points[0], 0, 0, "abcdefghijklmnopqrstuvwxyz").await;
                let within = [(known, 10), (known, 11)];
                let mut twins = [gone(10), words(within, "shall not ")];
                if n % 2 == 1 {
                    twins = [words(within, "shall "), words(within, "shall now ever ")];
                }
                if n > 1 {
                    twins.reverse();
                }
                for block in twins {
                    hostile.send(protocol::update(&update(twin, &block))).await;
                }
                // It claims to stand after what stands behind it.
                hostile.send(protocol::update(&update(wrong, &words([(known, 20), (known, 3)], "z")))).await;
                hostile.wait("closed", |s| s.closed.is_some()).await;
                assert_eq!(hostile.lock().closed.as_ref().unwrap().0, protocol::CLOSE_REFUSED, "{n}");
            }
        })
        .await;
    table.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_who_is_put_out_in_the_middle_of_a_word_writes_no_more_and_the_others_type_on() {
    let mut table = Table::set(Start::demo(0, 0)).await;
    let before = table.standing();
    let (seat, member) = invite(&table.server, &table.hostile.party, "delegate");
    let mut leaver = YClient::join(&table.server, PLAN, &seat).await;
    let written = table
        .attacked(async |table| {
            leaver.edit_words(&table.points[0], 0, 0, "A").await;
            leaver.wait_echoed().await;
            let path = format!("/conferences/{}/members/{member}", table.server.demo.conference);
            let head = table.server.head(&seat.party);
            let mut ended = 0;
            // It goes on typing while its seat ends, by the socket that it has.
            for n in 0..20 {
                if n == 10 {
                    ended = api(&table.server.address(), &head.token, "DELETE", &path, None).status;
                    leaver.edit_words(&table.points[0], 0, 0, "LATE").await;
                }
                leaver.edit_words(&table.points[0], 0, 0, "x").await;
            }
            assert!((200..300).contains(&ended), "{ended}");
            leaver.wait("closed", |s| s.closed.is_some()).await;
            assert_eq!(leaver.lock().closed.as_ref().unwrap().0, protocol::CLOSE_GONE);
            leaver.try_connect(&table.server, PLAN, &seat).await
        })
        .await;
    assert!(written.is_err(), "it stays out");
    let after = table.standing();
    assert!(after[0][2].ends_with(&before[0][2]) && !after[0][2].contains("LATE"), "{:?}", after[0]);
    table.clear().await;
}

// Blocks of an update in Yjs' format, version 1.

fn number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// So many characters that were collected.
fn gone(length: u8) -> Vec<u8> {
    vec![0, length]
}

/// Words between two characters.
fn words(between: [(u64, u64); 2], words: &str) -> Vec<u8> {
    let mut block = vec![4 | 0x80 | 0x40];
    for (client, clock) in between {
        number(&mut block, client);
        number(&mut block, clock);
    }
    number(&mut block, words.len() as u64);
    block.extend_from_slice(words.as_bytes());
    block
}

/// One block, the first of its client.
fn update(client: u64, block: &[u8]) -> Vec<u8> {
    let mut update = vec![1, 1];
    number(&mut update, client);
    update.push(0);
    update.extend_from_slice(block);
    update.push(0);
    update
}
