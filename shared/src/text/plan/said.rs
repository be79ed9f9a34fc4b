//! A schedule in words: `begins 3 days after D-Day; lasts 14 days; after 4 is completed; carried out by ARV`.

use super::{After, Schedule};
use crate::id::PointId;

/// A stretch of what is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Ours.
    Ours(String),
    /// What people wrote.
    Theirs(String),
}

/// What a schedule says, part by part; nothing where there is none. `label` is what a point is called, if it is in the plan and has a
/// label.
pub fn said(schedule: &Schedule, label: impl Fn(&PointId) -> Option<String>) -> Vec<Vec<Said>> {
    let ours = |text: String| Said::Ours(text);
    let mut parts: Vec<Vec<Said>> = Vec::new();
    let open = &schedule.alternatives;
    let trigger = schedule.trigger.as_ref().map(|trigger| Said::Theirs(trigger.clone()));
    let from = match (schedule.offset_days, &open.offset_days[..]) {
        (None, []) => None,
        (Some(0), []) if trigger.is_some() => None,
        (Some(days), []) if days < 0 => Some(format!("begins {} before ", count(days))),
        (Some(days), []) => Some(format!("begins {} after ", count(days))),
        (_, open) => Some(format!("begins {} days after ", side_by_side(open))),
    };
    match (from, trigger) {
        (None, None) => {}
        (None, Some(trigger)) => parts.push(vec![ours("begins with ".to_owned()), trigger]),
        (Some(from), None) => parts.push(vec![ours(format!("{from}what it comes after"))]),
        (Some(from), Some(trigger)) => parts.push(vec![ours(from), trigger]),
    }
    let days = |days: Option<i64>, open: &[Option<i64>]| match open {
        [] => days.map(|days| if days < 0 { format!("{days} days") } else { count(days) }),
        open => Some(format!("{} days", side_by_side(open))),
    };
    let lasts = days(schedule.duration_days, &open.duration_days).map(|days| format!("lasts {days}"));
    let certified = days(schedule.certification_days, &open.certification_days).map(|days| format!("certified {days} later"));
    parts.extend(lasts.into_iter().chain(certified).map(|part| vec![ours(part)]));
    let after = said_after(schedule, label);
    if !after.is_empty() {
        parts.push(vec![ours("after ".to_owned()), Said::Theirs(after)]);
    }
    for (before, text) in [
        ("carried out by ", &schedule.responsible),
        ("verified by ", &schedule.verifier),
        ("method: ", &schedule.method),
        ("condition: ", &schedule.condition),
    ] {
        parts.extend(text.as_ref().map(|text| vec![ours(before.to_owned()), Said::Theirs(text.clone())]));
    }
    parts
}

/// The same as one line.
pub fn said_in_a_line(schedule: &Schedule, label: impl Fn(&PointId) -> Option<String>) -> String {
    let text = |part: Said| match part {
        Said::Ours(text) | Said::Theirs(text) => text,
    };
    let parts = said(schedule, label).into_iter().map(|part| part.into_iter().map(text).collect::<String>());
    parts.collect::<Vec<_>>().join("; ")
}

/// Points that are named in a line.
const POINTS_SHOWN: usize = 100;

/// `4 is completed, 6 [has begun][is certified as completed]`.
fn said_after(schedule: &Schedule, label: impl Fn(&PointId) -> Option<String>) -> String {
    let open = &schedule.alternatives.after;
    let mut points: Vec<&PointId> = schedule.after.keys().chain(open.keys()).collect();
    points.sort_unstable();
    points.dedup();
    let one = |id: &&PointId| {
        let name = label(id).filter(|label| !label.is_empty()).unwrap_or_else(|| format!("#{id}"));
        let happened = match (open.get(*id), schedule.after.get(*id)) {
            (Some(whats), _) => whats.iter().map(|what| format!("[{}]", what.map_or("need not come first", done))).collect(),
            (None, what) => what.map_or_else(String::new, |what| done(*what).to_owned()),
        };
        format!("{name} {happened}")
    };
    let shown: Vec<String> = points.iter().take(POINTS_SHOWN).map(one).collect();
    match points.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `[12][48]`; nothing is `[none]`.
pub fn side_by_side(days: &[Option<i64>]) -> String {
    days.iter().map(|days| days.map_or("[none]".to_owned(), |days| format!("[{days}]"))).collect()
}

fn count(days: i64) -> String {
    format!("{} day{}", days.unsigned_abs(), if days.unsigned_abs() == 1 { "" } else { "s" })
}

fn done(what: After) -> &'static str {
    match what {
        After::Start => "has begun",
        After::Done => "is completed",
        After::Certified => "is certified as completed",
        After::Unsaid => "(of which it is not said what must have happened)",
    }
}
