//! Whatever stands in a layer or in the plan, the views answer and say what is wrong; what a layer does not have is refused.

use plenary_shared::{
    limits,
    talk::layer::{self, Annotation, Position, Stance, What},
    text::anchor::{Anchor, CharId},
};
use plenary_tests::doc::words_of;
use yrs::{
    Any, ArrayPrelim, GetString, Map, MapPrelim, MapRef, Number, Out, ReadTxn, StateVector, Text, TextPrelim, Transact,
    TransactionMut, WriteTxn,
};

use super::{Scene, entries, faults, note};

#[tokio::test]
async fn values_that_no_layer_needs_do_not_get_in() {
    let number = |n| Any::Number(Number::Float(n));
    let bytes = Any::Buffer(vec![0xff; 1_000].into());
    let values = [number(f64::NAN), number(f64::INFINITY), number(f64::NEG_INFINITY), bytes, nested(limits::ANY_DEPTH_MAX + 2)];
    // Each by somebody else: who sent one is read later the next time.
    let scene = Scene::among(3 * values.len(), 1).await;
    for (n, value) in values.into_iter().enumerate() {
        for (m, field) in ["at", "anchor", "kind"].into_iter().enumerate() {
            let hostile = scene.join("arv/public", &scene.server.delegate(0, 3 * n + m)).await;
            hostile
                .edit(|txn| {
                    raw_entry(txn, "e").insert(txn, field, value.clone());
                })
                .await;
            hostile.wait("closed", |state| state.closed.is_some()).await;
            assert!(!hostile.lock().denied.is_empty());
        }
    }
    assert_eq!(entries(&scene.view(&scene.cel, "annotations"), "arv").count(), 0);
    scene.undisturbed();
}

fn nested(depth: usize) -> Any {
    (1..depth).fold(Any::Null, |inner, _| Any::Array([inner].into()))
}

/// Writes an entry field by field.
fn raw_entry(txn: &mut TransactionMut, id: &str) -> MapRef {
    let annotations = txn.get_or_insert_map(layer::ANNOTATIONS);
    let entry = annotations.insert(txn, id, MapPrelim::default());
    for (field, value) in [("kind", "note"), ("point", "p1"), ("body", "said"), ("quote", "withdraw"), ("stance", "accept")] {
        entry.insert(txn, field, value);
    }
    entry
}

/// What an edit answers is not asked.
fn done<T>(_: T) {}

/// What the gate takes in a field and no reader can do much with.
fn odd_values() -> Vec<(&'static str, Any)> {
    let number = |n| Any::Number(Number::Float(n));
    vec![
        ("point", Any::Null),
        ("point", "absent".into()),
        ("anchor", Any::Null),
        ("quote", "p1\u{202e}<script>".into()),
        ("body", Any::Null),
        ("body", "x".repeat(100_000).into()),
        ("replacement", Any::Undefined),
        ("stance", "oppose".into()),
        ("digest", "no digest".into()),
        ("words", "{".into()),
        ("weave", "".into()),
        ("ad_referendum", Any::Null),
        ("reply_to", "absent".into()),
        ("by", "No member".into()),
        ("at", number(-0.5)),
        ("at", number(1e300)),
        ("at", Any::Number(Number::Int(-1))),
    ]
}

#[tokio::test]
async fn whatever_the_fields_hold_the_views_answer() {
    let scene = Scene::begin().await;
    let hostile = scene.join("arv/public", &scene.arv).await;
    let mut written = 0;
    for kind in ["note", "proposal", "position"] {
        hostile
            .edit(|txn| {
                for (field, value) in odd_values() {
                    let entry = raw_entry(txn, &format!("e-{written}"));
                    entry.insert(txn, "kind", kind);
                    entry.insert(txn, field, value);
                    written += 1;
                }
            })
            .await;
        hostile.wait_echoed().await;
    }
    let annotations = scene.view(&scene.cel, "annotations");
    let (shown, broken) = (entries(&annotations, "arv").count(), faults(&annotations, "arv", "public").count());
    assert_eq!(shown + broken, written, "each entry is shown, or said not to be");
    assert!(shown > 10 && broken > 30, "{shown} are shown and {broken} are not");
    scene.undisturbed();
    // The same in the layer that counts.
    let state = hostile.lock().doc.transact().encode_state_as_update_v1(&StateVector::default());
    let positions = scene.join("arv/positions", &scene.arv).await;
    positions.send(plenary_shared::wire::protocol::update(&state)).await;
    positions.wait("the echo", |state| state.clock_seen(hostile.id()) == hostile.clock()).await;
    scene.undisturbed();
}

#[tokio::test]
async fn what_a_layer_does_not_have_is_refused_whole_and_its_sender_closed_with_the_reason() {
    type Change = fn(&mut TransactionMut);
    let changes: Vec<(&str, Change)> = vec![
        ("key", |txn| done(raw_entry(txn, "e").insert(txn, "colour", "red"))),
        ("key", |txn| done(raw_entry(txn, "no id!"))),
        ("key", |txn| done(txn.get_or_insert_map("more").insert(txn, "e", "x"))),
        ("kind", |txn| done(raw_entry(txn, "e").insert(txn, "kind", "amendment"))),
        ("kind", |txn| done(raw_entry(txn, "e").insert(txn, "body", MapPrelim::default()))),
        ("kind", |txn| done(raw_entry(txn, "e").insert(txn, "body", ArrayPrelim::from(["x"])))),
        ("kind", |txn| done(raw_entry(txn, "e").insert(txn, "by", "\u{1b}[2J"))),
        ("control", |txn| done(raw_entry(txn, "e").insert(txn, "body", TextPrelim::new("\u{1b}[2J")))),
        ("formatted", |txn| {
            let body = raw_entry(txn, "e").insert(txn, "body", TextPrelim::default());
            body.insert_with_attributes(txn, 0, "bold ", [("bold".into(), Any::Bool(true))].into_iter().collect());
        }),
    ];
    // Each by somebody else: who sent one is read later the next time.
    let scene = Scene::among(changes.len(), 1).await;
    for (n, (why, change)) in changes.into_iter().enumerate() {
        let hostile = scene.join("arv/public", &scene.server.delegate(0, n)).await;
        hostile.edit(change).await;
        hostile.wait("closed", |state| state.closed.is_some()).await;
        let closed = hostile.lock().closed.clone().unwrap();
        assert!(closed.0 == 4400 && closed.1.contains(why), "{why}: {closed:?}");
    }
    assert_eq!(entries(&scene.view(&scene.cel, "annotations"), "arv").count(), 0);
    scene.undisturbed();
}

/// Anchors that are none: turned round, with their ends in two texts, or with one that is not there. Given are the first and the last
/// character of a stretch, and those of one of another text.
fn anchors_into_nowhere(own: (CharId, CharId), of_another_text: (CharId, CharId)) -> Vec<Vec<Any>> {
    let id = |client: f64, clock: f64| Any::Array([client, clock].map(|n| Any::Number(Number::Float(n))).into());
    let of = |(start, end): (CharId, CharId)| [start, end].map(|char| id(char.client as f64, f64::from(char.clock)));
    let ([first, last], [elsewhere, behind]) = (of(own), of(of_another_text));
    let far = [
        id(12_345.0, 0.0),
        id(own.0.client as f64, f64::from(1 << 30)),
        id(own.0.client as f64, 2_147_483_647.0),
        id(own.0.client as f64, 2_147_483_648.0),
        id(own.0.client as f64, -1.0),
        id(9_007_199_254_740_991.0, 0.0),
        id(9_007_199_254_740_992.0, 0.0),
        id(-0.0, 0.5),
        id(1e300, -1e300),
    ];
    let mut anchors: Vec<Vec<Any>> = vec![
        vec![last.clone(), first.clone(), Any::Null, Any::Null],
        vec![last.clone(), first.clone(), last.clone(), first.clone()],
        vec![elsewhere.clone(), behind.clone(), Any::Null, Any::Null],
        vec![first.clone(), behind, Any::Null, Any::Null],
        vec![first.clone(), last.clone(), elsewhere.clone(), elsewhere],
    ];
    for nowhere in far {
        for place in 0..4 {
            let mut anchor = vec![first.clone(), last.clone(), Any::Null, Any::Null];
            anchor[place] = nowhere.clone();
            anchors.push(anchor);
        }
        anchors.push(vec![nowhere; 4]);
    }
    anchors
}

#[tokio::test]
async fn anchors_into_nowhere_are_found_nowhere() {
    let scene = Scene::begin().await;
    let plan = scene.join("", &scene.arv).await;
    plan.edit_words("p1", 0, 0, "Long before, ").await;
    plan.wait_echoed().await;
    let (own, of_another_text) = {
        let state = plan.lock();
        let mut txn = state.doc.transact_mut();
        let first = |txn: &mut TransactionMut, point: &str| {
            let text = words_of(txn, point);
            let words = text.get_string(txn);
            let anchor = Anchor::at(txn, &text, &words, 0..4).unwrap();
            (anchor.start, anchor.end)
        };
        (first(&mut txn, "p1"), first(&mut txn, "p2"))
    };
    let anchors = anchors_into_nowhere(own, of_another_text);
    let hostile = scene.join("arv/public", &scene.arv).await;
    let count = anchors.len();
    hostile
        .edit(|txn| {
            for (n, anchor) in anchors.into_iter().enumerate() {
                for kind in ["note", "proposal", "position"] {
                    let entry = raw_entry(txn, &format!("{kind}-{n}"));
                    entry.insert(txn, "kind", kind);
                    entry.insert(txn, "replacement", "instead");
                    entry.insert(txn, "anchor", Any::Array(anchor.clone().into()));
                }
            }
        })
        .await;
    hostile.wait_echoed().await;
    let annotations = scene.view(&scene.cel, "annotations");
    let broken = faults(&annotations, "arv", "public").count();
    assert_eq!(entries(&annotations, "arv").count() + broken, 3 * count);
    assert!(broken > 30 && faults(&annotations, "arv", "public").all(|fault| fault["field"] == "anchor"));
    // With the words deleted under them.
    plan.edit(|txn| {
        let words = words_of(txn, "p1");
        let length = words.len(txn);
        words.remove_range(txn, 0, length);
    })
    .await;
    plan.wait_echoed().await;
    scene.undisturbed();
}

#[tokio::test]
async fn brackets_a_hundred_thousand_deep_do_not_stop_the_views() {
    let scene = Scene::begin().await;
    let plan = scene.join("", &scene.arv).await;
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    for (point, words) in [("p1", format!("{open}words{close}")), ("p3", open), ("p4", close)] {
        plan.edit_words(point, 0, 0, &words).await;
    }
    plan.wait_echoed().await;
    let open = scene.view(&scene.cel, "brackets")["open"].as_u64().unwrap();
    assert!(open >= 200_000, "{open}");
    scene.undisturbed();
    // And stands on them, among the innermost ones and the outermost.
    let words = words_of(&mut plan.lock().doc.transact_mut(), "p1");
    let anchors: Vec<Anchor> = {
        let state = plan.lock();
        let txn = state.doc.transact();
        let text = words.get_string(&txn);
        [0..200_005, 99_999..100_006, 50_000..50_001, 100_005..200_005]
            .map(|at| Anchor::at(&txn, &words, &text, at).unwrap())
            .into()
    };
    let stand = What::Position(Position { stance: Stance::Oppose, ad_referendum: false, words: None });
    let stands: Vec<Annotation> = (0..1_000)
        .map(|n| Annotation { anchor: Some(anchors[n % 4]), what: stand.clone(), ..note(&format!("stand-{n}"), "p1") })
        .collect();
    scene.put("arv/positions", &scene.arv, &stands).await;
    scene.undisturbed();
}

#[tokio::test]
async fn circles_and_endless_days_are_named_and_not_followed() {
    let scene = Scene::begin().await;
    let plan = scene.join("", &scene.arv).await;
    let steps = ["p1", "p3", "p4"];
    plan.edit(|txn| {
        let far = [0.5, -1.0, 9e15, -9e15, 1e300];
        for (n, point) in steps.into_iter().enumerate() {
            let schedule = schedule_of(txn, point);
            schedule.insert(txn, "trigger", "D-Day");
            schedule.insert(txn, "offset_days", far[n]);
            schedule.insert(txn, "duration_days", far[n + 2]);
            let waits = after_of(txn, &schedule);
            for what in [steps[(n + 1) % 3], point, "absent"] {
                waits.insert(txn, what, "done");
            }
        }
    })
    .await;
    plan.wait_echoed().await;
    let timetable = scene.view(&scene.cel, "schedule");
    let mut circles: Vec<Vec<&str>> = Vec::new();
    for circle in timetable["faults"].as_array().unwrap().iter().filter(|fault| fault["kind"] == "circle") {
        circles.push(circle["steps"].as_array().unwrap().iter().map(|step| step["point"].as_str().unwrap()).collect());
    }
    circles.sort_unstable();
    assert_eq!(circles, [vec!["p1"], vec!["p1", "p3", "p4"], vec!["p3"], vec!["p4"]]);
    scene.undisturbed();
    // Without the circle, with days whose sum is beyond what is exact.
    plan.edit(|txn| {
        for point in steps {
            let schedule = schedule_of(txn, point);
            schedule.insert(txn, "offset_days", MOST_DAYS);
            schedule.insert(txn, "duration_days", MOST_DAYS);
            let waits = after_of(txn, &schedule);
            waits.clear(txn);
            if point == "p4" {
                waits.insert(txn, "p3", "certified");
            }
        }
    })
    .await;
    plan.wait_echoed().await;
    let timetable = scene.view(&scene.cel, "schedule");
    // Each step's offset counts behind what it waits for.
    assert_eq!(timetable["rows"][2]["earliest_end"], 4 * MOST_DAYS, "{timetable}");
    assert_eq!(timetable["critical"][0]["points"], serde_json::json!(["p3", "p4"]));
    scene.undisturbed();
}

/// 2^53 - 1.
const MOST_DAYS: i64 = 9_007_199_254_740_991;

fn schedule_of(txn: &mut TransactionMut, point: &str) -> MapRef {
    let points = txn.get_or_insert_map("points");
    let Some(Out::YMap(point)) = points.get(txn, point) else { panic!("no point {point}") };
    within(txn, &point, "schedule")
}

/// What a step waits for.
fn after_of(txn: &mut TransactionMut, schedule: &MapRef) -> MapRef {
    within(txn, schedule, "after")
}

/// The map that stands there, or a new one.
fn within(txn: &mut TransactionMut, map: &MapRef, key: &str) -> MapRef {
    match map.get(txn, key) {
        Some(Out::YMap(inner)) => inner,
        _ => map.insert(txn, key, MapPrelim::default()),
    }
}
