//! Somebody's touch of a point, and how many of them are kept.

use serde::{Deserialize, Serialize};

use super::people::People;
use crate::log::{gate::PointPart, record::Branch};

/// 64: as many last touches of a point are known, 2.5 KiB. Where more have touched it, the oldest are forgotten: who was away since before
/// them is apart from the newer ones all the same.
pub const TOUCHES_MAX: usize = 64;
/// 8: as many of these are of one party, so that who alone makes stay after stay of its own fills 320 bytes of a point and no more, and
/// drives nobody else's out.
pub const TOUCHES_PER_PARTY_MAX: usize = 8;

/// Some of what a point has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts(u8);

impl Parts {
    /// Its words.
    pub const WORDS: Self = Self(1);
    /// What it waits for.
    pub const AFTER: Self = Self(2);
    /// Whether it is struck.
    pub const STRUCK: Self = Self(4);
    /// Its label.
    pub const LABEL: Self = Self(8);
    /// What decides who waits for whom: what it waits for, what it stands below, whether it is struck.
    pub const WAITS: Self = Self(2 | 4 | 16);
    /// What is read with the words above: words, heading, whether it is struck, what it stands below.
    pub const READ: Self = Self(1 | 4 | 16 | 32);

    /// Adds one.
    pub fn add(&mut self, part: PointPart) {
        self.0 |= match part {
            PointPart::Words => 1,
            PointPart::After => 2,
            PointPart::Struck => 4,
            PointPart::Label => 8,
            PointPart::Parent => 16,
            PointPart::Heading => 32,
            PointPart::Rest => 64,
        };
    }

    /// Takes some out.
    pub fn remove(&mut self, parts: Parts) {
        self.0 &= !parts.0;
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether both have one.
    pub fn meet(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Somebody's touch of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// In which stay.
    pub branch: Branch,
    /// Who, by its number.
    pub who: u32,
    /// What of the point.
    pub parts: Parts,
    /// The record.
    pub seq: u64,
    /// The last record that its author had seen.
    pub seen: u64,
    /// When it came.
    pub at_ms: u64,
}

impl Touch {
    /// Whether both are by one member in one stay.
    pub fn is_by(&self, other: &Touch) -> bool {
        (self.branch, self.who) == (other.branch, other.who)
    }

    /// Whether the later of two had not seen the earlier, and they are not of one stay.
    pub fn is_apart_from(&self, other: &Touch) -> bool {
        let (earlier, later) = if self.seq < other.seq { (self, other) } else { (other, self) };
        earlier.seq < later.seq && earlier.seq > later.seen && earlier.branch != later.branch
    }

    /// Whether its author had not seen all before it.
    pub fn is_behind(&self) -> bool {
        self.seen + 1 < self.seq
    }
}

/// Puts a touch among others in the order of the log, in place of the one by the same member in the same stay; no more than
/// `party_max` of them are of one party. Answers whether an older one had to go for it.
pub fn put(touches: &mut Vec<Touch>, touch: Touch, party_max: usize, people: &People) -> bool {
    touches.retain(|one| !one.is_by(&touch));
    let at = touches.partition_point(|one| one.seq < touch.seq);
    touches.insert(at, touch);
    bound(touches, touch.who, party_max, people).is_some_and(|gone| gone.seq != touch.seq)
}

/// Keeps touches within their bounds, to which one by `who` came; answers the one that had to go.
pub fn bound(touches: &mut Vec<Touch>, who: u32, party_max: usize, people: &People) -> Option<Touch> {
    let is_of_party = |one: &Touch| people.are_of_one_party(one.who, who);
    let is_full = touches.len() > party_max && touches.iter().filter(|one| is_of_party(one)).count() > party_max;
    let oldest = if is_full { touches.iter().position(is_of_party) } else { (touches.len() > TOUCHES_MAX).then_some(0) };
    oldest.map(|oldest| touches.remove(oldest))
}
