//! What is saved, against a store in memory.

use super::*;
use crate::{
    store::MemoryStore,
    testing::{read, record, typed},
};
use plenary_shared::{
    plan,
    record::{Author, seal},
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
    ledger[0] += 1;
    saved.ledger = ledger.into();
    let other = postcard::to_allocvec(&saved).unwrap();
    assert!(Document::from_copy(seq, &other).is_none());
    store.save_snapshot(&doc, seq, other.into()).await.unwrap();
    let mut again = Document::open(&store, &doc).unwrap();
    assert_eq!(read(&again.diff(&StateVector::default()).unwrap()), "words");
    let author = Author { party: "arv".parse().unwrap(), member: "arv-1".parse().unwrap() };
    assert!(!again.check(&author, &update).unwrap().is_new());
}
