//! What stands in a yrs document.

use std::collections::BTreeMap;
use yrs::{Doc, GetString, Map, Out, ReadTxn, TextRef, Transact, TransactionMut, WriteTxn};

/// A root text of a document.
pub fn text_of(doc: &Doc, root: &str) -> String {
    let mut txn = doc.transact_mut();
    let text = txn.get_or_insert_text(root);
    text.get_string(&txn)
}

/// The words of a point as a shared text.
pub fn words_of(txn: &mut TransactionMut, point: &str) -> TextRef {
    let points = txn.get_or_insert_map("points");
    let Some(Out::YMap(point)) = points.get(txn, point) else { panic!("no point {point}") };
    let Some(Out::YText(words)) = point.get(txn, "words") else { panic!("a point without words") };
    words
}

/// What two replicas must agree on: state vector, content.
pub fn standing(doc: &Doc) -> (Vec<(u64, u32)>, serde_json::Value) {
    // Roots get their type from who reads them; reading as these is what the plan's schema says.
    let (points, meta) = (doc.get_or_insert_map("points"), doc.get_or_insert_map("meta"));
    let txn = doc.transact();
    let mut vector: Vec<(u64, u32)> = txn.state_vector().iter().map(|(client, clock)| (client.get(), *clock)).collect();
    vector.sort_unstable();
    let texts: BTreeMap<String, String> = ["text"]
        .iter()
        .filter_map(|root| txn.get_text(*root).map(|text| (root.to_string(), text.get_string(&txn))))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    let json =
        serde_json::json!({ "points": plain(&txn, &Out::YMap(points)), "meta": plain(&txn, &Out::YMap(meta)), "texts": texts });
    (vector, json)
}

pub(crate) fn plain(txn: &impl ReadTxn, out: &Out) -> serde_json::Value {
    match out {
        Out::YMap(map) => map.iter(txn).map(|(key, value)| (key.to_string(), plain(txn, &value))).collect(),
        Out::YText(text) => text.get_string(txn).into(),
        Out::Any(any) => serde_json::to_value(any).unwrap(),
        other => other.clone().to_string(txn).into(),
    }
}

/// Whether `all` holds everything that `part` holds, and has deleted all that it has deleted.
pub fn covers(all: &Doc, part: &Doc) -> bool {
    let (all, part) = (all.transact(), part.transact());
    let (all, part) = (all.snapshot(), part.snapshot());
    part.state_map.iter().all(|(client, clock)| all.state_map.get(client) >= *clock)
        && part.delete_set.diff(&all.delete_set).is_empty()
}
