//! Honest edits and others, at random, against a room with a plan in it.

use proptest::prelude::*;
use yrs::{Map, MapPrelim, Out, ReadTxn, Text, TextPrelim, Transact, TransactionMut};

use super::{
    super::LeftOut,
    plan::{Room, delegate, done, field, points, since},
    session::{Dice, apply},
};
use crate::text::plan::{self, NewPoint, Outline, Place};

/// One of the edits that people make, by yrs.
fn honest(txn: &mut TransactionMut, dice: &mut Dice) {
    let outline = Outline::read(txn);
    if outline.points.is_empty() {
        return;
    }
    let id = dice.pick(&outline.points).id.clone();
    let name = format!("n{}", dice.roll(1 << 40));
    match dice.roll(12) {
        0..=3 => {
            let text = field(txn, id.as_str(), if dice.roll(3) == 0 { "heading" } else { "words" });
            let length = text.len(txn);
            // Anywhere, also within an emoji.
            text.insert(txn, dice.up_to(length), dice.pick::<&str>(&["a", "bc", "😀", "ж ", "\t"]));
        }
        4 | 5 => {
            let text = field(txn, id.as_str(), "words");
            let length = text.len(txn);
            let start = dice.up_to(length);
            text.remove_range(txn, start, dice.up_to((length - start).min(4)));
        }
        6 => done(plan::strike(txn, &id)),
        7 => done(plan::restore(txn, &id)),
        8 => done(plan::move_point(txn, &id, &Place::First { parent: None })),
        9 => plan::set_title(txn, &name).unwrap(),
        10 => {
            let new = NewPoint { id: &name.parse().unwrap(), label: None, heading: "", words: "New." };
            done(plan::add_point(txn, new, &Place::After(id)));
        }
        _ => {
            let schedule = plan::Schedule { trigger: Some(name), ..plan::Schedule::default() };
            // Of two that are set first at once, the later is not taken.
            if outline.get(&id).is_some_and(|point| point.schedule != plan::Schedule::default()) {
                done(plan::set_schedule(txn, &id, &schedule));
            }
        }
    }
}

/// What must not change of a point by anybody but the chair: that it is there, that it has its texts, and its label.
fn skeleton(outline: &Outline) -> Vec<(String, String)> {
    let mut points: Vec<_> = outline.points.iter().map(|point| (point.id.to_string(), point.label.clone())).collect();
    points.sort();
    points
}

/// Something that no verb does, by yrs: on the point, in it, or around it.
fn raw(txn: &mut TransactionMut, dice: &mut Dice) {
    let all = points(txn);
    let mut keys: Vec<String> = all.keys(txn).map(str::to_owned).collect();
    keys.sort();
    if keys.is_empty() {
        return;
    }
    let key = dice.pick(&keys).clone();
    let name = *dice.pick(&["label", "heading", "words", "order", "parent", "struck", "schedule", "adoptions", "colour"]);
    let Some(Out::YMap(map)) = all.get(txn, &key) else { return };
    match dice.roll(9) {
        0 => done(all.remove(txn, &key)),
        1 => done(all.insert(txn, key.as_str(), MapPrelim::from([("label", "9")]))),
        2 | 3 => done(map.remove(txn, name)),
        4 => done(map.insert(txn, name, "x")),
        5 => done(map.insert(txn, name, TextPrelim::new("Other."))),
        6 => done(map.insert(txn, name, MapPrelim::default())),
        7 => all.clear(txn),
        _ => {
            if let Some(Out::YText(text)) = map.get(txn, name) {
                text.push(txn, "more");
            }
        }
    }
}

fn session(seed: u64) {
    let mut dice = Dice(seed);
    let mut room = Room::new();
    let names = ["arv", "bel"];
    let mut clients = [room.client(7), room.client(1_000_007)];
    for round in 0..24 {
        let at = dice.roll(2) as usize;
        let known = room.doc.transact().state_vector();
        let is_raw = dice.roll(3) == 0;
        for _ in 0..=dice.roll(3) {
            let mut txn = clients[at].transact_mut();
            if is_raw { raw(&mut txn, &mut dice) } else { honest(&mut txn, &mut dice) }
        }
        let before = skeleton(&room.outline());
        let verdict = room.take(&delegate(names[at]), &since(&clients[at], &known));
        let after = room.outline();
        let kept: Vec<_> = skeleton(&after);
        assert!(before.iter().all(|point| kept.contains(point)), "seed {seed}, round {round}: {before:?} -> {kept:?}");
        for field in after.points.iter().flat_map(|point| [("heading", &point.id), ("words", &point.id)]) {
            let missing = after
                .faults
                .iter()
                .any(|fault| matches!(fault, plan::Fault::BadField { point, field: of } if point == field.1 && of == field.0));
            assert!(!missing || !before.iter().any(|point| point.0 == field.1.as_str()), "seed {seed}, round {round}: {field:?}");
        }
        if is_raw {
            // Whoever was told something loads the page again.
            clients[at] = room.client(2_000_000 + seed % 1_000 * 100 + round);
        } else {
            assert_eq!(verdict, Ok(LeftOut::default()), "seed {seed}, round {round}: an honest edit is taken whole");
        }
        if dice.roll(2) == 0 {
            let missing = room.doc.transact().encode_state_as_update_v1(&clients[at].transact().state_vector());
            apply(&clients[at], &missing);
        }
    }
    room.assert_whole();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn honest_edits_are_taken_whole_and_no_raw_one_takes_a_point_its_texts_or_its_label(seed: u64) {
        session(seed);
    }
}
