//! Edits of schedules.

use std::collections::BTreeMap;

use super::bench::Bench;
use crate::{
    id::PointId,
    script::{Done, Schedule, Scheduled, error::Refusal},
    talk::schedule::{self, Timetable},
    text::{
        plan::{self, After},
        say::quoted,
    },
};

/// Days beyond this are no longer exact in every client.
const DAYS_MAX: i64 = 1 << 53;

pub fn schedule(bench: &mut Bench, edit: &Schedule) -> Result<Done, Refusal> {
    bench.may_draft()?;
    let point = bench.point("point", &edit.point)?;
    let mut wanted = point.schedule.clone();
    for (field, given) in [
        (&mut wanted.trigger, &edit.trigger),
        (&mut wanted.responsible, &edit.responsible),
        (&mut wanted.verifier, &edit.verifier),
        (&mut wanted.method, &edit.method),
        (&mut wanted.condition, &edit.condition),
    ] {
        if let Some(text) = given {
            *field = text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        }
    }
    let open = &mut wanted.alternatives;
    for (name, field, open, given) in [
        ("offset_days", &mut wanted.offset_days, &mut open.offset_days, edit.offset_days),
        ("duration_days", &mut wanted.duration_days, &mut open.duration_days, edit.duration_days),
        ("certification_days", &mut wanted.certification_days, &mut open.certification_days, edit.certification_days),
    ] {
        let Some(days) = given else { continue };
        if let Some(days) = days.filter(|days| !(-DAYS_MAX..=DAYS_MAX).contains(days)) {
            return Err(Refusal::usage(name, days.to_string(), format!("a number of days from -{DAYS_MAX} to {DAYS_MAX}")));
        }
        *field = days;
        open.clear();
    }
    if let Some(given) = &edit.after {
        wanted.after = after(bench, given.as_ref())?;
        wanted.alternatives.after.clear();
    }
    let changed =
        wanted != point.schedule && plan::set_schedule(&mut bench.text, &point.id, &wanted).map_err(Refusal::editing)?;
    bench.touched(&point.id);
    bench.redated();
    let (row, faults) = (None, Vec::new());
    let (label, heading) = (point.label, point.heading);
    Ok(Done::Scheduled(Box::new(Scheduled { point: point.id, label, heading, schedule: wanted, row, faults, changed })))
}

fn after(bench: &mut Bench, given: Option<&BTreeMap<String, After>>) -> Result<BTreeMap<PointId, After>, Refusal> {
    let mut after = BTreeMap::new();
    for (point, what) in given.into_iter().flatten() {
        if after.insert(bench.id_of("after", point)?, *what).is_some() {
            let message = format!("{point:?} is named twice: say one thing of each point");
            return Err(Refusal::usage("after", format!("{} twice", quoted(point)), "each point once").says(message));
        }
    }
    Ok(after)
}

/// Tells what became of the schedules that were changed, when all is done.
pub fn tell(done: &mut [Done], outline: &plan::Outline) {
    let mut timetable: Option<Timetable> = None;
    for done in done {
        let Done::Scheduled(done) = done else { continue };
        let timetable = timetable.get_or_insert_with(|| schedule::timetable(outline));
        done.row = timetable.rows.iter().find(|row| row.step.point == done.point).cloned();
        done.faults = timetable.faults_of(&done.point).cloned().collect();
    }
}
