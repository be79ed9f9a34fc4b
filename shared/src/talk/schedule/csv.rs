//! The timetable as a table: RFC 4180, one line for each step.

use super::{Row, Timetable, Wait};
use crate::text::{
    plan::{After, side_by_side},
    say::printable,
};

const HEADER: &str = "point,heading,trigger,earliest_start,earliest_end,latest_start,latest_end,duration_days,earliest_certified,after,responsible,\
     verifier,method,condition,critical";

/// Writes the steps as comma-separated values, with a header, in UTF-8. Days count from the trigger and are whole numbers, or
/// empty where they are not known. Text that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@` or a tab)
/// gets an apostrophe before it. What does not belong into a file is dropped ([`printable`]).
pub fn csv(timetable: &Timetable) -> String {
    let mut out = format!("{HEADER}\r\n");
    for row in &timetable.rows {
        out.push_str(&line(row));
        out.push_str("\r\n");
    }
    out
}

fn line(row: &Row) -> String {
    let day = |day: Option<i64>| day.map_or(String::new(), |day| day.to_string());
    let text = |text: &Option<String>| cell(text.as_deref().unwrap_or_default());
    let after: Vec<String> = row.after.iter().map(waited).collect();
    [
        cell(&row.step.name),
        cell(&row.heading),
        cell(row.trigger.as_deref().unwrap_or_default()),
        day(row.earliest_start),
        day(row.earliest_end),
        day(row.latest_start.or(row.earliest_start)),
        day(row.latest_end.or(row.earliest_end)),
        days(row),
        day(row.earliest_certified),
        cell(&after.join("; ")),
        text(&row.responsible),
        text(&row.verifier),
        text(&row.method),
        text(&row.condition),
        if row.critical { "yes" } else { "no" }.to_owned(),
    ]
    .join(",")
}

/// The duration, or what stands side by side there.
fn days(row: &Row) -> String {
    match &row.alternatives.duration_days[..] {
        [] => row.duration_days.map_or(String::new(), |days| days.to_string()),
        open => side_by_side(open),
    }
}

fn waited(wait: &Wait) -> String {
    let what = |what: After| match what {
        After::Start => "started",
        After::Done => "done",
        After::Certified => "certified",
        After::Unsaid => "unsaid",
    };
    let open: String = wait.or.iter().map(|one| format!("[{}]", one.map_or("no", what))).collect();
    format!("{} ({})", wait.step.name, if open.is_empty() { what(wait.what) } else { &open })
}

/// A text as a cell.
pub(crate) fn cell(text: &str) -> String {
    let mut text: String = printable(text).collect();
    // Some programs look behind white space, and some take full-width signs too.
    if text.starts_with(['\t', '\n']) || text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        text.insert(0, '\'');
    }
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
