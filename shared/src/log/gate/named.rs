//! What an update names of the document that it was made on: beside what its blocks stand, in what, and what it deletes.
//!
//! Whoever names a block has seen it, and all that its client had written before it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Span,
    block::{Block, Id, Kind, Parent},
    bytes::Reader,
    refusal::Refusal,
};
use crate::log::roots::{META, POINTS};

/// What an update names.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// The clients under whose ids it writes, and the first clock of each.
    pub writes: Vec<(u64, u32)>,
    /// Blocks that stand before it.
    pub(super) ids: Vec<Id>,
    pub(super) deleted: Vec<Span>,
    /// The ids of points that it sets in the plan, and whether it sets something in `meta`.
    pub(super) points: BTreeSet<Box<str>>,
    pub(super) has_meta: bool,
}

impl Named {
    /// Reads an update once, for what it names alone.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn read(update: &[u8]) -> Result<Self, Refusal> {
        let (mut reader, mut named) = (Reader::new(update), Self::default());
        for _ in 0..reader.count(3)? {
            let count = reader.count(2)?;
            let (client, start) = reader.id()?;
            named.writes.push((client, start));
            let mut clock = start;
            for _ in 0..count {
                let block = Block::read(&mut reader, clock)?;
                named.note(&block);
                if matches!(block.kind, Kind::Gc | Kind::Deleted) {
                    named.deleted.push(Span { client, start: clock, end: clock + block.len });
                }
                clock += block.len;
            }
        }
        for _ in 0..reader.count(4)? {
            let client = reader.number()?;
            for _ in 0..reader.count(2)? {
                let (start, length) = (reader.clock()?, reader.clock()?);
                let Some(end) = start.checked_add(length) else { return reader.refuse("a deletion passes the largest clock") };
                named.deleted.push(Span { client, start, end });
            }
        }
        let starts: BTreeMap<u64, u32> = named.writes.iter().copied().collect();
        named.ids.retain(|(client, clock)| starts.get(client).is_none_or(|start| clock < start));
        Ok(named)
    }

    fn note(&mut self, block: &Block) {
        let parent = if let Parent::Item(id) = block.parent { Some(id) } else { None };
        self.ids.extend([block.origin, block.right, parent].into_iter().flatten());
        match (block.parent, block.key) {
            (Parent::Root(POINTS), Some(id)) => drop(self.points.insert(id.into())),
            (Parent::Root(META), Some(_)) => self.has_meta = true,
            _ => {}
        }
    }

    /// How far it names what each client wrote: the clock behind the last, for each client once. What it writes itself does not count.
    pub fn reach(&self) -> BTreeMap<u64, u32> {
        let mut reach = BTreeMap::new();
        let starts: BTreeMap<u64, u32> = self.writes.iter().copied().collect();
        let ids = self.ids.iter().map(|(client, clock)| (*client, clock + 1));
        let deleted = self.deleted.iter().map(|span| (span.client, span.end));
        for (client, end) in ids.chain(deleted).chain(self.writes.iter().copied()) {
            let end = starts.get(&client).map_or(end, |start| end.min(*start));
            let known: &mut u32 = reach.entry(client).or_default();
            *known = end.max(*known);
        }
        reach
    }

    /// What it deletes.
    pub fn deleted(&self) -> &[Span] {
        &self.deleted
    }
}
