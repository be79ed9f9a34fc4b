//! The ideas that carry everything, each as the promise it makes.

use plenary_tests::{
    cli::Cli,
    client::YClient,
    doc::{covers, text_of},
    http::api,
    server::Start,
};
use serde_json::json;

use crate::{access::grant, hostile::forged};

/// 1. One text, many layers: a document is the unit of access.
#[tokio::test]
async fn who_may_read_and_write_is_decided_for_the_whole_document() {
    let server = Start::demo(1, 1).start();
    let (arv, bor, cel) = (server.delegate(0, 0), server.delegate(1, 0), server.delegate(2, 0));
    grant(&server, "p-1", json!({ arv.party.clone(): "draft", bor.party.clone(): "read" }));
    let writer = YClient::join(&server, "p-1", &arv).await;
    writer.insert("text", 0, "the whole of it").await;
    let reader = YClient::join(&server, "p-1", &bor).await;
    reader.wait_same(&writer).await;
    reader.insert("text", 0, "not ").await;
    reader.wait("refused", |s| !s.denied.is_empty()).await;
    writer.insert("text", 100, "!").await;
    writer.wait("the echo", |s| text_of(&s.seen, "text").ends_with('!')).await;
    assert_eq!(writer.text("text"), "the whole of it!");
    assert!(YClient::new().try_connect(&server, "p-1", &cel).await.is_err(), "a party that is not listed gets no byte of it");
}

/// 2. The log is the document.
#[tokio::test]
async fn nothing_is_shown_to_anybody_before_the_log_holds_it() {
    let mut server = Start::demo(1, 1).start();
    for round in 0..5 {
        let writer = YClient::join(&server, "p-1", &server.delegate(0, 0)).await;
        let watcher = YClient::join(&server, "p-1", &server.delegate(1, 0)).await;
        let word = format!("word {round};");
        writer.insert("text", 0, &word).await;
        watcher.wait("shown", |s| text_of(&s.seen, "text").contains(&word)).await;
        server.kill_9();
        server.restart();
        let after = YClient::join(&server, "p-1", &server.delegate(2, 0)).await;
        assert!(after.text("text").contains(&word), "what was shown is lost");
        assert!(covers(&after.lock().doc, &watcher.lock().seen));
    }
}

/// 3. Nothing foreign reaches the CRDT unchecked.
#[tokio::test]
async fn foreign_bytes_are_refused_and_the_others_never_notice() {
    let mut server = Start::demo(1, 1).start();
    let calm = YClient::join(&server, "p-1", &server.delegate(0, 0)).await;
    calm.insert("text", 0, "calm").await;
    // 2^28 clients, claimed in eight bytes.
    let hostile = YClient::join(&server, "p-1", &server.delegate(1, 0)).await;
    hostile.send(plenary_shared::wire::protocol::update(&[0x80, 0x80, 0x80, 0x80, 0x01, 0x01, 0x01, 0x00])).await;
    hostile.wait("refused", |s| !s.denied.is_empty() || s.closed.is_some()).await;
    calm.insert("text", 4, " still").await;
    calm.wait("the echo", |s| text_of(&s.seen, "text") == "calm still").await;
    assert!(calm.lock().closed.is_none() && server.lives());
}

/// 4. Authorship cannot be forged.
#[tokio::test]
async fn nobody_writes_under_the_client_id_of_another_party() {
    let server = Start::demo(1, 1).start();
    let (author, forger) = (server.delegate(0, 0), server.delegate(1, 0));
    let victim = YClient::join(&server, "p-1", &author).await;
    victim.insert("text", 0, "mine").await;
    victim.wait_echoed().await;
    let hostile = YClient::join(&server, "p-1", &forger).await;
    hostile.send(plenary_shared::wire::protocol::update(&forged(&victim, "never said"))).await;
    hostile.wait("refused", |s| !s.denied.is_empty() || s.closed.is_some()).await;
    let fresh = YClient::join(&server, "p-1", &author).await;
    assert_eq!(fresh.text("text"), "mine");
}

/// 5. Consent is bound to words: nothing that changes them keeps it, not even a merge that nobody looked at.
#[tokio::test]
async fn an_agreed_point_is_not_agreed_once_an_offline_edit_has_merged_into_it() {
    let server = Start::demo(0, 0).start();
    let plan = server.demo.plan.as_str();
    let bor = server.delegate(1, 0);
    let mut aircraft = YClient::join(&server, plan, &bor).await;
    aircraft.cut();
    let point = Cli::join(&server.chair()).json(&["show", plan, "1"])["points"][0]["id"].as_str().unwrap().to_owned();
    let before = aircraft.words(&point);
    for n in 0..3 {
        Cli::join(&server.delegate(n, 0)).done(&["accept", plan, "1"]);
    }
    let standing = || {
        let path = format!("/conferences/{}/plans/{plan}/standing", server.demo.conference);
        let matrix = api(&server.address(), &server.delegate(2, 0).token, "GET", &path, None).json();
        let points = matrix["points"].as_array().unwrap().clone();
        points.into_iter().find(|standing| standing["point"] == point.as_str()).unwrap()
    };
    assert_eq!(standing()["standing"], "agreed");

    aircraft.edit_words(&point, 0, 0, "Perhaps ").await;
    aircraft.connect(&server, plan, &bor).await;
    aircraft.wait_echoed().await;
    let lapsed = standing();
    assert_eq!(lapsed["standing"], "lapsed");
    for cell in lapsed["cells"].as_array().unwrap() {
        assert_eq!(cell["stance"], "lapsed", "{cell}");
        assert!(cell["difference"].as_array().unwrap().contains(&json!({ "inserted": "Perhaps " })), "{cell}");
    }

    aircraft.edit_words(&point, 0, "Perhaps ".len() as u32, "").await;
    aircraft.wait_echoed().await;
    assert_eq!(aircraft.words(&point), before);
    assert_eq!(standing()["standing"], "agreed", "the words are those that were accepted again");
    assert!(standing()["cells"].as_array().unwrap().iter().all(|cell| cell["returned"] == true), "and it says so");
}

/// 6. Merged is not agreed: merging is the part that exists without replicas.
#[tokio::test]
async fn offline_edits_always_merge_and_never_overwrite() {
    let server = Start::demo(1, 1).start();
    let (arv, bor) = (server.delegate(0, 0), server.delegate(1, 0));
    let mut one = YClient::join(&server, &server.demo.plan, &arv).await;
    let mut two = YClient::join(&server, &server.demo.plan, &bor).await;
    let point = one.points()[0].clone();
    let before = one.words(&point);
    one.cut();
    two.cut();
    one.edit_words(&point, 0, 0, "[as Arvenia says] ").await;
    two.edit_words(
        &point,
        0,
        0,
        "[\u{43a}\u{430}\u{43a} \u{433}\u{43e}\u{432}\u{43e}\u{440}\u{438}\u{442} \u{411}\u{43e}\u{440}\u{430}\u{43d}\u{442}] ",
    )
    .await;
    one.connect(&server, &server.demo.plan, &arv).await;
    two.connect(&server, &server.demo.plan, &bor).await;
    one.wait_same(&two).await;
    let words = one.words(&point);
    assert!(
        words.contains("[as Arvenia says]")
            && words.contains("\u{411}\u{43e}\u{440}\u{430}\u{43d}\u{442}]")
            && words.ends_with(&before),
        "{words}"
    );
}

/// 7. Nothing is lost.
#[tokio::test]
async fn a_struck_point_is_still_there_and_comes_back() {
    let server = Start::demo(1, 1).start();
    let watcher = YClient::join(&server, &server.demo.plan, &server.delegate(1, 0)).await;
    let before = watcher.standing().1;
    let cli = Cli::join(&server.delegate(0, 0));
    cli.done(&["strike", &server.demo.plan, "5"]);
    let struck = |value: &serde_json::Value| {
        value["points"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, p)| p["struck"] == true)
            .map(|(id, _)| id.clone())
            .collect::<Vec<_>>()
    };
    watcher.wait("struck", |s| !struck(&plenary_tests::doc::standing(&s.doc).1).is_empty()).await;
    let during = watcher.standing().1;
    let [id] = &struck(&during)[..] else { panic!("one point is struck") };
    assert_eq!(during["points"][id]["words"], before["points"][id]["words"], "the words are kept");
    cli.done(&["restore", &server.demo.plan, "5"]);
    watcher.wait("restored", |s| struck(&plenary_tests::doc::standing(&s.doc).1).is_empty()).await;
}
