//! The timetable as a table, and one step in full.

use plenary_shared::{
    id::PointId,
    script::Scheduled,
    talk::schedule::{Row, ScheduleFault, Timetable, Wait},
    text::plan::{After, Schedule, side_by_side},
};
use std::collections::HashMap;

use crate::{
    output::inline,
    render::{Look, Page, Side, cell, table, title},
};

/// Columns of a point's name.
const NAME_WIDTH: usize = 16;
/// Columns of a date.
const DATE_WIDTH: usize = 16;
/// Columns of who does something, and of what comes before, at least and at most.
const OTHER_WIDTH: (usize, usize) = (10, 40);

/// The table, the critical paths and the faults.
pub fn timetable(timetable: &Timetable, width: usize) -> Page {
    let mut page = Page::default();
    if timetable.rows.is_empty() {
        page.line(Look::Plain, "no point has a schedule");
    } else {
        let (lines, other) = rows(timetable, width);
        lines.iter().enumerate().for_each(|(at, line)| {
            page.line(if at == 0 { Look::Strong } else { Look::Plain }, line);
        });
        // What must hold is words: cut short they say something else.
        for (row, condition) in timetable.rows.iter().filter_map(|row| Some((row, row.condition.as_ref()?))) {
            let whole = inline(condition);
            if cell(condition, other) != whole {
                page.line(Look::Plain, &format!("{} on condition: {whole}", inline(&row.step.name)));
            }
        }
    }
    let names: HashMap<&PointId, &str> = timetable.rows.iter().map(|row| (&row.step.point, &*row.step.name)).collect();
    for path in &timetable.critical {
        let steps: Vec<&str> = path.points.iter().map(|point| names.get(point).copied().unwrap_or(point.as_str())).collect();
        let end = date(Some(&path.trigger), Some(path.end));
        page.line(Look::Plain, &inline(&format!("* critical until {end}: {}", steps.join(", "))));
    }
    faults(&mut page, timetable.faults.iter());
    page
}

/// The lines of the table, and how wide its last columns are.
fn rows(timetable: &Timetable, width: usize) -> (Vec<String>, usize) {
    let fixed = |row: &Row| {
        vec![
            if row.critical { "*" } else { "" }.to_owned(),
            cell(&row.step.name, NAME_WIDTH),
            cell(&start(row), DATE_WIDTH),
            cell(&end(row), DATE_WIDTH),
            days(row.duration_days, &row.alternatives.duration_days),
        ]
    };
    let mut rows = vec![["", "point", "start", "end", "days"].map(str::to_owned).to_vec()];
    rows.extend(timetable.rows.iter().map(fixed));
    let mut sides = vec![Side::Left, Side::Left, Side::Left, Side::Left, Side::Right];
    let taken = table(&sides, &rows).iter().map(|line| unicode_width::UnicodeWidthStr::width(line.as_str())).max();
    let other = (width.saturating_sub(taken.unwrap_or_default() + 8) / 4).clamp(OTHER_WIDTH.0, OTHER_WIDTH.1);
    let head = ["after", "responsible", "verifier", "condition"].map(str::to_owned).to_vec();
    let others = |row: &Row| {
        let who = |who: &Option<String>| cell(who.as_deref().unwrap_or_default(), other);
        vec![cell(&after(&row.after), other), who(&row.responsible), who(&row.verifier), who(&row.condition)]
    };
    let others = std::iter::once(head).chain(timetable.rows.iter().map(others));
    rows.iter_mut().zip(others).for_each(|(row, others)| row.extend(others));
    sides.extend([Side::Left; 4]);
    (table(&sides, &rows), other)
}

fn start(row: &Row) -> String {
    between(row, row.earliest_start, row.latest_start)
}

fn end(row: &Row) -> String {
    between(row, row.earliest_end, row.latest_end)
}

/// `D-Day+12..+48` where values stand side by side that make it earlier and later.
fn between(row: &Row, earliest: Option<i64>, latest: Option<i64>) -> String {
    let date = date(row.trigger.as_deref(), earliest);
    latest.map_or(date.clone(), |latest| format!("{date}..{latest:+}"))
}

/// A number of days, or what stands side by side in its place.
fn days(days: Option<i64>, open: &[Option<i64>]) -> String {
    match open {
        [] => days.map_or(String::new(), |days| days.to_string()),
        open => side_by_side(open),
    }
}

/// `D-Day+30`; `-` where it is not known.
fn date(trigger: Option<&str>, days: Option<i64>) -> String {
    match (trigger, days) {
        (_, None) => "-".to_owned(),
        (trigger, Some(0)) => trigger.unwrap_or("+0").to_owned(),
        (trigger, Some(days)) => format!("{}{days:+}", trigger.unwrap_or_default()),
    }
}

/// `4 start, 6 certified`; `?` where nobody said after what.
fn after(waits: &[Wait]) -> String {
    let what = |what: After| match what {
        After::Start => "start",
        After::Done => "done",
        After::Certified => "certified",
        After::Unsaid => "?",
    };
    let whats = |wait: &Wait| match &wait.or[..] {
        [] => what(wait.what).to_owned(),
        open => open.iter().map(|one| format!("[{}]", one.map_or("no", what))).collect(),
    };
    waits.iter().map(|wait| format!("{} {}", wait.step.name, whats(wait))).collect::<Vec<_>>().join(", ")
}

fn faults<'a>(page: &mut Page, faults: impl Iterator<Item = &'a ScheduleFault>) {
    for fault in faults {
        page.line(Look::Plain, &format!("! {}", inline(&fault.to_string())));
    }
}

/// One step in full, its faults, and whether its schedule was changed, if that was asked for.
pub fn step(step: &Scheduled, changed: Option<bool>) -> Page {
    let mut page = Page::default();
    page.line(Look::Strong, &title(&step.label, &step.point, &step.heading));
    let Some(row) = &step.row else {
        // Only what is struck, or stands below what is, has a schedule and no row.
        let struck = step.schedule != Schedule::default();
        page.line(Look::Plain, if struck { "    struck: it is not in the timetable" } else { "    no schedule" });
        return ended(page, &step.faults, changed);
    };
    let open = &row.alternatives;
    let said = |alone, open: &[Option<i64>]| Some(days(alone, open)).filter(|days| !days.is_empty());
    let certified = row.earliest_certified.map(|day| date(row.trigger.as_deref(), Some(day)));
    let fields = [
        ("trigger", row.trigger.as_deref().map(str::to_owned)),
        ("offset", said(row.offset_days, &open.offset_days)),
        ("duration", said(row.duration_days, &open.duration_days)),
        ("certification", said(row.certification_days, &open.certification_days)),
        ("start", Some(start(row))),
        ("end", Some(end(row))),
        ("certified", certified),
        ("after", Some(after(&row.after)).filter(|after| !after.is_empty())),
        ("responsible", row.responsible.clone()),
        ("verifier", row.verifier.clone()),
        ("method", row.method.clone()),
        ("condition", row.condition.clone()),
        ("critical", row.critical.then(|| "yes".to_owned())),
    ];
    let rows = fields.into_iter().filter_map(|(field, value)| Some(vec![field.to_owned(), inline(&value?).into_owned()]));
    for line in table(&[Side::Left, Side::Left], &rows.collect::<Vec<_>>()) {
        page.line(Look::Plain, &format!("    {line}"));
    }
    ended(page, &step.faults, changed)
}

fn ended(mut page: Page, of_step: &[ScheduleFault], changed: Option<bool>) -> Page {
    faults(&mut page, of_step.iter());
    if let Some(changed) = changed {
        page.line(Look::Plain, said(changed));
    }
    page
}

/// Whether a schedule was changed, in words.
pub fn said(changed: bool) -> &'static str {
    if changed { "schedule changed (durable)" } else { "schedule unchanged" }
}

#[cfg(test)]
mod tests {
    use super::{super::super::annotations::point, *};
    use plenary_shared::{talk::schedule, text::plan::Outline};

    fn talks() -> Outline {
        let day = |trigger: Option<&str>, offset, duration| Schedule {
            trigger: trigger.map(str::to_owned),
            offset_days: offset,
            duration_days: duration,
            responsible: Some("各方\x1b[2J".into()),
            verifier: Some("MED".into()),
            ..Schedule::default()
        };
        let mut points = vec![point("p4", "4", ""), point("p6", "6", ""), point("p11", "11", ""), point("p12", "12\n! x", "")];
        points[0].schedule = day(Some("D-Day"), Some(2), Some(19));
        points[1].schedule = Schedule { after: [(points[0].id.clone(), After::Done)].into(), ..day(None, None, Some(3)) };
        points[1].schedule.condition = Some("funds".into());
        points[2].schedule =
            Schedule { after: [(points[1].id.clone(), After::Unsaid)].into(), verifier: None, ..day(None, Some(90), None) };
        points[3].schedule = day(None, None, None);
        Outline { points, ..Outline::default() }
    }

    #[test]
    fn the_timetable_is_a_table_with_its_critical_path_and_its_faults() {
        let wanted = "   point   start      end        days  after   responsible  verifier  condition
*  4       D-Day+2    D-Day+21     19          各方\\u{1b…   MED
*  6       D-Day+21   D-Day+24      3  4 done  各方\\u{1b…   MED       funds
*  11      D-Day+114  D-Day+114        6 ?     各方\\u{1b…
   12 ! x  -          -                        各方\\u{1b…   MED
* critical until D-Day+114: 4, 6, 11
";
        let shown = timetable(&schedule::timetable(&talks()), 80).show(false);
        assert!(shown.starts_with(wanted), "{shown}");
        assert_eq!(shown.lines().filter(|line| line.starts_with("! ")).count(), 3, "{shown}");
        assert!(
            shown.contains("! 11 comes after 6, but nobody said") && shown.contains("! nobody certifies that 11 is done"),
            "{shown}"
        );
        assert_eq!(timetable(&Timetable::default(), 80).show(false), "no point has a schedule");
    }

    #[test]
    fn a_step_is_shown_in_full_with_its_own_faults() {
        let outline = talks();
        let shown = step(&super::super::shown(&outline, "11").expect("a point"), Some(true)).show(false);
        let wanted = "\
11
    trigger      D-Day
    offset       90
    start        D-Day+114
    end          D-Day+114
    after        6 ?
    responsible  各方\\u{1b}[2J
    critical     yes
! 11 comes after 6, but nobody said after what of it: taken for its completion; say its start, its completion or its certification
! nobody certifies that 11 is done: say who verifies it
schedule changed (durable)";
        assert_eq!(shown, wanted);
        let bare = Outline { points: vec![point("p1", "1", "")], ..Outline::default() };
        assert_eq!(step(&super::super::shown(&bare, "1").expect("a point"), None).show(false), "1\n    no schedule");
    }
}
