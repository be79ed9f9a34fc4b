//! Which blocks hold the values of a plan's points.
//!
//! Whatever is set under one key of a map hangs below what it replaces. None of these blocks names a right neighbour, so among those that
//! replace the same one, the one of the highest client stands last, and the last of all holds the value: the gate
//! and both CRDTs agree about it without the document.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{place::Place, schema::Spot};

/// A key of a map: which one, and what stands below it. Of a point the number of its id, of what stands in it its row.
pub(super) type Field = (u32, Spot);

/// A block in the ledger's short names.
pub(super) type ShortId = (u32, u32);

/// What a ledger knows of the points of a plan.
#[derive(Default, Clone, Serialize, Deserialize)]
pub(super) struct Rows {
    /// The number of each point's id.
    numbers: HashMap<Box<str>, u32>,
    /// Of each row, counted from 1, what stands above it: of a point's the number of its id, of a schedule's the row of its point.
    above: Vec<u32>,
    /// The last block of each field that is watched.
    last: BTreeMap<Field, ShortId>,
    /// How many of the ids a point stands under.
    points: u32,
    /// Keys in `meta`.
    meta: HashSet<Box<str>>,
}

/// What an update adds to that.
#[derive(Clone, Debug, Default)]
pub(super) struct RowsGain {
    /// Points that are new.
    pub points: u32,
    pub ids: Vec<Box<str>>,
    pub above: Vec<u32>,
    pub last: Vec<(Field, super::block::Id)>,
    pub meta: Vec<Box<str>>,
}

impl Rows {
    pub fn number(&self, id: &str) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    /// How many ids of points there are.
    pub fn numbers(&self) -> u32 {
        self.numbers.len() as u32
    }

    /// The id with this number. It is looked for among all.
    pub fn id(&self, number: u32) -> Option<&str> {
        self.numbers.iter().find(|(_, known)| **known == number).map(|(id, _)| &**id)
    }

    /// The ids of points and their numbers, in no order.
    pub fn ids(&self) -> impl Iterator<Item = (&str, u32)> {
        self.numbers.iter().map(|(id, number)| (&**id, *number))
    }

    /// The number of the last row.
    pub fn rows(&self) -> u32 {
        self.above.len() as u32
    }

    pub fn above(&self, row: u32) -> Option<u32> {
        self.above.get(row.checked_sub(1)? as usize).copied()
    }

    pub fn last(&self, field: Field) -> Option<ShortId> {
        self.last.get(&field).copied()
    }

    pub fn has_meta(&self, key: &str) -> bool {
        self.meta.contains(key)
    }

    pub fn metas(&self) -> u32 {
        self.meta.len() as u32
    }

    pub fn points(&self) -> u32 {
        self.points
    }

    /// `short` names a block in the ledger's short names.
    pub fn gain(&mut self, gain: &RowsGain, short: impl Fn(super::block::Id) -> Option<ShortId>) {
        for id in &gain.ids {
            let number = self.numbers();
            self.numbers.insert(id.clone(), number);
        }
        self.points += gain.points;
        self.above.extend(&gain.above);
        self.meta.extend(gain.meta.iter().cloned());
        self.last.extend(gain.last.iter().filter_map(|&(field, id)| Some((field, short(id)?))));
    }
}

/// The field that a block sets which stands here, if it is one that is watched; `above` tells what stands above a row.
pub(super) fn field(place: Place, above: impl Fn(u32) -> u32) -> Option<Field> {
    let Place { spot, row, .. } = place;
    match spot {
        _ if !place.in_map() => None,
        _ if spot.has_rows() => Some((above(row), spot)),
        _ if spot.stays() || spot.stays_set() => Some((row, spot)),
        _ => None,
    }
}
