//! Plans as they once stood, in memory: whoever needs one at an older record folds the log from the nearest of these, not from its
//! beginning.
//!
//! A room that saves a snapshot leaves it here, too: the store keeps the newest alone. Where there is none the log is folded from its
//! beginning, as after a start; all that is lost with these is time.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use plenary_shared::{id::DocAddress, limits};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::store::Seq;

/// Copies of plans ([`crate::room::document::Document::copy`]), each at one of its records.
#[derive(Default)]
pub struct Waypoints(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    plans: HashMap<DocAddress, Plan>,
    bytes: usize,
    /// Counts what is asked and left, so that it is known what was used last.
    turn: u64,
}

#[derive(Default)]
struct Plan {
    copies: BTreeMap<Seq, Bytes>,
    used: u64,
}

impl Waypoints {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a copy of a plan as it stands at a record; of those that were used longest ago as many go as it takes.
    pub fn keep(&self, address: &DocAddress, seq: Seq, copy: Bytes) {
        if !matches!(address, DocAddress::Plan(..)) || copy.len() > limits::WAYPOINTS_BYTES_MAX {
            return;
        }
        let mut kept = self.kept();
        kept.turn += 1;
        let (turn, added) = (kept.turn, copy.len());
        let plan = kept.plans.entry(address.clone()).or_default();
        plan.used = turn;
        let mut gone = plan.copies.insert(seq, copy).map_or(0, |copy| copy.len());
        if plan.copies.len() > limits::WAYPOINTS_PER_PLAN_MAX {
            gone += plan.thin_out();
        }
        kept.bytes = (kept.bytes + added).saturating_sub(gone);
        while kept.bytes > limits::WAYPOINTS_BYTES_MAX
            && let Some(first) = kept.plans.iter().min_by_key(|(_, plan)| plan.used).map(|(address, _)| address.clone())
        {
            let is_last = first == *address;
            let gone = match kept.plans.get_mut(&first) {
                Some(plan) if is_last => plan.thin_out(),
                _ => kept.plans.remove(&first).map_or(0, |plan| plan.bytes()),
            };
            kept.bytes = kept.bytes.saturating_sub(gone);
        }
    }

    /// The last copy of a plan at this record or before it.
    pub fn nearest(&self, address: &DocAddress, at: Seq) -> Option<(Seq, Bytes)> {
        let mut kept = self.kept();
        kept.turn += 1;
        let turn = kept.turn;
        let plan = kept.plans.get_mut(address)?;
        plan.used = turn;
        plan.copies.range(..=at).next_back().map(|(seq, copy)| (*seq, copy.clone()))
    }

    /// What was known of a plan is not so: a record of it was found unusable.
    pub fn forget(&self, address: &DocAddress) {
        let mut kept = self.kept();
        let gone = kept.plans.remove(address).map_or(0, |plan| plan.bytes());
        kept.bytes = kept.bytes.saturating_sub(gone);
    }
}

impl Plan {
    fn bytes(&self) -> usize {
        self.copies.values().map(Bytes::len).sum()
    }

    /// Gives up the one without which the way between its neighbours is shortest, never the last; answers its bytes.
    fn thin_out(&mut self) -> usize {
        let places: Vec<Seq> = [0].into_iter().chain(self.copies.keys().copied()).collect();
        let between = places.windows(3).min_by_key(|near| near[2] - near[0]).map(|near| near[1]);
        let goes = between.or_else(|| self.copies.keys().next().copied());
        goes.and_then(|seq| self.copies.remove(&seq)).map_or(0, |copy| copy.len())
    }
}
