//! What a layer has, and what it does not take, whoever sends it.

use yrs::{
    Any, ArrayPrelim, Doc, Map, MapPrelim, MapRef, Out, Text, TextPrelim, Transact, TransactionMut, WriteTxn, types::Attrs,
};

use super::{
    super::{Ledger, Refusal},
    build::{ANY, At, DELETED, TYPE, block, blocks, words},
    plan::done,
    session::party,
};
use crate::{
    log::record::{Provenance, Right},
    people::Author,
    text::plan::new_doc,
};

fn owner() -> Provenance {
    Provenance::live(Author { party: party("arv"), member: "arv-1".parse().unwrap() }, Right::Layer)
}

/// A note as a stock client writes it.
fn note(txn: &mut TransactionMut, id: &str) -> MapRef {
    let entry = txn.get_or_insert_map("annotations").insert(txn, id, MapPrelim::default());
    entry.insert(txn, "kind", "note");
    entry.insert(txn, "point", "p1");
    entry.insert(txn, "body", TextPrelim::new("We can live with 30."));
    entry.insert(txn, "at", 1_900_000_000_000_i64);
    entry
}

fn body(txn: &TransactionMut, entry: &MapRef) -> yrs::TextRef {
    let Some(Out::YText(body)) = entry.get(txn, "body") else { panic!("no body") };
    body
}

/// The verdict on a note and what is done to it, as one update.
fn verdict(change: impl FnOnce(&mut TransactionMut, &MapRef)) -> Result<(), Refusal> {
    let doc: Doc = new_doc(7);
    let mut txn = doc.transact_mut();
    let entry = note(&mut txn, "n-1");
    change(&mut txn, &entry);
    let update = txn.encode_update_v1();
    let ledger = Ledger::default();
    ledger.check_logged(&party("arv"), &update).expect("a log that holds it still folds");
    ledger.check(&owner(), &update).map(done)
}

fn id(client: f64, clock: f64) -> Any {
    Any::Array([Any::from(client), Any::from(clock)].into())
}

#[test]
fn what_an_entry_has_is_taken_however_a_client_writes_it() {
    let fields: Vec<(&str, Any)> = vec![
        ("kind", "proposal".into()),
        ("kind", "position".into()),
        ("anchor", Any::Array([id(5.0, 0.0), id(9_007_199_254_740_991.0, 3.0), Any::Null, id(5.0, 4.0)].into())),
        ("anchor", Any::Null),
        ("quote", "two\nlines".into()),
        ("body", "said in a string".into()),
        ("replacement", "[40]".into()),
        ("stance", "oppose".into()),
        ("ad_referendum", true.into()),
        ("resolved", Any::Null),
        ("withdrawn", false.into()),
        ("digest", "82c353bc".into()),
        ("words", "[\"30\"]".into()),
        ("weave", "".into()),
        ("reply_to", "n-0".into()),
        ("by", "Anna, of the delegation".into()),
        ("at", Any::from(1.9e12)),
    ];
    for (field, value) in fields {
        verdict(|txn, entry| done(entry.insert(txn, field, value.clone()))).unwrap_or_else(|e| panic!("{field} {value}: {e}"));
    }
    verdict(|txn, entry| {
        let body = body(txn, entry);
        body.insert(txn, 3, "\u{1f600}\tж\u{202e}");
        body.remove_range(txn, 4, 1);
        entry.insert(txn, "replacement", TextPrelim::new("[40]"));
        entry.remove(txn, "at");
    })
    .unwrap();
    // Written anew under its id, or taken out.
    verdict(|txn, _| done(note(txn, "n-1"))).unwrap();
    verdict(|txn, _| done(txn.get_or_insert_map("annotations").remove(txn, "n-1"))).unwrap();
    verdict(|txn, _| {
        let once = txn.get_or_insert_map("once").insert(txn, "minutes of 1 March", MapPrelim::default());
        once.insert(txn, "digest", "82c353bc");
        once.insert(txn, "at", 5);
    })
    .unwrap();
}

#[test]
fn what_a_layer_does_not_have_is_refused_whole() {
    let fields: Vec<(&str, Any)> = vec![
        ("colour", "red".into()),
        ("", "x".into()),
        ("kind", "amendment".into()),
        ("kind", Any::Null),
        ("point", "no id!".into()),
        ("point", 5.into()),
        ("anchor", "here".into()),
        ("anchor", Any::Array([].into())),
        ("anchor", Any::Array([id(5.0, 0.0), Any::Null, Any::Null, Any::Null].into())),
        ("anchor", Any::Array(vec![id(5.0, 0.0); 5].into())),
        ("anchor", Any::Array([id(5.0, 0.0), Any::Array(["a".into(), "b".into()].into()), Any::Null, Any::Null].into())),
        ("quote", "a\u{7}".into()),
        ("body", "\u{1b}[2J".into()),
        ("body", true.into()),
        ("stance", "abstain".into()),
        ("withdrawn", "yes".into()),
        ("digest", "x".repeat(5_000).into()),
        ("weave", 1.into()),
        ("reply_to", "no id!".into()),
        ("by", "a\nb".into()),
        ("at", "noon".into()),
    ];
    for (field, value) in fields {
        let refused = verdict(|txn, entry| done(entry.insert(txn, field, value.clone())));
        assert!(matches!(refused, Err(Refusal::Foreign { .. })), "{field} {value}: {refused:?}");
    }
}

#[test]
fn what_is_no_value_of_a_field_is_refused_whole_too() {
    type Change = fn(&mut TransactionMut, &MapRef);
    let changes: Vec<(&str, Change)> = vec![
        ("formatted words", |txn, entry| {
            let bold: Attrs = [("bold".into(), Any::Bool(true))].into_iter().collect();
            body(txn, entry).format(txn, 0, 2, bold);
        }),
        ("control characters", |txn, entry| body(txn, entry).push(txn, "\r")),
        ("a body that is a map", |txn, entry| done(entry.insert(txn, "body", MapPrelim::default()))),
        ("a body that is a list", |txn, entry| done(entry.insert(txn, "body", ArrayPrelim::from(["x"])))),
        ("a kind that is a text", |txn, entry| done(entry.insert(txn, "kind", TextPrelim::new("note")))),
        ("an id that is none", |txn, _| done(note(txn, "no id!"))),
        ("an entry that is a string", |txn, _| done(txn.get_or_insert_map("annotations").insert(txn, "n-2", "x"))),
        ("another key of what was done once", |txn, _| {
            let once = txn.get_or_insert_map("once").insert(txn, "key", MapPrelim::default());
            once.insert(txn, "kind", "note");
        }),
        ("a long key of what is done once", |txn, _| {
            done(txn.get_or_insert_map("once").insert(txn, "k".repeat(201), MapPrelim::default()));
        }),
        ("another root", |txn, _| done(txn.get_or_insert_map("more").insert(txn, "k", "x"))),
    ];
    for (name, change) in changes {
        let refused = verdict(change);
        assert!(matches!(refused, Err(Refusal::Foreign { .. })), "{name}: {refused:?}");
    }
    let ledger = Ledger::default();
    for foreign in
        [block(TYPE, At::RootKey("points", "p"), &[1]), block(ANY, At::Root("annotations"), &[1, 126]), words(At::Root("z"), "x")]
    {
        let refused = ledger.check(&owner(), &blocks(9, 0, vec![foreign]));
        assert!(matches!(refused, Err(Refusal::Foreign { .. })));
    }
    let gone = blocks(9, 0, vec![block(DELETED, At::RootKey("annotations", "no id!"), &[1])]);
    assert!(ledger.check(&owner(), &gone).is_ok(), "what came and went is nothing");
}
