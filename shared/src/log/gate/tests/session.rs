//! Random editing against a server of a ledger and a document, as a room keeps them.

mod honest;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use yrs::{
    Any, Array, ArrayPrelim, ArrayRef, Doc, GetString, Map, MapPrelim, MapRef, OffsetKind, Options, Out, ReadTxn, StateVector,
    Text, TextPrelim, TextRef, Transact, Update, branch::BranchPtr, merge_updates_v1, types::ToJson, updates::decoder::Decode,
};

use super::super::{Checked, Ledger, Refusal, verify_order};
use crate::{courses::Course, id::PartyId};

pub use honest::honest_session;

/// SplitMix64 (Steele, Lea, Flood 2014): a case is a number, and so can be run again.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides.max(1)
    }
    pub fn up_to(&mut self, most: u32) -> u32 {
        self.roll(u64::from(most) + 1) as u32
    }
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len() as u64) as usize]
    }
}

pub fn party(name: &str) -> PartyId {
    name.parse().unwrap()
}

fn doc(client: u64, skip_gc: bool) -> Doc {
    Doc::with_options(Options {
        client_id: yrs::ClientID::new(client),
        offset_kind: OffsetKind::Utf16,
        skip_gc,
        ..Options::default()
    })
}

/// All that can be read of a document, each root read as text, as map and as array.
pub fn content(doc: &Doc) -> Vec<(String, String, Any, Any)> {
    let mut names: Vec<String> = doc.transact().root_refs().map(|(name, _)| name.to_owned()).collect();
    names.sort();
    let read = |name: String| {
        let text = doc.get_or_insert_text(name.as_str());
        let txn = doc.transact();
        let branch = BranchPtr::from(AsRef::<yrs::branch::Branch>::as_ref(&text));
        let (text, map) = (text.get_string(&txn), MapRef::from(branch).to_json(&txn));
        // yrs never comes back from reading a surrogate pair as items of an array.
        let array = if text.chars().all(|c| c.len_utf16() == 1) { ArrayRef::from(branch).to_json(&txn) } else { Any::Null };
        (name, text, map, array)
    };
    names.into_iter().map(read).filter(|(_, text, map, array)| !text.is_empty() || !is_empty(map) || !is_empty(array)).collect()
}

fn is_empty(any: &Any) -> bool {
    match any {
        Any::Map(entries) => entries.is_empty(),
        Any::Array(items) => items.is_empty(),
        Any::Null => true,
        _ => false,
    }
}

pub fn apply(doc: &Doc, update: &[u8]) {
    doc.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
}

pub fn loaded(state: &[u8]) -> Doc {
    let fresh = doc(999_999, false);
    fresh.transact_mut().apply_update(Update::decode_v1(state).unwrap()).unwrap();
    fresh
}

pub fn state(doc: &Doc) -> Vec<u8> {
    doc.transact().encode_state_as_update_v1(&StateVector::default())
}

/// A room without its sockets.
pub struct Server {
    pub ledger: Ledger,
    pub doc: Doc,
    log: Vec<Bytes>,
}

impl Server {
    pub fn new() -> Self {
        Server { ledger: Ledger::default(), doc: doc(1_000_000, false), log: Vec::new() }
    }

    /// Check, apply, verify, admit; after a refusal by order the document is made anew from the log.
    pub fn receive(&mut self, party: &PartyId, update: &[u8]) -> Result<bool, Refusal> {
        let checked = self.ledger.check_unasked(party, update)?;
        let cut = checked.update(&Bytes::copy_from_slice(update));
        self.assert_cut_well(party, &checked, &cut);
        if !checked.is_new() {
            assert_eq!(cut[..], [0, 0], "nothing is left of what is known");
            return Ok(false);
        }
        let verdict = {
            let mut txn = self.doc.transact_mut();
            txn.apply_update(Update::decode_v1(&cut).expect("yrs reads what the gate lets in")).expect("yrs takes it");
            verify_order(&txn, checked.order_claims().iter())
        };
        if let Err(refusal) = verdict {
            self.doc = self.folded();
            return Err(refusal);
        }
        assert!(!self.doc.transact().has_missing_updates(), "nothing stays pending");
        let logged = self.ledger.check_logged(party, &cut).expect("what is cut passes");
        self.ledger.admit(party, &logged);
        assert!(!self.ledger.check_unasked(party, update).unwrap().is_new(), "what is admitted is not new");
        self.log.push(cut);
        Ok(true)
    }

    /// What is cut says the same again, and there is no more to cut.
    fn assert_cut_well(&self, party: &PartyId, checked: &Checked, cut: &Bytes) {
        let again = self.ledger.check_unasked(party, cut).expect("what is cut passes");
        assert!(again.cut.is_none(), "what is cut holds nothing that is known");
        assert_eq!(again.is_new(), checked.is_new());
        assert!(again.adds_same_blocks(checked), "what is cut adds the same blocks");
        let apart = self.ledger.check_logged(party, cut).expect("what is cut passes");
        assert!(apart.cut.is_none() && apart.is_new() == checked.is_new() && apart.adds_same_blocks(checked));
    }

    /// The document folded from its log, as a newcomer who follows it has it.
    fn folded(&self) -> Doc {
        let fresh = doc(1_000_001, false);
        for update in &self.log {
            fresh.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
        }
        fresh
    }

    /// A replica that loads the whole, and one that loads it in two parts, read what the server reads.
    pub fn assert_all_read_alike(&self, halfway: &Doc) {
        let live = content(&self.doc);
        assert_eq!(live, content(&loaded(&state(&self.doc))), "a fresh load differs");
        let diff = self.doc.transact().encode_state_as_update_v1(&halfway.transact().state_vector());
        halfway.transact_mut().apply_update(Update::decode_v1(&diff).unwrap()).unwrap();
        assert_eq!(live, content(halfway), "a difference differs");
        assert_eq!(live, content(&self.folded()), "the log differs");
        let clocks: Vec<_> = self.doc.transact().state_vector().iter().map(|(id, clock)| (id.get(), *clock)).collect();
        for (client, clock) in clocks {
            assert_eq!(self.ledger.clock(client), clock, "the ledger's clock of {client}");
        }
    }
}

/// Someone who edits, now online, now not.
pub struct Replica {
    pub doc: Doc,
    pub party: PartyId,
    sent: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Replica {
    fn new(client: u64, name: &str, skip_gc: bool) -> Self {
        let doc = doc(client, skip_gc);
        let sent = Arc::new(Mutex::new(Vec::new()));
        let sink = sent.clone();
        doc.observe_update_v1("sent", move |txn, event| {
            if txn.origin().is_none() {
                sink.lock().unwrap().push(event.update.clone());
            }
        })
        .unwrap();
        Replica { doc, party: party(name), sent }
    }

    pub fn take(&self, update: &[u8]) {
        self.doc.transact_mut_with("remote").apply_update(Update::decode_v1(update).unwrap()).unwrap();
    }

    /// Makes edits in one transaction, those of them that can be made.
    pub fn edit(&self, edits: &[Edit]) {
        let (text, map, array) =
            (self.doc.get_or_insert_text("t"), self.doc.get_or_insert_map("m"), self.doc.get_or_insert_array("a"));
        let mut txn = self.doc.transact_mut();
        let key = |key: u64| format!("k{key}");
        for edit in edits {
            match *edit {
                Edit::Type { at, what } => type_in(&text, &mut txn, at, what),
                Edit::Erase { at, most } => erase(&text, &mut txn, at, most),
                Edit::Set { key: k, value } => drop(map.insert(&mut txn, key(k), value)),
                Edit::Unset { key: k } => drop(map.remove(&mut txn, &key(k))),
                Edit::Open { key: k } => drop(map.insert(&mut txn, key(k), MapPrelim::from([("n", 1.5)]))),
                Edit::Within { key: k, at, what, erases } => {
                    if let Some(Out::YMap(inner)) = map.get(&txn, &key(k)) {
                        match inner.get(&txn, "words") {
                            Some(Out::YText(words)) if erases => erase(&words, &mut txn, at, what as u32),
                            Some(Out::YText(words)) => type_in(&words, &mut txn, at, what),
                            _ => drop(inner.insert(&mut txn, "words", TextPrelim::new("seed"))),
                        }
                    }
                }
                Edit::Put { at, what } => {
                    let at = at % (array.len(&txn) + 1);
                    match what {
                        0 => drop(array.insert(&mut txn, at, ArrayPrelim::from([1, 2]))),
                        1 => drop(array.insert(&mut txn, at, TextPrelim::new("item"))),
                        _ => array.insert_range(&mut txn, at, [1, 2, 3]),
                    }
                }
                Edit::Take { at } if array.len(&txn) > 0 => {
                    let at = at % array.len(&txn);
                    array.remove(&mut txn, at);
                }
                Edit::Format { at, what } if text.len(&txn) > 1 => {
                    let at = at % (text.len(&txn) - 1);
                    let (at, end) = (snapped(&text, &txn, at), snapped(&text, &txn, at + 2));
                    let value = [Any::Bool(true), Any::Null, Any::String("red".into())];
                    text.format(&mut txn, at, end - at, [("b".into(), value[what % value.len()].clone())].into());
                }
                Edit::Take { .. } | Edit::Format { .. } => {}
            }
        }
    }

    /// Sends what the server lacks, in one of the ways in which clients do.
    pub fn send(&self, server: &mut Server, how: u64) {
        let queued = std::mem::take(&mut *self.sent.lock().unwrap());
        let known = server.doc.transact().state_vector();
        let updates = match how {
            0 => queued,
            1 if !queued.is_empty() => vec![merge_updates_v1(queued).unwrap()],
            2 => vec![state(&self.doc)],
            // First one by one, then everything that an older state vector lacked: blocks that are known in part.
            3 => queued.into_iter().chain([self.doc.transact().encode_state_as_update_v1(&known)]).collect(),
            _ => vec![self.doc.transact().encode_state_as_update_v1(&known)],
        };
        for update in updates {
            match server.receive(&self.party, &update) {
                // It builds on what the other tab has not sent yet.
                Ok(_) | Err(Refusal::Missing { .. }) => {}
                Err(other) => panic!("an honest update is refused: {other}"),
            }
        }
        // Then the server asks for all that it lacks.
        let rest = self.doc.transact().encode_state_as_update_v1(&server.doc.transact().state_vector());
        server.receive(&self.party, &rest).expect("honest updates pass");
    }
}

/// Editors never stand within a surrogate pair, so nor do these.
fn snapped<T: ReadTxn>(text: &TextRef, txn: &T, at: u32) -> u32 {
    let units: Vec<u16> = text.get_string(txn).encode_utf16().collect();
    if units.get(at as usize).is_some_and(|unit| (0xDC00..0xE000).contains(unit)) { at - 1 } else { at }
}

fn type_in(text: &TextRef, txn: &mut yrs::TransactionMut<'_>, at: u32, what: usize) {
    let at = snapped(text, txn, at % (text.len(txn) + 1));
    let typed = ["a", "bc", "xyz", "é", "😀", "a longer run of words"];
    text.insert(txn, at, typed[what % typed.len()]);
}

fn erase(text: &TextRef, txn: &mut yrs::TransactionMut<'_>, at: u32, most: u32) {
    let length = text.len(txn);
    let start = at % (length + 1);
    let (start, end) = (snapped(text, txn, start), snapped(text, txn, (start + most).min(length)));
    text.remove_range(txn, start, end.saturating_sub(start));
}

pub fn replicas() -> [Replica; 3] {
    [Replica::new(11, "arv", false), Replica::new(12, "arv", true), Replica::new(7, "bel", false)]
}

/// What somebody with a replica does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    pub who: usize,
    #[serde(flatten)]
    pub act: Act,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Edits, in one transaction.
    Edit(Vec<Edit>),
    /// Sends what the server lacks, in one of five ways.
    Send { how: u64 },
    /// Takes what the server has.
    Receive {},
    /// The first of two tabs of one person takes what the second has.
    Hear {},
}

/// An edit; places are taken within what is there.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    Type {
        at: u32,
        what: usize,
    },
    Erase {
        at: u32,
        most: u32,
    },
    Set {
        key: u64,
        value: i64,
    },
    Unset {
        key: u64,
    },
    /// Puts a map where words can stand.
    Open {
        key: u64,
    },
    /// Types or erases in the words of such a map, or makes them.
    Within {
        key: u64,
        at: u32,
        what: usize,
        erases: bool,
    },
    Put {
        at: u32,
        what: u64,
    },
    Take {
        at: u32,
    },
    Format {
        at: u32,
        what: usize,
    },
}

pub fn edits(dice: &mut Dice) -> Vec<Edit> {
    let (key, more) = (dice.roll(4), dice.roll(3));
    let edit = |_| {
        let (kind, at, what) = (dice.roll(13), dice.roll(1_000) as u32, dice.roll(6));
        match kind {
            0..=3 => Edit::Type { at, what: what as usize },
            4 | 5 => Edit::Erase { at, most: what as u32 },
            6 => Edit::Set { key, value: what as i64 },
            7 => Edit::Unset { key },
            8 => Edit::Open { key },
            9 => Edit::Within { key, at, what: what as usize, erases: dice.roll(2) == 0 },
            10 => Edit::Put { at, what: what % 3 },
            11 => Edit::Take { at },
            _ => Edit::Format { at, what: what as usize },
        }
    };
    (0..=more).map(edit).collect()
}

fn event(dice: &mut Dice) -> Event {
    let who = dice.roll(3) as usize;
    let act = match dice.roll(8) {
        0..=4 => Act::Edit(edits(dice)),
        5 => Act::Send { how: dice.roll(5) },
        6 => Act::Receive {},
        _ => Act::Hear {},
    };
    Event { who, act }
}

pub fn course(seed: u64) -> Course<Event> {
    let mut dice = Dice(seed);
    Course((0..40).map(|_| event(&mut dice)).collect())
}
