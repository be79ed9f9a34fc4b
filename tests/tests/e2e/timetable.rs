//! The timetable tells the truth: no date that nobody promised, from the command line to the table and the file.

use plenary_tests::{
    cli::Cli,
    server::{Server, Start},
};
use serde_json::{Value, json};

const PLAN: &str = "p-1";

/// Two delegations that draft, and points labelled from 1.
fn begin(texts: &[&str]) -> (Server, [Cli; 2]) {
    let server = Start::demo(1, 1).start();
    let [arv, bor] = [0, 1].map(|party| Cli::join(&server.delegate(party, 0)));
    for words in texts {
        arv.done(&["add", PLAN, words]);
    }
    (server, [arv, bor])
}

fn set(cli: &Cli, args: &[&str]) {
    cli.done(&[&["schedule", PLAN], args, &["--responsible", "ARV", "--verifier", "Mission"]].concat());
}

/// Of each step its name, its first and its last day.
fn days(timetable: &Value) -> Vec<(String, Option<i64>, Option<i64>)> {
    let rows = timetable["rows"].as_array().unwrap().iter();
    rows.map(|row| (row["name"].as_str().unwrap().to_owned(), row["earliest_start"].as_i64(), row["earliest_end"].as_i64()))
        .collect()
}

fn day(name: &str, start: i64, end: i64) -> (String, Option<i64>, Option<i64>) {
    (name.to_owned(), Some(start), Some(end))
}

fn faults(timetable: &Value) -> Vec<&str> {
    timetable["faults"].as_array().unwrap().iter().map(|fault| fault["kind"].as_str().unwrap()).collect()
}

#[test]
fn what_comes_after_begins_its_offset_later_and_what_waits_for_certification_later_still() {
    let (_server, [arv, bor]) = begin(&["Forces withdraw.", "Prisoners are released.", "Sites are opened.", "Aid begins."]);
    set(&arv, &["1", "--trigger", "D-Day", "--offset", "2", "--duration", "12", "--certification", "7"]);
    set(&arv, &["2", "--trigger", " d–day ", "--offset", "5", "--after", "1:done"]);
    set(&bor, &["3", "--offset", "1", "--after", "1:certified", "--condition", "funds for it are there"]);
    set(&bor, &["4", "--after", "2:start", "3:start"]);
    let timetable = bor.json(&["schedule", PLAN]);
    assert_eq!(days(&timetable), [day("1", 2, 14), day("2", 19, 19), day("3", 22, 22), day("4", 22, 22)]);
    let rows = timetable["rows"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["trigger"] == "D-Day"), "one trigger, however it is typed: {rows:?}");
    assert_eq!((&rows[0]["earliest_certified"], &rows[2]["condition"]), (&json!(21), &json!("funds for it are there")));
    assert_eq!((faults(&timetable), timetable["critical"].as_array().unwrap().len()), (vec![], 1));
    for shown in
        [bor.done(&["schedule", PLAN]), bor.done(&["schedule", PLAN, "--csv"]), bor.done(&["export", PLAN, "--annotated"])]
    {
        assert!(shown.contains("funds for it are there"), "{shown}");
    }
    let folder = bor.clone_plan(PLAN);
    assert_eq!(folder.json(&["schedule", PLAN]).1, timetable, "in a replica too");
    // Nobody said how long it takes.
    set(&arv, &["1", "--certification", "none"]);
    let timetable = bor.json(&["schedule", PLAN]);
    assert_eq!((days(&timetable)[2].1, faults(&timetable)), (Some(15), vec!["unsaid_certification"]));
}

#[test]
fn a_point_is_done_with_its_items_and_what_stands_below_a_struck_one_is_no_step() {
    let (_server, [arv, bor]) = begin(&["Forces withdraw:", "Aid begins."]);
    for words in ["from the north", "from the south"] {
        arv.done(&["add", PLAN, "--under", "1", words]);
    }
    set(&arv, &["1", "--trigger", "D-Day", "--duration", "1"]);
    set(&arv, &["1/(a)", "--offset", "3", "--duration", "10"]);
    set(&arv, &["1/(b)", "--trigger", "D-Day", "--offset", "1", "--duration", "4"]);
    set(&bor, &["2", "--after", "1:done"]);
    let timetable = bor.json(&["schedule", PLAN]);
    assert_eq!(days(&timetable), [day("1", 0, 13), day("1/(a)", 3, 13), day("1/(b)", 1, 5), day("2", 13, 13)]);
    arv.done(&["strike", PLAN, "1/(a)"]);
    assert_eq!(days(&bor.json(&["schedule", PLAN])), [day("1", 0, 5), day("1/(b)", 1, 5), day("2", 5, 5)]);
    arv.done(&["strike", PLAN, "1"]);
    let timetable = bor.json(&["schedule", PLAN]);
    assert_eq!(days(&timetable).iter().map(|step| step.0.as_str()).collect::<Vec<_>>(), ["2"]);
    assert!(faults(&timetable).contains(&"struck_after"), "{timetable}");
    let shown = bor.done(&["schedule", PLAN]);
    assert!(shown.contains("2 comes after 1, which is struck") && !shown.contains("(b)"), "{shown}");
}
