//! Who typed which stretch of a text. Every character keeps the client id under which it was typed, and a client id belongs to
//! the party that used it first; the gate sees to it.

use std::{collections::BTreeMap, ops::Range};

use yrs::{
    Any, ClientID, GetString, IdSet, Out, ReadTxn, Snapshot, StateVector, Text, TextRef, TransactionMut, branch::Branch,
    types::text::YChange,
};

use crate::{id::PartyId, log::gate::Census};

/// The party of each client id. Leave out the ids under which nobody's words were written, such as a plan's first text.
pub type Owners = BTreeMap<u64, PartyId>;

/// A stretch of a text that was typed under one client id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The client id.
    pub client: u64,
    /// Its length in bytes of UTF-8.
    pub bytes: usize,
}

/// Characters that were typed under consecutive clocks of one client id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// The client id.
    pub client: u64,
    /// The clock of its first character; each takes as many as it has UTF-16 units.
    pub clock: u32,
    /// Its length in bytes of UTF-8.
    pub bytes: usize,
}

/// The visible text block by block, in order; the rest as [`runs_by`]. Time grows with the client ids of the document too.
pub fn blocks(txn: &mut TransactionMut, text: &TextRef) -> Vec<Block> {
    let state = txn.state_vector();
    blocks_up_to(txn, text, state)
}

/// [`runs_by`] without a census: time grows with the client ids of the document too.
#[cfg(test)]
pub(crate) fn runs(txn: &mut TransactionMut, text: &TextRef) -> Vec<Run> {
    joined(blocks(txn, text))
}

/// Who typed the visible text, in order; neighbouring runs have different clients, and together they are as long as the string
/// that `GetString` gives. Empty for a text of which this cannot be told. The document does not change. `census` is that of the
/// document; time grows with all that was ever put into the text.
pub fn runs_by(txn: &mut TransactionMut, text: &TextRef, census: &Census) -> Vec<Run> {
    let mut state = StateVector::default();
    let contents = census.contents(&AsRef::<Branch>::as_ref(text).id());
    for span in contents.iter().flat_map(|contents| &contents.sequence) {
        state.set_max(ClientID::new(span.client), span.end);
    }
    joined(blocks_up_to(txn, text, state))
}

/// Neighbours of one client as one.
fn joined(blocks: Vec<Block>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for Block { client, bytes, .. } in blocks {
        match runs.last_mut() {
            Some(last) if last.client == client => last.bytes += bytes,
            _ => runs.push(Run { client, bytes }),
        }
    }
    runs
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
        blocks.push(Block { client: change.id.client.get(), clock: change.id.clock, bytes: string.len() });
    }
    rest.is_empty().then_some(blocks)
}

/// How many bytes within `range` (offsets into the text) each party typed: most first, then by id. What has no owner is left out.
pub fn typed(runs: &[Run], range: Range<usize>, owner: impl Fn(u64) -> Option<PartyId>) -> Vec<(PartyId, usize)> {
    let mut by_client: BTreeMap<u64, usize> = BTreeMap::new();
    let mut start = 0usize;
    for run in runs {
        let end = start.saturating_add(run.bytes);
        let within = end.min(range.end).saturating_sub(start.max(range.start));
        if within > 0 {
            *by_client.entry(run.client).or_default() += within;
        }
        start = end;
    }
    let mut by_party: BTreeMap<PartyId, usize> = BTreeMap::new();
    for (client, bytes) in by_client {
        if let Some(party) = owner(client) {
            *by_party.entry(party).or_default() += bytes;
        }
    }
    let mut typed: Vec<_> = by_party.into_iter().collect();
    typed.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    typed
}

#[cfg(test)]
mod tests;
