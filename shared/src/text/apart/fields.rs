//! What a point holds beside its texts, and what comes out where two sides changed it apart.
//!
//! | changed apart | comes out |
//! | --- | --- |
//! | a number of a schedule, or what of another point must have happened | a list of the values, in the order of the log |
//! | words of a schedule | both, side by side, as in a point's words |
//! | place (parent and order as one), label, struck | what the later in the log made of it |
//!
//! What one side left as it was is as the other made it. A list in which the later side has an alternative of its own already keeps the
//! others and gets the new one in its place.
//!
//! **Architecture invariant:** what comes out follows from three states of the point alone. Which of two values a map shows that were
//! set apart hangs on client ids, which mean nothing: so it is set again where it is not what comes out.

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use yrs::{Any, Map as _, MapPrelim, MapRef, Number, Out, ReadTxn, TransactionMut};

use crate::{
    id::PointId,
    limits,
    text::{
        clash,
        plan::{POINTS, whole},
    },
};

/// Fields of a schedule that hold words.
const WORDS: [&str; 5] = ["trigger", "responsible", "verifier", "method", "condition"];
/// Fields of a schedule that hold numbers.
const NUMBERS: [&str; 3] = ["offset_days", "duration_days", "certification_days"];

/// What a point holds beside its texts: values by their keys, without those that hold nothing.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Fields {
    label: Option<Any>,
    place: [Option<Any>; 2],
    struck: bool,
    schedule: BTreeMap<String, Any>,
    after: BTreeMap<String, Any>,
}

impl Fields {
    /// What a point holds; nothing if there is none.
    pub fn read<T: ReadTxn>(txn: &T, point: &PointId) -> Self {
        let Some(point) = point_of(txn, point) else { return Self::default() };
        let schedule = map_in(txn, &point, "schedule");
        let after = schedule.as_ref().and_then(|schedule| map_in(txn, schedule, "after"));
        let after: BTreeMap<String, Any> = after.map_or_else(BTreeMap::new, |after| {
            let values = after.keys(txn).filter_map(|key| Some((key.to_owned(), value(txn, &after, key)?)));
            values.collect()
        });
        let keys = WORDS.iter().chain(&NUMBERS);
        let schedule = schedule.map_or_else(BTreeMap::new, |schedule| {
            keys.filter_map(|key| Some(((*key).to_owned(), value(txn, &schedule, key)?))).collect()
        });
        Self {
            label: value(txn, &point, "label"),
            place: ["parent", "order"].map(|key| value(txn, &point, key)),
            struck: value(txn, &point, "struck") == Some(Any::Bool(true)),
            schedule,
            after,
        }
    }

    /// What comes out of `base`, as the later side knew it, where others and the later side changed it apart; and whether both stand in it
    /// somewhere.
    pub fn join(base: &Self, others: &Self, mine: &Self) -> (Self, bool) {
        fn later<T: Clone + PartialEq>(base: &T, others: &T, mine: &T) -> T {
            if mine == base { others.clone() } else { mine.clone() }
        }
        let mut is_beside = false;
        let schedule = by_key([&base.schedule, &others.schedule, &mine.schedule], |key, sides| {
            if WORDS.contains(&key) { words(sides, &mut is_beside) } else { listed(sides, &mut is_beside) }
        });
        let after = by_key([&base.after, &others.after, &mine.after], |_, sides| listed(sides, &mut is_beside));
        let joined = Self {
            label: later(&base.label, &others.label, &mine.label),
            place: later(&base.place, &others.place, &mine.place),
            struck: later(&base.struck, &others.struck, &mine.struck),
            schedule,
            after,
        };
        (joined, is_beside)
    }

    /// Makes a point hold this, if it is there.
    pub fn put(&self, txn: &mut TransactionMut, id: &PointId) {
        let now = Self::read(txn, id);
        let Some(point) = point_of(txn, id).filter(|_| now != *self) else { return };
        for (key, is, wanted) in [
            ("label", &now.label, &self.label),
            ("parent", &now.place[0], &self.place[0]),
            ("order", &now.place[1], &self.place[1]),
        ] {
            set(txn, &point, key, is.as_ref(), wanted.as_ref());
        }
        if now.struck != self.struck {
            point.insert(txn, "struck", self.struck);
        }
        if now.schedule == self.schedule && now.after == self.after {
            return;
        }
        let schedule = kept_map(txn, &point, "schedule");
        for key in WORDS.iter().chain(&NUMBERS) {
            set(txn, &schedule, key, now.schedule.get(*key), self.schedule.get(*key));
        }
        let after = kept_map(txn, &schedule, "after");
        for key in now.after.keys().chain(self.after.keys()).collect::<BTreeSet<_>>() {
            set(txn, &after, key, now.after.get(key), self.after.get(key));
        }
    }
}

fn by_key(
    sides: [&BTreeMap<String, Any>; 3],
    mut join: impl FnMut(&str, [Option<&Any>; 3]) -> Option<Any>,
) -> BTreeMap<String, Any> {
    let keys: BTreeSet<&String> = sides.iter().flat_map(|side| side.keys()).collect();
    let joined = keys.into_iter().filter_map(|key| Some((key.clone(), join(key, sides.map(|side| side.get(key)))?)));
    joined.collect()
}

/// Both as words; one that is nothing, or none, is empty.
fn words(sides: [Option<&Any>; 3], is_beside: &mut bool) -> Option<Any> {
    if let Some(alone) = alone(sides) {
        return alone.cloned();
    }
    let [base, others, mine] = sides.map(|side| match side {
        Some(Any::String(text)) => text,
        _ => "",
    });
    let sides = [others, mine];
    let joined = clash::join(base, &sides);
    *is_beside |= joined.clashed;
    Some(joined.text(base, &sides)).filter(|text| !text.is_empty()).map(Any::from)
}

/// Both as a list, of the last values where they are more than may stand side by side.
fn listed(sides: [Option<&Any>; 3], is_beside: &mut bool) -> Option<Any> {
    if let Some(alone) = alone(sides) {
        return alone.cloned();
    }
    let [base, others, mine] = sides.map(values);
    let mut list = others;
    if list.len() > 1 {
        list.retain(|value| !base.contains(value));
    }
    list.extend(mine);
    let mut values: Vec<Any> = Vec::with_capacity(list.len());
    for value in list {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values.drain(..values.len().saturating_sub(limits::ALTERNATIVES_MAX));
    *is_beside |= values.len() > 1;
    match values.len() {
        0 | 1 => values.pop().filter(|value| *value != Any::Null),
        _ => Some(Any::Array(values.into())),
    }
}

/// What stands where the sides do not differ, or only one of them changed it.
fn alone([base, others, mine]: [Option<&Any>; 3]) -> Option<Option<&Any>> {
    if mine == base || mine == others {
        Some(others)
    } else if others == base {
        Some(mine)
    } else {
        None
    }
}

/// The values that stand side by side; one that is nothing is `Null`.
fn values(field: Option<&Any>) -> Vec<Any> {
    match field {
        None => vec![Any::Null],
        Some(Any::Array(values)) => values.to_vec(),
        Some(value) => vec![value.clone()],
    }
}

fn point_of<T: ReadTxn>(txn: &T, point: &PointId) -> Option<MapRef> {
    match txn.get_map(POINTS)?.get(txn, point.as_str()) {
        Some(Out::YMap(point)) => Some(point),
        _ => None,
    }
}

fn map_in<T: ReadTxn>(txn: &T, map: &MapRef, key: &str) -> Option<MapRef> {
    match map.get(txn, key) {
        Some(Out::YMap(map)) => Some(map),
        _ => None,
    }
}

fn kept_map(txn: &mut TransactionMut, map: &MapRef, key: &str) -> MapRef {
    let there = map_in(txn, map, key);
    there.unwrap_or_else(|| map.insert(txn, key, MapPrelim::default()))
}

/// A value, of numbers the same for the same number.
fn value<T: ReadTxn>(txn: &T, map: &MapRef, key: &str) -> Option<Any> {
    match map.get(txn, key)? {
        Out::Any(Any::Null | Any::Undefined) => None,
        Out::Any(Any::Array(values)) => Some(Any::Array(values.iter().map(same).collect())),
        Out::Any(value) => Some(same(&value)),
        _ => None,
    }
}

fn same(value: &Any) -> Any {
    match value {
        Any::Undefined => Any::Null,
        Any::Number(number) => Any::Number(whole(*number).map_or(*number, Number::Int)),
        value => value.clone(),
    }
}

fn set(txn: &mut TransactionMut, map: &MapRef, key: &str, now: Option<&Any>, wanted: Option<&Any>) {
    match wanted {
        _ if now == wanted => {}
        Some(value) => drop(map.insert(txn, key, value.clone())),
        None => drop(map.remove(txn, key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_values_are_listed_than_the_gate_takes_and_the_last_stay() {
        let list = |from: usize| Any::Array((from..from + limits::ALTERNATIVES_MAX).map(|day| Any::from(day as f64)).collect());
        let (others, mine) = (list(0), list(1_000));
        assert_eq!(listed([None, Some(&others), Some(&mine)], &mut false), Some(mine));
    }
}
