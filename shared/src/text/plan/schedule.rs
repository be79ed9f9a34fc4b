//! A point's schedule, in and out of the document. The smallest edit is made: a field that stays is not written again.

use std::collections::BTreeMap;
use yrs::{Any, Map, MapPrelim, MapRef, Number, Out, ReadTxn, TransactionMut};

use super::{
    After, Schedule,
    stored::{EditError, plain, stored, unix},
};
use crate::{id::PointId, log::gate};

/// Reads a schedule, calling `bad` with the name of each field that is not what it should be.
pub(super) fn read<T: ReadTxn>(txn: &T, map: &MapRef, bad: &mut impl FnMut(&str)) -> Schedule {
    let mut string = |field: &str| match map.get(txn, field) {
        None | Some(Out::Any(Any::Null | Any::Undefined)) => None,
        Some(Out::Any(Any::String(value))) => Some(value.to_string()),
        Some(_) => {
            bad(&format!("schedule.{field}"));
            None
        }
    };
    let (trigger, responsible) = (string("trigger"), string("responsible"));
    let (verifier, method, condition) = (string("verifier"), string("method"), string("condition"));
    let mut days = |field: &str| match map.get(txn, field) {
        None | Some(Out::Any(Any::Null | Any::Undefined)) => None,
        Some(Out::Any(Any::Number(number))) if whole(number).is_some() => whole(number),
        Some(_) => {
            bad(&format!("schedule.{field}"));
            None
        }
    };
    let (offset_days, duration_days) = (days("offset_days"), days("duration_days"));
    let after = match map.get(txn, "after") {
        None => BTreeMap::new(),
        Some(Out::YMap(after)) => read_after(txn, &after, bad),
        Some(_) => {
            bad("schedule.after");
            BTreeMap::new()
        }
    };
    Schedule { trigger, offset_days, duration_days, after, responsible, verifier, method, condition }
}

/// JavaScript has one kind of number: 3 may arrive as 3.0. Beyond 2^53 it is no longer exact, and no schedule either.
pub(crate) fn whole(number: Number) -> Option<i64> {
    const EXACT: i64 = 1 << 53;
    match number {
        Number::Int(days) if (-EXACT..=EXACT).contains(&days) => Some(days),
        Number::Float(days) if days.fract() == 0.0 && days.abs() <= EXACT as f64 => Some(days as i64),
        _ => None,
    }
}

fn read_after<T: ReadTxn>(txn: &T, map: &MapRef, bad: &mut impl FnMut(&str)) -> BTreeMap<PointId, After> {
    let mut after = BTreeMap::new();
    let mut keys: Vec<&str> = map.keys(txn).collect();
    keys.sort_unstable();
    for key in keys {
        let what = match map.get(txn, key) {
            Some(Out::Any(Any::String(what))) => Some(after_of(&what)),
            _ => None,
        };
        match (key.parse::<PointId>(), what) {
            (Ok(id), Some(what)) => {
                after.insert(id, what);
            }
            _ => bad("schedule.after"),
        }
    }
    after
}

/// A dependency whose kind is not understood is still a dependency: it is kept, and said to be unclear.
fn after_of(what: &str) -> After {
    match what {
        "start" => After::Start,
        "done" => After::Done,
        "certified" => After::Certified,
        _ => After::Unsaid,
    }
}

fn after_name(after: After) -> &'static str {
    match after {
        After::Start => "start",
        After::Done => "done",
        After::Certified => "certified",
        After::Unsaid => "unsaid",
    }
}

/// Makes `schedule` the schedule of a point; tells whether that changed anything.
pub fn set_schedule(txn: &mut TransactionMut, id: &PointId, schedule: &Schedule) -> Result<bool, EditError> {
    let text = |text: &Option<String>| {
        let text = text.as_deref().map(|text| plain("part of a schedule", unix(text), gate::is_plain)).transpose()?;
        Ok::<_, EditError>(text.map(Any::from))
    };
    let (trigger, responsible) = (text(&schedule.trigger)?, text(&schedule.responsible)?);
    let (verifier, method, condition) = (text(&schedule.verifier)?, text(&schedule.method)?, text(&schedule.condition)?);
    let point = stored(txn, id)?;
    let map = match point.get(txn, "schedule") {
        Some(Out::YMap(map)) => map,
        _ if *schedule == Schedule::default() => return Ok(false),
        _ => point.insert(txn, "schedule", MapPrelim::default()),
    };
    let days = |days: Option<i64>| days.map(|days| Any::Number(Number::Int(days)));
    let mut changed = false;
    for (field, value) in [
        ("trigger", trigger),
        ("offset_days", days(schedule.offset_days)),
        ("duration_days", days(schedule.duration_days)),
        ("responsible", responsible),
        ("verifier", verifier),
        ("method", method),
        ("condition", condition),
    ] {
        changed |= set_field(txn, &map, field, value);
    }
    Ok(set_after(txn, &map, &schedule.after) | changed)
}

fn set_field(txn: &mut TransactionMut, map: &MapRef, field: &str, value: Option<Any>) -> bool {
    match value {
        Some(value) => map.try_update(txn, field, value),
        None if map.contains_key(txn, field) => {
            map.remove(txn, field);
            true
        }
        None => false,
    }
}

fn set_after(txn: &mut TransactionMut, map: &MapRef, wanted: &BTreeMap<PointId, After>) -> bool {
    let after = match map.get(txn, "after") {
        Some(Out::YMap(after)) => after,
        None if wanted.is_empty() => return false,
        _ => map.insert(txn, "after", MapPrelim::default()),
    };
    let mut gone: Vec<String> = after.keys(txn).map(str::to_owned).collect();
    gone.retain(|key| !key.parse().is_ok_and(|id: PointId| wanted.contains_key(&id)));
    gone.sort_unstable();
    let mut changed = !gone.is_empty();
    for key in gone {
        after.remove(txn, &key);
    }
    for (id, what) in wanted {
        let stays = |value| matches!(value, Out::Any(Any::String(is)) if after_of(&is) == *what);
        if after.get(txn, id.as_str()).is_some_and(stays) {
            continue;
        }
        changed |= after.try_update(txn, id.as_str(), after_name(*what));
    }
    changed
}
