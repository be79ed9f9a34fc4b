//! Promises of the timetable, its table and its chart.

mod charts;
mod properties;
mod truth;

use super::*;
use crate::text::plan::{After, Point, Schedule};

fn id(name: &str) -> PointId {
    name.parse().expect("an id")
}

fn point(name: &str, label: &str, schedule: Schedule) -> Point {
    Point {
        id: id(name),
        label: label.into(),
        heading: String::new(),
        words: String::new(),
        parent: None,
        depth: 0,
        order: String::new(),
        struck: false,
        schedule,
        adoptions: Default::default(),
    }
}

fn plan(points: Vec<Point>) -> Outline {
    Outline { title: "Plan".into(), points, ..Outline::default() }
}

/// A schedule from `D-Day + 2 for 10 after p3 done, p5 start`; anything left out is not said. Somebody does and verifies it.
fn schedule(text: &str) -> Schedule {
    let (when, after) = text.split_once("after ").unwrap_or((text, ""));
    let (when, duration) = when.split_once("for ").unwrap_or((when, ""));
    let (trigger, offset) = when.split_once('+').unwrap_or((when, ""));
    let wait = |wait: &str| {
        let (id, what) = wait.trim().split_once(' ').unwrap_or((wait.trim(), "unsaid"));
        (self::id(id), serde_json::from_value(what.into()).expect("a kind"))
    };
    Schedule {
        trigger: Some(trigger.trim().to_owned()).filter(|trigger| !trigger.is_empty()),
        offset_days: offset.trim().parse().ok(),
        duration_days: duration.trim().parse().ok(),
        after: after.split(',').filter(|text| !text.trim().is_empty()).map(wait).collect(),
        responsible: Some("Parties".into()),
        verifier: Some("Mission".into()),
        ..Schedule::default()
    }
}

/// Points p1, p2 ... with labels 1, 2 ... and these schedules.
fn steps(schedules: &[&str]) -> Outline {
    let point = |(at, text): (usize, &&str)| {
        let schedule = if text.is_empty() { Schedule::default() } else { schedule(text) };
        point(&format!("p{}", at + 1), &(at + 1).to_string(), schedule)
    };
    plan(schedules.iter().enumerate().map(point).collect())
}

fn spans(timetable: &Timetable) -> Vec<Option<(i64, i64)>> {
    timetable.rows.iter().map(|row| row.earliest_start.zip(row.earliest_end)).collect()
}

fn messages(timetable: &Timetable) -> Vec<String> {
    timetable.faults.iter().map(ScheduleFault::to_string).collect()
}

#[test]
fn a_step_begins_when_its_trigger_and_all_that_it_waits_for_allow() {
    let mut outline = steps(&[
        "D-Day + 2 for 12",
        "D-Day",
        "for 5 after p1 done",
        "+3 for 5 after p1 start",
        "D-Day + 3 after p1 certified",
        "D-Day + 6 for 1 after p1 done",
        "after p3 done, p4 done, p6 start",
        "D-Day + -2 for 1",
    ]);
    outline.points[0].schedule.certification_days = Some(0);
    let timetable = timetable(&outline);
    let expected = [(2, 14), (0, 0), (14, 19), (5, 10), (17, 17), (20, 21), (20, 20), (-2, -1)];
    assert_eq!(spans(&timetable), expected.map(Some));
    assert!(timetable.rows.iter().all(|row| row.trigger.as_deref() == Some("D-Day")));
    assert_eq!(messages(&timetable), Vec::<String>::new());
    assert_eq!(
        timetable.rows[6].after[0],
        Wait { step: Step { point: id("p3"), name: "3".into() }, what: After::Done, or: vec![] }
    );
}

#[test]
fn the_chain_that_decides_the_latest_end_is_critical_for_each_trigger() {
    let timetable = timetable(&steps(&[
        "D-Day for 5",
        "D-Day + 1 for 3",
        "for 10 after p1 done, p2 done",
        "EIF + 60 for 1",
        "D-Day for 2 after p3 done",
        "D-Day + 15 for 1",
        "EIF + 61",
        "D-Day + 16 for 1",
    ]));
    let path = |trigger: &str, end, names: &[&str]| CriticalPath {
        trigger: trigger.into(),
        end,
        points: names.iter().map(|name| id(name)).collect(),
    };
    // 1, 3 and 5 leave no day between them; 8 ends on the same day, but is a chain of one.
    assert_eq!(timetable.critical, [path("D-Day", 17, &["p1", "p3", "p5"]), path("EIF", 61, &["p4"])]);
    let critical: Vec<_> = timetable.rows.iter().filter(|row| row.critical).map(|row| row.label.as_str()).collect();
    assert_eq!(critical, ["1", "3", "4", "5"]);
}

#[test]
fn a_circle_is_named_point_by_point_and_nothing_on_it_or_behind_it_has_a_date() {
    let mut outline = steps(&["D-Day", "D-Day + 2 after p4 start", "after p2 done", "D-Day after p2 certified, p1 done"]);
    for (point, label) in outline.points.iter_mut().zip(["1", "4", "5", "17"]) {
        point.label = label.into();
    }
    outline.points[1].schedule.certification_days = Some(3);
    let timetable = timetable(&outline);
    assert_eq!(spans(&timetable), [Some((0, 0)), None, None, None]);
    let message =
        "4 -> 17 -> 4: each waits for the next, so none of them can begin; take one of these dependencies out, or split a step";
    assert_eq!(messages(&timetable), [message]);
    let ScheduleFault::Circle { steps } = &timetable.faults[0] else { panic!("a circle") };
    assert_eq!(steps.iter().map(|step| step.point.as_str()).collect::<Vec<_>>(), ["p2", "p4"]);
}

#[test]
fn every_dependency_on_a_circle_is_named_even_where_circles_share_steps() {
    let timetable = timetable(&steps(&["after p2 done", "after p1 done, p3 done", "after p1 done, p3 start", "after p4 done"]));
    let ways: Vec<String> = messages(&timetable).iter().filter_map(|it| Some(it.split_once(':')?.0.to_owned())).collect();
    assert_eq!(ways, ["1 -> 2 -> 1", "1 -> 2 -> 3 -> 1", "3 -> 3", "4 -> 4"]);
}

#[test]
fn what_is_missing_or_contradicts_itself_is_said_with_the_names_of_the_points() {
    let mut outline = steps(&[
        "D-Day for -3",
        "EIF after p1 done",
        "after p2 done",
        "for 1",
        "after p4",
        "+-2 after p1 done, p9 done, gone done",
        "D-Day after p8 done",
        "",
        "D-Day",
    ]);
    outline.points[8].struck = true;
    outline.points[0].schedule.verifier = Some(" ".into());
    outline.points[5].schedule.responsible = None;
    outline.points[7].heading = "Unscheduled".into();
    outline.points[7].label = String::new();
    let timetable = timetable(&outline);
    let expected = [
        "1 lasts -3 days, which is taken as 0: correct its duration",
        "nobody certifies that 1 is done: say who verifies it",
        "2 depends on several triggers (\"EIF\", \"D-Day\"), so it has no date: let it count from one of them",
        "4 has no trigger and comes after no step, so it has no date, nor has what waits for it: say what starts its clock",
        "5 comes after 4, but nobody said after what of it: taken for its completion; say its start, its completion or its certification",
        "6 begins -2 days from what it comes after, which is taken as 0: correct its offset, or what it comes after",
        "6 comes after 9, which is struck: take that out, or name another point",
        "6 comes after gone, which is not in the plan: take that out, or name another point",
        "nobody is to carry out 6: say who is responsible",
        "Unscheduled has no trigger and comes after no step, so it has no date, nor has what waits for it: say what starts its clock",
    ];
    assert_eq!(messages(&timetable), expected);
    assert_eq!(spans(&timetable), [Some((0, 0)), None, None, None, None, Some((0, 0)), None]);
    assert_eq!(timetable.rows.len(), 7, "neither the struck point nor the one without a schedule is a step");
    assert!(timetable.faults.iter().all(|fault| fault.steps().len() == 1));
}

#[test]
fn points_are_named_so_that_nobody_takes_one_for_another() {
    let mut points = ["a", "b", "c", "d", "e"].map(|name| point(name, "", schedule("after x")));
    points[0].label = "Article 4".into();
    (points[1].label, points[1].parent, points[1].depth) = ("7".into(), Some(id("a")), 1);
    (points[2].label, points[2].parent, points[2].depth) = ("7".into(), Some(id("a")), 1);
    points[3].heading = "A very long heading that nobody would want to see in the middle of a sentence".into();
    let timetable = timetable(&plan(points.into()));
    let names: Vec<&str> = timetable.rows.iter().map(|row| &*row.step.name).collect();
    assert_eq!(names, ["Article 4", "Article 4/7 (b)", "Article 4/7 (c)", "A very long heading that nobody would w…", "e"]);
}

#[test]
fn a_timetable_survives_json() {
    let timetable = timetable(&steps(&["D-Day + 2 for 3", "after p1", "after p3 done", "EIF after p1 done, x done"]));
    let json = serde_json::to_value(&timetable).expect("JSON");
    assert_eq!(json["rows"][1]["after"][0], serde_json::json!({ "point": "p1", "name": "1", "what": "unsaid" }));
    assert_eq!(json["faults"][0]["kind"], "circle");
    assert_eq!(serde_json::from_value::<Timetable>(json).expect("a timetable"), timetable);
}

#[test]
fn more_dependencies_and_circles_than_anyone_can_read_are_counted() {
    let count = 400;
    let schedules = (0..count)
        .map(|_| Schedule { after: (0..count).map(|n| (id(&format!("p{n}")), After::Done)).collect(), ..schedule("D-Day") });
    let points = schedules.enumerate().map(|(n, schedule)| point(&format!("p{n}"), &n.to_string(), schedule)).collect();
    let timetable = timetable(&plan(points));
    // 250 points have room for 400 dependencies each; among them each waits for itself and for each other.
    let circles = timetable.faults.iter().filter(|fault| matches!(fault, ScheduleFault::Circle { .. })).count();
    assert_eq!(circles, crate::limits::CIRCLES_MAX);
    let rest = |fault: &ScheduleFault| matches!(fault, ScheduleFault::MoreCircles { dependencies } if *dependencies > 60_000);
    assert!(timetable.faults.iter().any(rest));
    assert!(timetable.faults.contains(&ScheduleFault::TooManyWaits { dependencies: 150 * 400 }));
    assert!(spans(&timetable).iter().all(Option::is_none));
    // A circle through more points than a message can name is cut in the message only.
    let ring = (0..5_000).map(|n| point(&format!("p{n}"), "", schedule(&format!("after p{} done", (n + 1) % 5_000)))).collect();
    let timetable = super::timetable(&plan(ring));
    let ScheduleFault::Circle { steps } = &timetable.faults[0] else { panic!("a circle") };
    assert_eq!((steps.len(), timetable.faults.len()), (5_000, 1));
    assert!(timetable.faults[0].to_string().contains("p99 -> (4900 more) -> p0:"));
}
