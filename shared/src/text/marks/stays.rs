//! What was written apart from what, roughly: how far the stays away from the server reach back.

use serde::{Deserialize, Serialize};

use crate::log::record::Branch;

/// 64: as many stays are told apart, 2 KiB. The oldest ones become one, which reaches as far as any of them.
const STAYS_MAX: usize = 64;

/// The stays whose records had not seen all before them, the newest last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stays(Vec<Stay>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Stay {
    /// None: several.
    branch: Option<Branch>,
    /// The last record that all of it had seen.
    seen: u64,
    /// Its last record.
    seq: u64,
}

impl Stays {
    /// Takes note of a record that had not seen all before it.
    pub fn note(&mut self, branch: Branch, seen: u64, seq: u64) {
        let known = self.0.iter().position(|stay| stay.branch == Some(branch)).map(|at| self.0.remove(at));
        self.0.push(Stay { branch: Some(branch), seen: known.map_or(seen, |known| known.seen.min(seen)), seq });
        if self.0.len() > STAYS_MAX {
            let oldest = self.0.remove(0);
            let next = &mut self.0[0];
            *next = Stay { branch: None, seen: oldest.seen.min(next.seen), seq: oldest.seq.max(next.seq) };
        }
    }

    /// Whether another stay may not have seen a record of `branch`.
    pub fn may_have_missed(&self, branch: Branch, seq: u64) -> bool {
        self.0.iter().any(|stay| stay.branch != Some(branch) && stay.seen < seq && seq < stay.seq)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
