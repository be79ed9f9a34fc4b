//! What a timetable must not say: a date that nobody promised.

use super::*;
use crate::text::plan::Alternatives;

/// Puts points below the one before them that stands one level higher.
fn nested(mut outline: Outline, depths: &[usize]) -> Outline {
    for (at, depth) in depths.iter().enumerate() {
        let above = outline.points[..at].iter().rev().find(|above| above.depth < *depth).map(|above| above.id.clone());
        (outline.points[at].depth, outline.points[at].parent) = (*depth, above);
    }
    outline
}

fn dates(outline: &Outline) -> Vec<Option<(i64, i64)>> {
    spans(&timetable(outline))
}

#[test]
fn what_stands_below_a_struck_point_is_no_step_and_who_waits_for_it_is_told() {
    let mut outline = nested(steps(&["D-Day", "D-Day for 3", "D-Day after p2 done", ""]), &[0, 1, 0, 0]);
    outline.points[0].struck = true;
    let timetable = timetable(&outline);
    assert_eq!(timetable.rows.iter().map(|row| row.label.as_str()).collect::<Vec<_>>(), ["3"]);
    assert_eq!(messages(&timetable), ["3 comes after 1/2, which is struck: take that out, or name another point"]);
}

#[test]
fn an_offset_counts_from_what_comes_before_also_where_a_trigger_is_named() {
    let outline = steps(&["D-Day for 21", "D-Day + 5 after p1 done", "D-Day + 40 after p1 done", "+5 after p1 done"]);
    assert_eq!(dates(&outline), [(0, 21), (26, 26), (61, 61), (26, 26)].map(Some));
}

#[test]
fn a_point_is_done_when_its_items_are() {
    let outline = nested(
        steps(&[
            "D-Day + 2 for 3",
            "D-Day + 2 for 10",
            "for 5 after p2 done",
            "",
            "D-Day + 1 for 1",
            "EIF after p1 done",
            "after p1 done",
        ]),
        &[0, 1, 1, 1, 0, 0, 0],
    );
    let timetable = timetable(&outline);
    let expected = [Some((2, 17)), Some((2, 12)), Some((12, 17)), Some((1, 2)), None, Some((17, 17))];
    assert_eq!(spans(&timetable), expected, "an item without a schedule says nothing");
    assert_eq!(timetable.critical[0].points, ["p2", "p3", "p1", "p7"].map(id));
}

#[test]
fn an_item_that_names_no_day_begins_with_its_point_and_a_point_that_names_none_with_its_first_item() {
    let outline = nested(
        steps(&["D-Day + 4 for 9", "for 2", "+3 for 1", "for 1", "D-Day + 7 for 2", "D-Day + 6 for 1", "after p4 start"]),
        &[0, 1, 1, 0, 1, 1, 0],
    );
    let expected = [(4, 13), (4, 6), (7, 8), (6, 9), (7, 9), (6, 7), (6, 6)].map(Some);
    assert_eq!(dates(&outline), expected);
    // One that has no schedule stands between, and what stands beside it does not stand below it.
    let outline = nested(steps(&["D-Day for 1", "", "for 3 after p1 done", "after p3 done"]), &[0, 0, 1, 0]);
    assert_eq!((dates(&outline), messages(&timetable(&outline))), ([(0, 1), (1, 4), (4, 4)].map(Some).to_vec(), vec![]));
    // A point that has no schedule at all is done with its items, too.
    let outline = nested(steps(&["", "D-Day for 2", "D-Day for 8", "after p1 done"]), &[0, 1, 1, 0]);
    assert_eq!(dates(&outline), [(0, 2), (0, 8), (8, 8)].map(Some));
}

#[test]
fn an_item_that_waits_for_its_own_point_to_be_done_is_a_circle_and_one_that_waits_for_its_start_is_none() {
    let outline = nested(steps(&["D-Day for 3", "for 2 after p1 done"]), &[0, 1]);
    let found = timetable(&outline);
    assert!(messages(&found)[0].starts_with("1 -> 1/2 -> 1: "), "{:?}", messages(&found));
    assert_eq!(spans(&found), [None, None]);
    let outline = nested(steps(&["D-Day for 3", "for 5 after p1 start"]), &[0, 1]);
    assert_eq!((dates(&outline), messages(&timetable(&outline))), (vec![Some((0, 5)); 2], vec![]));
}

#[test]
fn certified_is_later_than_done_by_the_days_that_it_takes() {
    let mut outline = steps(&["D-Day + 2 for 12", "after p1 done", "+1 after p1 certified"]);
    outline.points[0].schedule.certification_days = Some(7);
    let found = timetable(&outline);
    assert_eq!(spans(&found), [(2, 14), (14, 14), (22, 22)].map(Some));
    assert_eq!((found.rows[0].earliest_certified, messages(&found)), (Some(21), vec![]));
    outline.points[0].schedule.certification_days = None;
    let found = timetable(&outline);
    assert_eq!(spans(&found)[2], Some((15, 15)));
    let told =
        "3 waits until 1 is certified, but nobody said how long that takes: taken for no days; say the days of its certification";
    assert_eq!(messages(&found), [told]);
}

#[test]
fn triggers_that_read_alike_are_one() {
    let found = timetable(&steps(&["D-Day + 1", " d–day  + 2", "D DAY + 3 after p1 done, p2 done", "EIF", "e.i.f."]));
    let triggers: Vec<_> = found.rows.iter().map(|row| row.trigger.as_deref().unwrap_or_default()).collect();
    assert_eq!(triggers, ["D-Day", "D-Day", "D-Day", "EIF", "e.i.f."], "the first spelling stands for all");
    assert_eq!((found.critical.len(), messages(&found)), (3, vec![]));
}

#[test]
fn an_open_field_has_an_earliest_and_a_latest_date_and_so_has_all_that_waits() {
    let mut outline = steps(&["D-Day for 10", "+1 for 2 after p1 done", "D-Day + 30 after p2 done", "D-Day + 3"]);
    outline.points[0].schedule.alternatives =
        Alternatives { offset_days: vec![Some(12), Some(48), None], ..Alternatives::default() };
    let found = timetable(&outline);
    assert_eq!(spans(&found), [(0, 10), (11, 13), (43, 43), (3, 3)].map(Some));
    let latest: Vec<_> = found.rows.iter().map(|row| (row.latest_start, row.latest_end)).collect();
    let both = |start, end| (Some(start), Some(end));
    assert_eq!(latest, [both(48, 58), both(59, 61), both(91, 91), (None, None)]);
    assert_eq!(messages(&found), ["1 is open, its offset [12][48][none]: set what shall stand"]);
}

#[test]
fn what_a_step_waits_for_may_be_open_too() {
    let mut outline = steps(&["D-Day + 5 for 10", "after p1 done", "D-Day + 1 after p1 done"]);
    for (at, whats) in [(1, vec![Some(After::Start), Some(After::Done)]), (2, vec![Some(After::Done), None])] {
        outline.points[at].schedule.alternatives.after.insert(id("p1"), whats);
    }
    outline.points[2].schedule.after.clear();
    let found = timetable(&outline);
    assert_eq!(spans(&found), [(5, 15), (5, 5), (1, 1)].map(Some));
    assert_eq!(found.rows[1].latest_start.zip(found.rows[2].latest_start), Some((15, 16)));
    assert_eq!(found.rows[2].after[0].or, [Some(After::Done), None]);
    assert_eq!(messages(&found)[1], "3 is open, what it waits for of 1: set what shall stand");
}

#[test]
fn an_open_trigger_gives_no_date_and_says_between_what() {
    let found = timetable(&steps(&["[D-Day][EIF] + 5"]));
    let told = "1 depends on several triggers (\"D-Day\", \"EIF\"), so it has no date: let it count from one of them";
    assert_eq!((spans(&found), messages(&found)), (vec![None], vec![told.to_owned()]));
}
