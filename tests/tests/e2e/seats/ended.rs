//! What was done from a seat stays when the seat ends, marked.

use plenary_tests::{cli::Cli, server::Start};
use serde_json::json;

use super::{ask, edit};
use crate::access::invite;

#[tokio::test]
async fn an_act_by_a_seat_that_has_ended_stays_and_is_marked_wherever_it_is_shown() {
    let server = Start::demo(0, 0).start();
    let (seat, member) = invite(&server, "arv", "delegate");
    let words = "The Parties shall meet.";
    assert_eq!(edit(&server, &seat, json!({ "note": { "point": "3", "text": "A note.", "layer": "public" } })), 200);
    assert_eq!(edit(&server, &seat, json!({ "words": { "point": "2", "words": words } })), 200);
    let bor = Cli::join(&server.delegate(1, 0));
    let digest = &bor.json(&["show", "framework", "1"])["points"][0]["digest"];
    assert_eq!(edit(&server, &seat, json!({ "accept": { "point": "1", "expect": digest } })), 200);
    let shown = |at: &dyn Fn(&[&str]) -> String| {
        let views = [
            &["annotations", "framework"][..],
            &["standing", "framework", "1"],
            &["log", "framework", "2"],
            &["blame", "framework", "2"],
        ];
        views.map(|view| at(view).contains("(seat ended)"))
    };
    assert_eq!(shown(&|view| bor.done(view)), [false; 4]);
    assert_eq!(ask(&server, &server.head("arv"), "DELETE", &format!("/members/{member}"), None).status, 204);
    assert_eq!(shown(&|view| bor.done(view)), [true; 4], "at once, also where a view was kept");
    let log = bor.done(&["log", "framework", "2"]);
    assert!(log.contains(&format!("delegate of arv ({member}) (seat ended)")), "the name stays: {log}");
    let standing = bor.json(&["standing", "framework", "1"]);
    let cell = standing["cells"].as_array().unwrap().iter().find(|cell| cell["party"] == "arv").unwrap();
    assert_eq!((&cell["stance"], &cell["seat_ended"]), (&json!("accept"), &json!(true)), "it stands all the same");
    let folder = bor.clone_plan("framework");
    assert_eq!(shown(&|view| folder.done(view)), [true; 4], "in a replica too");
}
