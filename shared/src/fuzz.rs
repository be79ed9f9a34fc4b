//! What is tried with bytes that mean harm. Each function takes any bytes and panics where something does not hold that is promised of
//! them; `tests/fuzz` gives them to libFuzzer, and what is worth keeping of that is tried again in ordinary tests.

use bytes::Bytes;
use std::sync::LazyLock;
use yrs::{
    GetString as _, ReadTxn as _, StateVector, Transact as _, TransactionMut, WriteTxn as _, types::ToJson as _,
    updates::encoder::Encode as _,
};

use crate::{
    access::Role,
    id::{AnnotationId, DocAddress, PointId},
    log::{
        fold::Fold,
        gate,
        record::{self, Digest, Provenance, Right},
        roots::{BESIDE, META},
    },
    people::{Author, Member},
    script::{Desk, NewIds, Script, run},
    text::{
        bracket, markdown,
        plan::{NewPoint, Outline, Place, add_point, new_doc},
    },
    wire::protocol::{self, ClientMessage},
};

/// One of the things that are tried.
pub type Trial = fn(&[u8]);

/// All of them, by the names of their corpora.
pub const TRIALS: [(&str, Trial); 7] = [
    ("frames", frames),
    ("vectors", vectors),
    ("records", records),
    ("brackets", brackets),
    ("gate_yrs", gate_yrs),
    ("markdown", markdown),
    ("scripts", scripts),
];

/// A frame of a socket is read or refused; presence that is read is written again as it was.
pub fn frames(data: &[u8]) {
    let Ok(ClientMessage::Awareness(payload)) = ClientMessage::decode(&Bytes::copy_from_slice(data)) else { return };
    let Ok(entries) = protocol::decode_awareness(&payload) else { return };
    let frame = protocol::awareness(entries.iter());
    let Ok(ClientMessage::Awareness(again)) = ClientMessage::decode(&frame) else { panic!("what is written cannot be read") };
    assert_eq!(protocol::decode_awareness(&again).expect("reads"), entries);
}

/// A state vector is refused, or reads the same once yrs has written it.
pub fn vectors(data: &[u8]) {
    if let Ok(vector) = gate::check_state_vector(data) {
        assert_eq!(gate::check_state_vector(&vector.encode_v1()), Ok(vector));
    }
}

/// The body of a record is no record, or seals to one that opens as the same.
pub fn records(data: &[u8]) {
    let before = Digest::genesis(&DocAddress::Registry);
    let sealed = record::seal_body(&before, data);
    let Ok((opened, _)) = record::open(&before, &sealed) else { return };
    let (again, digest) = record::seal(&before, &opened);
    assert_eq!(record::open(&before, &again), Ok((opened, digest)));
    let mut changed = sealed.to_vec();
    let at = data.first().map_or(0, |byte| usize::from(*byte) % changed.len());
    changed[at] ^= 1;
    assert!(record::open(&before, &changed.into()).is_err(), "a changed record does not open");
}

/// Words that are without their brackets hold none.
pub fn brackets(data: &[u8]) {
    let Ok(words) = std::str::from_utf8(data) else { return };
    assert!(bracket::parse(&bracket::without(words)).list.is_empty());
}

/// A text is refused, or makes a plan that is exported and read as the same plan.
pub fn markdown(data: &[u8]) {
    let Some(draft) = std::str::from_utf8(data).ok().and_then(|text| markdown::import(text).ok()) else { return };
    let outline = |draft: &markdown::Draft| {
        let (doc, mut n) = (new_doc(1), 0);
        let mut ids = || {
            n += 1;
            format!("p{n}").parse::<PointId>().expect("an id")
        };
        let mut txn = doc.transact_mut();
        markdown::write_draft(&mut txn, draft, &mut ids).expect("a draft that was read is written");
        Outline::read(&txn)
    };
    let text = markdown::export(&outline(&draft));
    let again = markdown::import(&text).expect("what is exported is read");
    assert_eq!(again, draft, "\n{text}");
    assert_eq!(markdown::export(&outline(&again)), text);
}

/// A plan of three points.
static PLAN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let doc = new_doc(1);
    let mut txn = doc.transact_mut();
    for (id, words) in [("p1", "Forces withdraw within [30][50] days."), ("p2", "Стороны 🕊"), ("p3", "")] {
        let id = id.parse().expect("an id");
        add_point(&mut txn, NewPoint { id: &id, label: None, heading: "", words }, &Place::Last { parent: None }).expect("added");
    }
    txn.encode_state_as_update_v1(&StateVector::default())
});

fn plan() -> Fold {
    let mut fold = Fold::new(new_doc(2));
    fold.take_state(&PLAN).expect("a plan");
    fold
}

fn author(party: &str) -> Author {
    Author { party: party.parse().expect("an id"), member: format!("{party}-1").parse().expect("an id") }
}

/// All that can be read of a plan.
fn content(fold: &mut Fold) -> Option<(Outline, String, String)> {
    let read = |txn: &mut TransactionMut| {
        let beside = txn.get_or_insert_text(BESIDE).get_string(txn);
        let meta = txn.get_or_insert_map(META).to_json(txn);
        (Outline::read(txn), beside, format!("{meta:?}"))
    };
    fold.look(read).ok()
}

/// Updates of delegates, each after its party's number and its length. What the gate lets in is taken, live, from the log and by whoever
/// loads the whole, and all read the same; no point goes, nor a label changes.
pub fn gate_yrs(mut data: &[u8]) {
    let (mut live, mut replayed) = (plan(), plan());
    let before = content(&mut live).expect("a plan").0;
    while let [party, low, high, rest @ ..] = data {
        let (update, rest) = rest.split_at(rest.len().min(usize::from(u16::from_le_bytes([*low, *high]))));
        data = rest;
        let by = Provenance::live(author(["arv", "bor", "cel"][usize::from(*party) % 3]), Right::Draft);
        let Ok(checked) = live.ledger().check(&by, update) else { continue };
        if !checked.is_new() {
            continue;
        }
        let cut = checked.update(&Bytes::copy_from_slice(update));
        live.admit(&by.author.party, &checked);
        // A room takes what misbehaves out again, by its log.
        let Ok(_) = live.apply([&cut[..]].into_iter(), checked.order_claims().iter()) else { return };
        let record = by.record(0, record::Moment::default(), cut);
        replayed.take(&record).expect("what the log holds replays");
    }
    let Some(now) = content(&mut live) else { return };
    assert_eq!(content(&mut replayed).as_ref(), Some(&now), "the log differs");
    let state = live.state().expect("it was read");
    let mut fresh = Fold::of_state(new_doc(3), &state).expect("a state of our own");
    assert_eq!(content(&mut fresh), Some(now.clone()), "a fresh load differs");
    for point in &before.points {
        let kept = now.0.get(&point.id).expect("no point goes");
        assert_eq!(kept.label, point.label);
    }
}

/// Ids in a row.
#[derive(Default)]
struct Counting(usize);

impl NewIds for Counting {
    fn point(&mut self) -> PointId {
        self.0 += 1;
        format!("new{}", self.0).parse().expect("an id")
    }

    fn annotation(&mut self) -> AnnotationId {
        self.0 += 1;
        format!("n{}", self.0).parse().expect("an id")
    }
}

/// A script is refused, or what it does to a plan passes the gate as the server's own edit and says what it did.
pub fn scripts(data: &[u8]) {
    let Ok(script) = Script::parse(data) else { return };
    let text = plan().into_doc().expect("a plan");
    let Author { party, member } = author("arv");
    let conference = "talks".parse().expect("an id");
    let member = Member { conference, party, member, role: Role::Delegate, generation: Default::default(), name: "Ana".into() };
    let desk = Desk { member: member.clone(), write: true, text, layers: Vec::new(), unconfirmed: Vec::new(), now_ms: 1 };
    let mut steps = 0;
    let mut go_on = || {
        steps += 1;
        steps < 10_000
    };
    let ran = run(desk, &script, &mut Counting::default(), &mut go_on).expect("no script misbehaves");
    let Ok(ran) = ran else { return };
    assert_eq!(ran.applied.done.len(), script.edits.len());
    let mut fold = plan();
    for (_, update) in ran.updates {
        let by = Provenance::server(member.author(), Right::Draft);
        let checked = fold.ledger().check(&by, &update).expect("the server's own edits pass");
        fold.admit(&member.party, &checked);
        fold.apply([&update[..]].into_iter(), checked.order_claims().iter()).expect("and are taken");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    #[test]
    fn all_that_was_kept_of_fuzzing_is_tried_again() {
        for (name, trial) in TRIALS {
            let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus").join(name);
            let files = fs::read_dir(&corpus).unwrap_or_else(|error| panic!("{}: {error}", corpus.display()));
            let tried = files.map(|file| trial(&fs::read(file.unwrap().path()).unwrap())).count();
            assert!(tried > 0, "{name}: nothing is kept");
        }
    }
}
