//! Words that a secretary enters for a delegation say so, until the delegation confirms them.

use plenary_tests::{cli::Cli, http::api, server::Start};
use serde_json::json;

use crate::{
    access::grant,
    replica::{PLAN, ids},
};

#[test]
fn what_is_entered_for_a_delegation_says_so_everywhere_until_it_confirms_it() {
    let server = Start::demo(1, 1).start();
    let [med, arv, bor] = [server.chair(), server.delegate(0, 0), server.delegate(1, 0)];
    grant(&server, PLAN, json!({ &arv.party: "propose", &bor.party: "propose" }));
    let [chair, own, other] = [&med, &arv, &bor].map(Cli::join);
    for words in ["Forces withdraw within [30][50] days.", "The Mission verifies."] {
        chair.done(&["add", PLAN, words]);
    }
    let points = ids(&chair.json(&["show", PLAN]));
    let party = arv.party.as_str();
    let said = chair.done(&["words", PLAN, &points[0], "Forces withdraw within [30][50][40] days.", "--for", party]);
    let id = said.trim_end().trim_end_matches(" tells for whom").rsplit(' ').next().unwrap().to_owned();
    let proposed = chair.json(&["propose", PLAN, &points[1], "The Mission certifies.", "--for", party]);
    assert_eq!(proposed["layer"], "public");

    let [by, whose] = [&med.party, &arv.party].map(|party| party.as_str().to_uppercase());
    let entered = format!("entered by {by} for {whose}, not confirmed");
    let shown = |cli: &Cli| {
        let brackets = cli.done(&["brackets", PLAN, &points[0]]);
        let annotations = cli.done(&["annotations", PLAN]);
        [brackets, annotations, cli.done(&["export", PLAN, "--annotated"])]
    };
    for cli in [&own, &other] {
        let [brackets, annotations, edition] = shown(cli);
        for view in [&["show", PLAN][..], &["standing", PLAN], &["standing", PLAN, &points[0]], &["blame", PLAN, &points[0]]] {
            let words = format!("\"[40]\" {entered}");
            assert!(cli.done(view).contains(&words) && cli.json(view).to_string().contains("\"confirmed\":false"), "{view:?}");
        }
        assert!(annotations.matches(&entered).count() == 2 && edition.matches(&entered).count() == 3, "{annotations}{edition}");
        assert!(brackets.contains(&format!("entered by {by} for")), "{brackets}");
    }
    let logged = |cli: &Cli| (cli.done(&["log", PLAN]), cli.json(&["log", PLAN])["entries"][0]["entered"].clone());
    let (text, json) = logged(&other);
    assert!(text.contains(&format!("\"[40]\" {entered}")) && json[0]["confirmed"] == false, "{text}{json}");
    assert_eq!(text.matches("entered by").count(), 1, "a proposal is in no log of words");
    let refused = other.run(&["own", PLAN, &id]);
    assert_eq!(refused.status.code(), Some(1), "another party confirms nothing");
    own.done(&["own", PLAN, &id]);
    own.done(&["own", PLAN, proposed["id"].as_str().unwrap()]);
    for cli in [&own, &other] {
        let [brackets, annotations, edition] = shown(cli);
        let confirmed = format!("entered by {by} for {whose}, confirmed by {whose}");
        assert!(annotations.matches(&confirmed).count() == 2 && !annotations.contains("not confirmed"), "{annotations}");
        let held = format!("{whose}, entered by {by}");
        assert!(edition.contains(&format!("[40 ({held})]")) && !edition.contains("not confirmed"), "{edition}");
        assert!(brackets.contains(&held), "{brackets}");
        for view in ["show", "standing", "log"] {
            assert!(cli.done(&[view, PLAN]).contains(&format!("\"[40]\" {confirmed}")), "{view}");
        }
    }
    assert_eq!(chair.run(&["accept", PLAN, &points[1], "--for", party]).status.code(), Some(2), "positions never");
    let view = format!("/conferences/{}/plans/{PLAN}/entered", server.demo.conference);
    let told = api(&server.address(), &bor.token, "GET", &view, None).json();
    assert_eq!((&told["entered"][0]["party"], &told["entered"][0]["confirmed"]), (&json!(party), &json!(true)));
    for verb in ["words", "propose"] {
        let refused = chair.run(&[verb, PLAN, &points[1], "None.", "--for", "nowhere"]);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(refused.status.code() == Some(1) && said.contains("arv, bor"), "it says which parties there are: {said}");
    }
}

#[test]
fn what_is_entered_for_a_delegation_stands_beside_what_others_made_of_the_words_that_were_shown() {
    let server = Start::demo(1, 1).start();
    let [med, arv, bor] = [server.chair(), server.delegate(0, 0), server.delegate(1, 0)];
    let [chair, other] = [&med, &bor].map(Cli::join);
    chair.done(&["add", PLAN, "Forces withdraw within 24 days."]);
    for cli in [&chair, &other] {
        cli.done(&["show", PLAN]);
    }
    other.done(&["words", PLAN, "1", "Forces withdraw within 12 days."]);
    chair.done(&["words", PLAN, "1", "All forces withdraw within 48 days.", "--for", arv.party.as_str()]);
    assert_eq!(chair.json(&["show", PLAN])["points"][0]["words"], "All forces withdraw within [12][48] days.");
    let whose = arv.party.as_str().to_uppercase();
    assert!(chair.done(&["annotations", PLAN]).contains(&format!("for {whose}, not confirmed")));
}
