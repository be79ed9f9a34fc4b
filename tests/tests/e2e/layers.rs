//! Layers: what is not for you answers as what is not there, only the owner writes, and nothing else tells of one.

use plenary_tests::{
    cli::Cli,
    client::YClient,
    doc::text_of,
    http::{Answer, api, request, upgrade},
    server::{Seat, Server, Start},
};
use serde_json::{Value, json};

use crate::access::{grant, invite};

/// The path of a plan's layers.
fn layers(server: &Server) -> String {
    format!("/conferences/{}/plans/p-1/layers", server.demo.conference)
}

/// Opens a layer of the seat's party.
fn open(server: &Server, seat: &Seat, layer: &str, audience: &[&str]) -> Answer {
    let body = json!({ "layer": layer, "audience": audience });
    api(&server.address(), &seat.token, "POST", &layers(server), Some(body))
}

/// Says anew who reads a layer of the seat's party.
fn set_audience(server: &Server, seat: &Seat, layer: &str, audience: &[&str]) -> Answer {
    let path = format!("{}/{layer}/audience", layers(server));
    api(&server.address(), &seat.token, "PUT", &path, Some(json!({ "audience": audience })))
}

/// The layers that a seat is told of, as `party/layer`.
fn listed(server: &Server, seat: &Seat) -> Vec<String> {
    let answer = api(&server.address(), &seat.token, "GET", &layers(server), None);
    assert_eq!(answer.status, 200);
    let name = |layer: &Value| format!("{}/{}", layer["party"].as_str().unwrap(), layer["layer"].as_str().unwrap());
    answer.json().as_array().unwrap().iter().map(name).collect()
}

/// Writes and waits until it came back.
async fn write(client: &YClient, word: &str) {
    client.insert("text", 0, word).await;
    client.wait("the echo", |s| text_of(&s.seen, "text").contains(word)).await;
}

#[tokio::test]
async fn a_layer_that_one_may_not_read_answers_exactly_as_one_that_does_not_exist() {
    let server = Start::demo(0, 1).start();
    let address = server.address();
    let (arv, bor, cel) = (server.delegate(0, 0), server.delegate(1, 0), server.delegate(2, 0));
    grant(&server, "p-1", json!({ arv.party.clone(): "draft", bor.party.clone(): "draft" }));
    assert_eq!(open(&server, &arv, "secret", &[]).status, 201);
    let inside = YClient::join(&server, "p-1/arv/secret", &arv).await;
    write(&inside, "not for you").await;
    // As many letters, so that lengths agree too.
    let pairs = [("arv/secret", "arv/absent"), ("arv/private", "arv/nothing"), ("arv/secret", "eld/secret")];
    let same = |what: &str, ask: &dyn Fn(&str) -> Answer, (hidden, missing): (&str, &str)| {
        let (hides, lacks) = (ask(hidden), ask(missing));
        assert_eq!(hides, lacks, "{what} {hidden}");
        assert!(hides.status >= 400, "{what} {hidden}: {}", hides.status);
        assert!(!String::from_utf8_lossy(&hides.body).contains("secret"), "{what}");
    };
    for token in [&bor.token, &cel.token, &server.chair().token, &"nonsense".to_owned()] {
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", bearer.as_str())];
        for pair in pairs {
            let path = |of: &str| format!("/sync/{}", server.room(&format!("p-1/{of}")));
            same("upgrade", &|of| upgrade(&address, &path(of), &headers), pair);
            same("GET of a room", &|of| request(&address, "GET", &path(of), &headers, b""), pair);
            same("upgrade by query", &|of| upgrade(&address, &format!("{}?token={token}", path(of)), &[]), pair);
        }
        let put = |audience: Value| {
            move |of: &str, token: &str, address: &str, layers: &str| {
                api(address, token, "PUT", &format!("{layers}/{of}/audience"), Some(audience.clone()))
            }
        };
        for body in [json!({ "audience": [bor.party] }), json!({ "audience": ["eld"] }), json!({ "audience": 3 }), json!({})] {
            let put = put(body);
            same("PUT audience", &|of| put(of, token, &address, &layers(&server)), ("secret", "absent"));
        }
        for method in ["GET", "DELETE", "POST"] {
            let ask = |of: &str| api(&address, token, method, &format!("{}/{of}", layers(&server)), None);
            same(method, &ask, ("secret", "absent"));
        }
    }
    assert!(!listed(&server, &bor).iter().any(|layer| layer == "arv/secret" || layer == "arv/private"));
    assert!(listed(&server, &arv).contains(&"arv/secret".to_owned()));
    // A name is the party's own: another's is no clash.
    let (taken, free) = (open(&server, &bor, "secret", &[]), open(&server, &bor, "absent", &[]));
    assert_eq!((taken.status, &taken.headers), (free.status, &free.headers));
    assert_eq!(taken.json()["party"], bor.party);
    assert_eq!(open(&server, &arv, "secret", &[]).status, 409, "its own it knows of");
    // Whoever does not see the plan is told nothing of layers at all.
    let of = |plan: &str, method: &str, body: Option<Value>| {
        let path = format!("/conferences/{}/plans/{plan}/layers", server.demo.conference);
        api(&address, &cel.token, method, &path, body)
    };
    let new = || Some(json!({ "layer": "mine", "audience": [] }));
    assert_eq!(of("p-1", "GET", None), of("p-2", "GET", None));
    assert_eq!(of("p-1", "POST", new()), of("p-2", "POST", new()));
    assert_eq!(of("p-1", "POST", new()).status, 404);
    assert!(inside.lock().closed.is_none());
}

#[tokio::test]
async fn the_audience_reads_and_only_the_owner_writes() {
    let server = Start::demo(1, 1).start();
    let (arv, bor) = (server.delegate(0, 0), server.delegate(1, 0));
    let opened = open(&server, &arv, "talk", &["bor"]);
    assert_eq!(opened.status, 201);
    assert_eq!(opened.json(), json!({ "party": "arv", "layer": "talk", "audience": ["bor"], "write": true }));
    for (layer, readers) in [("talk", [&bor, &bor]), ("public", [&bor, &server.chair()]), ("positions", [&bor, &server.chair()])]
    {
        let room = format!("p-1/arv/{layer}");
        let (owner, colleague) =
            (YClient::join(&server, &room, &arv).await, YClient::join(&server, &room, &server.delegate(0, 1)).await);
        write(&owner, "one ").await;
        write(&colleague, "two ").await;
        for seat in readers {
            let reader = YClient::join(&server, &room, seat).await;
            assert!(reader.text("text").contains("one "), "{layer}");
            reader.insert("text", 0, "forged").await;
            reader.wait("refused", |s| !s.denied.is_empty()).await;
            assert!(reader.lock().denied[0].contains("layer"), "{:?}", reader.lock().denied);
        }
        write(&owner, "three ").await;
        assert!(!owner.text("text").contains("forged") && owner.lock().closed.is_none());
    }
}

#[tokio::test]
async fn narrowing_the_audience_ends_its_readers_at_once_and_shows_them_nothing_more() {
    let server = Start::demo(0, 1).start();
    let (arv, bor, cel) = (server.delegate(0, 0), server.delegate(1, 0), server.delegate(2, 0));
    assert_eq!(open(&server, &arv, "talk", &["bor", "cel"]).status, 201);
    let owner = YClient::join(&server, "p-1/arv/talk", &arv).await;
    let stays = YClient::join(&server, "p-1/arv/talk", &cel).await;
    for round in 0..5 {
        let mut out = YClient::join(&server, "p-1/arv/talk", &bor).await;
        write(&owner, &format!("shown {round};")).await;
        let narrowed = set_audience(&server, &arv, "talk", &["cel"]);
        assert_eq!((narrowed.status, &narrowed.json()["audience"]), (200, &json!(["cel"])));
        write(&owner, &format!("hidden {round};")).await;
        out.wait("closed", |s| s.closed.is_some()).await;
        assert_eq!(out.lock().closed.as_ref().unwrap().0, 4404, "a stock client does not try again");
        assert!(!out.text("text").contains(&format!("hidden {round};")), "written after the right was gone");
        assert!(out.try_connect(&server, "p-1/arv/talk", &bor).await.is_err());
        assert!(!listed(&server, &bor).contains(&"arv/talk".to_owned()));
        assert_eq!(set_audience(&server, &arv, "talk", &["bor", "cel"]).status, 200);
    }
    stays.wait("all of it", |s| text_of(&s.seen, "text").contains("hidden 4;")).await;
    assert!(stays.lock().closed.is_none() && owner.lock().closed.is_none(), "nobody else is put out");
}

#[tokio::test]
async fn opening_a_layer_disturbs_nobody() {
    let server = Start::demo(0, 1).start();
    let (arv, bor, cel) = (server.delegate(0, 0), server.delegate(1, 0), server.delegate(2, 0));
    let rooms = [("p-1", &bor), ("p-1", &cel), ("p-1/bor/private", &bor), ("p-1/arv/public", &cel)];
    let mut others = Vec::new();
    for (room, seat) in rooms {
        others.push(YClient::join(&server, room, seat).await);
    }
    for client in &others {
        client.wait_echoed().await;
    }
    let frames: Vec<u64> = others.iter().map(|client| client.lock().frames).collect();
    assert_eq!(open(&server, &arv, "talk", &["bor"]).status, 201);
    assert_eq!(set_audience(&server, &arv, "talk", &[]).status, 200);
    let inside = YClient::join(&server, "p-1/arv/talk", &arv).await;
    write(&inside, "unheard").await;
    inside.send_presence(inside.id(), 1, r#"{"cursor":1}"#).await;
    inside.wait("its own presence", |s| !s.presence.is_empty()).await;
    for (client, frames) in others.iter().zip(frames) {
        let state = client.lock();
        assert!(state.closed.is_none() && state.presence.is_empty());
        assert_eq!(state.frames, frames);
    }
    write(&others[0], "on").await;
    others[1].wait("the edit", |s| text_of(&s.seen, "text").contains("on")).await;
}

#[tokio::test]
async fn advisers_annotate_and_do_not_speak() {
    let server = Start::demo(0, 1).start();
    let arv = server.delegate(0, 0);
    let (adviser, observer) = (invite(&server, "arv", "adviser").0, invite(&server, "arv", "observer").0);
    for (seat, layer, writes) in [
        (&arv, "positions", true),
        (&adviser, "positions", false),
        (&observer, "positions", false),
        (&adviser, "private", true),
        (&adviser, "public", true),
        (&observer, "private", false),
        (&observer, "public", false),
    ] {
        let client = YClient::join(&server, &format!("p-1/arv/{layer}"), seat).await;
        let word = format!("{}: ", seat.role);
        client.insert("text", 0, &word).await;
        client.wait("an answer", |s| !s.denied.is_empty() || text_of(&s.seen, "text").contains(&word)).await;
        assert_eq!(text_of(&client.lock().seen, "text").contains(&word), writes, "{word}{layer}");
    }
    for seat in [&adviser, &observer] {
        assert_eq!(open(&server, seat, "talk", &[]).status, 403);
        assert_eq!(set_audience(&server, seat, "absent", &[]).status, 403);
    }
}

#[test]
fn what_cannot_be_a_layer_is_said_in_words() {
    let server = Start::demo(0, 1).start();
    let arv = server.delegate(0, 0);
    let said = |answer: Answer| (answer.status, answer.json()["message"].as_str().unwrap_or_default().to_owned());
    for name in ["private", "public", "positions"] {
        for (status, message) in [said(open(&server, &arv, name, &[])), said(set_audience(&server, &arv, name, &["bor"]))] {
            assert!(status == 422 && message.contains("another name"), "{status} {message}");
        }
    }
    let (status, message) = said(open(&server, &arv, "talk", &["eld"]));
    assert!(status == 422 && message.contains("eld"), "{status} {message}");
    let more = json!({ "layer": "talk", "audience": [], "party": "bor" });
    assert_eq!(api(&server.address(), &arv.token, "POST", &layers(&server), Some(more)).status, 422);
    assert_eq!(listed(&server, &arv).len(), 3 + 3 * 2, "its own three, and two of each other party");
}

#[tokio::test]
async fn no_figure_and_no_log_tells_of_a_layer() {
    let server = Start::demo(0, 1).env("PLENARY_LOG", "trace,sled=info").start();
    let (chair, arv, bor) = (server.chair(), server.delegate(0, 0), server.delegate(1, 0));
    // Held open, so that no plan leaves memory meanwhile.
    let plans = [YClient::join(&server, "p-1", &bor).await, YClient::join(&server, &server.demo.plan, &bor).await];
    write(&plans[0], "a plan's").await;
    let figures = || {
        let answer = request(&server.address(), "GET", "/metrics", &[("Authorization", &format!("Bearer {}", chair.token))], b"");
        assert_eq!(answer.status, 200);
        String::from_utf8(answer.body).unwrap()
    };
    let before = figures();
    assert!(before.contains("plenary_edits_total") && before.contains("plenary_sessions 2\n"), "{before}");
    // Whoever writes in private with the command line opens the plan for that; afterwards nothing shows it.
    Cli::join(&arv).done(&["note", &server.demo.plan, "1", "unheard", "--layer", "private"]);
    let begin = std::time::Instant::now();
    while figures() != before {
        assert!(begin.elapsed() < std::time::Duration::from_secs(10), "{}", figures());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(open(&server, &arv, "fallback-line", &["bor"]).status, 201);
    let inside = YClient::join(&server, "p-1/arv/fallback-line", &arv).await;
    let private = YClient::join(&server, "p-1/arv/private", &arv).await;
    let reader = YClient::join(&server, "p-1/arv/fallback-line", &bor).await;
    write(&inside, "unheard").await;
    write(&private, "unheard").await;
    reader.insert("text", 0, "no").await;
    reader.wait("refused", |s| !s.denied.is_empty()).await;
    private.send(plenary_shared::wire::protocol::update(&[0x80, 0x80, 0x80, 0x80, 0x01, 0x01, 0x01, 0x00])).await;
    private.wait("closed", |s| s.closed.is_some()).await;
    assert_eq!(figures(), before);
    assert_eq!(set_audience(&server, &arv, "fallback-line", &[]).status, 200);
    reader.wait("closed", |s| s.closed.is_some()).await;
    drop((inside, private, reader));
    assert_eq!(figures(), before);
    let log = server.log();
    for word in ["fallback-line", "/private", "arv/"] {
        let line = log.lines().find(|line| line.contains(word));
        assert!(line.is_none(), "{line:?}");
    }
}

#[tokio::test]
async fn layers_outlive_a_crash() {
    let mut server = Start::demo(0, 1).start();
    let (arv, bor) = (server.delegate(0, 0), server.delegate(1, 0));
    assert_eq!(open(&server, &arv, "talk", &["bor"]).status, 201);
    assert_eq!(open(&server, &arv, "gone", &["bor"]).status, 201);
    assert_eq!(set_audience(&server, &arv, "gone", &[]).status, 200);
    write(&YClient::join(&server, "p-1/arv/talk", &arv).await, "kept").await;
    write(&YClient::join(&server, "p-1/arv/private", &arv).await, "kept too").await;
    let lists = [listed(&server, &arv), listed(&server, &bor)];
    assert!(lists[1].contains(&"arv/talk".to_owned()) && !lists[1].contains(&"arv/gone".to_owned()));
    server.kill_9();
    server.restart();
    assert_eq!([listed(&server, &arv), listed(&server, &bor)], lists);
    assert_eq!(YClient::join(&server, "p-1/arv/talk", &bor).await.text("text"), "kept");
    assert_eq!(YClient::join(&server, "p-1/arv/private", &arv).await.text("text"), "kept too");
    assert!(YClient::new().try_connect(&server, "p-1/arv/gone", &bor).await.is_err());
}

#[test]
fn the_chair_chooses_who_must_consent_and_every_reader_is_told() {
    let server = Start::demo(0, 1).start();
    let (arv, cel) = (server.delegate(0, 0), server.delegate(2, 0));
    grant(&server, "p-1", json!({ "arv": "draft", "bor": "propose", "cel": "read" }));
    let plan = format!("/conferences/{}/plans/p-1", server.demo.conference);
    let consent = |seat: &Seat| api(&server.address(), &seat.token, "GET", &plan, None).json()["consent"].clone();
    let choose = |seat: &Seat, parties: Value| {
        api(&server.address(), &seat.token, "PUT", &format!("{plan}/consent"), Some(json!({ "parties": parties })))
    };
    assert_eq!(consent(&cel), json!(["arv", "bor"]));
    let chosen = choose(&server.chair(), json!(["arv"]));
    assert_eq!((chosen.status, &chosen.json()["consent"]), (200, &json!(["arv"])));
    assert_eq!(consent(&cel), json!(["arv"]));
    assert_eq!(choose(&arv, json!(["arv"])).status, 403);
    for bad in [json!(["cel"]), json!(["eld"]), json!([]), Value::Null] {
        assert_eq!(choose(&server.chair(), bad).status, 422);
    }
    grant(&server, "p-1", json!({ "arv": "draft", "bor": "propose", "cel": "draft" }));
    assert_eq!(consent(&cel), json!(["arv", "bor", "cel"]));
}

#[test]
fn the_command_line_opens_layers_and_says_who_reads_them() {
    let server = Start::demo(0, 1).start();
    let (chair, arv, bor) = (Cli::join(&server.chair()), Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    let opened = arv.done(&["layer", "open", "p-1", "talk", "--with", "bor", "med"]);
    assert_eq!(opened, "opened arv/talk: read by arv, bor and med\n");
    let list = bor.done(&["layer", "list", "p-1"]);
    assert!(
        list.contains("arv/talk: read by arv, bor and med\n") && list.contains("bor/private: read by bor alone, you write"),
        "{list}"
    );
    let list = arv.json(&["layer", "list", "p-1"]);
    let talk = list["layers"].as_array().unwrap().iter().find(|layer| layer["layer"] == "talk").unwrap();
    assert_eq!(*talk, json!({ "party": "arv", "layer": "talk", "audience": ["bor", "med"], "write": true }));
    assert_eq!(arv.done(&["layer", "audience", "p-1", "talk", "bor"]), "arv/talk: read by arv and bor\n");
    assert_eq!(arv.json(&["layer", "audience", "p-1", "talk", "none"])["audience"], json!([]));
    assert!(!bor.done(&["layer", "list", "p-1"]).contains("arv/talk"));
    let refused = bor.run(&["layer", "audience", "p-1", "talk", "bor"]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(bor.done(&["plan", "consent", "p-1"]), "p-1: arv, bor and cel must consent\n");
    assert_eq!(chair.json(&["plan", "consent", "p-1", "arv", "bor"])["consent"], json!(["arv", "bor"]));
    assert_eq!(arv.run(&["plan", "consent", "p-1", "arv"]).status.code(), Some(1));
}
