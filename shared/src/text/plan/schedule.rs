//! A point's schedule, in and out of the document. The smallest edit is made: a field that stays is not written again.

use std::collections::BTreeMap;
use yrs::{Any, Map, MapPrelim, MapRef, Number, Out, ReadTxn, TransactionMut};

use super::{
    After, Alternatives, Schedule,
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
    let mut alternatives = Alternatives::default();
    let mut days = |field: &str, open: &mut Vec<Option<i64>>| match field_of(txn, map, field, days_of) {
        Some(Kept::One(days)) => days,
        Some(Kept::Several(days)) => {
            *open = days;
            open.last().copied().flatten()
        }
        None => {
            bad(&format!("schedule.{field}"));
            None
        }
    };
    let offset_days = days("offset_days", &mut alternatives.offset_days);
    let duration_days = days("duration_days", &mut alternatives.duration_days);
    let certification_days = days("certification_days", &mut alternatives.certification_days);
    let after = match map.get(txn, "after") {
        None => BTreeMap::new(),
        Some(Out::YMap(after)) => read_after(txn, &after, &mut alternatives.after, bad),
        Some(_) => {
            bad("schedule.after");
            BTreeMap::new()
        }
    };
    Schedule {
        trigger,
        offset_days,
        duration_days,
        certification_days,
        after,
        responsible,
        verifier,
        method,
        condition,
        alternatives,
    }
}

/// What a field holds that holds no words.
enum Kept<T> {
    One(Option<T>),
    /// What was changed apart, side by side.
    Several(Vec<Option<T>>),
}

/// A field by its key; `None` if it cannot be read.
fn field_of<T, V: ReadTxn>(txn: &V, map: &MapRef, key: &str, read: fn(&Any) -> Option<T>) -> Option<Kept<T>> {
    let one = |value: &Any| match value {
        Any::Null | Any::Undefined => Some(None),
        value => read(value).map(Some),
    };
    match map.get(txn, key) {
        None => Some(Kept::One(None)),
        Some(Out::Any(Any::Array(values))) => Some(Kept::Several(values.iter().map(one).collect::<Option<_>>()?)),
        Some(Out::Any(value)) => Some(Kept::One(one(&value)?)),
        Some(_) => None,
    }
}

fn days_of(value: &Any) -> Option<i64> {
    match value {
        Any::Number(number) => whole(*number),
        _ => None,
    }
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

fn read_after<T: ReadTxn>(
    txn: &T,
    map: &MapRef,
    open: &mut BTreeMap<PointId, Vec<Option<After>>>,
    bad: &mut impl FnMut(&str),
) -> BTreeMap<PointId, After> {
    let mut after = BTreeMap::new();
    let mut keys: Vec<&str> = map.keys(txn).collect();
    keys.sort_unstable();
    for key in keys {
        let what = field_of(txn, map, key, |what| match what {
            Any::String(what) => Some(after_of(what)),
            _ => None,
        });
        match (key.parse::<PointId>(), what) {
            (Ok(id), Some(Kept::One(Some(what)))) => drop(after.insert(id, what)),
            (Ok(id), Some(Kept::Several(whats))) => {
                after.extend(whats.last().copied().flatten().map(|what| (id.clone(), what)));
                open.insert(id, whats);
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
    let open = &schedule.alternatives;
    let number = |days: i64| Any::Number(Number::Int(days));
    let days = |days: Option<i64>, open: &[Option<i64>]| several(open, number).or(days.map(number));
    let mut changed = false;
    for (field, value) in [
        ("trigger", trigger),
        ("offset_days", days(schedule.offset_days, &open.offset_days)),
        ("duration_days", days(schedule.duration_days, &open.duration_days)),
        ("certification_days", days(schedule.certification_days, &open.certification_days)),
        ("responsible", responsible),
        ("verifier", verifier),
        ("method", method),
        ("condition", condition),
    ] {
        changed |= set_field(txn, &map, field, value);
    }
    Ok(set_after(txn, &map, schedule) | changed)
}

/// What stands side by side, as the document has it; `None` for nothing.
fn several<T: Copy>(values: &[Option<T>], kept: impl Fn(T) -> Any) -> Option<Any> {
    (!values.is_empty()).then(|| Any::Array(values.iter().map(|value| value.map_or(Any::Null, &kept)).collect()))
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

fn set_after(txn: &mut TransactionMut, map: &MapRef, schedule: &Schedule) -> bool {
    let (wanted, open) = (&schedule.after, &schedule.alternatives.after);
    let after = match map.get(txn, "after") {
        Some(Out::YMap(after)) => after,
        None if wanted.is_empty() && open.is_empty() => return false,
        _ => map.insert(txn, "after", MapPrelim::default()),
    };
    let mut gone: Vec<String> = after.keys(txn).map(str::to_owned).collect();
    gone.retain(|key| !key.parse().is_ok_and(|id: PointId| wanted.contains_key(&id) || open.contains_key(&id)));
    gone.sort_unstable();
    let mut changed = !gone.is_empty();
    for key in gone {
        after.remove(txn, &key);
    }
    for (id, what) in wanted.iter().filter(|(id, _)| !open.contains_key(*id)) {
        let stays = |value| matches!(value, Out::Any(Any::String(is)) if after_of(&is) == *what);
        if after.get(txn, id.as_str()).is_some_and(stays) {
            continue;
        }
        changed |= after.try_update(txn, id.as_str(), after_name(*what));
    }
    for (id, whats) in open {
        let whats = several(whats, |what| after_name(what).into());
        changed |= set_field(txn, &after, id.as_str(), whats);
    }
    changed
}
