//! A point's schedule in one line.

use std::collections::HashMap;

use super::{
    sheet::{Line, Span, own, strong},
    text::{count, list, one_line},
};
use crate::{
    id::PointId,
    text::plan::{After, Point},
};

/// `Schedule: begins 3 days after D-Day; lasts 14 days; after 4 is completed; ...`; empty where there is none. `texts` is what becomes of
/// people's words.
pub(super) fn line<'a>(point: &Point, points: &HashMap<&PointId, &Point>, mut texts: impl FnMut(&str) -> String) -> Line<'a> {
    let schedule = &point.schedule;
    let mut parts: Vec<Line> = Vec::new();
    let mut people = |before: &'static str, text: &str| vec![own(before), Span::Text(one_line(&texts(text)).into())];
    match (&schedule.trigger, schedule.offset_days) {
        (Some(trigger), None | Some(0)) => parts.push(people("begins with ", trigger)),
        (Some(trigger), Some(days)) => {
            let mut part = people("", trigger);
            part[0] = own(format!("begins {} ", from(days)));
            parts.push(part);
        }
        (None, Some(days)) => parts.push(vec![own(format!("begins {} the trigger", from(days)))]),
        (None, None) => {}
    }
    if let Some(days) = schedule.duration_days {
        let lasts = usize::try_from(days).map_or(format!("{days} days"), |days| count(days, "day"));
        parts.push(vec![own(format!("lasts {lasts}"))]);
    }
    if !schedule.after.is_empty() {
        let first: Vec<_> = schedule.after.iter().collect();
        let first = list(&first, |(id, what)| {
            let label = points.get(id).map(|point| one_line(&point.label)).filter(|label| !label.is_empty());
            format!("{} {}", label.unwrap_or_else(|| format!("#{id}")), done(**what))
        });
        parts.push(vec![own("after "), Span::Text(first.into())]);
    }
    for (before, text) in [
        ("carried out by ", &schedule.responsible),
        ("verified by ", &schedule.verifier),
        ("method: ", &schedule.method),
        ("condition: ", &schedule.condition),
    ] {
        parts.extend(text.as_deref().map(|text| people(before, text)));
    }
    let mut line = Vec::new();
    for (at, part) in parts.into_iter().enumerate() {
        line.extend([if at == 0 { strong("Schedule:") } else { own(";") }, own(" ")]);
        line.extend(part);
    }
    line
}

fn from(days: i64) -> String {
    let number = usize::try_from(days.unsigned_abs()).unwrap_or(usize::MAX);
    format!("{} {}", count(number, "day"), if days < 0 { "before" } else { "after" })
}

fn done(what: After) -> &'static str {
    match what {
        After::Start => "has begun",
        After::Done => "is completed",
        After::Certified => "is certified as completed",
        After::Unsaid => "(of which it is not said what must have happened)",
    }
}
