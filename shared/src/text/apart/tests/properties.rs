//! Whatever is written apart, in whatever order it comes, in any script.

use std::collections::BTreeSet;

use super::*;
use crate::text::token::{is_blank, tokens};

/// What words are made of: numbers, labels and words of several scripts, of which some differ in a letter alone.
const WORDS: &str =
    "(12|18|24|48|1,000|D\\+14|4\\(a\\)|shall|should|all|днів|дней|тридцять|يوما|ثلاثون|عشرون|二十四|十二|天|🕊|👩‍👩‍👧|👩|é|e\u{301})";

fn text() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(WORDS, 1..6)
}

/// How a side changes words: a word put in the place of one, put in before it, or taken out.
#[derive(Debug, Clone)]
struct Change {
    at: prop::sample::Index,
    word: Option<String>,
    replaces: bool,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = (any::<prop::sample::Index>(), prop::option::weighted(0.8, WORDS), any::<bool>());
    prop::collection::vec(change.prop_map(|(at, word, replaces)| Change { at, word, replaces }), 1..4)
}

fn changed(base: &[String], changes: &[Change]) -> String {
    let mut words = base.to_vec();
    for Change { at, word, replaces } in changes {
        let at = at.index(words.len().max(1)).min(words.len());
        if (*replaces || word.is_none()) && at < words.len() {
            words.remove(at);
        }
        words.splice(at..at, word.clone());
    }
    words.join(" ")
}

/// The words of a text, without marks and spaces.
fn words_of(text: &str) -> BTreeSet<String> {
    let plain = text.replace(['[', ']'], " ");
    tokens(&plain).into_iter().filter(|word| !is_blank(word)).map(str::to_owned).collect()
}

/// The places of `count` sides in every order.
fn orders(count: usize) -> Vec<Vec<usize>> {
    (0..count).fold(vec![Vec::new()], |orders, next| {
        let at_each = |order: Vec<usize>| {
            (0..=order.len()).map(move |at| {
                let mut longer = order.clone();
                longer.insert(at, next);
                longer
            })
        };
        orders.into_iter().flat_map(at_each).collect()
    })
}

/// Sides typed key by key into the same words, or as the difference by words, come back one after the other.
fn come_back(base: &str, sides: &[&str], by_letters: bool) -> Talks {
    let mut talks = Talks::new(base);
    let written: Vec<Bytes> = sides
        .iter()
        .map(|side| {
            let (base, side) = (base.to_owned(), (*side).to_owned());
            talks.write(1, &[], move |txn| if by_letters { type_letters(txn, &base, &side) } else { words(&side)(txn) })
        })
        .collect();
    for (branch, update) in (1..).zip(written) {
        talks.push(["arv", "bor", "cel"][usize::from(branch) % 3], branch, 1, &[update]);
    }
    talks
}

/// What somebody types who leaves the letters that both texts begin and end with.
fn type_letters(txn: &mut TransactionMut, from: &str, to: &str) {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let front = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let back = from[front..].iter().rev().zip(to[front..].iter().rev()).take_while(|(a, b)| a == b).count();
    let units = |letters: &[char]| letters.iter().map(|letter| letter.len_utf16() as u32).sum::<u32>();
    let text = text_of(txn, &id(), "words").unwrap();
    text.remove_range(txn, units(&from[..front]), units(&from[front..from.len() - back]));
    text.insert(txn, units(&from[..front]), &to[front..to.len() - back].iter().collect::<String>());
}

/// What the log says comes out the same for whoever takes its records in another way.
fn check_ends(talks: &Talks) {
    let whole = talks.state(u64::MAX, &[]).transact().encode_state_as_update_v1(&StateVector::default());
    let mut one_by_one = talks.folded();
    assert_eq!(one_by_one.state().unwrap(), whole);
    let mut backwards = Fold::new(new_doc(0));
    for (_, record) in talks.log.iter().rev() {
        let update = record.change().map(|update| Formed::read(update).unwrap());
        backwards.lay(update).unwrap();
    }
    assert_eq!(backwards.state().unwrap(), whole);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_word_comes_out_that_nobody_wrote_and_none_is_gone_in_whatever_order_the_sides_come(
        base in text(), sides in prop::collection::vec(changes(), 2..4), by_letters in any::<bool>(),
    ) {
        let sides: Vec<String> = sides.iter().map(|side| changed(&base, side)).collect();
        let base = base.join(" ");
        let written: BTreeSet<String> = sides.iter().chain([&base]).flat_map(|text| words_of(text)).collect();
        let new: BTreeSet<String> = sides.iter().flat_map(|side| words_of(side)).filter(|word| !words_of(&base).contains(word)).collect();
        let (mut outcomes, mut texts) = (BTreeSet::new(), Vec::new());
        for order in orders(sides.len()) {
            let sides: Vec<&str> = order.iter().map(|at| sides[*at].as_str()).collect();
            let talks = come_back(&base, &sides, by_letters);
            let (text, words) = (talks.words(), words_of(&talks.words()));
            prop_assert!(words.is_subset(&written), "{:?} of {:?} and {:?}", text, base, sides);
            prop_assert!(new.is_subset(&words), "{:?} of {:?} and {:?}", text, base, sides);
            prop_assert!(crate::text::bracket::parse(&text).loose.is_empty(), "{:?}", text);
            check_ends(&talks);
            outcomes.insert(words);
            texts.push(text);
        }
        let is_one = sides.len() > 2 || outcomes.len() == 1;
        prop_assert!(is_one, "{:?}: of two sides the order decides nothing but that of the alternatives", texts);
    }
}

/// What a side does in a stay that is sent in two parts.
fn halves() -> impl Strategy<Value = [Vec<Change>; 2]> {
    [changes(), changes()]
}

/// What a side has written of `from` after the first part and after the second.
fn parts(from: &str, [one, then]: &[Vec<Change>; 2]) -> [String; 2] {
    let after = |text: &str, changes: &[Change]| changed(&text.split(' ').map(str::to_owned).collect::<Vec<_>>(), changes);
    let half = after(from, one);
    let whole = after(&half, then);
    [half, whole]
}

fn write_parts(talks: &mut Talks, seen: u64, [half, whole]: &[String; 2]) -> [Bytes; 2] {
    let first = talks.write(seen, &[], words(half));
    let second = talks.write(seen, std::slice::from_ref(&first), words(whole));
    [first, second]
}

/// Of each of so many sides the first part before the second, otherwise in any order.
fn cut_orders(sides: usize, mut seed: u64) -> impl Iterator<Item = (usize, usize)> {
    let mut left: Vec<(usize, usize)> = (0..sides).map(|side| (side, 0)).collect();
    std::iter::from_fn(move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let next = (!left.is_empty()).then(|| left.swap_remove((seed >> 33) as usize % left.len()));
        left.extend(next.filter(|(_, part)| *part == 0).map(|(side, _)| (side, 1)));
        next
    })
}

const SIDES: [&str; 3] = ["arv", "bor", "cel"];

#[test]
fn three_sides_in_two_parts_each_come_out_as_if_each_had_come_whole() {
    let sides = [
        ["12 12 12 1,000 1,000 12", "12 12 12 1,000 12"],
        ["12 12 1,000 D+14 1,000 12", "12 1,000 12 D+14 1,000 12"],
        ["12 1,000 1,000 12", "1,000 1,000 12"],
    ];
    for order in orders(3).into_iter().flat_map(|one| orders(3).into_iter().map(move |other| [one.clone(), other])) {
        let mut talks = Talks::new("12 12 1,000 1,000 12");
        let updates = sides.map(|side| write_parts(&mut talks, 1, &side.map(str::to_owned)));
        for (part, order) in order.iter().enumerate() {
            for side in order {
                talks.push(SIDES[*side], *side as u8 + 1, 1, &updates[*side][part..=part]);
            }
        }
        let mut whole = Talks::new("12 12 1,000 1,000 12");
        for side in &order[0] {
            whole.push(SIDES[*side], *side as u8 + 1, 1, &updates[*side]);
        }
        assert_eq!(talks.words(), whole.words(), "{order:?}");
        assert!(!talks.words().contains("1212"), "{}", talks.words());
        check_ends(&talks);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(300), ..ProptestConfig::default() })]

    #[test]
    fn syncs_that_were_cut_come_out_as_if_they_had_come_whole_in_whatever_order_their_parts_come(
        base in text(), sides in prop::collection::vec(halves(), 2..4), seed in any::<u64>(),
    ) {
        let base = base.join(" ");
        let texts: Vec<[String; 2]> = sides.iter().map(|side| parts(&base, side)).collect();
        let written: BTreeSet<String> = texts.iter().flatten().chain([&base]).flat_map(|text| words_of(text)).collect();
        let (mut talks, mut whole) = (Talks::new(&base), Talks::new(&base));
        let updates: Vec<[Bytes; 2]> = texts.iter().map(|texts| write_parts(&mut talks, 1, texts)).collect();
        for (side, part) in cut_orders(sides.len(), seed) {
            talks.push(SIDES[side], side as u8 + 1, 1, &updates[side][part..=part]);
            // Where nothing was changed a side begins with what comes later.
            let begins = if texts[side][0] == base { 1 } else { 0 };
            if part == begins {
                whole.push(SIDES[side], side as u8 + 1, 1, &updates[side]);
            }
        }
        let text = talks.words();
        prop_assert!(words_of(&text).is_subset(&written), "{:?} of {:?}: {:?}", text, base, texts);
        prop_assert!(crate::text::bracket::parse(&text).loose.is_empty(), "{:?} of {:?}: {:?}", text, base, texts);
        prop_assert_eq!(&text, &whole.words(), "{:?} of {:?}", texts, base);
        check_ends(&talks);
    }

    #[test]
    fn syncs_that_were_cut_make_no_words_that_nobody_wrote_whatever_their_sides_had_seen_and_whoever_goes_on_between(
        base in text(), typed in changes(), sides in prop::collection::vec((halves(), any::<bool>()), 2..4), word in WORDS,
        seed in any::<u64>(),
    ) {
        let then = changed(&base, &typed);
        let base = base.join(" ");
        let texts: Vec<[String; 2]> =
            sides.iter().map(|(side, is_late)| parts(if *is_late { &then } else { &base }, side)).collect();
        let mut written: BTreeSet<String> = texts.iter().flatten().chain([&base, &then]).flat_map(|text| words_of(text)).collect();
        written.insert(word.clone());
        let mut talks = Talks::new(&base);
        let live = talks.write(1, &[], words(&then));
        talks.take("med", Branch::TABLE, 1, live);
        let seen: Vec<u64> = sides.iter().map(|(_, is_late)| 1 + u64::from(*is_late)).collect();
        let updates: Vec<[Bytes; 2]> = texts.iter().zip(&seen).map(|(texts, seen)| write_parts(&mut talks, *seen, texts)).collect();
        for (at, (side, part)) in cut_orders(sides.len(), seed).enumerate() {
            if (seed >> at) & 3 == 3 {
                let (end, text) = (talks.log.len() as u64, format!("{} {word}", talks.words()));
                let live = talks.write(end, &[], words(&text));
                talks.take("med", Branch::TABLE, end, live);
            }
            talks.push(SIDES[side], side as u8 + 1, seen[side], &updates[side][part..=part]);
            let text = talks.words();
            prop_assert!(words_of(&text).is_subset(&written), "{:?} of {:?}, {:?}: {:?}", text, base, then, texts);
        }
        check_ends(&talks);
    }
}
