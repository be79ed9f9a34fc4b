//! What replicas and scripts do over HTTP: take what is new, send what was made offline, look at what once stood.

use base64::{Engine, engine::general_purpose::STANDARD};
use plenary_shared::{
    log::record::{self, Digest},
    talk::layer::{self, Annotation, What},
    text::plan,
    wire::{
        log::LogLine,
        sync::{Outcome, PlanContext, PullLine, Pushed},
    },
};
use plenary_tests::{
    doc::text_of,
    http::api,
    server::{Seat, Server, Start},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use yrs::{
    Doc, ReadTxn, StateVector, Text, Transact, TransactionMut, Update, WriteTxn, updates::decoder::Decode,
    updates::encoder::Encode,
};

mod atomic;
mod scripts;

const PLAN: &str = "/conferences/vale-talks/plans/p-1";

/// What a fresh client of this id writes who has seen `state`.
fn written(client: u64, state: &[u8], change: impl FnOnce(&mut TransactionMut)) -> String {
    let doc = plan::new_doc(client);
    doc.transact_mut().apply_update(Update::decode_v1(state).unwrap()).unwrap();
    let mut txn = doc.transact_mut();
    change(&mut txn);
    STANDARD.encode(txn.encode_update_v1())
}

fn typed(client: u64, words: &str) -> String {
    written(client, &[0, 0], |txn| {
        let text = txn.get_or_insert_text("text");
        text.insert(txn, 0, words);
    })
}

fn note(id: &str) -> Annotation {
    Annotation {
        id: id.parse().unwrap(),
        point: "p1".parse().unwrap(),
        anchor: None,
        quote: String::new(),
        what: What::Note,
        body: "Ask the capital.".into(),
        reply_to: None,
        entered_for: None,
        resolved: false,
        withdrawn: false,
        by: None,
        at_ms: 0,
    }
}

fn noted(client: u64, id: &str) -> String {
    written(client, &[0, 0], |txn| layer::put(txn, &note(id)).unwrap())
}

fn text(update: String) -> Value {
    json!({ "parts": [{ "update": update }], "seen": 1 })
}

fn in_layer(layer: &str, update: String) -> Value {
    json!({ "parts": [{ "layer": layer, "update": update }], "seen": 1 })
}

fn push(server: &Server, seat: &Seat, edits: Vec<Value>) -> Pushed {
    let send = || api(&server.address(), &seat.token, "POST", &format!("{PLAN}/push"), Some(json!({ "edits": edits })));
    let mut answer = send();
    // Something of what it sent before was refused.
    while answer.status == 429 {
        std::thread::sleep(std::time::Duration::from_secs(answer.header("retry-after").unwrap().parse().unwrap()));
        answer = send();
    }
    assert_eq!(answer.status, 200, "{:?}", String::from_utf8_lossy(&answer.body));
    serde_json::from_slice(&answer.body).unwrap()
}

/// Sends edits of which each must be taken.
fn done(server: &Server, seat: &Seat, edits: Vec<Value>) {
    let count = edits.len();
    let pushed = push(server, seat, edits);
    assert!(pushed.stopped.is_none() && pushed.outcomes == vec![Outcome::Done; count], "{pushed:?}");
}

/// Why an edit was not taken.
fn refused(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Refused(body) => body.error.as_str(),
        other => panic!("{other:?}"),
    }
}

/// A copy of a plan as `pull` brings it, checked by the chain.
struct Copy {
    context: PlanContext,
    layers: Vec<(String, u64, Vec<u8>)>,
    /// With whether the document is without it: it was refused, or changes nothing there.
    records: Vec<(u64, Vec<u8>, bool)>,
    end: Digest,
    /// The chain's digest of each layer.
    digests: BTreeMap<String, (Digest, bool)>,
}

impl Copy {
    fn layer(&self, name: &str) -> &(String, u64, Vec<u8>) {
        self.layers.iter().find(|(at, ..)| at == name).unwrap_or_else(|| panic!("{name} was not told"))
    }

    fn doc(&self) -> Doc {
        let doc = plan::new_doc(1);
        for (_, update, _) in self.records.iter().filter(|(_, _, without)| !without) {
            doc.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
        }
        doc
    }
}

fn pull(server: &Server, seat: &Seat, since: u64, from: Digest, held: Value) -> Copy {
    let body = json!({ "since": since, "layers": held });
    let answer = api(&server.address(), &seat.token, "POST", &format!("{PLAN}/pull"), Some(body));
    assert_eq!(answer.status, 200, "{:?}", String::from_utf8_lossy(&answer.body));
    let text = String::from_utf8(answer.body).unwrap();
    let mut lines = text.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str::<PullLine>(line).unwrap());
    let Some(PullLine::Context(context)) = lines.next() else { panic!("{text}") };
    let mut copy = Copy { context: *context, layers: Vec::new(), records: Vec::new(), end: from, digests: BTreeMap::new() };
    let mut whole = false;
    for line in lines {
        assert!(!whole, "something follows the end");
        match line {
            PullLine::Layer { party, layer, seq, digest, anew, update } => {
                copy.digests.insert(format!("{party}/{layer}"), (digest, anew));
                assert!(copy.records.is_empty(), "layers come before records");
                copy.layers.push((format!("{party}/{layer}"), seq, STANDARD.decode(update).unwrap()));
            }
            PullLine::Record { record, refused } => {
                let (seq, digest, update) = (record.seq, record.digest, STANDARD.decode(&record.update).unwrap());
                let record = record.record(update.clone().into());
                let (_, end) = record::seal(&copy.end, &record);
                assert_eq!(end, digest, "record {seq} is not what its digest says");
                assert_eq!(seq, since + copy.records.len() as u64 + 1);
                (copy.end, _) = (end, copy.records.push((seq, update, refused || record.change().is_none())));
            }
            PullLine::End => whole = true,
            PullLine::Context(_) => panic!("a second context"),
        }
    }
    assert!(whole, "the end is missing: {text}");
    assert_eq!((copy.context.end, copy.context.digest), (since + copy.records.len() as u64, copy.end));
    copy
}

/// Before the first record of the plan's text.
fn beginning() -> Digest {
    Digest::genesis(&"vale-talks/p-1".parse().unwrap())
}

fn state(server: &Server, seat: &Seat, query: &str) -> (u64, Digest, Doc) {
    let answer = api(&server.address(), &seat.token, "GET", &format!("{PLAN}/state{query}"), None);
    assert_eq!(answer.status, 200, "{:?}", String::from_utf8_lossy(&answer.body));
    let LogLine::State { seq, digest, update } = serde_json::from_slice(&answer.body).unwrap() else { panic!("no state") };
    let doc = plan::new_doc(1);
    doc.transact_mut().apply_update(Update::decode_v1(&STANDARD.decode(update).unwrap()).unwrap()).unwrap();
    (seq, digest, doc)
}

fn held(copy: &Copy, name: &str) -> Value {
    let (_, seq, update) = copy.layer(name);
    let doc = plan::new_doc(1);
    doc.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
    let (party, layer) = name.split_once('/').unwrap();
    let vector = STANDARD.encode(doc.transact().state_vector().encode_v1());
    json!({ "party": party, "layer": layer, "seq": seq, "digest": copy.digests[name].0, "state_vector": vector })
}

#[tokio::test]
async fn a_pull_brings_each_record_once_and_what_each_copy_lacks() {
    let server = Start::demo(0, 1).start();
    let (arv, bor) = (server.delegate(0, 0), server.delegate(1, 0));
    let first = pull(&server, &arv, 0, beginning(), json!([]));
    assert_eq!((first.records.len(), first.layer("arv/private").1), (2, 0), "what nobody wrote in is there and empty");
    assert!(first.context.write && first.context.created_by.is_some());
    assert!(!first.layers.iter().any(|(name, ..)| name == "bor/private"), "others' private layers do not exist");
    done(&server, &arv, vec![text(typed(11, "one ")), in_layer("private", noted(12, "n1")), text(typed(13, "two "))]);
    done(&server, &bor, vec![in_layer("public", noted(14, "n2")), in_layer("private", noted(15, "n3"))]);
    let held_all: Vec<Value> = first.layers.iter().map(|(name, ..)| held(&first, name)).collect();
    let second = pull(&server, &arv, first.context.end, first.end, json!(held_all));
    assert_eq!(second.records.len(), 2);
    let moved: Vec<(&str, u64)> = second.layers.iter().map(|(name, seq, _)| (name.as_str(), *seq)).collect();
    assert_eq!(moved, [("arv/private", 1), ("bor/public", 1)]);
    // A copy that has all of it is told nothing more; one that lacks a part is told that part.
    let now: Vec<Value> = ["arv/private", "bor/public"].iter().map(|name| held(&second, name)).collect();
    done(&server, &arv, vec![in_layer("private", noted(16, "n4"))]);
    let third = pull(&server, &arv, second.context.end, second.end, json!(now));
    let part = &third.layer("arv/private").2;
    assert!(part.len() < second.layer("arv/private").2.len() + 20, "the difference alone");
    assert!(!third.layers.iter().any(|(name, ..)| name == "bor/public"));
    assert!(third.digests.values().all(|(_, anew)| !anew));
    // A copy that is none of this log, as after a restore, is told all of it, even where the logs are equally long.
    let mut stray = held(&third, "arv/private");
    stray["digest"] = json!("0".repeat(64));
    let fourth = pull(&server, &arv, third.context.end, third.end, json!([stray]));
    assert!(fourth.digests["arv/private"].1 && fourth.layer("arv/private").2.len() > part.len());
    // Who has more than there is, is told that these are other logs.
    let beyond = json!({ "since": 99, "layers": [] });
    let answer = api(&server.address(), &arv.token, "POST", &format!("{PLAN}/pull"), Some(beyond));
    assert_eq!((answer.status, answer.json()["error"].as_str()), (409, Some("diverged")));
}

#[tokio::test]
async fn the_state_at_a_record_or_a_time_is_what_everybody_saw_then() {
    let server = Start::demo(0, 1).start();
    let arv = server.delegate(0, 0);
    for (client, words) in [(11, "one"), (12, "two"), (13, "three")] {
        done(&server, &arv, vec![text(typed(client, words))]);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let whole = pull(&server, &arv, 0, beginning(), json!([]));
    let (seq, digest, doc) = state(&server, &arv, "");
    assert_eq!((seq, digest), (5, whole.end));
    let vector = |doc: &Doc| doc.transact().encode_state_as_update_v1(&StateVector::default());
    assert_eq!(vector(&doc), vector(&whole.doc()));
    for (query, seq, words) in [("?seq=0", 0, ""), ("?seq=2", 2, ""), ("?seq=3", 3, "one"), ("?seq=5", 5, "threetwoone")] {
        let (at, _, doc) = state(&server, &arv, query);
        let mut letters: Vec<char> = text_of(&doc, "text").chars().collect();
        letters.sort_unstable();
        let mut expected: Vec<char> = words.chars().collect();
        expected.sort_unstable();
        assert_eq!((at, letters), (seq, expected), "{query}");
    }
    let answer = api(&server.address(), &arv.token, "GET", &format!("{PLAN}/state?seq=6"), None);
    assert_eq!((answer.status, answer.json()["error"].as_str()), (422, Some("invalid")));
    assert_eq!(state(&server, &arv, "?at_ms=1").0, 0);
    assert_eq!(state(&server, &arv, "?at_ms=99999999999999").0, 5);
    let log = api(&server.address(), &arv.token, "GET", &format!("{PLAN}/state?seq=1&at_ms=1"), None);
    assert_eq!(log.status, 422);
}

#[tokio::test]
async fn each_edit_of_a_push_is_judged_by_itself() {
    let server = Start::demo(0, 1).start();
    let (arv, bor) = (server.delegate(0, 0), server.delegate(1, 0));
    done(&server, &bor, vec![text(typed(21, "bor "))]);
    let forged = written(21, &[0, 0], |txn| {
        let text = txn.get_or_insert_text("text");
        text.insert(txn, 0, "forged ");
    });
    let pushed = push(
        &server,
        &arv,
        vec![
            text(typed(11, "one ")),
            text("no base64!".into()),
            text(forged),
            text(STANDARD.encode([0x80, 0x80, 0x01])),
            in_layer("absent", noted(12, "n1")),
            in_layer("positions", noted(13, "n2")),
            json!({ "parts": [], "seen": 1 }),
            text(typed(14, "two ")),
        ],
    );
    assert!(pushed.stopped.is_none());
    let [Outcome::Done, base64, forged, unread, absent, Outcome::Done, empty, Outcome::Done] = &pushed.outcomes[..] else {
        panic!("{pushed:?}")
    };
    assert_eq!([base64, forged, unread, absent, empty].map(refused), ["invalid", "taken", "invalid", "forbidden", "invalid"]);
    // All of it again changes nothing.
    done(&server, &arv, vec![text(typed(11, "one ")), text(typed(14, "two "))]);
    assert_eq!(state(&server, &arv, "").0, 5);
    for (path, body) in [("push", json!({ "edits": [] })), ("pull", json!({ "since": 0 })), ("edits", json!({ "edits": [] }))] {
        for plan in ["absent", "No-Plan"] {
            let path = format!("/conferences/vale-talks/plans/{plan}/{path}");
            assert_eq!(api(&server.address(), &arv.token, "POST", &path, Some(body.clone())).status, 404);
        }
    }
}
