//! What the gate remembers of a document.
//!
//! Per client some 60 bytes, per run of typing 36, per stretch of equal places and per stretch of deletions 24. Of 260,000 edits by
//! one author, with some 9,000 changes of place, that is 224 KiB, 70 in a snapshot.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use yrs::ClientID;

use super::{
    OrderClaim, Refusal, Span,
    block::{Id, Kind, Shared},
    causal::{self, Kept},
};
use crate::id::PartyId;

/// The kind of place a block stands in: how many shared types are around it, and what it is itself.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(super) struct Place(u16);

impl Place {
    const DEPTH: u16 = 0x1f;
    const IN_MAP: u16 = 0x20;
    const IN_ARRAY: u16 = 0x40;
    const IN_TEXT: u16 = 0x80;
    const ARRAY: u16 = 0x100;
    const MAP: u16 = 0x200;
    const TEXT: u16 = 0x400;
    const HUSK: u16 = 0x800;
    /// A block that stands nowhere: a GC block, or one that becomes one because its neighbour or its parent is one.
    pub const LOST: Place = Place(Place::DEPTH | Place::HUSK);

    /// Directly in a root: whether its sequence is a text or an array, no update says.
    pub fn in_root(has_key: bool) -> Self {
        Place(if has_key { Self::IN_MAP } else { 0 })
    }

    /// Directly in the shared type that stands here; `None` if none can.
    pub fn inside(self, has_key: bool) -> Option<Self> {
        if self.is_lost() {
            return Some(Self::LOST);
        }
        let below = |flags| Some(Place((self.depth() + 1) | flags));
        match self.0 & (Self::ARRAY | Self::MAP | Self::TEXT | Self::HUSK) {
            0 => None,
            _ if has_key => below(Self::IN_MAP),
            Self::ARRAY => below(Self::IN_ARRAY),
            Self::TEXT => below(Self::IN_TEXT),
            Self::MAP => None,
            _ => below(0),
        }
    }

    /// The place of what stands beside it.
    pub fn beside(self) -> Self {
        if self.is_lost() { Self::LOST } else { Place(self.0 & (Self::DEPTH | Self::IN_MAP | Self::IN_ARRAY | Self::IN_TEXT)) }
    }

    /// What stands here, after a block of this kind; `None` if it has no meaning here. yrs panics when it edits a text that
    /// holds other things, and never comes back from reading an array that holds text with a surrogate pair.
    pub fn holding(self, kind: Kind) -> Option<Self> {
        if self.is_lost() && kind != Kind::Gc {
            return Some(self);
        }
        let is_in = |flags| self.0 & flags != 0;
        let own = match kind {
            Kind::Text | Kind::Format if is_in(Self::IN_MAP | Self::IN_ARRAY) => return None,
            Kind::Any | Kind::Type(_) if is_in(Self::IN_TEXT) => return None,
            Kind::Gc | Kind::Deleted => Self::HUSK,
            Kind::Type(Shared::Array) => Self::ARRAY,
            Kind::Type(Shared::Map) => Self::MAP,
            Kind::Type(Shared::Text) => Self::TEXT,
            Kind::Text | Kind::Format | Kind::Any => 0,
        };
        Some(Place(self.0 | own))
    }

    pub fn depth(self) -> u16 {
        self.0 & Self::DEPTH
    }

    pub fn is_lost(self) -> bool {
        self.depth() == Self::DEPTH
    }

    pub fn in_map(self) -> bool {
        !self.is_lost() && self.0 & Self::IN_MAP != 0
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
    /// The place of its last block.
    place: Place,
}

/// What the ledger knows of a client, read at once.
#[derive(Clone, Copy, Default)]
pub(super) struct Known<'l> {
    pub owner: Option<&'l PartyId>,
    pub clock: u32,
    /// The right origin and the place of its last block.
    pub right: Option<Id>,
    pub place: Place,
}

/// The version of what a saved ledger says. Another one is not read: the log is judged again from its beginning.
const SAVED_VERSION: u8 = 1;

/// What the gate must know of a document to judge the next update. It grows with each admitted update and is saved with
/// snapshots.
#[derive(Default, Clone, Serialize, Deserialize)]
pub struct Ledger {
    // The standard hasher: attackers choose client ids.
    clients: HashMap<u64, Client>,
    parties: Vec<PartyId>,
    /// The client of each slot.
    slots: Vec<u64>,
    /// (slot, first clock) -> (clock after the last, place). Blocks in a root's sequence, the default, are not written down.
    places: BTreeMap<(u32, u32), (u32, Place)>,
    /// (slot, first clock) -> the neighbours of a run of blocks of which each continues the one before.
    runs: BTreeMap<(u32, u32), Run>,
    /// (slot, first clock) -> clock after the last; merged, so that a known range lies in one entry.
    deleted: BTreeMap<(u32, u32), u32>,
}

/// A neighbour in the ledger's short names.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Short(u32, u32);

impl Short {
    const NONE: Short = Short(u32::MAX, 0);
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Run {
    origin: Short,
    right: Short,
}

/// What a block was put between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Neighbours {
    pub origin: Option<Id>,
    pub right: Option<Id>,
}

/// What one client's part of an update adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gain {
    pub client: u64,
    pub clock_end: u32,
    pub right: Option<Id>,
    /// First clock of each stretch, and its place.
    pub places: Vec<(u32, Place)>,
    /// First clock of each run, and its neighbours.
    pub runs: Vec<(u32, Neighbours)>,
}

/// The result of a check. It owns a copy of the bytes only where something of them is known already.
#[derive(Debug, Clone)]
pub struct Checked {
    pub(super) gains: Vec<Gain>,
    pub(super) deletions: Vec<Span>,
    pub(super) claims: Vec<OrderClaim>,
    /// The update without what is known, if anything of it is.
    pub(super) cut: Option<Bytes>,
}

impl Checked {
    /// False when every block and every deletion is already known: there is nothing to store or to show.
    pub fn is_new(&self) -> bool {
        !self.gains.is_empty() || !self.deletions.is_empty()
    }

    /// Whether it adds any block; if not, it only deletes, or brings nothing at all.
    pub fn adds_blocks(&self) -> bool {
        !self.gains.is_empty()
    }

    /// Each client of which it adds blocks, and the clock of the first of them.
    pub fn starts(&self) -> impl Iterator<Item = (ClientID, u32)> {
        self.gains.iter().filter_map(|gain| Some((ClientID::new(gain.client), gain.places.first()?.0)))
    }

    /// The client ids under which it adds blocks.
    pub fn clients(&self) -> impl Iterator<Item = u64> {
        self.gains.iter().map(|gain| gain.client)
    }

    /// Whether it adds the same blocks, and says the same of their order.
    pub fn adds_same_blocks(&self, other: &Checked) -> bool {
        self.gains == other.gains && self.claims == other.claims
    }

    /// What is new of the update that was checked: itself, if all of it is. This is what a log holds and others are told: whoever
    /// applies it after the records before it finds no known part in it that could differ from what is known.
    pub fn update(&self, checked: &Bytes) -> Bytes {
        self.cut.as_ref().unwrap_or(checked).clone()
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
        causal::check(self, party, update, Kept::New)
    }

    /// The same for an update that was made away from the document as it is now. What its author deleted while others did so too stays in
    /// what is left of it: what a side wrote is read from its records alone.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn check_apart(&self, party: &PartyId, update: &[u8]) -> Result<Checked, Refusal> {
        causal::check(self, party, update, Kept::All)
    }

    /// Judges the update of a record that a log holds, by the rules under which it was accepted. They are those of [`Self::check`]; rules that
    /// refuse more are for what comes from outside alone.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn check_logged(&self, party: &PartyId, update: &[u8]) -> Result<Checked, Refusal> {
        causal::check(self, party, update, Kept::All)
    }

    /// The ledger as it is saved with snapshots: a version, then what it knows.
    pub fn save(&self) -> Vec<u8> {
        #[expect(clippy::expect_used, reason = "writing plain fields to a Vec cannot fail")]
        postcard::to_extend(self, vec![SAVED_VERSION]).expect("a ledger always encodes")
    }

    /// What [`Self::save`] wrote; `None` if another version did.
    pub fn load(saved: &[u8]) -> Option<Self> {
        let (&version, ledger) = saved.split_first()?;
        if version == SAVED_VERSION { postcard::from_bytes(ledger).ok() } else { None }
    }

    /// Records that a checked update is now part of the document. Call it in order of acceptance, before the next check.
    pub fn admit(&mut self, party: &PartyId, checked: &Checked) {
        for gain in &checked.gains {
            self.gain(party, gain);
        }
        // Only now every client has its short name.
        for gain in &checked.gains {
            self.gain_runs(gain);
        }
        for &Span { client, start, end } in &checked.deletions {
            if let Some(client) = self.clients.get(&client) {
                insert_range(&mut self.deleted, client.slot, start, end);
            }
        }
    }

    fn gain(&mut self, party: &PartyId, gain: &Gain) {
        let (parties, slots) = (&mut self.parties, &mut self.slots);
        let client = self.clients.entry(gain.client).or_insert_with(|| {
            let owner = parties.iter().position(|known| known == party).unwrap_or_else(|| {
                parties.push(party.clone());
                parties.len() - 1
            });
            slots.push(gain.client);
            Client { slot: slots.len() as u32 - 1, clock: 0, owner: owner as u32, right: None, place: Place::default() }
        });
        client.clock = gain.clock_end;
        client.right = gain.right;
        client.place = gain.places.last().map_or(client.place, |last| last.1);
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

    fn gain_runs(&mut self, gain: &Gain) {
        let short = |id: Option<Id>| id.and_then(|id| Some(Short(self.clients.get(&id.0)?.slot, id.1))).unwrap_or(Short::NONE);
        let Some(client) = self.clients.get(&gain.client) else { return };
        for &(start, Neighbours { origin, right }) in &gain.runs {
            self.runs.insert((client.slot, start), Run { origin: short(origin), right: short(right) });
        }
    }

    /// The party that a client id belongs to; the one that used it first.
    pub fn owner(&self, client: u64) -> Option<&PartyId> {
        self.parties.get(self.clients.get(&client)?.owner as usize)
    }

    /// Every client id and the party that it belongs to, in no order.
    pub fn owners(&self) -> impl Iterator<Item = (u64, &PartyId)> {
        self.clients.iter().filter_map(|(id, client)| Some((*id, self.parties.get(client.owner as usize)?)))
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
        self.clients.capacity() * (size_of::<(u64, Client)>() + 1)
            + (self.places.len() + self.deleted.len()) * 24
            + self.runs.len() * 36
            + self.slots.capacity() * 8
    }

    pub(super) fn known(&self, client: u64) -> Known<'_> {
        self.clients.get(&client).map_or_else(Known::default, |client| Known {
            owner: self.parties.get(client.owner as usize),
            clock: client.clock,
            right: client.right,
            place: client.place,
        })
    }

    pub(super) fn place(&self, (client, clock): Id) -> Place {
        let Some(client) = self.clients.get(&client) else { return Place::default() };
        match self.places.range((client.slot, 0)..=(client.slot, clock)).next_back() {
            Some((_, &(end, place))) if clock < end => place,
            _ => Place::default(),
        }
    }

    /// What a known block was put between.
    pub(super) fn neighbours(&self, (client, clock): Id) -> Option<Neighbours> {
        let slot = self.clients.get(&client)?.slot;
        let (&(_, start), run) = self.runs.range((slot, 0)..=(slot, clock)).next_back()?;
        let long = |Short(slot, clock)| self.slots.get(slot as usize).map(|&client| (client, clock));
        Some(Neighbours {
            origin: if clock > start { Some((client, clock - 1)) } else { long(run.origin) },
            right: long(run.right),
        })
    }

    /// Pushes the parts of a range that are not known to be deleted, the last first; answers whether anything was left out.
    pub(super) fn push_alive(&self, Span { client, start, end }: Span, alive: &mut Vec<Span>) -> bool {
        let mut rest = end;
        if let Some(&Client { slot, .. }) = self.clients.get(&client) {
            let known = self.deleted.range((slot, 0)..(slot, end)).rev().take_while(|&(_, &known_end)| known_end > start);
            for (&(_, known_start), &known_end) in known {
                if known_end < rest {
                    alive.push(Span { client, start: known_end, end: rest });
                }
                rest = known_start;
            }
        }
        if start < rest {
            alive.push(Span { client, start, end: rest });
        }
        rest != end
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
