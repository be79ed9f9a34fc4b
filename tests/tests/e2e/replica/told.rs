//! Merged is not agreed, and everybody is told: the same facts for every party, from the plan's log alone.

use plenary_tests::{
    cli::Cli,
    server::{Server, Start},
    stock::{Credential, Stock},
};
use serde_json::{Value, json};

use super::{PLAN, begin};
use crate::access::grant;

/// A plan whose first point `arv` and `bor` have changed apart, and which `cel` reads.
fn talks() -> (Server, Vec<String>, [Cli; 3]) {
    let server = Start::demo(1, 1).start();
    let points = begin(&server, &["Within 24 days.", "Prisoners are released."]);
    let clis = [0, 1, 2].map(|n| Cli::join(&server.delegate(n, 0)));
    (server, points, clis)
}

fn merged(cli: &Cli) -> Value {
    cli.json(&["merged", PLAN])["merged"].take()
}

/// Who changed the first point apart, as a view tells it.
fn by(of: &Value) -> Vec<(&str, u64)> {
    let by = of["by"].as_array().map(Vec::as_slice).unwrap_or_default();
    by.iter().map(|by| (by["party"].as_str().unwrap(), by["seq"].as_u64().unwrap())).collect()
}

#[test]
fn every_party_is_told_the_same_of_a_point_that_two_changed_apart_until_one_who_drafts_confirms_it() {
    let (server, points, [arv, bor, cel]) = talks();
    let [one, two] = [0, 1].map(|n| server.delegate(n, 0).party);
    let replica = arv.clone_plan(PLAN);
    replica.done(&["words", PLAN, &points[0], "Within 12 days."]);
    bor.done(&["words", PLAN, &points[0], "Within 48 days."]);
    assert_eq!(merged(&bor), json!([]), "nobody knows of the other yet");
    let told = replica.exits(4, &["sync"]);
    let named = format!("changed apart by {} (#", two.as_str().to_uppercase());
    assert!(told.contains("1 merged point"), "{told}");

    let facts = merged(&bor);
    let sides = facts[0]["sides"].as_array().unwrap();
    let wrote = sides.iter().map(|side| (side["party"].as_str().unwrap(), side["changes"][0]["after"].as_str().unwrap()));
    assert_eq!(wrote.collect::<Vec<_>>(), [(two.as_str(), "Within 48 days."), (one.as_str(), "Within 12 days.")]);
    assert_eq!((&facts[0]["point"], &facts[0]["label"]), (&json!(points[0]), &json!("1")));
    assert_eq!(
        [merged(&cel), merged(&arv), replica.json(&["merged", PLAN]).1["merged"].take()],
        [facts.clone(), facts.clone(), facts.clone()]
    );
    for cli in [&arv, &bor, &cel] {
        let (shown, standing) = (cli.json(&["show", PLAN]), cli.json(&["standing", PLAN]));
        for told in [&shown["points"][0]["merged"], &standing["points"][0]["merged"]] {
            assert_eq!((by(told), &told["bracketed"]), (by(&facts[0]), &facts[0]["bracketed"]), "{told}");
        }
        assert!(shown["points"][1]["merged"].is_null() && standing["points"][1]["merged"].is_null());
        assert!(cli.done(&["show", PLAN]).contains(&named) && cli.done(&["standing", PLAN, "1"]).contains(&named));
        assert!(cli.done(&["standing", PLAN]).contains(", merged"));
        assert!(cli.done(&["export", PLAN, "--annotated"]).contains("Merged:"));
    }
    // The log says what each side wrote, from wherever it is read, and so does whoever follows it.
    let apart = |log: &Value| log["entries"].as_array().unwrap().iter().find_map(|entry| entry.get("apart").cloned());
    let told = apart(&cel.json(&["log", PLAN])).unwrap();
    assert_eq!((&told[0]["sides"], &told[0]["point"]), (&facts[0]["sides"], &json!(points[0])));
    assert_eq!(apart(&replica.json(&["log", PLAN]).1), Some(told.clone()));
    let seq = facts[0]["bracketed"].as_u64().unwrap();
    let followed = cel.done(&["watch", PLAN, "--since", &(seq - 1).to_string(), "--count", "1", "--json"]);
    let line: Value = serde_json::from_str(followed.lines().next().unwrap()).unwrap();
    assert_eq!((&line["merged"], &line["seq"]), (&told, &json!(seq)));

    cel.done(&["confirm", PLAN, "1"]);
    replica.exits(0, &["sync"]);
    for cli in [&arv, &bor, &cel] {
        assert_eq!(merged(cli), json!([]));
        assert!(cli.json(&["show", PLAN])["points"][0]["merged"].is_null());
    }
    assert_eq!(replica.json(&["merged", PLAN]).1["merged"], json!([]));
    let last = &bor.json(&["log", PLAN])["entries"][0];
    assert_eq!((&last["confirmed"], &last["party"]), (&json!([points[0]]), &json!(server.delegate(2, 0).party)));
}

#[test]
fn who_follows_is_told_of_a_point_that_two_typed_into_at_once() {
    let (server, points, [_, _, cel]) = talks();
    let seq = cel.json(&["log", PLAN, "-n", "1"])["entries"][0]["last_seq"].to_string();
    let mut stock = [0, 1].map(|n| Stock::join(&server, PLAN, &server.delegate(n, 0), Credential::Params));
    for (who, at, typed) in [(0, 7, "1"), (1, 10, "5"), (0, 8, "0"), (1, 12, "6")] {
        stock[who].edit_words(&points[0], at, 0, typed);
        let words = stock[who].state()["points"][&points[0]]["words"].clone();
        stock[1 - who].wait("read by the other", |state| state["points"][&points[0]]["words"] == words);
    }
    assert_eq!(merged(&cel).as_array().unwrap().len(), 1);
    // No record of its own tells it.
    let follow = |more: &[&str]| cel.done(&[&["watch", PLAN, "--since", &seq, "--count", "3"], more].concat());
    let told = follow(&[]);
    assert!(told.contains("  merged  1: typed into one word at once by "), "{told}");
    let told = follow(&["--json"]);
    let line = told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).find(|line| line["points"].is_array());
    assert_eq!(line.unwrap()["points"][0]["point"], json!(points[0]), "{told}");
}

#[test]
fn a_party_that_accepts_what_came_out_ends_it_for_itself_alone() {
    let (server, points, [arv, bor, cel]) = talks();
    let replica = arv.clone_plan(PLAN);
    // Before it was merged an acceptance ends nothing.
    replica.done(&["words", PLAN, &points[0], "Within 12 days."]);
    replica.done(&["accept", PLAN, &points[0]]);
    bor.done(&["strike", PLAN, &points[0]]);
    bor.done(&["restore", PLAN, &points[0]]);
    replica.exits(4, &["sync"]);
    assert_eq!(merged(&arv).as_array().unwrap().len(), 1);
    bor.done(&["accept", PLAN, &points[0]]);
    assert_eq!(merged(&bor), json!([]));
    assert!(bor.json(&["standing", PLAN])["points"][0]["merged"].is_null());
    for cli in [&arv, &cel] {
        assert_eq!(merged(cli)[0]["accepted"], json!([server.delegate(1, 0).party]));
    }
    replica.exits(4, &["sync"]);
    replica.done(&["accept", PLAN, &points[0]]);
    replica.exits(0, &["sync"]);
    assert_eq!((merged(&arv), merged(&cel).as_array().unwrap().len()), (json!([]), 1));
    // Whoever may draft ends it for all, away from the server too.
    let away = cel.clone_plan(PLAN);
    away.done(&["confirm", PLAN, &points[0]]);
    assert_eq!(away.json(&["merged", PLAN]).1["merged"], json!([]));
    assert_eq!(merged(&cel).as_array().unwrap().len(), 1, "it is not sent yet");
    away.exits(0, &["sync"]);
    assert_eq!(merged(&cel), json!([]));
}

#[test]
fn only_who_drafts_confirms_and_only_what_they_had_seen() {
    let (server, points, [arv, bor, cel]) = talks();
    let (first, second, late) = (arv.clone_plan(PLAN), cel.clone_plan(PLAN), bor.clone_plan(PLAN));
    first.done(&["words", PLAN, &points[0], "Within 12 days."]);
    second.done(&["words", PLAN, &points[0], "Within 36 days."]);
    late.done(&["words", PLAN, &points[0], "Within 48 days."]);
    first.exits(0, &["sync"]);
    second.exits(4, &["sync"]);
    // It is merged once more before what was confirmed of it comes in.
    second.done(&["confirm", PLAN, &points[0]]);
    late.exits(4, &["sync"]);
    second.exits(4, &["sync"]);
    assert_eq!(by(&merged(&arv)[0]).len(), 3);
    let access = [(0, "draft"), (1, "draft"), (2, "propose")].map(|(n, may)| (server.delegate(n, 0).party, json!(may)));
    grant(&server, PLAN, Value::Object(access.into_iter().collect()));
    assert_eq!(cel.run(&["confirm", PLAN, &points[0]]).status.code(), Some(1));
    assert_eq!(merged(&cel).as_array().unwrap().len(), 1, "it is told all the same");
    arv.done(&["confirm", PLAN, &points[0]]);
    assert_eq!(merged(&cel), json!([]));
}

#[test]
fn no_verb_tells_of_a_number_that_nobody_wrote_and_each_side_is_told_as_it_wrote() {
    let (server, points, [arv, bor, cel]) = talks();
    let began = cel.json(&["log", PLAN, "-n", "1"])["entries"][0]["last_seq"].as_u64().unwrap();
    let (replica, other) = (arv.clone_plan(PLAN), cel.clone_plan(PLAN));
    replica.done(&["words", PLAN, &points[0], "Within 12 days."]);
    replica.done(&["words", PLAN, &points[1], "Prisoners are released at once."]);
    bor.done(&["words", PLAN, &points[0], "Within 48 days."]);
    bor.done(&["words", PLAN, &points[1], "All prisoners are released."]);
    replica.exits(4, &["sync"]);
    // Another that has not sent yet what it wrote apart.
    other.done(&["words", PLAN, &points[0], "Within 36 days."]);
    other.exits(4, &["sync"]);
    let end = cel.json(&["log", PLAN, "-n", "1"])["entries"][0]["last_seq"].as_u64().unwrap();

    let log = cel.json(&["log", PLAN, "1"]);
    let told = |entry: &Value| {
        let changes = entry["changes"].as_array().unwrap().iter();
        let changes: Vec<_> = changes.map(|one| format!("{} -> {}", one["before"], one["after"]).replace('"', "")).collect();
        assert!(entry["changes"].as_array().unwrap().iter().all(|one| one["point"] == points[0]), "{entry}");
        (entry["party"].as_str().unwrap().to_owned(), changes.join(", "))
    };
    let entries: Vec<_> = log["entries"].as_array().unwrap().iter().map(told).collect();
    let [one, two, three] = [0, 1, 2].map(|n| server.delegate(n, 0).party);
    let base = "Within 24 days.";
    let expected = [
        ("plenary-engine".to_owned(), format!("{base} -> Within [48][12][36] days.")),
        (three, format!("{base} -> Within 36 days.")),
        ("plenary-engine".to_owned(), format!("{base} -> Within [48][12] days.")),
        (one, format!("{base} -> Within 12 days.")),
        (two, format!("{base} -> Within 48 days.")),
    ];
    assert_eq!(entries[..5], expected);
    let mut answers = vec![log, cel.json(&["log", PLAN]), cel.json(&["blame", PLAN, "1"])];
    for since in began..end {
        answers.push(cel.json(&["diff", PLAN, "--since", &since.to_string()]));
    }
    for text in answers.iter().map(Value::to_string) {
        for third in ["1248", "4812", "1236", "3612", "4836", "3648"] {
            assert!(!text.contains(&format!("{third} days")), "{text}");
        }
    }
    let followed = cel.done(&["watch", PLAN, "--since", &began.to_string(), "--count", "8"]);
    for line in followed.lines() {
        let told = line.split_once("words").map_or("", |(_, told)| told).split(|c: char| !c.is_alphanumeric());
        let mut figures = told.filter(|word| word.contains(char::is_numeric));
        assert!(figures.all(|figure| ["24", "12", "48", "36"].contains(&figure)), "{line}");
    }
}

#[test]
fn a_replica_shows_who_wrote_what_before_it_is_sent() {
    let (_server, points, [arv, bor, _]) = talks();
    let replica = arv.clone_plan(PLAN);
    bor.done(&["words", PLAN, &points[0], "Within 48 days."]);
    replica.exits(0, &["sync"]);
    let away = bor.clone_plan(PLAN);
    away.done(&["words", PLAN, &points[0], "Within 60 days."]);
    replica.done(&["words", PLAN, &points[0], "Within 12 days."]);
    replica.exits(0, &["sync"]);
    let text: String = {
        let told = away.json(&["blame", PLAN, "1"]).1;
        told["stretches"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(text, "Within 60 days.", "it knows of nothing else");
    away.exits(4, &["sync"]);
    let diff = away.done(&["diff", PLAN, "--since", "1"]);
    assert!(diff.contains("[12][60]"), "{diff}");
}
