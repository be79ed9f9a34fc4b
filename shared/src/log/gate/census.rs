//! Which blocks were ever put into which shared type.
//!
//! The encoded state is read in one pass. A block that does not say where it stands takes its place from its left neighbour or,
//! where that one was collected or is missing, from its right one; either may be in a part that comes later, so places are
//! settled afterwards, each once. Deleted blocks count like others; collected ones stand nowhere.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
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
    pub entries: BTreeMap<String, Vec<Span>>,
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
}

/// Takes the census of a document, given its whole encoded state (Yjs update V1). Time and memory grow with the bytes.
///
/// # Errors
/// [`Refusal::Malformed`] if the bytes are no such state; what a document encodes that only the gate let in is one.
pub fn census(state: &[u8]) -> Result<Census, Refusal> {
    let mut blocks = Blocks::read(&mut Reader::new(state))?;
    blocks.settle();
    Ok(blocks.gather())
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
            (_, parent) => {
                let fresh = self.places.len() as u32;
                Stand::In(*self.places.entry((parent, block.key)).or_insert(fresh))
            }
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

    fn find(&self, (client, clock): Id) -> Option<usize> {
        let section = self.clients.binary_search_by_key(&client, |section| section.0).ok()?;
        let range = self.clients[section].1.clone();
        let after = self.stretches[range.clone()].partition_point(|stretch| stretch.start <= clock);
        let found = range.start + after.checked_sub(1)?;
        (clock < self.stretches[found].end).then_some(found)
    }

    /// Settles where each stretch stands. Each is asked once, for one that is being asked while another waits for it closes a
    /// circle, and a circle stands nowhere.
    fn settle(&mut self) {
        let mut waiting = Vec::new();
        for first in 0..self.stretches.len() {
            waiting.push(first);
            while let Some(&at) = waiting.last() {
                match self.ask(at) {
                    Some(needed) => waiting.push(needed),
                    None => drop(waiting.pop()),
                }
            }
        }
    }

    /// Settles one stretch, or names the one that must be settled before.
    fn ask(&mut self, at: usize) -> Option<usize> {
        let Stretch { left, right, stand, .. } = self.stretches[at];
        if matches!(stand, Stand::In(_) | Stand::Nowhere) {
            return None;
        }
        self.stretches[at].stand = Stand::Asked;
        let mut found = Stand::Nowhere;
        for neighbour in [left, right].into_iter().flatten().filter_map(|id| self.find(id)) {
            match self.stretches[neighbour].stand {
                Stand::Unknown => return Some(neighbour),
                Stand::Asked | Stand::Nowhere => {}
                place @ Stand::In(_) => {
                    found = place;
                    break;
                }
            }
        }
        self.stretches[at].stand = found;
        None
    }

    fn gather(&self) -> Census {
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
        let mut census = Census::default();
        for (&(parent, key), &place) in &self.places {
            let id = match parent {
                Parent::Root(name) => BranchID::Root(name.into()),
                Parent::Item((client, clock)) => BranchID::Nested(ID::new(ClientID::new(client), clock)),
                Parent::Inherited => continue,
            };
            let contents = census.types.entry(id).or_default();
            let spans = std::mem::take(&mut spans[place as usize]);
            match key {
                None => contents.sequence = spans,
                Some(key) => drop(contents.entries.insert(key.to_owned(), spans)),
            }
        }
        census
    }
}
