//! What the chair decides about a plan and a party beside their words: names, and whether they go on.

use plenary_tests::{cli::Cli, server::Start};
use serde_json::json;

use crate::{access::grant, replica::PLAN};

#[test]
fn a_plan_is_renamed_closed_and_opened_again_and_all_who_read_it_are_told() {
    let server = Start::demo(2, 1).start();
    let [med, arv, bor] = [server.chair(), server.delegate(0, 0), server.delegate(1, 0)];
    grant(&server, PLAN, json!({ &arv.party: "draft", &bor.party: "read" }));
    let [chair, drafter, reader] = [&med, &arv, &bor].map(Cli::join);
    chair.done(&["add", PLAN, "Forces withdraw within [12][48] days."]);
    drafter.done(&["show", PLAN]);
    let away = drafter.clone_plan(PLAN);
    away.done(&["add", PLAN, "Written while the plan was closed."]);

    chair.done(&["plan", "rename", PLAN, "Second reading"]);
    assert_eq!(reader.json(&["show", PLAN])["title"], "Second reading");
    assert!(reader.done(&["plan", "list"]).contains("Second reading"));
    assert!(chair.done(&["plan", "close", PLAN]).contains(", closed)"));
    for (cli, args) in [(&chair, &["words", PLAN, "1", "Other words."][..]), (&drafter, &["settle", PLAN, "1", "2"])] {
        let refused = cli.run(args);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(refused.status.code() == Some(1) && said.contains("while it is open"), "{said}");
    }
    let said = away.done(&["sync"]);
    assert!(said.contains("1 edit not taken"), "what was written away is not taken either: {said}");
    drafter.done(&["accept", PLAN, "1", "--quote", "[48]"]);
    reader.done(&["note", PLAN, "1", "Ask the capital."]);
    assert!(!drafter.done(&["annotations", PLAN]).contains("capital"), "who only reads keeps notes for itself");
    assert_eq!(reader.run(&["note", PLAN, "1", "For all.", "--layer", "public"]).status.code(), Some(1));

    chair.done(&["plan", "reopen", PLAN]);
    drafter.done(&["settle", PLAN, "1", "2"]);
    assert_eq!(reader.json(&["show", PLAN])["points"][0]["words"], "Forces withdraw within 48 days.");
    chair.done(&["plan", "strike", PLAN]);
    assert!(!reader.done(&["plan", "list"]).contains(PLAN));
    assert!(reader.done(&["plan", "list", "--struck"]).contains(", struck)"));
    assert_eq!(drafter.run(&["oppose", PLAN, "1"]).status.code(), Some(1));
    let told = reader.done(&["log", PLAN, "--acts"]);
    for act in ["renamed: Second reading", "closed: nobody", "opened again", "struck from the lists"] {
        assert!(told.contains(act), "{act}: {told}");
    }
    for args in [["plan", "close", PLAN], ["plan", "strike", PLAN]] {
        assert_eq!(drafter.run(&args).status.code(), Some(1), "the chair alone");
    }
}

#[test]
fn a_party_is_renamed_and_closed_and_a_layer_is_closed_by_its_party() {
    let server = Start::demo(2, 1).start();
    let [med, arv, bor] = [server.chair(), server.delegate(0, 0), server.delegate(1, 0)];
    grant(&server, PLAN, json!({ &arv.party: "draft", &bor.party: "propose" }));
    let [chair, owner, reader] = [&med, &arv, &bor].map(Cli::join);
    let [arv, bor] = [arv.party.as_str(), bor.party.as_str()];
    chair.done(&["add", PLAN, "The Parties shall meet."]);
    owner.done(&["layer", "open", PLAN, "shuttle", "--with", bor]);
    owner.done(&["note", PLAN, "1", "Between us.", "--layer", "shuttle"]);
    assert!(reader.done(&["annotations", PLAN]).contains("Between us."));
    assert!(owner.done(&["layer", "close", PLAN, "shuttle"]).contains(&format!("read by {arv} alone")));
    assert!(!reader.done(&["annotations", PLAN]).contains("Between us."));
    assert!(owner.done(&["annotations", PLAN]).contains("Between us."));
    assert_eq!(owner.run(&["note", PLAN, "1", "More.", "--layer", "shuttle"]).status.code(), Some(1));
    owner.done(&["layer", "audience", PLAN, "shuttle", bor]);
    owner.done(&["note", PLAN, "1", "More.", "--layer", "shuttle"]);

    let refused = chair.run(&["party", "close", bor]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && said.contains("take it off"), "{said}");
    for plan in [PLAN, "framework"] {
        chair.done(&["plan", "access", plan, &format!("{bor}=none"), "--consent", "no"]);
    }
    chair.done(&["party", "close", bor]);
    chair.done(&["party", "rename", bor, "Free City of Boranth"]);
    let shown = owner.done(&["members"]);
    assert!(shown.contains("Free City of Boranth, takes part no more"), "{shown}");
    assert_eq!(chair.run(&["plan", "access", PLAN, &format!("{bor}=read")]).status.code(), Some(1));
    chair.done(&["party", "reopen", bor]);
    chair.done(&["plan", "access", PLAN, &format!("{bor}=read")]);
}
