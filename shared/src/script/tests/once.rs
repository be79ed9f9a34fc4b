//! What a script expects, keys, and dry runs.

use super::*;
use crate::text::words::{ExactWords, plan_digest};

const EDIT: &str = r#"{"replace":{"point":"1","quote":"[30]","with":"[31]"}}"#;

fn keyed(lines: &str, key: &str) -> Script {
    Script { once: Some(key.into()), ..script(lines) }
}

#[test]
fn under_one_key_a_script_is_made_once_and_another_script_is_a_mistake() {
    let mut talks = Talks::begin();
    let ran = talks.run(&keyed(EDIT, "2026-11-27 days")).unwrap();
    let once = ran.once.clone().unwrap();
    assert_eq!(once.key, "2026-11-27 days");
    let documents: Vec<_> = ran.updates.iter().map(|(layer, _)| layer.as_ref().map(LayerId::as_str)).collect();
    assert_eq!(documents, [None, Some("private")], "the key goes with the edit");
    assert_eq!(once_of(&talks.layers[0].doc.transact(), "2026-11-27 days"), Some(once.digest));
    assert_eq!(once_of(&talks.layers[0].doc.transact(), "other"), None);

    let state = talks.state();
    let again = talks.run(&keyed(EDIT, "2026-11-27 days")).unwrap();
    assert!(again.applied.repeated && again.updates.is_empty() && again.once.is_none() && again.applied.done.is_empty());
    assert!(talks.state() == state);
    // The same edits in another spelling are the same script.
    let spelled = r#" {"replace" : {"with":"[31]", "quote":"[30]", "point":"1"} } "#;
    assert!(talks.run(&keyed(spelled, "2026-11-27 days")).unwrap().applied.repeated);

    let other = keyed(r#"{"insert":{"point":"1","text":"x"}}"#, "2026-11-27 days");
    let error = talks.run(&other).unwrap_err();
    assert_eq!((error.line, error.field.as_str(), error.why), (0, "once", Why::Refused));
    assert!(error.to_string().starts_with("once: found \"2026-11-27 days\", which another script"), "{error}");
    talks.run(&keyed(r#"{"insert":{"point":"1","text":"x"}}"#, "another key")).unwrap();
}

#[test]
fn a_key_that_is_none_or_has_no_place_is_refused() {
    let mut talks = Talks::begin();
    for key in ["", "  ", "a\nb", "\u{1b}[2J", &"x".repeat(201)] {
        let error = talks.run(&keyed(EDIT, key)).unwrap_err();
        assert_eq!((error.line, error.field.as_str(), error.why), (0, "once", Why::Usage), "{key:?}");
    }
    talks.layers[0].layer.write = false;
    assert_eq!(talks.run(&keyed(EDIT, "key")).unwrap_err().why, Why::Forbidden);
    talks.layers.clear();
    assert_eq!(talks.run(&keyed(EDIT, "key")).unwrap_err().why, Why::NotFound);
}

#[test]
fn words_that_are_no_longer_those_that_the_author_saw_stop_a_script() {
    let mut talks = Talks::begin();
    let outline = talks.outline();
    let exact = ExactWords::read(&outline);
    let point = exact.get(&"p1".parse().unwrap()).unwrap().digest;
    let whole = plan_digest(&outline, &exact);
    let expect = |point: Option<&str>, digest| Expect { point: point.map(str::to_owned), digest };
    let with = |expect: Vec<Expect>| Script { expect, ..script(EDIT) };
    let wrong = talks.run(&with(vec![expect(Some("2"), point)])).unwrap_err();
    assert_eq!((wrong.line, wrong.field.as_str(), wrong.why), (0, "expect[0].digest", Why::Refused));
    assert_eq!(wrong.expected, point.to_string());
    let unknown = talks.run(&with(vec![expect(None, whole), expect(Some("9"), point)])).unwrap_err();
    assert_eq!((unknown.line, unknown.field.as_str(), unknown.why), (0, "expect[1].point", Why::NotFound));
    talks.run(&with(vec![expect(Some("1"), point), expect(None, whole)])).unwrap();
    for changed in [expect(Some("1"), point), expect(None, whole)] {
        let error = talks.run(&with(vec![changed])).unwrap_err();
        assert!(error.sentence().contains("nothing was changed"), "{}", error.sentence());
    }
    // A repeat is told first: the words have changed by the script itself.
    let mut talks = Talks::begin();
    let script = Script { once: Some("k".into()), ..with(vec![expect(None, whole)]) };
    talks.run(&script).unwrap();
    assert!(talks.run(&script).unwrap().applied.repeated);
}

#[test]
fn a_dry_run_tells_all_and_changes_nothing() {
    let mut talks = Talks::begin();
    let state = talks.state();
    let lines = format!("{EDIT}\n{}", r#"{"note":{"point":"1","text":"why"}}"#);
    let ran = talks.run(&Script { dry_run: true, ..keyed(&lines, "k") }).unwrap();
    assert!(talks.state() == state && ran.updates.is_empty() && ran.once.is_none());
    assert!(ran.applied.dry_run && !ran.applied.repeated);
    assert_eq!((ran.applied.done.len(), ran.applied.changes.len()), (2, 1));
    assert_eq!(ran.applied.changes[0].after, "Forces withdraw within [31][50] days.");
    assert!(talks.run(&Script { dry_run: true, ..script(r#"{"strike":{"point":"9"}}"#) }).is_err());
}

#[test]
fn a_script_without_edits_is_none() {
    let error = Talks::begin().run(&Script::default()).unwrap_err();
    assert_eq!(short(&error), (0, "edits", "none", "at least one edit"));
}

#[test]
fn a_script_that_rests_on_an_older_text_changes_the_text_alone_and_what_it_expects_is_looked_for_in_the_present_one() {
    let mut talks = Talks::begin();
    let note = script(r#"{"note":{"point":"1","text":"one"}}"#);
    let strike = || script(r#"{"strike":{"point":"1"}}"#);
    for refused in [note, Script { once: Some("key".into()), ..strike() }] {
        let error = talks.run(&Script { seen: Some(1), ..refused }).map(drop).unwrap_err();
        assert_eq!((error.line, error.field.as_str(), error.why), (0, "seen", Why::Usage));
    }
    let expecting = Script { expect: vec![Expect { point: None, digest: "0".repeat(64).parse().unwrap() }], ..strike() };
    let error = crate::script::expected(&Outline::default(), &expecting, &mut || true).unwrap_err();
    assert_eq!((error.field.as_str(), error.why), ("expect[0].digest", Why::Refused));
    assert!(talks.run(&Script { seen: Some(1), ..expecting }).is_ok());
}
