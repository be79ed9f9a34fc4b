//! What delegations write into the same words without knowing of each other stands side by side in the end.

use plenary_tests::{
    cli::{Cli, Folder},
    server::{Server, Start},
    stock::{Credential, Stock},
};
use serde_json::json;

use super::{PLAN, begin, words};

fn talks(texts: &[&str]) -> (Server, Vec<String>, [Cli; 3]) {
    let server = Start::demo(1, 1).start();
    let points = begin(&server, texts);
    let clis = [0, 1, 2].map(|n| Cli::join(&server.delegate(n, 0)));
    (server, points, clis)
}

#[test]
fn numbers_that_were_changed_apart_stand_side_by_side_for_everybody() {
    let (_server, points, clis) = talks(&["Within 24 days.", "Forty men.", "By day 90."]);
    let replicas: Vec<Folder> = clis.iter().map(|cli| cli.clone_plan(PLAN)).collect();
    for (replica, texts) in replicas.iter().zip([
        ["Within 12 days.", "Sixty men.", "By day 60."],
        ["Within 48 days.", "Fifty men.", "By day 30."],
        ["Within 36 days.", "Forty women.", "By day 90."],
    ]) {
        for (point, text) in points.iter().zip(texts) {
            replica.done(&["words", PLAN, point, text]);
        }
    }
    for (replica, code) in replicas.iter().zip([0, 4, 4]) {
        replica.exits(code, &["sync"]);
    }
    for replica in &replicas {
        replica.run(&["sync"]);
        let now: Vec<String> = points.iter().map(|point| words(replica, point)).collect();
        assert_eq!(now, ["Within [12][48][36] days.", "[Sixty][Fifty] women.", "By day [60][30]."]);
    }
    let shown = clis[0].json(&["show", PLAN]);
    assert_eq!(shown["points"][0]["words"], json!("Within [12][48][36] days."));
}

#[test]
fn what_stock_clients_typed_into_one_number_apart_makes_no_third_one() {
    let (server, points, [arv, bor, _]) = talks(&["Within 24 days.", "Within 24 days."]);
    let mut stocks = [0, 1].map(|party| Stock::join(&server, PLAN, &server.delegate(party, 0), Credential::Params));
    stocks.iter_mut().for_each(Stock::disconnect);
    // One turns the first figure, the other the second.
    stocks[0].edit_words(&points[0], 7, 1, "3");
    stocks[1].edit_words(&points[0], 8, 1, "8");
    // Of the second point one is changed live, and a third side comes from a replica.
    let replica = arv.clone_plan(PLAN);
    replica.done(&["words", PLAN, &points[1], "Within 12 days."]);
    stocks[1].edit_words(&points[1], 7, 2, "48");
    bor.done(&["words", PLAN, &points[1], "Within 36 days."]);
    for stock in &mut stocks {
        stock.connect();
        stock.wait("synced", |state| state["synced"] == true);
    }
    let expected = ["Within [34][28] days.", "Within [36][48] days."];
    let words = |state: &serde_json::Value, point: &String| state["points"][point]["words"].as_str().unwrap().to_owned();
    for stock in &mut stocks {
        stock.wait("put side by side", |state| (0..2).all(|at| words(state, &points[at]) == expected[at]));
    }
    replica.exits(4, &["sync"]);
    let shown = arv.json(&["show", PLAN]);
    assert_eq!(shown["points"][0]["words"], json!(expected[0]));
    assert_eq!(shown["points"][1]["words"], json!("Within [36][48][12] days."));
    for stock in &mut stocks {
        stock.wait("told", |state| words(state, &points[1]) == "Within [36][48][12] days.");
    }
}
