mod fields;
mod properties;
mod table;

use super::*;
use crate::log::record::{Moment, Provenance, Right};
use crate::text::clash;
use crate::text::history::Replay;
use crate::text::plan::{NewPoint, Outline, Place, add_point, set_heading, set_title, set_words};
use proptest::prelude::*;
use yrs::{Doc, GetString as _, StateVector, Text as _, Transact as _, WriteTxn as _};

pub fn id() -> PointId {
    "p1".parse().unwrap()
}

fn author(party: &str) -> Author {
    Author { party: party.parse().unwrap(), member: format!("{party}-1").parse().unwrap() }
}

/// A log and who stands where in it.
pub struct Talks {
    pub log: Vec<(u64, Record)>,
    client: u64,
}

impl Talks {
    pub fn new(words: &str) -> Self {
        let mut talks = Self { log: Vec::new(), client: 10 };
        let first = talks.write(0, &[], |txn| {
            set_title(txn, "Plan").unwrap();
            let new = NewPoint { id: &id(), label: None, heading: "Head", words };
            add_point(txn, new, &Place::Last { parent: None }).unwrap();
        });
        talks.take("med", Branch::TABLE, 0, first);
        talks
    }

    fn state(&self, seen: u64, own: &[Bytes]) -> Doc {
        self.client_doc(0, seen, own)
    }

    fn client_doc(&self, client: u64, seen: u64, own: &[Bytes]) -> Doc {
        let doc = new_doc(client);
        let log = self.log.iter().filter(|(seq, _)| *seq <= seen).filter_map(|(_, record)| record.change());
        let mut fold = Fold::new(doc);
        let updates = log.chain(own).map(|update| Formed::read(update).unwrap());
        fold.lay(updates).unwrap();
        fold.into_doc().unwrap()
    }

    /// What somebody writes who has seen so much and written so much already.
    pub fn write(&mut self, seen: u64, own: &[Bytes], f: impl FnOnce(&mut TransactionMut)) -> Bytes {
        self.client += 1;
        let doc = self.client_doc(self.client, seen, own);
        let mut txn = doc.transact_mut();
        f(&mut txn);
        txn.encode_update_v1().into()
    }

    /// What somebody types next who is connected, under a client id of their own.
    pub fn write_as(&mut self, client: u64, f: impl FnOnce(&mut TransactionMut)) -> Bytes {
        let doc = self.client_doc(client, self.log.len() as u64, &[]);
        let mut txn = doc.transact_mut();
        f(&mut txn);
        txn.encode_update_v1().into()
    }

    pub fn take(&mut self, party: &str, branch: Branch, seen: u64, update: Bytes) -> u64 {
        let seq = self.log.len() as u64 + 1;
        let by = Provenance { branch, seen: Some(seen), ..Provenance::live(author(party), Right::Draft) };
        self.log.push((seq, by.record(seq - 1, Moment::default(), update)));
        seq
    }

    /// A branch sends what it wrote; what was changed apart is put side by side.
    pub fn push(&mut self, party: &str, branch: u8, seen: u64, new: &[Bytes]) -> Option<Bracketing> {
        let branch = Branch([branch; 8]);
        let base = self.state(seen, &[]).transact().encode_state_as_update_v1(&StateVector::default());
        let since: Vec<_> = self.log.iter().filter(|(seq, _)| *seq > seen).cloned().collect();
        let log: Vec<Bytes> =
            self.log.iter().filter_map(|(_, record)| record.change().cloned()).chain(new.iter().cloned()).collect();
        let mut ledger = Ledger::default();
        for update in &log {
            let checked = ledger.check_state(update).unwrap();
            ledger.admit_state(&checked);
        }
        let stay = Stay { ledger: &ledger, seen, base: &base, since: &since, author: &author(party), branch, new };
        let apart = Apart::find(&stay).unwrap();
        let own: Vec<u64> = new.iter().map(|update| self.take(party, branch, seen, update.clone())).collect();
        let mut apart = apart?;
        let added: Vec<u64> = apart.new.iter().map(|at| own[*at]).collect();
        apart.of.extend(added);
        self.client += 1;
        let all: Vec<Bytes> = Vec::new();
        let doc = self.client_doc(self.client, u64::MAX, &all);
        let state = doc.transact().encode_state_as_update_v1(&StateVector::default());
        let mut now = Fold::of_state(new_doc(self.client + 1_000), &state).unwrap();
        let Bracketed { update, says, .. } = apart.bracket(&mut now).unwrap();
        let seq = self.log.len() as u64 + 1;
        let by = Provenance::server(Author::engine(), Right::Chair);
        self.log.push((seq, by.of_kind(RecordKind::Bracketing(says.clone()), seq - 1, Moment::default(), update)));
        Some(says)
    }

    pub fn folded(&self) -> Fold {
        let mut fold = Fold::new(new_doc(0));
        self.log.iter().for_each(|(_, record)| drop(fold.take(record).unwrap()));
        fold
    }

    fn words(&self) -> String {
        let doc = self.state(u64::MAX, &[]);
        Outline::read(&doc.transact()).points[0].words.clone()
    }
}

pub fn words(to: &str) -> impl FnOnce(&mut TransactionMut) {
    let to = to.to_owned();
    move |txn| {
        set_words(txn, &id(), &to).unwrap();
    }
}

/// Two replicas change the same words; the second to come back is `two`.
fn two(base: &str, one: &str, two: &str) -> String {
    let mut talks = Talks::new(base);
    let (first, second) = (talks.write(1, &[], words(one)), talks.write(1, &[], words(two)));
    talks.push("arv", 1, 1, &[first]);
    talks.push("bor", 2, 1, &[second]);
    talks.words()
}

#[test]
fn what_two_replicas_changed_apart_stands_side_by_side_in_the_order_of_their_first_records() {
    for (base, one, other, out) in [
        ("24 days", "12 days", "48 days", "[12][48] days"),
        ("within 90 days", "within 60 days", "within 30 days", "within [60][30] days"),
        ("forty men", "sixty men", "fifty men", "[sixty][fifty] men"),
        ("24 days", "12 days", "24 weeks", "12 weeks"),
        ("24 days", "12 days", "12 days", "12 days"),
        ("all forces withdraw", "forces withdraw", "some forces withdraw", "[some] forces withdraw"),
        ("[30][50] days", "[40][50] days", "[45][50] days", "[40][45][50] days"),
        ("🕊 двадцять днів", "🕊 сорок днів", "🚀 тридцять днів", "[🕊 сорок][🚀 тридцять] днів"),
    ] {
        assert_eq!(two(base, one, other), out, "{base:?}: {one:?} and {other:?}");
    }
}

#[test]
fn a_third_side_adds_a_third_alternative() {
    let mut talks = Talks::new("24 days");
    let sides = ["12 days", "48 days", "36 days"].map(|side| talks.write(1, &[], words(side)));
    for (branch, side) in (1..).zip(sides) {
        talks.push("arv", branch, 1, &[side]);
    }
    assert_eq!(talks.words(), "[12][48][36] days");
}

#[test]
fn letters_that_were_typed_into_one_word_apart_make_no_third_one() {
    let mut talks = Talks::new("24 days");
    let type_in = |at: u32, letter: &'static str| {
        move |txn: &mut TransactionMut| {
            let text = text_of(txn, &id(), "words").unwrap();
            text.remove_range(txn, at, 1);
            text.insert(txn, at, letter);
        }
    };
    let (one, other) = (talks.write(1, &[], type_in(0, "3")), talks.write(1, &[], type_in(1, "8")));
    talks.push("arv", 1, 1, &[one]);
    let says = talks.push("bor", 2, 1, &[other]).unwrap();
    assert_eq!(talks.words(), "[34][28] days");
    assert_eq!(says.points, [Some(id())]);
    assert_eq!(says.of, [2, 3]);
    // Each alternative is its side's, whoever wrote the letters of it that both had.
    let doc = talks.folded();
    let mut whose: Vec<_> = doc.ledger().marks().map(|(_, clock, party)| (clock, party.to_string())).collect();
    whose.sort();
    assert_eq!(whose.into_iter().map(|(_, party)| party).collect::<Vec<_>>(), ["arv", "bor"]);
    // Of the alternatives letters are typed anew, and stay those of who wrote them first.
    let mut replay = Replay::new(Some(author("med")));
    talks.log.iter().for_each(|(seq, record)| drop(replay.apply(*seq, record).unwrap()));
    let blamed = replay.blame(&id(), |_| None).unwrap().unwrap();
    let told =
        |one: &crate::text::history::Authored| format!("{}={}", one.text, one.party.as_ref().map_or("-", |party| party.as_str()));
    let told: Vec<String> = blamed.iter().map(told).collect();
    assert_eq!(told.join("|"), "[=plenary-engine|3=arv|4=-|][=plenary-engine|2=-|8=bor|]=plenary-engine| days=-");
}

#[test]
fn what_comes_later_of_the_same_stay_is_put_together_anew_as_long_as_nobody_went_on() {
    for (went_on, out) in [(false, "[12][50] days"), (true, "[[12][48] calendar][50] days")] {
        let mut talks = Talks::new("24 days");
        let first = talks.write(1, &[], words("12 days"));
        talks.push("arv", 1, 1, &[first]);
        let second = talks.write(1, &[], words("48 days"));
        let third = talks.write(1, std::slice::from_ref(&second), words("50 days"));
        talks.push("bor", 2, 1, &[second]);
        assert_eq!(talks.words(), "[12][48] days");
        if went_on {
            let live = talks.write(u64::MAX, &[], words("[12][48] calendar days"));
            let seen = talks.log.len() as u64;
            talks.take("arv", Branch::TABLE, seen, live);
        }
        talks.push("bor", 2, 1, &[third]);
        assert_eq!(talks.words(), out);
    }
}

#[test]
fn the_same_alternative_of_two_is_held_by_both_whoever_stands_between() {
    let mut talks = Talks::new("24 days");
    let sides = ["12 days", "48 days", "12 days", "48 days"].map(|side| talks.write(1, &[], words(side)));
    let held = |talks: &Talks| -> Vec<Vec<String>> {
        let mut fold = talks.folded();
        let letters = fold.look(|txn| letters(txn, &text_of(txn, &id(), "words").unwrap()).unwrap()).unwrap();
        let marks = letters.iter().filter(|letter| letter.letter == '[');
        let whose = |mark: &Letter| {
            let held = fold.ledger().marks().filter(|(client, clock, _)| (*client, *clock) == mark.id);
            held.map(|(_, _, party)| party.to_string()).collect::<BTreeSet<_>>().into_iter().collect()
        };
        marks.map(whose).collect()
    };
    let mut whose = Vec::new();
    for ((branch, party), side) in (1..).zip(["arv", "bor", "cel", "dun"]).zip(sides) {
        talks.push(party, branch, 1, &[side]);
        whose.push(held(&talks).iter().map(|held| held.join("+")).collect::<Vec<_>>().join("|"));
    }
    assert_eq!(whose, ["", "arv|bor", "arv+cel|bor", "arv+cel|bor+dun"]);
    assert_eq!(talks.words(), "[12][48] days");
}

#[test]
fn who_takes_back_in_a_later_part_what_came_before_leaves_the_others_alone() {
    let mut talks = Talks::new("24 days");
    let first = talks.write(1, &[], words("12 days"));
    let back = talks.write(1, std::slice::from_ref(&first), words("24 days"));
    let (other, third) = (talks.write(1, &[], words("48 days")), talks.write(1, &[], words("36 days")));
    talks.push("arv", 1, 1, &[first]);
    talks.push("bor", 2, 1, &[other]);
    talks.push("cel", 3, 1, &[third]);
    assert_eq!(talks.words(), "[12][48][36] days");
    talks.push("arv", 1, 1, &[back]);
    assert_eq!(talks.words(), "[48][36] days");
}

#[test]
fn headings_and_titles_stand_side_by_side_and_what_was_only_touched_is_named() {
    let mut talks = Talks::new("24 days");
    let one = talks.write(1, &[], |txn| {
        set_title(txn, "Plan A").unwrap();
        set_heading(txn, &id(), "Withdrawal").unwrap();
    });
    let other = talks.write(1, &[], |txn| {
        set_title(txn, "Plan B").unwrap();
        set_heading(txn, &id(), "Retreat").unwrap();
    });
    talks.push("arv", 1, 1, &[one]);
    let says = talks.push("bor", 2, 1, &[other]).unwrap();
    let outline = Outline::read(&talks.state(u64::MAX, &[]).transact());
    assert_eq!((outline.title.as_str(), outline.points[0].heading.as_str()), ("Plan [A][B]", "[Withdrawal][Retreat]"));
    assert_eq!(says.points, [None, Some(id())]);
    // One strikes what the other changes.
    let seen = talks.log.len() as u64;
    let struck = talks.write(seen, &[], |txn| drop(crate::text::plan::strike(txn, &id())));
    let changed = talks.write(seen, &[], words("30 days"));
    talks.push("arv", 3, seen, &[struck]);
    let says = talks.push("bor", 4, seen, &[changed]).unwrap();
    assert_eq!((says.points, talks.words()), (vec![Some(id())], "30 days".to_owned()));
}

#[test]
fn who_had_seen_all_clashes_with_nobody() {
    let mut talks = Talks::new("24 days");
    let one = talks.write(1, &[], words("12 days"));
    talks.push("arv", 1, 1, &[one]);
    let other = talks.write(2, &[], words("48 days"));
    assert_eq!(talks.push("bor", 2, 2, &[other]), None);
    assert_eq!(talks.words(), "48 days");
}

proptest! {
    #[test]
    fn what_was_typed_apart_reads_as_its_words_joined(
        base in "[ab1 \\[\\]ж🕊]{0,12}", one in "[ab1 \\[\\]ж🕊]{0,12}", other in "[ab1 \\[\\]ж🕊]{0,12}",
    ) {
        let out = two(&base, &one, &other);
        if base != one && base != other {
            let sides = [one.as_str(), other.as_str()];
            prop_assert_eq!(out, clash::join(&base, &sides).text(&base, &sides));
        }
    }

    #[test]
    fn letters_that_can_stay_do(kept in prop::collection::vec(any::<bool>(), 1..12)) {
        let doc = new_doc(7);
        let mut txn = doc.transact_mut();
        let text = txn.get_or_insert_text("t");
        text.insert(&mut txn, 0, &"🕊abcdefghijk".chars().take(kept.len()).collect::<String>());
        let present = letters(&mut txn, &text).unwrap();
        let wanted = |letter: char, of| Wanted { letter, of, whose: Vec::new() };
        let stays = present.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(letter, _)| wanted(letter.letter, Some(letter.id)));
        let wanted: Vec<Wanted> = [wanted('[', None)].into_iter().chain(stays).collect();
        let mut anew = Anew::default();
        retype(&mut txn, &text, &present, &wanted, &mut anew);
        prop_assert_eq!(anew, Anew { typed: 1, ..Anew::default() });
        prop_assert_eq!(text.get_string(&txn), wanted.iter().map(|wanted| wanted.letter).collect::<String>());
    }
}

#[test]
fn of_titles_that_are_too_long_together_the_later_in_the_log_stands_whoever_wrote_it() {
    let [one, two] = ["A", "B"].map(|letter| letter.repeat(limits::TITLE_CHARS_MAX));
    for is_first_later in [false, true] {
        let mut talks = Talks::new("24 days");
        let mut wrote = [&one, &two].map(|title| talks.write(1, &[], |txn| set_title(txn, title).unwrap()));
        if is_first_later {
            wrote.reverse();
        }
        talks.push("arv", 1, 1, &wrote[..1]);
        talks.push("bor", 2, 1, &wrote[1..]);
        let doc = talks.state(u64::MAX, &[]);
        let title = Outline::read(&doc.transact()).title;
        assert_eq!(&title, if is_first_later { &one } else { &two });
    }
}
