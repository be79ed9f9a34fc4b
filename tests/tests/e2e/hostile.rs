//! Clients that mean harm: the server lives, others notice nothing, memory stays bounded.

mod frames;
mod paid;
mod requests;
mod said;
mod slow;
pub mod table;

use plenary_shared::wire::protocol;
use plenary_tests::{
    client::YClient,
    data,
    doc::{standing, text_of},
    http::{Answer, api, request, upgrade},
    server::Start,
    trace::document,
};
use serde_json::{Value, json};
use yrs::{ReadTxn, StateVector, Text, Transact, Update, WriteTxn, updates::decoder::Decode};

/// An update that continues the victim's own writing under the victim's client id.
pub fn forged(victim: &YClient, what: &str) -> Vec<u8> {
    let doc = document(victim.id());
    let state = victim.lock().doc.transact().encode_state_as_update_v1(&StateVector::default());
    let mut txn = doc.transact_mut();
    txn.apply_update(Update::decode_v1(&state).unwrap()).unwrap();
    drop(txn);
    let mut txn = doc.transact_mut();
    let text = txn.get_or_insert_text("text");
    text.insert(&mut txn, 0, what);
    txn.encode_update_v1()
}

/// Whether an edit still goes through from one to the other.
async fn undisturbed(one: &YClient, other: &YClient, word: &str) {
    one.insert("text", 0, word).await;
    for client in [one, other] {
        client.wait("an honest edit went through", |s| text_of(&s.seen, "text").contains(word)).await;
        assert!(client.lock().closed.is_none(), "an honest client was cut off");
        assert!(client.lock().denied.is_empty(), "an honest client was refused");
    }
}

#[tokio::test]
async fn presence_carries_the_authenticated_name_whatever_the_client_claims() {
    let server = Start::demo(0, 1).start();
    let (arv, bor) = (server.delegate(0, 0), server.delegate(1, 0));
    let honest = YClient::join(&server, "p-1", &arv).await;
    let mut forger = YClient::join(&server, "p-1", &bor).await;
    honest.send_presence(honest.id(), 1, r#"{"user":{"name":"me"},"cursor":1}"#).await;
    forger.wait("sees the honest one", |s| s.presence.contains_key(&honest.id())).await;
    // Another's name on one's own client id, and another's client id.
    forger.send_presence(honest.id(), 9, r#"{"user":{"name":"gone mad"}}"#).await;
    forger.send_presence(honest.id(), 10, "null").await;
    forger.send_presence(forger.id(), 1, r#"{"user":{"name":"The Chair","party":"med"}}"#).await;
    honest.wait("sees the forger", |s| s.presence.contains_key(&forger.id())).await;
    let seen: Value = serde_json::from_str(&honest.lock().presence[&forger.id()]).unwrap();
    assert_eq!(
        (seen["user"]["name"].as_str(), seen["user"]["party"].as_str()),
        (Some(bor.name.as_str()), Some(bor.party.as_str()))
    );
    let own: Value = serde_json::from_str(&forger.lock().presence[&honest.id()]).unwrap();
    assert_eq!(own["user"]["name"], arv.name, "nobody speaks for another");
    let id = forger.id();
    forger.cut();
    honest.wait("the forger's presence is taken out with its socket", |s| !s.presence.contains_key(&id)).await;
}

#[tokio::test]
async fn a_client_id_of_another_party_is_refused_whichever_message_brings_it() {
    let server = Start::demo(0, 1).start();
    let victim = YClient::join(&server, "p-1", &server.delegate(0, 0)).await;
    let watcher = YClient::join(&server, "p-1", &server.delegate(2, 0)).await;
    victim.insert("text", 0, "mine").await;
    victim.wait_echoed().await;
    let update = forged(&victim, "never said ");
    for frame in [protocol::update(&update), protocol::sync_step_2(&update)] {
        let forger = YClient::join(&server, "p-1", &server.delegate(1, 0)).await;
        forger.send(frame).await;
        forger.wait("refused", |s| s.closed.as_ref().is_some_and(|(code, _)| *code == protocol::CLOSE_TAKEN)).await;
    }
    undisturbed(&victim, &watcher, "still ").await;
    assert_eq!(watcher.text("text"), "still mine");
    // A colleague of the same party goes on under an id of the party's: it is the party that signs.
    let colleague = YClient::join(&server, "p-1", &server.delegate(0, 0)).await;
    assert_eq!(colleague.text("text"), "still mine");
}

#[tokio::test]
async fn a_plan_that_one_may_not_see_answers_exactly_as_one_that_does_not_exist() {
    let server = Start::demo(0, 0).start();
    let address = server.address();
    let (arv, bor) = (server.delegate(0, 0), server.delegate(1, 0));
    let plans = format!("/conferences/{}/plans", server.demo.conference);
    let body = json!({ "id": "secret", "markdown": "# Secret\n\n1. Something.\n", "access": { arv.party.clone(): "draft" } });
    assert!(api(&address, &server.chair().token, "POST", &plans, Some(body)).status < 300);
    let inside = YClient::join(&server, "secret", &arv).await;
    let list = api(&address, &bor.token, "GET", &plans, None);
    assert!(!String::from_utf8_lossy(&list.body).contains("secret"));
    // As many letters, so that lengths agree too.
    let (secret, absent) = ("secret", "absent");
    let same = |what: &str, ask: &dyn Fn(&str) -> Answer| {
        let (hidden, nothing) = (ask(secret), ask(absent));
        assert_eq!(hidden, nothing, "{what}");
        assert!(hidden.status >= 400, "{what}: {}", hidden.status);
        assert!(!String::from_utf8_lossy(&hidden.body).contains(secret), "{what}");
    };
    let access = json!({ "access": { bor.party.clone(): "draft" } });
    for token in [&bor.token, &"nonsense".to_owned(), &String::new()] {
        for path in ["", "/export", "/log"] {
            same(&format!("GET {path}"), &|plan| api(&address, token, "GET", &format!("{plans}/{plan}{path}"), None));
        }
        same("PUT access", &|plan| api(&address, token, "PUT", &format!("{plans}/{plan}/access"), Some(access.clone())));
        same("DELETE", &|plan| api(&address, token, "DELETE", &format!("{plans}/{plan}"), None));
        let bearer = format!("Bearer {token}");
        same("upgrade", &|plan| upgrade(&address, &format!("/sync/{}", server.room(plan)), &[("Authorization", &bearer)]));
        same("GET of a room", &|plan| {
            request(&address, "GET", &format!("/sync/{}", server.room(plan)), &[("Authorization", &bearer)], b"")
        });
        same("upgrade by query", &|plan| upgrade(&address, &format!("/sync/{}?token={token}", server.room(plan)), &[]));
    }
    assert!(inside.lock().closed.is_none());
}

#[tokio::test]
async fn an_upgrade_or_a_change_from_a_page_of_another_server_is_refused() {
    let server = Start::demo(0, 1).start();
    let (address, seat) = (server.address(), server.delegate(0, 0));
    let room = format!("/sync/{}", server.room("p-1"));
    let cookie = format!("plenary={}", seat.token);
    let ours = format!("http://{address}");
    assert_eq!(upgrade(&address, &room, &[("Cookie", &cookie), ("Origin", &ours)]).status, 101);
    for foreign in ["https://elsewhere.example", "null", &format!("{ours}.elsewhere.example"), "http://127.0.0.1"] {
        assert_eq!(upgrade(&address, &room, &[("Cookie", &cookie), ("Origin", foreign)]).status, 403, "{foreign}");
        let plans = format!("/api/conferences/{}/plans", server.demo.conference);
        let chair = format!("plenary={}", server.chair().token);
        let headers = [("Cookie", chair.as_str()), ("Origin", foreign), ("Content-Type", "application/json")];
        assert_eq!(request(&address, "POST", &plans, &headers, br#"{"id":"forged"}"#).status, 403, "{foreign}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_vector_that_confuses_the_crdt_is_refused_or_harmless() {
    let table = std::fs::read_to_string(data::own("bad-updates.tsv")).unwrap();
    let vectors: Vec<Vec<u8>> = table.lines().skip(1).map(|line| unhex(line.split('\t').nth(2).unwrap())).collect();
    assert!(vectors.len() > 10);
    // Each by somebody else: who sent one is read later the next time.
    let mut server = Start::demo(vectors.len(), 0).start();
    let plan = server.demo.plan.clone();
    let honest = [
        YClient::join(&server, &plan, &server.delegate(0, 0)).await,
        YClient::join(&server, &plan, &server.delegate(1, 0)).await,
    ];
    let before = standing(&honest[1].lock().doc).1;
    let memory = server.rss_mib();
    for (n, vector) in vectors.iter().enumerate() {
        for (party, frame) in [(1, protocol::update(vector)), (2, protocol::sync_step_2(vector))] {
            let hostile = YClient::join(&server, &plan, &server.delegate(party, 1 + n)).await;
            hostile.send(frame).await;
            // Its own next request is answered, or it is closed: either way the vector was dealt with.
            hostile.send(protocol::sync_step_1(&[0])).await;
            let frames = hostile.lock().frames;
            hostile.wait("an answer", |s| s.closed.is_some() || s.frames > frames).await;
        }
    }
    let late = YClient::join(&server, &plan, &server.delegate(0, 0)).await;
    for client in [&honest[0], &honest[1], &late] {
        let mut now = client.standing().1;
        now["texts"] = before["texts"].clone();
        assert_eq!(now, before, "a hostile update shows in the plan");
    }
    undisturbed(&honest[0], &honest[1], "calm ").await;
    let now = server.rss_mib();
    assert!(now < memory + 100, "{memory} MiB became {now}");
    server.sigterm();
    server.restart();
    let restarted = YClient::join(&server, &plan, &server.delegate(0, 0)).await;
    assert_eq!(restarted.standing(), honest[1].standing(), "the log makes the same document again");
}

fn unhex(hex: &str) -> Vec<u8> {
    hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

#[tokio::test]
async fn one_member_opens_only_so_many_sockets_and_leaves_the_rest_to_others() {
    let server = Start::demo(0, 1).env("PLENARY_SESSIONS_PER_MEMBER", "3").start();
    let greedy = server.delegate(0, 0);
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(YClient::join(&server, "p-1", &greedy).await);
    }
    assert!(YClient::new().try_connect(&server, "p-1", &greedy).await.is_err());
    let other = YClient::join(&server, "p-1", &server.delegate(1, 0)).await;
    undisturbed(&open[0], &other, "calm ").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_honest_offline_difference_of_many_megabytes_gets_in() {
    let server = Start::demo(0, 1).start();
    let seat = server.delegate(0, 0);
    let mut offline = YClient::new();
    let page = "0123456789abcdef".repeat(1 << 16);
    for _ in 0..15 {
        offline.insert("text", 0, &page).await;
    }
    offline.connect(&server, "p-1", &seat).await;
    offline.wait_echoed().await;
    let other = YClient::join(&server, "p-1", &server.delegate(1, 0)).await;
    assert_eq!(other.text("text").len(), 15 << 20);
}
