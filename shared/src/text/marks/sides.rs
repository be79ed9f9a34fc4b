//! What each side of a merge wrote, read from the log.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use yrs::{ReadTxn as _, StateVector};

use super::told::{MarkedBy, Unconfirmed};
use crate::{
    id::PointId,
    log::record::{Bracketing, Record},
    text::{
        history::{Replay, ReplayError},
        plan::{Change, Outline, changes},
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
        Self { points: vec![mark.point.clone()], of: mark.records().collect() }
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
        for (seq, record) in self.of.iter().filter_map(|seq| Some((*seq, find(records, *seq)?))) {
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
    let mut at = Texts::new(base, records, {
        let seen = |(seq, record): &(u64, &Record)| if record.branch.is_table() { *seq } else { record.seen };
        bases.iter().copied().chain(lasts.iter().flatten().map(seen)).collect()
    })?;
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
            let by = MarkedBy { author: record.author.clone(), seq: *seq, at_ms: record.at_ms };
            for (point, sides) in &mut sides {
                let changes: Vec<Change> = made.iter().filter(|change| change.point == *point).cloned().collect();
                if !changes.is_empty() {
                    sides.push(Side { by: by.clone(), changes });
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

/// The text after some records.
struct Texts(BTreeMap<u64, Vec<u8>>);

impl Texts {
    fn new(base: (u64, &[u8]), records: &[(u64, Record)], wanted: BTreeSet<u64>) -> Result<Self, ReplayError> {
        let mut replay = Replay::from_state(base.0, base.1)?;
        let (mut texts, mut records) = (BTreeMap::new(), records.iter().peekable());
        for seq in wanted {
            while let Some((next, record)) = records.next_if(|(next, _)| *next <= seq) {
                if *next > base.0 {
                    replay.apply(*next, record)?;
                }
            }
            texts.insert(seq, replay.look(|txn| txn.encode_state_as_update_v1(&StateVector::default()))?);
        }
        Ok(Self(texts))
    }

    /// The plan there, with what somebody laid over it.
    fn outline(&mut self, seq: u64, over: &[&(u64, Record)]) -> Result<Outline, ReplayError> {
        let state = self.0.get(&seq).ok_or(ReplayError::Unreadable)?;
        let mut replay = Replay::from_state(seq, state)?;
        for (seq, record) in over.iter().filter(|(_, record)| record.change().is_some()) {
            replay.lay(*seq, record)?;
        }
        replay.outline()
    }
}
