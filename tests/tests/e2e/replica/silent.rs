//! What is typed behind a network that delays what it carries was typed apart, though the connection is never closed.

use plenary_tests::{
    cli::Cli,
    proxy::Proxy,
    server::{Server, Start},
    stock::{Credential, Stock},
};
use serde_json::Value;
use std::{thread::sleep, time::Duration};

use super::{PLAN, begin};

/// Longer than it takes the server to ask how far a client has read, and to take it for behind.
const LONG: Duration = Duration::from_secs(10);

/// A stock client of the second party, behind a network of its own; the first party's CLI is online.
fn talks(texts: &[&str]) -> (Server, Vec<String>, Cli, Proxy, Stock) {
    let server = Start::demo(1, 1).start();
    let points = begin(&server, texts);
    let (cli, proxy) = (Cli::join(&server.delegate(0, 0)), Proxy::to(server.address()));
    let mut stock = Stock::start();
    stock.open_at(proxy.address(), &server.room(PLAN), &server.delegate(1, 0), Credential::Params);
    stock.wait("synced", |state| state["synced"] == true);
    (server, points, cli, proxy, stock)
}

fn words(state: &Value, point: &str) -> String {
    state["points"][point]["words"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn what_a_stock_client_types_behind_a_silent_network_stands_beside_what_others_wrote_meanwhile() {
    let (_server, points, cli, proxy, mut stock) = talks(&["Within 24 days.", "Forty men.", "By day 90."]);
    // What it types before is its own, and is no other side afterwards.
    stock.edit_words(&points[0], 7, 0, "1");
    let shown = |point: &str| words_shown(&cli, point);
    wait_for("its first word came", || shown(&points[0]) == "Within 124 days.");
    sleep(Duration::from_secs(1));
    proxy.hold();
    cli.done(&["words", PLAN, &points[0], "Within 48 days."]);
    cli.done(&["words", PLAN, &points[2], "By day 60."]);
    stock.edit_words(&points[0], 8, 1, "3");
    stock.edit_words(&points[1], 0, 5, "Sixty");
    sleep(LONG);
    proxy.release();
    stock.wait("put side by side", |state| words(state, &points[0]) == "Within [48][134] days.");
    assert_eq!(shown(&points[0]), "Within [48][134] days.");
    let state = stock.wait("all of it came", |state| words(state, &points[2]) == "By day 60.");
    assert_eq!(words(&state, &points[1]), "Sixty men.", "nobody else touched it");
    // Once it has read so far it is together with the others again.
    cli.done(&["words", PLAN, &points[1], "Fifty men."]);
    stock.wait("told", |state| words(state, &points[1]) == "Fifty men.");
    stock.edit_words(&points[1], 0, 5, "Seventy");
    wait_for("its last word came", || shown(&points[1]) == "Seventy men.");
}

#[test]
fn who_reads_what_it_is_sent_types_together_with_the_others_however_long() {
    let (_server, points, cli, _proxy, mut stock) = talks(&["Within 24 days."]);
    for (now, next) in [("12", "36"), ("48", "60")] {
        cli.done(&["words", PLAN, &points[0], &format!("Within {now} days.")]);
        stock.wait("told", |state| words(state, &points[0]) == format!("Within {now} days."));
        sleep(LONG / 2);
        stock.edit_words(&points[0], 7, 2, next);
        wait_for("it came", || words_shown(&cli, &points[0]) == format!("Within {next} days."));
    }
}

fn words_shown(cli: &Cli, point: &str) -> String {
    cli.json(&["show", PLAN, point])["points"][0]["words"].as_str().unwrap().to_owned()
}

fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(30), "never {what}");
        sleep(Duration::from_millis(50));
    }
}
