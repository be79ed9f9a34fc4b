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
    id::{AnnotationId, DocAddress, POSITIONS, PRIVATE, PUBLIC, PointId},
    log::{
        fold::Fold,
        gate::{self, Ledger},
        record::{self, Digest, Provenance, Record, RecordError, Right},
        roots::{BESIDE, META},
    },
    people::{Audience, Author, Layer, Member},
    script::{Desk, NewIds, Script, Sheet, run},
    text::{
        bracket::{self, Brackets},
        markdown,
        plan::{EditError, NewPoint, Outline, Place, add_point, changes, new_doc},
    },
    wire::protocol::{self, AwarenessEntry, ClientMessage},
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

/// A frame of a socket is refused, or reads the same once it was written by our own hand.
pub fn frames(data: &[u8]) {
    let Ok(message) = ClientMessage::decode(&Bytes::copy_from_slice(data)) else { return };
    let again = match &message {
        ClientMessage::SyncStep1(payload) => protocol::sync_step_1(payload),
        ClientMessage::SyncStep2(payload) => protocol::sync_step_2(payload),
        ClientMessage::Update(payload) => protocol::update(payload),
        ClientMessage::Awareness(payload) => match protocol::decode_awareness(payload) {
            Ok(entries) => return presence_reads_the_same(&entries),
            Err(_) => return,
        },
        ClientMessage::QueryAwareness => return,
    };
    assert_eq!(ClientMessage::decode(&again), Ok(message));
}

fn presence_reads_the_same(entries: &[AwarenessEntry<&str>]) {
    let frame = protocol::awareness(entries.iter());
    let Ok(ClientMessage::Awareness(again)) = ClientMessage::decode(&frame) else { panic!("what is written cannot be read") };
    assert_eq!(protocol::decode_awareness(&again).expect("reads"), entries);
}

/// A state vector is refused, or is what yrs writes of it: in the shortest form, and nothing of it is lost.
pub fn vectors(data: &[u8]) {
    if let Ok(vector) = gate::check_state_vector(data) {
        let again = vector.encode_v1();
        assert_eq!(again.len(), data.len());
        assert_eq!(gate::check_state_vector(&again), Ok(vector));
    }
}

/// The body of a record is no record, or seals to one that opens as the same, at its place in its log alone, and not changed.
pub fn records(data: &[u8]) {
    let before = Digest::genesis(&DocAddress::Registry);
    let sealed = record::seal_body(&before, data);
    let Ok((opened, end)) = record::open(&before, &sealed) else { return };
    let (again, digest) = record::seal(&before, &opened);
    assert_eq!(record::open(&before, &again), Ok((opened, digest)));
    assert_eq!(record::open(&end, &sealed), Err(RecordError::Broken), "it opens at another place");
    let mut changed = sealed.to_vec();
    let at = data.first().map_or(0, |byte| usize::from(*byte) % changed.len());
    changed[at] ^= 1;
    assert!(record::open(&before, &changed.into()).is_err(), "a changed record does not open");
}

/// Every mark is one of a bracket's or loose, and no mark twice; a bracket stands whole in the one that holds it; words that are without
/// their brackets hold none.
pub fn brackets(data: &[u8]) {
    let Ok(words) = std::str::from_utf8(data) else { return };
    let Brackets { list, loose } = bracket::parse(words);
    let mut found: Vec<usize> = loose.iter().map(|loose| loose.at).collect();
    for (at, bracket) in list.iter().enumerate() {
        found.extend([bracket.range.start, bracket.inner.end]);
        assert!(bracket.parent.is_none_or(|parent| {
            let outer = &list[parent];
            let is_within = outer.inner.start <= bracket.range.start && bracket.range.end <= outer.inner.end;
            parent < at && is_within && bracket.depth == outer.depth + 1
        }));
        assert_eq!(bracket.alternative.is_some_and(|place| place > 0), bracket.group != at);
    }
    found.sort_unstable();
    // The others are pairs that are text: notes and links.
    let mut others = marks(words);
    others.retain(|mark| found.binary_search(mark).is_err());
    assert_eq!((others.len() % 2, found.len() + others.len()), (0, marks(words).len()));
    assert!(bracket::parse(&bracket::without(words)).list.is_empty());
}

/// Where marks stand that no backslash escapes.
fn marks(words: &str) -> Vec<usize> {
    let mut chars = words.char_indices();
    let mut marks = Vec::new();
    while let Some((at, char)) = chars.next() {
        match char {
            '[' | ']' | '［' | '］' => marks.push(at),
            '\\' => drop(chars.next()),
            _ => {}
        }
    }
    marks
}

/// A text is refused, or makes a plan that passes the gate, is exported and read as the same plan.
pub fn markdown(data: &[u8]) {
    let Some(draft) = std::str::from_utf8(data).ok().and_then(|text| markdown::import(text).ok()) else { return };
    let outline = |draft: &markdown::Draft| {
        let (doc, mut n) = (new_doc(1), 0);
        let mut ids = || {
            n += 1;
            format!("p{n}").parse::<PointId>().expect("an id")
        };
        let mut txn = doc.transact_mut();
        match markdown::write_draft(&mut txn, draft, &mut ids) {
            Ok(()) => Some((Outline::read(&txn), txn.encode_state_as_update_v1(&StateVector::default()))),
            Err(EditError::NotPlain { .. }) => None,
            Err(error) => panic!("a draft that was read is written: {error}"),
        }
    };
    let Some((plan, update)) = outline(&draft) else { return };
    take(&mut Fold::new(new_doc(3)), Provenance::server(author("arv"), Right::Chair), &update);
    let text = markdown::export(&plan);
    let again = markdown::import(&text).expect("what is exported is read");
    assert_eq!(again, draft, "\n{text}");
    assert_eq!(outline(&again).map(|(plan, _)| markdown::export(&plan)), Some(text));
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
    Fold::of_state(new_doc(2), &PLAN).expect("a plan")
}

fn author(party: &str) -> Author {
    Author { party: party.parse().expect("an id"), member: format!("{party}-1").parse().expect("an id") }
}

/// All that can be read of a plan.
fn content(fold: &mut Fold) -> (Outline, String, String) {
    let read = |txn: &mut TransactionMut| {
        let beside = txn.get_or_insert_text(BESIDE).get_string(txn);
        let meta = txn.get_or_insert_map(META).to_json(txn);
        (Outline::read(txn), beside, format!("{meta:?}"))
    };
    fold.look(read).expect("what was taken can be read")
}

/// The plan by its log. With no record a point goes, nor does the label change that it has.
fn replayed(log: &[Record]) -> Fold {
    let mut fold = plan();
    let mut before = content(&mut fold).0;
    for record in log {
        fold.take(record).expect("what the log holds replays");
        let now = content(&mut fold).0;
        for point in &before.points {
            assert_eq!(now.get(&point.id).expect("no point goes").label, point.label);
        }
        before = now;
    }
    fold
}

/// Updates of delegates, each after its party's number and its length. What the gate lets in is taken, live, from the log, by whoever
/// loads the whole and from a snapshot, and all read the same.
pub fn gate_yrs(mut data: &[u8]) {
    let (mut live, mut log) = (plan(), Vec::new());
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
        if live.apply([&cut[..]].into_iter(), checked.order_claims().iter(), |_, _| {}).is_err() {
            // A room takes what misbehaves out again, by its log.
            live = replayed(&log);
            continue;
        }
        log.push(by.record(0, record::Moment::default(), cut));
    }
    if log.is_empty() {
        return;
    }
    let now = content(&mut live);
    assert_eq!(content(&mut replayed(&log)), now, "the log differs");
    let state = live.state().expect("it was read");
    let mut fresh = Fold::of_state(new_doc(3), &state).expect("a state of our own");
    assert_eq!(content(&mut fresh), now, "a fresh load differs");
    let ledger = Ledger::load(&live.ledger().save()).expect("a ledger of our own");
    let mut woken = Fold::of_own(new_doc(3), &state, ledger).expect("a snapshot of our own");
    assert_eq!(content(&mut woken), now, "a snapshot differs");
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

/// A script is refused, or what it does to a plan and to its party's layers passes the gate as the server's own edit, and changes what it
/// says that it changes.
pub fn scripts(data: &[u8]) {
    let Ok(script) = Script::parse(data) else { return };
    let text = plan().into_doc().expect("a plan");
    let Author { party, member } = author("arv");
    let sheet = |(name, audience): (&str, Audience)| {
        let layer = Layer { party: party.clone(), layer: name.parse().expect("an id"), audience, write: true };
        Sheet { layer, doc: new_doc(2) }
    };
    let layers = [(PRIVATE, Audience::Party), (PUBLIC, Audience::All), (POSITIONS, Audience::All)].map(sheet);
    let conference = "talks".parse().expect("an id");
    let member = Member {
        conference,
        party: party.clone(),
        member,
        role: Role::Delegate,
        generation: Default::default(),
        name: "Ana".into(),
    };
    let desk =
        Desk { member: member.clone(), write: true, text, layers: layers.into(), parties: [party.clone()].into(), now_ms: 1 };
    let mut steps = 0;
    let mut go_on = || {
        steps += 1;
        steps < 10_000
    };
    let ran = run(desk, &script, &mut Counting::default(), &mut go_on).expect("no script misbehaves");
    let Ok(ran) = ran else { return };
    assert_eq!(ran.applied.done.len(), script.edits.len());
    let mut fold = plan();
    let before = content(&mut fold).0;
    for (layer, update) in &ran.updates {
        match layer {
            None => take(&mut fold, Provenance::server(member.author(), Right::Draft), update),
            Some(_) => take(&mut Fold::new(new_doc(3)), Provenance::server(member.author(), Right::Layer), update),
        }
    }
    if !script.dry_run {
        assert_eq!(ran.applied.changes, changes(&before, &content(&mut fold).0));
    }
}

fn take(fold: &mut Fold, by: Provenance, update: &[u8]) {
    let checked = fold.ledger().check(&by, update).expect("the server's own edits pass");
    fold.admit(&by.author.party, &checked);
    fold.apply([update].into_iter(), checked.order_claims().iter(), |_, _| {}).expect("and are taken");
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
