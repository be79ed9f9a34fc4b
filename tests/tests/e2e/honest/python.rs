//! pycrdt with its Provider.

use plenary_tests::{
    server::{Server, Start},
    stock::{Credential, Stock},
};
use serde_json::{Value, json};

use super::{PLAN, stays, words};

/// A client of pycrdt, one of Yjs who looks on, and the first point.
fn begin() -> (Server, Stock, Stock, String) {
    let server = Start::demo(0, 0).start();
    let mut python = Stock::pycrdt();
    python.open(&server, PLAN, &server.delegate(0, 0), Credential::Protocols);
    let mut other = Stock::join(&server, PLAN, &server.delegate(1, 0), Credential::Protocols);
    let point = other.state()["points"].as_object().unwrap().keys().next().unwrap().clone();
    (server, python, other, point)
}

/// Waits until both hold the same words, and such as they should be; nobody was sent away.
fn both_hold(python: &mut Stock, other: &mut Stock, point: &str, so: impl Fn(&str) -> bool) -> String {
    let state = python.wait("as it should be", |state| so(words(state, point)) && stays(state));
    let theirs = other.wait("the same for others", |theirs| theirs["points"][point] == state["points"][point]);
    assert!(stays(&theirs) && python.state()["told"] == json!([]));
    words(&state, point).to_owned()
}

#[test]
fn typing_and_undo_with_pycrdts_provider_meet_no_refusal_in_words_nor_in_a_heading() {
    let (_server, mut python, mut other, point) = begin();
    let stood = words(&python.state(), &point).to_owned();
    let heading = python.state()["points"][&point]["heading"].clone();
    for key in ["words", "heading"] {
        python.ask(json!({ "do": "track", "point": point, "key": key }));
        for (at, letter) in "Тип😀 ".chars().enumerate() {
            python.ask(json!({ "do": "insert", "point": point, "key": key, "at": at, "insert": letter }));
        }
        python.ask(json!({ "do": "delete", "point": point, "key": key, "at": 0, "bytes": 2 }));
        let typed = |state: &Value| state["points"][&point][key].as_str().unwrap().starts_with("ип😀 ");
        python.wait("typed", typed);
        other.wait("typed", typed);
        // All is taken back, and made again, and taken back.
        for step in ["undo", "redo", "undo"] {
            while python.ask(json!({ "do": step }))["undone"] == true {}
        }
    }
    both_hold(&mut python, &mut other, &point, |words| words == stood);
    assert_eq!(other.state()["points"][&point]["heading"], heading);
}

#[test]
fn what_is_typed_with_pycrdt_away_from_the_server_arrives() {
    let (_server, mut python, mut other, point) = begin();
    python.disconnect();
    python.ask(json!({ "do": "insert", "point": point, "at": 0, "insert": "Away 🕊️. " }));
    other.edit_words(&point, 0, 0, "Meanwhile. ");
    python.connect();
    // Both began it anew: it stands side by side.
    let told = |words: &str| words.starts_with("[Meanwhile][Away 🕊️]. ");
    both_hold(&mut python, &mut other, &point, told);
}

#[test]
fn an_emoji_cut_in_the_middle_with_pycrdt_meets_no_refusal() {
    let (server, mut python, mut other, point) = begin();
    python.ask(json!({ "do": "insert", "point": point, "at": 0, "insert": "a😀b😀c " }));
    both_hold(&mut python, &mut other, &point, |words| words.starts_with("a😀b😀c "));
    // By Yjs between the halves. pycrdt, which counts bytes, shows its own user the whole character before the `x`.
    other.edit_words(&point, 2, 0, "x");
    other.wait("cut", |state| words(state, &point).starts_with("a\u{FFFD}x\u{FFFD}b"));
    python.wait("told of the cut", |state| words(state, &point).contains('x'));
    // pycrdt writes on around the halves, and takes out what it shows as whole.
    python.ask(json!({ "do": "insert", "point": point, "byte": 1, "insert": "y" }));
    python.ask(json!({ "do": "delete", "point": point, "byte": 2, "bytes": "😀".len() }));
    python.ask(json!({ "do": "insert", "point": point, "byte": 0, "insert": "On. " }));
    let state = other.wait("it goes on", |state| words(state, &point).starts_with("On. ay"));
    let mut late = Stock::join(&server, PLAN, &server.delegate(2, 0), Credential::Protocols);
    assert_eq!(late.state()["points"], state["points"]);
    let python = python.state();
    assert!(stays(&python) && python["told"] == json!([]) && stays(&state), "{python}");
}

#[test]
fn words_set_anew_by_accident_in_pycrdt_stay_for_everybody_and_who_did_it_is_told_and_stays() {
    let (server, mut python, mut other, point) = begin();
    let stood = other.state()["points"][&point].clone();
    // Python sets the entry to what `+=` gives, a text that pycrdt takes for a new one.
    python.ask(json!({ "do": "accident", "point": point, "insert": "x" }));
    python.ask(json!({ "do": "insert", "point": point, "key": "heading", "at": 0, "insert": "Then: " }));
    let state = python.wait("told", |state| state["told"] != json!([]));
    let told = state["told"][0].as_str().unwrap();
    assert!(told.contains(&point) && told.contains("Strike") && told.contains("load the page again"), "{told}");
    // What it does then is taken, and its own copy is right again once it is loaded again.
    let heading = format!("Then: {}", stood["heading"].as_str().unwrap());
    let state = other.wait("the heading arrives", |state| state["points"][&point]["heading"] == *heading);
    assert!(words(&state, &point).starts_with(stood["words"].as_str().unwrap()), "{state}");
    let mut again = Stock::pycrdt();
    again.open(&server, PLAN, &server.delegate(0, 0), Credential::Protocols);
    assert_eq!(again.state()["points"][&point], state["points"][&point]);
    assert!(stays(&python.state()) && stays(&other.state()));
}

/// Bytes within a character are no place in a text: what pycrdt 0.14 writes there names itself as its right neighbour, and no replica of
/// Yjs ever shows it.
#[test]
fn what_pycrdt_writes_within_the_bytes_of_a_character_is_refused_with_the_reason_and_harms_nobody() {
    let (_server, mut python, mut other, point) = begin();
    python.ask(json!({ "do": "insert", "point": point, "at": 0, "insert": "a😀b😀c " }));
    let stood = both_hold(&mut python, &mut other, &point, |words| words.starts_with("a😀b😀c "));
    python.ask(json!({ "do": "insert", "point": point, "byte": 3, "insert": "y" }));
    let state = python.wait("told", |state| state["closed"] != json!(null));
    assert!(state["closed"]["code"] == 4400 && state["told"][0].as_str().unwrap().contains("reload the page"), "{state}");
    other.edit_words(&point, 0, 0, "On. ");
    assert_eq!(words(&other.state(), &point), format!("On. {stood}"));
}
