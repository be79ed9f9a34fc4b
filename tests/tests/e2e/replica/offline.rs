//! In a replica every verb works without a server, in the same words and with the same output.

use plenary_tests::{
    cli::{Cli, Folder},
    server::Start,
};
use serde_json::Value;

use super::{PLAN, begin};

/// A printed line or JSON without what differs from one run to the next: ids that were made, and times.
fn timeless(printed: &str, ids: &[String]) -> String {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields.iter_mut() {
                    match name.as_str() {
                        "at" | "at_ms" | "id" | "annotation" | "ids" | "superseded" | "reply_to" | "weave" | "order"
                        | "points"
                            if !value.is_array() || name != "points" =>
                        {
                            *value = Value::Null;
                        }
                        "point" => *value = Value::Null,
                        _ => strip(value),
                    }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(strip),
            _ => {}
        }
    }
    match serde_json::from_str::<Value>(printed) {
        Ok(mut value) => {
            strip(&mut value);
            value.to_string()
        }
        Err(_) => ids.iter().fold(printed.to_owned(), |printed, id| printed.replace(id.as_str(), "ID")),
    }
}

#[test]
fn what_is_read_is_the_same_to_the_byte() {
    let server = Start::demo(0, 0).start();
    let plan = &*server.demo.plan.clone();
    let (arv, bor) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    arv.done(&["note", plan, "3", "Fallback: 40 km.", "--quote", "[50]"]);
    arv.done(&["accept", plan, "1"]);
    arv.done(&["accept", plan, "3", "--bracket", "1"]);
    bor.done(&["propose", plan, "10", "a Joint Council", "--quote", "[the Celune League]", "--layer", "public"]);
    bor.done(&["reserve", plan, "19", "The Commission is not yet set up."]);
    bor.done(&["schedule", plan, "4", "--trigger", "D-Day", "--duration", "14"]);
    bor.done(&["strike", plan, "7"]);
    let folder = arv.clone_plan(plan);
    let reads: &[&[&str]] = &[
        &["show", plan],
        &["show", plan, "3"],
        &["annotations", plan],
        &["annotations", plan, "10", "--kind", "proposal"],
        &["standing", plan],
        &["standing", plan, "19"],
        &["brackets", plan],
        &["schedule", plan],
        &["schedule", plan, "4"],
        &["schedule", plan, "--csv"],
        &["schedule", plan, "--svg"],
        &["layer", "list", plan],
        &["export", plan],
        &["export", plan, "--clean"],
        &["export", plan, "--annotated"],
        &["export", plan, "--annotated", "--html"],
        &["plan", "consent", plan],
        &["log", plan],
        &["blame", plan, "4"],
        &["diff", plan, "--since", "#1"],
    ];
    let read = |run: &dyn Fn(&[&str]) -> String| -> Vec<String> {
        let mut printed = Vec::new();
        for args in reads {
            printed.push(run(args));
            printed.push(run(&[args, &["--json"][..]].concat()));
        }
        printed
    };
    let online = read(&|args| arv.done(args));
    drop(server);
    let offline = read(&|args| folder.done(args));
    for (n, (online, offline)) in online.iter().zip(&offline).enumerate() {
        assert_eq!(online, offline, "{:?}", reads[n / 2]);
    }
}

/// What is written, online and offline; `theirs` is another party's proposal.
fn writing(theirs: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["words", PLAN, "2", "All prisoners are released."],
        vec!["words", PLAN, "2", "All prisoners are released."],
        vec!["add", PLAN, "A commission meets.", "--after", "2"],
        vec!["heading", PLAN, "2", "Prisoners"],
        vec!["move", PLAN, "2 bis", "--top"],
        vec!["strike", PLAN, "3"],
        vec!["restore", PLAN, "3"],
        vec!["schedule", PLAN, "1", "--trigger", "D-Day", "--offset", "2"],
        vec!["note", PLAN, "1", "At most 45.", "--quote", "[50]"],
        vec!["propose", PLAN, "3", "Mission", "--quote", "Commission"],
        vec!["reply", PLAN, theirs, "We can live with that.", "--layer", "public"],
        vec!["accept", PLAN, "2", "--ad-referendum", "--because", "Subject to parliament."],
        vec!["reserve", PLAN, "2", "The capital has not answered."],
        vec!["oppose", PLAN, "1", "--bracket", "1"],
        vec!["withdraw", PLAN, "2"],
        vec!["adopt", PLAN, theirs],
    ]
}

#[test]
fn what_is_written_is_said_in_the_same_words() {
    let server = Start::demo(1, 1).start();
    begin(&server, &["Forces withdraw within [30][50] days.", "Prisoners are released.", "The [Commission] verifies."]);
    let (arv, bor) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    bor.done(&["propose", PLAN, "1", "[45]", "--quote", "[30]", "--layer", "public"]);
    let theirs = bor.json(&["annotations", PLAN])["annotations"][0]["id"].as_str().unwrap().to_owned();
    // The same member's replica begins where the member begins online.
    let folder = arv.clone_plan(PLAN);
    let writes = |run: &dyn Fn(&[&str]) -> String| -> Vec<String> {
        let mut printed = Vec::new();
        let mut written: Vec<String> = Vec::new();
        for step in writing(&theirs) {
            let answer = run(&[&step[..], &["--json"]].concat());
            let value: Value = serde_json::from_str(&answer).unwrap();
            written.extend(value["id"].as_str().map(str::to_owned));
            printed.push(timeless(&answer, &[]));
        }
        // The note and the proposal, by the ids that they got.
        for step in [vec!["resolve", PLAN, &written[0]], vec!["reopen", PLAN, &written[0]], vec!["table", PLAN, &written[1]]] {
            printed.push(timeless(&run(&step), &written));
        }
        for refused in
            [vec!["words", PLAN, "99", "x"], vec!["note", PLAN, "1", "x", "--quote", "nowhere"], vec!["renumber", PLAN]]
        {
            printed.push(run(&refused));
        }
        printed
    };
    let all = |output: std::process::Output| {
        String::from_utf8(output.stdout).unwrap()
            + &String::from_utf8(output.stderr).unwrap()
            + &format!("{:?}", output.status.code())
    };
    let offline = writes(&|args| match folder.run(args) {
        output if output.status.success() => String::from_utf8(output.stdout).unwrap(),
        output => all(output),
    });
    let online = writes(&|args| match arv.run(args) {
        output if output.status.success() => String::from_utf8(output.stdout).unwrap(),
        output => all(output),
    });
    for (online, offline) in online.iter().zip(&offline) {
        assert_eq!(online, offline);
    }
}

#[test]
fn a_merged_point_says_what_each_side_wrote_until_it_is_confirmed() {
    let server = Start::demo(1, 1).start();
    let points = begin(&server, &["Forces withdraw within 30 days.", "Prisoners are released."]);
    let (arv, bor) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    bor.done(&["accept", PLAN, &points[0]]);
    let folder: Folder = arv.clone_plan(PLAN);
    folder.done(&["words", PLAN, &points[0], "Forces withdraw within 45 days."]);
    bor.done(&["words", PLAN, &points[0], "All forces withdraw within 60 days."]);
    bor.done(&["words", PLAN, &points[1], "All prisoners are released."]);
    let told = folder.exits(4, &["sync"]);
    assert!(told.contains("changed apart") && told.contains("1 merged point"), "{told}");
    assert_eq!(super::merged(&folder), [points[0].clone()]);
    let (_, value) = folder.json(&["merged", PLAN]);
    let sides = value["merged"][0]["sides"].as_array().unwrap();
    let wrote = sides.iter().map(|side| (&side["party"], &side["changes"][0]["before"], &side["changes"][0]["after"]));
    let [mine, theirs] = [0, 1].map(|party| serde_json::json!(server.delegate(party, 0).party));
    let before = serde_json::json!("Forces withdraw within 30 days.");
    let [ours, others] =
        ["Forces withdraw within 45 days.", "All forces withdraw within 60 days."].map(|words| serde_json::json!(words));
    assert_eq!(wrote.collect::<Vec<_>>(), [(&theirs, &before, &others), (&mine, &before, &ours)], "{value}");
    folder.done(&["accept", PLAN, &points[1]]);
    folder.exits(4, &["sync"]);
    folder.done(&["confirm", PLAN, "1"]);
    folder.exits(0, &["sync"]);
    folder.exits(1, &["confirm", PLAN, "1"]);
}

#[test]
fn who_had_sent_before_learns_of_what_was_edited_apart_too() {
    let server = Start::demo(1, 1).start();
    let points = begin(&server, &["Forces withdraw within 30 days.", "Prisoners are released."]);
    let (arv, bor) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    let (first, last) = (arv.clone_plan(PLAN), bor.clone_plan(PLAN));
    first.done(&["words", PLAN, &points[0], "Forces withdraw within 45 days."]);
    last.done(&["words", PLAN, &points[0], "Forces withdraw at once."]);
    first.exits(0, &["sync"]);
    last.exits(4, &["sync"]);
    first.exits(4, &["sync"]);
    assert_eq!(super::merged(&first), super::merged(&last));
    // What is edited with the other's words before one's eyes is not edited apart.
    first.done(&["confirm", PLAN, &points[0]]);
    last.done(&["confirm", PLAN, &points[0]]);
    last.done(&["words", PLAN, &points[0], "Forces withdraw at last."]);
    last.exits(0, &["sync"]);
    first.exits(0, &["sync"]);
    assert!(super::merged(&first).is_empty());
}

#[test]
fn a_replica_that_stays_connected_is_kept_live() {
    let server = Start::demo(1, 1).start();
    let points = begin(&server, &["One.", "Two."]);
    let (arv, bor) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    let folder = arv.clone_plan(PLAN);
    let mut watching = folder.command(&["sync", "--watch"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    let until = |what: &str, holds: &dyn Fn() -> bool| {
        for _ in 0..300 {
            if holds() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("{what} never came");
    };
    bor.done(&["words", PLAN, &points[0], "One, as Borland has it."]);
    until("their edit", &|| super::words(&folder, &points[0]).contains("Borland"));
    folder.done(&["words", PLAN, &points[1], "Two, from the folder."]);
    until("one's own edit", &|| bor.done(&["show", PLAN, &points[1]]).contains("from the folder"));
    watching.kill().unwrap();
    watching.wait().unwrap();
}
