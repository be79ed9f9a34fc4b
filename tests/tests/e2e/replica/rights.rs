//! Rights that changed while somebody was offline: what is no longer allowed is refused, kept, listed and can be salvaged.

use plenary_tests::{
    cli::Cli,
    http::api,
    server::{Server, Start},
};
use serde_json::{Value, json};

use super::{PLAN, apply, begin, script, words};
use crate::access::grant;

fn talks() -> (Server, Vec<String>, [Cli; 2]) {
    let server = Start::demo(1, 1).start();
    let points = begin(&server, &["Forces withdraw within 30 days.", "Prisoners are released."]);
    let clis = [Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0))];
    (server, points, clis)
}

/// Gives two parties their access to the plan; a party without any is left out.
fn access(server: &Server, list: &[(usize, &str)]) {
    let list = list.iter().map(|(party, access)| (server.delegate(*party, 0).party, json!(access)));
    grant(server, PLAN, Value::Object(list.collect()));
}

#[test]
fn what_a_demoted_member_wrote_is_kept_and_becomes_proposals() {
    let (server, points, [arv, bor]) = talks();
    let folder = arv.clone_plan(PLAN);
    apply(&folder, &[json!({ "replace": { "point": points[0], "quote": "30", "with": "45" } })]);
    apply(&folder, &[json!({ "strike": { "point": points[1] } })]);
    apply(&folder, &[json!({ "note": { "point": points[0], "text": "At most 45." } })]);
    access(&server, &[(0, "propose"), (1, "draft")]);

    let told = folder.exits(0, &["sync"]);
    assert!(told.contains("sent 1 edit") && told.contains("2 edits not taken"), "{told}");
    // The text is the server's again; what was refused is kept and listed.
    assert_eq!(words(&folder, &points[0]), "Forces withdraw within 30 days.");
    let (_, status) = folder.json(&["status"]);
    assert_eq!(status["refused"].as_array().unwrap().len(), 2, "{status}");
    assert_eq!(status["refused"][0]["error"], "forbidden");
    folder.exits(0, &["sync"]);
    assert_eq!(folder.json(&["status"]).1["refused"].as_array().unwrap().len(), 2, "it does not vanish by itself");

    let told = folder.done(&["salvage", "--layer", "public"]);
    assert!(told.contains("a proposal in public") && told.contains("a note in public"), "{told}");
    assert!(folder.json(&["status"]).1["refused"].as_array().unwrap().is_empty());
    folder.done(&["sync"]);
    let seen = bor.json(&["annotations", PLAN]);
    let proposals: Vec<&Value> = seen["annotations"].as_array().unwrap().iter().filter(|one| one["kind"] == "proposal").collect();
    assert_eq!(proposals.len(), 1, "{seen}");
    assert_eq!(proposals[0]["replacement"], "Forces withdraw within 45 days.");
    assert!(folder.done(&["salvage"]).contains("nothing is to be salvaged"), "once");
}

#[test]
fn words_of_somebody_who_may_only_read_by_now_are_kept_and_told_and_notes_are_sent() {
    let (server, points, [arv, _]) = talks();
    let folder = arv.clone_plan(PLAN);
    apply(&folder, &[json!({ "replace": { "point": points[0], "quote": "30", "with": "45" } })]);
    apply(&folder, &[json!({ "note": { "point": points[0], "text": "At most 45." } })]);
    let path = format!("/conferences/{}/plans/{PLAN}/consent", server.demo.conference);
    let consent = json!({ "parties": [server.delegate(1, 0).party] });
    assert_eq!(api(&server.address(), &server.chair().token, "PUT", &path, Some(consent)).status, 200);
    access(&server, &[(0, "read"), (1, "draft")]);

    let told = folder.exits(0, &["sync"]);
    assert!(told.contains("sent 1 edit") && told.contains("1 edit not taken"), "who reads keeps its notes: {told}");
    assert_eq!(words(&folder, &points[0]), "Forces withdraw within 30 days.");
    let (_, status) = folder.json(&["status"]);
    let errors: Vec<&Value> = status["refused"].as_array().unwrap().iter().map(|refused| &refused["error"]).collect();
    assert_eq!(errors, ["forbidden"]);
}

#[test]
fn edits_of_a_plan_that_was_withdrawn_wait_until_it_is_shown_again() {
    let (server, points, [arv, bor]) = talks();
    let folder = arv.clone_plan(PLAN);
    apply(&folder, &[json!({ "insert": { "point": points[0], "text": " At once." } })]);
    access(&server, &[(1, "draft")]);
    folder.exits(1, &["sync"]);
    assert_eq!(folder.json(&["status"]).1["waiting"].as_array().unwrap().len(), 1);
    assert!(words(&folder, &points[0]).ends_with(" At once."), "the replica stays readable");
    access(&server, &[(0, "draft"), (1, "draft")]);
    folder.done(&["sync"]);
    assert!(bor.done(&["show", PLAN, &points[0]]).contains(" At once."));
}

#[test]
fn a_layer_that_is_no_longer_for_one_to_read_goes_and_that_is_said() {
    let (server, points, [arv, bor]) = talks();
    let arv_party = server.delegate(0, 0).party;
    bor.done(&["layer", "open", PLAN, "shuttle", "--with", &arv_party]);
    bor.done(&["note", PLAN, &points[0], "Between the two of us.", "--layer", "shuttle"]);
    let folder = arv.clone_plan(PLAN);
    assert!(folder.done(&["annotations", PLAN]).contains("Between the two of us."));
    bor.done(&["layer", "audience", PLAN, "shuttle", "none"]);
    let told = folder.done(&["sync"]);
    assert!(told.contains("shuttle is no longer for you to read"), "{told}");
    assert!(!folder.done(&["annotations", PLAN]).contains("Between the two of us."));
    for entry in std::fs::read_dir(folder.file("layers")).unwrap() {
        assert!(!entry.unwrap().file_name().to_string_lossy().contains("shuttle"));
    }
}

#[test]
fn a_script_with_a_key_is_done_once_from_two_machines_that_were_offline() {
    let (_server, points, [arv, bor]) = talks();
    let (one, two) = (arv.clone_plan(PLAN), arv.clone_plan(PLAN));
    let file = script(&[json!({ "insert": { "point": points[0], "text": " Once." } })]);
    let args = ["apply", PLAN, file.path().to_str().unwrap(), "--once", "minutes-1"];
    for folder in [&one, &one, &two] {
        folder.done(&args);
        assert_eq!(words(folder, &points[0]).matches(" Once.").count(), 1);
    }
    apply(&two, &[json!({ "insert": { "point": points[1], "text": " Twice." } })]);
    one.done(&["sync"]);
    let told = two.done(&["sync"]);
    assert!(told.contains("done before under the same key"), "{told}");
    one.done(&["sync"]);
    for folder in [&one, &two] {
        assert_eq!(words(folder, &points[0]).matches(" Once.").count(), 1);
        assert_eq!(words(folder, &points[1]).matches(" Twice.").count(), 1);
    }
    assert_eq!(bor.done(&["show", PLAN, &points[0]]).matches(" Once.").count(), 1);
    // Another script under that key is a mistake, and said to be one.
    let other = script(&[json!({ "insert": { "point": points[0], "text": " Again." } })]);
    let told = one.exits(1, &["apply", PLAN, other.path().to_str().unwrap(), "--once", "minutes-1"]);
    assert!(told.contains("minutes-1"), "{told}");
}

#[test]
fn somebody_elses_credential_does_not_sync_a_replica() {
    let (server, points, [arv, bor]) = talks();
    let folder = arv.clone_plan(PLAN);
    apply(&folder, &[json!({ "insert": { "point": points[0], "text": " Mine." } })]);
    let member = bor.json(&["whoami"])["member"].as_str().unwrap().to_owned();
    arv.done(&["join", &server.delegate(1, 1).link]);
    let other = arv.json(&["whoami"])["member"].as_str().unwrap().to_owned();
    assert_ne!(member, other);
    let told = folder.exits(2, &["sync", "--as", &other]);
    assert!(told.contains("this is the replica of"), "{told}");
    // Without a choice it is the member's whose replica it is, whoever joined last.
    folder.done(&["sync"]);
    assert!(bor.done(&["show", PLAN, &points[0]]).contains(" Mine."));
}

#[test]
fn whoever_the_environment_names_is_asked_for_in_a_replica_too() {
    let (server, points, [arv, bor]) = talks();
    let folder = arv.clone_plan(PLAN);
    let own = arv.json(&["whoami"])["member"].as_str().unwrap().to_owned();
    arv.done(&["join", &server.delegate(1, 1).link]);
    let other = arv.json(&["whoami"])["member"].as_str().unwrap().to_owned();
    let run = |name: &str, args: &[&str]| folder.command(args).env("PLENARY_AS", name).output().unwrap();

    let shown = bor.json(&["show", PLAN, &points[0]]);
    let accept = ["accept", PLAN, &points[0], "--expect", shown["points"][0]["digest"].as_str().unwrap()];
    assert!(run(&other, &accept).status.success());
    assert_eq!(folder.json(&["status"]).1["waiting"], json!([]), "it was made at the server, as the other");
    let seen = bor.json(&["annotations", PLAN]);
    assert!(seen["annotations"].as_array().unwrap().iter().any(|one| one["by"] == json!(other)), "{seen}");
    assert_eq!(run(&other, &["sync"]).status.code(), Some(2));

    assert!(run(&own, &accept).status.success());
    assert_eq!(folder.json(&["status"]).1["waiting"].as_array().unwrap().len(), 1, "its own member works in the replica");
}
