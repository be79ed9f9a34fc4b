//! What is known of one point: who touched it last, and of what it was merged.

use serde::{Deserialize, Serialize};

use super::{
    people::People,
    stays::Stays,
    touch::{Parts, TOUCHES_PER_PARTY_MAX, Touch, bound, put},
};

/// 4: as many of the records that a mark is of are one party's; of the others it is known how many they are.
const MERGED_PER_PARTY_MAX: usize = 4;

/// A point, or the title.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KnownPoint {
    /// The last touch of each part by each member in each stay, and those before it that another stay may not have seen.
    pub touches: Vec<Touch>,
    /// Of what it was merged.
    pub merged: Option<MergedOf>,
    /// Whoever confirmed it last had seen the log up to here.
    pub confirmed: u64,
}

/// Of what a point was merged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MergedOf {
    /// The last record of each member in each stay, in order.
    pub of: Vec<Touch>,
    /// How many more there were.
    pub more: usize,
    /// Nobody was away: they typed into one word at the same time.
    pub at_once: bool,
    /// The last record that all had seen.
    pub base: u64,
    /// The record that puts side by side what they wrote.
    pub bracketed: Option<u64>,
    /// The last record that it is of.
    pub seq: u64,
    /// When that came.
    pub at_ms: u64,
}

impl KnownPoint {
    /// Takes note of a touch, and of what stood in its way.
    pub fn touch(&mut self, touch: Touch, stays: &Stays, people: &People) {
        if self.touches.iter().any(|one| one.is_apart_from(&touch)) {
            let apart: Vec<Touch> = self.touches.iter().copied().filter(|one| one.is_apart_from(&touch)).collect();
            self.merge(&apart, touch, people).at_once = false;
        }
        for one in self.touches.iter_mut().filter(|one| one.is_by(&touch)) {
            // What another stay missed stays known, and so does who missed more than now.
            let is_needed = stays.may_have_missed(one.branch, one.seq) || (one.is_behind() && one.seen < touch.seen);
            if !is_needed {
                one.parts.remove(touch.parts);
            }
        }
        self.touches.retain(|one| !one.parts.is_empty());
        self.touches.push(touch);
        bound(&mut self.touches, touch.who, TOUCHES_PER_PARTY_MAX, people);
    }

    /// Takes note that its last touch was typed into a word into which these members just had typed.
    pub fn meet(&mut self, others: &[u32], people: &People) {
        let Some(touch) = self.touches.last().copied() else { return };
        let typed = |one: &&Touch| one.branch == touch.branch && one.parts.meet(Parts::WORDS) && others.contains(&one.who);
        let met: Vec<Touch> = self.touches.iter().filter(typed).copied().collect();
        let was_merged = self.merged.is_some();
        let merged = self.merge(&met, touch, people);
        merged.at_once |= !was_merged;
    }

    fn merge(&mut self, others: &[Touch], touch: Touch, people: &People) -> &mut MergedOf {
        let merged = self.merged.get_or_insert_with(|| MergedOf { base: touch.seen, ..MergedOf::default() });
        for one in others.iter().chain([&touch]) {
            merged.base = merged.base.min(one.seen);
            merged.more += usize::from(put(&mut merged.of, *one, MERGED_PER_PARTY_MAX, people));
        }
        (merged.seq, merged.at_ms) = (touch.seq, touch.at_ms);
        merged
    }

    /// Takes note that records of it were put side by side.
    pub fn bracket(&mut self, of: &[u64], (seq, at_ms): (u64, u64)) {
        let merged = self.merged.get_or_insert_with(|| {
            let of: Vec<Touch> = self.touches.iter().filter(|touch| of.contains(&touch.seq)).copied().collect();
            MergedOf { base: of.iter().map(|touch| touch.seen).min().unwrap_or_default(), of, ..MergedOf::default() }
        });
        (merged.bracketed, merged.seq, merged.at_ms) = (Some(seq), seq, at_ms);
    }

    /// Takes note that somebody confirmed it who had seen so much.
    pub fn confirm(&mut self, seen: u64) {
        self.merged.take_if(|merged| merged.seq <= seen);
        self.confirmed = self.confirmed.max(seen);
    }
}
