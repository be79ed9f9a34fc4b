//! A head whom the chair puts in begins anew.

use plenary_tests::{
    cli::Cli,
    http::api,
    server::{Seat, Server, Start},
};
use serde_json::json;

use super::{ask, edit, refused};

const SECRET: &str = "OUR FALLBACK IS 40 KM";

/// The demo, where arv keeps something to itself; its head's only device is ended.
fn without_a_head() -> Server {
    let server = Start::demo(0, 0).start();
    assert_eq!(edit(&server, &server.delegate(0, 0), json!({ "note": { "point": "3", "text": SECRET } })), 200);
    let head: Seat = server.head("arv");
    assert_eq!(api(&server.address(), &head.token, "DELETE", "/devices/1", None).status, 204);
    server
}

/// Somebody whom the chair puts in as arv's head.
fn put_in(server: &Server) -> Cli {
    let put_in = Cli::join(&server.chair()).done(&["party", "head", "arv", "Mia Lund"]);
    let new = Cli::stranger();
    new.done(&["join", put_in.trim()]);
    new
}

#[tokio::test]
async fn all_are_told_of_a_head_whom_the_chair_puts_in_and_one_who_is_there_has_three_days_to_end_it() {
    let server = Start::demo(0, 0).start();
    let (chair, bor) = (Cli::join(&server.chair()), Cli::join(&server.delegate(1, 0)));
    let early = chair.json(&["party", "head", "arv", "Mia Lund"]);
    let join = ["join", early["link"].as_str().unwrap()];
    assert!(refused(&Cli::stranger(), &join).contains("good in 72 hours"));
    assert!(bor.done(&["conference", "show"]).contains("put in as head by med-2"));
    let member = early["member"].as_str().unwrap();
    assert_eq!(ask(&server, &server.head("arv"), "DELETE", &format!("/members/{member}"), None).status, 204);
    assert!(refused(&Cli::stranger(), &join).contains("used, expired or unknown"));
    assert!(bor.done(&["conference", "show"]).contains("put in as head by med-2"), "it is not forgotten");
}

#[tokio::test]
async fn a_head_who_was_put_in_reads_nothing_of_what_the_party_kept_to_itself_until_somebody_who_was_there_agrees() {
    let server = without_a_head();
    let (new, old) = (put_in(&server), Cli::join(&server.delegate(0, 0)));
    let reads = |cli: &Cli| cli.done(&["annotations", "framework"]).contains(SECRET);
    assert!(!reads(&new) && reads(&old));
    let written = new.json(&["note", "framework", "3", "The new head's word."]);
    assert_eq!(written["layer"], "private--2", "a name says whose it is");
    assert!(old.done(&["annotations", "framework"]).contains("The new head's word."), "who was there reads on");
    let opened = new.json(&["layer", "open", "framework", "shuttle", "--with", "bor"]);
    assert_eq!(opened["layer"], "shuttle--2");
    new.done(&["note", "framework", "3", "To bor.", "--layer", "shuttle"]);
    assert!(Cli::join(&server.delegate(1, 0)).done(&["annotations", "framework"]).contains("To bor."));
    let replica = new.clone_plan("framework");
    replica.done(&["note", "framework", "4", "On the plane."]);
    replica.done(&["sync"]);
    assert!(new.done(&["annotations", "framework"]).contains("On the plane."));
    assert!(!replica.done(&["annotations", "framework"]).contains(SECRET));
    assert!(refused(&new, &["party", "open"]).contains("only who held a seat before"));
    old.done(&["party", "open"]);
    assert!(reads(&new) && new.done(&["party", "seats", "--log"]).contains("opened the older layers"));
}
