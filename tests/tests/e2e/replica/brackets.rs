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
fn a_replica_shows_beside_what_others_wrote_what_it_has_not_sent_and_the_server_says_the_same() {
    let (server, points, [arv, bor, _]) = talks(&["Within 24 days.", "[30][50] km."]);
    let replica = arv.clone_plan(PLAN);
    replica.done(&["words", PLAN, &points[0], "Within 12 days."]);
    replica.done(&["words", PLAN, &points[1], "[40][50] km."]);
    bor.done(&["words", PLAN, &points[0], "Within 48 days."]);
    bor.done(&["words", PLAN, &points[1], "[45][50] km."]);
    // As after a sync that was cut before it sent anything.
    let newer = arv.clone_plan(PLAN);
    std::fs::copy(newer.file("text.log"), replica.file("text.log")).unwrap();
    let both = |folder: &Folder| points.iter().map(|point| words(folder, point)).collect::<Vec<_>>();
    let expected = ["Within [48][12] days.", "[45][40][50] km."];
    assert_eq!(both(&replica), expected);
    let typed = |value: &serde_json::Value| -> Vec<String> {
        let brackets = value["points"].as_array().unwrap().iter().flat_map(|point| point["brackets"].as_array().unwrap());
        brackets.map(|bracket| format!("{}{}", bracket["text"].as_str().unwrap(), bracket["typed_by"])).collect()
    };
    let [arv_id, bor_id] = [0, 1].map(|n| server.delegate(n, 0).party);
    let whose = typed(&replica.json(&["brackets", PLAN]).1);
    assert_eq!(whose[..2], [format!("[48][\"{bor_id}\"]"), format!("[12][\"{arv_id}\"]")]);
    assert_eq!(replica.json(&["status"]).1["waiting"].as_array().unwrap().len(), 2, "nothing is recorded");
    replica.exits(4, &["sync"]);
    assert_eq!(both(&replica), expected);
    assert_eq!(typed(&replica.json(&["brackets", PLAN]).1), whose);
    assert_eq!(typed(&bor.json(&["brackets", PLAN])), whose, "whose alternative each is, all are told alike");
}

#[test]
fn an_alternative_is_withdrawn_by_its_party_and_when_one_is_left_the_brackets_go() {
    let (_server, points, [arv, bor, cel]) = talks(&["Within 24 days.", "All forces withdraw.", "By day 90."]);
    let replicas: Vec<Folder> = [&arv, &bor, &cel].map(|cli| cli.clone_plan(PLAN)).into();
    for (replica, texts) in replicas.iter().zip([
        ["Within 12 days.", "Some forces withdraw.", "By day 60."],
        ["Within 48 days.", "forces withdraw.", "By day 30."],
        ["Within 36 days.", "All forces withdraw.", "By day 90."],
    ]) {
        for (point, text) in points.iter().zip(texts) {
            replica.done(&["words", PLAN, point, text]);
        }
        replica.run(&["sync"]);
    }
    let now = |at: usize| arv.json(&["show", PLAN, &points[at]])["points"][0]["words"].as_str().unwrap().to_owned();
    assert_eq!([now(0), now(1), now(2)], ["Within [12][48][36] days.", "[Some] forces withdraw.", "By day [60][30]."]);
    bor.done(&["undo", PLAN, &points[0]]);
    assert_eq!(now(0), "Within [12][36] days.");
    assert_eq!(bor.run(&["undo", PLAN, &points[0]]).status.code(), Some(1), "the others' are not BOR's to withdraw");
    cel.done(&["undo", PLAN, &points[0]]);
    assert_eq!(now(0), "Within 12 days.");
    arv.done(&["undo", PLAN, &points[1]]);
    assert_eq!(now(1), "forces withdraw.", "what another side deleted stays so");
    // In a replica too, and before it is sent.
    replicas[1].run(&["sync"]);
    replicas[1].done(&["undo", PLAN, &points[2], "--bracket", "2"]);
    assert_eq!(words(&replicas[1], &points[2]), "By day 60.");
    replicas[1].run(&["sync"]);
    assert_eq!(now(2), "By day 60.");
}

#[test]
fn a_position_on_an_alternative_stands_when_another_one_changes() {
    let (_server, points, [arv, bor, cel]) = talks(&["Within [30][50] days."]);
    cel.done(&["oppose", PLAN, &points[0], "--quote", "[50]"]);
    let stands = || {
        let brackets = bor.json(&["brackets", PLAN])["points"][0]["brackets"].clone();
        let found = brackets.as_array().unwrap().iter().find(|one| one["text"] == "[50]").unwrap().clone();
        (found["oppose"].as_array().map_or(0, Vec::len), found["changed"].is_null())
    };
    assert_eq!(stands(), (1, true));
    for words in ["Within [35][50] days.", "Within [20][35][50] days.", "Within [20][50] days.", "Within [50] days."] {
        arv.done(&["words", PLAN, &points[0], words]);
        assert_eq!(stands(), (1, true), "{words}");
    }
    // Also where the one is changed apart.
    arv.done(&["words", PLAN, &points[0], "Within [20][50] days."]);
    let replica = arv.clone_plan(PLAN);
    replica.done(&["words", PLAN, &points[0], "Within [25][50] days."]);
    bor.done(&["words", PLAN, &points[0], "Within [30][50] days."]);
    replica.exits(4, &["sync"]);
    assert_eq!(words(&replica, &points[0]), "Within [30][25][50] days.");
    assert_eq!(stands(), (1, true));
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
