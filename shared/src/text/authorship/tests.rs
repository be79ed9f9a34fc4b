//! Who typed what, where a table can say it; random sessions are among the tests of `weave`.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use yrs::{
    Any, ArrayPrelim, Doc, Map, OffsetKind, Options, StateVector, TextPrelim, Transact, Update, WriteTxn,
    updates::decoder::Decode,
};

use super::*;
use crate::{
    log::gate::{Ledger, census},
    text::plan::{
        new_doc,
        tests::{copy, pass, sync},
    },
};

fn words(doc: &Doc) -> TextRef {
    doc.get_or_insert_text("words")
}

/// Neighbours of one client as one: (client, bytes).
fn runs(blocks: &[Block]) -> Vec<(u64, usize)> {
    let mut runs: Vec<(u64, usize)> = Vec::new();
    for block in blocks {
        match runs.last_mut().filter(|last| last.0 == block.client) {
            Some(last) => last.1 += block.bytes,
            None => runs.push((block.client, block.bytes)),
        }
    }
    runs
}

/// Runs as (client, bytes), taken in both ways.
fn runs_of(doc: &Doc) -> Vec<(u64, usize)> {
    let census = census(&state(doc)).expect("a state");
    let words = words(doc);
    let mut txn = doc.transact_mut();
    let found = joined(blocks(&mut txn, &words));
    assert_eq!(blocks_by(&mut txn, &words, &census), found);
    let length: usize = found.iter().map(|block| block.bytes).sum();
    assert_eq!(length, words.get_string(&txn).len());
    runs(&found)
}

fn state(doc: &Doc) -> Vec<u8> {
    doc.transact().encode_state_as_update_v1(&StateVector::default())
}

fn insert(doc: &Doc, at: u32, typed: &str) {
    let words = words(doc);
    words.insert(&mut doc.transact_mut(), at, typed);
}

fn remove(doc: &Doc, at: u32, length: u32) {
    let words = words(doc);
    words.remove_range(&mut doc.transact_mut(), at, length);
}

/// "Hello there world", of which client 2 typed "there ".
fn two_authors() -> [Doc; 2] {
    let one = new_doc(1);
    insert(&one, 0, "Hello world");
    let two = copy(&one, 2);
    insert(&two, 6, "there ");
    sync(&[one.clone(), two.clone()]);
    [one, two]
}

#[test]
fn each_stretch_belongs_to_whom_typed_it_wherever_it_is_read() {
    for doc in two_authors() {
        assert_eq!(runs_of(&doc), [(1, 6), (2, 6), (1, 5)]);
        assert_eq!(runs_of(&copy(&doc, 9)), [(1, 6), (2, 6), (1, 5)]);
    }
    assert_eq!(runs_of(&new_doc(1)), []);
}

#[test]
fn what_is_deleted_belongs_to_nobody_and_its_neighbours_join() {
    let [one, two] = two_authors();
    remove(&one, 6, 6);
    assert_eq!(runs_of(&one), [(1, 11)]);
    insert(&one, 11, "!");
    pass(&one, &two);
    assert_eq!(runs_of(&two), [(1, 12)]);
    remove(&two, 0, 12);
    assert_eq!(runs_of(&two), []);
}

#[test]
fn what_this_very_transaction_deletes_is_not_counted() {
    let [one, _] = two_authors();
    let words = words(&one);
    let mut txn = one.transact_mut();
    words.remove_range(&mut txn, 2, 6);
    words.insert(&mut txn, 0, "é");
    assert_eq!(words.get_string(&txn), "éHeere world");
    assert_eq!(runs(&blocks(&mut txn, &words)), [(1, 4), (2, 4), (1, 5)]);
}

#[test]
fn a_replica_that_collects_nothing_knows_as_much() {
    let [one, _] = two_authors();
    remove(&one, 4, 4);
    let keeps = Doc::with_options(Options { skip_gc: true, offset_kind: OffsetKind::Utf16, ..Options::default() });
    pass(&two_authors()[0], &keeps);
    pass(&one, &keeps);
    remove(&keeps, 0, 1);
    assert_eq!(runs_of(&keeps), [(1, 3), (2, 4), (1, 5)]);
}

#[test]
fn wide_characters_count_their_bytes_even_when_cut_in_half() {
    let one = new_doc(1);
    insert(&one, 0, "a🙂б");
    assert_eq!(runs_of(&one), [(1, 7)]);
    let two = copy(&one, 2);
    insert(&two, 2, "z");
    // Each half has become U+FFFD, of three bytes.
    assert_eq!(runs_of(&two), [(1, 4), (2, 1), (1, 5)]);
    assert_eq!(runs_of(&copy(&two, 3)), runs_of(&two));
}

#[test]
fn formats_and_what_is_no_character_do_not_move_the_offsets() {
    let [one, two] = two_authors();
    for n in 0..200 {
        let key = format!("key {n}");
        let words = words(&two);
        words.format(&mut two.transact_mut(), n % 9, 5, [(key.into(), Any::Bool(true))].into());
    }
    pass(&two, &one);
    assert_eq!(runs_of(&one), [(1, 6), (2, 6), (1, 5)]);
    // The gate lets none of these in; a text can hold them all the same.
    let words = words(&one);
    let mut txn = one.transact_mut();
    words.insert_embed(&mut txn, 3, Any::from("embedded"));
    words.insert_embed(&mut txn, 9, ArrayPrelim::from(["x"]));
    words.insert_embed(&mut txn, 0, TextPrelim::new("x"));
    assert_eq!(runs(&blocks(&mut txn, &words)), [(1, 6), (2, 6), (1, 5)]);
}

#[test]
fn a_map_read_as_a_text_has_no_blocks() {
    let doc = new_doc(1);
    let mut txn = doc.transact_mut();
    txn.get_or_insert_map("words").insert(&mut txn, "key", "value");
    let text = txn.get_or_insert_text("words");
    assert_eq!(blocks(&mut txn, &text), []);
}

#[test]
fn asking_changes_nothing_and_tells_nobody() {
    let [one, two] = two_authors();
    remove(&two, 3, 5);
    pass(&two, &one);
    let before = state(&one);
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    one.observe_update_v1("count", move |_, _| {
        counted.fetch_add(1, Ordering::Relaxed);
    })
    .expect("observed");
    runs_of(&one);
    runs_of(&one);
    assert_eq!(count.load(Ordering::Relaxed), 0);
    assert_eq!(state(&one), before);
}

#[test]
fn the_ledger_names_the_party_of_every_client() {
    let [one, two] = two_authors();
    let (arv, bel): (PartyId, PartyId) = ("arv".parse().expect("an id"), "bel".parse().expect("an id"));
    let mut ledger = Ledger::default();
    let (first, loaded) = (new_doc(1), new_doc(8));
    insert(&first, 0, "Hello world");
    for (party, update) in [(&arv, state(&first)), (&bel, state(&two))] {
        let checked = ledger.check_unasked(party, &update).expect("honest");
        loaded.transact_mut().apply_update(Update::decode_v1(&update).expect("decodes")).expect("applies");
        ledger.admit(party, &checked);
    }
    let owners: Owners = ledger.owners().map(|(client, party)| (client, party.clone())).collect();
    assert_eq!(owners, [(1, arv.clone()), (2, bel.clone())].into());
    assert_eq!(runs_of(&loaded), runs_of(&one));
}
