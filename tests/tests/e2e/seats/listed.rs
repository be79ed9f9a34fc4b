//! The whole party reads what happened to its seats, and nobody else does.

use plenary_tests::{cli::Cli, server::Start};

use super::ask;
use crate::access::invite;

#[tokio::test]
async fn the_whole_party_reads_every_seat_it_ever_had_and_others_are_answered_as_by_what_does_not_exist() {
    let mut server = Start::demo(0, 0).start();
    let (arv, head) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.head("arv")));
    let member = invite(&server, "arv", "observer").1;
    head.done(&["party", "change", &member, "--role", "adviser"]);
    head.done(&["revoke", &member]);
    let read = |cli: &Cli| (cli.done(&["party", "seats"]), cli.done(&["party", "seats", "--log"]));
    let (seats, log) = read(&arv);
    let given = format!("{member}  observer of arv, adviser\n    given by arv-1 on ");
    assert!(seats.contains("arv-1  Lena Sorel, head\n    given by med-1 on ") && seats.contains(&given), "{seats}");
    assert!(seats.contains("taken by invitation on") && seats.contains("ended by arv-2 on"), "{seats}");
    assert!(log.contains("changed: observer of arv, adviser  by arv-2"), "{log}");
    for other in [server.chair(), server.delegate(1, 0), server.head("bor")] {
        let answers = ["arv", "absent"].map(|party| ask(&server, &other, "GET", &format!("/parties/{party}/seats"), None));
        assert!(answers[0].status == 404 && answers[0] == answers[1], "{}", other.party);
    }
    assert_eq!(server.sigterm(), Some(0));
    server.restart();
    assert_eq!(read(&arv), (seats, log), "nothing is taken off it");
}

#[test]
fn who_was_invited_and_has_not_joined_is_told_to_the_party_and_to_who_invited() {
    let server = Start::demo(0, 0).start();
    let [arv, head, chair, bor] =
        [server.delegate(0, 0), server.head("arv"), server.chair(), server.delegate(1, 0)].map(|seat| Cli::join(&seat));
    let link = head.done(&["invite", "arv", "Ana Lund", "--role", "adviser"]);
    let waits = |cli: &Cli| cli.done(&["conference", "show"]).contains("Ana Lund, adviser: invited, has not joined");
    assert_eq!([&arv, &head, &chair, &bor].map(waits), [true, true, false, false]);
    let invited = head.json(&["conference", "show"])["invited"].clone();
    Cli::stranger().done(&["join", link.trim()]);
    let shown = bor.done(&["conference", "show"]);
    assert!(!waits(&arv) && shown.contains("Ana Lund, adviser\n"), "{shown}");
    assert!(invited[0].as_str().is_some_and(|member| shown.contains(&format!("{member}  Ana Lund"))), "{invited}");
}

#[tokio::test]
async fn the_demo_seats_a_head_and_a_delegate_of_each_party() {
    let server = Start::demo(1, 0).start();
    for party in ["arv", "bor", "cel"] {
        let seats: Vec<&str> =
            server.demo.members.iter().filter(|seat| seat.party == party).map(|seat| seat.role.as_str()).collect();
        assert_eq!(seats, ["delegate", "delegate"], "{party}");
        let head = Cli::join(&server.head(party));
        assert!(head.done(&["whoami"]).contains(&format!("head of {party}")));
    }
}
