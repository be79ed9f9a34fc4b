//! Three people who edit and hear of each other at random.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use yrs::{Update, updates::decoder::Decode};

use super::*;
use crate::{
    log::gate::Ledger,
    text::{
        authorship::{self, Block},
        plan::{NewPoint, new_doc},
    },
};

const NAMES: [&str; 3] = ["a", "b", "c"];
/// What each client types, and nobody else.
const LETTERS: [&str; 3] = ["xyé", "бвг", "🙂🚀—"];

#[derive(Debug, Clone)]
struct Step {
    who: usize,
    point: usize,
    what: u8,
    at: usize,
    length: usize,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0usize..3, 0usize..3, 0u8..18, 0usize..1000, 0usize..4);
    prop::collection::vec(step.prop_map(|(who, point, what, at, length)| Step { who, point, what, at, length }), 1..50)
}

fn units(text: &str) -> u32 {
    text.encode_utf16().count() as u32
}

/// Puts letters into a text, or takes some out.
fn edit_text(txn: &mut TransactionMut, text: &TextRef, step: &Step) {
    let now: Vec<char> = text.get_string(txn).chars().collect();
    let at = step.at % (now.len() + 1);
    let string = |chars: &[char]| chars.iter().collect::<String>();
    if step.what % 3 == 2 {
        let end = (at + step.length).min(now.len());
        text.remove_range(txn, units(&string(&now[..at])), units(&string(&now[at..end])));
    } else {
        let typed: String = LETTERS[step.who].chars().take(1 + step.length).collect();
        text.insert(txn, units(&string(&now[..at])), &typed);
    }
}

fn edit(txn: &mut TransactionMut, step: &Step) {
    let name = id(NAMES[step.point]);
    match step.what {
        0..9 => edit_text(txn, &text(txn, name.as_str(), "words"), step),
        9 => edit_text(txn, &text(txn, name.as_str(), "heading"), step),
        10 => drop(strike(txn, &name)),
        11 => drop(restore(txn, &name)),
        12 => drop(set_schedule(txn, &name, &Schedule { offset_days: Some(step.length as i64), ..Schedule::default() })),
        13 => {
            point(txn, name.as_str()).insert(txn, "words", TextPrelim::new(LETTERS[step.who]));
        }
        14 => drop(move_point(txn, &name, &below(NAMES[step.length % 3]))),
        15 => {
            let words = text(txn, name.as_str(), "words");
            let length = words.len(txn);
            words.format(txn, 0, length, [("b".into(), Any::Bool(step.length > 1))].into());
        }
        _ => drop(renumber(txn)),
    }
}

/// The replicas, and all updates that they sent, each as it was made.
fn played(steps: &[Step]) -> ([Doc; 3], Vec<Vec<u8>>) {
    let one = new_doc(1);
    for name in NAMES {
        add_point(&mut one.transact_mut(), NewPoint { id: &id(name), label: None, heading: "", words: "" }, &last())
            .expect("added");
    }
    let log = Arc::new(Mutex::new(vec![state(&one)]));
    let docs = [one.clone(), copy(&one, 2), copy(&one, 3)];
    for doc in &docs {
        let log = log.clone();
        doc.observe_update_v1("log", move |txn, event| {
            if txn.origin().is_some() {
                log.lock().expect("locked").push(event.update.clone());
            }
        })
        .expect("observed");
    }
    for step in steps {
        if step.what == 17 {
            pass(&docs[step.who], &docs[step.point]);
        } else {
            edit(&mut docs[step.who].transact_mut_with("edit"), step);
        }
    }
    let updates = log.lock().expect("locked").clone();
    (docs, updates)
}

/// A replica that hears of the updates in any order in which each finds what it builds on, as the gate demands.
fn heard(updates: &[Vec<u8>], order: &[u32]) -> Doc {
    let doc = new_doc(8);
    let (mut ledger, party) = (Ledger::default(), "arv".parse().expect("an id"));
    let mut waiting: Vec<_> = updates.iter().enumerate().collect();
    waiting.sort_by_key(|(n, _)| order[n % order.len()].wrapping_mul(*n as u32 + 1));
    while !waiting.is_empty() {
        let before = waiting.len();
        waiting.retain(|(_, update)| {
            let Ok(checked) = ledger.check_unasked(&party, update) else { return true };
            ledger.admit(&party, &checked);
            doc.transact_mut().apply_update(Update::decode_v1(update).expect("decodes")).expect("applies");
            false
        });
        assert!(waiting.len() < before, "none of the rest can come next");
    }
    doc
}

/// Who typed each point's words.
fn runs(doc: &Doc) -> Vec<Vec<Block>> {
    let census = census(&state(doc)).expect("a state");
    let mut txn = doc.transact_mut();
    let words = NAMES.map(|name| text(&txn, name, "words"));
    words
        .iter()
        .map(|words| {
            let blocks = authorship::blocks_by(&mut txn, words, &census);
            let all = authorship::blocks(&mut txn, words);
            assert_eq!(blocks.iter().map(|block| block.bytes).sum::<usize>(), all.iter().map(|block| block.bytes).sum::<usize>());
            blocks
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn all_who_have_the_same_updates_have_the_same_weaves_and_know_who_typed_what(
        steps in steps(), order in prop::collection::vec(any::<u32>(), 64),
    ) {
        let (docs, updates) = played(&steps);
        sync(&docs);
        sync(&docs);
        let shuffled = heard(&updates, &order);
        let (expected, expected_runs) = (weaves(&docs[0]), runs(&docs[0]));
        for doc in [&docs[1], &docs[2], &shuffled, &copy(&docs[0], 9)] {
            prop_assert_eq!(&weaves(doc), &expected);
            prop_assert_eq!(&runs(doc), &expected_runs);
        }
        // What stands under a client id, that client typed.
        for (name, runs) in NAMES.iter().zip(expected_runs) {
            let words = &outline(&docs[0]).get(&id(name)).expect("shown").words.clone();
            let mut rest = words.as_str();
            for run in runs {
                let (typed, tail) = rest.split_at(run.bytes);
                let letters = LETTERS[run.client as usize - 1];
                prop_assert!(!typed.is_empty() && typed.chars().all(|c| letters.contains(c)), "{} in {}", typed, words);
                rest = tail;
            }
            prop_assert_eq!(rest, "");
        }
    }

    #[test]
    fn a_word_put_in_and_taken_out_is_seen_in_its_point_and_above_and_nowhere_else(steps in steps(), last in (0usize..3, 0usize..1000)) {
        let (docs, _) = played(&steps);
        let doc = &docs[0];
        let before = weaves(doc);
        let step = Step { who: 0, point: last.0, what: 0, at: last.1, length: 2 };
        let words = text(&doc.transact(), NAMES[last.0], "words");
        let read = words.get_string(&doc.transact());
        edit_text(&mut doc.transact_mut(), &words, &step);
        set_words(&mut doc.transact_mut(), &id(NAMES[last.0]), &read).expect("set");
        let outline = outline(doc);
        prop_assert_eq!(&outline.get(&id(NAMES[last.0])).expect("shown").words, &read);
        let mut expected = Vec::new();
        let mut at = outline.get(&id(NAMES[last.0]));
        while let Some(point) = at {
            expected.push(point.id.clone());
            at = point.parent.as_ref().and_then(|parent| outline.get(parent));
        }
        let after = weaves(doc);
        for name in NAMES.map(id) {
            prop_assert_eq!(before.of(&name) != after.of(&name), expected.contains(&name), "{}", name);
        }
    }
}
