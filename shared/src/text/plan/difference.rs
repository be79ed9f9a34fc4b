//! The smallest difference between two texts by words, as edits of a shared text. What both have stays untouched, with its author and
//! its anchors; a word that differs is replaced whole, so that of two numbers no third is made.

use std::ops::Range;

use yrs::{GetString, Text, TextRef, TransactionMut};

use crate::text::{
    hunk::{Hunk, hunks},
    say::utf16,
    token::tokens,
};

/// One replacement, in UTF-16 units of the old text.
#[derive(Debug, PartialEq)]
pub(super) struct Replacement<'a> {
    pub at: u32,
    pub removed: u32,
    pub inserted: &'a str,
}

/// Turns `old` into `new`, from left to right and without overlap. Never cuts through a word, so never through a surrogate pair. As a
/// whole where the differing stretch is too long to be compared.
pub(super) fn replacements<'a>(old: &str, new: &'a str) -> Vec<Replacement<'a>> {
    let (before, after) = (tokens(old), tokens(new));
    let length = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
    let (mut old_at, mut new_at) = ((0, 0), (0, 0));
    let mut replacements = Vec::new();
    for Hunk { old: gone, new: come } in hunks(&before, &after) {
        let at = old_at.1 + utf16(&before[old_at.0..gone.start].concat());
        let removed = utf16(&before[gone.clone()].concat());
        let start = new_at.1 + length(&after[new_at.0..come.start]);
        let end = start + length(&after[come.clone()]);
        replacements.push(Replacement { at, removed, inserted: &new[start..end] });
        (old_at, new_at) = ((gone.end, at + removed), (come.end, end));
    }
    replacements
}

/// Edits `text` so that it reads `new`; `None` if the text holds more than characters, which offsets would not fit.
pub(super) fn apply(txn: &mut TransactionMut, text: &TextRef, new: &str) -> Option<bool> {
    let old = text.get_string(txn);
    if text.len(txn) != utf16(&old) {
        return None;
    }
    let replacements = replacements(&old, new);
    // From the end, so that offsets before stay as they are.
    for one in replacements.iter().rev() {
        if one.removed > 0 {
            text.remove_range(txn, one.at, one.removed);
        }
        text.insert(txn, one.at, one.inserted);
    }
    Some(!replacements.is_empty())
}

/// Turns each stretch of `text`, a range of bytes of what it reads, into other words. `false`, and nothing done, if `text` holds
/// more than characters or a range does not fit.
pub(super) fn apply_within(txn: &mut TransactionMut, text: &TextRef, stretches: &[(Range<usize>, &str)]) -> bool {
    let words = text.get_string(txn);
    let fits = |(range, _): &(Range<usize>, &str)| words.get(range.clone()).is_some();
    if text.len(txn) != utf16(&words) || !stretches.iter().all(fits) {
        return false;
    }
    for (range, new) in stretches.iter().rev() {
        let from = utf16(&words[..range.start]);
        for one in replacements(&words[range.clone()], new).iter().rev() {
            if one.removed > 0 {
                text.remove_range(txn, from + one.at, one.removed);
            }
            text.insert(txn, from + one.at, one.inserted);
        }
    }
    true
}

/// Makes in `text` the changes that lead from `from` to `new`, wherever what they touch stands by now: what differs from `from` for
/// another reason stays. `None`, and nothing done, if `text` holds more than characters.
pub(super) fn apply_from(txn: &mut TransactionMut, text: &TextRef, from: &str, new: &str) -> Option<bool> {
    let now = text.get_string(txn);
    if text.len(txn) != utf16(&now) {
        return None;
    }
    let replacements = rebased(from, new, &now);
    for one in replacements.iter().rev() {
        if one.removed > 0 {
            text.remove_range(txn, one.at, one.removed);
        }
        text.insert(txn, one.at, one.inserted);
    }
    Some(!replacements.is_empty())
}

/// The replacements that lead from `from` to `new`, at their places in `now`, which came from `from` too. What is gone there already
/// is not removed again, and what was replaced alike is left.
fn rebased<'a>(from: &str, new: &'a str, now: &'a str) -> Vec<Replacement<'a>> {
    let theirs = replacements(from, now);
    let mut ours = replacements(from, new);
    ours.retain(|one| !theirs.contains(one));
    let mut rebased = Vec::with_capacity(ours.len());
    for one in ours {
        let end = one.at + one.removed;
        let mut kept = surviving(one.at, end, &theirs);
        let at = place(one.at, &theirs);
        match kept.first_mut().filter(|first| first.at == at) {
            Some(first) => first.inserted = one.inserted,
            None if one.inserted.is_empty() => {}
            None => kept.insert(0, Replacement { at, removed: 0, inserted: one.inserted }),
        }
        rebased.append(&mut kept);
    }
    rebased
}

/// Where a place of the old text stands in the new one: behind what was put in there, and behind what took the place of its
/// surroundings.
fn place(at: u32, replacements: &[Replacement]) -> u32 {
    let mut shift = 0i64;
    for one in replacements.iter().take_while(|one| one.at < at || (one.at == at && one.removed == 0)) {
        let gone = one.removed.min(at - one.at);
        shift += i64::from(utf16(one.inserted)) - i64::from(gone);
    }
    u32::try_from(i64::from(at) + shift).unwrap_or_default()
}

/// What is left in the new text of a stretch of the old one, to be removed.
fn surviving<'a>(start: u32, end: u32, replacements: &[Replacement]) -> Vec<Replacement<'a>> {
    let mut kept = Vec::new();
    let mut push = |from: u32, to: u32, shift: i64| {
        if from < to {
            let at = u32::try_from(i64::from(from) + shift).unwrap_or_default();
            kept.push(Replacement { at, removed: to - from, inserted: "" });
        }
    };
    let (mut at, mut shift) = (start, 0i64);
    for one in replacements {
        if one.at >= end {
            break;
        }
        push(at, one.at.max(at), shift);
        at = at.max((one.at + one.removed).min(end));
        shift += i64::from(utf16(one.inserted)) - i64::from(one.removed);
    }
    push(at, end, shift);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `text` with the replacements made, as [`apply_from`] makes them.
    fn made(text: &str, replacements: &[Replacement]) -> String {
        let mut units: Vec<u16> = text.encode_utf16().collect();
        for one in replacements.iter().rev() {
            let (at, end) = (one.at as usize, (one.at + one.removed) as usize);
            units.splice(at..end, one.inserted.encode_utf16());
        }
        String::from_utf16(&units).unwrap()
    }

    #[test]
    fn changes_made_apart_are_both_there() {
        for (from, new, now, both) in [
            ("one two three", "one 2 three", "one two 3", "one 2 3"),
            ("one two three", "ONE two three", "one two three four", "ONE two three four"),
            ("by [30] days", "by [45] days", "at once by [30] days", "at once by [45] days"),
            ("🕊 тридцать дней", "🕊🕊 сорок дней", "🕊 тридцать рабочих дней", "🕊🕊 сорок рабочих дней"),
            ("ثلاثون يوما", "ثلاثون يوما عملا", "خلال ثلاثون يوما", "خلال ثلاثون يوما عملا"),
            ("all forces leave", "forces leave", "all forces withdraw", "forces withdraw"),
            ("a b c", "a c", "a b c", "a c"),
            ("a b c", "a c", "a c", "a c"),
            ("x", "y", "x", "y"),
            ("shall", "should", "should", "should"),
            ("same", "same", "other", "other"),
            ("", "mine", "theirs", "theirsmine"),
        ] {
            assert_eq!(made(now, &rebased(from, new, now)), both, "{from:?} -> {new:?} and {now:?}");
        }
    }

    proptest! {
        #[test]
        fn against_the_words_that_were_seen_the_result_is_what_was_written(from in "[abж🕊 ]{0,20}", new in "[abж🕊 ]{0,20}") {
            prop_assert_eq!(made(&from, &rebased(&from, &new, &from)), new.clone());
            prop_assert_eq!(made(&new, &rebased(&from, &new, &new)), new.clone());
            prop_assert_eq!(made(&new, &rebased(&from, &from, &new)), new);
        }

        #[test]
        fn whatever_others_did_the_changes_fit(from in "[abж🕊 ]{0,20}", new in "[abж🕊 ]{0,20}", now in "[abж🕊 ]{0,20}") {
            let replacements = rebased(&from, &new, &now);
            let ends = |one: &Replacement| one.at + one.removed;
            prop_assert!(replacements.windows(2).all(|pair| ends(&pair[0]) <= pair[1].at), "{replacements:?}");
            made(&now, &replacements);
        }
    }
}
