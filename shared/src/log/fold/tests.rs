//! What a hostile server can tell, and what becomes of it.

use super::*;
use crate::{
    log::record::{Moment, Provenance, Right},
    people::Author,
    text::plan::new_doc,
};
use proptest::prelude::*;
use yrs::{GetString, ReadTxn, Text, Transact};

fn record(party: &str, update: Vec<u8>) -> Record {
    let author = Author { party: party.parse().unwrap(), member: format!("{party}-1").parse().unwrap() };
    Provenance::live(author, Right::Draft).record(0, Moment::default(), update.into())
}

/// One block: an entry of the root map `points` whose value is arrays within arrays.
fn deep_value() -> Vec<u8> {
    let mut update = vec![1, 1, 1, 0, 0x28, 1, 6];
    update.extend(b"points\x01k\x01");
    update.extend([0x75, 1].repeat(100_000));
    update.extend([0x7e, 0, 0]);
    update
}

/// So many maps, each within the one before, from the one at `first` on.
fn deep_types(first: u8, count: u8) -> Vec<u8> {
    let mut update = vec![1, count, 1, first];
    for clock in first..first + count {
        match clock.checked_sub(1) {
            None => update.extend(*b"\x27\x01\x06points\x01k"),
            Some(parent) => update.extend([0x27, 0, 1, parent, 1, b'k']),
        }
        update.push(1);
    }
    update.push(0);
    update
}

fn is_deep(refused: Result<impl std::fmt::Debug, FoldError>) -> bool {
    matches!(refused, Err(FoldError::Refused(Refusal::TooLarge { .. } | Refusal::Malformed { .. })))
}

#[test]
fn what_would_overflow_a_stack_or_take_all_memory_is_refused_by_each_way_in() {
    let many_clients = vec![0x80, 0x80, 0x80, 0x80, 1, 0];
    let many_deletions = vec![0, 0x80, 0x80, 0x80, 0x80, 1, 0];
    let depth = gate::TYPE_DEPTH_MAX as u8 + 8;
    for hostile in [deep_value(), many_clients, many_deletions] {
        assert!(is_deep(Formed::read(&hostile)));
        assert!(is_deep(Fold::of_state(new_doc(0), &hostile).map(drop)));
        assert!(is_deep(Fold::new(new_doc(0)).take(&record("arv", hostile)).map(drop)));
    }
    assert!(is_deep(Fold::of_state(new_doc(0), &deep_types(0, depth)).map(drop)));
    assert!(is_deep(Fold::new(new_doc(0)).take(&record("arv", deep_types(0, depth))).map(drop)));
}

#[test]
fn types_that_grow_deeper_record_by_record_are_refused_in_the_end() {
    let mut fold = Fold::new(new_doc(0));
    let refused = (0..64).find_map(|clock| fold.take(&record("arv", deep_types(clock, 1))).err().map(|error| (clock, error)));
    let Some((clock, FoldError::Refused(Refusal::TooLarge { .. }))) = refused else { panic!("{refused:?}") };
    assert_eq!(u16::from(clock), gate::TYPE_DEPTH_MAX);
}

#[test]
fn ids_of_a_state_are_those_of_whoever_goes_on_under_them_first() {
    let doc = new_doc(7);
    doc.get_or_insert_text("t").push(&mut doc.transact_mut(), "a");
    let state = doc.transact().encode_state_as_update_v1(&StateVector::default());
    let mut fold = Fold::of_state(new_doc(0), &state).unwrap();
    assert_eq!(fold.ledger().owner(7), None);
    let more = || {
        let mut txn = doc.transact_mut();
        txn.get_text("t").unwrap().push(&mut txn, "b");
        txn.encode_update_v1()
    };
    let (first, second) = (more(), more());
    fold.take(&record("arv", first)).unwrap();
    assert_eq!(fold.ledger().owner(7).map(PartyId::as_str), Some("arv"));
    assert_eq!(fold.take(&record("bor", second)).map(drop), Err(FoldError::Refused(Refusal::Forged { client: 7 })));
}

#[test]
fn a_document_in_which_something_failed_is_gone() {
    let mut fold = Fold::new(new_doc(0));
    assert_eq!(fold.run(|_| None::<()>), Err(Misbehaved));
    assert!(!fold.is_sound() && fold.state().is_err() && fold.into_doc().is_err());
    let mut fold = Fold::new(new_doc(0));
    assert_eq!(fold.look(|_| panic!("as yrs might")), Err::<(), _>(Misbehaved));
    assert!(!fold.is_sound());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_log_folded_record_by_record_is_its_state_folded_at_once(
        steps in prop::collection::vec((0usize..3, any::<u32>(), 0u32..4, "[aж🙂 ]{0,4}"), 1..40),
    ) {
        let docs = [11, 12, 13].map(new_doc);
        let mut fold = Fold::new(new_doc(0));
        for (member, at, removed, typed) in steps {
            let text = docs[member].get_or_insert_text("t");
            let update = {
                let mut txn = docs[member].transact_mut();
                let letters: Vec<char> = text.get_string(&txn).chars().collect();
                let (before, behind) = letters.split_at(at as usize % (letters.len() + 1));
                let units = |letters: &[char]| letters.iter().map(|letter| letter.len_utf16() as u32).sum::<u32>();
                text.remove_range(&mut txn, units(before), units(&behind[..behind.len().min(removed as usize)]));
                text.insert(&mut txn, units(before), &typed);
                txn.encode_update_v1()
            };
            for doc in docs.iter() {
                apply(&mut doc.transact_mut(), &update).unwrap();
            }
            fold.take(&record(["arv", "bor", "cas"][member], update)).unwrap();
        }
        let state = fold.state().unwrap();
        let mut whole = Fold::of_state(new_doc(0), &state).unwrap();
        prop_assert_eq!(whole.state().unwrap(), state.clone());
        let mut own = Fold::of_own(new_doc(0), &state, fold.ledger().clone()).unwrap();
        prop_assert_eq!(own.state().unwrap(), state);
        for client in [11, 12, 13] {
            prop_assert_eq!(whole.ledger().clock(client), fold.ledger().clock(client));
        }
    }
}
