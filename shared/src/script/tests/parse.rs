//! Scripts in text.

use super::*;
use crate::limits;

/// A line of every kind, with every field of it.
const LINES: [&str; 32] = [
    r#"{"title":{"text":"x"}}"#,
    r#"{"insert":{"point":"5 bis","text":"x","before":"y"}}"#,
    r#"{"insert":{"point":"5 bis","text":"x","after":"y"}}"#,
    r#"{"insert":{"point":"5 bis","text":"x","at":3}}"#,
    r#"{"delete":{"point":"5","quote":"x"}}"#,
    r#"{"delete":{"point":"5","range":[0,4],"words":"text"}}"#,
    r#"{"replace":{"point":"5","quote":"x","with":"y"}}"#,
    r#"{"replace":{"point":"5","range":[0,4],"words":"text","with":""}}"#,
    r#"{"words":{"point":"5","words":"x","from":"y"}}"#,
    r#"{"add":{"words":"x","heading":"H","label":"5 bis","id":"k3x9abcd","after":"5"}}"#,
    r#"{"add":{"words":"x","before":"5"}}"#,
    r#"{"add":{"words":"x","under":"5"}}"#,
    r#"{"move":{"point":"5","after":"6"}}"#,
    r#"{"move":{"point":"5","before":"6"}}"#,
    r#"{"move":{"point":"5","under":"6"}}"#,
    r#"{"strike":{"point":"5"}}"#,
    r#"{"restore":{"point":"5"}}"#,
    r#"{"heading":{"point":"5","text":""}}"#,
    r#"{"label":{"point":"5","label":"5A"}}"#,
    r#"{"renumber":{}}"#,
    r#"{"schedule":{"point":"5","trigger":"EIF","offset_days":-3,"duration_days":null,"after":{"4":"done","3":"certified"},"responsible":"MED","verifier":null,"method":"x","condition":"y"}}"#,
    r#"{"note":{"point":"5","text":"x","quote":"y","layer":"public"}}"#,
    r#"{"propose":{"point":"5","replacement":"x","bracket":2,"because":"y","layer":"public"}}"#,
    r#"{"reply":{"id":"k1","text":"x","layer":"public"}}"#,
    r#"{"table":{"ids":["k1","k2"],"to":"public"}}"#,
    r#"{"accept":{"point":"5","ad_referendum":true,"because":"x","expect":"82c353bc6de40ee34ab666fcc6b10425dafadc5d1a38f27360e2fa413c0d9e43","layer":"positions"}}"#,
    r#"{"reserve":{"point":"5","reason":"x","quote":"y","layer":"positions"}}"#,
    r#"{"oppose":{"point":"5","reason":"x","bracket":1,"layer":"positions"}}"#,
    r#"{"withdraw":{"what":"5 bis","quote":"x"}}"#,
    r#"{"adopt":{"id":"k1","party":"arv","now":"x"}}"#,
    r#"{"alternative":{"id":"k1"}}"#,
    r#"{"settle":{"point":"5","bracket":2,"words":"[50]"}}"#,
];

#[test]
fn every_kind_is_read_and_written_as_it_was_and_the_schema_names_all_of_it() {
    let schema = schema();
    let text = schema.to_string();
    let mut lines: Vec<String> = LINES.iter().map(|line| (*line).to_owned()).collect();
    lines.extend(
        [
            r#"{"own":{"id":"k1"}}"#,
            r#"{"resolve":{"id":"k1"}}"#,
            r#"{"reopen":{"id":"k1"}}"#,
            r#"{"add":{"heading":"H","top":true}}"#,
        ]
        .map(str::to_owned),
    );
    for line in &lines {
        let edits = Script::parse_lines(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let given: serde_json::Value = serde_json::from_str(line).unwrap();
        let written = serde_json::to_value(&edits[0]).unwrap();
        let (kind, fields) = given.as_object().unwrap().iter().next().unwrap();
        assert_eq!(kind, edits[0].nature().kind);
        for (field, value) in fields.as_object().unwrap() {
            assert_eq!(&written[kind][field], value, "{line}: {field}");
            assert!(text.contains(&format!("\"{field}\":")), "{field}");
        }
    }
    let kinds = schema["oneOf"].as_array().unwrap();
    assert_eq!(kinds.len(), 27);
    for line in &lines {
        let kind = Script::parse_lines(line).unwrap()[0].nature().kind;
        let known = kinds.iter().any(|one| one["required"][0] == kind && one["description"].is_string());
        assert!(known, "{kind}: {schema:#}");
    }
    for definition in schema["$defs"].as_object().unwrap().values() {
        for (name, field) in definition["properties"].as_object().into_iter().flatten() {
            assert!(field["description"].is_string(), "{name}: {definition:#}");
        }
    }
}

#[test]
fn what_is_no_edit_is_told_by_line_field_found_and_expected() {
    for (line, field, found, expected) in [
        ("nonsense", "edit", "what is no JSON", "a JSON object"),
        ("{\"strike\":{\"point\":\"5\"}", "edit", "what is no JSON", "a JSON object"),
        (r#"{"strike":{"point":"5"}} {}"#, "edit", "what is no JSON", "a JSON object"),
        (r#"{"stirke":{"point":"5"}}"#, "edit", "`stirke`", "`strike`"),
        (r#"{"strike":{"pnt":"5"}}"#, "strike.pnt", "the field `pnt`", "`point`"),
        (r#"{"strike":{}}"#, "strike.point", "nothing", "this field"),
        (r#"{"strike":{"point":5}}"#, "strike.point", "integer `5`", "a string"),
        (r#"{"strike":{"point":"5","point":"6"}}"#, "strike", "`point` twice", "once"),
        (r#"{"strike":{"point":"5"},"restore":{"point":"5"}}"#, "edit", "", ""),
        (r#"{"delete":{"point":"5","range":[1]}}"#, "delete.range", "1", "a tuple of size 2"),
        (r#"{"delete":{"point":"5","range":[-1,2]}}"#, "delete.range[0]", "integer `-1`", "usize"),
        (r#"{"table":{"ids":["k1","no id"]}}"#, "table.ids[1]", "annotation id", ""),
        (r#"{"schedule":{"point":"5","after":{"4":"later"}}}"#, "schedule.after.4", "`later`", "`done`"),
        (r#"{"accept":{"point":"5","expect":"82c3"}}"#, "accept.expect", "is no digest of words", ""),
        (r#"{"note":{"point":"5","text":"x","bracket":0}}"#, "note.bracket", "integer `0`", "nonzero"),
        (r#""strike""#, "", "", ""),
        ("[]", "edit", "", ""),
        ("null", "edit", "", ""),
    ] {
        let error = Script::parse_lines(&format!("\n{{\"renumber\":{{}}}}\n  \n{line}")).expect_err(line);
        assert_eq!((error.line, error.why), (4, Why::Usage), "{line}");
        assert!(
            error.field.contains(field) && error.found.contains(found) && error.expected.contains(expected),
            "{line}: {error}"
        );
    }
}

#[test]
fn the_edits_of_an_http_body_are_counted_as_lines_are() {
    let error = Script::parse(br#"{"edits":[{"renumber":{}},{"strike":{"point":5}}]}"#).unwrap_err();
    assert_eq!((error.line, error.field.as_str()), (2, "strike.point"));
    let error = Script::parse(br#"{"edits":[],"expect":[{"digest":"x"}]}"#).unwrap_err();
    assert_eq!((error.line, error.field.as_str()), (0, "expect[0].digest"));
    let error = Script::parse(br#"{"edits":[],"one":"x"}"#).unwrap_err();
    assert_eq!((error.line, error.found.as_str()), (0, "the field `one`"));
    let script = Script::parse(br#"{"edits":[{"renumber":{}}],"once":"k","dry_run":true}"#).unwrap();
    assert_eq!((script.edits.len(), script.once.as_deref(), script.dry_run), (1, Some("k"), true));
}

#[test]
fn hostile_text_is_refused_and_does_not_harm() {
    for text in ["[".repeat(1_000_000), format!("{{\"strike\":{}", "{\"point\":".repeat(100_000)), "\u{1b}[2J".into()] {
        let error = Script::parse_lines(&text).unwrap_err();
        assert!(error.found.len() < 5_000 && error.expected.len() < 5_000);
    }
    let name = "x".repeat(100_000);
    let error = Script::parse_lines(&format!("{{\"{name}\":{{}}}}")).unwrap_err();
    assert!(error.to_string().len() < 5_000);
    let blank = " ".repeat(limits::SCRIPT_BYTES_MAX + 1);
    assert_eq!(Script::parse_lines(&blank).unwrap_err().field, "edits");
    let lines = "{\"renumber\":{}}\n".repeat(limits::SCRIPT_EDITS_MAX + 1);
    assert_eq!(Script::parse_lines(&lines).unwrap_err().line, limits::SCRIPT_EDITS_MAX + 1);
}

#[test]
fn what_a_script_needs_is_what_its_edits_need() {
    for (line, wanted) in [
        (r#"{"strike":{"point":"5"}}"#, OnDesk::Text),
        (r#"{"accept":{"point":"5"}}"#, OnDesk::Own),
        (r#"{"reply":{"id":"k1","text":"x"}}"#, OnDesk::All),
        (r#"{"table":{"ids":["k1"]}}"#, OnDesk::All),
        (r#"{"adopt":{"id":"k1"}}"#, OnDesk::All),
    ] {
        let both = script(&format!("{{\"renumber\":{{}}}}\n{line}"));
        assert_eq!(needs(&both), wanted, "{line}");
        assert_eq!(needs(&Script { once: Some("k".into()), ..both }), wanted.max(OnDesk::Own), "{line}");
    }
}
