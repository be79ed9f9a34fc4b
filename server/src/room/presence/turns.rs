//! What waits to be told, one party after the other: whoever has many states or large ones makes their own party wait.

use plenary_shared::{id::PartyId, wire::protocol::AwarenessEntry};
use std::{
    borrow::Borrow,
    collections::{HashMap, VecDeque},
};

/// What an entry takes beside its state, at most: a client id, a clock and a length.
const HEAD_BYTES: usize = 8 + 5 + 3;

/// Entries, the latest of each client, each party's in the order in which their clients came.
pub(super) struct Turns<E> {
    latest: HashMap<u64, E>,
    parties: VecDeque<(PartyId, VecDeque<u64>)>,
}

impl<E> Default for Turns<E> {
    fn default() -> Self {
        Self { latest: HashMap::new(), parties: VecDeque::new() }
    }
}

impl<E: Borrow<AwarenessEntry>> Turns<E> {
    pub fn is_empty(&self) -> bool {
        self.parties.is_empty()
    }

    pub fn put(&mut self, party: &PartyId, entry: E) {
        let client = entry.borrow().client;
        if self.latest.insert(client, entry).is_some() {
            return;
        }
        match self.parties.iter_mut().find(|(known, _)| known == party) {
            Some((_, clients)) => clients.push_back(client),
            None => self.parties.push_back((party.clone(), [client].into())),
        }
    }

    /// Takes those out whose turn it is, as many as fit, and answers them by client id.
    pub fn take(&mut self, bytes: usize) -> Vec<E> {
        let (mut taken, mut room) = (Vec::new(), bytes);
        while let Some((party, mut clients)) = self.parties.pop_front() {
            let Some((client, entry)) = clients.front().and_then(|client| self.latest.remove_entry(client)) else { continue };
            let Some(rest) = room.checked_sub(HEAD_BYTES + entry.borrow().state.len()) else {
                self.latest.insert(client, entry);
                self.parties.push_front((party, clients));
                break;
            };
            room = rest;
            taken.push(entry);
            clients.pop_front();
            if !clients.is_empty() {
                self.parties.push_back((party, clients));
            }
        }
        taken.sort_unstable_by_key(|entry| entry.borrow().client);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(client: u64, bytes: usize) -> AwarenessEntry {
        AwarenessEntry { client, clock: 1, state: "x".repeat(bytes) }
    }

    fn clients(entries: &[AwarenessEntry]) -> Vec<u64> {
        entries.iter().map(|entry| entry.client).collect()
    }

    #[test]
    fn a_party_with_many_large_states_makes_no_other_wait() {
        let mut turns = Turns::default();
        for client in 100..200 {
            turns.put(&"bor".parse().unwrap(), entry(client, 2_000));
        }
        for client in [3, 2, 1] {
            turns.put(&"arv".parse().unwrap(), entry(client, 100));
        }
        assert_eq!(clients(&turns.take(10_000)), [1, 2, 3, 100, 101, 102, 103]);
        let mut rest = 0;
        while !turns.is_empty() {
            rest += turns.take(10_000).len();
        }
        assert_eq!(rest, 96);
    }

    #[test]
    fn what_a_client_says_meanwhile_replaces_what_it_said_and_keeps_its_turn() {
        let mut turns = Turns::default();
        for (client, bytes) in [(1, 10), (2, 10), (1, 20)] {
            turns.put(&"arv".parse().unwrap(), entry(client, bytes));
        }
        assert_eq!(turns.take(40), [entry(1, 20)]);
        assert_eq!(turns.take(40), [entry(2, 10)]);
    }
}
