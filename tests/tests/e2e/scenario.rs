//! Two days of talks on the demo's text, played with the real programs: four command lines, one of them in a working copy that is
//! offline for an afternoon, in an aircraft.

use plenary_tests::{
    cli::Cli,
    client::PATIENCE,
    http::upgrade,
    server::{Server, Start},
};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
};

const PLAN: &str = "vale";
const TEXT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../server/src/demo/plan20.md");

struct Talks {
    server: Server,
    med: Cli,
    arv: Cli,
    bor: Cli,
    cel: Cli,
}

impl Talks {
    /// The chair creates the plan and admits three parties to it.
    fn open() -> Self {
        let server = Start::demo(0, 0).start();
        let [arv, bor, cel] = [0, 1, 2].map(|party| Cli::join(&server.delegate(party, 0)));
        let med = Cli::join(&server.chair());
        med.done(&["plan", "create", PLAN, "--from", TEXT, "--access", "arv=draft", "bor=draft", "cel=draft"]);
        Talks { server, med, arv, bor, cel }
    }

    fn everyone(&self) -> [&Cli; 4] {
        [&self.med, &self.arv, &self.bor, &self.cel]
    }

    fn parties(&self) -> [&Cli; 3] {
        [&self.arv, &self.bor, &self.cel]
    }

    fn point(&self, label: &str) -> Value {
        self.med.json(&["show", PLAN, label])["points"][0].clone()
    }

    fn words(&self, label: &str) -> String {
        self.point(label)["words"].as_str().unwrap().to_owned()
    }

    /// What the matrix says of a point.
    fn standing(&self, label: &str) -> Value {
        let matrix = self.med.json(&["standing", PLAN]);
        let points = matrix["points"].as_array().unwrap().iter();
        points.clone().find(|point| point["label"] == label).unwrap().clone()
    }

    fn state(&self, label: &str) -> String {
        self.standing(label)["standing"].as_str().unwrap().to_owned()
    }

    fn cell(&self, label: &str, party: &str) -> Value {
        let standing = self.standing(label);
        standing["cells"].as_array().unwrap().iter().find(|cell| cell["party"] == party).cloned().unwrap_or_default()
    }

    /// The brackets of a point as everybody sees them.
    fn brackets(&self, label: &str) -> Vec<Value> {
        let view = self.cel.json(&["brackets", PLAN]);
        let points = view["points"].as_array().unwrap().clone();
        let point = points.into_iter().find(|point| point["label"] == label);
        point.map_or(Vec::new(), |point| point["brackets"].as_array().unwrap().clone())
    }

    fn open_brackets(&self) -> u64 {
        self.cel.json(&["brackets", PLAN])["open"].as_u64().unwrap()
    }

    fn annotated(&self, by: &Cli) -> String {
        by.done(&["export", PLAN, "--annotated"])
    }

    /// The faults of the schedule, each in a sentence.
    fn faults(&self) -> Vec<Value> {
        self.bor.json(&["schedule", PLAN])["faults"].as_array().unwrap().clone()
    }

    /// Everything that a command line shows of annotations and layers.
    fn seen_by(&self, cli: &Cli) -> String {
        [cli.done(&["annotations", PLAN, "--all", "--json"]), cli.done(&["layer", "list", PLAN, "--json"]), self.annotated(cli)]
            .concat()
    }
}

#[test]
fn two_days_of_talks() {
    let talks = Talks::open();
    first_morning(&talks);
    consent_to_points_1_and_8(&talks);
    an_afternoon_offline(&talks);
    a_circle_of_conditions(&talks);
    shuttle_and_bridge(&talks);
    consent_given_withdrawn_and_restored(&talks);
    the_circle_is_broken(&talks);
    one_word_in_an_agreed_point(&talks);
    a_reservation(&talks);
}

fn first_morning(talks: &Talks) {
    let Talks { med, arv, bor, cel, .. } = talks;
    // MED creates the plan: 20 points, the same on four command lines, nothing agreed.
    let shown = talks.everyone().map(|cli| cli.json(&["show", PLAN]));
    assert_eq!(labelled(&shown[0]), 20);
    assert!(shown.iter().all(|other| other == &shown[0]));
    let matrix = talks.everyone().map(|cli| cli.json(&["standing", PLAN]));
    assert!(matrix.iter().all(|other| other == &matrix[0]));
    assert_eq!(matrix[0]["counts"]["open"], 21, "the twenty, and the line that lists the annexes");
    let open = talks.open_brackets();

    // Clean and annotated texts come out the same byte for byte.
    for form in ["--clean", "--annotated"] {
        assert_eq!(med.done(&["export", PLAN, form]), med.done(&["export", PLAN, form]));
        assert_eq!(med.done(&["export", PLAN, form, "--html"]), med.done(&["export", PLAN, form, "--html"]));
    }
    let clean = med.done(&["export", PLAN, "--clean"]);
    assert!(clean.contains("to … kilometres from the line") && !clean.contains('['), "{clean}");

    // ARV and BOR take private notes; nobody else sees a trace of them.
    let before: Vec<String> = talks.everyone().map(|cli| talks.seen_by(cli)).into();
    arv.done(&["note", PLAN, "3", "fallback 40 km"]);
    bor.done(&["note", PLAN, "10", "the League is a red line"]);
    assert!(talks.seen_by(arv).contains("fallback") && !talks.seen_by(arv).contains("red line"));
    assert!(talks.seen_by(bor).contains("red line") && !talks.seen_by(bor).contains("fallback"));
    assert_eq!([talks.seen_by(med), talks.seen_by(cel)], [before[0].clone(), before[3].clone()]);

    // ARV supports [50] and opposes [30]; BOR supports [30].
    arv.done(&["accept", PLAN, "3", "--quote", "[50]"]);
    arv.done(&["oppose", PLAN, "3", "--bracket", "1"]);
    bor.done(&["accept", PLAN, "3", "--quote", "30"]);
    for cli in talks.everyone() {
        assert!(talks.annotated(cli).contains("[30 (BOR; opp ARV)][50 (ARV)]"), "{}", talks.annotated(cli));
    }

    an_alternative_and_a_bracket(talks, open);
}

/// How many points have a label.
fn labelled(shown: &Value) -> usize {
    shown["points"].as_array().unwrap().iter().filter(|point| point["label"] != "").count()
}

/// `open` brackets there were before.
fn an_alternative_and_a_bracket(talks: &Talks, open: u64) {
    let Talks { med, arv, bor, cel, .. } = talks;
    // CEL proposes an alternative; the chair puts it beside the others, and it stays CEL's.
    let quote = "[the Celune League]";
    let proposal =
        cel.json(&["propose", PLAN, "10", "a Joint Council chaired by the Mission", "--quote", quote, "--layer", "public"]);
    med.done(&["alternative", PLAN, proposal["id"].as_str().unwrap()]);
    let ten = talks.brackets("10");
    let alternatives: Vec<&str> = ten.iter().take(3).map(|bracket| bracket["text"].as_str().unwrap()).collect();
    assert_eq!(alternatives, ["[an Interim Council]", quote, "[a Joint Council chaired by the Mission]"]);
    assert_eq!(
        (&ten[2]["proposed_by"], &ten[2]["alternative"]),
        (&"cel".into(), &serde_json::json!({ "group": 1, "place": 3, "of": 3 }))
    );
    assert!(talks.annotated(bor).contains("[a Joint Council chaired by the Mission (CEL)]"));

    // BOR inserts a bracket; it is known whose it is, and the words around it are untouched. ARV opposes it.
    let base = talks.words("14");
    bor.done(&["words", PLAN, "14", &base.replace("all flags", "all flags [, subject to notification]")]);
    assert_eq!(talks.words("14").replace(" [, subject to notification]", ""), base);
    assert_eq!(talks.brackets("14")[0]["typed_by"], serde_json::json!(["bor"]));
    arv.done(&["oppose", PLAN, "14", "--bracket", "1"]);
    assert!(talks.annotated(cel).contains("[, subject to notification (BOR; opp ARV)]"));
    assert_eq!(talks.open_brackets(), open + 2);

    // MED puts 5 bis in: no label changes, and what refers to other points reads as before.
    let six = talks.words("6");
    med.done(&["add", PLAN, "--after", "5", "--heading", "Access to sites", "The Mission shall have access to all sites."]);
    let labels: Vec<String> =
        med.json(&["show", PLAN])["points"].as_array().unwrap().iter().map(|p| p["label"].to_string()).collect();
    assert_eq!(labels[4..7], ["\"5\"", "\"5 bis\"", "\"6\""]);
    assert_eq!((labelled(&med.json(&["show", PLAN])), talks.words("6")), (21, six));
}

fn consent_to_points_1_and_8(talks: &Talks) {
    for label in ["1", "8"] {
        for (n, cli) in talks.parties().into_iter().enumerate() {
            assert_eq!(talks.state(label), "open", "{n} have accepted {label}");
            cli.done(&["accept", PLAN, label, "--ad-referendum"]);
        }
        assert_eq!((talks.state(label), &talks.standing(label)["ad_referendum"]), ("agreed".into(), &true.into()));
    }
    // Bound to these words: what a party accepts has a digest, and another is refused.
    let digest = talks.standing("1")["digest"].as_str().unwrap().to_owned();
    assert_eq!(talks.arv.run(&["accept", PLAN, "8", "--expect", &digest]).status.code(), Some(1));
}

/// CEL edits points 9 and 16 in an aircraft while MED edits 16 too.
fn an_afternoon_offline(talks: &Talks) {
    let Talks { med, cel, .. } = talks;
    let [nine, sixteen] = ["9", "16"].map(|label| talks.words(label));
    let aircraft = cel.clone_plan(PLAN);
    aircraft.done(&["words", PLAN, "16", &sixteen.replace("[amount]", "[40 billion]")]);
    aircraft.done(&["accept", PLAN, "9", "--quote", "[shall have the right to]"]);
    med.done(&["words", PLAN, "16", &sixteen.replace("A facility", "A reconstruction and recovery facility")]);
    assert!(talks.words("16").contains("[amount]"), "nothing of CEL's has arrived");
    assert!(talks.everyone().iter().all(|cli| merged(cli).is_empty()), "and nobody knows");

    aircraft.exits(4, &["sync"]);
    let both = "A reconstruction and recovery facility of not less than [40 billion] shall be established by D+120.";
    assert_eq!((talks.words("16"), talks.words("9")), (both.to_owned(), nine), "no text is lost, none is there twice");
    let kept = talks.brackets("9").into_iter().find(|bracket| bracket["text"] == "[shall have the right to]").unwrap();
    assert_eq!(kept["support"], serde_json::json!(["cel"]), "{kept}");
    // Merged words, read by nobody: all are told so, of both sides.
    for cli in talks.everyone() {
        assert_eq!(merged(cli), [("16".to_owned(), vec!["med".to_owned(), "cel".to_owned()])]);
        assert!(cli.done(&["show", PLAN, "16"]).contains("changed apart by MED"), "{}", cli.done(&["show", PLAN, "16"]));
        assert!(talks.annotated(cli).contains("Merged:") && cli.done(&["standing", PLAN]).contains(", merged"));
    }
    assert!(talks.standing("16")["merged"]["accepted"].is_null(), "nobody has read it");
    // MED reads and confirms them: the mark goes, for all, and the bracket stays.
    med.done(&["confirm", PLAN, "16"]);
    aircraft.exits(0, &["sync"]);
    assert!(talks.everyone().iter().all(|cli| merged(cli).is_empty()));
    let brackets: Vec<Value> = talks.brackets("16").iter().map(|bracket| bracket["text"].clone()).collect();
    assert_eq!((talks.words("16").as_str(), brackets), (both, vec!["[40 billion]".into()]));
}

/// The points that were merged and nobody confirmed, each with the parties that changed it apart.
fn merged(cli: &Cli) -> Vec<(String, Vec<String>)> {
    let merged = cli.json(&["merged", PLAN]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let sides = |point: &Value| point["sides"].as_array().unwrap().iter().map(|side| text(&side["party"])).collect();
    merged["merged"].as_array().unwrap().iter().map(|point| (text(&point["label"]), sides(point))).collect()
}

fn a_circle_of_conditions(talks: &Talks) {
    let Talks { arv, bor, .. } = talks;
    let set = |cli: &Cli, args: &[&str]| cli.done(&[&["schedule", PLAN], args].concat());
    set(arv, &["3", "--trigger", "D-Day", "--offset", "2", "--duration", "3", "--responsible", "ARV", "--verifier", "Mission"]);
    set(arv, &["4", "--after", "3:done", "--duration", "9", "--responsible", "ARV", "--verifier", "Mission"]);
    assert!(talks.faults().is_empty(), "{:?}", talks.faults());
    let four = &talks.bor.json(&["schedule", PLAN])["rows"][1];
    assert_eq!((&four["label"], &four["earliest_start"], &four["earliest_end"]), (&"4".into(), &5.into(), &14.into()));

    // Point 4 waits until 17 is verified, and 17 for the certification of 4.
    set(bor, &["17", "--after", "4:certified", "--duration", "7", "--responsible", "BOR", "--verifier", "Mission"]);
    set(bor, &["4", "--after", "17:certified"]);
    let circles = talks.faults();
    let circle = circles.iter().find(|fault| fault["kind"] == "circle").expect("a circle");
    let named: Vec<&str> = circle["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert!(named == ["4", "17"] || named == ["17", "4"], "{named:?}");
    assert!(talks.cel.done(&["schedule", PLAN]).contains("4 -> 17 -> 4"));

    // BOR tries to read ARV's layer: the answer is that of a layer that is not there.
    let conference = &talks.server.demo.conference;
    let token = talks.server.delegate(1, 0).token;
    let ask = |layer: &str| {
        let path = format!("/sync/{conference}/{PLAN}/arv/{layer}");
        upgrade(&talks.server.address(), &path, &[("Authorization", &format!("Bearer {token}"))])
    };
    assert_eq!(ask("private"), ask("fallback"));
    assert_eq!(ask("private").status, 404);
}

/// MED shares a note with ARV and another with BOR, then bridges.
fn shuttle_and_bridge(talks: &Talks) {
    let Talks { med, arv, bor, cel, .. } = talks;
    let before: Vec<String> = talks.parties().map(|cli| talks.seen_by(cli)).into();
    for party in ["arv", "bor"] {
        med.done(&["layer", "open", PLAN, &format!("shuttle-{party}"), "--with", party]);
        med.done(&["note", PLAN, "10", &format!("between us and {party}"), "--layer", &format!("shuttle-{party}")]);
    }
    let notes = |cli: &Cli| ["between us and arv", "between us and bor"].map(|note| talks.seen_by(cli).contains(note));
    assert_eq!([notes(med), notes(arv), notes(bor)], [[true, true], [true, false], [false, true]]);
    assert_eq!(talks.seen_by(cel), before[2], "CEL cannot tell that they are there");
    assert!(!talks.seen_by(arv).contains("shuttle-bor") && !talks.seen_by(bor).contains("shuttle-arv"));

    let proposal = med.json(&["propose", PLAN, "3", "40", "--quote", "[50]", "--because", "a bridge", "--layer", "public"]);
    let id = proposal["id"].as_str().unwrap();
    med.done(&["alternative", PLAN, id]);
    assert!(talks.annotated(cel).contains("[30 (BOR; opp ARV)][50 (ARV)][40 (MED)]"), "{}", talks.annotated(cel));
    // The parties settle on it.
    let settled = talks.words("3").replace("[30][50][40]", "40");
    let brackets = talks.open_brackets();
    med.done(&["words", PLAN, "3", &settled]);
    assert_eq!((talks.open_brackets(), talks.brackets("3").len()), (brackets - 3, 0));
}

fn consent_given_withdrawn_and_restored(talks: &Talks) {
    let Talks { bor, .. } = talks;
    for label in ["3", "7"] {
        for cli in talks.parties() {
            cli.done(&["accept", PLAN, label]);
        }
        assert_eq!(talks.state(label), "agreed");
    }
    bor.done(&["withdraw", PLAN, "7"]);
    assert_eq!((talks.state("7"), talks.cell("7", "bor")), ("open".into(), Value::Null));
    assert_eq!(talks.state("3"), "agreed");
    bor.done(&["accept", PLAN, "7"]);
    assert_eq!(talks.state("7"), "agreed");
}

/// MED splits points 4 and 17, and nothing waits for itself any more: each is done when its items are.
fn the_circle_is_broken(talks: &Talks) {
    let med = &talks.med;
    let set = |args: &[&str]| med.done(&[&["schedule", PLAN], args].concat());
    for (under, label, words) in
        [("4", "(a)", "30 % of forces."), ("4", "(b)", "The rest."), ("17", "(a)", "The first suspension.")]
    {
        med.done(&["add", PLAN, "--under", under, "--label", label, words]);
    }
    for point in ["4", "17"] {
        set(&[point, "--after", "none", "--duration", "none"]);
    }
    let who = ["--responsible", "ARV", "--verifier", "Mission"];
    set(&[&["4/(a)", "--after", "3:done", "--duration", "4", "--certification", "5"][..], &who].concat());
    set(&[&["17/(a)", "--after", "4/(a):certified", "--duration", "5"][..], &who].concat());
    set(&[&["4/(b)", "--after", "17/(a):start", "--duration", "7"][..], &who].concat());
    assert!(talks.faults().is_empty(), "{:?}", talks.faults());
    let schedule = talks.cel.json(&["schedule", PLAN]);
    let rows = schedule["rows"].as_array().unwrap();
    let days =
        |row: &Value| (row["name"].as_str().unwrap().to_owned(), row["earliest_start"].clone(), row["earliest_end"].clone());
    let expected = [("3", 2, 5), ("4", 5, 21), ("4/(a)", 5, 9), ("4/(b)", 14, 21), ("17", 14, 19), ("17/(a)", 14, 19)];
    let expected = expected.map(|(name, start, end)| (name.to_owned(), Value::from(start), Value::from(end)));
    assert_eq!(rows.iter().map(days).collect::<Vec<_>>(), expected, "from D+2 to D+21");
    assert_eq!(schedule["critical"][0]["end"], 21);
    let chart = talks.cel.done(&["schedule", PLAN, "--svg"]);
    assert!(chart.starts_with("<svg") && chart.trim_end().ends_with("</svg>"), "{}", &chart[..200]);
    assert_eq!(talks.cel.done(&["schedule", PLAN, "--csv"]).lines().count(), rows.len() + 1);
}

/// BOR takes "all" out of a point that is agreed, and puts it back.
fn one_word_in_an_agreed_point(talks: &Talks) {
    let agreed = talks.words("1");
    let digest = talks.standing("1")["digest"].clone();
    assert_eq!(talks.state("1"), "agreed");
    let mut log = follow(&talks.server, &talks.server.delegate(0, 0).token);
    talks.bor.done(&["words", PLAN, "1", &agreed.replace("cease all hostilities", "cease hostilities")]);
    assert_eq!(talks.state("1"), "lapsed");
    for party in ["arv", "bor", "cel"] {
        let cell = talks.cell("1", party);
        assert_eq!(cell["stance"], "lapsed");
        assert!(cell["difference"].as_array().unwrap().contains(&serde_json::json!({ "removed": "all " })), "{cell}");
    }
    assert!(talks.annotated(&talks.arv).contains("~~all"), "{}", talks.annotated(&talks.arv));

    // ARV asks who took it out: the log says which party, and when.
    let record = line_with(&mut log, "\"kind\":\"record\"");
    assert_eq!((&record["party"], record["at_ms"].as_u64().is_some_and(|at| at > 0)), (&"bor".into(), true));

    talks.bor.done(&["words", PLAN, "1", &agreed]);
    assert_eq!((talks.state("1"), &talks.standing("1")["digest"]), ("agreed".into(), &digest));
    for party in ["arv", "bor", "cel"] {
        assert_eq!(talks.cell("1", party)["returned"], true, "the acceptance of {party} holds again, and says so");
    }
    assert!(talks.standing("8")["cells"].as_array().unwrap().iter().all(|cell| cell.get("returned").is_none()));
}

fn a_reservation(talks: &Talks) {
    talks.cel.done(&["reserve", PLAN, "19", "The Commission is not yet set up."]);
    assert_eq!((talks.state("19"), talks.cell("19", "cel")["stance"].clone()), ("reserved".into(), "reserve".into()));
    let annotated = talks.annotated(&talks.bor);
    assert!(annotated.contains("The Commission is not yet set up"), "{annotated}");
    let counts = &talks.med.json(&["standing", PLAN])["counts"];
    assert_eq!((&counts["agreed"], &counts["reserved"]), (&4.into(), &1.into()), "1, 3, 7 and 8; 19");
}

/// Follows the plan's log as a member; answers once the state has come, and what comes after it can be read.
fn follow(server: &Server, token: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let path = format!("/api/conferences/{}/plans/{PLAN}/log", server.demo.conference);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n").unwrap();
    let mut log = BufReader::new(stream);
    line_with(&mut log, "\"kind\":\"state\"");
    log
}

/// The next line that holds `part`.
fn line_with(log: &mut impl BufRead, part: &str) -> Value {
    loop {
        let mut line = String::new();
        assert!(log.read_line(&mut line).unwrap() > 0, "the log ended before {part}");
        if line.contains(part) {
            return serde_json::from_str(&line).unwrap();
        }
    }
}
