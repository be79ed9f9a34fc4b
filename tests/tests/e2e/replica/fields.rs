//! What delegations set apart beside the words: schedules, places, labels, what is struck.

use plenary_tests::{
    cli::{Cli, Folder},
    server::{Server, Start},
    stock::{Credential, Stock},
};
use serde_json::{Value, json};

use super::{PLAN, begin, merged};

fn talks(texts: &[&str]) -> (Server, Vec<String>, [Cli; 3]) {
    let server = Start::demo(1, 1).start();
    let points = begin(&server, texts);
    let clis = [0, 1, 2].map(|n| Cli::join(&server.delegate(n, 0)));
    (server, points, clis)
}

type Verbs<'a> = &'a [&'a [&'a str]];

/// Two went away and each did something; the first comes back, then the second, who is told that something was changed apart.
fn apart<'a>(clis: &'a [Cli; 3], did: [Verbs; 2]) -> [Folder<'a>; 2] {
    let away = [0, 1].map(|n| clis[n].clone_plan(PLAN));
    for (folder, did) in away.iter().zip(did) {
        did.iter().for_each(|verb| drop(folder.done(verb)));
    }
    away[0].exits(0, &["sync"]);
    away[1].exits(4, &["sync"]);
    away[0].run(&["sync"]);
    let shown: Vec<Value> = away.iter().map(|folder| folder.json(&["show", PLAN]).1).collect();
    assert_eq!(shown[0]["points"], shown[1]["points"], "all have the same");
    assert_eq!(shown[0]["points"], clis[2].json(&["show", PLAN])["points"]);
    away
}

fn point(cli: &Cli, id: &str) -> Value {
    let shown = cli.json(&["show", PLAN]);
    let points = shown["points"].as_array().unwrap();
    points.iter().find(|point| point["id"] == id).unwrap().clone()
}

#[test]
fn days_that_were_set_apart_stand_in_a_list_with_an_earliest_and_a_latest_date_until_somebody_sets_them() {
    let (_server, points, clis) = talks(&["One.", "Two."]);
    clis[2].done(&["schedule", PLAN, "1", "--trigger", "D-Day", "--offset", "24"]);
    let sets = |offset, verifier| ["schedule", PLAN, "1", "--offset", offset, "--verifier", verifier];
    let away = apart(&clis, [&[&sets("48", "the Mission")], &[&sets("12", "MED")]]);
    let schedule = point(&clis[2], &points[0])["schedule"].clone();
    assert_eq!(schedule["alternatives"]["offset_days"], json!([48, 12]), "in the order of the log");
    assert_eq!(schedule["verifier"], json!("[the Mission][MED]"));
    assert_eq!(merged(&away[1]), points[..1]);
    let row = clis[2].json(&["schedule", PLAN])["rows"][0].clone();
    assert_eq!((&row["earliest_start"], &row["latest_start"]), (&json!(12), &json!(48)));
    let shown = clis[2].done(&["schedule", PLAN]);
    assert!(shown.contains("D-Day+12..+48") && shown.contains("1 is open, its offset [48][12]"), "{shown}");
    let standing = clis[2].json(&["standing", PLAN]);
    assert_eq!(standing["points"][0]["open_brackets"], json!(3), "an open field keeps a point from being agreed: {standing}");
    // The one that the field reads already is set like any other.
    clis[2].done(&["schedule", PLAN, "1", "--offset", "12"]);
    let schedule = point(&clis[2], &points[0])["schedule"].clone();
    assert_eq!((&schedule["alternatives"], &schedule["offset_days"]), (&Value::Null, &json!(12)));
}

#[test]
fn schedules_that_two_gave_to_one_point_apart_are_both_there() {
    let one = ["schedule", PLAN, "1", "--trigger", "D-Day", "--after", "2:start", "--responsible", "ARV", "--offset", "12"];
    let two = ["schedule", PLAN, "1", "--duration", "5", "--after", "2:done", "3:done", "--offset", "48"];
    for (did, whats, days) in [([&one[..], &two], ["start", "done"], [12, 48]), ([&two, &one], ["done", "start"], [48, 12])] {
        let (_server, points, clis) = talks(&["One.", "Two.", "Three."]);
        let away = apart(&clis, [&[did[0]], &[did[1]]]);
        let schedule = point(&clis[2], &points[0])["schedule"].clone();
        assert_eq!(schedule["responsible"], json!("ARV"));
        assert_eq!((&schedule["trigger"], &schedule["duration_days"]), (&json!("D-Day"), &json!(5)));
        assert_eq!(schedule["after"][&points[2]], json!("done"));
        let alternatives = &schedule["alternatives"];
        assert_eq!((&alternatives["after"][&points[1]], &alternatives["offset_days"]), (&json!(whats), &json!(days)));
        // One goes on with the schedule that the server does not show, for a map has one value.
        for (folder, verifier) in away.iter().zip(["MED", "the Mission"]) {
            folder.done(&["schedule", PLAN, "1", "--verifier", verifier]);
            folder.run(&["sync"]);
        }
        let schedule = point(&clis[2], &points[0])["schedule"].clone();
        assert_eq!((&schedule["verifier"], &schedule["duration_days"]), (&json!("[MED][the Mission]"), &json!(5)), "{schedule}");
    }
}

#[test]
fn of_places_the_one_whose_mover_came_back_later_stands() {
    let (below, behind) = (["move", PLAN, "1", "--under", "2"], ["move", PLAN, "1", "--after", "3"]);
    for did in [[&below, &behind], [&behind, &below]] {
        let (_server, points, clis) = talks(&["One.", "Two.", "Three.", "Four."]);
        let away = apart(&clis, [&[did[0]], &[did[1]]]);
        let parent = if *did[1] == below { json!(points[1]) } else { Value::Null };
        assert_eq!(point(&clis[2], &points[0])["parent"], parent);
        assert_eq!(merged(&away[1]), points[..1]);
    }
}

#[test]
fn moved_and_struck_against_words_both_stand_and_both_are_told() {
    let (_server, points, clis) = talks(&["One.", "Two.", "Three."]);
    let one: Verbs = &[&["move", PLAN, "1", "--under", "3"], &["strike", PLAN, "2"]];
    let two: Verbs = &[&["words", PLAN, "1", "Uno."], &["words", PLAN, "2", "Due."]];
    let away = apart(&clis, [one, two]);
    let (first, second) = (point(&clis[2], &points[0]), point(&clis[2], &points[1]));
    assert_eq!((&first["words"], &first["parent"]), (&json!("Uno."), &json!(points[2])));
    assert_eq!((&second["words"], &second["struck"]), (&json!("Due."), &json!(true)));
    let mut both = points[..2].to_vec();
    both.sort();
    assert_eq!((merged(&away[0]), merged(&away[1])), (both.clone(), both));
}

#[test]
fn the_log_tells_a_schedule_in_words_and_a_new_point_with_its_heading() {
    let (_server, _, clis) = talks(&["One.", "Two."]);
    let cli = &clis[2];
    cli.done(&["add", PLAN, "--heading", "Access to sites", "The Mission shall have access."]);
    cli.done(&["schedule", PLAN, "1", "--trigger", "D-Day", "--offset", "2", "--after", "2:certified", "--verifier", "MED"]);
    let shown = cli.done(&["log", PLAN]);
    assert!(shown.contains("begins 2 days after D-Day; after 2 is certified as completed; verified by MED"), "{shown}");
    assert!(shown.contains("Access to sites") && shown.contains("The Mission shall have access."), "{shown}");
}

#[test]
fn a_stock_client_reads_the_list_and_ends_it_by_setting_the_field() {
    let (server, points, clis) = talks(&["One."]);
    let mut stock = Stock::join(&server, PLAN, &server.delegate(2, 0), Credential::Params);
    let sets = |offset| ["schedule", PLAN, "1", "--offset", offset];
    apart(&clis, [&[&sets("12")], &[&sets("48")]]);
    let days = |state: &Value| state["points"][&points[0]]["schedule"]["offset_days"].clone();
    stock.wait("told of the list", |state| days(state) == json!([12, 48]));
    stock.ask(json!({ "do": "set", "point": points[0], "within": "schedule", "key": "offset_days", "value": 36 }));
    let mut other = Stock::join(&server, PLAN, &server.delegate(0, 0), Credential::Params);
    other.wait("told that it is settled", |state| days(state) == json!(36));
    assert_eq!(point(&clis[0], &points[0])["schedule"], json!({ "offset_days": 36 }));
}
