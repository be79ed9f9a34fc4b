//! What a schedule takes.

use yrs::{Any, Map, MapPrelim, Out, TextPrelim, WriteTxn};

use super::plan::{Room, change, delegate, done, point};
use crate::{limits, text::plan};

#[test]
fn a_set_map_of_a_point_stays_and_the_first_of_two_that_are_set_apart() {
    let mut room = Room::new();
    // As a client makes a point that knows nothing of schedules.
    let bare = change(&room.client(6), |txn| {
        let point = txn.get_or_insert_map(plan::POINTS).insert(txn, "d", MapPrelim::from([("label", "4"), ("order", "ff")]));
        for text in ["heading", "words"] {
            point.insert(txn, text, TextPrelim::new(""));
        }
    });
    room.take(&delegate("med"), &bare).unwrap();
    let (one, other) = (room.client(7), room.client(8));
    let set = |who: &'static str| {
        move |txn: &mut yrs::TransactionMut| {
            point(txn, "d").insert(txn, "schedule", MapPrelim::from([("trigger", who)]));
        }
    };
    let (first, second) = (change(&one, set("first")), change(&other, set("second")));
    assert!(room.take(&delegate("arv"), &first).unwrap().is_empty());
    assert_eq!(room.take(&delegate("bel"), &second).unwrap().points, ["d"]);
    assert_eq!(room.outline().points[3].schedule.trigger.as_deref(), Some("first"));
    // What the other goes on to write in its own stands nowhere, and it is told.
    let more = change(&other, |txn| {
        let Some(Out::YMap(own)) = point(txn, "d").get(txn, "schedule") else { panic!() };
        own.insert(txn, "verifier", "bel");
    });
    assert!(room.take(&delegate("bel"), &more).unwrap().lost);
    let gone = change(&one, |txn| done(point(txn, "d").remove(txn, "schedule")));
    assert_eq!(room.take(&delegate("arv"), &gone).unwrap().points, ["d"]);
    let schedule = room.outline().points[3].schedule.clone();
    assert_eq!((schedule.trigger.as_deref(), schedule.verifier), (Some("first"), None));
    room.assert_whole();
}

#[test]
fn numbers_and_what_comes_first_may_stand_side_by_side_and_nothing_else() {
    let mut room = Room::new();
    let mut set = |in_after: bool, key: &'static str, value: Any| {
        let update = change(&room.client(7), |txn| {
            let Some(Out::YMap(schedule)) = point(txn, "c").get(txn, "schedule") else { panic!() };
            let Some(Out::YMap(after)) = schedule.get(txn, "after") else { panic!() };
            (if in_after { after } else { schedule }).insert(txn, key, value);
        });
        room.take(&delegate("arv"), &update).is_ok()
    };
    let list = |values: &[Any]| Any::Array(values.iter().cloned().collect());
    let (twelve, word) = (Any::from(12.0), Any::from("done"));
    assert!(set(false, "offset_days", list(&[twelve.clone(), Any::Null, 48.0.into()])));
    assert!(set(false, "certification_days", list(&[])));
    assert!(set(true, "a", list(&[word.clone(), Any::Null])));
    assert!(!set(false, "offset_days", list(std::slice::from_ref(&word))));
    assert!(!set(false, "duration_days", list(&[list(std::slice::from_ref(&twelve))])));
    assert!(!set(false, "trigger", list(std::slice::from_ref(&word))));
    assert!(!set(true, "a", list(std::slice::from_ref(&twelve))));
    assert!(!set(false, "offset_days", list(&vec![twelve; limits::ALTERNATIVES_MAX + 1])), "each is compared with each");
    let alternatives = room.outline().points[2].schedule.alternatives.clone();
    assert_eq!(alternatives.offset_days, [Some(12), None, Some(48)]);
    assert_eq!(alternatives.after, [("a".parse().unwrap(), vec![Some(plan::After::Done), None])].into());
}
