//! What the log tells of what was made apart: each side as it wrote it, and what came of it.

use proptest::prelude::*;
use std::collections::BTreeSet;
use yrs::{ReadTxn as _, StateVector, TransactionMut};

use super::super::*;
use crate::{
    log::record::{Branch, RecordKind},
    text::{
        apart::tests::{Talks, id, words},
        plan::{Change, NewPoint, Place, Schedule, add_point, set_heading, set_schedule, set_title, set_words, strike},
        token::tokens,
    },
};

/// Every entry of a log, of one point if there is one.
fn entries(talks: &Talks, point: Option<PointId>) -> Vec<LogEntry> {
    let mut reading = Entries::new(Replay::new(None), point.clone()).unwrap();
    let mut all: Vec<LogEntry> = Vec::new();
    for (seq, record) in &talks.log {
        all.extend(reading.take(*seq, record).unwrap());
    }
    all.extend(reading.end().unwrap().0);
    as_seen(all.iter_mut(), (0, &empty()), &talks.log, &point).unwrap();
    all
}

fn empty() -> Vec<u8> {
    Replay::new(None).look(|txn| txn.encode_state_as_update_v1(&StateVector::default())).unwrap()
}

/// What each entry but the first says: `4-5 arv 24 days -> 12 days`.
fn told(talks: &Talks) -> Vec<String> {
    entries(talks, None).iter().skip(1).map(|entry| line(entry, &entry.changes)).collect()
}

fn line(entry: &LogEntry, changes: &[Change]) -> String {
    let changes: Vec<_> = changes.iter().map(|change| format!("{} -> {}", change.before, change.after)).collect();
    format!("{}-{} {} {}", entry.first_seq, entry.last_seq, entry.author.party, changes.join(", "))
}

/// What whoever follows the log is told of each record.
fn followed(talks: &Talks) -> Vec<String> {
    let (mut told, mut follower) = (Vec::new(), Follower::new(Replay::new(None)).unwrap());
    for (seq, record) in &talks.log {
        let log = &talks.log[..*seq as usize];
        let mut window = |_: &BTreeSet<u64>| Ok::<_, ReplayError>(((0, empty()), log.to_vec()));
        let changes = follower.take((*seq, record), &mut window).unwrap();
        told.extend(changes.iter().map(|change| format!("{seq} {} -> {}", change.before, change.after)));
    }
    told.split_off(2.min(told.len()))
}

#[test]
fn what_was_made_apart_is_told_as_each_side_wrote_it_and_as_what_came_of_it() {
    let mut talks = Talks::new("24 days");
    let mine = talks.write(1, &[], words("12 days"));
    let theirs = talks.write(1, &[], words("48 days"));
    talks.take("arv", Branch::TABLE, 1, mine);
    talks.push("bor", 2, 1, &[theirs]);
    let mut raw = Replay::new(None);
    for (seq, record) in &talks.log[..3] {
        raw.apply(*seq, record).unwrap();
    }
    assert!(!["12 days", "48 days"].contains(&raw.outline().unwrap().points[0].words.as_str()), "nobody wrote what stood then");
    let expected = ["2-2 arv 24 days -> 12 days", "3-3 bor 24 days -> 48 days", "4-4 plenary-engine 24 days -> [12][48] days"];
    assert_eq!(told(&talks), expected);
    assert_eq!(followed(&talks), ["2 24 days -> 12 days", "3 24 days -> 48 days", "4 24 days -> [12][48] days"]);
}

#[test]
fn a_stay_that_is_sent_in_parts_is_told_edit_by_edit_on_what_it_had_written_before() {
    let mut talks = Talks::new("24 days");
    let first = talks.write(1, &[], words("12 days"));
    let second = talks.write(1, std::slice::from_ref(&first), words("14 days"));
    let third = talks.write(1, &[first.clone(), second.clone()], words("14 weeks"));
    let live = talks.write(1, &[], words("48 days"));
    talks.take("bor", Branch::TABLE, 1, live);
    talks.push("arv", 1, 1, &[first, second]);
    talks.push("arv", 1, 1, &[third]);
    let expected = [
        "2-2 bor 24 days -> 48 days",
        "3-3 arv 24 days -> 12 days",
        "4-4 arv 12 days -> 14 days",
        "5-5 plenary-engine 24 days -> [48][14] days",
        "6-6 arv 14 days -> 14 weeks",
    ];
    assert_eq!(told(&talks)[..5], expected);
    let last = told(&talks).pop().unwrap();
    assert!(last.starts_with("7-7 plenary-engine 24 days -> ") && !last.contains("4814") && !last.contains("1448"), "{last}");
}

#[test]
fn of_whatever_kind_what_was_made_apart_is_told_against_what_its_author_had_seen() {
    type Edit = fn(&mut TransactionMut);
    fn days(txn: &mut TransactionMut, days: i64) {
        let schedule = Schedule { offset_days: Some(days), trigger: Some("D-Day".into()), ..Schedule::default() };
        set_schedule(txn, &id(), &schedule).unwrap();
    }
    let table: [(&str, [Edit; 2], [&str; 3]); 7] = [
        (
            "24 days",
            [|txn| drop(set_title(txn, "Accord")), |txn| drop(set_title(txn, "Treaty"))],
            ["Plan -> Accord", "Plan -> Treaty", "Plan -> [Accord][Treaty]"],
        ),
        (
            "24 days",
            [|txn| drop(set_heading(txn, &id(), "Terms")), |txn| drop(set_heading(txn, &id(), "Limits"))],
            ["Head -> Terms", "Head -> Limits", "Head -> [Terms][Limits]"],
        ),
        (
            "all forces",
            [|txn| words("forces")(txn), |txn| words("some forces")(txn)],
            ["all forces -> forces", "all forces -> some forces", "all forces -> [some] forces"],
        ),
        (
            "forces leave",
            [|txn| words("forces leave at once")(txn), |txn| words("forces leave by 3")(txn)],
            [
                "forces leave -> forces leave at once",
                "forces leave -> forces leave by 3",
                "forces leave -> forces leave [at once][by 3]",
            ],
        ),
        (
            "[30][50] days",
            [|txn| words("[40][50] days")(txn), |txn| words("[45][50] days")(txn)],
            ["[30][50] days -> [40][50] days", "[30][50] days -> [45][50] days", "[30][50] days -> [40][45][50] days"],
        ),
        (
            "24 days",
            [|txn| days(txn, 3), |txn| days(txn, 5)],
            [" -> begins 3 days after D-Day", " -> begins 5 days after D-Day", " -> begins [3][5] days after D-Day"],
        ),
        (
            "24 days",
            [|txn| drop(strike(txn, &id())), |txn| words("48 days")(txn)],
            ["24 days -> 24 days", "24 days -> 48 days", "24 days -> 48 days, 24 days -> 48 days"],
        ),
    ];
    for (base, [one, two], expected) in table {
        let mut talks = Talks::new(base);
        let (mine, theirs) = (talks.write(1, &[], one), talks.write(1, &[], two));
        talks.take("arv", Branch::TABLE, 1, mine);
        talks.push("bor", 2, 1, &[theirs]);
        let made: Vec<String> =
            told(&talks).iter().map(|line| line.splitn(3, ' ').nth(2).unwrap_or_default().to_owned()).collect();
        assert_eq!(made, expected, "{base}");
        let followed: Vec<String> = followed(&talks).iter().map(|line| line[2..].to_owned()).collect();
        assert_eq!(followed.join(", "), expected.join(", "), "{base}");
    }
}

#[test]
fn of_one_point_the_log_tells_what_was_done_to_it_and_nothing_of_others_that_came_in_the_same_push() {
    let mut talks = Talks::new("24 days");
    let other: PointId = "p2".parse().unwrap();
    let add = talks.write(1, &[], |txn| {
        let new = NewPoint { id: &"p2".parse().unwrap(), label: None, heading: "", words: "60 km" };
        add_point(txn, new, &Place::Last { parent: None }).unwrap();
    });
    talks.take("med", Branch::TABLE, 1, add);
    let set = |point: &PointId, to: &'static str| {
        let point = point.clone();
        move |txn: &mut TransactionMut| assert!(set_words(txn, &point, to).unwrap())
    };
    let first = talks.write(2, &[], words("12 days"));
    let second = talks.write(2, std::slice::from_ref(&first), set(&other, "90 km"));
    for live in [talks.write(2, &[], words("48 days")), talks.write(2, &[], set(&other, "30 km"))] {
        let seen = talks.log.len() as u64;
        talks.take("bor", Branch::TABLE, seen, live);
    }
    let says = talks.push("arv", 1, 2, &[first, second]).unwrap();
    assert_eq!(says.points.len(), 2);
    for (point, expected) in [
        (id(), ["3-3 bor 24 days -> 48 days", "5-5 arv 24 days -> 12 days", "7-7 plenary-engine 24 days -> [48][12] days"]),
        (other, ["4-4 bor 60 km -> 30 km", "6-6 arv 60 km -> 90 km", "7-7 plenary-engine 60 km -> [30][90] km"]),
    ] {
        let of_one = entries(&talks, Some(point.clone()));
        let lines: Vec<String> = of_one.iter().filter(|entry| entry.first_seq > 2).map(|one| line(one, &one.changes)).collect();
        assert_eq!(lines, expected);
        assert!(of_one.iter().flat_map(|entry| &entry.changes).all(|change| change.point == Some(point.clone())));
    }
}

#[test]
fn what_was_done_and_undone_at_one_go_is_told() {
    let mut talks = Talks::new("24 days");
    for to in ["48 days", "24 days"] {
        let seen = talks.log.len() as u64;
        let update = talks.write(seen, &[], words(to));
        talks.take("arv", Branch::TABLE, seen, update);
    }
    assert_eq!(told(&talks), ["2-2 arv 24 days -> 48 days", "3-3 arv 48 days -> 24 days"]);
}

/// Words of which none is a part of another, in several scripts.
const WORDS: [&str; 12] = ["12", "48", "30", "1,000", "дней", "тридцать", "ثلاثون", "يوما", "二十四", "🕊️", "forces", "D+14"];

fn text(picks: &[usize]) -> String {
    picks.iter().map(|at| WORDS[at % WORDS.len()]).collect::<Vec<_>>().join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_record_is_told_by_a_word_that_nobody_wrote(
        base in prop::collection::vec(0usize..12, 1..5),
        sides in prop::collection::vec((prop::collection::vec(0usize..12, 0..5), prop::collection::vec(0usize..12, 0..5), any::<bool>()), 2..4),
    ) {
        let mut talks = Talks::new(&text(&base));
        let mut written: BTreeSet<String> = tokens(&text(&base)).into_iter().map(str::to_owned).collect();
        written.extend(["Plan", "Head", "\n", "[", "]", " "].map(str::to_owned));
        let mut stays = Vec::new();
        for (one, two, is_live) in &sides {
            written.extend([one, two].iter().flat_map(|picks| tokens(&text(picks)).into_iter().map(str::to_owned).collect::<Vec<_>>()));
            let set = |picks: &[usize]| {
                let to = text(picks);
                move |txn: &mut TransactionMut| assert!(set_words(txn, &id(), &to).is_ok())
            };
            let first = talks.write(1, &[], set(one));
            let second = talks.write(1, std::slice::from_ref(&first), set(two));
            stays.push((is_live, [first, second]));
        }
        for (at, (is_live, [first, second])) in stays.into_iter().enumerate() {
            let party = ["arv", "bor", "cel"][at];
            if *is_live {
                talks.push(party, at as u8 + 1, 1, &[first]);
                talks.push(party, at as u8 + 1, 1, &[second]);
            } else {
                talks.push(party, at as u8 + 1, 1, &[first, second]);
            }
        }
        let all = entries(&talks, None);
        let own = all.iter().flat_map(|entry| entry.changes.iter().flat_map(|change| [&change.before, &change.after]).cloned());
        let mut shown: Vec<String> = own.chain(followed(&talks)).collect();
        let mut replay = Replay::new(None);
        for (seq, record) in &talks.log {
            replay.apply(*seq, record).unwrap();
        }
        shown.extend(replay.blame(&id(), |_| None).unwrap().unwrap().into_iter().map(|stretch| stretch.text));
        for (party, entry) in all.iter().filter(|entry| entry.does == RecordKind::Edit).map(|entry| (&entry.author.party, entry)) {
            prop_assert!(!entry.changes.iter().any(|change| change.after.contains('[')), "{party} put no bracket: {entry:?}");
        }
        for text in shown {
            let text = text.split_once(" -> ").map_or(text.clone(), |(before, after)| {
                format!("{} {after}", before.split_once(' ').map_or("", |(_, before)| before))
            });
            for word in tokens(&text) {
                prop_assert!(written.contains(word), "nobody wrote {word:?} of {text:?}");
            }
        }
    }
}
