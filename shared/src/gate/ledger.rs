//! What the gate remembers of a document.
//!
//! Per client 48 bytes; per stretch of equal places and per stretch of deletions 16. Of 260,000 edits that is some 100 KiB.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::{OrderClaim, Refusal, block::Id, causal};
use crate::id::PartyId;

/// The kind of place a block stands in, in one byte: how many shared types are around it, and what it is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(super) struct Place(u8);

impl Place {
    const DEPTH: u8 = 0x1f;
    const MAP: u8 = 0x20;
    const TYPE: u8 = 0x40;
    const HUSK: u8 = 0x80;
    /// A block that stands nowhere: a GC block, or one that becomes one because its neighbour or its parent is one.
    pub const LOST: Place = Place(Place::DEPTH | Place::HUSK);

    /// Below `depth` shared types, as an entry of a map or in a sequence.
    pub fn new(depth: u8, in_map: bool) -> Self {
        Place(depth | if in_map { Self::MAP } else { 0 })
    }
    pub fn depth(self) -> u8 {
        self.0 & Self::DEPTH
    }
    pub fn is_lost(self) -> bool {
        self.depth() == Self::DEPTH
    }
    pub fn in_map(self) -> bool {
        self.0 & Self::MAP != 0
    }
    /// A neighbour's place, without what the neighbour itself is.
    pub fn beside(self) -> Self {
        if self.is_lost() { Self::LOST } else { Place(self.0 & (Self::DEPTH | Self::MAP)) }
    }
    pub fn of_type(self) -> Self {
        Place(self.0 | Self::TYPE)
    }
    /// Sent as a GC or deleted block: it may have been a shared type.
    pub fn of_husk(self) -> Self {
        Place(self.0 | Self::HUSK)
    }
    pub fn can_be_parent(self) -> bool {
        self.0 & (Self::TYPE | Self::HUSK) != 0
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Client {
    /// A short name for the client, in the keys below.
    slot: u32,
    /// The clock after its last block.
    clock: u32,
    /// Index into the parties.
    owner: u32,
    /// The right origin of its last block.
    right: Option<Id>,
}

/// What the gate must know of a document to judge the next update. It grows with each admitted update and is saved with
/// snapshots.
#[derive(Default, Clone, Serialize, Deserialize)]
pub struct Ledger {
    // The standard hasher: attackers choose client ids.
    clients: HashMap<u64, Client>,
    parties: Vec<PartyId>,
    /// (slot, first clock) -> (clock after the last, place). Blocks in a root's sequence, the default, are not written down.
    places: BTreeMap<(u32, u32), (u32, Place)>,
    /// (slot, first clock) -> clock after the last; merged, so that a known range lies in one entry.
    deleted: BTreeMap<(u32, u32), u32>,
}

/// What one client's part of an update adds.
#[derive(Debug, Clone)]
pub(super) struct Gain {
    pub client: u64,
    pub clock_end: u32,
    pub right: Option<Id>,
    /// First clock of each stretch, and its place.
    pub places: Vec<(u32, Place)>,
}

/// The result of a check. It owns no copy of the bytes.
#[derive(Debug, Clone)]
pub struct Checked {
    pub(super) gains: Vec<Gain>,
    pub(super) deletions: Vec<(u64, u32, u32)>,
    pub(super) claims: Vec<OrderClaim>,
}

impl Checked {
    /// False when every block and every deletion is already known: there is nothing to store or to show.
    pub fn is_new(&self) -> bool {
        !self.gains.is_empty() || !self.deletions.is_empty()
    }

    /// What the update says about the order of blocks, to be verified once it is applied.
    pub fn order_claims(&self) -> &[OrderClaim] {
        &self.claims
    }
}

impl Ledger {
    /// Judges `update` (Yjs update V1) sent by `party`. The ledger does not change.
    ///
    /// # Errors
    /// See [`Refusal`]. Of these, [`Refusal::Missing`] may come from an honest client that speaks too early.
    pub fn check(&self, party: &PartyId, update: &[u8]) -> Result<Checked, Refusal> {
        causal::check(self, party, update)
    }

    /// Records that a checked update is now part of the document. Call it in order of acceptance, before the next check.
    pub fn admit(&mut self, party: &PartyId, checked: &Checked) {
        for gain in &checked.gains {
            self.gain(party, gain);
        }
        for &(client, start, end) in &checked.deletions {
            if let Some(client) = self.clients.get(&client) {
                insert_range(&mut self.deleted, client.slot, start, end);
            }
        }
    }

    fn gain(&mut self, party: &PartyId, gain: &Gain) {
        let parties = &mut self.parties;
        let slot = self.clients.len() as u32;
        let client = self.clients.entry(gain.client).or_insert_with(|| {
            let owner = parties.iter().position(|known| known == party).unwrap_or_else(|| {
                parties.push(party.clone());
                parties.len() - 1
            });
            Client { slot, clock: 0, owner: owner as u32, right: None }
        });
        client.clock = gain.clock_end;
        client.right = gain.right;
        let slot = client.slot;
        for (n, &(start, place)) in gain.places.iter().enumerate() {
            let end = gain.places.get(n + 1).map_or(gain.clock_end, |next| next.0);
            if place == Place::default() {
                continue;
            }
            match self.places.range_mut((slot, 0)..(slot, start)).next_back() {
                Some((_, last)) if *last == (start, place) => last.0 = end,
                _ => {
                    self.places.insert((slot, start), (end, place));
                }
            }
        }
    }

    /// The party that a client id belongs to; the one that used it first.
    pub fn owner(&self, client: u64) -> Option<&PartyId> {
        self.parties.get(self.clients.get(&client)?.owner as usize)
    }

    /// The clock after a client's last block; 0 for one that has none.
    pub fn clock(&self, client: u64) -> u32 {
        self.clients.get(&client).map_or(0, |client| client.clock)
    }

    /// How many client ids the document has.
    pub fn clients(&self) -> usize {
        self.clients.len()
    }

    /// Bytes that the ledger takes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        // A B-tree is between half full and full; a hash table has one byte of its own per place.
        self.clients.capacity() * (size_of::<(u64, Client)>() + 1) + (self.places.len() + self.deleted.len()) * 24
    }

    pub(super) fn last_right(&self, client: u64) -> Option<Id> {
        self.clients.get(&client)?.right
    }

    pub(super) fn place(&self, (client, clock): Id) -> Place {
        let Some(client) = self.clients.get(&client) else { return Place::default() };
        match self.places.range((client.slot, 0)..=(client.slot, clock)).next_back() {
            Some((_, &(end, place))) if clock < end => place,
            _ => Place::default(),
        }
    }

    pub(super) fn is_deleted(&self, client: u64, start: u32, end: u32) -> bool {
        let Some(client) = self.clients.get(&client) else { return false };
        let before = self.deleted.range((client.slot, 0)..=(client.slot, start)).next_back();
        before.is_some_and(|(_, &known_end)| end <= known_end)
    }
}

fn insert_range(ranges: &mut BTreeMap<(u32, u32), u32>, slot: u32, mut start: u32, mut end: u32) {
    if let Some((&key, &before_end)) = ranges.range((slot, 0)..=(slot, start)).next_back()
        && before_end >= start
    {
        if before_end >= end {
            return;
        }
        start = key.1;
    }
    while let Some((&key, &next_end)) = ranges.range((slot, start)..=(slot, end)).next() {
        ranges.remove(&key);
        end = end.max(next_end);
    }
    ranges.insert((slot, start), end);
}
