//! What README and the delegations' chapter say of what was changed apart is what comes out: their tables are read here, row by row. What
//! the timetable makes of it, and what whoever syncs is told, the tests of these say.

use super::*;
use crate::{
    talk::across,
    text::{
        marks::{Marks, Unconfirmed},
        plan::{After, Fault, Schedule, move_point, renumber, restore, set_schedule, strike},
    },
};

const README: &str = include_str!("../../../../../README.md");
const DELEGATIONS: &str = include_str!("../../../../../server/docs/delegations.md");

type Write = fn(&mut TransactionMut);

/// What is changed apart, what comes out, and how that is found to be so.
type Row = (&'static str, &'static str, fn());

const OF_README: [Row; 4] = [
    ("words, heading, title", "both, bracketed", texts_are_bracketed),
    (
        "a schedule field",
        "a list in log order, open; the timetable shows earliest and latest; the next set ends it",
        a_field_is_a_list_until_it_is_set,
    ),
    (
        "place, label, struck",
        "the later in the log stands, marked merged, the other named; two `2 bis` are named with a way out",
        || {
            the_later_stands();
            two_of_one_label_are_named();
        },
    ),
    ("moved or struck, against words", "both stand, marked merged", moved_or_struck_and_words_stand),
];

const OF_DELEGATIONS: [Row; 7] = [
    (
        "days of a schedule: `12`, `48`",
        "`[12][48]`, in the order of the log, open; the timetable shows the earliest and the latest date; whoever sets the field ends it",
        a_field_is_a_list_until_it_is_set,
    ),
    ("what of another point must come first: `start`, `done`", "`[start][done]`, likewise", what_comes_first_is_a_list),
    ("a schedule on one side, other fields of it on the other", "both", other_fields_stand),
    ("place, label, struck", "what the later in the log made of it; where only one side left it changed, that", the_later_stands),
    (
        "two new points that both got `5 bis`",
        "both, named with their ids: renumber, or cite them by id",
        two_of_one_label_are_named,
    ),
    ("moved or struck against words", "both stand", moved_or_struck_and_words_stand),
    (
        "a circle of conditions that only both made, a step made to wait for a point that the other struck, a chapeau and its items",
        "all stand; of each every party is told who did what, and what to do; what the text does not show any more is told no more",
        what_only_both_made_stands,
    ),
];

/// The rows of the tables that begin with these cells.
fn rows<'t>(text: &'t str, head: &[&str]) -> Vec<Vec<&'t str>> {
    let cells = |line: &'t str| -> Option<Vec<&'t str>> {
        let line = line.strip_prefix("| ")?.strip_suffix(" |")?;
        Some(line.split(" | ").collect())
    };
    let mut lines = text.lines().skip_while(|line| cells(line).is_none_or(|cells| cells != head)).skip(2);
    lines.by_ref().map_while(cells).collect()
}

#[test]
fn what_readme_and_the_chapter_say_of_what_was_changed_apart_is_what_comes_out() {
    for (text, table) in [(README, &OF_README[..]), (DELEGATIONS, &OF_DELEGATIONS[..])] {
        let said = rows(text, &["changed apart", "comes out"]);
        let tried: Vec<Vec<&str>> = table.iter().map(|(apart, out, _)| vec![*apart, *out]).collect();
        assert_eq!(said, tried);
        table.iter().for_each(|(_, _, holds)| holds());
    }
}

#[test]
fn each_example_of_the_chapter_comes_out_as_it_says() {
    let examples = rows(DELEGATIONS, &["as both knew it", "changed apart", "comes out"]);
    assert!(examples.len() >= 8, "{examples:?}");
    for example in examples {
        let [base, sides, out] = example[..] else { panic!("{example:?}") };
        let code = |cell: &str| cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`')).unwrap().to_owned();
        let (one, other) = match sides.strip_suffix(", twice") {
            Some(both) => (code(both), code(both)),
            None => sides.split_once(", ").map(|(one, other)| (code(one), code(other))).unwrap(),
        };
        assert_eq!(two(&code(base), &one, &other), code(out), "{example:?}");
    }
}

/// A plan of three points.
fn plan() -> Talks {
    let mut talks = Talks::new("24 days");
    let more = talks.write(1, &[], |txn| {
        for name in ["p2", "p3"] {
            let new = NewPoint { id: &name.parse().unwrap(), label: None, heading: "", words: name };
            add_point(txn, new, &Place::Last { parent: None }).unwrap();
        }
    });
    talks.take("med", Branch::TABLE, 1, more);
    talks
}

/// What two replicas make of it, `arv`'s and then `bor`'s, and what is marked as merged then.
fn apart(one: Write, other: Write) -> (Talks, Outline, Vec<Unconfirmed>) {
    let mut talks = plan();
    let (one, other) = (talks.write(2, &[], one), talks.write(2, &[], other));
    talks.push("arv", 1, 2, &[one]);
    talks.push("bor", 2, 2, &[other]);
    let (mut fold, mut marks) = (Fold::new(new_doc(0)), Marks::default());
    for (seq, record) in &talks.log {
        let taken = fold.take(record).unwrap();
        marks.take(*seq, record, &mut fold, &taken.checked).unwrap();
    }
    let outline = outline(&talks);
    let marked = across::unconfirmed(&marks.marked(fold.ledger()), &outline);
    (talks, outline, marked)
}

fn outline(talks: &Talks) -> Outline {
    Outline::read(&talks.state(u64::MAX, &[]).transact())
}

/// Both are named, at one point or the title.
fn is_marked(marked: &[Unconfirmed]) {
    let by = |mark: &Unconfirmed| mark.by.iter().map(|by| by.author.party.to_string()).collect::<Vec<_>>();
    assert!(marked.iter().any(|mark| by(mark) == ["arv", "bor"]), "{marked:?}");
}

fn point(name: &str) -> PointId {
    name.parse().unwrap()
}

fn schedule(txn: &mut TransactionMut, name: &str, change: impl FnOnce(&mut Schedule)) {
    let mut schedule = Outline::read(txn).get(&point(name)).unwrap().schedule.clone();
    change(&mut schedule);
    set_schedule(txn, &point(name), &schedule).unwrap();
}

fn texts_are_bracketed() {
    let (_, outline, marked) = apart(|txn| words("12 days")(txn), |txn| words("48 days")(txn));
    assert_eq!(outline.points[0].words, "[12][48] days");
    is_marked(&marked);
    let (_, outline, marked) =
        apart(|txn| assert!(set_heading(txn, &id(), "Terms").unwrap()), |txn| assert!(set_heading(txn, &id(), "Aims").unwrap()));
    assert_eq!(outline.points[0].heading, "[Terms][Aims]");
    is_marked(&marked);
    let (_, outline, marked) = apart(|txn| set_title(txn, "Peace").unwrap(), |txn| set_title(txn, "Truce").unwrap());
    assert_eq!(outline.title, "[Peace][Truce]");
    is_marked(&marked);
}

fn a_field_is_a_list_until_it_is_set() {
    let (mut talks, outline, marked) = apart(
        |txn| schedule(txn, "p1", |schedule| schedule.offset_days = Some(12)),
        |txn| schedule(txn, "p1", |schedule| schedule.offset_days = Some(48)),
    );
    assert_eq!(outline.points[0].schedule.alternatives.offset_days, [Some(12), Some(48)]);
    is_marked(&marked);
    let seen = talks.log.len() as u64;
    let set = talks.write(seen, &[], |txn| {
        schedule(txn, "p1", |schedule| {
            schedule.offset_days = Some(30);
            schedule.alternatives.offset_days.clear();
        });
    });
    talks.take("cel", Branch::TABLE, seen, set);
    let settled = &self::outline(&talks).points[0].schedule;
    assert_eq!((settled.offset_days, settled.alternatives.is_none()), (Some(30), true));
}

fn what_comes_first_is_a_list() {
    let (_, outline, marked) = apart(
        |txn| schedule(txn, "p1", |schedule| _ = schedule.after.insert(point("p2"), After::Start)),
        |txn| schedule(txn, "p1", |schedule| _ = schedule.after.insert(point("p2"), After::Done)),
    );
    let list = [(point("p2"), vec![Some(After::Start), Some(After::Done)])].into();
    assert_eq!(outline.points[0].schedule.alternatives.after, list);
    is_marked(&marked);
}

fn other_fields_stand() {
    let (_, outline, marked) = apart(
        |txn| schedule(txn, "p1", |schedule| schedule.offset_days = Some(12)),
        |txn| schedule(txn, "p1", |schedule| schedule.duration_days = Some(3)),
    );
    let Schedule { offset_days, duration_days, alternatives, .. } = &outline.points[0].schedule;
    assert_eq!((*offset_days, *duration_days, alternatives.is_none()), (Some(12), Some(3), true));
    is_marked(&marked);
}

fn the_later_stands() {
    fn below(txn: &mut TransactionMut, name: &str) {
        assert!(move_point(txn, &id(), &Place::Last { parent: Some(point(name)) }).unwrap());
    }
    let (_, outline, marked) = apart(|txn| below(txn, "p2"), |txn| below(txn, "p3"));
    assert_eq!(outline.get(&id()).unwrap().parent, Some(point("p3")));
    is_marked(&marked);
    fn renumbered_after(txn: &mut TransactionMut, name: &str) {
        move_point(txn, &id(), &Place::After(point(name))).unwrap();
        renumber(txn).unwrap();
    }
    let (_, outline, marked) = apart(|txn| renumbered_after(txn, "p2"), |txn| renumbered_after(txn, "p3"));
    assert_eq!(outline.get(&id()).unwrap().label, "3");
    is_marked(&marked);
    let restored: Write = |txn| {
        assert!(strike(txn, &id()).unwrap());
        assert!(restore(txn, &id()).unwrap());
    };
    let (_, outline, marked) = apart(|txn| assert!(strike(txn, &id()).unwrap()), restored);
    assert!(outline.points[0].struck, "only one side left it changed");
    is_marked(&marked);
}

fn two_of_one_label_are_named() {
    fn add(txn: &mut TransactionMut, name: &str) {
        let new = NewPoint { id: &point(name), label: None, heading: "", words: name };
        assert_eq!(add_point(txn, new, &Place::After(point("p2"))).unwrap(), "2 bis");
    }
    let (_, outline, _) = apart(|txn| add(txn, "a"), |txn| add(txn, "b"));
    let named =
        |fault: &&Fault| matches!(fault, Fault::DuplicateLabel { label, points } if label == "2 bis" && points.len() == 2);
    let fault = outline.faults.iter().find(named).unwrap().to_string();
    assert!(["a", "b", "renumber"].iter().all(|part| fault.contains(part)), "{fault}");
}

fn moved_or_struck_and_words_stand() {
    let write: Write = |txn| words("12 days")(txn);
    let (_, outline, marked) =
        apart(|txn| assert!(move_point(txn, &id(), &Place::Last { parent: Some(point("p2")) }).unwrap()), write);
    let moved = outline.get(&id()).unwrap();
    assert_eq!((moved.parent.clone(), moved.words.as_str()), (Some(point("p2")), "12 days"));
    is_marked(&marked);
    let (_, outline, marked) = apart(|txn| assert!(strike(txn, &id()).unwrap()), write);
    assert_eq!((outline.points[0].struck, outline.points[0].words.as_str()), (true, "12 days"));
    is_marked(&marked);
}

fn what_only_both_made_stands() {
    let waits = |outline: &Outline, name: &str, before: &str| {
        outline.get(&point(name)).unwrap().schedule.after.contains_key(&point(before))
    };
    let (_, outline, _) = apart(
        |txn| schedule(txn, "p1", |schedule| _ = schedule.after.insert(point("p2"), After::Done)),
        |txn| schedule(txn, "p2", |schedule| _ = schedule.after.insert(point("p1"), After::Done)),
    );
    assert!(waits(&outline, "p1", "p2") && waits(&outline, "p2", "p1"));
    let (_, outline, _) = apart(
        |txn| schedule(txn, "p1", |schedule| _ = schedule.after.insert(point("p2"), After::Done)),
        |txn| assert!(strike(txn, &point("p2")).unwrap()),
    );
    assert!(waits(&outline, "p1", "p2") && outline.get(&point("p2")).unwrap().struck);
    let (_, outline, _) = apart(
        |txn| words("The Parties shall:")(txn),
        |txn| {
            let new = NewPoint { id: &point("item"), label: None, heading: "", words: "withdraw" };
            drop(add_point(txn, new, &Place::Last { parent: Some(id()) }).unwrap());
        },
    );
    assert_eq!(outline.points[0].words, "The Parties shall:");
    assert_eq!(outline.get(&point("item")).unwrap().words, "withdraw");
}
