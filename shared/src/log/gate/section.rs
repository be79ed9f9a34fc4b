//! The blocks of an update, client by client, read for their form.

use super::{
    block::{Block, Id},
    bounds::leaves_room,
    bytes::Reader,
    ledger::{Known, Ledger},
    place::{Neighbours, Place},
    refusal::Refusal,
};
use crate::{
    id::PartyId,
    limits,
    log::record::{Provenance, Right},
};
use std::ops::Range;

/// The blocks of a section of which something is new.
pub(super) struct Rest {
    /// Clock of the first, which may begin before what is new.
    pub clock: u32,
    /// How many.
    pub blocks: usize,
    /// Where they stand in the update.
    pub bytes: Range<usize>,
}

/// The blocks of one client in an update.
pub(super) struct Section<'a> {
    pub client: u64,
    /// The clock that the ledger has.
    pub known: u32,
    pub rest: Rest,
    /// Something of it is known.
    pub is_cut: bool,
    /// Blocks not yet walked.
    pub left: usize,
    /// Clock of the next block.
    pub clock: u32,
    /// Where the next block starts in the bytes.
    pub at: usize,
    /// The next block, once it was read and had to wait.
    pub head: Option<Block<'a>>,
    pub waits: bool,
    /// The right origin and the place of the block before.
    pub right: Option<Id>,
    pub place: Place,
    /// The right origin of the last block that the ledger has.
    pub known_right: Option<Id>,
    /// Places of the new blocks so far.
    pub places: Vec<(u32, Place)>,
    /// Runs of the new blocks so far.
    pub runs: Vec<(u32, Neighbours)>,
    /// First clocks of the new blocks that are taken as collected ones.
    pub collected: Vec<u32>,
}

impl Section<'_> {
    /// The clock up to which this client's blocks are there.
    pub fn have(&self) -> u32 {
        self.known.max(self.clock)
    }
}

/// Reads every block for its form and leaves each section at its first block that is not known wholly. `by`: who sends this, if that is
/// asked.
pub(super) fn read_sections<'a>(
    ledger: &Ledger,
    party: Option<&PartyId>,
    by: Option<&Provenance>,
    reader: &mut Reader<'a>,
) -> Result<Vec<Section<'a>>, Refusal> {
    // A section has a count, a client, a clock and a block of at least two bytes.
    let count = reader.count(5)?;
    let mut sections: Vec<Section<'a>> = Vec::with_capacity(count.min(64));
    let mut unbound = 0;
    for _ in 0..count {
        let blocks = reader.count(2)?;
        let (client, clock) = reader.id()?;
        if blocks == 0 {
            return reader.refuse("a client without blocks");
        }
        let Known { owner, clock: known, right, place } = ledger.known(client);
        let mut rest = Rest { clock, blocks, bytes: reader.at()..reader.at() };
        let mut end = clock;
        for _ in 0..blocks {
            end += Block::read(reader, end)?.len;
            if end <= known {
                rest = Rest { clock: end, blocks: rest.blocks - 1, bytes: reader.at()..reader.at() };
            }
        }
        rest.bytes.end = reader.at();
        match owner {
            None => unbound += 1,
            Some(owner) if party.is_some_and(|party| party != owner) && end > known => return Err(Refusal::Forged { client }),
            Some(_) => {}
        }
        if clock > known {
            return Err(Refusal::Missing { client, clock: known });
        }
        sections.push(Section {
            client,
            known,
            left: rest.blocks,
            clock: rest.clock,
            at: rest.bytes.start,
            is_cut: clock < known,
            rest,
            head: None,
            waits: false,
            right,
            place,
            known_right: right,
            places: Vec::new(),
            runs: Vec::new(),
            collected: Vec::new(),
        });
    }
    check_clients(ledger, by, unbound)?;
    sections.sort_unstable_by_key(|section| std::cmp::Reverse(section.client));
    if sections.windows(2).any(|pair| pair[0].client == pair[1].client) {
        return reader.refuse("a client has two parts");
    }
    Ok(sections)
}

/// Whether there is room for so many client ids that are new, and in the share of who sends them, if others write there too.
fn check_clients(ledger: &Ledger, by: Option<&Provenance>, new: usize) -> Result<(), Refusal> {
    let all = ledger.clients() + new;
    if all > limits::CLIENTS_MAX {
        return Err(Refusal::TooLarge { what: "client ids in a document", most: limits::CLIENTS_MAX as u64 });
    }
    let Some(by) = by.filter(|by| by.right != Right::Layer && new > 0) else { return Ok(()) };
    let own = ledger.held(&by.author.party).0 + new;
    let is_within = by.right == Right::Chair || own <= limits::CLIENTS_PER_PARTY_MAX;
    if is_within && leaves_room(own, all, limits::CLIENTS_MAX) { Ok(()) } else { Err(Refusal::Share { what: "client ids" }) }
}
