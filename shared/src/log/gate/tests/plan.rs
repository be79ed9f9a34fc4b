//! What a plan keeps, and what it does not take, whoever sends it.

use bytes::Bytes;
use yrs::{Any, Doc, Map, MapPrelim, MapRef, Out, ReadTxn, StateVector, Text, TextPrelim, Transact, WriteTxn};

use super::{
    super::{Ledger, LeftOut, Refusal},
    build::{ANY, At, DELETED, TYPE, block, blocks, deleted, format, text, words},
    session::party,
};
use crate::{
    log::{
        fold::Fold,
        record::{Hand, Provenance, Right},
    },
    people::Author,
    text::plan::{self, NewPoint, Outline, Place, new_doc},
};

fn by(name: &str, right: Right, hand: Hand) -> Provenance {
    let author = Author { party: party(name), member: format!("{name}-1").parse().unwrap() };
    Provenance { hand, ..Provenance::live(author, right) }
}

pub fn delegate(name: &str) -> Provenance {
    by(name, Right::Draft, Hand::Client)
}

/// A room that takes what its ledger lets in.
pub struct Room {
    ledger: Ledger,
    pub doc: Doc,
    log: Vec<Bytes>,
}

impl Room {
    /// With points `1` to `3`, which the chair's server put in.
    pub fn new() -> Self {
        let mut room = Room { ledger: Ledger::default(), doc: new_doc(1_000_000), log: Vec::new() };
        let chair = new_doc(1);
        let mut txn = chair.transact_mut();
        for name in ["a", "b", "c"] {
            let new = NewPoint { id: &name.parse().unwrap(), label: None, heading: "Heading", words: "The words." };
            plan::add_point(&mut txn, new, &Place::Last { parent: None }).unwrap();
        }
        let schedule = plan::Schedule { trigger: Some("EIF".into()), ..plan::Schedule::default() };
        plan::set_schedule(&mut txn, &"c".parse().unwrap(), &schedule).unwrap();
        let update = txn.encode_update_v1();
        drop(txn);
        room.take(&by("med", Right::Chair, Hand::Server), &update).unwrap();
        room
    }

    pub fn take(&mut self, by: &Provenance, update: &[u8]) -> Result<LeftOut, Refusal> {
        let checked = self.ledger.check(by, update)?;
        let cut = checked.update(&Bytes::copy_from_slice(update));
        let again = self.ledger.check_logged(&by.author.party, &cut).expect("what is cut passes");
        assert!(again.adds_same_blocks(&checked), "what is cut says the same again");
        assert!(self.ledger.check(by, &cut).unwrap().left_out().is_empty(), "what is cut leaves nothing out");
        if checked.is_new() {
            self.ledger.admit(&by.author.party, &checked);
            self.apply(&cut);
            self.log.push(cut);
        }
        Ok(checked.left_out().clone())
    }

    fn apply(&self, update: &[u8]) {
        super::session::apply(&self.doc, update);
    }

    /// A client that has all there is.
    pub fn client(&self, id: u64) -> Doc {
        let doc = new_doc(id);
        super::session::apply(&doc, &super::session::state(&self.doc));
        doc
    }

    pub fn outline(&self) -> Outline {
        Outline::read(&self.doc.transact())
    }

    /// Whoever loads the log, the whole, or goes on from what is saved comes to the same.
    pub fn assert_whole(&self) {
        let logged = new_doc(1_000_001);
        let mut ledger = Ledger::default();
        for update in &self.log {
            super::session::apply(&logged, update);
            ledger.admit(
                &party("arv"),
                &ledger.check_logged(&party("arv"), update).or_else(|_| ledger.check_logged(&party("med"), update)).unwrap(),
            );
        }
        assert_eq!(Outline::read(&logged.transact()), self.outline());
        let whole = super::session::loaded(&super::session::state(&self.doc));
        assert_eq!(Outline::read(&whole.transact()), self.outline());
        assert!(Fold::of_state(new_doc(3), &super::session::state(&self.doc)).is_ok());
        assert!(Ledger::load(&self.ledger.save()).is_some());
    }
}

/// What an edit answers is not asked.
pub fn done<T>(_: T) {}

/// What a client sends of a change to its document.
pub fn change(doc: &Doc, change: impl FnOnce(&mut yrs::TransactionMut)) -> Vec<u8> {
    let mut txn = doc.transact_mut();
    change(&mut txn);
    txn.encode_update_v1()
}

/// All that a client has, as it sends it when it comes back.
pub fn since(doc: &Doc, known: &StateVector) -> Vec<u8> {
    doc.transact().encode_state_as_update_v1(known)
}

pub fn points(txn: &mut yrs::TransactionMut) -> MapRef {
    txn.get_or_insert_map(plan::POINTS)
}

pub fn point(txn: &mut yrs::TransactionMut, id: &str) -> MapRef {
    let Some(Out::YMap(point)) = points(txn).get(txn, id) else { panic!("no {id}") };
    point
}

pub fn field(txn: &mut yrs::TransactionMut, id: &str, field: &str) -> yrs::TextRef {
    let Some(Out::YText(text)) = point(txn, id).get(txn, field) else { panic!("no {field} of {id}") };
    text
}

#[test]
fn a_point_and_what_it_always_has_is_not_taken_out() {
    type Change = fn(&mut yrs::TransactionMut);
    let cases: [(&str, Change); 8] = [
        ("the point", |txn| done(points(txn).remove(txn, "b"))),
        ("its words", |txn| done(point(txn, "b").remove(txn, "words"))),
        ("its heading", |txn| done(point(txn, "b").remove(txn, "heading"))),
        ("its label", |txn| done(point(txn, "b").remove(txn, "label"))),
        ("its order", |txn| done(point(txn, "b").remove(txn, "order"))),
        ("the point, by another", |txn| done(points(txn).insert(txn, "b", MapPrelim::from([("label", "9")])))),
        ("its words, by others", |txn| done(point(txn, "b").insert(txn, "words", TextPrelim::new("Other words.")))),
        ("its heading, by a word", |txn| done(point(txn, "b").insert(txn, "heading", TextPrelim::new("")))),
    ];
    for (name, take_out) in cases {
        let mut room = Room::new();
        let before = room.outline();
        let client = room.client(7);
        let mut sent = change(&client, |txn| {
            take_out(txn);
            field(txn, "a", "words").push(txn, " More.");
        });
        let told = room.take(&delegate("arv"), &sent).unwrap();
        assert_eq!(told.points, ["b"], "{name}");
        let after = room.outline();
        assert_eq!(after.points[1..], before.points[1..], "{name}");
        assert_eq!(after.points[0].words, "The words. More.", "{name}: all else is taken");
        room.assert_whole();
        // Its client goes on, and sends all that it ever deleted when it comes back.
        sent = change(&client, |txn| field(txn, "c", "words").push(txn, " More."));
        assert!(room.take(&delegate("arv"), &sent).unwrap().is_empty(), "{name}");
        room.take(&delegate("arv"), &since(&client, &StateVector::default())).unwrap();
        assert_eq!(room.outline().points[1], before.points[1], "{name}");
        assert_eq!(room.outline().points[2].words, "The words. More.", "{name}");
        room.assert_whole();
    }
}

#[test]
fn of_many_points_that_are_not_taken_out_the_first_are_named_and_the_others_counted() {
    let mut room = Room::new();
    let client = room.client(7);
    let sent = change(&client, |txn| {
        for n in 0..20 {
            let new = NewPoint { id: &format!("p{n}").parse().unwrap(), label: None, heading: "", words: "New." };
            plan::add_point(txn, new, &Place::Last { parent: None }).unwrap();
        }
    });
    room.take(&delegate("arv"), &sent).unwrap();
    let sent = change(&client, |txn| points(txn).clear(txn));
    let told = room.take(&delegate("arv"), &sent).unwrap();
    assert_eq!((told.points.len(), told.more), (16, 7));
    assert_eq!(room.outline().points.len(), 23);
}

#[test]
fn words_set_anew_by_accident_keep_what_stood_and_what_was_added() {
    // `point['words'] += 'x'` in Python adds to the words, then sets them anew.
    let mut room = Room::new();
    let client = room.client(7);
    let added = change(&client, |txn| field(txn, "a", "words").push(txn, "x"));
    let anew = change(&client, |txn| done(point(txn, "a").insert(txn, "words", TextPrelim::new("The words.x"))));
    room.take(&delegate("arv"), &added).unwrap();
    assert_eq!(room.take(&delegate("arv"), &anew).unwrap().points, ["a"]);
    assert_eq!(room.outline().points[0].words, "The words.x");
    room.assert_whole();
}

#[test]
fn an_undone_point_stays_and_one_that_came_and_went_unsent_is_nothing() {
    let mut room = Room::new();
    let client = room.client(7);
    let add = |txn: &mut yrs::TransactionMut| {
        let new = NewPoint { id: &"d".parse().unwrap(), label: None, heading: "", words: "Fresh." };
        plan::add_point(txn, new, &Place::Last { parent: None }).unwrap();
    };
    let known = client.transact().state_vector();
    change(&client, add);
    change(&client, |txn| done(points(txn).remove(txn, "d")));
    assert!(room.take(&delegate("arv"), &since(&client, &known)).unwrap().is_empty(), "unsent");
    assert_eq!(room.outline().points.len(), 3);
    let again = change(&client, add);
    assert!(room.take(&delegate("arv"), &again).unwrap().is_empty(), "it may come again");
    assert_eq!(room.outline().points.len(), 4);
    let undone = change(&client, |txn| done(points(txn).remove(txn, "d")));
    assert_eq!(room.take(&delegate("arv"), &undone).unwrap().points, ["d"]);
    assert_eq!(room.outline().points[3].words, "Fresh.");
    room.assert_whole();
}

#[test]
fn labels_are_changed_by_the_chair_and_by_the_servers_verbs_alone() {
    let cases = [
        (delegate("arv"), false),
        (by("arv", Right::Draft, Hand::Replica), false),
        (by("arv", Right::Draft, Hand::Server), true),
        (by("med", Right::Chair, Hand::Client), true),
        (by("med", Right::Chair, Hand::Replica), true),
    ];
    for (by, may) in cases {
        let mut room = Room::new();
        let client = room.client(7);
        let relabel = change(&client, |txn| done(point(txn, "b").insert(txn, "label", "9")));
        let verdict = room.take(&by, &relabel);
        assert_eq!(verdict.is_ok(), may, "{by:?}: {verdict:?}");
        assert!(may || matches!(verdict, Err(Refusal::Foreign { .. })));
        assert_eq!(room.outline().points[1].label == "9", may);
    }
}

#[test]
fn a_label_set_and_taken_back_before_it_was_sent_leaves_the_one_that_stood() {
    for by in [delegate("arv"), by("med", Right::Chair, Hand::Client)] {
        let mut room = Room::new();
        let client = room.client(7);
        let known = client.transact().state_vector();
        change(&client, |txn| done(point(txn, "b").insert(txn, "label", "9")));
        change(&client, |txn| done(point(txn, "b").remove(txn, "label")));
        assert_eq!(room.take(&by, &since(&client, &known)).unwrap().points, ["b"]);
        assert_eq!(room.outline().points[1].label, "2");
        room.assert_whole();
    }
}

#[test]
fn what_was_moved_twice_unsent_or_by_two_at_once_has_one_place() {
    for order in [[0, 1], [1, 0]] {
        let mut room = Room::new();
        let clients = [room.client(7), room.client(8)];
        let known = clients[0].transact().state_vector();
        for (client, places) in clients.iter().zip([["e0", "e1"], ["f0", "f1"]]) {
            for place in places {
                change(client, |txn| done(point(txn, "b").insert(txn, "order", place)));
            }
        }
        for at in order {
            assert!(room.take(&delegate(["arv", "bel"][at]), &since(&clients[at], &known)).unwrap().is_empty());
        }
        // The higher client's stands; taking it away leaves it.
        let orders = |room: &Room| room.outline().points.iter().find(|point| point.id.as_str() == "b").unwrap().order.clone();
        assert_eq!(orders(&room), "f1");
        let third = room.client(9);
        let gone = change(&third, |txn| done(point(txn, "b").remove(txn, "order")));
        assert_eq!(room.take(&delegate("arv"), &gone).unwrap().points, ["b"]);
        assert_eq!(orders(&room), "f1");
        room.assert_whole();
    }
}

#[test]
fn what_a_plan_does_not_have_is_refused_whole() {
    let mut room = Room::new();
    let at = |id: &str, key: &'static str| {
        let state = room.client(5);
        let mut txn = state.transact_mut();
        let map = point(&mut txn, id);
        let yrs::branch::BranchID::Nested(id) = AsRef::<yrs::branch::Branch>::as_ref(&map).id() else { panic!() };
        At::ItemKey((id.client.get(), id.clock), key)
    };
    let string = |value: &str| {
        let mut content = vec![1, 119];
        text(&mut content, value);
        content
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("another root", words(At::Root("z"), "x")),
        ("another root's key", block(ANY, At::RootKey("z", "k"), &string("x"))),
        ("a layer's root", block(TYPE, At::RootKey("annotations", "n"), &[1])),
        ("a sequence of a root that is a map", block(ANY, At::Root("points"), &string("x"))),
        ("a key of a root that is a text", block(ANY, At::RootKey("text", "k"), &string("x"))),
        ("a point's id that is none", block(TYPE, At::RootKey("points", "no id!"), &[1])),
        ("a point that is no map", block(ANY, At::RootKey("points", "x"), &string("x"))),
        ("another key of a point", block(ANY, at("a", "colour"), &string("red"))),
        ("words that are a string", block(ANY, at("a", "words"), &string("x"))),
        ("a long order", block(ANY, at("a", "order"), &string(&"x".repeat(5_000)))),
        ("a parent that is no id", block(ANY, at("a", "parent"), &string("no id!"))),
        ("a struck that is no flag", block(ANY, at("a", "struck"), &string("yes"))),
        ("a schedule that is a text", block(TYPE, at("a", "schedule"), &[2])),
        ("an adoption", block(TYPE, at("a", "adoptions"), &[1])),
        ("a long value beside the title", block(ANY, At::RootKey("meta", "k"), &string(&"x".repeat(2_001)))),
        ("a long key beside the title", block(ANY, At::RootKey("meta", &"k".repeat(65)), &string("x"))),
        ("a type beside the title", block(TYPE, At::RootKey("meta", "k"), &[2])),
        ("formatted words", format(At::Root("text"), "b", "true")),
        ("an escape", words(At::Root("text"), "\u{1b}[2J")),
        ("a bell", words(At::Root("text"), "a\u{7}")),
        ("a carriage return", words(At::Root("text"), "a\rb")),
        ("a control character of two bytes", words(At::Root("text"), "a\u{9b}b")),
        ("a delete", words(At::Root("text"), "a\u{7f}")),
    ];
    for (name, foreign) in cases {
        let sent = blocks(9, 0, vec![foreign]);
        for by in [delegate("arv"), by("med", Right::Chair, Hand::Client)] {
            let verdict = room.take(&by, &sent);
            assert!(matches!(verdict, Err(Refusal::Foreign { .. })), "{name}: {verdict:?}");
        }
        assert!(room.ledger.check_logged(&party("arv"), &sent).is_ok(), "{name}: a log that holds it still folds");
    }
    let taken: Vec<Vec<u8>> = vec![
        words(At::Root("text"), "a\n\tb \u{202e}"),
        block(ANY, At::RootKey("meta", "probe"), &[1, 125, 1]),
        block(ANY, At::RootKey("meta", "title"), &string("Title")),
        deleted(At::Root("z"), 3),
        block(DELETED, At::RootKey("points", "no id!"), &[1]),
    ];
    for (n, block) in taken.into_iter().enumerate() {
        room.take(&delegate("arv"), &blocks(20 + n as u64, 0, vec![block])).unwrap();
    }
    assert!(!room.doc.transact().root_refs().any(|(name, _)| name == "z"), "what came and went is nothing");
    room.assert_whole();
}

#[test]
fn an_adoption_is_made_by_the_server_or_by_a_replica_in_its_partys_name() {
    let adopt = |by: &str| {
        let by = by.to_owned();
        move |txn: &mut yrs::TransactionMut| {
            let adoptions = point(txn, "a").insert(txn, "adoptions", MapPrelim::default());
            let entry = adoptions.insert(txn, "n1", MapPrelim::default());
            entry.insert(txn, "how", "adopted");
            entry.insert(txn, "adopted_by", by);
            entry.insert(txn, "at", Any::from(5));
        }
    };
    let cases =
        [(Hand::Client, "arv", false), (Hand::Replica, "arv", true), (Hand::Replica, "bel", false), (Hand::Server, "bel", true)];
    for (hand, named, may) in cases {
        let mut room = Room::new();
        let sent = change(&room.client(7), adopt(named));
        assert_eq!(room.take(&by("arv", Right::Draft, hand), &sent).is_ok(), may, "{hand:?} {named}");
    }
    // Nobody writes on in an entry that stands.
    let mut room = Room::new();
    let sent = change(&room.client(7), adopt("bel"));
    room.take(&by("bel", Right::Draft, Hand::Replica), &sent).unwrap();
    let client = room.client(8);
    let forge = change(&client, |txn| {
        let Some(Out::YMap(adoptions)) = point(txn, "a").get(txn, "adoptions") else { panic!() };
        let Some(Out::YMap(entry)) = adoptions.get(txn, "n1") else { panic!() };
        entry.insert(txn, "before", "what they never said");
    });
    assert!(matches!(room.take(&by("arv", Right::Draft, Hand::Replica), &forge), Err(Refusal::Foreign { .. })));
}
