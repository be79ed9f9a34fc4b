//! Rights: who is let in, and how fast who lost a right is out.

use plenary_tests::{
    cli::Cli,
    client::YClient,
    doc::text_of,
    http::{Answer, api, request},
    server::{Seat, Server, Start},
};
use serde_json::{Value, json};

/// The chair says which party may do what with a plan; who can consent must.
pub fn grant(server: &Server, plan: &str, access: Value) {
    let must = |party: &str| matches!(access[party].as_str(), Some("draft" | "propose"));
    let parties = server.demo.members.iter().map(|seat| (seat.party.clone(), json!(must(&seat.party))));
    let consent = Value::Object(parties.collect());
    let path = format!("/conferences/{}/plans/{plan}/access", server.demo.conference);
    let answer =
        api(&server.address(), &server.chair().token, "PUT", &path, Some(json!({ "access": access, "consent": consent })));
    assert_eq!(answer.status, 200, "{:?}", String::from_utf8_lossy(&answer.body));
}

/// The head of a party invites somebody, who joins at once.
pub fn invite(server: &Server, party: &str, role: &str) -> (Seat, String) {
    let joined = invite_whole(server, party, role);
    (seat(&joined), joined["member"].as_str().unwrap().to_owned())
}

/// The same; answers all that joining answers.
pub fn invite_whole(server: &Server, party: &str, role: &str) -> Value {
    let path = format!("/conferences/{}/members", server.demo.conference);
    let body = json!({ "party": party, "role": role, "name": format!("{role} of {party}") });
    let answer = api(&server.address(), &server.head(party).token, "POST", &path, Some(body));
    assert!(answer.status < 300, "{:?}", String::from_utf8_lossy(&answer.body));
    let invitation = answer.json()["invitation"].as_str().unwrap().to_owned();
    let joined = join(server, &invitation);
    assert!(joined.status < 300, "{:?}", String::from_utf8_lossy(&joined.body));
    joined.json()
}

/// The seat of whoever joined.
pub fn seat(joined: &Value) -> Seat {
    let text = |name: &str| joined[name].as_str().unwrap().to_owned();
    Seat { party: text("party"), role: text("role"), name: text("name"), token: text("token"), link: String::new() }
}

fn join(server: &Server, invitation: &str) -> Answer {
    sit(server, json!({ "invitation": invitation }))
}

/// Trades an invitation or a recovery code for a token.
pub fn sit(server: &Server, body: Value) -> Answer {
    let body = body.to_string();
    request(&server.address(), "POST", "/api/join", &[("Content-Type", "application/json")], body.as_bytes())
}

#[tokio::test]
async fn a_revoked_member_is_out_and_stays_out() {
    let server = Start::demo(0, 1).start();
    let (seat, member) = invite(&server, &server.delegate(0, 0).party, "delegate");
    let mut client = YClient::join(&server, "p-1", &seat).await;
    let colleague = YClient::join(&server, "p-1", &server.delegate(0, 0)).await;
    let path = format!("/conferences/{}/members/{member}", server.demo.conference);
    assert!(api(&server.address(), &server.head(&seat.party).token, "DELETE", &path, None).status < 300);
    client.wait("closed", |s| s.closed.is_some()).await;
    assert_eq!(client.lock().closed.as_ref().unwrap().0, 4404, "a stock client does not try again");
    assert!(client.try_connect(&server, "p-1", &seat).await.is_err());
    assert_eq!(api(&server.address(), &seat.token, "GET", "/whoami", None).status, 401);
    colleague.insert("text", 0, "here").await;
    colleague.wait("the echo", |s| text_of(&s.seen, "text") == "here").await;
    assert!(colleague.lock().closed.is_none(), "nobody else is put out");
}

#[tokio::test]
async fn a_change_of_access_ends_the_sessions_that_used_it() {
    let server = Start::demo(0, 1).start();
    let (arv, bor, cel) = (server.delegate(0, 0), server.delegate(1, 0), server.delegate(2, 0));
    let keeps = YClient::join(&server, "p-1", &arv).await;
    let mut reads = YClient::join(&server, "p-1", &bor).await;
    let mut out = YClient::join(&server, "p-1", &cel).await;
    grant(&server, "p-1", json!({ arv.party.clone(): "draft", bor.party.clone(): "read" }));
    reads.wait("closed", |s| s.closed.is_some()).await;
    out.wait("closed", |s| s.closed.is_some()).await;
    assert_eq!(reads.lock().closed.as_ref().unwrap().0, 1012, "a right that changed: connect again");
    assert_eq!(out.lock().closed.as_ref().unwrap().0, 4404, "a right that is gone: do not");
    reads.connect(&server, "p-1", &bor).await;
    reads.insert("text", 0, "no").await;
    reads.wait("refused", |s| !s.denied.is_empty()).await;
    assert!(out.try_connect(&server, "p-1", &cel).await.is_err());
    keeps.insert("text", 0, "yes").await;
    keeps.wait("the echo", |s| text_of(&s.seen, "text") == "yes").await;
    assert!(keeps.lock().closed.is_none(), "a session whose right is the same goes on");
}

#[tokio::test]
async fn only_drafting_delegates_and_the_chair_change_words() {
    let server = Start::demo(0, 1).start();
    let (arv, bor, cel) = (server.delegate(0, 0), server.delegate(1, 0), server.delegate(2, 0));
    let (adviser, observer) = (invite(&server, &arv.party, "adviser").0, invite(&server, &arv.party, "observer").0);
    grant(&server, "p-1", json!({ arv.party.clone(): "draft", bor.party.clone(): "propose", cel.party.clone(): "read" }));
    let table = [(&server.chair(), true), (&arv, true), (&bor, false), (&cel, false), (&adviser, false), (&observer, false)];
    for (seat, may_write) in table {
        let client = YClient::join(&server, "p-1", seat).await;
        let word = format!("{}/{} ", seat.party, seat.role);
        client.insert("text", 0, &word).await;
        client.wait("an answer", |s| !s.denied.is_empty() || text_of(&s.seen, "text").contains(&word)).await;
        assert_eq!(text_of(&client.lock().seen, "text").contains(&word), may_write, "{word}");
    }
}

#[test]
fn what_the_chair_decides_stands_in_the_plans_log_for_all_who_read_it() {
    let server = Start::demo(0, 1).start();
    let (chair, cel) = (Cli::join(&server.chair()), Cli::join(&server.delegate(2, 0)));
    for (status, words) in [(1, &["bor=read"][..]), (0, &["bor=read", "--consent", "no"]), (2, &["bor=propose"])] {
        let answer = chair.run(&[&["plan", "access", "p-1"], words].concat());
        assert_eq!(answer.status.code(), Some(status), "{words:?}: {}", String::from_utf8_lossy(&answer.stderr));
    }
    chair.done(&["plan", "access", "p-1", "bor=propose", "--consent", "no"]);
    chair.done(&["plan", "consent", "p-1", "arv"]);
    let all = |bor: &str| json!({ "arv": "draft", "bor": bor, "cel": "draft" });
    let expected = [
        json!({ "seq": 2, "act": "created", "title": "p-1", "access": all("draft"), "consent": ["arv", "bor", "cel"] }),
        json!({ "seq": 3, "act": "access", "access": all("read"), "consent": ["arv", "cel"] }),
        json!({ "seq": 4, "act": "access", "access": all("propose"), "consent": ["arv", "cel"] }),
        json!({ "seq": 5, "act": "consent", "consent": ["arv"] }),
    ];
    let told = |act: &Value, expected: &Value| {
        assert_eq!((&act["party"], &act["name"]), (&json!("med"), &json!("Mara Ilen")));
        expected.as_object().unwrap().iter().for_each(|(name, value)| assert_eq!(&act[name], value, "{name} of {act}"));
    };
    let folder = cel.clone_plan("p-1");
    for log in [cel.json(&["log", "p-1", "--acts"]), folder.json(&["log", "p-1", "--acts"]).1] {
        let acts = log["acts"].as_array().unwrap();
        assert_eq!(acts.len(), expected.len());
        acts.iter().rev().zip(&expected).for_each(|(act, expected)| told(act, expected));
    }
    let page = cel.done(&["log", "p-1", "--acts", "-n", "1"]);
    assert!(page.contains("Mara Ilen (med-2)  #5\n    consent: arv must consent\n") && page.contains("3 earlier"), "{page}");
    let watched = cel.done(&["watch", "p-1", "--since", "1", "--count", "4", "--json"]);
    let lines: Vec<Value> = watched.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.iter().zip(&expected).for_each(|(act, expected)| told(act, expected));
    assert!(cel.done(&["watch", "p-1", "--since", "4", "--count", "1"]).ends_with("  p-1  consent: arv must consent\n"));
    let entries = cel.json(&["log", "p-1"])["entries"].clone();
    assert_eq!((entries.as_array().unwrap().len(), &entries[0]["last_seq"]), (1, &json!(1)), "an act is none of the text");
}

#[test]
fn what_is_decided_about_a_layer_is_told_to_those_who_read_it_now() {
    let server = Start::demo(0, 1).start();
    let (arv, bor, cel) =
        (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)), Cli::join(&server.delegate(2, 0)));
    arv.done(&["add", "p-1", "We withdraw.", "--label", "1"]);
    arv.done(&["layer", "open", "p-1", "talk", "--with", "bor"]);
    arv.done(&["note", "p-1", "1", "a fallback", "--layer", "talk"]);
    arv.done(&["layer", "audience", "p-1", "talk", "bor", "med"]);
    let by = arv.json(&["whoami"])["member"].clone();
    let expected = [
        json!({ "seq": 1, "act": "opened", "party": "arv", "member": by, "audience": ["bor"] }),
        json!({ "seq": 3, "act": "audience", "party": "arv", "member": by, "audience": ["bor", "med"] }),
    ];
    let asked = ["log", "p-1", "--acts", "--layer", "arv/talk"];
    let folder = bor.clone_plan("p-1");
    for log in [arv.json(&asked), bor.json(&asked), folder.json(&asked).1] {
        assert_eq!((&log["plan"], &log["layer"], &log["earlier"]), (&json!("p-1"), &json!("arv/talk"), &json!(0)));
        let acts = log["acts"].as_array().unwrap();
        assert_eq!(acts.len(), expected.len(), "acts, and no edits: {log}");
        for (act, expected) in acts.iter().rev().zip(&expected) {
            expected.as_object().unwrap().iter().for_each(|(name, value)| assert_eq!(&act[name], value, "{name} of {act}"));
            assert!(act["at_ms"].as_u64().unwrap() > 0 && act["at"].is_string(), "{act}");
        }
    }
    let page = bor.done(&[&asked[..], &["--since", "1"]].concat());
    assert!(page.contains("#3\n    read by bor and med\n") && !page.contains("#1\n"), "{page}");
    let path = |layer: &str| format!("/conferences/{}/plans/p-1/layers/{layer}/acts", server.demo.conference);
    let answer = |party: usize, layer: &str| api(&server.address(), &server.delegate(party, 0).token, "GET", &path(layer), None);
    assert_eq!(answer(1, "arv/talk").status, 200);
    let unknown = answer(2, "arv/none");
    assert_eq!((unknown.status, &answer(2, "arv/talk")), (404, &unknown), "a third party is told what it is of no layer");
    assert_eq!(cel.run(&asked).status.code(), Some(1));
    arv.done(&["layer", "audience", "p-1", "talk", "med"]);
    assert_eq!(answer(1, "arv/talk"), unknown, "who no longer reads it");
    assert_eq!(bor.run(&asked).status.code(), Some(1));
    assert_eq!(arv.json(&asked)["acts"][0]["audience"], json!(["med"]));
}

#[test]
fn an_invitation_is_good_once() {
    let server = Start::demo(0, 0).start();
    let link = server.delegate(0, 0).link;
    let invitation = link.split_once('#').unwrap().1;
    let joined = join(&server, invitation);
    assert!(joined.status < 300);
    assert_eq!(joined.json()["party"], server.delegate(0, 0).party);
    let again = join(&server, invitation);
    let unknown = join(&server, &"A".repeat(invitation.len()));
    assert!(again.status >= 400);
    assert_eq!(again, unknown, "a used invitation answers as one that never was");
}

#[test]
fn each_credential_is_taken_and_none_is_logged() {
    let server = Start::demo(0, 1).env("RUST_LOG", "trace").env("PLENARY_LOG", "trace").start();
    let token = server.delegate(0, 0).token;
    let address = server.address();
    let room = format!("/sync/{}", server.room("p-1"));
    let (bearer, cookie, protocol) =
        (format!("Bearer {token}"), format!("a=b; plenary={token}"), format!("plenary.token.{token}"));
    let upgrade = plenary_tests::http::upgrade;
    assert_eq!(upgrade(&address, &room, &[("Authorization", &bearer)]).status, 101);
    assert_eq!(upgrade(&address, &room, &[("Cookie", &cookie)]).status, 101);
    assert_eq!(upgrade(&address, &format!("{room}?token={token}"), &[]).status, 101);
    let by_protocol = upgrade(&address, &room, &[("Sec-WebSocket-Protocol", &protocol)]);
    assert_eq!(
        (by_protocol.status, by_protocol.header("sec-websocket-protocol")),
        (101, Some("plenary")),
        "the token is not sent back"
    );
    assert_eq!(upgrade(&address, &room, &[]).status, 401);
    assert_eq!(upgrade(&address, &room, &[("Authorization", "Bearer nonsense")]).status, 401);
    let log = server.log();
    for seat in &server.demo.members {
        assert!(!log.contains(&seat.token), "a token stands in the log");
        assert!(!log.contains(seat.link.split_once('#').unwrap().1), "an invitation stands in the log");
    }
}

#[test]
fn the_server_that_an_invitation_leads_to_is_shown_before_anything_is_sent_there() {
    let stranger = Cli::stranger();
    // Nobody listens there.
    let failed = stranger.run(&["join", "http://127.0.0.1:1/talks.example/join#TOKEN"]);
    let shown = String::from_utf8(failed.stderr).unwrap();
    let (first, then) = shown.split_once('\n').unwrap();
    assert_eq!(first, "plenary: the invitation leads to 127.0.0.1 (http://127.0.0.1:1/talks.example), this computer");
    assert!(failed.status.code() == Some(3) && then.contains("no connection"), "{shown}");
}
