//! Updates under other client ids.

use proptest::prelude::*;
use std::collections::HashMap;
use yrs::{Map, MapPrelim, ReadTxn, StateVector, Text, TextPrelim, Transact, WriteTxn};

use crate::log::gate::rename;

/// What one client does to a text, a map and a text within the map, update by update.
fn updates(client: u64, steps: &[(u8, u8)]) -> Vec<Vec<u8>> {
    let doc = crate::text::plan::new_doc(client);
    let steps = steps.iter().map(|(step, at)| {
        let mut txn = doc.transact_mut();
        let (text, map) = (txn.get_or_insert_text("text"), txn.get_or_insert_map("points"));
        let at = u32::from(*at) % (text.len(&txn) + 1);
        match step % 5 {
            0 | 1 => text.insert(&mut txn, at, "ab\u{1f54a}"),
            2 if at < text.len(&txn) => text.remove_range(&mut txn, at, 1),
            3 => drop(map.insert(&mut txn, "p1", MapPrelim::from([("words", TextPrelim::new("words"))]))),
            _ => drop(map.insert(&mut txn, "label", i64::from(at))),
        }
        txn.encode_update_v1()
    });
    steps.collect()
}

proptest! {
    #[test]
    fn what_is_written_under_another_id_is_what_that_client_would_have_written(steps in prop::collection::vec(any::<(u8, u8)>(), 1..20)) {
        let names = HashMap::from([(7, 1 << 40)]);
        let renamed: Vec<_> = updates(7, &steps).iter().map(|update| rename(update, &names).unwrap().to_vec()).collect();
        prop_assert_eq!(renamed, updates(1 << 40, &steps));
    }
}

#[test]
fn ids_that_are_not_named_stay_and_what_is_no_update_is_refused() {
    let doc = crate::text::plan::new_doc(7);
    let mut txn = doc.transact_mut();
    txn.get_or_insert_text("text").insert(&mut txn, 0, "ab");
    let update = txn.encode_state_as_update_v1(&StateVector::default());
    assert_eq!(rename(&update, &HashMap::from([(8, 9)])).unwrap(), update);
    for end in 0..update.len() {
        assert!(rename(&update[..end], &HashMap::from([(7, 9)])).is_err());
    }
}
