//! The same promises for whatever proptest comes up with.

use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::*;

/// A plan of up to `count` points in any order; some are struck, some have no schedule, and they may wait for p0, which is not
/// there.
fn plans(count: usize) -> impl Strategy<Value = Outline> {
    let days = || {
        prop_oneof![3 => Just(None), 6 => (-3i64..20).prop_map(Some), 1 => prop::sample::select(vec![
            Some(i64::MAX), Some(i64::MIN), Some(1 << 53), Some(-(1 << 53))
        ])]
    };
    let trigger = prop::option::weighted(0.6, prop::sample::select(vec!["D-Day", "D-Day", "D-Day", "EIF", " "]));
    let what = prop::sample::select(vec![After::Start, After::Done, After::Certified, After::Unsaid]);
    let after = prop::collection::btree_map((0..=count).prop_map(|n| id(&format!("p{n}"))), what, 0..3);
    let schedule = (trigger, days(), days(), after).prop_map(|(trigger, offset_days, duration_days, after)| Schedule {
        trigger: trigger.map(str::to_owned),
        offset_days,
        duration_days,
        after,
        ..Schedule::default()
    });
    let points = prop::collection::vec((schedule, prop::bool::weighted(0.05)), 1..=count).prop_map(|schedules| {
        let point =
            |(at, (schedule, struck))| Point { struck, ..point(&format!("p{}", at + 1), &format!("{}", at + 1), schedule) };
        schedules.into_iter().enumerate().map(point).collect::<Vec<Point>>()
    });
    points.prop_shuffle().prop_map(plan)
}

/// The first waits for the second.
type Pair = (PointId, PointId);

/// Who waits for whom, directly and however far: by trying all ways.
fn waits_for(outline: &Outline) -> (Vec<Pair>, HashSet<Pair>) {
    let live: Vec<&Point> = outline.points.iter().filter(|point| !point.struck).collect();
    let is_live = |id: &PointId| live.iter().any(|point| &point.id == id);
    let waits = |point: &&Point| {
        let from = point.id.clone();
        point.schedule.after.keys().filter(|to| is_live(to)).map(|to| (from.clone(), to.clone())).collect::<Vec<_>>()
    };
    let direct: Vec<_> = live.iter().flat_map(waits).collect();
    let mut reach: HashSet<_> = direct.iter().cloned().collect();
    for middle in live.iter().map(|point| &point.id) {
        for from in live.iter().map(|point| &point.id) {
            for to in live.iter().map(|point| &point.id) {
                if reach.contains(&(from.clone(), middle.clone())) && reach.contains(&(middle.clone(), to.clone())) {
                    reach.insert((from.clone(), to.clone()));
                }
            }
        }
    }
    (direct, reach)
}

fn event(row: &Row, what: After) -> Option<i64> {
    if what == After::Start { row.earliest_start } else { row.earliest_end }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_dependency_on_a_circle_is_on_a_named_one_and_named_circles_are_real(outline in plans(8)) {
        let timetable = timetable(&outline);
        let (direct, reach) = waits_for(&outline);
        let mut named = HashSet::new();
        for fault in &timetable.faults {
            let ScheduleFault::Circle { steps } = fault else { continue };
            let distinct: HashSet<_> = steps.iter().map(|step| &step.point).collect();
            prop_assert_eq!(distinct.len(), steps.len());
            for (at, step) in steps.iter().enumerate() {
                let pair = (step.point.clone(), steps[(at + 1) % steps.len()].point.clone());
                prop_assert!(direct.contains(&pair), "{fault}");
                named.insert(pair);
            }
        }
        for (from, to) in direct {
            let on_a_circle = from == to || reach.contains(&(to.clone(), from.clone()));
            prop_assert_eq!(on_a_circle, named.contains(&(from.clone(), to.clone())), "{} -> {}", from, to);
        }
    }

    #[test]
    fn dates_are_what_the_rules_say_and_are_missing_only_for_a_reason(outline in plans(8)) {
        let timetable = timetable(&outline);
        let (_, reach) = waits_for(&outline);
        let rows: HashMap<&PointId, &Row> = timetable.rows.iter().map(|row| (&row.step.point, row)).collect();
        let points: HashMap<&PointId, &Point> = outline.points.iter().map(|point| (&point.id, point)).collect();
        for row in &timetable.rows {
            let schedule = &points[&row.step.point].schedule;
            let own = schedule.trigger.as_deref().map(str::trim).filter(|trigger| !trigger.is_empty());
            // What is struck or unknown does not count; what has no schedule has no date.
            let counts = |wait: &&Wait| points.get(&wait.step.point).is_some_and(|point| !point.struck);
            let waits: Vec<&Wait> = row.after.iter().filter(counts).collect();
            let events: Option<Vec<i64>> =
                waits.iter().map(|wait| rows.get(&wait.step.point).and_then(|before| event(before, wait.what))).collect();
            let triggers: HashSet<&str> = waits.iter().filter_map(|wait| rows.get(&wait.step.point)?.trigger.as_deref()).chain(own).collect();
            let offset = schedule.offset_days.unwrap_or(0);
            let expected = match (events, own) {
                _ if triggers.len() != 1 || reach.contains(&(row.step.point.clone(), row.step.point.clone())) => None,
                (None, _) => None,
                (Some(events), Some(_)) => {
                    let behind = events.into_iter().map(|day| day.saturating_add(offset.max(0)));
                    Some(behind.fold(offset, i64::max))
                }
                (Some(events), None) => events.into_iter().max().map(|latest| latest.saturating_add(offset.max(0))),
            };
            prop_assert_eq!(row.earliest_start, expected, "{:?}", row);
            let end = expected.map(|start| start.saturating_add(schedule.duration_days.unwrap_or(0).max(0)));
            prop_assert_eq!(row.earliest_end, end);
            prop_assert!(row.earliest_start.is_none() || triggers.contains(row.trigger.as_deref().unwrap_or_default()));
        }
    }

    #[test]
    fn a_critical_path_runs_without_a_gap_to_the_latest_end(outline in plans(8)) {
        let timetable = timetable(&outline);
        let rows: HashMap<&PointId, &Row> = timetable.rows.iter().map(|row| (&row.step.point, row)).collect();
        let mut ends: BTreeMap<&str, i64> = BTreeMap::new();
        for row in &timetable.rows {
            if let (Some(trigger), Some(end)) = (row.trigger.as_deref(), row.earliest_end) {
                ends.entry(trigger).and_modify(|latest| *latest = end.max(*latest)).or_insert(end);
            }
        }
        let told: BTreeMap<&str, i64> = timetable.critical.iter().map(|path| (&*path.trigger, path.end)).collect();
        prop_assert_eq!(told, ends);
        let mut flagged = HashSet::new();
        for path in &timetable.critical {
            let steps: Vec<&Row> = path.points.iter().map(|point| rows[point]).collect();
            prop_assert_eq!(steps.last().and_then(|row| row.earliest_end), Some(path.end));
            prop_assert!(steps.iter().all(|row| row.critical && row.trigger.as_ref() == Some(&path.trigger)));
            for pair in steps.windows(2) {
                let wait = pair[1].after.iter().find(|wait| wait.step == pair[0].step).expect("a dependency");
                let before = event(pair[0], wait.what).expect("a date");
                let lag = pair[1].offset_days.unwrap_or(0).max(0);
                let start = pair[1].earliest_start.expect("a date");
                prop_assert!(start == before || start == before.saturating_add(lag));
            }
            flagged.extend(&path.points);
        }
        prop_assert!(timetable.rows.iter().all(|row| row.critical == flagged.contains(&row.step.point)));
    }

    #[test]
    fn dates_depend_neither_on_the_order_of_points_nor_on_their_ids(outline in plans(8), shift in 1usize..9) {
        let renamed = |of: &PointId| {
            let number: usize = of.as_str()[1..].parse().expect("a number");
            id(&format!("p{}", if number == 0 { 0 } else { (number + shift) % 9 + 10 }))
        };
        let mut other = outline.clone();
        other.points.reverse();
        for point in &mut other.points {
            point.id = renamed(&point.id);
            point.schedule.after = point.schedule.after.iter().map(|(of, what)| (renamed(of), *what)).collect();
        }
        let dates = |timetable: &Timetable| -> BTreeMap<String, _> {
            timetable.rows.iter().map(|row| (row.label.clone(), (row.trigger.clone(), row.earliest_start, row.earliest_end))).collect()
        };
        let paths = |timetable: &Timetable| -> BTreeMap<_, _> {
            timetable.critical.iter().map(|path| (path.trigger.clone(), (path.end, path.points.len()))).collect()
        };
        let (one, two) = (timetable(&outline), timetable(&other));
        prop_assert_eq!(dates(&one), dates(&two));
        prop_assert_eq!(paths(&one), paths(&two));
    }

    #[test]
    fn any_plan_has_a_timetable_a_table_and_a_chart(outline in plans(40)) {
        let timetable = timetable(&outline);
        prop_assert!(timetable.faults.iter().all(|fault| !fault.to_string().is_empty()));
        prop_assert_eq!(csv(&timetable).matches("\r\n").count(), timetable.rows.len() + 1);
        super::charts::check_svg(&gantt(&timetable, "Any"));
    }
}
