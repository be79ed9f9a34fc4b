//! Two CRDTs, one verdict: honest updates made wrong go through the gate and the fold of a room; what they let in is read by yrs and by
//! stock Yjs, as a follower hears it, as the log holds it and as the whole, and must be one plan to the character.
//!
//! A run is a number: the same seed makes the same updates.

mod dice;
mod drafts;
mod mutate;
mod update;
mod yjs;

use bytes::Bytes;
use plenary_shared::{
    log::{
        fold::Fold,
        gate::Checked,
        record::{Moment, Provenance, Record, Right},
        roots::{BESIDE, META, POINTS},
    },
    people::Author,
    text::plan::new_doc,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use yrs::{GetString, Out, ReadTxn, StateVector, Transact, Update as Whole, WriteTxn, updates::decoder::Decode};

use crate::doc::plain;
use dice::Dice;
use mutate::Known;
use update::Update;
use yjs::{Heard, Yjs};

/// Plans that are read at once.
const BATCH: usize = 50;
/// Wrong updates of each plan.
const WRONG_EACH: usize = 20;

/// What a run came to.
#[derive(Default, Debug)]
pub struct Figures {
    /// Plans that were written.
    pub plans: usize,
    /// Those in which a wrong update was taken.
    pub plans_changed: usize,
    /// Wrong updates that were sent.
    pub wrong: usize,
    /// Those of them that were taken.
    pub taken: usize,
    /// Those of them of which something was cut: what was known, or what a plan keeps.
    pub cut: usize,
    /// Those that passed the gate, and were found out by the fold.
    pub misbehaved: usize,
    /// Ways of making wrong: how often each was sent and taken.
    pub ways: BTreeMap<&'static str, (usize, usize)>,
}

/// Sends `wrong` wrong updates, from a seed on; compares all that is read.
///
/// # Errors
/// The seed of the first plan that is not read alike, and how it is read.
pub fn run(wrong: usize, seed: u64) -> Result<Figures, String> {
    let (mut figures, mut yjs) = (Figures::default(), Yjs::start());
    let mut seeds = seed..;
    while figures.wrong < wrong {
        let seeds: Vec<u64> = seeds.by_ref().take(BATCH).collect();
        let written: Vec<(Heard, [Value; 2])> = seeds.iter().map(|seed| write(*seed, &mut figures)).collect();
        let (heard, ours): (Vec<Heard>, Vec<[Value; 2]>) = written.into_iter().unzip();
        for ((seed, [live, fresh]), theirs) in seeds.iter().zip(ours).zip(yjs.read(&heard)) {
            for (how, theirs) in ["told", "logged", "whole"].iter().zip(&theirs) {
                if *theirs != live || fresh != live {
                    return Err(format!("seed {seed}, {how}:\nyrs live  {live}\nyrs fresh {fresh}\nYjs       {theirs}"));
                }
            }
        }
    }
    Ok(figures)
}

/// Who writes, under which client ids: small ones, and such as need more than 32 bits.
const PARTIES: [(&str, [u64; 3]); 3] =
    [("arv", [11, 12, 4_294_967_311]), ("bor", [21, 1_000_000, 9_007_199_254_740_991]), ("cel", [7, 31, 2_147_483_653])];

/// A room without its sockets.
struct Room {
    fold: Fold,
    log: Vec<Record>,
    heard: Heard,
}

impl Room {
    fn new() -> Self {
        let doc = new_doc(1);
        let mut txn = doc.transact_mut();
        drafts::begin(&mut txn);
        let begin = txn.encode_state_as_update_v1(&StateVector::default());
        drop(txn);
        let mut room = Room { fold: Fold::new(new_doc(2)), log: Vec::new(), heard: Heard::default() };
        assert!(room.receive(&by("chair"), &begin).is_some_and(|taken| taken.is_new()));
        room
    }

    /// Checks, admits and applies; what misbehaves is out again, by the log.
    fn receive(&mut self, by: &Provenance, update: &[u8]) -> Option<Checked> {
        let checked = self.fold.ledger().check(by, update).ok()?;
        if !checked.is_new() {
            return None;
        }
        let cut = checked.update(&Bytes::copy_from_slice(update));
        self.fold.admit(&by.author.party, &checked);
        let Ok(told) = self.fold.apply([&cut[..]].into_iter(), checked.order_claims().iter(), |_, _| {}) else {
            self.fold = Fold::new(new_doc(2));
            self.log.iter().for_each(|record| drop(self.fold.take(record).unwrap()));
            return Some(Checked::default());
        };
        self.log.push(by.clone().record(0, Moment::default(), cut.clone()));
        self.heard.told.push(told);
        self.heard.logged.push(cut.into());
        Some(checked)
    }
}

fn by(party: &str) -> Provenance {
    let author = Author { party: party.parse().unwrap(), member: format!("{party}-1").parse().unwrap() };
    Provenance::live(author, if party == "chair" { Right::Chair } else { Right::Draft })
}

/// Writes a plan, honestly and not; answers what was heard of it, and how yrs reads it: live and fresh.
fn write(seed: u64, figures: &mut Figures) -> (Heard, [Value; 2]) {
    let (mut dice, mut room) = (Dice(seed), Room::new());
    // Of those who were away a while.
    let mut states = vec![room.fold.state().unwrap()];
    let (mut sent, before) = (Vec::new(), figures.taken);
    for n in 0..WRONG_EACH {
        let (party, own) = &PARTIES[dice.below(PARTIES.len() as u64) as usize];
        let client = own[dice.below(3) as usize];
        let state = &states[states.len() - 1 - dice.below(states.len().min(4) as u64) as usize];
        let honest = draft(&mut dice, state, client);
        let honest_update = Update::read(&honest);
        let clocks = clocks(&mut room.fold);
        let (way, update) = mutate::wrong(&mut dice, &honest_update, &Known { clocks: &clocks, sent: &sent, own });
        let outcome = room.receive(&by(party), &update);
        figures.count(way, outcome.as_ref(), &update);
        // Then what was meant, which may be in part what is known by now.
        if n == 0 || dice.below(2) == 0 {
            room.receive(&by(party), &honest);
        }
        sent.push(honest_update);
        states.push(room.fold.state().unwrap());
    }
    figures.plans += 1;
    figures.plans_changed += usize::from(figures.taken > before);
    room.heard.state = room.fold.state().unwrap();
    let live = content(&mut room.fold);
    let fresh = content(&mut Fold::of_state(new_doc(3), &room.heard.state).unwrap());
    (room.heard, [live, fresh])
}

impl Figures {
    fn count(&mut self, way: &'static str, outcome: Option<&Checked>, update: &[u8]) {
        self.wrong += 1;
        let (sent, taken) = self.ways.entry(way).or_default();
        *sent += 1;
        let Some(checked) = outcome else { return };
        if !checked.is_new() {
            self.misbehaved += 1;
            return;
        }
        (*taken, self.taken) = (*taken + 1, self.taken + 1);
        let whole = Bytes::copy_from_slice(update);
        self.cut += usize::from(checked.update(&whole) != whole);
    }
}

/// Some edits of somebody who has this much.
fn draft(dice: &mut Dice, state: &[u8], client: u64) -> Vec<u8> {
    let doc = new_doc(client);
    let mut txn = doc.transact_mut();
    txn.apply_update(Whole::decode_v1(state).unwrap()).unwrap();
    txn.commit();
    drop(txn);
    drafts::edit(dice, &mut doc.transact_mut())
}

fn clocks(fold: &mut Fold) -> Vec<(u64, u32)> {
    let mut clocks: Vec<(u64, u32)> =
        fold.look(|txn| txn.state_vector().iter().map(|(client, clock)| (client.get(), *clock)).collect()).unwrap();
    clocks.sort_unstable();
    clocks
}

/// All that can be read of a plan, in the words of `verdict.mjs`.
fn content(fold: &mut Fold) -> Value {
    let read = fold.look(|txn| {
        let (points, meta) = (txn.get_or_insert_map(POINTS), txn.get_or_insert_map(META));
        let beside = txn.get_or_insert_text(BESIDE).get_string(txn);
        json!({ "points": plain(txn, &Out::YMap(points)), "meta": plain(txn, &Out::YMap(meta)), "beside": beside, "waits": false })
    });
    with_plain_numbers(read.unwrap())
}

/// JavaScript has one kind of number and writes a whole one without a point.
fn with_plain_numbers(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(whole) if whole.fract() == 0.0 && whole.abs() < 1e15 => json!(whole as i64),
            _ => Value::Number(number),
        },
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, with_plain_numbers(value))).collect(),
        Value::Array(list) => list.into_iter().map(with_plain_numbers).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_follower_who_missed_something_is_told_apart() {
        let (mut heard, [live, _]) = write(1, &mut Figures::default());
        heard.told.pop();
        heard.logged.remove(1);
        let [told, logged, whole] = Yjs::start().read(&[heard]).remove(0);
        assert_eq!(whole, live);
        assert!(told != live && logged["waits"] == true);
    }
}
