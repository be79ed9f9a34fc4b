//! A file on the disk in memory.

use super::dice::Dice;

/// What a disk writes all or nothing of.
const SECTOR: usize = 512;

/// A change of a file.
pub(super) enum Change {
    Write(usize, Vec<u8>),
    SetLen(usize),
}

/// What is in the file, what would survive a power cut for certain, and the changes between the two.
#[derive(Default)]
pub(super) struct Held {
    pub(super) live: Vec<u8>,
    pub(super) durable: Vec<u8>,
    pub(super) pending: Vec<Change>,
}

impl Held {
    /// Makes a change that is not durable yet.
    pub(super) fn apply(&mut self, change: Change) {
        match &change {
            Change::Write(offset, bytes) => {
                let end = offset + bytes.len();
                self.live.resize(self.live.len().max(end), 0);
                self.live[*offset..end].copy_from_slice(bytes);
            }
            Change::SetLen(length) => self.live.resize(*length, 0),
        }
        self.pending.push(change);
    }

    /// Makes what is pending durable. After a sync that failed, the system takes what was written for written: it can be read, and no
    /// later sync makes it durable.
    pub(super) fn sync(&mut self, succeeds: bool) {
        for change in self.pending.drain(..) {
            match change {
                Change::SetLen(length) => self.durable.resize(length, 0),
                Change::Write(offset, bytes) if succeeds => {
                    let end = offset + bytes.len();
                    self.durable.resize(self.durable.len().max(end), 0);
                    self.durable[offset..end].copy_from_slice(&bytes);
                }
                Change::Write(..) => {}
            }
        }
    }

    /// What is left when the power goes now.
    pub(super) fn survivors(&self, dice: &mut Dice) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        // All, nothing, or as it comes.
        let way = dice.below(3);
        let keeps = |dice: &mut Dice| way == 0 || (way == 1 && dice.one_in(2));
        for change in &self.pending {
            match change {
                Change::SetLen(length) if keeps(dice) => bytes.resize(*length, 0),
                Change::SetLen(_) => {}
                Change::Write(offset, written) => {
                    let mut at = *offset;
                    while at < offset + written.len() {
                        let until = (at / SECTOR * SECTOR + SECTOR).min(offset + written.len());
                        if keeps(dice) {
                            bytes.resize(bytes.len().max(until), 0);
                            bytes[at..until].copy_from_slice(&written[at - offset..until - offset]);
                        }
                        at = until;
                    }
                }
            }
        }
        // The length may be newer than the bytes.
        if dice.one_in(4) && bytes.len() < self.live.len() {
            bytes.resize(self.live.len(), 0);
        }
        bytes
    }
}
