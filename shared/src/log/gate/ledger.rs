//! What the gate remembers of a document.
//!
//! Per client some 70 bytes, per run of typing 36, per stretch of equal places 28, per stretch of deletions 24, per point some 200. Of
//! 260,000 edits by one author, with some 9,000 changes of place, that is 224 KiB, 70 in a snapshot.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::{
    Span,
    block::Id,
    checked::{Checked, Gain},
    place::{Neighbours, Place},
    rows::{Rows, ShortId},
};
use crate::{
    id::PartyId,
    log::record::{Copied, Record, RecordKind},
    people::ENGINE,
};

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

/// The owner of a client id of which it is not known.
const NOBODY: u32 = u32::MAX;

/// What the ledger knows of a client, read at once.
#[derive(Clone, Copy, Default)]
pub(super) struct Known<'l> {
    pub owner: Option<&'l PartyId>,
    pub clock: u32,
    /// The right origin and the place of its last block.
    pub right: Option<Id>,
    pub place: Place,
}

/// The version of what is saved of a ledger, and beside it. Another one is not read: the log is judged again from its beginning.
const SAVED_VERSION: u8 = 7;

/// What a party has of what all parties share.
#[derive(Clone, Serialize, Deserialize)]
struct Held {
    party: PartyId,
    /// Client ids.
    clients: u32,
    /// Points that it added.
    points: u32,
}

/// What the gate must know of a document to judge the next update. It grows with each admitted update and is saved with
/// snapshots.
#[derive(Default, Clone, Serialize, Deserialize)]
pub struct Ledger {
    // The standard hasher: attackers choose client ids.
    clients: HashMap<u64, Client>,
    parties: Vec<Held>,
    /// The client of each slot.
    slots: Vec<u64>,
    /// (slot, first clock) -> (clock after the last, place). Blocks in a root's sequence, the default, are not written down.
    places: BTreeMap<(u32, u32), (u32, Place)>,
    /// (slot, first clock) -> the neighbours of a run of blocks of which each continues the one before.
    runs: BTreeMap<(u32, u32), Run>,
    /// (slot, first clock) -> clock after the last; merged, so that a known range lies in one entry.
    deleted: BTreeMap<(u32, u32), u32>,
    /// (slot, clock) of a mark that the server set -> whose alternative it begins, as indices into the parties.
    marks: BTreeMap<(u32, u32), Vec<u32>>,
    /// What is known of a plan's points.
    pub(super) rows: Rows,
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

impl Ledger {
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

    /// Whether another version wrote it.
    pub fn is_of_another_version(saved: &[u8]) -> bool {
        saved.first().is_some_and(|&version| version != SAVED_VERSION)
    }

    /// Records that a checked update is now part of the document. Call it in order of acceptance, before the next check.
    pub fn admit(&mut self, party: &PartyId, checked: &Checked) {
        self.admit_of(Some(party), checked);
    }

    /// The same for what [`Self::check_state`] let in. Its client ids are nobody's until a party goes on under them.
    pub fn admit_state(&mut self, checked: &Checked) {
        self.admit_of(None, checked);
    }

    fn admit_of(&mut self, party: Option<&PartyId>, checked: &Checked) {
        for gain in &checked.gains {
            self.gain(party, gain);
        }
        // Only now every client has its short name.
        for gain in &checked.gains {
            self.gain_runs(gain);
        }
        if let Some(held) = self.parties.iter_mut().find(|held| Some(&held.party) == party) {
            held.points += checked.rows.points;
        }
        let (rows, clients) = (&mut self.rows, &self.clients);
        rows.gain(&checked.rows, |(client, clock)| Some((clients.get(&client)?.slot, clock)));
        for &Span { client, start, end } in &checked.deletions {
            if let Some(client) = self.clients.get(&client) {
                insert_range(&mut self.deleted, client.slot, start, end);
            }
        }
    }

    fn gain(&mut self, party: Option<&PartyId>, gain: &Gain) {
        let (parties, slots) = (&mut self.parties, &mut self.slots);
        let client = self.clients.entry(gain.client).or_insert_with(|| {
            slots.push(gain.client);
            Client { slot: slots.len() as u32 - 1, clock: 0, owner: NOBODY, right: None, place: Place::default() }
        });
        if let (NOBODY, Some(party)) = (client.owner, party) {
            let known = parties.iter().position(|known| known.party == *party);
            let owner = known.unwrap_or_else(|| {
                parties.push(Held { party: party.clone(), clients: 0, points: 0 });
                parties.len() - 1
            });
            parties[owner].clients += 1;
            client.owner = owner as u32;
        }
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

    /// Takes note of whose alternatives begin with the marks that a record set whose update was checked and admitted.
    pub fn note(&mut self, record: &Record, checked: &Checked) {
        let (RecordKind::Bracketing(says), [gain]) = (&record.kind, &checked.gains[..]) else { return };
        let Some(slot) = self.clients.get(&gain.client).map(|client| client.slot) else { return };
        for Copied { clock, client, from, .. } in &says.marks {
            let Some(known) = self.clients.get(client) else { continue };
            let is_the_servers = self.parties.get(known.owner as usize).is_some_and(|held| held.party.as_str() == ENGINE);
            let whose = match is_the_servers {
                true => self.marks.get(&(known.slot, *from)).cloned().unwrap_or_default(),
                false => vec![known.owner],
            };
            let mark = self.marks.entry((slot, *clock)).or_default();
            mark.extend(whose.into_iter().filter(|party| *party != NOBODY));
            mark.sort_unstable();
            mark.dedup();
        }
    }

    /// Whose alternatives begin with marks that the server set: the mark's client id, its clock, and a party, in no order.
    pub fn marks(&self) -> impl Iterator<Item = (u64, u32, &PartyId)> {
        self.marks.iter().flat_map(|((slot, clock), parties)| {
            let client = self.slots.get(*slot as usize);
            let parties = parties.iter().filter_map(|party| self.parties.get(*party as usize));
            client.into_iter().flat_map(move |client| parties.clone().map(|held| (*client, *clock, &held.party)))
        })
    }

    /// Whether words were ever put side by side here.
    pub fn has_marks(&self) -> bool {
        !self.marks.is_empty()
    }

    /// Whether what was typed under a client id is the server's.
    pub fn is_the_servers(&self, client: u64) -> bool {
        self.owner(client).is_some_and(|party| party.as_str() == ENGINE)
    }

    /// The party that a client id belongs to; the one that used it first.
    pub fn owner(&self, client: u64) -> Option<&PartyId> {
        self.parties.get(self.clients.get(&client)?.owner as usize).map(|held| &held.party)
    }

    /// Every client id and the party that it belongs to, in no order.
    pub fn owners(&self) -> impl Iterator<Item = (u64, &PartyId)> {
        self.clients.iter().filter_map(|(id, client)| Some((*id, &self.parties.get(client.owner as usize)?.party)))
    }

    /// Each client and the clock after its last block, in no order.
    pub fn reach(&self) -> impl Iterator<Item = (u64, u32)> {
        self.clients.iter().map(|(id, client)| (*id, client.clock))
    }

    /// All that is deleted, in no order.
    pub fn deleted(&self) -> impl Iterator<Item = Span> {
        let long = |slot: u32| self.slots.get(slot as usize).copied();
        self.deleted.iter().filter_map(move |(&(slot, start), &end)| Some(Span { client: long(slot)?, start, end }))
    }

    /// The clock after a client's last block; 0 for one that has none.
    pub fn clock(&self, client: u64) -> u32 {
        self.clients.get(&client).map_or(0, |client| client.clock)
    }

    /// How many client ids the document has.
    pub fn clients(&self) -> usize {
        self.clients.len()
    }

    /// How many client ids a party has, and how many points it added.
    pub(super) fn held(&self, party: &PartyId) -> (usize, usize) {
        let held = self.parties.iter().find(|held| held.party == *party);
        held.map_or((0, 0), |held| (held.clients as usize, held.points as usize))
    }

    pub(super) fn known(&self, client: u64) -> Known<'_> {
        self.clients.get(&client).map_or_else(Known::default, |client| Known {
            owner: self.parties.get(client.owner as usize).map(|held| &held.party),
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

    /// Calls `f` with the parts of a known range that do not stand in a root's sequence, and their places.
    pub(super) fn each_place(&self, Span { client, start, end }: Span, f: &mut impl FnMut(Span, Place)) {
        let Some(&Client { slot, .. }) = self.clients.get(&client) else { return };
        let first = self.places.range((slot, 0)..=(slot, start)).next_back().map_or(start, |(&(_, first), _)| first);
        for (&(_, first), &(last, place)) in self.places.range((slot, first)..(slot, end)) {
            let (start, end) = (first.max(start), last.min(end));
            if start < end {
                f(Span { client, start, end }, place);
            }
        }
    }

    pub(super) fn is_deleted(&self, (client, clock): Id) -> bool {
        let Some(&Client { slot, .. }) = self.clients.get(&client) else { return false };
        self.deleted.range((slot, 0)..=(slot, clock)).next_back().is_some_and(|(_, &end)| clock < end)
    }

    /// The block that a short name names.
    pub(super) fn long(&self, (slot, clock): ShortId) -> Option<Id> {
        self.slots.get(slot as usize).map(|&client| (client, clock))
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
