//! Which blocks were ever put into which shared type.
//!
//! The encoded state is read in one pass. A block that does not say where it stands takes its place from its left neighbour or,
//! where that one was collected or is missing, from its right one; either may be in a part that comes later, so places are
//! settled afterwards, each once. Deleted blocks count like others; collected ones stand nowhere.
//!
//! While a transaction is open nothing of its document is collected, so what was counted stays true, and a census of it is kept by
//! counting what is new: [`RunningCensus`].

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::Arc,
};

use yrs::{BranchID, ClientID, ID};

use crate::limits;

use super::{
    block::{Block, Id, Kind, Parent},
    bytes::Reader,
    refusal::Refusal,
};

/// Consecutive units of one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Who made them.
    pub client: u64,
    /// The first clock.
    pub start: u32,
    /// The clock after the last.
    pub end: u32,
}

/// All that was ever put into a shared type, deleted or not. Spans are sorted and do not touch, so that replicas which cut their
/// blocks differently have the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// What was put in without a key: the items of a text or an array.
    pub sequence: Vec<Span>,
    /// What was put in under each key: the entries of a map, overwritten ones included.
    pub entries: BTreeMap<Arc<str>, Vec<Span>>,
}

/// The contents of every shared type of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    types: BTreeMap<BranchID, Contents>,
}

impl Census {
    /// What was ever put into this type; `None` if nothing was.
    pub fn contents(&self, of: &BranchID) -> Option<&Contents> {
        self.types.get(of)
    }

    /// All types that something was put into.
    #[cfg(test)]
    pub(crate) fn types(&self) -> impl Iterator<Item = (&BranchID, &Contents)> {
        self.types.iter()
    }

    fn add(&mut self, (of, key): Name, spans: &[Span]) {
        let contents = self.types.entry(of).or_default();
        let there = match key {
            None => &mut contents.sequence,
            Some(key) => contents.entries.entry(key).or_default(),
        };
        for new in spans {
            // All that is there of this client is older.
            let at = there.partition_point(|span| span.client <= new.client);
            match at.checked_sub(1).and_then(|last| there.get_mut(last)) {
                Some(last) if last.client == new.client && last.end == new.start => last.end = new.end,
                _ => there.insert(at, *new),
            }
        }
    }
}

/// The census of a document in an open transaction, brought up to date as it is written.
#[derive(Debug, Default)]
pub struct RunningCensus {
    census: Census,
    /// Where each span stands that was counted at once, by its first unit: its end, and the place.
    stands: BTreeMap<Id, (u32, Name)>,
}

impl RunningCensus {
    /// The census of all that was counted.
    pub fn census(&self) -> &Census {
        &self.census
    }

    /// Counts what the document holds beyond what was counted, given as an encoded difference (Yjs update V1). Time grows with that.
    ///
    /// # Errors
    /// As [`census`]; nothing was counted then.
    pub fn extend(&mut self, difference: &[u8]) -> Result<(), Refusal> {
        let mut blocks = Blocks::read(&mut Reader::new(difference))?;
        blocks.settle(|id| self.place(id));
        for (name, spans) in blocks.gather() {
            for span in &spans {
                self.stands.insert((span.client, span.start), (span.end, name.clone()));
            }
            self.census.add(name, &spans);
        }
        Ok(())
    }

    /// Where a unit stands; `None` for nowhere, or if it was not counted.
    fn place(&self, id: Id) -> Option<Place<'_>> {
        let (start, (end, (of, key))) = self.stands.range(..=id).next_back()?;
        let parent = match of {
            BranchID::Root(name) => Parent::Root(name),
            BranchID::Nested(item) => Parent::Item((item.client.get(), item.clock)),
        };
        (start.0 == id.0 && id.1 < *end).then_some((parent, key.as_deref()))
    }
}

/// Takes the census of a document, given its whole encoded state (Yjs update V1). Time and memory grow with the bytes.
///
/// # Errors
/// [`Refusal::Malformed`] if the bytes are no such state; what a document encodes that only the gate let in is one.
pub fn census(state: &[u8]) -> Result<Census, Refusal> {
    let mut blocks = Blocks::read(&mut Reader::new(state))?;
    blocks.settle(|_| None);
    let mut census = Census::default();
    for (name, spans) in blocks.gather() {
        census.add(name, &spans);
    }
    Ok(census)
}

/// Reads an update for its form alone: every count, size and depth of values in it.
///
/// # Errors
/// [`Refusal::Malformed`], or [`Refusal::TooLarge`] if it is larger than a document may be.
pub fn check_form(update: &[u8]) -> Result<(), Refusal> {
    if update.len() > limits::DOCUMENT_BYTES_MAX {
        return Err(Refusal::TooLarge { what: "bytes", most: limits::DOCUMENT_BYTES_MAX as u64 });
    }
    let mut reader = Reader::new(update);
    Blocks::read(&mut reader)?;
    for _ in 0..reader.count(4)? {
        reader.number()?;
        for _ in 0..reader.count(2)? {
            reader.clock()?;
            reader.clock()?;
        }
    }
    if reader.is_empty() { Ok(()) } else { reader.refuse("bytes follow the end") }
}

/// Where a stretch stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// Not yet asked.
    Unknown,
    /// Being asked.
    Asked,
    Nowhere,
    /// Index into the places.
    In(u32),
}

/// Blocks of one client of which each continues the one before, between the same neighbours.
struct Stretch {
    start: u32,
    end: u32,
    left: Option<Id>,
    right: Option<Id>,
    stand: Stand,
}

/// A shared type, and the key in it.
type Place<'a> = (Parent<'a>, Option<&'a str>);

/// The same, for as long as it is needed.
type Name = (BranchID, Option<Arc<str>>);

struct Blocks<'a> {
    /// By client, then by clock.
    stretches: Vec<Stretch>,
    /// Each client and its stretches; sorted.
    clients: Vec<(u64, Range<usize>)>,
    places: HashMap<Place<'a>, u32>,
}

impl<'a> Blocks<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Refusal> {
        let mut blocks = Blocks { stretches: Vec::new(), clients: Vec::new(), places: HashMap::new() };
        for _ in 0..reader.count(3)? {
            let count = reader.count(2)?;
            let (client, mut clock) = reader.id()?;
            let first = blocks.stretches.len();
            for _ in 0..count {
                let block = Block::read(reader, clock)?;
                blocks.add(first, (client, clock), &block);
                clock += block.len;
            }
            blocks.clients.push((client, first..blocks.stretches.len()));
        }
        blocks.clients.sort_unstable_by_key(|section| section.0);
        if blocks.clients.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return reader.refuse("a client has two parts");
        }
        Ok(blocks)
    }

    /// `first` is the index of the client's first stretch.
    fn add(&mut self, first: usize, (client, start): Id, block: &Block<'a>) {
        let (end, left, right) = (start + block.len, block.origin, block.right);
        let stand = match (block.kind, block.parent) {
            (Kind::Gc, _) => Stand::Nowhere,
            (_, Parent::Inherited) => Stand::Unknown,
            (_, parent) => self.stand_in((parent, block.key)),
        };
        if stand == Stand::Unknown
            && let Some(last) = self.stretches.get_mut(first..).and_then(<[Stretch]>::last_mut)
            && start.checked_sub(1).map(|before| (client, before)) == left
            && last.right == right
            && last.stand != Stand::Nowhere
        {
            last.end = end;
            return;
        }
        self.stretches.push(Stretch { start, end, left, right, stand });
    }

    fn stand_in(&mut self, place: Place<'a>) -> Stand {
        let fresh = self.places.len() as u32;
        Stand::In(*self.places.entry(place).or_insert(fresh))
    }

    fn find(&self, (client, clock): Id) -> Option<usize> {
        let section = self.clients.binary_search_by_key(&client, |section| section.0).ok()?;
        let range = self.clients[section].1.clone();
        let after = self.stretches[range.clone()].partition_point(|stretch| stretch.start <= clock);
        let found = range.start + after.checked_sub(1)?;
        (clock < self.stretches[found].end).then_some(found)
    }

    /// Settles where each stretch stands; `known` tells it of units that were read before. Each is asked once, for one that is being
    /// asked while another waits for it closes a circle, and a circle stands nowhere.
    fn settle(&mut self, known: impl Fn(Id) -> Option<Place<'a>>) {
        let mut waiting = Vec::new();
        for first in 0..self.stretches.len() {
            waiting.push(first);
            while let Some(&at) = waiting.last() {
                match self.ask(at, &known) {
                    Some(needed) => waiting.push(needed),
                    None => drop(waiting.pop()),
                }
            }
        }
    }

    /// Settles one stretch, or names the one that must be settled before.
    fn ask(&mut self, at: usize, known: impl Fn(Id) -> Option<Place<'a>>) -> Option<usize> {
        let Stretch { left, right, stand, .. } = self.stretches[at];
        if matches!(stand, Stand::In(_) | Stand::Nowhere) {
            return None;
        }
        self.stretches[at].stand = Stand::Asked;
        let mut found = Stand::Nowhere;
        for neighbour in [left, right].into_iter().flatten() {
            let stand = match self.find(neighbour) {
                Some(needed) if self.stretches[needed].stand == Stand::Unknown => return Some(needed),
                Some(settled) => self.stretches[settled].stand,
                None => known(neighbour).map_or(Stand::Nowhere, |place| self.stand_in(place)),
            };
            if let Stand::In(_) = stand {
                found = stand;
                break;
            }
        }
        self.stretches[at].stand = found;
        None
    }

    /// What stands in each place; in each, sorted.
    fn gather(self) -> Vec<(Name, Vec<Span>)> {
        let mut spans: Vec<Vec<Span>> = vec![Vec::new(); self.places.len()];
        for (client, range) in &self.clients {
            for stretch in &self.stretches[range.clone()] {
                let Stand::In(place) = stretch.stand else { continue };
                let spans = &mut spans[place as usize];
                match spans.last_mut() {
                    Some(last) if last.client == *client && last.end == stretch.start => last.end = stretch.end,
                    _ => spans.push(Span { client: *client, start: stretch.start, end: stretch.end }),
                }
            }
        }
        let mut gathered = Vec::with_capacity(spans.len());
        for ((parent, key), place) in self.places {
            let of = match parent {
                Parent::Root(name) => BranchID::Root(name.into()),
                Parent::Item((client, clock)) => BranchID::Nested(ID::new(ClientID::new(client), clock)),
                Parent::Inherited => continue,
            };
            gathered.push(((of, key.map(Arc::from)), std::mem::take(&mut spans[place as usize])));
        }
        gathered
    }
}
