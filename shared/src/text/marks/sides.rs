//! What each side of a merge wrote, read from the log.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::{MarkedBy, Unconfirmed};
use crate::{
    id::PointId,
    log::record::{Bracketing, Record},
    text::{
        history::{PastTexts, ReplayError},
        plan::{Change, changes},
    },
};

/// What somebody made of a point: as they left it, having seen nothing of the others, against what all of them had seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// Who, and in which record last.
    #[serde(flatten)]
    pub by: MarkedBy,
    /// What they changed; nothing is left to see of what was undone.
    pub changes: Vec<Change>,
}

/// What was changed apart: which points, in which records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parted {
    /// The points; none is the title.
    pub points: Vec<Option<PointId>>,
    /// The records, or some of them: of each side the last counts.
    pub of: Vec<u64>,
}

impl From<&Unconfirmed> for Parted {
    fn from(mark: &Unconfirmed) -> Self {
        Self { points: vec![mark.point.clone()], of: mark.by.iter().map(|by| by.seq).collect() }
    }
}

impl From<&Bracketing> for Parted {
    fn from(says: &Bracketing) -> Self {
        Self { points: says.points.clone(), of: says.of.clone() }
    }
}

/// The sides of each point of what was changed apart.
pub type Sides = Vec<(Option<PointId>, Vec<Side>)>;

impl Parted {
    /// The last record that all sides had seen, as far as `records` hold them.
    pub fn base(&self, records: &[(u64, Record)]) -> Option<u64> {
        self.of.iter().filter_map(|seq| find(records, *seq)).map(|record| record.seen).min()
    }

    /// The last record of each member in each stay, in order.
    fn last<'r>(&self, records: &'r [(u64, Record)]) -> Vec<(u64, &'r Record)> {
        let mut last = BTreeMap::new();
        let of = self.of.iter().filter_map(|seq| Some((*seq, find(records, *seq)?)));
        // What was put side by side before is of sides that are told themselves.
        for (seq, record) in of.filter(|(_, record)| !record.author.is_engine()) {
            last.insert((record.branch.0, &record.author.party, &record.author.member), (seq, record));
        }
        let mut last: Vec<_> = last.into_values().collect();
        last.sort_by_key(|(seq, _)| *seq);
        last
    }
}

/// What each side wrote of each of `aparts`. `base` is the text at a record that none of them stands before ([`Parted::base`]), `records`
/// what follows on it. Each is folded once for all, and the text read as often as there are sides.
///
/// # Errors
/// [`ReplayError`], if the log cannot be read.
pub fn sides(base: (u64, &[u8]), records: &[(u64, Record)], aparts: &[Parted]) -> Result<Vec<Sides>, ReplayError> {
    let lasts: Vec<_> = aparts.iter().map(|apart| apart.last(records)).collect();
    let bases: Vec<u64> = aparts.iter().map(|apart| apart.base(records).unwrap_or(base.0).max(base.0)).collect();
    let seen = |(seq, record): &(u64, &Record)| if record.branch.is_table() { *seq } else { record.seen };
    let wanted = bases.iter().copied().chain(lasts.iter().flatten().map(seen)).collect();
    let until = lasts.iter().flatten().map(|(seq, _)| *seq).max().unwrap_or_default();
    let at = PastTexts::read(base, records, &wanted, until)?;
    let mut all = Vec::with_capacity(aparts.len());
    for ((apart, lasts), base) in aparts.iter().zip(&lasts).zip(bases) {
        let before = at.outline(base, &[])?;
        let mut sides: Sides = apart.points.iter().map(|point| (point.clone(), Vec::new())).collect();
        for (seq, record) in lasts {
            let own = |(other, one): &&(u64, Record)| one.branch == record.branch && *other > record.seen && other <= seq;
            let after = match record.branch.is_table() {
                true => at.outline(*seq, &[])?,
                false => at.outline(record.seen, &records.iter().filter(own).collect::<Vec<_>>())?,
            };
            let made = changes(&before, &after);
            for (point, sides) in &mut sides {
                // The last of theirs that touched the point.
                let is_theirs = |one: &Record| one.branch == record.branch && one.author == record.author;
                let touches = |seq: &&u64| at.touched(**seq).is_some_and(|touched| touched.is_of(point));
                let theirs = apart.of.iter().filter(|other| *other <= seq && find(records, **other).is_some_and(is_theirs));
                let last = theirs.filter(touches).max().and_then(|last| Some((*last, find(records, *last)?)));
                let (seq, record) = last.unwrap_or((*seq, record));
                let by = MarkedBy { author: record.author.clone(), seq, at_ms: record.at_ms };
                let changes: Vec<Change> = made.iter().filter(|change| change.point == *point).cloned().collect();
                if !changes.is_empty() {
                    sides.push(Side { by, changes });
                }
            }
        }
        all.push(sides);
    }
    Ok(all)
}

fn find(records: &[(u64, Record)], seq: u64) -> Option<&Record> {
    records.binary_search_by_key(&seq, |(seq, _)| *seq).ok().map(|at| &records[at].1)
}
