//! The verbs that show what follows from a plan and its layers, and those that put a proposal into the text, on the demo's plan.

use plenary_tests::{
    cli::Cli,
    http::{Answer, request},
    server::{Server, Start},
};
use serde_json::Value;

/// The demo's plan and everybody's command line.
struct Talks {
    server: Server,
    plan: String,
    med: Cli,
    arv: Cli,
    bor: Cli,
    cel: Cli,
}

impl Talks {
    fn begin() -> Self {
        let server = Start::demo(0, 0).start();
        let delegate = |n| Cli::join(&server.delegate(n, 0));
        let (med, arv, bor, cel) = (Cli::join(&server.chair()), delegate(0), delegate(1), delegate(2));
        let plan = server.demo.plan.clone();
        Talks { server, plan, med, arv, bor, cel }
    }

    /// Runs a verb on the plan; answers what it prints.
    fn run(&self, who: &Cli, verb: &str, args: &[&str]) -> String {
        who.done(&[&[verb, &self.plan], args].concat())
    }

    /// The same with `--json`.
    fn json(&self, who: &Cli, verb: &str, args: &[&str]) -> Value {
        who.json(&[&[verb, &self.plan], args].concat())
    }

    /// Writes an entry; answers its id.
    fn write(&self, who: &Cli, verb: &str, args: &[&str]) -> String {
        self.json(who, verb, args)["id"].as_str().unwrap().to_owned()
    }

    /// Runs a verb that must be refused; answers why.
    fn refused(&self, who: &Cli, verb: &str, args: &[&str]) -> String {
        let output = who.run(&[&[verb, &self.plan], args].concat());
        assert_eq!(output.status.code(), Some(1), "{verb} {args:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    /// What a verb says beside its result.
    fn remarks(&self, who: &Cli, verb: &str, args: &[&str]) -> String {
        let output = who.run(&[&[verb, &self.plan], args].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{verb} {args:?}: {said}");
        said
    }
}

/// The line of a table or list that begins with `start`, blanks aside.
fn line<'a>(printed: &'a str, start: &str) -> &'a str {
    let found = printed.lines().find(|line| line.trim_start().starts_with(start));
    found.unwrap_or_else(|| panic!("no line {start:?} in {printed}"))
}

#[test]
fn annotations_are_listed_by_point_for_those_who_may_read_them() {
    let talks = Talks::begin();
    let Talks { arv, bor, cel, .. } = &talks;
    arv.done(&["layer", "open", &talks.plan, "talk", "--with", "bor"]);
    let proposal =
        talks.write(arv, "propose", &["3", "[45]", "--quote", "[30]", "--layer", "talk", "--because", "A middle way."]);
    let reply = talks.write(bor, "reply", &[&proposal, "We can live with it."]);
    let note = talks.write(cel, "note", &["7", "All for all?", "--layer", "public"]);
    let settled = talks.write(cel, "note", &["7", "Settled.", "--layer", "public"]);
    talks.run(cel, "resolve", &[&settled]);

    let shown = talks.run(bor, "annotations", &[]);
    let head = format!("    {proposal}  ARV  proposal, open  talk (shared with bor)  ");
    assert!(shown.starts_with(&format!("3  Heavy weapons\n{head}")), "{shown}");
    assert!(shown.contains("\n        on \"[30]\"\n        - [30]\n        + [45]\n        A middle way.\n"), "{shown}");
    assert!(shown.contains(&format!("\n        {reply}  BOR  note, reply to {proposal}  private  ")), "{shown}");
    assert!(shown.contains("\n            We can live with it.\n7  Detained persons\n"), "{shown}");
    assert!(shown.ends_with("1 withdrawn or resolved is not shown: --all shows them\n"), "{shown}");
    assert!(!talks.run(arv, "annotations", &[]).contains(&reply), "bor's private reply");
    let cels = talks.run(cel, "annotations", &["--all"]);
    assert!(
        !cels.contains(&proposal) && cels.contains(&note) && cels.contains(&format!("{settled}  CEL  note, resolved")),
        "{cels}"
    );

    let ids = |args: &[&str]| -> Vec<String> {
        let view = talks.json(bor, "annotations", args);
        view["annotations"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&["3"]), [proposal.as_str(), &reply]);
    assert_eq!(ids(&["--party", "ARV"]), [proposal]);
    assert_eq!(ids(&["--layer", "private"]), [reply]);
    assert_eq!(ids(&["--kind", "note", "7", "--all"]).len(), 2);

    // What became of the words: other ones stand there, then none.
    let words = talks.json(arv, "show", &["3"])["points"][0]["words"].as_str().unwrap().to_owned();
    talks.run(arv, "words", &["3", &words.replace("[30]", "[35 or 30]")]);
    let shown = talks.run(bor, "annotations", &["3"]);
    assert!(shown.contains("ARV  proposal, re-anchored") && shown.contains("there stands now \"[35 or 30]\""), "{shown}");
    talks.run(arv, "words", &["3", &words.replace("[30][50] ", "")]);
    let shown = talks.run(bor, "annotations", &["3"]);
    assert!(shown.contains("ARV  proposal, overtaken") && shown.contains("the words are gone; they stood after "), "{shown}");
}

#[test]
fn the_standing_is_a_table_and_a_point_shows_what_lapsed() {
    let talks = Talks::begin();
    let Talks { med, arv, bor, cel, .. } = &talks;
    for who in [arv, bor, cel] {
        talks.run(who, "accept", &["1"]);
    }
    talks.run(med, "accept", &["1", "--ad-referendum"]);
    talks.run(arv, "accept", &["2", "--because", "Subject to Annex A."]);
    talks.run(bor, "oppose", &["4", "Too slow."]);
    let words = talks.json(arv, "show", &["2"])["points"][0]["words"].as_str().unwrap().to_owned();
    talks.run(bor, "words", &["2", &words.replace("shall", "should")]);

    let shown = talks.run(cel, "standing", &[]);
    assert!(shown.starts_with("point "), "{shown}");
    let columns = |start: &str| line(&shown, start).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(columns("point")[2..], ["standing", "[", "]", "ARV", "BOR", "CEL", "(MED)"]);
    assert!(columns("1 ").ends_with(&["agreed", "✓", "✓", "✓", "✓*"].map(str::to_owned)), "{shown}");
    assert!(columns("2 ").ends_with(&["lapsed", "~", "·", "·", "·"].map(str::to_owned)), "{shown}");
    assert!(columns("4 ").ends_with(&["opposed", "2", "·", "✗", "·", "·"].map(str::to_owned)), "{shown}");
    assert!(line(&shown, "21 points").starts_with("21 points, 1 agreed, 1 opposed, 1 lapsed, 18 open, "), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    let open = talks.json(cel, "brackets", &[])["open"].as_u64().unwrap();
    assert!(shown.trim_end().ends_with(&format!("{open} open brackets")), "{shown}");

    let point = talks.run(cel, "standing", &["2"]);
    assert!(point.starts_with("2  Line of separation\nlapsed, no open bracket\nwords "), "{point}");
    assert!(line(&point, "ARV").starts_with("ARV  accepted other words  "), "{point}");
    assert!(point.contains("\n    Subject to Annex A.\n") && point.contains("[-shall-]{+should+}"), "{point}");
    assert!(line(&point, "BOR").starts_with("BOR  has not said"), "{point}");
    // Where it returns, nobody takes it for untouched.
    talks.run(bor, "words", &["2", &words]);
    assert!(talks.run(cel, "standing", &["2"]).contains("ARV  accepts, the words were touched since and are back"));
    let matrix = talks.json(cel, "standing", &[]);
    assert_eq!((matrix["points"].as_array().unwrap().len(), &matrix["counts"]["agreed"]), (21, &1.into()));
    assert_eq!(talks.json(cel, "standing", &["1"])["ad_referendum"], Value::Null, "the chair's office need not consent");
}

#[test]
fn brackets_are_listed_with_the_numbers_that_other_verbs_take() {
    let talks = Talks::begin();
    let Talks { arv, bor, .. } = &talks;
    talks.run(arv, "accept", &["3", "--bracket", "1"]);
    talks.run(bor, "oppose", &["3", "--bracket", "1"]);
    talks.run(bor, "accept", &["3", "--bracket", "2"]);
    let shown = talks.run(arv, "brackets", &["3"]);
    assert_eq!(shown, "3\n  1  [30]  ARV; opp BOR  or 2\n  2  [50]  BOR           or 1\n2 open brackets in 1 point\n");
    let all = talks.run(arv, "brackets", &[]);
    assert!(all.contains("\n16\n  1  [amount]    to be filled in\n"), "{all}");
    let view = talks.json(arv, "brackets", &["9"]);
    assert_eq!((&view["open"], &view["points"][0]["brackets"][1]["text"]), (&2.into(), &"[may]".into()));
    assert!(talks.refused(arv, "brackets", &["99"]).contains("no point"));
}

#[test]
fn a_schedule_is_set_field_by_field_and_makes_a_timetable() {
    let talks = Talks::begin();
    let Talks { med, arv, .. } = &talks;
    let set =
        ["4", "--trigger", "D-Day", "--offset", "2", "--duration", "19", "--responsible", "Each Party", "--verifier", "MED"];
    let shown = talks.run(arv, "schedule", &set);
    assert!(shown.starts_with("4  Phased withdrawal\n    trigger      D-Day\n"), "{shown}");
    assert!(shown.contains("    end          D-Day+21\n") && shown.ends_with("schedule changed (durable)\n"), "{shown}");
    let said = talks.remarks(med, "schedule", &["6", "--after", "4", "--responsible", "Mission", "--verifier", "MED"]);
    assert!(said.contains("give 4:start, 4:done or 4:certified"), "{said}");
    let fixed = talks.json(med, "schedule", &["6", "--after", "4:done", "--duration", "3"]);
    assert_eq!(
        (&fixed["row"]["earliest_end"], &fixed["faults"], &fixed["changed"]),
        (&24.into(), &Value::Array(vec![]), &true.into())
    );
    assert_eq!(fixed["schedule"]["responsible"], "Mission", "what was not named stays");
    let circle = talks.run(med, "schedule", &["4", "--after", "6:done"]);
    assert!(circle.contains("! 4 -> 6 -> 4: ") || circle.contains("! 6 -> 4 -> 6: "), "{circle}");
    talks.run(med, "schedule", &["4", "--after", "none"]);

    let table = talks.run(arv, "schedule", &[]);
    assert!(line(&table, "*  4 ").contains("D-Day+2   D-Day+21    19          Each Party   MED"), "{table}");
    assert_eq!(line(&table, "* critical"), "* critical until D-Day+24: 4, 6");
    assert_eq!(talks.json(arv, "schedule", &[])["rows"].as_array().unwrap().len(), 2);
    let csv = talks.run(arv, "schedule", &["--csv"]);
    assert!(csv.contains("\r\n4,Phased withdrawal,D-Day,2,21,2,21,19,"), "{csv}");
    let file = talks.server.data().join("timetable.svg");
    talks.run(arv, "schedule", &["--svg", "--output", file.to_str().unwrap()]);
    assert!(std::fs::read_to_string(file).unwrap().starts_with("<svg"));
    let cleared = talks.json(arv, "schedule", &["4", "--trigger", "", "--offset", "none", "--duration", "none"]);
    assert_eq!(cleared["schedule"].as_object().unwrap().keys().collect::<Vec<_>>(), ["responsible", "verifier"]);
}

#[test]
fn a_proposal_is_put_into_the_text_and_keeps_its_confidences() {
    let talks = Talks::begin();
    let Talks { med, arv, bor, cel, .. } = &talks;
    arv.done(&["layer", "open", &talks.plan, "talk", "--with", "med"]);
    let open = talks.write(bor, "propose", &["3", "[40]", "--quote", "[30]", "--layer", "public"]);
    let quiet = talks.write(arv, "propose", &["4", "D+[21]", "--quote", "D+[14][21]", "--layer", "talk"]);
    let private = talks.write(cel, "propose", &["5", "[400]", "--quote", "[300]"]);

    // The words changed since: they are shown, and replaced once the chair says that it has seen them.
    let words = talks.json(arv, "show", &["3"])["points"][0]["words"].as_str().unwrap().to_owned();
    talks.run(arv, "words", &["3", &words.replace("[30]", "[30 or 35]")]);
    let refused = talks.refused(med, "adopt", &[&open]);
    assert!(refused.contains("\n    [30 or 35]\n") && refused.contains("\n    - [30 or 35]\n    + [40]"), "{refused}");
    let shown = talks.run(med, "adopt", &[&open, "--now", "[30 or 35]"]);
    assert!(shown.starts_with("3  Heavy weapons\n    - "), "{shown}");
    assert!(shown.contains("[30 or 35][50]") && shown.contains("[40][50]"), "{shown}");
    assert!(shown.contains(&format!("re-anchored: {open} was made for \"[30]\"")), "{shown}");
    assert!(shown.ends_with(&format!("{open} of BOR: adopted (durable)\n")), "{shown}");
    let point = talks.json(cel, "show", &["3"])["points"][0].clone();
    assert!(point["words"].as_str().unwrap().contains("[40][50] kilometres"), "{point}");
    assert_eq!(point["adoptions"][&open]["proposed_by"], "bor");
    assert!(talks.refused(med, "adopt", &[&open]).contains("in the text already"));
    assert!(talks.run(cel, "annotations", &["3"]).contains("BOR  proposal, adopted by MED"));

    // Shown to the chair in confidence: the plan holds the words and says nothing of the proposal.
    let said = talks.remarks(med, "alternative", &[&quiet]);
    assert!(said.contains("arv does not make this proposal to all"), "{said}");
    let point = talks.json(cel, "show", &["4"])["points"][0].clone();
    assert!(point["words"].as_str().unwrap().contains("[D+[14][21]][D+[21]]"), "{point}");
    assert!(point.get("adoptions").is_none_or(|adoptions| adoptions.get(&quiet).is_none()), "{point}");

    // What one may not read is not there.
    assert!(talks.refused(med, "adopt", &[&private]).contains("no annotation"));
    let own = talks.json(cel, "adopt", &[&private]);
    assert_eq!((&own["durable"], &own["reanchored"]), (&true.into(), &false.into()));
}

#[test]
fn a_plan_is_exported_as_it_stands() {
    let talks = Talks::begin();
    let plain = talks.run(&talks.arv, "export", &[]);
    assert!(plain.contains("to [30][50] kilometres"), "{plain}");
    assert_eq!(talks.json(&talks.arv, "export", &[])["markdown"], plain);
    assert_eq!(talks.arv.run(&["export", &talks.plan, "--html"]).status.code(), Some(2), "HTML is of an edition");
}

#[test]
fn a_plan_is_exported_clean_and_annotated() {
    let talks = Talks::begin();
    let Talks { arv, bor, .. } = &talks;
    talks.run(arv, "oppose", &["3", "--bracket", "1"]);
    talks.run(bor, "accept", &["3", "--bracket", "2"]);
    let clean = talks.run(arv, "export", &["--clean"]);
    assert!(!clean.contains("[30]") && clean.contains("kilometres"), "{clean}");
    let annotated = talks.run(arv, "export", &["--annotated"]);
    assert!(annotated.contains("opp ARV") && annotated.contains("BOR"), "{annotated}");
    let file = talks.server.data().join("plan.html");
    talks.run(arv, "export", &["--annotated", "--html", "--output", file.to_str().unwrap()]);
    assert!(std::fs::read_to_string(file).unwrap().to_lowercase().contains("<html"));
    assert!(talks.json(arv, "export", &["--clean", "--html"])["html"].as_str().unwrap().contains("kilometres"));
}

/// Asks for a view as bor, who may name a tag.
fn ask(talks: &Talks, view: &str, tag: Option<&str>) -> Answer {
    let bearer = format!("Bearer {}", talks.server.delegate(1, 0).token);
    let mut headers = vec![("Authorization", bearer.as_str())];
    headers.extend(tag.map(|tag| ("If-None-Match", tag)));
    let path = format!("/api/conferences/{}/plans/{}/{view}", talks.server.demo.conference, talks.plan);
    request(&talks.server.address(), "GET", &path, &headers, b"")
}

#[test]
fn whoever_names_the_tag_of_a_view_is_told_only_when_something_moved_that_is_for_them() {
    let talks = Talks::begin();
    let tags: Vec<(&str, String)> = ["annotations", "standing", "brackets", "schedule", "outline"]
        .into_iter()
        .map(|view| {
            let answer = ask(&talks, view, None);
            assert_eq!(answer.status, 200, "{view}");
            assert!(answer.json().is_object(), "{view}");
            (view, answer.header("etag").unwrap().to_owned())
        })
        .collect();
    let moved = || -> Vec<&str> {
        let asked = tags.iter().map(|(view, tag)| (*view, tag, ask(&talks, view, Some(&format!("\"other\", {tag}")))));
        let moved = asked.filter(|(view, tag, answer)| match answer.status {
            304 => {
                assert!(answer.body.is_empty() && answer.header("etag") == Some(tag.as_str()), "{view}");
                false
            }
            _ => {
                assert_ne!(answer.header("etag"), Some(tag.as_str()), "{view} is sent again although nothing moved");
                true
            }
        });
        moved.map(|(view, ..)| view).collect()
    };
    assert!(moved().is_empty(), "nobody did anything");
    talks.write(&talks.arv, "note", &["3", "For ourselves.", "--layer", "private"]);
    assert!(moved().is_empty(), "what arv notes in private is nothing to bor");
    talks.write(&talks.arv, "note", &["3", "For all.", "--layer", "public"]);
    assert_eq!(moved(), ["annotations", "brackets"]);
    talks.write(&talks.arv, "accept", &["3"]);
    assert_eq!(moved(), ["annotations", "standing", "brackets"]);
    talks.run(&talks.med, "heading", &["3", "Heavy weapons and others"]);
    assert_eq!(moved().len(), tags.len(), "every view follows from the text");
}
