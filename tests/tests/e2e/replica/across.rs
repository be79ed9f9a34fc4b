//! What changes of several points, made apart, do to one another, and two who type into one word: every party is told, in whatever order
//! people come back, until somebody confirms it; a server that is built again from its log tells the same.

use plenary_tests::{
    cli::{Cli, Folder},
    server::{Server, Start},
    stock::{Credential, Stock},
};
use serde_json::Value;
use std::time::{Duration, Instant};

use super::{PLAN, begin};

fn talks(texts: &[&str]) -> (Server, Vec<String>, [Cli; 3]) {
    let server = Start::demo(1, 1).start();
    let points = begin(&server, texts);
    let clis = [0, 1, 2].map(|n| Cli::join(&server.delegate(n, 0)));
    (server, points, clis)
}

type Verbs<'a> = &'a [&'a [&'a str]];

/// Two went away and each did something; both come back in this order. What everybody is told then, at the server and in a replica.
fn told_to_all(server: &mut Server, clis: &[Cli; 3], did: [Verbs; 2], order: [usize; 2]) -> Vec<(String, Vec<String>)> {
    let away: Vec<Folder> = clis[..2].iter().map(|cli| cli.clone_plan(PLAN)).collect();
    for (folder, did) in away.iter().zip(did) {
        did.iter().for_each(|verb| drop(folder.done(verb)));
    }
    away[order[0]].exits(0, &["sync"]);
    away[order[1]].exits(4, &["sync"]);
    away[order[0]].exits(4, &["sync"]);
    let told = told(&clis[2].json(&["standing", PLAN]));
    for cli in clis {
        assert_eq!(self::told(&cli.json(&["standing", PLAN])), told, "every party");
        assert_eq!(told_by_show(&cli.json(&["show", PLAN])), told);
    }
    for folder in &away {
        assert_eq!(self::told(&folder.json(&["standing", PLAN]).1), told, "a replica");
    }
    let shown = clis[2].done(&["show", PLAN]);
    let log = clis[2].done(&["log", PLAN]);
    let edition = clis[2].done(&["export", PLAN, "--annotated"]);
    for said in told.iter().flat_map(|(_, says)| says) {
        assert!(shown.contains(said), "{said}: {shown}");
        assert!(log.contains(said), "{said}: {log}");
        assert!(plain(&edition).contains(&plain(said)), "{said}: {edition}");
    }
    rebuilt(server, &clis[2], &told);
    told
}

/// A server that starts again tells the same, and so does one that has nothing but its logs.
fn rebuilt(server: &mut Server, cli: &Cli, told: &[(String, Vec<String>)]) {
    assert_eq!(server.sigterm(), Some(0));
    server.restart();
    assert_eq!(self::told(&cli.json(&["standing", PLAN])), told, "with its snapshots");
    server.kill_9();
    // A log that is short has none.
    if let Err(error) = std::fs::remove_dir_all(server.data().join("store/snapshots")) {
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    }
    server.restart();
    assert_eq!(self::told(&cli.json(&["standing", PLAN])), told, "from its logs");
}

/// Letters, digits and spaces: an edition sets the rest in a form of its own.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The points that `standing --json` tells to be merged, and what it says of each, by what a reader is told.
fn told(standing: &Value) -> Vec<(String, Vec<String>)> {
    says(&standing["points"], "point")
}

fn told_by_show(shown: &Value) -> Vec<(String, Vec<String>)> {
    says(&shown["points"], "id")
}

fn says(points: &Value, id: &str) -> Vec<(String, Vec<String>)> {
    let marked = points.as_array().unwrap().iter().filter(|point| !point["merged"].is_null());
    let says = |point: &Value| {
        let mark: plenary_shared::text::marks::Unconfirmed = serde_json::from_value(point["merged"].clone()).unwrap();
        (point[id].as_str().unwrap().to_owned(), mark.says())
    };
    marked.map(says).collect()
}

fn confirmed(clis: &[Cli; 3], told: &[(String, Vec<String>)]) {
    for (point, _) in told {
        clis[1].done(&["confirm", PLAN, point]);
    }
    assert!(self::told(&clis[0].json(&["standing", PLAN])).is_empty());
}

#[test]
fn a_circle_that_only_both_made_is_told_to_all() {
    for order in [[0, 1], [1, 0]] {
        let (mut server, points, clis) = talks(&["One.", "Two.", "Three."]);
        let one: Verbs = &[&["schedule", PLAN, "1", "--trigger", "D-Day", "--after", "2:start"]];
        let two: Verbs = &[&["schedule", PLAN, "2", "--after", "1:done"]];
        let told = told_to_all(&mut server, &clis, [one, two], order);
        assert_eq!(told.iter().map(|(point, _)| point).collect::<Vec<_>>(), points[..2].iter().collect::<Vec<_>>());
        assert!(told.iter().all(|(_, says)| says[0].starts_with("1 -> 2 -> 1: a circle that only what ")), "{told:?}");
        clis[2].done(&["schedule", PLAN, "2", "--after", "none"]);
        assert!(self::told(&clis[0].json(&["standing", PLAN])).is_empty(), "the circle is gone");
    }
}

#[test]
fn a_step_that_was_made_to_wait_for_what_the_other_side_struck_is_told_to_all() {
    for order in [[0, 1], [1, 0]] {
        let (mut server, points, clis) = talks(&["One.", "Two.", "Three."]);
        let one: Verbs = &[&["schedule", PLAN, "1", "--trigger", "D-Day", "--after", "2:done"]];
        let two: Verbs = &[&["strike", PLAN, "2"]];
        let told = told_to_all(&mut server, &clis, [one, two], order);
        let [arv, bor] = [0, 1].map(|n| server.delegate(n, 0).party.to_uppercase());
        let said = format!("{arv} let 1 come after 2, which {bor} struck: take that out, or name another point");
        assert_eq!(told, [(points[0].clone(), vec![said])]);
        confirmed(&clis, &told);
    }
}

#[test]
fn a_chapeau_and_its_items_that_were_changed_apart_are_told_to_all() {
    for order in [[0, 1], [1, 0]] {
        let (mut server, points, clis) = talks(&["The Parties shall:"]);
        clis[2].done(&["add", PLAN, "--under", "1", "withdraw;"]);
        let one: Verbs = &[&["words", PLAN, "1", "The Parties may:"]];
        let two: Verbs = &[&["words", PLAN, "1/(a)", "withdraw at once;"]];
        let told = told_to_all(&mut server, &clis, [one, two], order);
        let [arv, bor] = [0, 1].map(|n| server.delegate(n, 0).party.to_uppercase());
        let said = vec![format!("{arv} changed 1, and {bor} changed 1/(a) below it: read them together")];
        assert_eq!((told.len(), &told[0].0), (2, &points[0]));
        assert_eq!((&told[0].1, &told[1].1), (&said, &said));
        confirmed(&clis, &told);
    }
}

#[test]
fn one_label_that_was_given_twice_is_told_to_all_with_a_way_out() {
    for order in [[0, 1], [1, 0]] {
        let (mut server, _, clis) = talks(&["One.", "Two."]);
        let one: Verbs = &[&["add", PLAN, "--after", "1", "Mine."]];
        let two: Verbs = &[&["add", PLAN, "--after", "1", "Theirs."]];
        let told = told_to_all(&mut server, &clis, [one, two], order);
        assert_eq!(told.len(), 2, "{told:?}");
        let said = &told[0].1[0];
        assert!(said.starts_with("\"1 bis\" was given apart to several points"), "{said}");
        assert!(told.iter().all(|(id, says)| said.contains(id) && says == &told[0].1), "{told:?}");
        confirmed(&clis, &told);
    }
}

#[test]
fn two_who_type_into_one_word_at_once_are_told_to_all_and_two_in_different_words_are_not() {
    let (mut server, points, clis) = talks(&["within 24 days", "within 24 days", ""]);
    let mut stock = [0, 1].map(|n| Stock::join(&server, PLAN, &server.delegate(n, 0), Credential::Params));
    let reads = |stock: &mut Stock, point: &str, words: &str| {
        stock.wait(words, |state| state["points"][point]["words"] == words);
    };
    // Each goes on: one in the figure, one in another word.
    for (who, at, typed) in [(0, 7, "1"), (1, 11, "w"), (0, 8, "0"), (1, 12, "o")] {
        stock[who].edit_words(&points[1], at, 0, typed);
        let state = stock[who].state();
        let words = state["points"][&points[1]]["words"].as_str().unwrap().to_owned();
        reads(&mut stock[1 - who], &points[1], &words);
    }
    assert!(told(&clis[2].json(&["standing", PLAN])).is_empty(), "different words");
    for (who, at, typed) in [(0, 7, "1"), (1, 10, "5"), (0, 8, "0"), (1, 12, "6")] {
        stock[who].edit_words(&points[0], at, 0, typed);
        let state = stock[who].state();
        let words = state["points"][&points[0]]["words"].as_str().unwrap().to_owned();
        reads(&mut stock[1 - who], &points[0], &words);
    }
    let told = told(&clis[2].json(&["standing", PLAN]));
    assert_eq!((told.len(), &told[0].0), (1, &points[0]));
    assert!(told[0].1[0].starts_with("typed into one word at once by "), "{told:?}");
    let words = clis[2].json(&["show", PLAN, &points[0]])["points"][0]["words"].as_str().unwrap().to_owned();
    assert!(!words.contains('['), "{words}");
    // So much that a snapshot is worth it.
    (0..100).for_each(|_| stock[0].edit_words(&points[2], 0, 0, "x"));
    stock[1].wait("all typed", |state| state["points"][&points[2]]["words"].as_str().is_some_and(|words| words.len() == 100));
    drop(stock);
    let begin = Instant::now();
    while !std::fs::read_dir(server.data().join("store/snapshots")).is_ok_and(|mut files| files.next().is_some()) {
        assert!(begin.elapsed() < Duration::from_secs(30), "no snapshot was made");
        std::thread::sleep(Duration::from_millis(20));
    }
    rebuilt(&mut server, &clis[2], &told);
    confirmed(&clis, &told);
}
