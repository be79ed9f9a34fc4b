//! Annotations as people see them.

use super::*;
use serde_json::{Value, json};

/// An annotation as a server tells of it, with what `more` says.
pub fn view(id: &str, party: &str, point: &str, more: Value) -> AnnotationView {
    let mut value = json!({
        "party": party, "layer": "public", "audience": "all", "label": "", "stretch": { "state": "whole" },
        "id": id, "point": point, "body": "", "at_ms": 0, "by": "m-1",
    });
    for (field, what) in more.as_object().expect("an object") {
        value[field] = what.clone();
    }
    serde_json::from_value(value).expect("an annotation")
}

/// A point at the top level without a heading.
pub fn point(id: &str, label: &str, words: &str) -> Point {
    Point {
        id: id.parse().expect("an id"),
        label: label.into(),
        heading: String::new(),
        words: words.into(),
        parent: None,
        depth: 0,
        order: "80".into(),
        struck: false,
        schedule: Default::default(),
        adoptions: Default::default(),
    }
}

fn outline() -> Outline {
    let first = Point { heading: "Heavy\x1b[2J weapons".into(), ..point("p1", "3", "Each Party shall withdraw to [40][50] km.") };
    Outline { points: vec![first, point("p2", "", "")], ..Outline::default() }
}

/// The page, with times as `T`.
fn shown(views: &[AnnotationView], hidden: usize) -> String {
    page(views, &outline(), hidden).show(false).replace(&when::local(0), "T")
}

/// Two parties talk about a point, a third accepts another and speaks of one that is not there.
fn talk() -> Vec<AnnotationView> {
    let stands = json!({ "state": "stands", "range": { "start": 29, "end": 33 } });
    let changed = json!({ "state": "changed", "range": { "start": 29, "end": 33 } });
    vec![
        view(
            "k1",
            "arv",
            "p1",
            json!({
                "kind": "proposal", "replacement": "[45]", "stretch": changed, "quote": "[30]", "now": "[40]", "body": "A middle way.",
                "proposed": { "state": "reanchored", "redline": [{ "same": "[" }, { "removed": "40" }, { "inserted": "45" }, { "same": "]" }] },
            }),
        ),
        view(
            "k2",
            "arv",
            "p1",
            json!({
                "kind": "note", "stretch": stands, "quote": "[40]", "body": "Ours\n  k9  MED  note\x1b[1m", "layer": "fallback",
                "audience": ["bor", "med"],
            }),
        ),
        view(
            "k4",
            "arv",
            "p1",
            json!({ "kind": "note", "body": "Indeed.", "reply_to": "k3", "layer": "private", "audience": "party" }),
        ),
        view("k3", "bor", "p1", json!({ "kind": "note", "body": "We can.", "reply_to": "k1", "resolved": true })),
        view(
            "k5",
            "cel",
            "p2",
            json!({
                "kind": "position", "stance": "accept", "ad_referendum": true, "layer": "positions",
                "words": { "digest": "82c353bc6de40ee34ab666fcc6b10425dafadc5d1a38f27360e2fa413c0d9e43", "json": "", "weave": "" },
            }),
        ),
        view("k6", "cel", "p9", json!({ "kind": "note", "stretch": { "state": "nopoint" }, "body": "Where is it?" })),
    ]
}

#[test]
fn annotations_stand_below_their_points_and_replies_below_what_they_reply_to() {
    let wanted = "\
3  Heavy\\u{1b}[2J weapons
    k1  ARV  proposal, re-anchored  public  T by m-1
        on \"[30]\"; there stands now \"[40]\"
        - [40]
        + [45]
        A middle way.
        k3  BOR  note, reply to k1, resolved  public  T by m-1
            We can.
            k4  ARV  note, reply to k3  private  T by m-1
                Indeed.
    k2  ARV  note  fallback (shared with bor and med)  T by m-1
        on \"[40]\"
        Ours
          k9  MED  note\\u{1b}[1m
(p2)
    k5  CEL  position: accepts, ad referendum  positions  T by m-1
        on the words 82c353bc6de4, which have changed since
points that are not in the plan
    k6  CEL  note  public  T by m-1
        on the point p9
        Where is it?
2 withdrawn or resolved are not shown: --all shows them";
    assert_eq!(shown(&talk(), 2), wanted);
    assert_eq!(shown(&[], 0), "no annotations that you may read");
}

#[test]
fn what_became_of_a_proposal_is_said_with_its_words() {
    let proposed = |state: &str, adoption: Value| json!({ "state": state, "adoption": adoption });
    let adoption =
        |how: &str, after: &str| json!({ "how": how, "adopted_by": "med", "at_ms": 0, "before": "[30]", "after": after });
    let gone = json!({ "state": "gone", "at": 29 });
    let views = [
        view(
            "a1",
            "arv",
            "p1",
            json!({ "kind": "proposal", "replacement": "[45]", "proposed": proposed("adopted", adoption("adopted", "[45]")) }),
        ),
        view(
            "a2",
            "arv",
            "p1",
            json!({ "kind": "proposal", "replacement": "45", "proposed": proposed("alternative", adoption("alternative", "[45]")) }),
        ),
        view(
            "a3",
            "arv",
            "p1",
            json!({ "kind": "proposal", "replacement": "", "stretch": gone, "quote": "[30]", "proposed": proposed("overtaken", Value::Null) }),
        ),
        view(
            "a4",
            "arv",
            "p1",
            json!({ "kind": "proposal", "replacement": "x", "withdrawn": true, "proposed": proposed("withdrawn", Value::Null) }),
        ),
    ];
    let wanted = "\
3  Heavy\\u{1b}[2J weapons
    a1  ARV  proposal, adopted by MED  public  T by m-1
        - [30]
        + [45]
    a2  ARV  proposal, an alternative in the text by MED  public  T by m-1
        [30] beside [45]
    a3  ARV  proposal, overtaken  public  T by m-1
        on \"[30]\"; the words are gone; they stood after \"Each Party shall withdraw to \"
        leaves the words out
    a4  ARV  proposal, withdrawn  public  T by m-1
        proposes \"x\"";
    assert_eq!(shown(&views, 0), wanted);
}

#[test]
fn replies_in_circles_are_shown_once_and_long_chains_stay_on_the_screen() {
    let reply = |id: String, to: String| view(&id, "arv", "p1", json!({ "kind": "note", "reply_to": to }));
    let circle = [reply("a".into(), "b".into()), reply("b".into(), "a".into()), reply("c".into(), "c".into())];
    let levels: Vec<_> = threaded(&circle).iter().map(|entry| (entry.level, entry.view.annotation.id.to_string())).collect();
    assert_eq!(levels, [(0, "a".into()), (1, "b".into()), (0, "c".into())]);
    let chain: Vec<_> = (0..5_000).map(|n| reply(format!("r{n}"), format!("r{}", n + 1))).collect();
    let order = threaded(&chain);
    assert_eq!(order.len(), 5_000);
    assert_eq!(order.iter().map(|entry| entry.level).max(), Some(LEVELS_SHOWN));
}

#[test]
fn no_text_of_an_annotation_steers_the_terminal_or_begins_a_line_at_the_edge() {
    let evil = "\x1b[2J\r\nplenary: done\u{202e}\u{2028}x";
    let changed = json!({ "state": "changed", "range": { "start": 0, "end": 1 } });
    let views = [
        view(
            "a1",
            "arv",
            "p1",
            json!({
                "kind": "proposal", "replacement": evil, "body": evil, "quote": evil, "now": evil, "stretch": changed,
                "proposed": { "state": "open", "redline": [{ "removed": evil }, { "inserted": evil }, { "same": evil }] },
            }),
        ),
        view(
            "a2",
            "arv",
            "p1",
            json!({ "kind": "proposal", "replacement": evil, "proposed": {
            "state": "alternative", "adoption": { "how": "alternative", "adopted_by": "med", "at_ms": 0, "before": evil, "after": evil } } }),
        ),
    ];
    for colours in [false, true] {
        let text = page(&views, &outline(), 0).show(colours);
        assert!(!text.contains("\x1b[2J") && !text.contains(['\u{202e}', '\u{2028}', '\r']), "{text:?}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("    ")), "{text}");
    }
}
