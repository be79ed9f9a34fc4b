//! What the changes of several points, made apart, do to one another.

use super::*;
use crate::{
    id::PointId,
    log::{
        fold::Fold,
        record::{Branch, Moment, Provenance, RecordKind, Right},
    },
    people::Author,
    text::{
        apart::tests::Talks,
        marks::Marks,
        plan::{After, NewPoint, Outline, Place, add_point, new_doc, set_schedule, set_words, strike},
    },
};
use yrs::{Transact as _, TransactionMut};

type Edit = fn(&mut TransactionMut);

fn id(id: &str) -> PointId {
    id.parse().unwrap()
}

fn new(txn: &mut TransactionMut, point: &str, words: &str, place: &Place) {
    add_point(txn, NewPoint { id: &id(point), label: None, heading: "", words }, place).unwrap();
}

fn last(parent: Option<&str>) -> Place {
    Place::Last { parent: parent.map(id) }
}

fn words(txn: &mut TransactionMut, point: &str, words: &str) {
    set_words(txn, &id(point), words).map(drop).unwrap();
}

fn after(txn: &mut TransactionMut, point: &str, before: &str) {
    let mut schedule = Outline::read(txn).get(&id(point)).unwrap().schedule.clone();
    schedule.trigger.get_or_insert_with(|| "D-Day".into());
    schedule.after.insert(id(before), After::Done);
    set_schedule(txn, &id(point), &schedule).unwrap();
}

/// A plan with the points 1 to 4, (a) and (b) below 2, and steps that nothing waits for.
fn talks() -> Talks {
    let mut talks = Talks::new("One.");
    let seen = talks.log.len() as u64;
    let first = talks.write(seen, &[], |txn| {
        for point in ["b", "c", "d"] {
            new(txn, point, "It shall:", &last(None));
        }
        new(txn, "b1", "go;", &last(Some("b")));
        new(txn, "b2", "stay;", &last(Some("b")));
    });
    talks.take("med", Branch::TABLE, seen, first);
    talks
}

/// Each of the parties does something away from the others; in this order they come back.
fn apart(edits: &[(&str, Edit)]) -> Talks {
    let mut talks = talks();
    for (branch, (party, edit)) in (1..).zip(edits) {
        let update = talks.write(2, &[], edit);
        talks.take(party, Branch([branch; 8]), 2, update);
    }
    talks
}

fn unconfirmed_in(talks: &Talks) -> Vec<Unconfirmed> {
    let (mut fold, mut marks) = (Fold::new(new_doc(0)), Marks::default());
    for (seq, record) in &talks.log {
        let taken = fold.take(record).unwrap();
        marks.take(*seq, record, &mut fold, &taken.checked).unwrap();
        marks = postcard::from_bytes(&postcard::to_allocvec(&marks).unwrap()).unwrap();
    }
    let marked = marks.marked(fold.ledger());
    let doc = fold.into_doc().unwrap();
    unconfirmed(&marked, &Outline::read(&doc.transact()))
}

/// `point: what is said of it`, for each that is marked.
fn told(talks: &Talks) -> Vec<String> {
    let mark = |mark: &Unconfirmed| format!("{}: {}", mark.point.as_ref().unwrap(), mark.says().join("; "));
    unconfirmed_in(talks).iter().map(mark).collect()
}

fn confirm(talks: &mut Talks, seen: u64, points: &[&str]) {
    let seq = talks.log.len() as u64 + 1;
    let author = Author { party: "cel".parse().unwrap(), member: "cel-1".parse().unwrap() };
    let by = Provenance { seen: Some(seen), ..Provenance::server(author, Right::Draft) };
    let kind = RecordKind::Confirmation { points: points.iter().map(|point| Some(id(point))).collect() };
    talks.log.push((seq, by.of_kind(kind, seq - 1, Moment::default(), Default::default())));
}

fn live(talks: &mut Talks, party: &str, edit: Edit) {
    let seen = talks.log.len() as u64;
    let update = talks.write(seen, &[], edit);
    talks.take(party, Branch::TABLE, seen, update);
}

#[test]
fn a_circle_that_several_made_together_is_told_at_each_of_their_steps_and_one_of_a_single_stay_is_its_own() {
    let talks =
        apart(&[("arv", |txn| after(txn, "p1", "c")), ("bor", |txn| after(txn, "c", "d")), ("cel", |txn| after(txn, "d", "p1"))]);
    let said = "1 -> 3 -> 4 -> 1: a circle that only what ARV, BOR and CEL changed makes together, so that none of these can begin; \
                take one of the dependencies out, or split a step";
    assert_eq!(told(&talks), ["c", "d", "p1"].map(|point| format!("{point}: {said}")));
    let own = |txn: &mut TransactionMut| {
        after(txn, "p1", "c");
        after(txn, "c", "p1");
    };
    assert!(told(&apart(&[("arv", own), ("bor", |txn| after(txn, "d", "p1"))])).is_empty());
}

#[test]
fn it_stands_whatever_follows_until_each_point_is_confirmed_or_the_circle_is_gone() {
    let both: [(&str, Edit); 2] = [("arv", |txn| after(txn, "p1", "c")), ("bor", |txn| after(txn, "c", "p1"))];
    let mut talks = apart(&both);
    live(&mut talks, "arv", |txn| after(txn, "p1", "d"));
    live(&mut talks, "bor", |txn| after(txn, "c", "d"));
    let points = |talks: &Talks| told(talks).iter().map(|told| told.split(':').next().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(points(&talks), ["c", "p1"]);
    confirm(&mut talks, 3, &["c", "p1"]);
    assert_eq!(points(&talks), ["c", "p1"], "it had not seen the second");
    confirm(&mut talks, 6, &["c"]);
    assert_eq!(points(&talks), ["p1"]);
    confirm(&mut talks, 6, &["p1"]);
    assert!(told(&talks).is_empty());
    let mut talks = apart(&both);
    live(&mut talks, "cel", |txn| set_schedule(txn, &id("c"), &Default::default()).map(drop).unwrap());
    assert!(told(&talks).is_empty(), "there is no circle");
}

#[test]
fn a_step_that_was_made_to_wait_for_what_another_struck_is_told_with_both() {
    let waits: (&str, Edit) = ("arv", |txn| after(txn, "c", "b1"));
    let strikes: (&str, Edit) = ("bor", |txn| strike(txn, &id("b")).map(drop).unwrap());
    for order in [[waits, strikes], [strikes, waits]] {
        let told = told(&apart(&order));
        let said = "c: ARV let 3 come after 2/(a), which BOR struck: take that out, or name another point";
        assert_eq!(told, [said]);
    }
}

#[test]
fn a_chapeau_and_its_items_that_were_changed_apart_are_read_together() {
    let above: (&str, Edit) = ("arv", |txn| words(txn, "b", "It may:"));
    let below: (&str, Edit) = ("bor", |txn| words(txn, "b2", "leave;"));
    let said = "ARV changed 2, and BOR changed 2/(b) below it: read them together";
    for order in [[above, below], [below, above]] {
        assert_eq!(told(&apart(&order)), ["b", "b2"].map(|point| format!("{point}: {said}")));
    }
    let added: (&str, Edit) = ("bor", |txn| new(txn, "b3", "leave;", &last(Some("b"))));
    assert_eq!(told(&apart(&[above, added])).len(), 2, "a new item is read under words that changed");
    let alone: Edit = |txn| {
        words(txn, "b", "It may:");
        words(txn, "b2", "leave;");
    };
    assert!(told(&apart(&[("arv", alone), ("bor", |txn| words(txn, "c", "Other."))])).is_empty());
    let mut live_ones = talks();
    live(&mut live_ones, "arv", above.1);
    live(&mut live_ones, "bor", below.1);
    assert!(told(&live_ones).is_empty(), "who was there had read it");
}

#[test]
fn one_label_that_was_given_twice_is_told_with_a_way_out() {
    let one: Edit = |txn| new(txn, "x", "Mine.", &Place::After(id("p1")));
    let other: Edit = |txn| new(txn, "y", "Theirs.", &Place::After(id("p1")));
    let mut talks = apart(&[("arv", one), ("bor", other)]);
    let told_now = told(&talks);
    assert_eq!(told_now.len(), 2, "{told_now:?}");
    let said = "\"1 bis\" was given apart to several points (x and y): renumber, or cite them by id";
    let said_otherwise = said.replace("x and y", "y and x");
    assert!(told_now.iter().all(|told| told.ends_with(said) || told.ends_with(&said_otherwise)), "{told_now:?}");
    confirm(&mut talks, 4, &["x", "y"]);
    assert!(told(&talks).is_empty());
}

#[test]
fn many_items_are_told_within_bounds() {
    let mut talks = talks();
    let many = talks.write(2, &[], |txn| (0..40).for_each(|n| new(txn, &format!("n{n}"), "item", &last(Some("b")))));
    let above = talks.write(2, &[], |txn| words(txn, "b", "It may:"));
    talks.take("arv", Branch([1; 8]), 2, many);
    talks.take("bor", Branch([2; 8]), 2, above);
    let marks = unconfirmed_in(&talks);
    assert_eq!(marks.len(), 41);
    let Effect::Chapeau { items, more, .. } = &marks[0].across[0].effect else { panic!("{marks:?}") };
    assert_eq!((items.len(), *more), (NAMED_MAX, 40 - NAMED_MAX));
}
