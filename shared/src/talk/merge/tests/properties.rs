//! The same for random edits of both sides, against what each side changed as the test sees it.

use proptest::prelude::*;
use std::collections::BTreeSet;

use super::*;
use crate::{
    courses::{self, Course},
    text::plan::{
        Fault,
        tests::events::{self, Event, make},
    },
};

const NAMES: [&str; 11] = ["a", "b", "b1", "b11", "b2", "c", "d", "e", "f", "g", "g1"];

/// The points of which one field or another differs, looked at without `changes`.
fn differ(old: &Outline, new: &Outline) -> BTreeSet<PointId> {
    let order = |outline: &Outline, other: &Outline, parent: &Option<PointId>| -> Vec<PointId> {
        let stayed = |point: &&Point| other.get(&point.id).is_some_and(|there| there.parent == point.parent);
        outline.children(parent.as_ref()).filter(stayed).map(|point| point.id.clone()).collect()
    };
    let differs = |id: &&PointId| {
        let (Some(was), Some(is)) = (old.get(id), new.get(id)) else { return true };
        let texts = |point: &Point| [point.label.clone(), point.heading.clone(), point.words.clone()];
        texts(was) != texts(is)
            || (was.struck, &was.schedule, &was.parent) != (is.struck, &is.schedule, &is.parent)
            || (was.order != is.order && order(old, new, &is.parent) != order(new, old, &is.parent))
    };
    old.points.iter().chain(&new.points).map(|point| &point.id).filter(differs).cloned().collect()
}

/// Whether a point is out of the text, by climbing.
fn out(outline: &Outline, id: &PointId) -> Option<bool> {
    let mut point = outline.get(id)?;
    loop {
        if point.struck {
            return Some(true);
        }
        match point.parent.as_ref().and_then(|parent| outline.get(parent)) {
            Some(parent) => point = parent,
            None => return Some(false),
        }
    }
}

fn expected([base, mine, theirs, result]: &[Outline; 4]) -> BTreeSet<PointId> {
    let (me, others) = (differ(base, mine), differ(base, theirs));
    let carried = |side: &Outline, id: &PointId| {
        let (was, is) = (out(base, id), out(side, id));
        was.is_some() && is.is_some() && was != is
    };
    let mut expected: BTreeSet<PointId> = me.intersection(&others).cloned().collect();
    expected.extend(me.iter().filter(|id| carried(theirs, id)).cloned());
    expected.extend(others.iter().filter(|id| carried(mine, id)).cloned());
    let new = |id: &&PointId| out(result, id).is_some() && out(result, id) != out(mine, id) && out(result, id) != out(theirs, id);
    expected.extend(me.union(&others).filter(new).cloned());
    let above =
        |side: &Outline, id: &PointId| matches!((base.get(id), side.get(id)), (Some(was), Some(is)) if was.words != is.words);
    let below = |side: &Outline, id: &PointId| match (base.get(id), side.get(id)) {
        (Some(was), Some(is)) => {
            (&was.words, &was.heading, was.struck, &was.parent) != (&is.words, &is.heading, is.struck, &is.parent)
        }
        (was, is) => was.is_none() && is.is_some(),
    };
    for (point, parent) in result.points.iter().filter_map(|point| Some((&point.id, point.parent.as_ref()?))) {
        let is_apart = |one: &Outline, other: &Outline| above(one, parent) && below(other, point);
        if is_apart(mine, theirs) || is_apart(theirs, mine) {
            expected.extend([point.clone(), parent.clone()]);
        }
    }
    for fault in result.faults.iter().filter(|fault| !mine.faults.contains(fault) && !theirs.faults.contains(fault)) {
        match fault {
            Fault::Circle { points, .. } | Fault::DuplicateLabel { points, .. } => expected.extend(points.iter().cloned()),
            other => panic!("such edits make no {other}"),
        }
    }
    expected
}

/// One of the two does what has number 0, the other the rest, and neither hears of the other.
fn merge_what_both_had_a_hand_in(course: &Course<Event>) {
    let side = |txn: &mut TransactionMut, is_mine: bool| {
        course.0.iter().filter(|event| (event.who == 0) == is_mine).for_each(|event| make(txn, &event.act));
    };
    let states = apart(&super::base(), |txn| side(txn, true), |txn| side(txn, false));
    let merge = merge_of(&states);
    let found: BTreeSet<PointId> = merge.merged.iter().map(|merged| merged.point.clone()).collect();
    assert_eq!(found.len(), merge.merged.len(), "each once");
    assert_eq!(found, expected(&states));
    let [base, mine, theirs, result] = &states;
    let swapped = super::merge(base, theirs, mine, result);
    let turned =
        swapped.merged.iter().map(|merged| (&merged.point, &merged.by_others, &merged.by_me, &merged.theirs, &merged.mine));
    let turned: BTreeSet<_> = turned.map(|parts| format!("{parts:?}")).collect();
    let straight =
        merge.merged.iter().map(|merged| (&merged.point, &merged.by_me, &merged.by_others, &merged.mine, &merged.theirs));
    assert_eq!(turned, straight.map(|parts| format!("{parts:?}")).collect::<BTreeSet<_>>());
}

#[test]
fn the_merged_points_are_those_both_had_a_hand_in_in_every_course_that_is_kept() {
    courses::again("merge", merge_what_both_had_a_hand_in);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_merged_points_are_exactly_those_both_had_a_hand_in(course in events::course(&NAMES, 2, 14)) {
        merge_what_both_had_a_hand_in(&course);
    }
}
