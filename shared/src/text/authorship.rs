//! Who typed which stretch of a text. Every character keeps the client id under which it was typed, and a client id belongs to
//! the party that used it first; the gate sees to it.

use std::collections::BTreeMap;

use yrs::{
    Any, ClientID, GetString, IdSet, Out, ReadTxn, Snapshot, StateVector, Text, TextRef, TransactionMut, branch::Branch,
    types::text::YChange,
};

use crate::{
    id::PartyId,
    log::gate::{Census, Ledger},
    text::say::utf16,
};

/// The party of each client id. Leave out the ids under which nobody's words were written, such as a plan's first text.
pub type Owners = BTreeMap<u64, PartyId>;

/// Whose alternatives begin with marks that the server set: by client id, then by clock.
pub type SideOwners = BTreeMap<u64, BTreeMap<u32, Vec<PartyId>>>;

/// Whose alternatives they begin, as a ledger knows.
pub fn side_owners(ledger: &Ledger) -> SideOwners {
    let mut sides = SideOwners::new();
    for (client, clock, party) in ledger.marks() {
        sides.entry(client).or_default().entry(clock).or_default().push(party.clone());
    }
    sides
}

/// Characters that were typed under consecutive clocks of one client id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// The client id.
    pub client: u64,
    /// The clock of its first character; each takes as many as it has UTF-16 units.
    pub clock: u32,
    /// The clocks that it takes.
    pub units: u32,
    /// Its length in bytes of UTF-8.
    pub bytes: usize,
}

/// The visible text block by block, in order, as the document holds it; the rest as [`blocks_by`]. Time grows with the client ids of
/// the document too.
pub fn blocks(txn: &mut TransactionMut, text: &TextRef) -> Vec<Block> {
    let state = txn.state_vector();
    blocks_up_to(txn, text, state)
}

/// Who typed the visible text, in order, in blocks as long as can be; together they are as long as the string that `GetString` gives.
/// Empty for a text of which this cannot be told. The document does not change. `census` is that of the document; time grows with all
/// that was ever put into the text.
pub fn blocks_by(txn: &mut TransactionMut, text: &TextRef, census: &Census) -> Vec<Block> {
    let mut state = StateVector::default();
    let contents = census.contents(&AsRef::<Branch>::as_ref(text).id());
    for span in contents.iter().flat_map(|contents| &contents.sequence) {
        state.set_max(ClientID::new(span.client), span.end);
    }
    joined(blocks_up_to(txn, text, state))
}

/// Blocks of which one continues the other as one.
fn joined(blocks: Vec<Block>) -> Vec<Block> {
    let mut joined: Vec<Block> = Vec::new();
    for block in blocks {
        match joined.last_mut().filter(|last| (last.client, last.clock + last.units) == (block.client, block.clock)) {
            Some(last) => (last.units, last.bytes) = (last.units + block.units, last.bytes + block.bytes),
            None => joined.push(block),
        }
    }
    joined
}

/// The blocks of a text into which nothing was put beyond `state`.
fn blocks_up_to(txn: &mut TransactionMut, text: &TextRef, state: StateVector) -> Vec<Block> {
    let expected = text.get_string(txn);
    // Deleted characters are collected when their transaction ends, and need not be named.
    let whole = Snapshot::new(state, IdSet::default());
    let blocks = blocks_at(txn, text, &whole, &expected).or_else(|| {
        // All the same there are some: this transaction has deleted them, or this replica collects nothing.
        let exact = txn.snapshot();
        blocks_at(txn, text, &exact, &expected)
    });
    blocks.unwrap_or_default()
}

/// The blocks of the text at `whole`; `None` if that does not read `expected`.
///
/// yrs tells each block's id when it compares two states. What is in the earlier and not in the later one comes out as removed,
/// block by block: so the later one is nothing. This way round formats are passed over; the other way each block would carry a
/// copy of all formats around it, which a hostile text makes quadratic.
fn blocks_at(txn: &mut TransactionMut, text: &TextRef, whole: &Snapshot, expected: &str) -> Option<Vec<Block>> {
    let mut blocks = Vec::new();
    let mut rest = expected;
    for part in text.diff_range(txn, Some(&Snapshot::default()), Some(whole), YChange::identity) {
        let (string, change) = match (part.insert, part.ychange) {
            (Out::Any(Any::String(string)), Some(change)) => (string, change),
            // Something else that a foreign client put in: it is no part of the string.
            _ => continue,
        };
        rest = rest.strip_prefix(&*string)?;
        let (client, clock) = (change.id.client.get(), change.id.clock);
        blocks.push(Block { client, clock, units: utf16(&string), bytes: string.len() });
    }
    rest.is_empty().then_some(blocks)
}

#[cfg(test)]
mod tests;
