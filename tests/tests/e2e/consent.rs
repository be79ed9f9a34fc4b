//! Consent is to words that were read: what `accept` binds to, what `words` rests on, and what standing tells of what surrounds them.

use plenary_tests::{
    cli::Cli,
    http::api,
    server::{Server, Start},
};
use serde_json::{Value, json};
use std::{
    io::Write as _,
    process::{Output, Stdio},
};

const PLAN: &str = "p-1";

/// Two delegations that draft and three points, of which the last has one below it.
struct Talks {
    server: Server,
    arv: Cli,
    bor: Cli,
    /// Who only looks.
    cel: Cli,
}

impl Talks {
    fn begin() -> Self {
        let server = Start::demo(1, 1).start();
        let [arv, bor, cel] = [0, 1, 2].map(|party| Cli::join(&server.delegate(party, 0)));
        for words in ["Forces withdraw within 24 days.", "Prisoners are released.", "Each Party shall, as point 2 says:"] {
            arv.done(&["add", PLAN, words]);
        }
        arv.done(&["add", PLAN, "--under", "3", "stop."]);
        Talks { server, arv, bor, cel }
    }

    fn digest(&self, point: &str) -> String {
        self.cel.json(&["show", PLAN, point])["points"][0]["digest"].as_str().unwrap().to_owned()
    }

    fn words(&self, point: &str) -> String {
        self.cel.json(&["show", PLAN, point])["points"][0]["words"].as_str().unwrap().to_owned()
    }

    /// A party's cell on a point, in the matrix.
    fn cell(&self, point: &str, party: &str) -> Value {
        let matrix = self.bor.json(&["standing", PLAN]);
        let row = matrix["points"].as_array().unwrap().iter().find(|row| row["label"] == point).unwrap();
        row["cells"].as_array().unwrap().iter().find(|cell| cell["party"] == party).cloned().unwrap_or_default()
    }
}

/// Runs a command without adding to it by what it accepts.
fn bare(cli: &Cli, args: &[&str]) -> Output {
    cli.command(args).output().unwrap()
}

/// Runs a command on a terminal of its own, on which this is typed; answers whether it succeeded and all that was shown.
fn on_terminal(cli: &Cli, args: &[&str], typed: &str) -> (bool, String) {
    let plenary = cli.command(args);
    let quoted = |arg: &std::ffi::OsStr| format!("'{}'", arg.to_str().unwrap().replace('\'', "'\\''"));
    let line: Vec<String> = std::iter::once(plenary.get_program()).chain(plenary.get_args()).map(quoted).collect();
    let mut command = std::process::Command::new("script");
    command.args(["-q", "-e", "-c", &line.join(" "), "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.current_dir(plenary.get_current_dir().unwrap()).env("PAGER", "cat");
    for (name, value) in plenary.get_envs() {
        command.env(name, value.unwrap());
    }
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn without_a_terminal_words_are_accepted_by_their_fingerprint_alone() {
    let talks = Talks::begin();
    let Talks { server, arv, .. } = &talks;
    let now = talks.digest("1");
    let refused = bare(arv, &["accept", PLAN, "1"]);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(told.contains(&format!("--expect {}", &now[..12])), "it says what to do: {told}");
    let shown = arv.done(&["show", PLAN, "1"]);
    assert!(shown.starts_with(&format!("1  {}\n", &now[..12])), "{shown}");
    assert!(arv.done(&["standing", PLAN, "1"]).contains(&format!("words {}\n", &now[..12])));
    assert_eq!(bare(arv, &["accept", PLAN, "1"]).status.code(), Some(1), "to have been shown them is not to be there");
    let said = bare(arv, &["accept", PLAN, "1", "--expect", &now[..12]]);
    assert!(said.status.success() && String::from_utf8_lossy(&said.stdout).contains("Forces withdraw within 24 days."));
    assert_eq!(talks.cell("1", "arv")["stance"], "accept");

    let path = format!("/conferences/{}/plans/{PLAN}/edits", server.demo.conference);
    let seat = server.delegate(1, 0);
    let ask = |edit: Value| api(&server.address(), &seat.token, "POST", &path, Some(json!({ "edits": [edit] })));
    let answer = ask(json!({ "accept": { "point": "1" } }));
    assert_eq!((answer.status, &answer.json()["script"]["advice"]["name_words"]["now"]), (422, &json!(now)));
    assert_eq!(ask(json!({ "accept": { "point": "1", "expect": now } })).status, 200);
}

#[test]
fn several_points_are_accepted_each_by_its_own_words_all_or_none() {
    let talks = Talks::begin();
    let arv = &talks.arv;
    let named = |point: &str| format!("{point}={}", &talks.digest(point)[..12]);
    let (one, two, three) = (named("1"), named("2"), named("3"));
    let missing = bare(arv, &["accept", PLAN, "1-3", "--expect", &one, "--expect", &two]);
    assert_eq!(missing.status.code(), Some(1));
    let other = format!("3={}", &talks.digest("1")[..12]);
    assert_eq!(
        bare(arv, &["accept", PLAN, "1-3", "--expect", &one, "--expect", &two, "--expect", &other]).status.code(),
        Some(1)
    );
    assert_eq!(talks.cell("1", "arv"), Value::Null, "none");
    let all = arv.json(&["accept", PLAN, "1-2", "3", "--expect", &one, "--expect", &two, "--expect", &three]);
    assert_eq!(all["positions"].as_array().unwrap().len(), 3, "{all}");
    assert_eq!(["1", "2", "3"].map(|point| talks.cell(point, "arv")["stance"].clone()), ["accept"; 3].map(Value::from));
    let single = arv.json(&["accept", PLAN, "1", "--expect", &talks.digest("1")]);
    assert_eq!(single["stance"], "accept", "one is told as one");
}

#[test]
fn on_a_terminal_words_that_changed_since_they_were_shown_are_shown_and_not_accepted() {
    let talks = Talks::begin();
    let Talks { arv, bor, .. } = &talks;
    let (done, said) = on_terminal(arv, &["accept", PLAN, "1"], "n\n");
    assert!(!done && said.contains("within 24 days.") && said.contains("accept these words of 1?"), "{said}");
    let (done, said) = on_terminal(arv, &["accept", PLAN, "1"], "");
    assert!(done && said.contains("accepts the words"), "what was shown and has not changed is not asked for again: {said}");
    bor.done(&["words", PLAN, "1", "Forces withdraw within 48 days."]);
    let (done, said) = on_terminal(arv, &["accept", PLAN, "1"], "y\n");
    assert!(!done && said.contains("changed since last shown") && said.contains("within 48 days."), "{said}");
    assert_eq!(talks.cell("1", "arv")["stance"], "lapsed");
    let (done, said) = on_terminal(arv, &["accept", PLAN, "1"], "");
    assert!(done, "now they were shown: {said}");
    let (done, said) = on_terminal(bor, &["words", PLAN, "1", "Forces withdraw."], "n\n");
    assert!(!done && said.contains("the consent of ARV to 1 lapses by that"), "{said}");
    assert_eq!(talks.words("1"), "Forces withdraw within 48 days.");
    assert!(on_terminal(bor, &["words", PLAN, "1", "Forces withdraw."], "y\n").0);
    assert_eq!(talks.words("1"), "Forces withdraw.");
}

#[test]
fn words_rest_on_what_was_shown_and_stand_beside_what_others_made_of_it() {
    let talks = Talks::begin();
    let Talks { arv, bor, .. } = &talks;
    arv.done(&["show", PLAN]);
    bor.done(&["show", PLAN]);
    bor.done(&["words", PLAN, "1", "Forces withdraw within 12 days."]);
    let output = arv.run(&["words", PLAN, "1", "All forces withdraw within 48 days."]);
    assert!(output.status.success() && String::from_utf8_lossy(&output.stderr).contains("others had changed"), "{output:?}");
    assert_eq!(talks.words("1"), "All forces withdraw within [12][48] days.");
    // What came out was told, so that is what further words rest on.
    arv.done(&["words", PLAN, "1", "All forces withdraw within 12 days."]);
    assert_eq!(talks.words("1"), "All forces withdraw within 12 days.");
    // One's own edits are no surprise.
    bor.done(&["show", PLAN, "2"]);
    bor.done(&["heading", PLAN, "2", "Prisoners"]);
    bor.done(&["words", PLAN, "2", "All prisoners are released."]);
    bor.done(&["words", PLAN, "2", "All prisoners are released now."]);
    assert_eq!(talks.words("2"), "All prisoners are released now.");
    let old = talks.digest("2");
    arv.done(&["words", PLAN, "2", "Prisoners are released.", "--expect", &old[..12]]);
    let refused = bor.run(&["words", PLAN, "2", "No.", "--expect", &old]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains(&talks.digest("2")[..12]));
}

#[test]
fn what_reading_rests_on_tells_nobody_when_it_was() {
    let talks = Talks::begin();
    let Talks { arv, bor, .. } = &talks;
    arv.done(&["show", PLAN, "1"]);
    bor.done(&["words", PLAN, "2", "All prisoners are released."]);
    let log = || bor.json(&["log", PLAN]).to_string();
    let before = log();
    arv.done(&["show", PLAN]);
    arv.done(&["note", PLAN, "1", "Read again."]);
    assert_eq!(log(), before, "reading and noting moves nothing that others see");
}

#[test]
fn what_changes_around_accepted_words_is_told_and_ends_no_consent() {
    let talks = Talks::begin();
    let Talks { arv, bor, .. } = &talks;
    arv.done(&["accept", PLAN, "3/(a)"]);
    arv.done(&["accept", PLAN, "3"]);
    assert_eq!(talks.cell("3", "arv")["around"], Value::Null);
    bor.done(&["words", PLAN, "2", "All prisoners are released."]);
    let cell = talks.cell("3", "arv");
    assert_eq!(
        (&cell["stance"], &cell["around"][0]["what"], &cell["around"][0]["label"]),
        (&json!("accept"), &json!("cited"), &json!("2"))
    );
    bor.done(&["words", PLAN, "3", "Each Party may, as point 2 says:"]);
    let cell = talks.cell("(a)", "arv");
    assert_eq!((&cell["stance"], &cell["around"][0]["what"]), (&json!("accept"), &json!("above")));
    let shown = bor.done(&["standing", PLAN, "3/(a)"]);
    assert!(shown.contains("the text of 3 above has changed since"), "{shown}");
    assert!(bor.done(&["standing", PLAN]).contains("✓°"));
    for (point, after) in [("1", &["--trigger", "D-Day", "--offset", "2"][..]), ("2", &["--after", "1:done"])] {
        bor.done(&[&["schedule", PLAN, point], after].concat());
    }
    arv.done(&["accept", PLAN, "2"]);
    bor.done(&["schedule", PLAN, "1", "--offset", "9"]);
    let cell = talks.cell("2", "arv");
    assert_eq!((&cell["stance"], &cell["around"]), (&json!("accept"), &json!([{ "what": "date" }])), "1 moves the date of 2");
    bor.done(&["strike", PLAN, "3"]);
    let matrix = arv.json(&["standing", PLAN]);
    let states: Vec<&Value> = matrix["points"].as_array().unwrap().iter().map(|point| &point["standing"]).collect();
    assert_eq!(states[2..], ["struck", "struck"]);
    let shown = bor.done(&["standing", PLAN, "3/(a)"]);
    assert!(shown.contains("struck, with 3") && !shown.contains("agreed"), "{shown}");
}

#[test]
fn agreement_that_comes_or_goes_by_who_must_consent_says_so() {
    let talks = Talks::begin();
    let (arv, med) = (&talks.arv, Cli::join(&talks.server.chair()));
    med.done(&["plan", "consent", PLAN, "arv", "bor"]);
    arv.done(&["accept", PLAN, "1"]);
    let state = |cli: &Cli| cli.json(&["standing", PLAN, "1"])["standing"].clone();
    assert_eq!(state(arv), "open");
    med.done(&["plan", "consent", PLAN, "arv"]);
    let row = arv.json(&["standing", PLAN, "1"]);
    let act = &row["by_act"];
    assert_eq!((&row["standing"], &act["otherwise"], &act["act"]), (&json!("agreed"), &json!("open"), &json!("consent")));
    assert_eq!((&act["party"], act["at_ms"].as_u64().is_some_and(|at_ms| at_ms > 0)), (&json!("med"), true));
    let acts = arv.json(&["log", PLAN, "--acts"]);
    assert_eq!(act["seq"], acts["acts"][0]["seq"], "it says where the log tells it");
    let said = arv.done(&["standing", PLAN, "1"]);
    let who = format!("agreed, by a change of who must consent of MED ({}), 20", act["member"].as_str().unwrap());
    let place = format!("#{}", act["seq"]);
    assert!(said.contains(&who) && said.contains(&format!(", {place} (else open)")), "{said}");
    let told = format!("by a change of who must consent of MED, record {} of the log, else open", act["seq"]);
    assert!(arv.done(&["export", PLAN, "--annotated"]).contains(&told));
    let folder = arv.clone_plan(PLAN);
    assert_eq!(folder.json(&["standing", PLAN, "1"]).1, row, "in a replica too");
    med.done(&["plan", "consent", PLAN, "arv", "bor"]);
    assert_eq!(arv.json(&["standing", PLAN, "1"])["by_act"]["otherwise"], "agreed", "and that it went");
    med.done(&["plan", "access", PLAN, "bor=read", "--consent", "no"]);
    let act = arv.json(&["standing", PLAN, "1"])["by_act"].clone();
    assert_eq!((&act["act"], &act["otherwise"]), (&json!("access"), &json!("open")));
}
