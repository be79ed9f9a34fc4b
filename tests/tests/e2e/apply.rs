//! `plenary apply`: what it tells of each edit, of what is wrong, and of what would be done.

use plenary_tests::{
    cli::Cli,
    server::{Server, Start},
};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};
use tempfile::TempDir;

use crate::access::grant;

/// A plan with two points, a delegate who drafts, and a place for scripts.
struct Talks {
    _server: Server,
    cli: Cli,
    scripts: TempDir,
}

impl Talks {
    fn begin() -> Self {
        let server = Start::demo(0, 1).start();
        let seat = server.delegate(0, 0);
        grant(&server, "p-1", json!({ &seat.party: "draft" }));
        let cli = Cli::join(&seat);
        let talks = Talks { _server: server, cli, scripts: TempDir::new().unwrap() };
        let lines = r#"{"add":{"words":"Forces withdraw within [30][50] days.","id":"one"}}
            {"add":{"words":"Войска отводятся на 30 км 🕊 сразу.","id":"two"}}"#;
        talks.applied(lines, &[]);
        talks
    }

    fn file(&self, lines: &str) -> PathBuf {
        let path = self.scripts.path().join("script.jsonl");
        fs::write(&path, lines).unwrap();
        path
    }

    fn applied(&self, lines: &str, options: &[&str]) -> String {
        let path = self.file(lines);
        self.cli.done(&[&["apply", "p-1", path.to_str().unwrap()], options].concat())
    }

    /// Runs a script that must not be applied; answers the exit code, what is told to people and what to programs.
    fn refused(&self, lines: &str, options: &[&str]) -> (i32, String, Value) {
        let path = self.file(lines);
        let args = [&["apply", "p-1", path.to_str().unwrap()], options].concat();
        let (before, output) = (self.show(), self.cli.run(&args));
        let told = self.cli.run(&[&args[..], &["--json"]].concat());
        assert_eq!(self.show(), before, "nothing was changed");
        let json = serde_json::from_slice(&told.stderr).unwrap_or_else(|e| panic!("{told:?}: {e}"));
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap(), json)
    }

    fn show(&self) -> Value {
        self.cli.json(&["show", "p-1"])
    }

    fn words(&self, id: &str) -> String {
        let shown = self.show();
        let point = shown["points"].as_array().unwrap().iter().find(|point| point["id"] == id).cloned();
        point.unwrap_or_else(|| panic!("no {id} in {shown}"))["words"].as_str().unwrap().to_owned()
    }
}

/// Edits of every kind that need no id of what was written before.
const EVERY_KIND: &str = r#"{"replace":{"point":"1","quote":"[30][50]","with":"[45]"}}

{"insert":{"point":"two","text":"!","at":27}}
{"delete":{"point":"2","range":[20,22],"words":"30"}}
{"words":{"point":"1","words":"Forces leave within [45] days.","from":"Forces withdraw within [45] days."}}
{"add":{"heading":"Access","words":"The Mission has access.","after":"1","id":"new"}}
{"move":{"point":"new","top":true}}
{"heading":{"point":"2","text":"Отвод"}}
{"strike":{"point":"new"}}
{"restore":{"point":"new"}}
{"schedule":{"point":"1","trigger":"D-Day","duration_days":45}}
{"note":{"point":"1","text":"Mine."}}
{"propose":{"point":"1","replacement":"[40]","quote":"[45]","layer":"public"}}
{"accept":{"point":"1","quote":"[45]"}}
{"oppose":{"point":"1","reason":"Too long.","bracket":1}}
{"reserve":{"point":"2","reason":"Later."}}
{"withdraw":{"what":"2"}}"#;

#[tokio::test]
async fn every_kind_of_edit_is_made_and_told_as_its_verb_tells_it() {
    let talks = Talks::begin();
    let told = talks.applied(EVERY_KIND, &[]);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 16, "{told}");
    assert_eq!(lines[0], "1: words changed (durable)");
    assert_eq!(
        &lines[4..9],
        [
            "1 bis: added (durable)",
            "1 bis: moved (durable)",
            "2: heading changed (durable)",
            "1 bis: struck (durable)",
            "1 bis: restored (durable)"
        ]
    );
    assert_eq!(lines[9], "1: schedule changed (durable)");
    assert!(lines[10].starts_with("note ") && lines[10].ends_with("on 1, private: only arv reads it"), "{}", lines[10]);
    assert!(lines[12].contains("on 1, positions: accepts the bracket \"[45]\""), "{}", lines[12]);
    assert!(lines[13].contains("opposes the bracket \"[45]\"; takes the place of "), "{}", lines[13]);
    assert!(lines[14].contains("on 2, positions: reserves on the words "), "{}", lines[14]);
    assert!(lines[15].contains("withdrawn; all who see the plan read it"), "{}", lines[15]);
    assert_eq!(talks.words("one"), "Forces leave within [45] days.");
    assert_eq!(talks.words("two"), "Войска отводятся на  км 🕊! сразу.");
    assert_eq!(talks.show()["points"][0]["id"], "new");
    let entries = talks.cli.json(&["annotations", "p-1", "--all"])["annotations"].as_array().unwrap().clone();
    let proposal = entries.iter().find(|entry| entry["kind"] == "proposal").unwrap();
    let note = entries.iter().find(|entry| entry["kind"] == "note").unwrap();
    let told = talks.applied(
        &format!(
            r#"{{"reply":{{"id":{note},"text":"Ours."}}}}
            {{"resolve":{{"id":{note}}}}}
            {{"reopen":{{"id":{note}}}}}
            {{"table":{{"ids":[{note}]}}}}
            {{"adopt":{{"id":{proposal}}}}}"#,
            note = note["id"],
            proposal = proposal["id"],
        ),
        &[],
    );
    assert!(told.ends_with("of ARV: adopted (durable)\n") && told.contains("from private to public"), "{told}");
    let refused = talks.refused(r#"{"renumber":{}}"#, &[]);
    assert!(refused.0 == 1 && refused.1.contains("the chair"), "{refused:?}");
}

#[tokio::test]
async fn what_is_wrong_is_told_by_line_field_found_and_expected_and_nothing_is_applied() {
    let talks = Talks::begin();
    let good = r#"{"insert":{"point":"1","text":" Good."}}"#;
    for (line, code, told) in [
        (r#"{"delete":{"point":"1","quote":"day"}}"#, 0, ""),
        (
            r#"{"delete":{"point":"1","quote":"with"}}"#,
            1,
            "line 4: delete.quote: found \"with\" 2 times in the words of 1, expected",
        ),
        (r#"{"strike":{"point":"9"}}"#, 1, "line 4: strike.point: found \"9\", expected a label"),
        (r#"{"strike":{"pnt":"9"}}"#, 2, "line 4: strike.pnt: found the field `pnt`, expected `point`"),
        (r#"{"shout":{}}"#, 2, "line 4: edit: found `shout`, expected one of `insert`"),
        (r#"{"note":{"point":"1","text":"x","layer":"absent"}}"#, 1, "line 4: note.layer: found absent, expected a layer of arv"),
        ("nonsense", 2, "line 4: edit: found what is no JSON"),
    ] {
        let lines = format!("{good}\n\n  \n{line}\n{good}\n");
        if code == 0 {
            talks.applied(&lines, &["--dry-run"]);
            continue;
        }
        let (exit, text, json) = talks.refused(&lines, &[]);
        assert!(exit == code && text.contains(told), "{line}: {exit} {text}");
        assert!(json["script"]["line"] == 4 && json["script"]["found"].is_string(), "{json}");
    }
}

#[tokio::test]
async fn a_dry_run_shows_the_redline_and_changes_nothing() {
    let talks = Talks::begin();
    let before = talks.show();
    let lines = r#"{"replace":{"point":"1","quote":"[30][50]","with":"[45]"}}
        {"note":{"point":"1","text":"x"}}"#;
    let shown = talks.applied(lines, &["--dry-run", "--once", "k"]);
    assert!(
        shown.contains("1: words\n    - Forces withdraw within [30][50] days.\n    + Forces withdraw within [45] days.\n"),
        "{shown}"
    );
    assert!(shown.ends_with("2 edits would be made; nothing was changed\n"), "{shown}");
    assert_eq!(talks.show(), before);
    assert!(talks.cli.json(&["annotations", "p-1"])["annotations"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn scripts_come_from_standard_input_and_the_schema_is_json() {
    let talks = Talks::begin();
    let schema: Value = serde_json::from_str(&talks.cli.done(&["apply", "--schema"])).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["oneOf"].as_array().unwrap().len(), 27);
    let file = fs::File::open(talks.file(r#"{"insert":{"point":"1","text":" Piped."}}"#)).unwrap();
    let output = talks.cli.command(&["apply", "p-1"]).stdin(file).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(talks.words("one").ends_with(" Piped."));
    let (code, text, _) = talks.refused("", &[]);
    assert!(code == 2 && text.contains("at least one edit"), "{text}");
}

#[test]
fn edits_beside_which_others_stand_are_named_and_exit_with_4_or_write_nothing() {
    let talks = Talks::begin();
    let turn = talks.cli.json(&["log", "p-1"])["entries"][0].clone();
    let seen = turn["last_seq"].as_u64().unwrap_or_else(|| panic!("{turn}")).to_string();
    let digest = talks.show()["points"][0]["digest"].as_str().unwrap().to_owned();
    talks.applied(r#"{"replace":{"point":"one","quote":"[30][50]","with":"[40]"}}"#, &[]);
    let script = "\n".to_owned() + r#"{"replace":{"point":"one","quote":"[30][50]","with":"[60]"}}"#;
    let (code, told, json) = talks.refused(&script, &["--seen", &seen, "--expect", &format!("one={digest}")]);
    assert_eq!((code, json["error"].as_str()), (1, Some("refused")), "{told}");
    let output = talks.cli.run(&["apply", "p-1", talks.file(&script).to_str().unwrap(), "--seen", &seen, "--json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &answer["bracketed"][0]["line"]), (Some(4), &json!(2)), "{answer}");
    assert_eq!(talks.words("one"), "Forces withdraw within [40][60] days.");
    // Words that say what their author saw are put beside what stands there, too.
    let script =
        r#"{"words":{"point":"two","from":"Войска отводятся на 20 км 🕊 сразу.","words":"Войска отводятся на 50 км 🕊 сразу."}}"#;
    let output = talks.cli.run(&["apply", "p-1", talks.file(script).to_str().unwrap()]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.code() == Some(4) && told.contains("line 1: 2: others had changed the same"), "{told}");
    assert_eq!(talks.words("two"), "Войска отводятся на [30][50] км 🕊 сразу.");
}
