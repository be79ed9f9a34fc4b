//! Edits of the text.

use super::*;
use crate::text::plan::{After, ChangeKind};

#[test]
fn each_edit_of_words_does_what_it_says() {
    for (line, id, wanted) in [
        (r#"{"insert":{"point":"2","text":" End."}}"#, "p2", "Each side, each party. End."),
        (r#"{"insert":{"point":"2","text":"other ","before":"side"}}"#, "p2", "Each other side, each party."),
        (r#"{"insert":{"point":"2","text":"s","after":"party"}}"#, "p2", "Each side, each partys."),
        (r#"{"insert":{"point":"3","text":"!","at":31}}"#, "p3", "Стороны отводят силы на 30 км 🕊! сразу."),
        (r#"{"insert":{"point":"4","text":"«","at":0}}"#, "p4", "«تنسحب القوات خلال ثلاثين يوما"),
        (r#"{"delete":{"point":"1","quote":"[50]"}}"#, "p1", "Forces withdraw within [30] days."),
        (r#"{"delete":{"point":"3","range":[30,32],"words":"🕊 "}}"#, "p3", "Стороны отводят силы на 30 км сразу."),
        (r#"{"replace":{"point":"1","quote":"[30][50]","with":"45"}}"#, "p1", "Forces withdraw within 45 days."),
        (r#"{"replace":{"point":"3","range":[24,26],"words":"30","with":"40"}}"#, "p3", "Стороны отводят силы на 40 км 🕊 сразу."),
        (r#"{"replace":{"point":"4","quote":"ثلاثين","with":"أربعين"}}"#, "p4", "تنسحب القوات خلال أربعين يوما"),
        (r#"{"replace":{"point":"2/(a)","range":[0,5],"words":"below","with":"a\r\nb"}}"#, "p5", "a\nb"),
        (r#"{"settle":{"point":"1","bracket":2,"words":"[50]"}}"#, "p1", "Forces withdraw within 50 days."),
        (r#"{"words":{"point":"p2","words":"New."}}"#, "p2", "New."),
        (r#"{"words":{"point":"2","words":"Each side.","from":"Each side, each party."}}"#, "p2", "Each side."),
    ] {
        let mut talks = Talks::begin();
        let done = talks.done(line);
        assert_eq!(talks.words(id), wanted, "{line}");
        let told = PointDone {
            point: id.parse().unwrap(),
            label: label(&talks, id),
            kind: ChangeKind::Words,
            changed: true,
            entered: None,
        };
        assert_eq!(done, [Done::Point(told)], "{line}");
    }
}

fn label(talks: &Talks, id: &str) -> String {
    talks.outline().get(&id.parse().unwrap()).unwrap().label.clone()
}

#[test]
fn what_cannot_be_found_or_is_not_as_expected_is_refused_with_what_was_found() {
    for (line, field, found, expected) in [
        (r#"{"settle":{"point":"1","bracket":2,"words":"[40]"}}"#, "settle.words", "\"[50]\"", "\"[40]\""),
        (r#"{"settle":{"point":"1","bracket":3,"words":"[40]"}}"#, "settle.bracket", "3", "1 has 2 brackets in its words"),
        (r#"{"settle":{"point":"2","bracket":1,"words":"[40]"}}"#, "settle.bracket", "1", "2 has no bracket in its words"),
        (r#"{"insert":{"point":"9","text":"x"}}"#, "insert.point", "\"9\"", "a label as the plan shows it"),
        (
            r#"{"insert":{"point":"2","text":"x","before":"ide","after":"ide"}}"#,
            "insert",
            "several places",
            "one of before, after",
        ),
        (r#"{"insert":{"point":"2","text":"x","after":"x"}}"#, "insert.after", "no \"x\" in the words of 2", "exactly once"),
        (r#"{"insert":{"point":"2","text":"x","at":23}}"#, "insert.at", "23", "at most 22, the characters of 2"),
        (
            r#"{"delete":{"point":"2","quote":"each side"}}"#,
            "delete.quote",
            "no \"each side\" in the words of 2: \"Each",
            "exactly once",
        ),
        (r#"{"delete":{"point":"2","quote":"ach"}}"#, "delete.quote", "\"ach\" 2 times", "exactly once"),
        (r#"{"delete":{"point":"2","quote":""}}"#, "delete.quote", "\"\"", "words of the point"),
        (r#"{"delete":{"point":"2"}}"#, "delete", "no stretch", "quote, or range with words"),
        (r#"{"delete":{"point":"2","range":[0,4]}}"#, "delete.words", "nothing", "the words that stand in the range"),
        (r#"{"delete":{"point":"2","words":"Each"}}"#, "delete.range", "nothing", "\"Each\""),
        (r#"{"delete":{"point":"2","quote":"Each","range":[0,4]}}"#, "delete.quote", "a quote, and a range", "quote alone"),
        (r#"{"replace":{"point":"2","range":[0,4],"words":"each","with":""}}"#, "replace.words", "\"Each\"", "\"each\""),
        (r#"{"replace":{"point":"2","range":[0,400],"words":"each","with":""}}"#, "replace.range", "[0, 400]", "22 characters"),
        (r#"{"move":{"point":"2"}}"#, "move", "no place", "one of after, before, under and top"),
        (r#"{"move":{"point":"2","under":"(a)"}}"#, "move", "a place within p2 itself", "outside"),
        (r#"{"move":{"point":"2","under":"3","top":true}}"#, "move", "several places", "one of"),
        (r#"{"add":{}}"#, "add.words", "neither words nor a heading", "both"),
        (r#"{"add":{"words":"x","label":"2"}}"#, "add.label", "\"2\"", "no point at this place"),
        (r#"{"add":{"words":"x","id":"p3"}}"#, "add.id", "p3", "no point has"),
        (r#"{"add":{"words":"x","after":"9"}}"#, "add.after", "\"9\"", "a label"),
        (r#"{"label":{"point":"2","label":"2A"}}"#, "label", "another member", "the chair"),
        (r#"{"renumber":{}}"#, "renumber", "another member", "the chair"),
        (r#"{"schedule":{"point":"1","offset_days":9007199254740993}}"#, "schedule.offset_days", "9007199254740993", "days"),
        (r#"{"schedule":{"point":"1","after":{"2":"done","p2":"start"}}}"#, "schedule.after", "\"p2\" twice", "once"),
        (r#"{"schedule":{"point":"1","after":{"9":"done"}}}"#, "schedule.after", "\"9\"", "a label"),
    ] {
        let error = Talks::begin().refused(line);
        assert_eq!((error.line, error.field.as_str()), (1, field), "{line}");
        assert!(error.found.contains(found), "{line}: found {}", error.found);
        assert!(error.expected.contains(expected), "{line}: expected {}", error.expected);
    }
}

#[test]
fn a_script_is_made_whole_or_not_at_all_and_each_edit_sees_those_before_it() {
    let mut talks = Talks::begin();
    let lines = r#"{"add":{"id":"mine","words":"[one] two","after":"1"}}
        {"replace":{"point":"1 bis","quote":"two","with":"three"}}
        {"move":{"point":"mine","top":true}}
        {"strike":{"point":"mine"}}
        {"note":{"point":"mine","text":"so","bracket":1}}"#;
    assert_eq!(short(&talks.refused(&format!("{lines}\n{}", r#"{"strike":{"point":"none"}}"#))).0, 6);
    let done = talks.done(lines);
    assert_eq!(done.len(), 5);
    let outline = talks.outline();
    let first = &outline.points[0];
    assert_eq!((first.label.as_str(), first.words.as_str(), first.struck), ("1 bis", "[one] three", true));
    assert_eq!(talks.entries("arv", "private").annotations[0].quote, "[one]");
}

#[test]
fn what_others_changed_since_the_author_saw_the_words_stays() {
    let mut talks = Talks::begin();
    talks.done(r#"{"words":{"point":"3","words":"Стороны немедленно отводят силы на 30 км 🕊 сразу."}}"#);
    let line = r#"{"words":{"point":"3","words":"Стороны отводят силы на 50 км 🕊🕊 сразу.","from":"Стороны отводят силы на 30 км 🕊 сразу."}}"#;
    let Done::Point(done) = &talks.done(line)[0] else { panic!("a point") };
    assert!(done.changed);
    assert_eq!(talks.words("p3"), "Стороны немедленно отводят силы на 50 км 🕊🕊 сразу.");
    let Done::Point(again) = &talks.done(r#"{"words":{"point":"3","words":"x","from":"x"}}"#)[0] else { panic!("a point") };
    assert!(!again.changed, "its author changed nothing");
}

#[test]
fn what_others_made_of_the_same_words_stands_beside_what_their_author_makes_of_them() {
    let mut talks = Talks::begin();
    talks.done(r#"{"words":{"point":"3","words":"Стороны отводят силы на 12 км 🕊 сразу."}}"#);
    let line =
        r#"{"words":{"point":"3","words":"Стороны отводят силы на 48 км 🕊.","from":"Стороны отводят силы на 30 км 🕊 сразу."}}"#;
    talks.done(line);
    assert_eq!(talks.words("p3"), "Стороны отводят силы на [12][48] км 🕊.");
}

#[test]
fn what_is_so_already_is_told_and_changes_nothing() {
    for line in [
        r#"{"words":{"point":"2","words":"Each side, each party."}}"#,
        r#"{"replace":{"point":"2","quote":"side","with":"side"}}"#,
        r#"{"insert":{"point":"2","text":""}}"#,
        r#"{"heading":{"point":"2","text":""}}"#,
        r#"{"restore":{"point":"2"}}"#,
        r#"{"schedule":{"point":"2","trigger":null}}"#,
    ] {
        let mut talks = Talks::begin();
        let ran = talks.run(&script(line)).unwrap();
        assert!(ran.updates.is_empty() && ran.applied.changes.is_empty(), "{line}");
        let changed = match &ran.applied.done[0] {
            Done::Point(done) => done.changed,
            Done::Scheduled(done) => done.changed,
            other => panic!("{other:?}"),
        };
        assert!(!changed, "{line}");
    }
}

#[test]
fn a_schedule_keeps_what_is_absent_clears_what_is_null_and_is_told_with_its_row() {
    let mut talks = Talks::begin();
    talks.done(r#"{"schedule":{"point":"1","trigger":"EIF","offset_days":3,"verifier":"MED","duration_days":1}}"#);
    let lines = r#"{"schedule":{"point":"1","trigger":" D-Day ","offset_days":null,"duration_days":-5,"verifier":""}}
        {"schedule":{"point":"2","after":{"1":"done","3":"unsaid"}}}"#;
    let done = talks.done(lines);
    let [Done::Scheduled(one), Done::Scheduled(two)] = &done[..] else { panic!("schedules: {done:?}") };
    let (d_day, days) = (Some("D-Day".to_owned()), Some(-5));
    assert_eq!(one.schedule, crate::text::plan::Schedule { trigger: d_day, duration_days: days, ..Default::default() });
    assert!(one.row.is_some() && one.faults.iter().any(|fault| fault.to_string().contains("-5")), "{one:?}");
    let after = |id: &str| two.schedule.after[&id.parse::<PointId>().unwrap()];
    assert_eq!((after("p1"), after("p3")), (After::Done, After::Unsaid));
    talks.done(r#"{"schedule":{"point":"2","after":null}}"#);
    assert!(talks.outline().get(&"p2".parse().unwrap()).unwrap().schedule.after.is_empty());
}

#[test]
fn the_chair_renumbers_and_nobody_else() {
    let mut talks = Talks::begin();
    talks.done(r#"{"move":{"point":"4","top":true}}"#);
    assert_eq!(talks.refused(r#"{"renumber":{}}"#).sentence(), "renumbering is the chair's act: labels are what everybody cites");
    talks.member = member("arv", Role::Chair);
    let done = talks.done(r#"{"renumber":{}}"#);
    assert_eq!(done, [Done::Renumbered(Renumbered { points: 4, changed: true })]);
    assert_eq!(talks.outline().points[0].id.as_str(), "p4");
    for changed in [true, false] {
        let done = talks.done(r#"{"title":{"text":"Second reading"}}"#);
        assert_eq!(done, [Done::Titled(Titled { title: "Second reading".into(), changed })]);
        assert_eq!(talks.outline().title, "Second reading");
    }
    assert_eq!(talks.done(r#"{"renumber":{}}"#), [Done::Renumbered(Renumbered { points: 0, changed: false })]);
}

#[test]
fn the_chair_mends_one_label_that_no_sibling_has() {
    let mut talks = Talks::begin();
    talks.member = member("arv", Role::Chair);
    let Done::Point(done) = &talks.done(r#"{"label":{"point":"2","label":"Article 2A"}}"#)[0] else { panic!("a point") };
    assert_eq!((done.label.as_str(), done.kind, done.changed), ("Article 2A", ChangeKind::Label, true));
    assert_eq!(talks.outline().get(&"p2".parse().unwrap()).unwrap().label, "Article 2A");
    assert_eq!(talks.refused(r#"{"label":{"point":"1","label":"Article2A"}}"#).field, "label.label");
    let Done::Point(again) = &talks.done(r#"{"label":{"point":"p2","label":"Article 2A"}}"#)[0] else { panic!("a point") };
    assert!(!again.changed);
}

#[test]
fn who_may_not_draft_changes_no_words() {
    let mut talks = Talks::begin();
    talks.write = false;
    for line in [
        r#"{"insert":{"point":"1","text":"x"}}"#,
        r#"{"delete":{"point":"1","quote":"[30]"}}"#,
        r#"{"replace":{"point":"1","quote":"[30]","with":"x"}}"#,
        r#"{"words":{"point":"1","words":"x"}}"#,
        r#"{"add":{"words":"x"}}"#,
        r#"{"move":{"point":"1","under":"2"}}"#,
        r#"{"strike":{"point":"1"}}"#,
        r#"{"restore":{"point":"1"}}"#,
        r#"{"heading":{"point":"1","text":"x"}}"#,
        r#"{"schedule":{"point":"1","trigger":"EIF"}}"#,
        r#"{"adopt":{"id":"k1"}}"#,
    ] {
        let error = talks.refused(line);
        assert!(error.why == Why::Forbidden && error.sentence().contains("may not change the words"), "{line}: {error}");
    }
    talks.done(r#"{"note":{"point":"1","text":"mine"}}"#);
}

#[test]
fn what_changed_is_told_as_a_whole() {
    let mut talks = Talks::begin();
    let lines = r#"{"replace":{"point":"1","quote":"[30][50]","with":"45"}}
        {"heading":{"point":"1","text":"Time"}}
        {"replace":{"point":"1","quote":"45","with":"60"}}"#;
    let ran = talks.run(&script(lines)).unwrap();
    let told: Vec<_> = ran.applied.changes.iter().map(|change| (change.kind, change.after.as_str())).collect();
    assert_eq!(told, [(ChangeKind::Heading, "Time"), (ChangeKind::Words, "Forces withdraw within 60 days.")]);
    assert_eq!(ran.updates.len(), 1, "one update of the text");
}

#[test]
fn what_the_gate_would_not_let_in_is_refused_before_it_is_written() {
    let long = format!(r#"{{"add":{{"words":"x","label":"{}"}}}}"#, "9".repeat(4_097));
    for line in [
        r#"{"insert":{"point":"2","text":"\u001b[2J"}}"#,
        r#"{"replace":{"point":"2","quote":"Each","with":"\u007f"}}"#,
        r#"{"words":{"point":"2","words":"a\u0085b"}}"#,
        r#"{"words":{"point":"2","words":"Each\u0000","from":"Each side, each party."}}"#,
        r#"{"heading":{"point":"2","text":"a\u009bb"}}"#,
        r#"{"add":{"words":"a\u0001b"}}"#,
        r#"{"add":{"heading":"a\u000bb"}}"#,
        r#"{"add":{"words":"x","label":"9\u001b"}}"#,
        r#"{"add":{"words":"x","label":"9\t"}}"#,
        &long,
        r#"{"schedule":{"point":"2","trigger":"a\u001bb"}}"#,
        r#"{"propose":{"point":"2","quote":"Each","replacement":"a\u001bb"}}"#,
    ] {
        let error = Talks::begin().refused(line);
        assert_eq!((error.why, error.line), (Why::Refused, 1), "{line}: {error}");
        assert!(error.expected.starts_with("no control characters"), "{line}: {error}");
        assert!(!error.sentence().chars().any(char::is_control), "{line}: {error}");
    }
}

#[test]
fn line_ends_of_other_systems_are_written_as_the_plan_has_them() {
    let mut talks = Talks::begin();
    talks.done(r#"{"schedule":{"point":"2","trigger":"a\r\nb"}}"#);
    assert_eq!(talks.outline().get(&"p2".parse().unwrap()).unwrap().schedule.trigger.as_deref(), Some("a\nb"));
    talks.done(r#"{"propose":{"point":"2","quote":"Each side","replacement":"Each\r\nside"}}"#);
    talks.done(r#"{"adopt":{"id":"n1"}}"#);
    assert_eq!(talks.words("p2"), "Each\nside, each party.");
}
