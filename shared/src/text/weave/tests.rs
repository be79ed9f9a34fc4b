//! What changes a weave and what does not, on one replica and on many.

mod properties;

use yrs::{
    Any, Doc, GetString, Map, MapPrelim, MapRef, Out, ReadTxn, StateVector, Text, TextPrelim, TextRef, Transact, TransactionMut,
};

use super::*;
use crate::log::gate::census;
use crate::text::plan::{
    self, After, Place, Schedule, add_point, move_point, renumber, restore, set_heading, set_schedule, set_title, set_words,
    strike,
    tests::{add, copy, id, last, outline, pass, plan, sync},
};

type Edit = fn(&mut TransactionMut);

fn state(doc: &Doc) -> Vec<u8> {
    doc.transact().encode_state_as_update_v1(&StateVector::default())
}

fn weaves(doc: &Doc) -> Weaves {
    Weaves::read(&doc.transact(), &outline(doc), &census(&state(doc)).expect("a state"))
}

fn point<T: ReadTxn>(txn: &T, name: &str) -> MapRef {
    match txn.get_map(POINTS).and_then(|points| points.get(txn, name)) {
        Some(Out::YMap(map)) => map,
        other => panic!("{name} is {other:?}"),
    }
}

fn text<T: ReadTxn>(txn: &T, name: &str, field: &str) -> TextRef {
    match point(txn, name).get(txn, field) {
        Some(Out::YText(text)) => text,
        other => panic!("{field} of {name} is {other:?}"),
    }
}

fn below(name: &str) -> Place {
    Place::Last { parent: Some(id(name)) }
}

/// `a` with `b` and `b2` below it and `x` below `b`; and `c`.
fn tree() -> Doc {
    let doc = plan(&["a"]);
    let mut txn = doc.transact_mut();
    for (name, place) in [("b", below("a")), ("b2", below("a")), ("x", below("b")), ("c", last())] {
        add(&mut txn, name, &format!("Words of {name}."), &place).expect("added");
    }
    let schedule = Schedule { trigger: Some("D-Day".into()), after: [(id("c"), After::Done)].into(), ..Schedule::default() };
    set_schedule(&mut txn, &id("b"), &schedule).expect("set");
    drop(txn);
    doc
}

/// The points whose weave differs.
fn changed(before: &Weaves, after: &Weaves) -> String {
    let differ = |name: &&str| before.of(&id(name)) != after.of(&id(name));
    ["a", "b", "b2", "x", "c"].into_iter().filter(differ).collect::<Vec<_>>().join(" ")
}

fn with_schedule(txn: &mut TransactionMut, change: fn(&mut Schedule)) {
    let mut schedule = Outline::read(txn).get(&id("b")).expect("b").schedule.clone();
    let stored = schedule.clone();
    change(&mut schedule);
    assert_ne!(schedule, stored);
    set_schedule(txn, &id("b"), &schedule).expect("set");
    set_schedule(txn, &id("b"), &stored).expect("set");
}

/// What is done, and the points in which it is seen.
const TOUCHES: [(&str, Edit, &str); 12] = [
    ("words, put in and taken out", |txn| text(txn, "b", "words").insert(txn, 3, "new"), "a b"),
    (
        "words of a top point",
        |txn| {
            set_words(txn, &id("c"), "Others.").expect("set");
            set_words(txn, &id("c"), "Words of c.").expect("set");
        },
        "c",
    ),
    (
        "words taken out and typed again",
        |txn| {
            text(txn, "x", "words").remove_range(txn, 0, 5);
            text(txn, "x", "words").insert(txn, 0, "Words");
        },
        "a b x",
    ),
    (
        "words overwritten by a new text that reads the same",
        |txn| {
            point(txn, "b").insert(txn, "words", TextPrelim::new("Words of b."));
        },
        "a b",
    ),
    (
        "words of another kind for a while",
        |txn| {
            point(txn, "b").insert(txn, "words", "mine");
            point(txn, "b").insert(txn, "words", TextPrelim::new("Words of b."));
        },
        "a b",
    ),
    (
        "a heading",
        |txn| {
            set_heading(txn, &id("b2"), "Heading").expect("set");
            set_heading(txn, &id("b2"), "").expect("set");
        },
        "a b2",
    ),
    (
        "struck and restored",
        |txn| {
            strike(txn, &id("a")).expect("struck");
            restore(txn, &id("a")).expect("restored");
        },
        "a",
    ),
    ("a schedule's field", |txn| with_schedule(txn, |schedule| schedule.trigger = Some("EIF".into())), "a b"),
    ("a schedule's new field", |txn| with_schedule(txn, |schedule| schedule.offset_days = Some(3)), "a b"),
    ("what comes before", |txn| with_schedule(txn, |schedule| schedule.after = [(id("c"), After::Start)].into()), "a b"),
    (
        "a schedule where none was",
        |txn| {
            point(txn, "x").insert(txn, "schedule", MapPrelim::default());
            point(txn, "x").remove(txn, "schedule");
        },
        "a b x",
    ),
    ("a format", |txn| text(txn, "c", "words").format(txn, 0, 5, [("b".into(), Any::Bool(true))].into()), "c"),
];

#[test]
fn what_is_changed_and_changed_back_is_seen_in_the_point_and_above_it() {
    for (name, edit, expected) in TOUCHES {
        let doc = tree();
        let before = weaves(&doc);
        edit(&mut doc.transact_mut());
        if name.starts_with("words, put in") {
            let mut txn = doc.transact_mut();
            let words = text(&txn, "b", "words");
            words.remove_range(&mut txn, 3, 3);
            assert_eq!(words.get_string(&txn), "Words of b.");
        }
        assert_eq!(changed(&before, &weaves(&doc)), expected, "{name}");
        // On a replica that only now learns of it, too.
        assert_eq!(weaves(&copy(&doc, 9)), weaves(&doc), "{name}");
    }
}

#[test]
fn what_is_changed_elsewhere_is_not_seen() {
    let cases: [(&str, Edit); 7] = [
        ("title", |txn| set_title(txn, "A title").unwrap()),
        ("label", |txn| {
            point(txn, "a").insert(txn, "label", "7");
        }),
        ("all labels", |txn| {
            point(txn, "a").insert(txn, "label", "7");
            assert_eq!(renumber(txn), Ok(1));
        }),
        ("place among siblings", |txn| {
            move_point(txn, &id("b2"), &Place::First { parent: Some(id("a")) }).expect("moved");
        }),
        ("place below", |txn| {
            move_point(txn, &id("x"), &below("b2")).and_then(|_| move_point(txn, &id("x"), &below("b"))).expect("moved");
        }),
        ("adoptions", |txn| {
            point(txn, "b").insert(txn, "adoptions", MapPrelim::from([("n1", "adopted")]));
        }),
        ("a new point beside", |txn| drop(add(txn, "d", "More.", &last()).expect("added"))),
    ];
    for (name, edit) in cases {
        let doc = tree();
        let before = weaves(&doc);
        edit(&mut doc.transact_mut());
        assert_eq!(changed(&before, &weaves(&doc)), "", "{name}");
    }
}

#[test]
fn what_is_below_counts_while_it_is_there() {
    let doc = tree();
    let before = weaves(&doc);
    move_point(&mut doc.transact_mut(), &id("c"), &below("b2")).expect("moved");
    assert_eq!(changed(&before, &weaves(&doc)), "a b2");
    move_point(&mut doc.transact_mut(), &id("c"), &last()).expect("moved");
    assert_eq!(changed(&before, &weaves(&doc)), "");
    add(&mut doc.transact_mut(), "d", "", &below("c")).expect("added");
    assert_eq!(changed(&before, &weaves(&doc)), "c");
}

#[test]
fn deleting_alone_leaves_the_weave_for_the_words_differ_then() {
    let doc = tree();
    let before = weaves(&doc);
    set_words(&mut doc.transact_mut(), &id("b"), "Words.").expect("set");
    assert_eq!(changed(&before, &weaves(&doc)), "");
    // To bring them back is to write.
    set_words(&mut doc.transact_mut(), &id("b"), "Words of b.").expect("set");
    assert_eq!(changed(&before, &weaves(&doc)), "a b");
}

#[test]
fn what_was_deleted_before_anybody_saw_it_counts() {
    let doc = tree();
    let before = weaves(&doc);
    let other = copy(&doc, 2);
    {
        let mut txn = other.transact_mut();
        let words = text(&txn, "c", "words");
        words.insert(&mut txn, 5, "!");
        words.remove_range(&mut txn, 5, 1);
    }
    pass(&other, &doc);
    assert_eq!(outline(&doc).get(&id("c")).map(|point| point.words.as_str()), Some("Words of c."));
    assert_eq!(changed(&before, &weaves(&doc)), "c");
}

#[test]
fn whoever_overwrites_a_text_that_another_types_in_leaves_one_weave() {
    let one = tree();
    let two = copy(&one, 2);
    set_words(&mut one.transact_mut(), &id("b"), "Words of all b.").expect("set");
    let point_b = point(&two.transact(), "b");
    point_b.insert(&mut two.transact_mut(), "words", TextPrelim::new("Anew."));
    let (first, second) = (copy(&one, 7), copy(&two, 8));
    pass(&two, &first);
    pass(&one, &second);
    sync(&[one.clone(), two.clone()]);
    let expected = weaves(&one);
    for doc in [&two, &first, &second, &copy(&one, 9)] {
        assert_eq!(weaves(doc), expected);
    }
}

#[test]
fn a_point_that_is_not_shown_has_no_weave_and_each_shown_one_has_64_digits() {
    let weaves = weaves(&tree());
    assert_eq!(weaves.of(&id("nobody")), None);
    let digits = |weave: &str| weave.len() == 64 && weave.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    assert!(weaves.of(&id("x")).is_some_and(digits));
    let nothing = census(&[0, 0]).expect("a state");
    assert_eq!(Weaves::read(&plan::new_doc(1).transact(), &Outline::default(), &nothing), Weaves::default());
    assert!(census(&[1]).is_err());
}
