//! A stock client's undo of what the server put beside what others wrote.

use plenary_tests::{
    cli::Cli,
    server::{Server, Start},
    stock::{Credential, Stock},
};
use serde_json::{Value, json};

use super::{PLAN, stays, words};

/// Somebody changed a number away from the server, where undo takes it back; another did at the server; both stand side by side.
fn apart() -> (Server, Cli, Stock, Stock, String) {
    let server = Start::demo(0, 0).start();
    let cli = Cli::join(&server.chair());
    cli.done(&["words", PLAN, "2", "Within 24 days."]);
    let point = cli.json(&["show", PLAN, "2"])["points"][0]["id"].as_str().unwrap().to_owned();
    let [mut arv, mut bor] = [0, 1].map(|n| Stock::join(&server, PLAN, &server.delegate(n, 0), Credential::Protocols));
    for stock in [&mut arv, &mut bor] {
        stock.wait("told", |state| words(state, &point) == "Within 24 days.");
    }
    arv.ask(json!({ "do": "track", "point": point, "key": "words" }));
    arv.disconnect();
    arv.edit_words(&point, 7, 2, "12");
    bor.edit_words(&point, 7, 2, "48");
    let mut late = Stock::join(&server, PLAN, &server.delegate(2, 0), Credential::Params);
    late.wait("told of the one", |state| words(state, &point) == "Within 48 days.");
    arv.connect();
    for stock in [&mut arv, &mut bor] {
        stock.wait("told of both", |state| words(state, &point) == "Within [48][12] days.");
    }
    (server, cli, arv, bor, point)
}

#[test]
fn an_alternative_that_a_stock_client_takes_back_by_undo_goes_with_its_marks_and_what_comes_back_stays() {
    let (_server, cli, mut arv, mut bor, point) = apart();
    cli.done(&["confirm", PLAN, "2"]);
    arv.ask(json!({ "do": "undo" }));
    let is_tidy = |state: &Value| {
        let words = words(state, &point);
        words.contains("48") && words.contains("24") && !words.contains("12") && !words.contains(['[', ']']) && stays(state)
    };
    let state = arv.wait("tidied", is_tidy);
    let reads = words(&state, &point).to_owned();
    assert!(["Within 24 48 days.", "Within 48 24 days."].contains(&&*reads), "{reads}");
    bor.wait("the same for others", |state| words(state, &point) == reads);
    let merged = cli.json(&["merged", PLAN]);
    assert_eq!(merged["merged"][0]["point"], json!(point), "somebody should look at it: {merged}");
    // What is typed on goes on.
    arv.edit_words(&point, 0, 6, "Inside");
    bor.wait("what was typed on", |state| words(state, &point).starts_with("Inside"));
}
