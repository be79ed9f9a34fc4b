//! The same promises for whatever proptest comes up with.

use proptest::prelude::*;
use yrs::{Any, ArrayPrelim, GetString, Map, MapPrelim, Out, Text, TextPrelim, Transact, TransactionMut, WriteTxn};

use super::{
    events::{Act, Event, make},
    *,
};
use crate::{
    courses::{self, Course},
    text::markdown::ImportError,
};

/// A value that may stand where a plan expects something else.
fn put(txn: &mut TransactionMut, map: &yrs::MapRef, key: &str, what: u8) {
    match what % 12 {
        0 => drop(map.insert(txn, key, Any::Null)),
        1 => drop(map.insert(txn, key, 7)),
        2 => drop(map.insert(txn, key, f64::NAN)),
        3 => drop(map.insert(txn, key, "p1")),
        4 => drop(map.insert(txn, key, "p2")),
        5 => drop(map.insert(txn, key, "\u{0}nobody")),
        6 => drop(map.insert(txn, key, true)),
        7 => drop(map.insert(txn, key, ArrayPrelim::from(["x"]))),
        8 => drop(map.insert(txn, key, MapPrelim::from([("p1", "done"), ("", "x"), ("trigger", "D")]))),
        9 => drop(map.insert(txn, key, TextPrelim::new("text 🙂"))),
        10 => {
            let text = map.insert(txn, key, TextPrelim::new("a🙂b"));
            text.insert_embed(txn, 1, Any::Bool(true));
        }
        _ => drop(map.remove(txn, key)),
    }
}

const NAMES: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

fn see_one_outline(course: &Course<Event>) {
    let one = plan(&NAMES);
    let docs = [one.clone(), copy(&one, 2), copy(&one, 3)];
    for Event { who, act } in &course.0 {
        match act {
            Act::Hear { from } => pass(&docs[*from], &docs[*who]),
            act => make(&mut docs[*who].transact_mut(), act),
        }
    }
    sync(&docs);
    sync(&docs);
    let seen = outline(&docs[0]);
    assert_eq!(seen, outline(&docs[1]));
    assert_eq!(seen, outline(&docs[2]));
    // Everything is shown once, each after its parent and one level below it.
    let all = docs[0].transact().get_map(POINTS).map(|points| points.len(&docs[0].transact()) as usize);
    assert_eq!(Some(seen.points.len()), all);
    for (at, point) in seen.points.iter().enumerate() {
        let parent = point.parent.as_ref().map(|id| seen.points[..at].iter().find(|above| &above.id == id));
        assert_eq!(parent.map_or(Some(0), |parent| parent.map(|parent| parent.depth + 1)), Some(point.depth));
    }
}

#[test]
fn three_people_see_one_outline_in_every_course_that_is_kept() {
    courses::again("outline", see_one_outline);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn words_become_exactly_what_was_set(old in "(a|б|🙂|e\u{301}|👨‍👩‍👧| |\n|[ -~]){0,20}", new in "(a|б|🙂|e\u{301}|👨‍👩‍👧| |\n|[ -~]){0,20}") {
        let doc = new_doc(1);
        let mut txn = doc.transact_mut();
        add(&mut txn, "a", &old, &last()).expect("added");
        prop_assert_eq!(set_words(&mut txn, &id("a"), &new), Ok(old != new));
        prop_assert_eq!(&Outline::read(&txn).points[0].words, &new);
    }

    #[test]
    fn what_two_people_add_to_different_words_is_all_there(
        words in prop::collection::vec("[а-я🙂]{1,5}", 2..12), at in 0usize..100, other in 0usize..100,
    ) {
        let at = at % words.len();
        let other = (at + 1 + other % (words.len() - 1)) % words.len();
        let one = new_doc(1);
        add(&mut one.transact_mut(), "a", &words.join(" "), &last()).expect("added");
        let two = copy(&one, 2);
        let mut expected = words.clone();
        for (doc, place, mark) in [(&one, at, "ONE🚀"), (&two, other, "TWO")] {
            let mut mine = words.clone();
            mine[place] = mark.to_owned();
            expected[place] = mark.to_owned();
            set_words(&mut doc.transact_mut(), &id("a"), &mine.join(" ")).expect("set");
        }
        sync(&[one.clone(), two.clone()]);
        prop_assert_eq!(&outline(&one).points[0].words, &expected.join(" "));
        prop_assert_eq!(outline(&one), outline(&two));
    }

    #[test]
    fn three_people_who_edit_at_random_see_one_outline(course in events::talk(&NAMES, 3, 60)) {
        see_one_outline(&course);
    }

    #[test]
    fn a_hostile_document_is_read_edited_and_exported_without_a_panic(
        fields in prop::collection::vec((0usize..6, 0usize..8, any::<u8>()), 0..60), roots in any::<u8>(),
    ) {
        let keys = ["p1", "p2", "p3", "", "not an id!", "p4"];
        let names = ["label", "order", "heading", "words", "parent", "struck", "schedule", "else"];
        let doc = new_doc(1);
        let mut txn = doc.transact_mut();
        let meta = txn.get_or_insert_map(META);
        put(&mut txn, &meta, "title", roots);
        let points = txn.get_or_insert_map(POINTS);
        for (key, field, what) in fields {
            match points.get(&txn, keys[key]) {
                Some(Out::YMap(map)) if what < 250 => put(&mut txn, &map, names[field], what),
                _ if what < 200 => drop(points.insert(&mut txn, keys[key], MapPrelim::default())),
                _ => put(&mut txn, &points, keys[key], what),
            }
        }
        let outline = Outline::read(&txn);
        let again = Outline::read(&txn);
        prop_assert_eq!(&outline, &again);
        prop_assert!(outline.faults.iter().all(|fault| !fault.to_string().is_empty()));
        // An older document may hold what no text may.
        match crate::text::markdown::import(&crate::text::markdown::export(&outline)) {
            Ok(_) | Err(ImportError::Control { .. }) => {}
            Err(error) => panic!("{error}"),
        }
        for point in &outline.points {
            set_words(&mut txn, &point.id, "new 🙂 words").expect("set");
            set_heading(&mut txn, &point.id, "new").expect("set");
            set_schedule(&mut txn, &point.id, &Schedule { trigger: Some("D".into()), ..Schedule::default() }).expect("set");
            let text = crate::text::plan::stored::stored(&txn, &point.id).ok().and_then(|map| map.get(&txn, "words"));
            prop_assert!(matches!(text, Some(Out::YText(text)) if text.get_string(&txn) == "new 🙂 words"));
            add(&mut txn, &format!("n-{}", point.id), "", &Place::After(point.id.clone())).expect("added");
            let _ = move_point(&mut txn, &point.id, &Place::First { parent: None });
        }
        let _ = renumber(&mut txn);
        prop_assert_eq!(Outline::read(&txn).points.len(), outline.points.len() * 2);
    }
}
