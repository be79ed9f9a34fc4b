//! Delegates that mean a plan harm, and stock clients that mean none: a plan keeps its points, their words and their labels.

use plenary_tests::{
    client::YClient,
    server::Start,
    stock::{Credential, Stock},
};
use serde_json::{Value, json};
use yrs::{Any, Map, MapPrelim, MapRef, Out, Text, TextPrelim, TransactionMut, WriteTxn};

use crate::hostile::table::{PLAN, Table};

fn points(txn: &mut TransactionMut) -> MapRef {
    txn.get_or_insert_map("points")
}

fn point(txn: &mut TransactionMut, id: &str) -> MapRef {
    let Some(Out::YMap(point)) = points(txn).get(txn, id) else { panic!("no {id}") };
    point
}

type Harm = fn(&mut TransactionMut, &str);

/// What takes something from a point, and leaves no trace that a reader would look for.
const TAKES_AWAY: [(&str, Harm); 7] = [
    ("the point", |txn, id| drop(points(txn).remove(txn, id))),
    ("all points", |txn, _| points(txn).clear(txn)),
    ("its words", |txn, id| drop(point(txn, id).remove(txn, "words"))),
    ("its label", |txn, id| drop(point(txn, id).remove(txn, "label"))),
    ("its place", |txn, id| drop(point(txn, id).remove(txn, "order"))),
    ("its words, for others", |txn, id| {
        point(txn, id).insert(txn, "words", TextPrelim::new("Other words."));
    }),
    ("the point, for another", |txn, id| {
        points(txn).insert(txn, id, MapPrelim::default());
    }),
];

/// What a plan does not hold.
const FOREIGN: [(&str, Harm); 9] = [
    ("another root", |txn, _| txn.get_or_insert_text("z").insert(txn, 0, "unseen")),
    ("a map of another name", |txn, _| {
        txn.get_or_insert_map("shadow").insert(txn, "k", "unseen");
    }),
    ("another key of a point", |txn, id| {
        point(txn, id).insert(txn, "colour", "red");
    }),
    ("another key beside the title, of too much", |txn, _| {
        txn.get_or_insert_map("meta").insert(txn, "k", "x".repeat(3_000));
    }),
    ("another label", |txn, id| {
        point(txn, id).insert(txn, "label", "99");
    }),
    ("words that are no text", |txn, id| {
        point(txn, id).insert(txn, "words", "a string");
    }),
    ("an adoption", |txn, id| {
        point(txn, id).insert(txn, "adoptions", MapPrelim::default());
    }),
    ("control characters", |txn, id| plenary_tests::doc::words_of(txn, id).insert(txn, 0, "\u{1b}[2J")),
    ("formatted words", |txn, id| {
        let bold = [("bold".into(), Any::Bool(true))].into_iter().collect();
        plenary_tests::doc::words_of(txn, id).insert_with_attributes(txn, 0, "bold", bold);
    }),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_take_out_a_point_is_not_taken_and_its_sender_is_told_which_and_stays() {
    let mut table = Table::set(Start::demo(0, 0)).await;
    let before = table.standing();
    let id = table.points[0].clone();
    table
        .attacked(async |table| {
            for (name, harm) in TAKES_AWAY {
                let hostile = table.joined().await;
                hostile.edit(|txn| harm(txn, &id)).await;
                hostile.wait("told", |state| !state.denied.is_empty()).await;
                let told = hostile.lock().denied[0].clone();
                // Of many, some are named.
                assert!((told.contains(&id) || name == "all points") && told.contains("Strike"), "{name}: {told}");
                assert_eq!(table.standing(), before, "{name}");
                // All else that it writes is taken.
                hostile.insert("text", 0, name).await;
                hostile.wait(name, |state| plenary_tests::doc::text_of(&state.seen, "text").contains(name)).await;
                assert!(hostile.lock().closed.is_none(), "{name}: it stays");
            }
        })
        .await;
    table.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_plan_does_not_have_is_refused_whole_and_its_sender_closed_with_the_reason() {
    // Each by somebody else: who sent one is read later the next time.
    let mut table = Table::set(Start::demo(FOREIGN.len(), 0)).await;
    let before = table.standing();
    let id = table.points[0].clone();
    table
        .attacked(async |table| {
            for (n, (name, harm)) in FOREIGN.into_iter().enumerate() {
                let hostile = YClient::join(&table.server, PLAN, &table.server.delegate(2, n)).await;
                hostile
                    .edit(|txn| {
                        txn.get_or_insert_text("text").insert(txn, 0, "with it ");
                        harm(txn, &id);
                    })
                    .await;
                hostile.wait("closed", |state| state.closed.is_some()).await;
                let closed = hostile.lock().closed.clone().unwrap();
                assert!(closed.0 >= 4400 && closed.1 != "refused" && !closed.1.is_empty(), "{name}: {closed:?}");
                assert_eq!(table.standing(), before, "{name}");
            }
        })
        .await;
    assert_eq!(table.joined().await.text("text"), "", "nothing of what came with it was taken either");
    table.clear().await;
}

#[tokio::test]
async fn stock_clients_type_undo_and_come_back_from_a_train_and_nothing_is_refused() {
    let server = Start::demo(0, 0).start();
    let mut one = Stock::join(&server, PLAN, &server.delegate(0, 0), Credential::Protocols);
    let mut other = Stock::join(&server, PLAN, &server.delegate(1, 0), Credential::Protocols);
    let watcher = YClient::join(&server, PLAN, &server.delegate(2, 0)).await;
    let ids = watcher.points();
    let id = ids[0].as_str();
    let words = |state: &Value| state["points"][id]["words"].as_str().unwrap().to_owned();
    let stood = words(&one.state());
    // Typed, taken back, and made again.
    one.ask(json!({ "do": "track", "point": id, "key": "words" }));
    one.edit_words(id, 0, 0, "Typed 😀 ");
    one.ask(json!({ "do": "stop" }));
    one.edit_words(id, 0, 3, "");
    for step in ["undo", "undo", "redo", "undo"] {
        one.ask(json!({ "do": step }));
    }
    other.wait("all was taken back", |state| words(state) == stood);
    // Away from the server: an emoji is cut in the middle, a point moves twice, a point comes and goes.
    one.disconnect();
    one.edit_words(id, 0, 0, "a😀b ");
    one.edit_words(id, 2, 0, "x");
    for order in ["90", "a0"] {
        one.ask(json!({ "do": "set", "point": ids[1], "key": "order", "value": order }));
    }
    one.ask(json!({ "do": "track" }));
    one.ask(json!({ "do": "add", "point": "cameandwent", "label": "77", "order": "f0" }));
    one.ask(json!({ "do": "undo" }));
    other.edit_words(id, 0, 0, "Meanwhile. ");
    one.connect();
    one.wait("it is back", |state| words(state).contains("Meanwhile."));
    other.wait("what was written away arrives", |state| words(state).contains('x') && state["points"][&ids[1]]["order"] == "a0");
    // A point that all have seen is taken back: it stays, and whoever did so is told and goes on.
    one.ask(json!({ "do": "stop" }));
    one.ask(json!({ "do": "add", "point": "added", "label": "78", "order": "f1" }));
    other.wait("it is there", |state| state["points"]["added"]["label"] == "78");
    one.ask(json!({ "do": "undo" }));
    one.edit_words(id, 0, 0, "On. ");
    let state = other.wait("it goes on", |state| words(state).starts_with("On. "));
    assert_eq!(state["points"]["added"]["label"], "78");
    for stock in [&mut one, &mut other] {
        let state = stock.state();
        assert!(state["connected"] == true && state["closed"]["code"].as_u64().is_none_or(|code| code < 4400), "{state}");
    }
    assert!(watcher.lock().closed.is_none());
}
