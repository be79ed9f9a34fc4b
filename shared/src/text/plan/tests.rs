//! Promises of the plan view, over several replicas and over documents that nobody honest wrote.

pub(crate) mod events;
mod properties;

use yrs::{
    Any, Doc, Map, MapPrelim, Out, ReadTxn, StateVector, Transact, TransactionMut, Update, WriteTxn, updates::decoder::Decode,
};

use super::*;
use crate::limits;

pub(crate) fn id(name: &str) -> PointId {
    name.parse().expect("an id")
}

pub(crate) fn last() -> Place {
    Place::Last { parent: None }
}

pub(crate) fn add(txn: &mut TransactionMut, name: &str, words: &str, place: &Place) -> Result<String, EditError> {
    add_point(txn, NewPoint { id: &id(name), label: None, heading: "", words }, place)
}

pub(crate) fn plan(names: &[&str]) -> Doc {
    let doc = new_doc(1);
    let mut txn = doc.transact_mut();
    for name in names {
        add(&mut txn, name, &format!("Words of {name}."), &last()).expect("added");
    }
    drop(txn);
    doc
}

pub(crate) fn outline(doc: &Doc) -> Outline {
    Outline::read(&doc.transact())
}

pub(crate) fn pass(from: &Doc, to: &Doc) {
    let known = to.transact().state_vector();
    let update = from.transact().encode_state_as_update_v1(&known);
    to.transact_mut().apply_update(Update::decode_v1(&update).expect("decodes")).expect("applies");
}

pub(crate) fn copy(of: &Doc, client: u64) -> Doc {
    let doc = new_doc(client);
    pass(of, &doc);
    doc
}

pub(crate) fn sync(docs: &[Doc]) {
    for to in docs {
        docs.iter().filter(|from| !std::ptr::eq(*from, to)).for_each(|from| pass(from, to));
    }
}

fn order(doc: &Doc) -> String {
    outline(doc).points.iter().map(|point| point.id.to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn points_stand_where_they_were_put_and_keep_their_labels() {
    let doc = plan(&["a", "b", "c"]);
    let mut txn = doc.transact_mut();
    assert_eq!(add(&mut txn, "d", "", &Place::After(id("a"))), Ok("1 bis".into()));
    assert_eq!(add(&mut txn, "e", "", &Place::Before(id("b"))), Ok("1 ter".into()));
    assert_eq!(add(&mut txn, "f", "", &Place::First { parent: Some(id("b")) }), Ok("(a)".into()));
    move_point(&mut txn, &id("c"), &Place::First { parent: None }).expect("moved");
    assert_eq!(strike(&mut txn, &id("a")), Ok(true));
    assert_eq!(strike(&mut txn, &id("a")), Ok(false));
    set_title(&mut txn, "A\nplan").unwrap();
    drop(txn);
    let outline = outline(&doc);
    let seen: Vec<_> = outline.points.iter().map(|p| (p.id.as_str(), p.label.as_str(), p.depth, p.struck)).collect();
    let expected = [
        ("c", "3", 0, false),
        ("a", "1", 0, true),
        ("d", "1 bis", 0, false),
        ("e", "1 ter", 0, false),
        ("b", "2", 0, false),
        ("f", "(a)", 1, false),
    ];
    assert_eq!(seen, expected);
    assert_eq!((outline.title.as_str(), outline.faults.as_slice()), ("A plan", &[][..]));
    assert_eq!(renumber(&mut doc.transact_mut()), Ok(5));
    assert_eq!(outline_labels(&doc), ["1", "1 bis", "2", "3", "4", "(a)"]);
    assert_eq!(restore(&mut doc.transact_mut(), &id("a")), Ok(true));
}

fn outline_labels(doc: &Doc) -> Vec<String> {
    outline(doc).points.into_iter().map(|point| point.label).collect()
}

#[test]
fn an_edit_that_cannot_be_made_says_why_and_changes_nothing() {
    let doc = plan(&["a", "b"]);
    let mut txn = doc.transact_mut();
    add(&mut txn, "c", "", &Place::Last { parent: Some(id("a")) }).expect("added");
    let before = Outline::read(&txn);
    let below = Place::Last { parent: Some(id("c")) };
    assert_eq!(move_point(&mut txn, &id("a"), &below), Err(EditError::BelowItself { id: id("a") }));
    assert_eq!(move_point(&mut txn, &id("a"), &Place::After(id("a"))), Err(EditError::BelowItself { id: id("a") }));
    assert_eq!(move_point(&mut txn, &id("x"), &last()), Err(EditError::UnknownPoint { id: id("x") }));
    assert_eq!(set_words(&mut txn, &id("x"), ""), Err(EditError::UnknownPoint { id: id("x") }));
    assert_eq!(add(&mut txn, "a", "", &last()), Err(EditError::Exists { id: id("a") }));
    let taken = add_point(&mut txn, NewPoint { id: &id("d"), label: Some(" 2."), heading: "", words: "" }, &last());
    assert_eq!(taken, Err(EditError::LabelTaken { label: " 2.".into() }));
    let mut parent = id("c");
    for level in 2..limits::POINT_DEPTH_MAX {
        let name = format!("l{level}");
        add(&mut txn, &name, "", &Place::Last { parent: Some(parent) }).expect("added");
        parent = id(&name);
    }
    assert_eq!(add(&mut txn, "d", "", &Place::Last { parent: Some(parent) }), Err(EditError::TooDeep));
    assert_eq!(move_point(&mut txn, &id("a"), &Place::Last { parent: Some(id("b")) }), Err(EditError::TooDeep));
    assert_eq!(Outline::read(&txn).points[..2], before.points[..2]);
}

#[test]
fn points_are_found_by_label_path_and_id() {
    let doc = plan(&["aaa", "bbb"]);
    let mut txn = doc.transact_mut();
    for (name, place) in [
        ("ccc", Place::After(id("aaa"))),
        ("ddd", Place::Last { parent: Some(id("aaa")) }),
        ("eee", Place::Last { parent: Some(id("bbb")) }),
    ] {
        add(&mut txn, name, "", &place).expect("added");
    }
    let outline = Outline::read(&txn);
    for (what, expected) in [
        ("1 bis", "ccc"),
        ("1bis", "ccc"),
        (" 1 BIS. ", "ccc"),
        ("1/(a)", "ddd"),
        ("/2/a", "eee"),
        ("eee", "eee"),
        ("(eee)", "eee"),
        ("2", "bbb"),
    ] {
        assert_eq!(outline.find(what).map(|point| point.id.as_str()), Ok(expected), "{what}");
    }
    assert_eq!(outline.find("9"), Err(FindError::Unknown { what: "9".into() }));
    assert_eq!(outline.find(""), Err(FindError::Unknown { what: "".into() }));
    let error = outline.find("(a)").expect_err("two").to_string();
    assert!(error.ends_with("give one of these: '1/(a)' '2/(a)'"), "{error}");
}

#[test]
fn a_point_is_found_by_its_id_alone_whatever_labels_others_have() {
    let doc = new_doc(1);
    let mut txn = doc.transact_mut();
    for (point, label) in [("a", "1"), ("b", "a"), ("c", "#a")] {
        let new = NewPoint { id: &id(point), label: Some(label), heading: "Weapons", words: "" };
        add_point(&mut txn, new, &last()).expect("added");
    }
    drop(txn);
    let outline = outline(&doc);
    let told = outline.find("a").expect_err("two").to_string();
    assert!(told.ends_with("give one of these: '/a' '1'") || told.ends_with("give one of these: '1' '/a'"), "{told}");
    assert_eq!(outline.find(" #a").map(|point| point.id.as_str()), Ok("a"));
    assert_eq!(outline.find("/#a").map(|point| point.id.as_str()), Ok("c"));
    assert_eq!(outline.find("#1"), Err(FindError::Unknown { what: "#1".into() }));
}

#[test]
fn edits_of_the_same_words_at_the_same_time_both_survive() {
    let one = new_doc(1);
    let words = "The Parties 🙂 shall cease الأعمال العدائية within [30][50] kilometres 👨‍👩‍👧 of the line.";
    add(&mut one.transact_mut(), "a", words, &last()).expect("added");
    let two = copy(&one, 2);
    let first = words.replace("shall", "should").replace("[30][50]", "30");
    let second = words.replace("🙂 ", "🙃🙃 ").replace("الأعمال", "كل الأعمال").replace("of the line", "of that line");
    assert_eq!(set_words(&mut one.transact_mut(), &id("a"), &first), Ok(true));
    assert_eq!(set_words(&mut two.transact_mut(), &id("a"), &second), Ok(true));
    assert_eq!(set_words(&mut two.transact_mut(), &id("a"), &second), Ok(false));
    sync(&[one.clone(), two.clone()]);
    let both = "The Parties 🙃🙃 should cease كل الأعمال العدائية within 30 kilometres 👨‍👩‍👧 of that line.";
    assert_eq!(outline(&one).points[0].words, both);
    assert_eq!(outline(&one), outline(&two));
}

#[test]
fn long_words_are_rewritten_in_good_time() {
    let doc = new_doc(1);
    let text = |n: usize| (0..20_000).map(|word| format!("{} ", word * n % 7919)).collect::<String>();
    add(&mut doc.transact_mut(), "a", &text(1), &last()).expect("added");
    for n in [2, 3] {
        assert_eq!(set_words(&mut doc.transact_mut(), &id("a"), &text(n)), Ok(true));
        assert_eq!(outline(&doc).points[0].words, text(n));
    }
}

#[test]
fn additions_at_one_place_at_the_same_time_all_stand_there_and_leave_room() {
    let one = plan(&["a", "b"]);
    let docs = [one.clone(), copy(&one, 2), copy(&one, 3)];
    for (doc, name) in docs.iter().zip(["x", "y", "z"]) {
        add(&mut doc.transact_mut(), name, "", &Place::After(id("a"))).expect("added");
    }
    sync(&docs);
    sync(&docs);
    assert!(docs.iter().all(|doc| order(doc) == "a x y z b"));
    let doubled = Fault::DuplicateLabel { label: "1 bis".into(), points: vec![id("x"), id("y"), id("z")] };
    assert_eq!(outline(&one).faults, [doubled]);
    // Their keys are alike, so the next one needs room made.
    add(&mut docs[1].transact_mut(), "m", "", &Place::After(id("x"))).expect("added");
    sync(&docs);
    assert!(docs.iter().all(|doc| order(doc) == "a x m y z b"));
    assert_eq!(renumber(&mut docs[2].transact_mut()), Ok(5));
    assert_eq!(outline(&docs[2]).faults, []);
}

#[test]
fn moves_that_make_a_circle_together_are_cut_alike_by_everyone_and_reported() {
    let one = plan(&["b", "a", "c", "d"]);
    let docs = [one.clone(), copy(&one, 2), copy(&one, 3)];
    let moves = [("a", "b"), ("b", "c"), ("c", "a")];
    for (doc, (point, below)) in docs.iter().zip(moves) {
        move_point(&mut doc.transact_mut(), &id(point), &Place::Last { parent: Some(id(below)) }).expect("moved");
    }
    let updates: Vec<Vec<u8>> =
        docs.iter().map(|doc| doc.transact().encode_state_as_update_v1(&StateVector::default())).collect();
    let expected = Fault::Circle { points: vec![id("a"), id("b"), id("c")], cut: id("a") };
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let doc = new_doc(9);
        for at in order {
            doc.transact_mut().apply_update(Update::decode_v1(&updates[at]).expect("decodes")).expect("applies");
        }
        let outline = outline(&doc);
        assert_eq!(outline.faults.first(), Some(&expected));
        assert_eq!(outline.faults.len(), 1);
        let shape: Vec<_> = outline.points.iter().map(|point| (point.id.as_str(), point.depth)).collect();
        assert_eq!(shape, [("a", 0), ("c", 1), ("b", 2), ("d", 0)]);
        move_point(&mut doc.transact_mut(), &id("c"), &last()).expect("moved out");
        assert_eq!(self::outline(&doc).faults, []);
    }
}

#[test]
fn a_schedule_comes_back_and_only_what_changed_is_written() {
    let doc = plan(&["a", "b"]);
    let mut schedule = Schedule {
        trigger: Some("D-Day".into()),
        offset_days: Some(-2),
        after: [(id("b"), After::Certified)].into(),
        verifier: Some("JVM".into()),
        ..Schedule::default()
    };
    let before = outline(&doc);
    assert_eq!(set_schedule(&mut doc.transact_mut(), &id("a"), &Schedule::default()), Ok(false));
    assert_eq!(set_schedule(&mut doc.transact_mut(), &id("a"), &schedule), Ok(true));
    assert_eq!(set_schedule(&mut doc.transact_mut(), &id("a"), &schedule), Ok(false));
    assert_eq!(outline(&doc).points[0].schedule, schedule);
    schedule.offset_days = Some(48);
    schedule.alternatives.offset_days = vec![Some(12), None, Some(48)];
    schedule.alternatives.after = [(id("b"), vec![None, Some(After::Certified)])].into();
    assert_eq!(set_schedule(&mut doc.transact_mut(), &id("a"), &schedule), Ok(true));
    assert_eq!(set_schedule(&mut doc.transact_mut(), &id("a"), &schedule), Ok(false));
    assert_eq!(outline(&doc).points[0].schedule, schedule);
    let change = &changes(&before, &outline(&doc))[0];
    let said =
        "begins [12][none][48] days after D-Day; after 2 [need not come first][is certified as completed]; verified by JVM";
    assert_eq!(change.after, said);
    schedule.offset_days = None;
    schedule.after.clear();
    schedule.alternatives = Alternatives::default();
    assert_eq!(set_schedule(&mut doc.transact_mut(), &id("a"), &schedule), Ok(true));
    assert_eq!(outline(&doc).points[0].schedule, schedule);
    let change = &changes(&before, &outline(&doc))[0];
    assert_eq!((change.kind, change.after.as_str()), (ChangeKind::Schedule, "begins with D-Day; verified by JVM"));
}

#[test]
fn a_dependency_of_an_unknown_kind_is_kept_as_unsaid_and_only_what_is_none_is_a_fault() {
    let doc = plan(&["a", "b"]);
    let mut txn = doc.transact_mut();
    let point = crate::text::plan::stored::stored(&txn, &id("a")).expect("a point");
    let schedule = point.insert(&mut txn, "schedule", MapPrelim::default());
    let kinds = [("b", "whenever"), ("c", "unsaid"), ("d", ""), ("e", "start"), ("no id!", "done")];
    let after = schedule.insert(&mut txn, "after", MapPrelim::from(kinds));
    after.insert(&mut txn, "f", 7);
    let outline = Outline::read(&txn);
    let read = &outline.points[0].schedule;
    let expected = [("b", After::Unsaid), ("c", After::Unsaid), ("d", After::Unsaid), ("e", After::Start)];
    assert_eq!(read.after, expected.map(|(name, what)| (id(name), what)).into());
    let fault = Fault::BadField { point: id("a"), field: "schedule.after".into() };
    assert_eq!(outline.faults, [fault.clone(), fault]);
    assert_eq!(serde_json::to_value(After::Unsaid).ok(), Some("unsaid".into()));
    // What stays as it reads is not written again; what nobody can read goes.
    assert_eq!(set_schedule(&mut txn, &id("a"), read), Ok(true));
    assert_eq!(set_schedule(&mut txn, &id("a"), read), Ok(false));
    assert!(matches!(after.get(&txn, "b"), Some(Out::Any(Any::String(what))) if &*what == "whenever"));
    assert_eq!(Outline::read(&txn).faults, []);
}

#[test]
fn every_aspect_that_changed_is_told_once() {
    let doc = plan(&["a", "b", "c", "d"]);
    let before = outline(&doc);
    let mut txn = doc.transact_mut();
    set_title(&mut txn, "New").unwrap();
    set_words(&mut txn, &id("a"), "Other.").expect("set");
    set_heading(&mut txn, &id("a"), "H").expect("set");
    strike(&mut txn, &id("b")).expect("struck");
    move_point(&mut txn, &id("d"), &Place::Before(id("b"))).expect("moved");
    add(&mut txn, "e", "Fresh.", &Place::Last { parent: Some(id("c")) }).expect("added");
    set_heading(&mut txn, &id("e"), "Access").expect("set");
    drop(txn);
    let after = outline(&doc);
    let told: Vec<_> =
        changes(&before, &after).into_iter().map(|c| format!("{} {:?} {:?} {:?}", c.label, c.kind, c.before, c.after)).collect();
    let expected = [
        r#" Title "" "New""#,
        r#"1 Heading "" "H""#,
        r#"1 Words "Words of a." "Other.""#,
        r#"4 Moved "after 3" "after 1""#,
        r#"2 Struck "Words of b." "Words of b.""#,
        r#"(a) Added "" "Access\nFresh.""#,
    ];
    assert_eq!(told, expected);
    let back: Vec<ChangeKind> = changes(&after, &before).into_iter().map(|change| change.kind).collect();
    use ChangeKind::*;
    assert_eq!(back, [Title, Heading, Words, Restored, Moved, Removed]);
    assert_eq!(serde_json::to_value(ChangeKind::Moved).ok(), Some("moved".into()));
    assert!(changes(&after, &after).is_empty());
}

#[test]
fn a_chain_deeper_than_any_plan_and_too_many_points_are_shown_and_reported() {
    let doc = new_doc(1);
    let mut txn = doc.transact_mut();
    let points = txn.get_or_insert_map(POINTS);
    for n in 0..limits::POINTS_MAX + 5 {
        let point = points.insert(&mut txn, format!("p{n:05}"), MapPrelim::default());
        if n > 0 {
            point.insert(&mut txn, "parent", format!("p{:05}", n - 1));
        }
    }
    let outline = Outline::read(&txn);
    assert_eq!(outline.points.len(), limits::POINTS_MAX);
    assert_eq!(outline.points.iter().map(|point| point.depth).max(), Some(limits::POINT_DEPTH_MAX - 1));
    assert!(outline.faults.contains(&Fault::TooMany { count: limits::POINTS_MAX + 5 }));
    assert!(outline.faults.contains(&Fault::TooDeep { first: id("p00016"), count: limits::POINTS_MAX - 16 }));
}

#[test]
fn two_thousand_points_are_read_in_a_few_milliseconds() {
    let doc = new_doc(1);
    let names: Vec<PointId> = (0..2_000).map(|n| id(&format!("p{n}"))).collect();
    let text = "The Parties shall cease all hostilities. ".repeat(5);
    let texts = Texts { label: "1", heading: "Heading", words: &text };
    let points: Vec<_> =
        names.iter().enumerate().map(|(n, name)| (name.clone(), texts, (n % 10 > 0).then_some(n / 10 * 10), false)).collect();
    fill(&mut doc.transact_mut(), &points).expect("filled");
    let start = std::time::Instant::now();
    assert_eq!(outline(&doc).points.len(), 2_000);
    let taken = start.elapsed();
    assert!(taken.as_millis() < 500, "{taken:?} even unoptimized and on a busy machine");
    eprintln!("2,000 points read in {taken:?}");
}

#[test]
fn a_point_added_after_5_once_more_is_5_ter_and_stands_behind_5_bis() {
    let doc = plan(&["a", "b"]);
    let mut txn = doc.transact_mut();
    let after = |name| Place::After(id(name));
    let labels = ["x", "y", "z"].map(|name| add(&mut txn, name, "", &after("a")).expect("added"));
    assert_eq!(labels, ["1 bis", "1 ter", "1 quater"]);
    assert_eq!(add(&mut txn, "w", "", &after("x")).expect("added"), "1 bis bis");
    assert_eq!(add(&mut txn, "v", "", &Place::Before(id("x"))).expect("added"), "1 bis ante");
    drop(txn);
    assert_eq!(order(&doc), "a v x w y z b");
}
