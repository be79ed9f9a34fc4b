//! Edits of several documents are taken all or none, whatever is wrong with a part and whenever the server dies; each is made once.

use plenary_shared::{id::PRIVATE, script::ONCE};
use plenary_tests::data;
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};
use yrs::{Map, MapPrelim};

use super::*;

/// An edit of the text and of a layer.
fn both(text: String, layer: &str, noted: String) -> Value {
    json!({ "parts": [{ "update": text }, { "layer": layer, "update": noted }], "seen": 1 })
}

/// An edit that is made once: words, and its key in the layer private.
fn once(client: u64, words: &str, key: &str, digest: &str) -> Value {
    let kept = written(client + 1, &[0, 0], |txn| {
        let keys = txn.get_or_insert_map(ONCE);
        let entry = keys.insert(txn, key, MapPrelim::default());
        entry.insert(txn, "digest", digest);
    });
    let mut edit = both(typed(client, words), PRIVATE, kept);
    edit["once"] = json!({ "key": key, "digest": digest });
    edit
}

fn ends(server: &Server, seat: &Seat) -> (u64, u64) {
    let copy = pull(server, seat, 0, beginning(), json!([]));
    (copy.context.end, copy.layer(&format!("{}/private", seat.party)).1)
}

#[tokio::test]
async fn of_an_edit_with_one_bad_part_nothing_is_taken() {
    let server = Start::demo(0, 1).start();
    let (arv, bor) = (server.delegate(0, 0), server.delegate(1, 0));
    done(&server, &bor, vec![text(typed(21, "bor "))]);
    let good = |client| (typed(client, "one "), noted(client + 1, "n1"));
    let forged = written(21, &[0, 0], |txn| {
        let text = txn.get_or_insert_text("text");
        text.insert(txn, 0, "forged");
    });
    let twice = json!({ "parts": [{ "update": good(31).0 }, { "update": good(33).0 }], "seen": 1 });
    let bad = vec![
        (both(forged, "private", good(35).1), "taken"),
        (both(good(37).0, "private", "!".into()), "invalid"),
        (both(good(39).0, "private", STANDARD.encode([1, 1, 99, 5, 4, 1, 1, b't', 1, b'x', 0])), "invalid"),
        (both(good(41).0, "absent", good(41).1), "forbidden"),
        (twice, "invalid"),
    ];
    let (edits, expected): (Vec<Value>, Vec<&str>) = bad.into_iter().unzip();
    let pushed = push(&server, &arv, edits);
    assert_eq!(pushed.outcomes.iter().map(refused).collect::<Vec<_>>(), expected);
    assert_eq!(ends(&server, &arv), (3, 0), "nothing was taken");
    let (words, entry) = good(43);
    done(&server, &arv, vec![both(words.clone(), "private", entry.clone())]);
    assert_eq!(ends(&server, &arv), (4, 1));
    done(&server, &arv, vec![both(words, "private", entry)]);
    assert_eq!(ends(&server, &arv), (4, 1), "again it changes nothing");
}

#[tokio::test]
async fn of_bad_updates_nothing_is_taken_and_the_plan_goes_on() {
    let server = Start::demo(0, 1).start();
    let arv = server.delegate(0, 0);
    let list = std::fs::read_to_string(data::own("bad-updates.tsv")).unwrap();
    let bytes = |hex: &str| (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let bad: Vec<Vec<u8>> = list.lines().skip(1).filter_map(|line| line.split('\t').nth(2)).map(bytes).collect();
    assert!(bad.len() > 20);
    for some in bad.chunks(200) {
        let edits =
            some.iter().enumerate().map(|(n, update)| both(STANDARD.encode(update), "private", noted(1_000 + n as u64, "n1")));
        let pushed = push(&server, &arv, edits.collect());
        assert_eq!(pushed.outcomes.len(), some.len(), "{:?}", pushed.stopped);
        for (outcome, update) in pushed.outcomes.iter().zip(some) {
            // What holds nothing new is no edit of the text.
            assert!(matches!(outcome, Outcome::Refused(_) | Outcome::Done | Outcome::Cut(_)), "{outcome:?}: {update:02x?}");
        }
    }
    done(&server, &arv, vec![text(typed(11, "on it goes"))]);
    assert!(text_of(&state(&server, &arv, "").2, "text").contains("on it goes"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_do_the_same_at_once_one_does_it() {
    let server = Start::demo(0, 1).start();
    let arv = server.delegate(0, 0);
    for round in 0..10 {
        let key = format!("report {round}");
        let push_one = |client| push(&server, &arv, vec![once(client, "same ", &key, "00ff")]).outcomes;
        let outcomes = thread::scope(|scope| {
            let other = scope.spawn(|| push_one(1_000 + round * 10));
            [push_one(1_005 + round * 10), other.join().unwrap()].concat()
        });
        assert!(outcomes.contains(&Outcome::Done) && outcomes.contains(&Outcome::Repeated), "{outcomes:?}");
    }
    assert_eq!(ends(&server, &arv), (12, 10));
    let another = push(&server, &arv, vec![once(2_000, "other ", "report 0", "aa")]);
    assert_eq!(refused(&another.outcomes[0]), "invalid", "another script under the same key");
    let mut lies = once(2_010, "words ", "report 99", "aa");
    lies["once"]["key"] = json!("report 98");
    let mut without = text(typed(2_020, "words "));
    without["once"] = json!({ "key": "report 97", "digest": "aa" });
    let pushed = push(&server, &arv, vec![lies, without]);
    assert_eq!(pushed.outcomes.iter().map(refused).collect::<Vec<_>>(), ["invalid", "invalid"]);
    assert_eq!(ends(&server, &arv), (12, 10));
}

/// The words that stand in a copy's text, and the notes in its layer private: both by number.
fn numbers(copy: &Copy) -> (BTreeSet<u64>, BTreeSet<u64>) {
    let words = text_of(&copy.doc(), "text");
    let words = words.split_whitespace().map(|word| word.parse().unwrap()).collect();
    let doc = plan::new_doc(1);
    doc.transact_mut().apply_update(Update::decode_v1(&copy.layer("arv/private").2).unwrap()).unwrap();
    let entries = layer::Layer::read(&doc.transact()).annotations;
    (words, entries.iter().map(|entry| entry.id.as_str()[1..].parse().unwrap()).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_of_two_documents_survives_kill_9_whole_or_not_at_all() {
    let mut server = Start::demo(0, 1).start();
    let arv = server.delegate(0, 0);
    assert_eq!(arv.party, "arv");
    let mut next = 1;
    let mut acknowledged = BTreeSet::new();
    for round in 0..15_u64 {
        let (address, reached) = (server.address(), AtomicU64::new(next));
        thread::scope(|scope| {
            let pushing = scope.spawn(|| {
                let mut done = Vec::new();
                loop {
                    let n = reached.fetch_add(1, Ordering::Relaxed);
                    let edits = [both(typed(10 * n, &format!("{n} ")), "private", noted(10 * n + 1, &format!("n{n}")))];
                    let body = json!({ "edits": edits });
                    let sent =
                        std::panic::catch_unwind(|| api(&address, &arv.token, "POST", &format!("{PLAN}/push"), Some(body)));
                    let Ok(answer) = sent else { return done };
                    let pushed: Pushed = serde_json::from_slice(&answer.body).unwrap();
                    if pushed.outcomes == [Outcome::Done] {
                        done.push(n);
                    }
                }
            });
            thread::sleep(Duration::from_millis(40 + round * 23 % 90));
            server.kill_9();
            acknowledged.extend(pushing.join().unwrap());
        });
        next = reached.into_inner() + 1;
        server.restart();
        let copy = pull(&server, &arv, 0, beginning(), json!([]));
        let (words, notes) = numbers(&copy);
        assert_eq!(words, notes, "round {round}: an edit was torn");
        assert!(acknowledged.is_subset(&words), "round {round}: an edit is gone that was called done");
    }
    assert!(acknowledged.len() > 30, "the test wrote next to nothing: {}", acknowledged.len());
}

#[tokio::test]
async fn ten_thousand_edits_that_build_on_each_other_all_arrive_in_their_order() {
    let server = Start::demo(0, 1).start();
    let arv = server.delegate(0, 0);
    let chain = Chain::new(10_000);
    for some in chain.updates.chunks(4_096) {
        done(&server, &arv, some.iter().cloned().map(text).collect());
    }
    assert_eq!(text_of(&state(&server, &arv, "").2, "text"), chain.words);
    let copy = pull(&server, &arv, 0, beginning(), json!([]));
    assert_eq!(copy.records.len(), 10_002, "each is a record of its own");
}

/// Edits of one text, each in the middle of what those before have written.
struct Chain {
    updates: Vec<String>,
    words: String,
}

impl Chain {
    fn new(count: u64) -> Self {
        let docs: Vec<Doc> = (0..4).map(|client| plan::new_doc(100 + client)).collect();
        let mut updates = Vec::new();
        let mut length = 0;
        for n in 0..count {
            let (writes, read) = docs.split_at(1 + (n % 4) as usize);
            let (writer, others) = writes.split_last().unwrap();
            let update = {
                let mut txn = writer.transact_mut();
                let text = txn.get_or_insert_text("text");
                let word = format!("{n} ");
                text.insert(&mut txn, (n * 7919 % (length + 1)) as u32, &word);
                length += word.len() as u64;
                txn.encode_update_v1()
            };
            for doc in others.iter().chain(read) {
                doc.transact_mut().apply_update(Update::decode_v1(&update).unwrap()).unwrap();
            }
            updates.push(STANDARD.encode(update));
        }
        Chain { updates, words: text_of(&docs[0], "text") }
    }
}
