//! What the changes of several sides do to one another.

use super::*;
use crate::{
    talk::merge::{Effect, effects},
    text::plan::{After, tests::pass},
};

fn after(txn: &mut TransactionMut, point: &str, before: &str) {
    let mut schedule = Outline::read(txn).get(&id(point)).expect("a point").schedule.clone();
    schedule.trigger.get_or_insert_with(|| "D-Day".into());
    schedule.after.insert(id(before), After::Done);
    set_schedule(txn, &id(point), &schedule).expect("set");
}

/// What each side made of the base, and all of it together.
fn sides(edits: &[Edit]) -> (Outline, Vec<Outline>, Outline) {
    let base = base();
    let all = copy(&base, 99);
    let mut made = Vec::new();
    for (client, edit) in (100..).zip(edits) {
        let side = copy(&base, client);
        edit(&mut side.transact_mut());
        made.push(outline(&side));
        pass(&side, &all);
    }
    (outline(&base), made, outline(&all))
}

fn found(edits: &[Edit], order: &[usize]) -> Vec<Effect> {
    let edits: Vec<Edit> = order.iter().map(|at| edits[*at]).collect();
    let (base, made, result) = sides(&edits);
    effects(&base, &made.iter().collect::<Vec<_>>(), &result)
}

const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
const NAMES: [&str; 3] = ["arv", "bor", "med"];

#[test]
fn a_circle_that_several_sides_made_together_is_named_with_them_and_one_of_a_single_side_is_its_own() {
    let edits: [Edit; 3] = [|txn| after(txn, "a", "c"), |txn| after(txn, "c", "d"), |txn| after(txn, "d", "a")];
    for order in ORDERS {
        let found = found(&edits, &order);
        let [Effect::Circle { steps, by }] = &found[..] else { panic!("{found:?}") };
        assert_eq!((steps.len(), &by[..]), (3, &[0, 1, 2][..]));
        let says = found[0].says(|side| NAMES[order[side]].to_owned());
        assert!(says.contains("a circle that only what ") && NAMES.iter().all(|name| says.contains(name)), "{says}");
    }
    let own: [Edit; 2] = [
        |txn| {
            after(txn, "a", "c");
            after(txn, "c", "a");
        },
        |txn| after(txn, "d", "a"),
    ];
    assert_eq!(found(&own, &[0, 1]), []);
}

#[test]
fn a_step_that_was_made_to_wait_for_what_another_struck_is_named_with_both() {
    let edits: [Edit; 3] = [|txn| after(txn, "c", "b1"), |txn| struck(txn, "b"), |txn| words(txn, "e", "Other.")];
    for order in ORDERS {
        let found = found(&edits, &order);
        let [effect @ Effect::Struck { step, after, waits, struck }] = &found[..] else { panic!("{found:?}") };
        assert_eq!((step.point.as_str(), after.point.as_str()), ("c", "b1"));
        let names = |sides: &[usize]| sides.iter().map(|side| NAMES[order[*side]]).collect::<Vec<_>>();
        assert_eq!((names(waits), names(struck)), (vec!["arv"], vec!["bor"]));
        let says = effect.says(|side| NAMES[order[side]].to_owned());
        let wanted =
            format!("arv let {} come after {}, which bor struck: take that out, or name another point", step.name, after.name);
        assert_eq!(says, wanted);
    }
}

#[test]
fn a_chapeau_and_its_items_that_different_sides_changed_are_read_together() {
    let edits: [Edit; 3] =
        [|txn| words(txn, "b", "It shall:"), |txn| words(txn, "b1", "go anywhere;"), |txn| words(txn, "c", "Elsewhere.")];
    for order in ORDERS {
        let found = found(&edits, &order);
        let [effect] = &found[..] else { panic!("{found:?}") };
        assert_eq!(effect.points(), [&id("b"), &id("b1")]);
        let says = effect.says(|side| NAMES[order[side]].to_owned());
        assert!(says.starts_with("arv changed ") && says.contains(", and bor changed "), "{says}");
    }
    let alone: [Edit; 2] = [
        |txn| {
            words(txn, "b", "It shall:");
            words(txn, "b1", "go anywhere;");
        },
        |txn| words(txn, "c", "Elsewhere."),
    ];
    assert_eq!(found(&alone, &[0, 1]), []);
}

#[test]
fn both_sides_look_at_the_points_of_a_circle_and_of_a_chapeau() {
    let states = apart(&base(), |txn| after(txn, "a", "c"), |txn| after(txn, "c", "a"));
    let merge = merge_of(&states);
    assert_eq!(names(&merge), "a c");
    let why = merge.merged[0].why[0].to_string();
    assert!(why.contains("a circle that only what you and others changed makes together"), "{why}");
    let states = apart(&base(), |txn| words(txn, "b", "It shall:"), |txn| words(txn, "b1", "go anywhere;"));
    let merge = merge_of(&states);
    assert_eq!(names(&merge), "b b1");
    assert!(
        matches!(&merge.merged[1].why[..], [Cause::Across { says }] if says.starts_with("you changed ")),
        "{:?}",
        merge.merged
    );
}
