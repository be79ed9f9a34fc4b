//! Requests that mean harm: that nobody reads, that never end, that say nothing.

use plenary_tests::{
    client::YClient,
    http::{api, open, read_answer, request, upgrade},
    server::{Seat, Server, Start},
};
use serde_json::json;
use std::{
    io::Read,
    net::{Shutdown, TcpStream},
    thread::sleep,
    time::{Duration, Instant},
};
use tokio::task::block_in_place;

use super::table::{PLAN, Table};
use crate::access::invite;

/// What all that is asked for and not read may take, in MiB.
const UNREAD_MIB_MAX: u64 = 200;
/// The largest thing that is asked for has at least so many bytes.
const LARGE: usize = 5 << 20;

fn ask(server: &Server, seat: &Seat, path: &str) -> TcpStream {
    let bearer = format!("Bearer {}", seat.token);
    open(
        &server.address(),
        "GET",
        &format!("/api/conferences/{}{path}", server.demo.conference),
        &[("Authorization", &bearer)],
        b"",
    )
}

/// Fills a public layer with 70 notes of 100 kB.
fn fill(server: &Server, seat: &Seat, plan: &str) {
    let path = format!("/conferences/{}/plans/{plan}/edits", server.demo.conference);
    for point in 1..=7 {
        let note = json!({ "note": { "point": point.to_string(), "text": "x".repeat(100_000), "layer": "public" } });
        let answer = api(&server.address(), &seat.token, "POST", &path, Some(json!({ "edits": vec![note; 10] })));
        assert_eq!(answer.status, 200, "{:?}", String::from_utf8_lossy(&answer.body));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_hundred_who_ask_for_the_largest_view_and_do_not_read_cost_little_and_keep_nobody_waiting() {
    let mut table = Table::set(Start::demo(4, 0)).await;
    table.attacked(async |table| block_in_place(|| four_hundred_do_not_read(&table.server))).await;
    table.clear().await;
}

fn four_hundred_do_not_read(server: &Server) {
    let (seats, path) = (server.demo.members.clone(), format!("/plans/{PLAN}/annotations"));
    fill(server, &server.delegate(2, 0), PLAN);
    let one = read_answer(&mut ask(server, &seats[0], &path));
    assert!(one.status == 200 && one.body.len() > LARGE, "{} {}", one.status, one.body.len());
    let before = server.rss_mib();
    let unread: Vec<TcpStream> = (0..400).map(|n| ask(server, &seats[n % seats.len()], &path)).collect();
    let mut held = 0;
    let until = Instant::now() + Duration::from_secs(8);
    while Instant::now() < until {
        held = server.rss_mib().saturating_sub(before).max(held);
        sleep(Duration::from_millis(100));
    }
    println!("400 unread answers hold {held} MiB ({before} before)");
    assert!(held < UNREAD_MIB_MAX, "400 unread answers hold {held} MiB ({before} before)");
    drop(unread);
}

#[test]
fn what_one_of_a_party_does_not_read_another_of_it_is_told_all_the_same() {
    let server = Start::demo(1, 0).start();
    let (path, [idle, diligent]) = (format!("/plans/{}/annotations", server.demo.plan), [0, 1].map(|n| server.delegate(0, n)));
    fill(&server, &server.delegate(2, 0), &server.demo.plan);
    let unread: Vec<TcpStream> = (0..20).map(|_| ask(&server, &idle, &path)).collect();
    let told = read_answer(&mut ask(&server, &diligent, &path));
    assert!(told.status == 200 && told.body.len() > LARGE, "{} {}", told.status, told.body.len());
    // What they would have been told, had they read at once.
    for mut stream in unread {
        assert_eq!(read_answer(&mut stream).body, told.body);
    }
}

#[test]
fn who_may_not_is_refused_before_its_body_is_read() {
    let server = Start::demo(0, 1).start();
    let (chair, reader) = (server.chair(), server.delegate(1, 0));
    let (observer, _) = invite(&server, &reader.party, "observer");
    let plans = format!("/conferences/{}/plans", server.demo.conference);
    let new = json!({ "id": "read", "access": { (reader.party.as_str()): "read" } });
    let made = api(&server.address(), &chair.token, "POST", &plans, Some(new));
    assert_eq!(made.status, 201, "{:?}", String::from_utf8_lossy(&made.body));
    let conference = format!("/conferences/{}", server.demo.conference);
    for (method, path) in [
        ("POST", "/conferences".to_owned()),
        ("POST", format!("{conference}/parties")),
        ("POST", plans.clone()),
        ("PUT", format!("{plans}/read/access")),
        ("PUT", format!("{plans}/read/consent")),
        ("POST", format!("{plans}/read/layers")),
        ("PUT", format!("{plans}/read/layers/own/audience")),
        ("POST", format!("{plans}/read/edits")),
        ("POST", format!("{plans}/read/push")),
    ] {
        // A delegate of a party that reads keeps notes of its own; an observer writes nothing.
        let writes = path.ends_with("edits") || path.ends_with("push");
        let bearer = format!("Bearer {}", if writes { &observer.token } else { &reader.token });
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("Content-Length", "60000")];
        // Nothing of the body comes, and what waited for it would be told in the end that it took too long.
        let answer = request(&server.address(), method, &format!("/api{path}"), &headers, b"");
        assert_eq!(answer.status, 403, "{method} {path}: {:?}", String::from_utf8_lossy(&answer.body));
    }
}

#[test]
fn whoever_is_refused_learns_it_although_it_sends_its_body_to_the_end() {
    let server = Start::demo(0, 1).start();
    let (bearer, body) = (format!("Bearer {}", server.delegate(1, 0).token), vec![b' '; 7 << 20]);
    let path = format!("/api/conferences/{}/plans", server.demo.conference);
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    for _ in 0..5 {
        assert_eq!(request(&server.address(), "POST", &path, &headers, &body).status, 403);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_say_nothing_shut_nobody_out() {
    let mut table = Table::set(Start::demo(0, 0).env("PLENARY_SESSIONS", "10")).await;
    table
        .attacked(async |table| {
            let server = &table.server;
            let silent: Vec<TcpStream> = (0..1_500).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
            let whoami = || api(&server.address(), &server.chair().token, "GET", "/whoami", None).status;
            assert_eq!(block_in_place(whoami), 200);
            YClient::join(server, PLAN, &server.delegate(1, 0)).await;
            // The oldest made room, and was hung up on.
            let mut oldest = &silent[0];
            oldest.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            let _ = oldest.shutdown(Shutdown::Write);
            assert!(matches!(oldest.read(&mut [0; 1]), Ok(0) | Err(_)));
        })
        .await;
    table.clear().await;
}

#[test]
fn a_member_s_connections_are_its_own_however_many_it_opens() {
    let server = Start::demo(0, 1).env("PLENARY_SESSIONS_PER_MEMBER", "1").start();
    let (hostile, honest) = (server.delegate(0, 0), server.delegate(1, 0));
    let answers: Vec<(TcpStream, u16)> = (0..40)
        .map(|_| {
            // It stays open for another request.
            let mut stream = ask(&server, &hostile, "/plans");
            let status = read_answer(&mut stream).status;
            (stream, status)
        })
        .collect();
    let taken = answers.iter().filter(|(_, status)| *status == 200).count();
    assert_eq!((taken, answers[39].1), (33, 503));
    assert_eq!(read_answer(&mut ask(&server, &honest, "/plans")).status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_invitations_and_recovery_codes_come_at_a_pace() {
    let mut table = Table::set(Start::demo(0, 0)).await;
    table.attacked(async |table| block_in_place(|| guess(&table.server))).await;
    table.clear().await;
}

fn guess(server: &Server) {
    let join = |what: &str, secret: &str| api(&server.address(), "", "POST", "/join", Some(json!({ (what): secret })));
    let guess = |n| join(if n % 2 == 0 { "invitation" } else { "recovery" }, &format!("guess-{n}")).status;
    let statuses: Vec<u16> = (0..10).map(guess).collect();
    assert_eq!(statuses, [403; 10]);
    let link = &server.delegate(0, 0).link;
    let refused = join("invitation", link.split_once('#').unwrap().1);
    assert_eq!(refused.status, 429, "also a good one, or it could be told from the others");
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() <= 6 && refused.json()["error"] == "too_often");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_tokens_come_at_a_pace_and_slow_down_no_right_one_of_the_same_address() {
    let mut table = Table::set(Start::demo(0, 0)).await;
    table.attacked(async |table| block_in_place(|| guess_tokens(&table.server))).await;
    // The three come back meanwhile: their tokens are good.
    let again = YClient::join(&table.server, PLAN, &table.server.delegate(0, 0)).await;
    assert!(again.lock().closed.is_none());
    table.clear().await;
}

/// Tries tokens on whatever takes one, by turns.
fn guess_tokens(server: &Server) {
    let (address, room) = (server.address(), format!("/sync/{}", server.room(PLAN)));
    let ask = |n: usize, token: &str| match n % 4 {
        0 => api(&address, token, "GET", "/whoami", None),
        1 => api(&address, token, "POST", &format!("/conferences/{}/plans/{PLAN}/edits", server.demo.conference), None),
        2 => upgrade(&address, &room, &[("Sec-WebSocket-Protocol", &format!("plenary, plenary.token.{token}"))]),
        _ => upgrade(&address, &format!("{room}?token={token}"), &[]),
    };
    let statuses: Vec<u16> = (0..10).map(|n| ask(n, &format!("guess-{n}")).status).collect();
    assert_eq!(statuses, [401; 10]);
    for n in 0..4 {
        let refused = ask(n, "guess");
        assert!(refused.status == 429 && refused.json()["error"] == "too_often", "{n}: {}", refused.status);
        assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() <= 6);
    }
    let right = server.delegate(0, 0);
    assert_eq!([0, 2, 3].map(|n| ask(n, &right.token).status), [200, 101, 101]);
    let invitation = json!({ "invitation": "guess" });
    assert_eq!(api(&address, "", "POST", "/join", Some(invitation)).status, 403, "whoever joins here is not slowed down either");
}
