//! What a log tells of who had seen what, and how much is looked at for it.

use bytes::Bytes;
use plenary_shared::{
    log::record::{Moment, Provenance, Right},
    text::plan::new_doc,
};
use yrs::{Doc, ReadTxn as _, Text as _, Transact as _, Update, WriteTxn as _, updates::decoder::Decode as _};

use super::*;

/// Clients that know what they are given, and a trail behind the log of what they write.
struct Bench {
    clients: HashMap<u64, Doc>,
    log: Vec<(u64, Bytes, Branch)>,
    trail: Trail,
}

fn author(client: u64) -> Author {
    Author { party: "arv".parse().unwrap(), member: format!("arv-{client}").parse().unwrap() }
}

impl Bench {
    fn new(clients: impl IntoIterator<Item = u64>) -> Self {
        let clients = clients.into_iter().map(|client| (client, new_doc(client))).collect();
        Self { clients, log: Vec::new(), trail: Trail::new(0, Ledger::default(), &[]) }
    }

    /// A client reads the log up to its end.
    fn read(&self, client: u64) {
        let mut txn = self.clients[&client].transact_mut();
        for (_, update, _) in &self.log {
            txn.apply_update(Update::decode_v1(update).unwrap()).unwrap();
        }
    }

    /// It types behind all that it knows; the trail goes on with it.
    fn write(&mut self, client: u64, branch: Branch) {
        let doc = &self.clients[&client];
        let before = doc.transact().state_vector();
        let mut txn = doc.transact_mut();
        let text = txn.get_or_insert_text("text");
        let end = text.len(&txn);
        text.insert(&mut txn, end, "a");
        let update = Bytes::from(txn.encode_diff_v1(&before));
        drop(txn);
        let seq = self.log.len() as Seq + 1;
        let by = Provenance { branch, ..Provenance::live(author(client), Right::Draft) };
        self.trail.note(seq, &by.record(seq - 1, Moment::default(), update.clone())).unwrap();
        self.log.push((client, update, branch));
    }

    /// What each record rested on, found by walking the log back from each block that it names.
    fn walked(&self) -> Vec<Seq> {
        let mut rests: Vec<Seq> = Vec::new();
        let named: Vec<Named> = self.log.iter().map(|(_, update, _)| Named::read(update).unwrap()).collect();
        for (at, (client, _, branch)) in self.log.iter().enumerate() {
            let reach = named[at].reach();
            let known = |before: &usize| named[*before].writes.iter().any(|(client, start)| reach.get(client) > Some(start));
            let is_own = |before: usize| {
                let (other, _, stay) = &self.log[before];
                other == client || (!stay.is_table() && stay == branch)
            };
            let rested = (0..at).filter(known).map(|before| if is_own(before) { rests[before] } else { before as Seq + 1 });
            let rested = rested.max().unwrap_or_default();
            rests.push(rested);
        }
        rests
    }
}

#[test]
fn a_stay_under_two_clients_is_looked_at_once_for_each_record() {
    let (mut bench, stay) = (Bench::new([1, 2]), Branch([7; 8]));
    let mut looked = 0;
    for n in 0..400 {
        let client = 1 + n % 2;
        bench.read(client);
        bench.write(client, stay);
        let looks = bench.trail.looks.replace(0);
        assert!(looks <= 2, "record {n} took {looks}");
        looked += looks;
    }
    assert!(looked > 0);
}

#[test]
fn what_a_record_rests_on_is_what_walking_its_log_would_find() {
    for seed in 0..40_u64 {
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut below = |most: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % most
        };
        let mut bench = Bench::new(1..=4);
        for _ in 0..60 {
            let client = 1 + below(4);
            if below(3) == 0 {
                bench.read(client);
            }
            bench.write(client, [Branch::TABLE, Branch([1; 8]), Branch([2; 8])][below(3) as usize]);
        }
        let mut told = vec![0; bench.log.len()];
        for written in bench.trail.blocks.values().flatten() {
            told[written.seq as usize - 1] = written.rests;
        }
        assert_eq!(told, bench.walked(), "seed {seed}");
    }
}
