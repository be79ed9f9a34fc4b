//! `POST .../edits`: a script needs no command line.

use super::*;
use crate::access::{grant, invite};

const FRAMEWORK: &str = "/conferences/vale-talks/plans/framework";

fn apply(server: &Server, seat: &Seat, script: Value) -> plenary_tests::http::Answer {
    api(&server.address(), &seat.token, "POST", &format!("{FRAMEWORK}/edits"), Some(script))
}

fn words_of(server: &Server, seat: &Seat, point: &str) -> String {
    let answer = api(&server.address(), &seat.token, "GET", &format!("{FRAMEWORK}/state"), None);
    let LogLine::State { update, .. } = serde_json::from_slice(&answer.body).unwrap() else { panic!("no state") };
    let doc = plan::new_doc(1);
    doc.transact_mut().apply_update(Update::decode_v1(&STANDARD.decode(update).unwrap()).unwrap()).unwrap();
    let outline = plan::Outline::read(&doc.transact());
    outline.find(point).unwrap().words.to_string()
}

#[tokio::test]
async fn a_script_is_applied_all_or_none_and_says_what_it_did() {
    let server = Start::demo(0, 0).start();
    let arv = server.delegate(0, 0);
    let before = words_of(&server, &arv, "2");
    let both = |point: &str| {
        json!({ "edits": [
            { "words": { "point": "2", "words": "Both Parties shall stop." } },
            { "note": { "point": point, "text": "We wrote this.", "layer": "public" } },
        ] })
    };
    let dry = json!({ "edits": both("2")["edits"], "dry_run": true });
    let answer = apply(&server, &arv, dry);
    assert_eq!((answer.status, answer.json()["dry_run"].as_bool()), (200, Some(true)), "{}", answer.json());
    assert_eq!(words_of(&server, &arv, "2"), before);
    let failed = apply(&server, &arv, both("99"));
    assert_eq!((failed.status, failed.json()["error"].as_str()), (422, Some("invalid")));
    assert_eq!(failed.json()["script"]["line"], 2);
    assert_eq!(words_of(&server, &arv, "2"), before, "nothing of it was made");
    let applied = apply(&server, &arv, both("2"));
    assert_eq!(applied.status, 200, "{}", applied.json());
    assert_eq!(applied.json()["done"].as_array().unwrap().len(), 2);
    assert_eq!(words_of(&server, &arv, "2"), "Both Parties shall stop.");
    let notes = api(&server.address(), &server.delegate(1, 0).token, "GET", &format!("{FRAMEWORK}/annotations"), None);
    assert!(notes.json().to_string().contains("We wrote this."));
    let wrong = json!({ "edits": [both("2")["edits"][0], { "words": { "point": 7, "words": "x" } }] });
    let told = apply(&server, &arv, wrong).json()["script"].clone();
    let named = ["field", "found", "expected"].map(|name| told[name].as_str().unwrap().to_owned());
    assert_eq!((told["line"].as_u64(), named[0].as_str()), (Some(2), "words.point"), "{told}");
    assert!(named[1].contains('7') && named[2].contains("string"), "{told}");
    for bad in [json!({ "edits": [] }), json!({ "edits": [{ "shout": {} }] }), json!({}), json!([])] {
        assert_eq!(apply(&server, &arv, bad.clone()).status, 422, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_with_a_key_is_applied_once_from_whatever_machine() {
    let server = Start::demo(0, 0).start();
    let arv = server.delegate(0, 0);
    let script = json!({ "edits": [{ "insert": { "point": "2", "text": " Again." } }], "once": "morning" });
    let answers = std::thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(|| apply(&server, &arv, script.clone()))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(answers.iter().all(|answer| answer.status == 200), "{:?}", answers.iter().map(|a| a.json()).collect::<Vec<_>>());
    let repeated = answers.iter().filter(|answer| answer.json()["repeated"] == true).count();
    assert_eq!(repeated, 3);
    assert_eq!(words_of(&server, &arv, "2").matches("Again.").count(), 1);
    let other = json!({ "edits": [{ "strike": { "point": "2" } }], "once": "morning" });
    assert_eq!(apply(&server, &arv, other).status, 422);
}

#[tokio::test]
async fn who_may_not_make_an_edit_is_told_so_and_who_may_not_see_the_plan_is_told_nothing() {
    let server = Start::demo(0, 0).start();
    let observer = invite(&server, "arv", "observer").0;
    for edit in [
        json!({ "words": { "point": "2", "words": "No." } }),
        json!({ "note": { "point": "2", "text": "No." } }),
        json!({ "accept": { "point": "2" } }),
    ] {
        for dry_run in [false, true] {
            let answer = apply(&server, &observer, json!({ "edits": [edit], "dry_run": dry_run }));
            assert_eq!((answer.status, answer.json()["error"].as_str()), (403, Some("forbidden")), "{edit}");
        }
    }
    let chair_only = json!({ "arv": "draft" });
    grant(&server, "framework", chair_only);
    let bor = server.delegate(1, 0);
    let hidden = apply(&server, &bor, json!({ "edits": [{ "strike": { "point": "2" } }] }));
    let absent = api(
        &server.address(),
        &bor.token,
        "POST",
        "/conferences/vale-talks/plans/absent/edits",
        Some(json!({ "edits": [{ "strike": { "point": "2" } }] })),
    );
    assert_eq!((hidden.status, &hidden.body), (404, &absent.body));
    for path in ["pull", "push"] {
        let body = if path == "pull" { json!({ "since": 0 }) } else { json!({ "edits": [] }) };
        let answer = api(&server.address(), &bor.token, "POST", &format!("{FRAMEWORK}/{path}"), Some(body));
        assert_eq!((answer.status, &answer.body), (404, &absent.body));
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_and_a_large_one_is_taken() {
    let server = Start::demo(0, 1).start();
    let arv = server.delegate(0, 0);
    done(&server, &arv, vec![text(typed(11, &"a".repeat(12 << 20)))]);
    let over = "a".repeat(plenary_shared::limits::PUSH_BYTES_MAX);
    let answer = api(&server.address(), &arv.token, "POST", &format!("{PLAN}/push"), Some(text(over)));
    assert_eq!((answer.status, answer.json()["error"].as_str()), (422, Some("invalid")));
    assert_eq!(state(&server, &arv, "").0, 3);
}

#[tokio::test]
async fn a_script_that_rests_on_an_older_text_names_the_edits_beside_which_others_stand_or_writes_nothing() {
    let server = Start::demo(0, 0).start();
    let (arv, bor) = (server.delegate(0, 0), server.delegate(1, 0));
    let words = |point: &str, words: &str| json!({ "words": { "point": point, "words": words } });
    assert_eq!(apply(&server, &bor, json!({ "edits": [words("2", "Within 24 days."), words("3", "All of it.")] })).status, 200);
    let state = || api(&server.address(), &arv.token, "GET", &format!("{FRAMEWORK}/state"), None).json();
    let seen = state()["seq"].as_u64().unwrap();
    let digest = |point: &str| {
        let standing = api(&server.address(), &arv.token, "GET", &format!("{FRAMEWORK}/standing"), None).json();
        let points = standing["points"].as_array().unwrap();
        points.iter().find(|known| known["label"] == point).unwrap()["digest"].as_str().unwrap().to_owned()
    };
    let [before, other] = ["2", "3"].map(digest);
    assert_eq!(apply(&server, &bor, json!({ "edits": [words("2", "Within 48 days.")] })).status, 200);
    let mine = json!([words("3", "All of that."), words("2", "Within 12 days.")]);
    let end = state()["seq"].clone();
    for expected in [json!([{ "point": "2", "digest": before }]), json!([{ "point": "3", "digest": other }])] {
        let refused = apply(&server, &arv, json!({ "edits": mine, "seen": seen, "expect": expected }));
        assert_eq!((refused.status, &state()["seq"]), (422, &end), "{}", refused.json());
    }
    let applied = apply(&server, &arv, json!({ "edits": mine, "seen": seen })).json();
    let bracketed = applied["bracketed"].as_array().unwrap();
    assert_eq!(bracketed.len(), 1, "{applied}");
    assert_eq!((&bracketed[0]["line"], &bracketed[0]["label"]), (&json!(2), &json!("2")));
    assert_eq!(["2", "3"].map(|point| words_of(&server, &arv, point)), ["Within [48][12] days.", "All of that."]);
    // Whoever expects what stands there now, and touches nothing that others did, is let through.
    let end = state()["seq"].clone();
    assert_eq!(apply(&server, &bor, json!({ "edits": [words("2", "Within 60 days.")] })).status, 200);
    let expected = json!([{ "point": "3", "digest": digest("3") }]);
    let applied = apply(&server, &arv, json!({ "edits": [words("3", "All.")], "seen": end, "expect": expected }));
    assert_eq!((applied.status, &applied.json()["bracketed"]), (200, &Value::Null), "{}", applied.json());
}
