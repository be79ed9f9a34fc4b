//! A table of what two sides can do to one plan apart, with real documents: which points are merged, and how each side's words and
//! what came out read against what both knew.

mod across;
mod beside;
mod properties;

use yrs::{Doc, Map, Out, ReadTxn, Transact, TransactionMut};

use super::*;
use crate::text::{
    plan::{
        POINTS, Place, move_point, new_doc, restore, set_heading, set_schedule, set_words, strike,
        tests::{add, copy, id, last, outline, sync},
    },
    redline::{Piece, redline},
};

/// The words of `a` to `g`; `b1` and `b2` stand below `b`, `b11` below `b1`, and `g` is struck with `g1` below it.
fn base() -> Doc {
    let doc = new_doc(1);
    let mut txn = doc.transact_mut();
    let below = |parent: &str| Place::Last { parent: Some(id(parent)) };
    let points = [
        ("a", "All forces shall withdraw within thirty days.", last()),
        ("b", "The Mission shall verify.", last()),
        ("b1", "It shall have access.", below("b")),
        ("b11", "At all times.", below("b1")),
        ("b2", "It shall report.", below("b")),
        ("c", "Стороны выводят все силы в срок.", last()),
        ("d", "تسحب الأطراف جميع قواتها فورا", last()),
        ("e", "Detainees shall be released.", last()),
        ("f", "Costs are shared.", last()),
        ("g", "Maps are annexed.", last()),
        ("g1", "They are exact.", below("g")),
    ];
    for (name, words, place) in points {
        add(&mut txn, name, words, &place).expect("added");
    }
    strike(&mut txn, &id("g")).expect("struck");
    drop(txn);
    doc
}

/// What both knew, what each of two clients made of it, and both together.
fn apart(base: &Doc, mine: impl Fn(&mut TransactionMut), theirs: impl Fn(&mut TransactionMut)) -> [Outline; 4] {
    let (me, they) = (copy(base, 2), copy(base, 3));
    mine(&mut me.transact_mut());
    theirs(&mut they.transact_mut());
    let (left, right) = (outline(&me), outline(&they));
    sync(&[me.clone(), they.clone()]);
    assert_eq!(outline(&me), outline(&they));
    [outline(base), left, right, outline(&me)]
}

fn merge_of([base, mine, theirs, result]: &[Outline; 4]) -> Merge {
    merge(base, mine, theirs, result)
}

fn names(merge: &Merge) -> String {
    merge.merged.iter().map(|merged| merged.point.as_str()).collect::<Vec<_>>().join(" ")
}

/// A redline in one line; `=` where nothing differs.
fn marked(old: &str, new: &str) -> String {
    if old == new {
        return "=".to_owned();
    }
    let marked = redline(old, new).into_iter().map(|piece| match piece {
        Piece::Same(text) => text,
        Piece::Removed(text) => format!("[-{text}-]"),
        Piece::Inserted(text) => format!("[+{text}+]"),
    });
    marked.collect()
}

fn words(txn: &mut TransactionMut, point: &str, words: &str) {
    set_words(txn, &id(point), words).expect("set");
}

fn schedule(txn: &mut TransactionMut, point: &str, days: i64) {
    set_schedule(txn, &id(point), &Schedule { duration_days: Some(days), ..Schedule::default() }).expect("set");
}

fn struck(txn: &mut TransactionMut, point: &str) {
    strike(txn, &id(point)).expect("struck");
}

fn back(txn: &mut TransactionMut, point: &str) {
    restore(txn, &id(point)).expect("restored");
}

fn moved(txn: &mut TransactionMut, point: &str, after: &str) {
    move_point(txn, &id(point), &Place::After(id(after))).expect("moved");
}

fn below(txn: &mut TransactionMut, point: &str, parent: &str) {
    move_point(txn, &id(point), &Place::Last { parent: Some(id(parent)) }).expect("moved");
}

/// After `e`, or last below a point.
fn added(txn: &mut TransactionMut, point: &str, parent: Option<&str>) {
    let place = parent.map_or(Place::After(id("e")), |parent| Place::Last { parent: Some(id(parent)) });
    add(txn, point, "New.", &place).expect("added");
}

fn label(txn: &mut TransactionMut, point: &str, label: &str) {
    let Some(Out::YMap(map)) = txn.get_map(POINTS).and_then(|points| points.get(txn, point)) else { panic!("no {point}") };
    map.insert(txn, "label", label);
}

/// As a foreign client might.
fn remove_f(txn: &mut TransactionMut) {
    txn.get_map(POINTS).expect("points").remove(txn, "f");
}

type Edit = fn(&mut TransactionMut);

/// What it is about, what I do, what others do, the points merged, and of the first of them the redlines of my words, theirs and the
/// result against the base.
type Case = (&'static str, Edit, Edit, &'static str, [&'static str; 3]);

fn check(cases: &[Case]) {
    for (name, mine, theirs, merged, redlines) in cases {
        let states = apart(&base(), mine, theirs);
        let found = merge_of(&states);
        assert_eq!(names(&found), *merged, "{name}: {:#?}", found.merged);
        if let Some(first) = found.merged.first() {
            let sides = [&first.mine, &first.theirs, &first.result].map(|side| marked(&first.base.words, &side.words));
            assert_eq!(sides, *redlines, "{name}");
            let kept: MergedPoint = serde_json::from_str(&serde_json::to_string(first).unwrap()).unwrap();
            assert_eq!(&kept, first, "{name}: a kept entry reads back");
        }
        let [base, mine, theirs, result] = &states;
        let swapped = merge(base, theirs, mine, result);
        assert_eq!(names(&swapped), *merged, "{name}: whoever looks");
        assert!(found.merged.iter().all(|merged| !merged.why.is_empty()), "{name}");
    }
}

#[test]
fn words_that_both_changed_are_laid_before_both() {
    check(&[
        ("nobody", |_| {}, |_| {}, "", ["", "", ""]),
        (
            "different points",
            |txn| words(txn, "a", "All forces shall withdraw."),
            |txn| words(txn, "b", "The Mission shall certify."),
            "",
            ["", "", ""],
        ),
        (
            "the same word",
            |txn| words(txn, "a", "All forces shall withdraw within forty days."),
            |txn| words(txn, "a", "All forces shall withdraw within ninety days."),
            "a",
            [
                "All forces shall withdraw within [-thirty-][+forty+] days.",
                "All forces shall withdraw within [-thirty-][+ninety+] days.",
                "All forces shall withdraw within [-thirty-][+fortyninety+] days.",
            ],
        ),
        (
            "the same word by the same",
            |txn| words(txn, "a", "All forces shall withdraw within sixty days."),
            |txn| words(txn, "a", "All forces shall withdraw within sixty days."),
            "a",
            [
                "All forces shall withdraw within [-thirty-][+sixty+] days.",
                "All forces shall withdraw within [-thirty-][+sixty+] days.",
                "All forces shall withdraw within [-thirty-][+sixtysixty+] days.",
            ],
        ),
        (
            "adjacent words",
            |txn| words(txn, "a", "All troops shall withdraw within thirty days."),
            |txn| words(txn, "a", "All forces must withdraw within thirty days."),
            "a",
            [
                "All [-forces-][+troops+] shall withdraw within thirty days.",
                "All forces [-shall-][+must+] withdraw within thirty days.",
                "All [-forces shall-][+troops must+] withdraw within thirty days.",
            ],
        ),
    ]);
}

#[test]
fn words_that_one_deleted_and_words_of_any_script_are_laid_before_both() {
    check(&[
        (
            "one deletes what the other types into",
            |txn| words(txn, "a", "All forces shall withdraw."),
            |txn| words(txn, "a", "All forces shall withdraw within thirty-five days."),
            "a",
            [
                "All forces shall withdraw[- within thirty days-].",
                "All forces shall withdraw within [-thirty-][+thirty-five+] days.",
                "All forces shall [-withdraw within thirty days-][+withdrawthirty-five+].",
            ],
        ),
        (
            "Cyrillic",
            |txn| words(txn, "c", "Стороны выводят все силы в кратчайший срок."),
            |txn| words(txn, "c", "Стороны выводят тяжёлое оружие в срок."),
            "c",
            [
                "Стороны выводят все силы в [+кратчайший +]срок.",
                "Стороны выводят [-все силы-][+тяжёлое оружие+] в срок.",
                "Стороны выводят [-все силы в-][+тяжёлое оружие в кратчайший+] срок.",
            ],
        ),
        (
            "Arabic",
            |txn| words(txn, "d", "تسحب الأطراف جميع قواتها خلال شهر"),
            |txn| words(txn, "d", "تسحب الأطراف كل قواتها فورا"),
            "d",
            [
                "تسحب الأطراف جميع قواتها [-فورا-][+خلال شهر+]",
                "تسحب الأطراف [-جميع-][+كل+] قواتها فورا",
                "تسحب الأطراف [-جميع-][+كل+] قواتها [-فورا-][+خلال شهر+]",
            ],
        ),
    ]);
}

#[test]
fn any_two_aspects_of_one_point_are_laid_before_both() {
    let same = ["=", "=", "="];
    check(&[
        (
            "heading and words",
            |txn| drop(set_heading(txn, &id("a"), "Withdrawal")),
            |txn| words(txn, "a", "All forces shall withdraw."),
            "a",
            ["=", "All forces shall withdraw[- within thirty days-].", "All forces shall withdraw[- within thirty days-]."],
        ),
        (
            "schedule and words",
            |txn| schedule(txn, "e", 14),
            |txn| words(txn, "e", "All detainees shall be released."),
            "e",
            ["=", "[-Detainees-][+All detainees+] shall be released.", "[-Detainees-][+All detainees+] shall be released."],
        ),
        ("schedule and strike", |txn| schedule(txn, "e", 14), |txn| struck(txn, "e"), "e", same),
        ("label and heading", |txn| label(txn, "f", "Annex"), |txn| drop(set_heading(txn, &id("f"), "Costs")), "f", same),
        (
            "a move and words",
            |txn| moved(txn, "e", "a"),
            |txn| words(txn, "e", "Detainees are free."),
            "e",
            ["=", "Detainees [-shall be released-][+are free+].", "Detainees [-shall be released-][+are free+]."],
        ),
        ("two moves", |txn| moved(txn, "e", "a"), |txn| moved(txn, "e", "f"), "e", same),
        ("moves of different points", |txn| moved(txn, "e", "a"), |txn| moved(txn, "d", "f"), "", same),
        ("a move and what stands beside it", |txn| moved(txn, "e", "a"), |txn| words(txn, "f", "Costs fall."), "", same),
        ("both strike it", |txn| struck(txn, "e"), |txn| struck(txn, "e"), "e", same),
        (
            "one takes it away, the other edits",
            remove_f,
            |txn| words(txn, "f", "Costs fall."),
            "f",
            ["[-Costs are shared.-]", "Costs [-are shared-][+fall+].", "[-Costs are shared.-]"],
        ),
    ]);
}

#[test]
fn what_is_struck_carries_what_stands_below_it_along() {
    let same = ["=", "=", "="];
    check(&[
        (
            "one strikes what the other edits",
            |txn| struck(txn, "e"),
            |txn| words(txn, "e", "Detainees are free."),
            "e",
            ["=", "Detainees [-shall be released-][+are free+].", "Detainees [-shall be released-][+are free+]."],
        ),
        (
            "the parent is struck",
            |txn| struck(txn, "b"),
            |txn| words(txn, "b1", "It has access."),
            "b1",
            ["=", "It [-shall have-][+has+] access.", "It [-shall have-][+has+] access."],
        ),
        (
            "two levels up",
            |txn| struck(txn, "b"),
            |txn| words(txn, "b11", "Always."),
            "b11",
            ["=", "[-At all times-][+Always+].", "[-At all times-][+Always+]."],
        ),
        (
            "the parent is struck and edited",
            |txn| struck(txn, "b"),
            |txn| words(txn, "b", "It verifies."),
            "b",
            ["=", "[-The Mission shall verify-][+It verifies+].", "[-The Mission shall verify-][+It verifies+]."],
        ),
        (
            "the child is struck",
            |txn| struck(txn, "b1"),
            |txn| words(txn, "b", "It verifies."),
            "b b1",
            ["=", "[-The Mission shall verify-][+It verifies+].", "[-The Mission shall verify-][+It verifies+]."],
        ),
        ("both strike, one further up", |txn| struck(txn, "b"), |txn| struck(txn, "b1"), "b1", same),
        ("what stands elsewhere", |txn| struck(txn, "b"), |txn| words(txn, "c", "Стороны выводят."), "", same),
        (
            "it comes back",
            |txn| back(txn, "g"),
            |txn| words(txn, "g1", "They bind."),
            "g1",
            ["=", "They [-are exact-][+bind+].", "They [-are exact-][+bind+]."],
        ),
        (
            "restored and edited",
            |txn| back(txn, "g"),
            |txn| words(txn, "g", "Maps are drawn."),
            "g",
            ["=", "Maps are [-annexed-][+drawn+].", "Maps are [-annexed-][+drawn+]."],
        ),
    ]);
}

#[test]
fn what_is_added_or_moved_where_something_was_struck_is_laid_before_both() {
    let same = ["=", "=", "="];
    check(&[
        (
            "added below what was struck",
            |txn| added(txn, "n", Some("b")),
            |txn| struck(txn, "b"),
            "n",
            ["[+New.+]", "=", "[+New.+]"],
        ),
        (
            "added below what comes back",
            |txn| added(txn, "n", Some("g")),
            |txn| back(txn, "g"),
            "n",
            ["[+New.+]", "=", "[+New.+]"],
        ),
        (
            "added below what was edited",
            |txn| added(txn, "n", Some("b")),
            |txn| words(txn, "b", "It verifies."),
            "b n",
            ["=", "[-The Mission shall verify-][+It verifies+].", "[-The Mission shall verify-][+It verifies+]."],
        ),
        ("added below what is gone", |txn| added(txn, "n", Some("f")), remove_f, "n", ["[+New.+]", "=", "[+New.+]"]),
        ("moved below what was struck", |txn| below(txn, "e", "b"), |txn| struck(txn, "b"), "e", same),
        ("moved out of what was struck", |txn| moved(txn, "b1", "a"), |txn| struck(txn, "b"), "b1", same),
        ("struck and given back by one", |txn| (struck(txn, "b"), back(txn, "b")).0, |txn| words(txn, "b1", "Access."), "", same),
    ]);
}

#[test]
fn a_fault_that_only_both_together_make_is_laid_before_both() {
    let same = ["=", "=", "="];
    check(&[
        ("a circle of two moves", |txn| below(txn, "b", "e"), |txn| below(txn, "e", "b"), "b e", same),
        ("both add 5 bis", |txn| added(txn, "m", None), |txn| added(txn, "n", None), "m n", ["[+New.+]", "=", "[+New.+]"]),
    ]);
    let states = apart(&base(), |txn| below(txn, "b", "e"), |txn| below(txn, "e", "b"));
    let merge = merge_of(&states);
    let says: Vec<_> = merge.merged[0].why.iter().map(Cause::to_string).collect();
    assert!(says.iter().any(|says| says.contains("b, e stand below one another in a circle")), "{says:?}");
    assert_eq!(merge.merged[0].by_me, [ChangeKind::Moved]);
    assert_eq!(merge.merged[0].by_others, []);
}
