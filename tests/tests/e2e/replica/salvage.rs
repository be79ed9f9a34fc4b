//! What the server refuses is kept whole: every part of it becomes something, or stays.

use plenary_tests::{
    cli::Cli,
    server::{Server, Start},
};
use serde_json::{Value, json};

use super::{PLAN, apply, begin, script};
use crate::access::grant;

fn talks(words: &[&str]) -> (Server, Vec<String>, [Cli; 2]) {
    let server = Start::demo(1, 1).start();
    let points = begin(&server, words);
    let clis = [Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0))];
    (server, points, clis)
}

/// The first party may only propose from now on.
fn demote(server: &Server) {
    grant(server, PLAN, json!({ server.delegate(0, 0).party: "propose", server.delegate(1, 0).party: "draft" }));
}

/// What stands in annotations: kind, replacement or body, quote.
fn said(annotations: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |one: &Value| {
        let said = if one["kind"] == "proposal" { &one["replacement"] } else { &one["body"] };
        (text(&one["kind"]), text(said), text(&one["quote"]))
    };
    annotations["annotations"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn every_part_of_a_refused_edit_becomes_something() {
    let (server, points, [arv, bor]) = talks(&["Forces withdraw within 30 days.", "Prisoners are released."]);
    let folder = arv.clone_plan(PLAN);
    apply(
        &folder,
        &[
            json!({ "strike": { "point": points[1] } }),
            json!({ "note": { "point": points[0], "text": "Not below forty.", "quote": "30 days" } }),
            json!({ "propose": { "point": points[1], "quote": "Prisoners", "replacement": "All prisoners", "because": "Nobody stays." } }),
            json!({ "oppose": { "point": points[0], "reason": "Too soon." } }),
            json!({ "add": { "words": "A commission verifies.", "heading": "Verification", "label": "2 bis" } }),
            json!({ "schedule": { "point": points[0], "trigger": "D-Day", "offset_days": 3 } }),
        ],
    );
    demote(&server);
    assert!(folder.exits(0, &["sync"]).contains("not taken"));

    let (_, status) = folder.json(&["status"]);
    assert!(status["wanted"].to_string().contains("Not below forty."), "{status}");
    folder.done(&["salvage", "--layer", "public"]);
    assert_eq!(folder.json(&["status"]).1["refused"], json!([]));
    folder.done(&["sync"]);
    let seen = said(&bor.json(&["annotations", PLAN]));
    let has = |kind: &str, words: &[&str], quote: &str| {
        let found = seen.iter().any(|(k, text, q)| k == kind && q == quote && words.iter().all(|word| text.contains(word)));
        assert!(found, "no {kind} with {words:?} on {quote:?}: {seen:#?}");
    };
    has("note", &["Not below forty."], "30 days");
    has("proposal", &["All prisoners"], "Prisoners");
    has("note", &["oppose", "Too soon."], "");
    has("note", &["To be struck"], "");
    has("note", &["2 bis", "Verification", "A commission verifies."], "");
    has("note", &["schedule", "D-Day"], "");
}

#[test]
fn edits_of_layers_alone_are_salvaged_into_another_layer() {
    let (server, points, [arv, bor]) = talks(&["Forces withdraw."]);
    arv.done(&["layer", "open", PLAN, "shuttle"]);
    let folder = arv.clone_plan(PLAN);
    let note = json!({ "note": { "point": points[0], "text": "Ask the capital.", "layer": "shuttle" } });
    apply(&folder, &[json!({ "add": { "words": "Another." } }), note]);
    demote(&server);
    folder.exits(0, &["sync"]);
    folder.done(&["salvage"]);
    folder.done(&["sync"]);
    assert!(arv.done(&["annotations", PLAN]).contains("Ask the capital."));
    assert!(!bor.done(&["annotations", PLAN]).contains("Ask the capital."), "private stays private");
}

#[test]
fn two_salvages_at_once_propose_once() {
    let (server, points, [arv, bor]) = talks(&["Forces withdraw within 30 days."]);
    let folder = arv.clone_plan(PLAN);
    apply(&folder, &[json!({ "replace": { "point": points[0], "quote": "30", "with": "45" } })]);
    demote(&server);
    folder.exits(0, &["sync"]);
    let salvages: Vec<_> = (0..4).map(|_| folder.command(&["salvage", "--layer", "public"]).spawn().unwrap()).collect();
    for mut salvage in salvages {
        assert!(salvage.wait().unwrap().success());
    }
    folder.done(&["sync"]);
    let seen = said(&bor.json(&["annotations", PLAN]));
    assert_eq!(seen.len(), 1, "{seen:?}");
}

#[test]
fn what_builds_on_an_edit_that_was_done_from_another_machine_is_not_lost() {
    let (_server, _points, [arv, _bor]) = talks(&["Forces withdraw."]);
    let (one, two) = (arv.clone_plan(PLAN), arv.clone_plan(PLAN));
    let file = script(&[json!({ "add": { "words": "Once.", "label": "9" } })]);
    for folder in [&one, &two] {
        folder.done(&["apply", PLAN, file.path().to_str().unwrap(), "--once", "minutes-1"]);
    }
    // On the second machine more is written into the point that the first one has under another id.
    apply(&two, &[json!({ "words": { "point": "9", "words": "Once and for all." } })]);
    one.done(&["sync"]);
    let told = two.exits(0, &["sync"]);
    assert!(told.contains("not taken"), "{told}");
    let told = two.exits(0, &["salvage"]);
    let refused = two.json(&["status"]).1["refused"].as_array().unwrap().len();
    // Either it is written somewhere, or it stays and is named.
    let noted = two.done(&["annotations", PLAN]).contains("for all");
    assert!(noted != (refused == 1), "{told}");
    assert!(noted || told.contains("stay refused"), "{told}");
}
