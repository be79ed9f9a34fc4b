//! What is saved, against a store in memory.

use super::*;
use crate::{
    store::MemoryStore,
    testing::{read, record, typed},
};
use plenary_shared::{
    log::record::{Provenance, Right, seal},
    people::Author,
    text::plan,
};

#[tokio::test]
async fn what_another_version_saved_is_not_used_and_the_log_tells_all() {
    let (store, doc) = (MemoryStore::default(), "talks/plan".parse().unwrap());
    let update = typed(&plan::new_doc(7), "words");
    let (sealed, _) = seal(&Digest::genesis(&doc), &record("arv", 1, update.clone()));
    store.append(&doc, 0, vec![sealed]).await.unwrap();
    let (seq, snapshot) = Document::open(&store, &doc).unwrap().snapshot().unwrap();
    assert!(Document::from_copy(seq, &snapshot).is_some());
    let mut saved: Saved = postcard::from_bytes(&snapshot).unwrap();
    let mut ledger = saved.ledger.to_vec();
    ledger[0] -= 1;
    saved.ledger = ledger.into();
    let before = postcard::to_allocvec(&saved).unwrap();
    // What stood beside the ledger may have been anything else.
    let (shorter, longer) = (before[..before.len() - 2].to_vec(), [&before[..], &[1; 9]].concat());
    for other in [before, shorter, longer] {
        assert!(Document::from_copy(seq, &other).is_none() && Document::ledger_of(&other).is_none());
        assert!(Document::is_of_another_version(&other));
        store.save_snapshot(&doc, seq, other.into()).await.unwrap();
        assert!(Document::from_snapshot(&store, &doc).unwrap().is_none());
    }
    let mut again = Document::open(&store, &doc).unwrap();
    assert_eq!(read(&again.diff(&StateVector::default()).unwrap()), "words");
    let author = Author { party: "arv".parse().unwrap(), member: "arv-1".parse().unwrap() };
    assert!(!again.judge(&Provenance::live(author, Right::Draft), &update).unwrap().is_new());
}

/// An update that yrs takes, after which it cannot encode the document.
const UNENCODABLE: [u8; 24] = [1, 2, 7, 0xfc, 0xb9, 7, 0, 1, 2, 0x11, 0, 0xd, 0, 0, 0, 1, 0x24, 1, 0x62, 4, 0x2f, 0x74, 7, 7];

#[tokio::test]
async fn a_snapshot_that_loads_and_cannot_be_encoded_is_not_used_and_the_log_tells_all() {
    let (store, doc, client) = (MemoryStore::default(), "talks/plan".parse().unwrap(), plan::new_doc(7));
    let (first, _) = seal(&Digest::genesis(&doc), &record("arv", 1, typed(&client, "words ")));
    store.append(&doc, 0, vec![first]).await.unwrap();
    let mut document = Document::open(&store, &doc).unwrap();
    let (seq, snapshot) = document.snapshot().unwrap();
    let saved: Saved = postcard::from_bytes(&snapshot).unwrap();
    let bad = postcard::to_allocvec(&Saved { state: UNENCODABLE.to_vec().into(), ..saved }).unwrap();
    assert!(Document::from_copy(seq, &bad).unwrap().full_step_2().is_err());
    store.save_snapshot(&doc, seq, bad.into()).await.unwrap();
    let (second, _) = seal(&document.head(), &record("arv", 2, typed(&client, "and more")));
    for (record, words) in [(None, "words "), (Some(second), "words and more")] {
        if let Some(record) = record {
            store.append(&doc, seq, vec![record]).await.unwrap();
        }
        let mut again = Document::open(&store, &doc).unwrap();
        assert_eq!(read(&again.diff(&StateVector::default()).unwrap()), words);
        assert!(again.refused().is_empty());
    }
}
