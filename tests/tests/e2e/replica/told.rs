//! Merged is not agreed, and everybody is told: the same facts for every party, from the plan's log alone.

use plenary_tests::{
    cli::Cli,
    server::{Server, Start},
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
