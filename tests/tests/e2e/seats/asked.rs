//! The chair makes no seat in a delegation that has a head.

use plenary_tests::{
    cli::Cli,
    client::YClient,
    server::{Seat, Server, Start},
};
use serde_json::{Value, json};

use super::{ask, edit, refused, view};
use crate::{
    access::{seat, sit},
    hostile::table::Table,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_that_only_the_chair_made_reads_nothing_writes_nothing_and_speaks_for_nobody() {
    let mut table = Table::set(Start::demo(0, 0)).await;
    table.attacked(async |table| sit_unseen(&table.server).await).await;
    table.clear().await;
}

/// The chair makes itself every seat of a party that has a head, and tries all that the party may do.
async fn sit_unseen(server: &Server) {
    let (chair, arv, bor) = (server.chair(), server.delegate(0, 0), server.delegate(1, 0));
    assert_eq!(edit(server, &arv, json!({ "note": { "point": "3", "text": "OUR FALLBACK IS 40 KM" } })), 200);
    let before = stances(server, &bor);
    for role in ["head", "delegate", "adviser", "observer"] {
        let invited = ask(server, &chair, "POST", "/members", Some(json!({ "party": "arv", "role": role, "name": "Ana" })));
        assert_eq!(invited.status, 202, "{role}");
        let joined = sit(server, json!({ "invitation": invited.json()["invitation"] })).json();
        let sits: Seat = seat(&joined);
        let reads = ["annotations", "standing", "export", "log?since=0", "state"].map(|name| view(server, &sits, name));
        assert!(reads.iter().all(String::is_empty), "{role}");
        assert_eq!(edit(server, &sits, json!({ "accept": { "point": "1" } })), 404, "{role}");
        assert_eq!(ask(server, &sits, "GET", "", None).status, 403, "{role}");
        assert_eq!(ask(server, &sits, "GET", "/parties/arv/seats", None).status, 403, "{role}");
        for room in ["framework", "framework/arv/private", "framework/arv/public"] {
            assert!(YClient::with_id(7).try_connect(server, room, &sits).await.is_err(), "{role} {room}");
        }
        let member = joined["member"].as_str().unwrap();
        assert_eq!(ask(server, &chair, "DELETE", &format!("/members/{member}"), None).status, 204);
        let trace = ask(server, &arv, "GET", "/parties/arv/seats", None).json().to_string();
        assert!(trace.contains(&format!("\"{member}\"")), "{role}: {trace}");
    }
    assert_eq!(stances(server, &bor), before, "nobody is shown another stance of arv's");
    for other in ["chair", "king"] {
        let invited = ask(server, &chair, "POST", "/members", Some(json!({ "party": "arv", "role": other, "name": "Ana" })));
        assert!(invited.status == 403 || invited.status == 422, "{other}: {}", invited.status);
    }
}

/// What each party says of each point.
fn stances(server: &Server, seat: &Seat) -> Vec<Value> {
    let standing: Value = serde_json::from_str(&view(server, seat, "standing")).unwrap();
    standing["points"].as_array().unwrap().iter().map(|point| point["cells"].clone()).collect()
}

#[tokio::test]
async fn a_head_grants_what_the_chair_asks_for_and_only_the_heads_link_admits() {
    let server = Start::demo(0, 0).start();
    let (chair, head) = (Cli::join(&server.chair()), Cli::join(&server.head("arv")));
    let asked = chair.json(&["invite", "arv", "Ivo Maric", "--role", "adviser"]);
    assert_eq!(asked["asked"], true);
    let member = asked["member"].as_str().unwrap();
    assert!(chair.done(&["conference", "show"]).contains("Ivo Maric, adviser: asked for by the chair"));
    let early = Cli::stranger();
    early.done(&["join", asked["link"].as_str().unwrap()]);
    assert!(refused(&early, &["conference", "show"]).contains("no head of the party has granted it yet"));
    assert!(head.done(&["party", "seats"]).contains("waits for a head to grant it"));
    let granted = head.json(&["party", "grant", member]);
    assert!(granted.get("asked").is_none());
    assert!(refused(&early, &["whoami"]).contains("join again"), "what the chair's link gave is void");
    let ivo = Cli::stranger();
    ivo.done(&["join", granted["link"].as_str().unwrap()]);
    ivo.done(&["note", "framework", "3", "Our adviser's word."]);
    let seats = head.done(&["party", "seats"]);
    assert!(seats.contains("asked for by med-2") && seats.contains("granted by arv-2"), "{seats}");
    assert!(refused(&head, &["invite", "bor", "Ana"]).contains("only the party's own heads"));
    let declined = chair.json(&["invite", "arv", "Mia"]);
    head.done(&["revoke", declined["member"].as_str().unwrap()]);
    assert!(refused(&Cli::stranger(), &["join", declined["link"].as_str().unwrap()]).contains("used, expired or unknown"));
}
