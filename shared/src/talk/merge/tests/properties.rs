//! The same for random edits of both sides, against what each side changed as the test sees it.

use proptest::prelude::*;
use std::collections::BTreeSet;

use super::*;

const NAMES: [&str; 11] = ["a", "b", "b1", "b11", "b2", "c", "d", "e", "f", "g", "g1"];

/// What is done, to which point, beside or below which other.
type Step = (u8, usize, usize);

fn make(txn: &mut TransactionMut, side: &str, steps: &[Step]) {
    for (n, (what, point, other)) in steps.iter().enumerate() {
        let (point, other) = (id(NAMES[point % NAMES.len()]), id(NAMES[other % NAMES.len()]));
        let place = if what % 2 == 0 { Place::After(other.clone()) } else { Place::Last { parent: Some(other.clone()) } };
        // What cannot be done is not done.
        let _ = match what {
            0 | 1 => move_point(txn, &point, &place).map(drop),
            2 => strike(txn, &point).map(drop),
            3 => restore(txn, &point).map(drop),
            4 => set_heading(txn, &point, &format!("{side} {n}")).map(drop),
            5 => {
                let schedule = Schedule { offset_days: Some(n as i64), ..Schedule::default() };
                set_schedule(txn, &point, &schedule).map(drop)
            }
            6 => add(txn, &format!("{side}{n}"), "New.", &place).map(drop),
            _ => set_words(txn, &point, &format!("{side} {n} {other}")).map(drop),
        };
    }
}

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
    for fault in result.faults.iter().filter(|fault| !mine.faults.contains(fault) && !theirs.faults.contains(fault)) {
        match fault {
            Fault::Circle { points, .. } | Fault::DuplicateLabel { points, .. } => expected.extend(points.iter().cloned()),
            other => panic!("such edits make no {other}"),
        }
    }
    expected
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_merged_points_are_exactly_those_both_had_a_hand_in(
        mine in prop::collection::vec((0u8..10, 0usize..11, 0usize..11), 0..7),
        theirs in prop::collection::vec((0u8..10, 0usize..11, 0usize..11), 0..7),
    ) {
        let states = apart(&super::base(), |txn| make(txn, "m", &mine), |txn| make(txn, "t", &theirs));
        let merge = merge_of(&states);
        let found: BTreeSet<PointId> = merge.merged.iter().map(|merged| merged.point.clone()).collect();
        prop_assert_eq!(found.len(), merge.merged.len(), "each once");
        prop_assert_eq!(&found, &expected(&states));
        let [base, mine, theirs, result] = &states;
        let swapped = super::merge(base, theirs, mine, result);
        let turned = swapped.merged.iter().map(|merged| (&merged.point, &merged.by_others, &merged.by_me, &merged.theirs, &merged.mine));
        let turned: BTreeSet<_> = turned.map(|parts| format!("{parts:?}")).collect();
        let straight = merge.merged.iter().map(|merged| (&merged.point, &merged.by_me, &merged.by_others, &merged.mine, &merged.theirs));
        prop_assert_eq!(turned, straight.map(|parts| format!("{parts:?}")).collect::<BTreeSet<_>>());
    }
}
