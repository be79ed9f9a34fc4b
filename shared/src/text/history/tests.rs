//! A log of several members' real edits, and what it tells.

mod apart;

use proptest::prelude::*;
use yrs::{Doc, GetString, Map, Out, ReadTxn, StateVector, Text, TextPrelim, Transact, Update, updates::decoder::Decode};

use super::*;
use crate::{
    log::record::{Moment, Provenance, RecordKind, Right},
    text::{
        plan::{
            ChangeKind, Place, move_point, set_heading, set_title, set_words, strike,
            tests::{add, copy, id, last},
            words_text,
        },
        say::utf16,
    },
};

const MINUTE: u64 = 60_000;

/// Members who edit one text, each under a client id of their own, and the log of what they did.
struct Talks {
    docs: Vec<Doc>,
    log: Vec<(u64, Record)>,
    now_ms: u64,
}

fn author(member: usize) -> Author {
    let party = ["med", "arv", "bor"][member % 3];
    Author { party: party.parse().expect("an id"), member: format!("{party}-{}", member / 3 + 1).parse().expect("an id") }
}

fn record(member: usize, at_ms: u64, update: Vec<u8>) -> Record {
    let at = Moment { at_ms, clock_corrected: false };
    Provenance::live(author(member), Right::Draft).record(0, at, update.into())
}

impl Talks {
    /// The facilitator creates a plan; the others join.
    fn new(members: usize) -> Self {
        let mut talks = Talks { docs: vec![new_doc(1)], log: Vec::new(), now_ms: 1_700_000_000_000 };
        talks.edit(0, |txn| {
            for (name, words) in [("a", "Hello world"), ("b", "Стороны 🙂 выводят"), ("c", "تسحب القوات")]
            {
                add(txn, name, words, &last()).expect("added");
            }
        });
        let others = (1..members).map(|member| copy(&talks.docs[0], member as u64 + 1)).collect::<Vec<_>>();
        talks.docs.extend(others);
        talks
    }

    /// One edit, seen by all at once.
    fn edit(&mut self, member: usize, edit: impl FnOnce(&mut TransactionMut)) {
        self.now_ms += 1_000;
        let mut txn = self.docs[member].transact_mut();
        edit(&mut txn);
        let update = txn.encode_update_v1();
        drop(txn);
        for (other, doc) in self.docs.iter().enumerate() {
            if other != member {
                doc.transact_mut().apply_update(Update::decode_v1(&update).expect("an update")).expect("applies");
            }
        }
        let record = record(member, self.now_ms, update);
        self.log.push((self.log.len() as u64 + 1, record));
    }

    fn words(&mut self, member: usize, point: &str, words: &str) {
        self.edit(member, |txn| assert!(set_words(txn, &id(point), words).expect("set")));
    }

    fn replay(&self) -> Replay {
        self.replay_by(Some(author(0)))
    }

    fn replay_by(&self, created_by: Option<Author>) -> Replay {
        self.replay_at(created_by, At::Seq(u64::MAX))
    }

    fn replay_at(&self, created_by: Option<Author>, at: At) -> Replay {
        let mut replay = Replay::new(created_by);
        for (seq, record) in self.log.iter().take_while(|(seq, record)| at.includes(*seq, record)) {
            replay.apply(*seq, record).expect("replays");
        }
        replay
    }

    fn entries(&self, point: Option<&str>) -> Vec<LogEntry> {
        let mut entries = Entries::new(Replay::new(Some(author(0))), point.map(id)).expect("reads");
        let mut all: Vec<LogEntry> = Vec::new();
        for (seq, record) in &self.log {
            all.extend(entries.take(*seq, record).expect("replays"));
        }
        let (last, mut replay) = entries.end().expect("reads");
        assert_eq!(replay.outline(), self.replay().outline());
        all.extend(last);
        all
    }
}

fn blamed(replay: &mut Replay, point: &str, unsent: impl Fn(u64) -> Option<Author>) -> Vec<Authored> {
    replay.blame(&id(point), unsent).expect("reads").expect("a text")
}

/// `text=member@record`, `-` for nobody.
fn told(stretches: &[Authored]) -> String {
    let one = |stretch: &Authored| {
        let member = stretch.member.as_ref().map_or("-", |member| member.as_str());
        format!("{}={member}@{}", stretch.text, stretch.seq.map_or("-".to_owned(), |seq| seq.to_string()))
    };
    stretches.iter().map(one).collect::<Vec<_>>().join("|")
}

#[test]
fn each_stretch_names_its_author_and_record_and_the_first_text_nobody() {
    let mut talks = Talks::new(3);
    talks.words(1, "a", "Hello there world");
    talks.words(2, "a", "Hello thWOWere world!");
    talks.words(1, "b", "Стороны 🙂🚀 немедленно выводят");
    talks.words(2, "b", "Стороны немедленно выводят"); // takes out one of arv's letters and one of nobody's
    talks.words(2, "c", "تسحب جميع القوات");
    let mut replay = talks.replay();
    let nobody = |_| None;
    assert_eq!(told(&blamed(&mut replay, "a", nobody)), "Hello =-@1|thWOWere=bor-1@3| =arv-1@2|world=-@1|!=bor-1@3");
    assert_eq!(told(&blamed(&mut replay, "b", nobody)), "Стороны =-@1|немедленно=arv-1@4| выводят=-@1");
    assert_eq!(told(&blamed(&mut replay, "c", nobody)), "تسحب =-@1|جميع =bor-1@6|القوات=-@1");
    let first = &blamed(&mut replay, "a", nobody)[0];
    assert_eq!((&first.party, first.at_ms), (&None, Some(talks.log[0].1.at_ms)));
    let second = &blamed(&mut replay, "a", nobody)[2];
    assert_eq!((second.party.as_ref().map(|party| party.as_str()), second.at_ms), (Some("arv"), Some(talks.log[1].1.at_ms)));
}

#[test]
fn a_record_that_changes_no_words_leaves_them_as_they_are_and_is_an_entry_unless_it_tells_an_act() {
    let mut talks = Talks::new(3);
    talks.words(1, "a", "Hello there world");
    let before = talks.replay().outline();
    for (kind, update) in [
        (RecordKind::Act, b"told".to_vec()),
        (RecordKind::Confirmation { points: Vec::new() }, Vec::new()),
        (RecordKind::Edit, Vec::new()),
    ] {
        let seq = talks.log.len() as u64 + 1;
        talks.log.push((seq, Record { kind, ..record(2, talks.now_ms, update) }));
    }
    assert_eq!((talks.replay().outline(), talks.replay().seq()), (before, 5));
    talks.words(1, "a", "Hello there, world");
    let entries: Vec<_> =
        talks.entries(None).into_iter().map(|entry| (entry.first_seq, entry.last_seq, entry.changes.len())).collect();
    assert_eq!(entries[entries.len() - 3..], [(4, 4, 0), (5, 5, 0), (6, 6, 1)]);
}

#[test]
fn an_entry_says_that_a_time_in_it_is_the_logs_and_not_the_clocks() {
    let mut talks = Talks::new(2);
    talks.words(1, "a", "Hello there world");
    assert!(talks.entries(None).iter().all(|entry| !entry.clock_corrected));
    talks.words(1, "a", "Hello again world");
    talks.log[2].1.clock_corrected = true;
    assert_eq!(talks.entries(None).iter().map(|entry| entry.clock_corrected).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_plan_that_somebody_else_began_has_authors_from_its_first_record_on() {
    let talks = Talks::new(1);
    let mut replay = talks.replay_by(Some(author(1)));
    assert_eq!(told(&blamed(&mut replay, "a", |_| None)), "Hello world=med-1@1");
}

#[test]
fn words_that_are_not_in_the_log_yet_are_those_of_whom_the_caller_names() {
    let mut talks = Talks::new(2);
    talks.words(1, "a", "Hello, world");
    let mut replay = talks.replay();
    let mine = copy(&talks.docs[1], 77);
    set_words(&mut mine.transact_mut(), &id("a"), "Hello, brave world").expect("set");
    let vector = replay.look(|txn| txn.state_vector()).expect("reads");
    let update = mine.transact().encode_state_as_update_v1(&vector);
    replay.lay_over([Formed::read(&update).expect("an update")]).expect("fits");
    let told = told(&blamed(&mut replay, "a", |client| (client == 77).then(|| author(2))));
    assert_eq!(told, "Hello=-@1|,=arv-1@2| =-@1|brave =bor-1@-|world=-@1");
    let state = state_of(&mut replay);
    let mut from_state = Replay::from_state(2, &state).expect("a state");
    assert_eq!(from_state.seq(), 2);
    let unknown = blamed(&mut from_state, "a", |_| None);
    assert_eq!((unknown.len(), &*unknown[0].text, unknown[0].seq), (1, "Hello, brave world", None));
}

fn state_of(replay: &mut Replay) -> Vec<u8> {
    replay.look(|txn| txn.encode_state_as_update_v1(&StateVector::default())).expect("reads")
}

fn update_of(doc: &Doc) -> Vec<u8> {
    doc.transact().encode_state_as_update_v1(&Default::default())
}

#[test]
fn two_who_type_into_each_other_keep_their_letters() {
    let mut talks = Talks::new(3);
    // Turn by turn, each behind their own last letter.
    for (at, letter) in "ABCDEFGH".chars().enumerate() {
        let member = 1 + at % 2;
        talks.edit(member, |txn| {
            let text = words_text(txn, &id("a")).expect("a text");
            text.insert(txn, 5 + at as u32, &letter.to_string());
        });
    }
    let mut replay = talks.replay();
    let stretches = blamed(&mut replay, "a", |_| None);
    let typed = "Hello=-@1|A=arv-1@2|B=bor-1@3|C=arv-1@2|D=bor-1@3|E=arv-1@2|F=bor-1@3|G=arv-1@2|H=bor-1@3| world=-@1";
    assert_eq!(told(&stretches), typed, "what one types within a minute is told once");
    assert_eq!(replay.authors.len(), 3, "an entry for each");
}

#[test]
fn typing_for_longer_than_a_minute_is_told_with_its_times() {
    let mut talks = Talks::new(2);
    for n in 0..180 {
        talks.edit(1, |txn| {
            let text = words_text(txn, &id("a")).expect("a text");
            text.insert(txn, n, "x");
        });
    }
    let times: Vec<_> =
        blamed(&mut talks.replay(), "a", |_| None).iter().map(|stretch| (stretch.text.len(), stretch.seq)).collect();
    assert_eq!(times, [(60, Some(2)), (60, Some(62)), (60, Some(122)), (11, Some(1))]);
}

#[test]
fn a_record_tells_what_it_touched() {
    let mut talks = Talks::new(2);
    let below = Place::Last { parent: Some(id("a")) };
    talks.words(1, "b", "B");
    talks.edit(1, |txn| drop(set_heading(txn, &id("c"), "Head")));
    talks.edit(1, |txn| set_title(txn, "Framework").unwrap());
    talks.edit(1, |txn| drop(strike(txn, &id("a"))));
    talks.edit(1, |txn| drop(add(txn, "d", "D", &below)));
    talks.edit(1, |txn| drop(move_point(txn, &id("b"), &below)));
    talks.edit(1, |txn| {
        let Some(Out::YMap(point)) = txn.get_map(POINTS).and_then(|points| points.get(txn, "c")) else { panic!("no c") };
        point.insert(txn, "words", TextPrelim::new("C"));
        txn.get_map(POINTS).expect("points").remove(txn, "d");
    });
    talks.edit(1, |_| {});
    let mut replay = Replay::new(None);
    let touched: Vec<_> = talks.log.iter().map(|(seq, record)| replay.apply(*seq, record).expect("replays")).collect();
    let of = |title, tree, points: &[&str]| Touched { title, tree, points: points.iter().map(|point| id(point)).collect() };
    let expected = [
        of(false, true, &["a", "b", "c"]),
        of(false, false, &["b"]),
        of(false, false, &["c"]),
        of(true, false, &[]),
        of(false, false, &["a"]),
        of(false, true, &["d"]),
        of(false, true, &["b"]),
        of(false, true, &["c", "d"]),
        of(false, false, &[]),
    ];
    assert_eq!(touched, expected);
}

#[test]
fn the_text_stands_as_it_stood_at_a_record_or_a_time() {
    let mut talks = Talks::new(3);
    talks.words(1, "a", "one");
    talks.now_ms += 60 * MINUTE;
    talks.words(2, "a", "two");
    let at = |at| {
        let mut replay = talks.replay_at(None, at);
        (replay.seq(), replay.outline().expect("reads").get(&id("a")).map(|point| point.words.clone()))
    };
    let time = |seq: usize| talks.log[seq - 1].1.at_ms;
    let words = |words: &str| Some(words.to_owned());
    assert_eq!(at(At::Seq(0)), (0, None));
    assert_eq!(at(At::Seq(2)), (2, words("one")));
    assert_eq!(at(At::Seq(99)), (3, words("two")));
    assert_eq!(at(At::Ms(time(2) - 1)), (1, words("Hello world")));
    assert_eq!(at(At::Ms(time(2))), (2, words("one")));
    assert_eq!(at(At::Ms(time(3) - 1)), (2, words("one")));
    assert_eq!(at(At::Ms(u64::MAX)), (3, words("two")));
}

#[test]
fn what_a_member_does_at_one_go_is_one_entry() {
    let mut talks = Talks::new(3);
    talks.words(0, "a", "Hello old world"); // by who created the plan, but no longer its first text
    talks.words(1, "a", "Hello new world");
    talks.words(1, "b", "Сразу");
    talks.words(1, "b", "Сразу же");
    talks.now_ms += 5 * MINUTE;
    talks.edit(1, |txn| drop(move_point(txn, &id("c"), &Place::First { parent: None })));
    talks.words(2, "c", "x");
    talks.words(2, "c", "تسحب القوات");
    talks.words(1, "a", "Hello");
    let told = |entries: &[LogEntry]| {
        let one = |entry: &LogEntry| {
            let changes: Vec<_> = entry
                .changes
                .iter()
                .map(|change| format!("{:?} {}", change.kind, change.point.as_ref().expect("a point")))
                .collect();
            format!("{}-{} {}: {}", entry.first_seq, entry.last_seq, entry.author.member, changes.join(", "))
        };
        entries.iter().map(one).collect::<Vec<_>>()
    };
    let all = talks.entries(None);
    let expected = [
        "1-1 med-1: Added a, Added b, Added c",
        "2-2 med-1: Words a",
        "3-5 arv-1: Words a, Words b",
        "6-6 arv-1: Moved c",
        "7-8 bor-1: Words c, Words c",
        "9-9 arv-1: Words a",
    ];
    assert_eq!(told(&all), expected);
    assert!(all[0].first_text && !all[1].first_text);
    assert_eq!((all[2].from_ms, all[2].to_ms), (talks.log[2].1.at_ms, talks.log[4].1.at_ms));
    assert_eq!((&*all[2].changes[1].before, &*all[2].changes[1].after), ("Стороны 🙂 выводят", "Сразу же"));
    let a = talks.entries(Some("a"));
    let expected = ["1-1 med-1: Added a", "2-2 med-1: Words a", "3-3 arv-1: Words a", "9-9 arv-1: Words a"];
    assert_eq!(told(&a), expected);
}

#[test]
fn what_is_no_update_is_an_error_that_names_the_record() {
    let mut replay = Replay::new(None);
    let record = record(1, 0, vec![9, 9, 9]);
    assert!(matches!(replay.apply(7, &record), Err(ReplayError::Record { seq: 7, .. })));
    assert!(Replay::from_state(1, &[1, 2, 3]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn whatever_is_typed_the_stretches_are_the_text_and_the_entries_its_changes(
        steps in prop::collection::vec((0usize..3, 0usize..3, any::<u32>(), 0u32..4, "[aж🙂م ]{0,4}", 0u64..8), 1..40),
    ) {
        let mut talks = Talks::new(3);
        for (member, point, at, removed, typed, pause) in steps {
            talks.now_ms += pause * MINUTE;
            talks.edit(member, |txn| {
                let text = words_text(txn, &id(["a", "b", "c"][point])).expect("a text");
                // Between characters: one cut in half reads otherwise where it was cut than where that is told.
                let letters: Vec<char> = text.get_string(txn).chars().collect();
                let (before, behind) = letters.split_at(at as usize % (letters.len() + 1));
                let units = |letters: &[char]| utf16(&letters.iter().collect::<String>());
                let gone = units(&behind[..behind.len().min(removed as usize)]);
                text.remove_range(txn, units(before), gone);
                text.insert(txn, units(before), &typed);
            });
        }
        let mut replay = talks.replay();
        prop_assert_eq!(state_of(&mut replay), update_of(&copy(&talks.docs[0], 0)));
        for point in &replay.outline().expect("reads").points {
            let stretches = blamed(&mut replay, point.id.as_str(), |_| None);
            let whole: String = stretches.iter().map(|stretch| stretch.text.as_str()).collect();
            prop_assert_eq!(&whole, &point.words);
            prop_assert!(stretches.iter().all(|stretch| stretch.seq.is_some()));
            let named = |stretch: &Authored| stretch.member.as_ref().map(|member| member.as_str().to_owned());
            for stretch in &stretches {
                let record = &talks.log[stretch.seq.expect("a record") as usize - 1].1;
                let by = (stretch.seq != Some(1)).then(|| record.author.member.to_string());
                prop_assert_eq!(named(stretch), by);
            }
        }
        // Entry by entry: each begins where the one before it ended.
        let mut words: std::collections::BTreeMap<PointId, String> = Default::default();
        for change in talks.entries(None).into_iter().flat_map(|entry| entry.changes) {
            let point = change.point.expect("a point");
            if change.kind == ChangeKind::Words {
                prop_assert_eq!(&words[&point], &change.before);
            }
            words.insert(point, change.after);
        }
        for point in &replay.outline().expect("reads").points {
            prop_assert_eq!(&words[&point.id], &point.words);
        }
    }
}
