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
