//! Scripts edit plans as reliably as people do: all or none, once, and with errors that say where.

use plenary_tests::{
    cli::Cli,
    server::{Server, Start},
};
use serde_json::{Value, json};
use std::{fs, process::Output, thread, time::Duration};

use crate::replica::{PLAN, begin, script};

fn talks() -> (Server, Vec<String>) {
    let server = Start::demo(1, 1).start();
    let points = begin(&server, &["Forces withdraw within [30][50] days.", "Prisoners are released."]);
    (server, points)
}

fn apply(cli: &Cli, edits: &[Value], more: &[&str]) -> Output {
    let file = script(edits);
    cli.run(&[&["apply", PLAN, file.path().to_str().unwrap()], more].concat())
}

fn words(cli: &Cli, point: &str) -> String {
    cli.json(&["show", PLAN, point])["points"][0]["words"].as_str().unwrap().to_owned()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_key_used_by_two_machines_at_once_does_its_script_once() {
    let (server, points) = talks();
    let seats = [server.delegate(0, 0), server.delegate(0, 1)];
    let clis = seats.each_ref().map(Cli::join);
    for round in 0..5 {
        let edits = [
            json!({ "insert": { "point": points[0], "text": format!("<{round}>") } }),
            json!({ "note": { "point": points[0], "text": "n" } }),
        ];
        let key = format!("round-{round}");
        let outputs = thread::scope(|scope| {
            let runs: Vec<_> = clis.iter().map(|cli| scope.spawn(|| apply(cli, &edits, &["--once", &key, "--json"]))).collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect::<Vec<_>>()
        });
        let repeated: Vec<Value> = outputs
            .iter()
            .map(|output| {
                assert!(output.status.success(), "{output:?}");
                serde_json::from_slice::<Value>(&output.stdout).unwrap()["repeated"].clone()
            })
            .collect();
        assert_eq!(repeated.iter().filter(|one| **one == json!(true)).count(), 1, "{repeated:?}");
        assert_eq!(words(&clis[0], &points[0]).matches(&format!("<{round}>")).count(), 1);
    }
    let notes = clis[0].json(&["annotations", PLAN])["annotations"].as_array().unwrap().len();
    assert_eq!(notes, 5, "a note for each key");
}

#[test]
fn a_script_with_one_bad_line_changes_nothing_and_names_the_line() {
    let (server, points) = talks();
    let cli = Cli::join(&server.delegate(0, 0));
    let good = json!({ "words": { "point": points[1], "words": "All prisoners are released." } });
    let before = cli.json(&["show", PLAN]);
    for (bad, code, says) in [
        (json!({ "wrods": { "point": "1" } }), 2, "wrods"),
        (json!({ "words": { "point": "1", "word": "x" } }), 2, "word"),
        (json!({ "words": { "point": "99", "words": "x" } }), 1, "\"99\""),
        (json!({ "replace": { "point": "1", "quote": "[40]", "with": "x" } }), 1, "[40]"),
        (json!({ "replace": { "point": "1", "quote": "]", "with": "x" } }), 1, "2"),
        (json!({ "delete": { "point": "1", "range": [0, 6], "words": "Troops" } }), 1, "Forces"),
        (json!({ "table": { "ids": ["k3x9abcd"] } }), 1, "k3x9abcd"),
        (json!({ "renumber": {} }), 1, "chair"),
    ] {
        let output = apply(&cli, &[good.clone(), bad.clone()], &[]);
        assert_eq!(output.status.code(), Some(code), "{bad}: {output:?}");
        let told = told(&output);
        assert!(told.contains("line 2") && told.contains(says), "{bad}: {told}");
        assert_eq!(cli.json(&["show", PLAN]), before, "{bad}");
    }
    // Nor does a script whose author saw other words.
    let digest = before["points"][0]["digest"].as_str().unwrap();
    let (point, plan) = (format!("1={digest}"), before["digest"].as_str().unwrap().to_owned());
    assert!(apply(&cli, std::slice::from_ref(&good), &["--expect", &point, "--expect", &plan, "--dry-run"]).status.success());
    assert_eq!(cli.json(&["show", PLAN]), before, "a dry run changes nothing");
    cli.done(&["words", PLAN, "1", "Forces withdraw."]);
    for stale in [point, plan] {
        let output = apply(&cli, std::slice::from_ref(&good), &["--expect", &stale]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(told(&output).contains("expect"), "{output:?}");
    }
    assert_eq!(words(&cli, "2"), "Prisoners are released.");
}

#[test]
fn the_schema_is_printed_and_names_every_edit() {
    let (server, _) = talks();
    let schema = Cli::join(&server.delegate(0, 0)).done(&["apply", "--schema"]);
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let text = schema.to_string();
    for kind in [
        "insert",
        "delete",
        "replace",
        "words",
        "add",
        "move",
        "strike",
        "restore",
        "heading",
        "schedule",
        "note",
        "propose",
        "reply",
        "resolve",
        "reopen",
        "table",
        "accept",
        "reserve",
        "oppose",
        "withdraw",
        "adopt",
        "alternative",
    ] {
        assert!(text.contains(&format!("\"{kind}\"")), "{kind}");
    }
}

#[test]
fn a_script_of_text_and_layers_is_there_whole_or_not_at_all_after_a_kill() {
    let (mut server, points) = talks();
    let seat = server.delegate(0, 0);
    let cli = Cli::join(&seat);
    let mut applied = 0;
    for round in 0..12 {
        let mark = format!("<{round}>");
        let edits = [
            json!({ "insert": { "point": points[0], "text": mark } }),
            json!({ "note": { "point": points[1], "text": mark, "layer": "public" } }),
            json!({ "reserve": { "point": points[1], "reason": mark } }),
        ];
        let file = script(&edits);
        let mut running = cli.command(&["apply", PLAN, file.path().to_str().unwrap()]);
        let mut child = running.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(4 * round));
        server.kill_9();
        let acknowledged = child.wait().unwrap().success();
        server.restart();
        let text = words(&cli, &points[0]).contains(&mark);
        let entries = cli.json(&["annotations", PLAN, "--all"])["annotations"].as_array().unwrap().clone();
        let of = |kind: &str| entries.iter().any(|entry| entry["kind"] == kind && entry["body"] == mark.as_str());
        assert_eq!((of("note"), of("position")), (text, text), "round {round}");
        assert!(text || !acknowledged, "round {round}: what was acknowledged is there");
        applied += usize::from(text);
    }
    assert!(applied > 0, "some of them came through");
}

#[test]
fn ten_thousand_edits_in_one_file_are_one_edit_to_the_others() {
    let (server, points) = talks();
    let (cli, other) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    let folder = other.clone_plan(PLAN);
    let edits: Vec<Value> = (0..10_000).map(|n| json!({ "insert": { "point": points[n % 2], "text": "+" } })).collect();
    let records = || cli.json(&["log", PLAN, "-n", "1"])["entries"][0]["last_seq"].as_u64().unwrap();
    let before = records();
    let output = apply(&cli, &edits, &[]);
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(records(), before + 1, "one record holds all of them");
    let others: Vec<Value> = (0..10_000).map(|n| json!({ "insert": { "point": points[n % 2], "text": "*" } })).collect();
    let file = script(&others);
    folder.done(&["apply", PLAN, file.path().to_str().unwrap()]);
    assert_eq!(folder.json(&["sync"]).0, 4, "both changed both points");
    assert_eq!(records(), before + 3, "and what puts them side by side");
    for point in &points {
        let count = |letter| words(&cli, point).matches(letter).count();
        assert_eq!((count('+'), count('*')), (5_000, 5_000));
    }
}

#[test]
fn a_difference_of_more_than_16_mib_is_sent_and_taken() {
    let (server, points) = talks();
    let (arv, bor) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    let (mine, theirs) = (arv.clone_plan(PLAN), bor.clone_plan(PLAN));
    let large = "слово ".repeat(500_000);
    for n in 0..4 {
        let file = script(&[json!({ "add": { "id": format!("large{n}"), "words": format!("{n} {large}") } })]);
        mine.done(&["apply", PLAN, file.path().to_str().unwrap()]);
    }
    assert!(fs::metadata(mine.file("own.log")).unwrap().len() > 16 << 20);
    mine.done(&["sync"]);
    theirs.done(&["words", PLAN, &points[1], "All prisoners are released."]);
    theirs.done(&["sync"]);
    for n in 0..4 {
        assert_eq!(words(&bor, &format!("large{n}")).len(), 2 + large.len());
        assert_eq!(
            theirs.json(&["show", PLAN, &format!("large{n}")]).1["points"][0]["words"].as_str().unwrap().len(),
            2 + large.len()
        );
    }
}
