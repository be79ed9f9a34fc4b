//! The smallest difference between two texts by words, as edits of a shared text. What both have stays untouched, with its author and
//! its anchors; a word that differs is replaced whole, so that of two numbers no third is made.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};
use yrs::{GetString, Text, TextRef, TransactionMut};

use crate::text::{say::utf16, token::tokens};

/// Words (old and new together) that are compared one by one: Myers' algorithm takes words x differences steps, at most 64 million.
const WORDS_MAX: usize = 8_000;

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
    if old == new {
        return Vec::new();
    }
    let (before, after) = (tokens(old), tokens(new));
    let front = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let back = before[front..].iter().rev().zip(after[front..].iter().rev()).take_while(|(a, b)| a == b).count();
    let length = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
    let (offset, tail) = (length(&before[..front]), length(&before[before.len() - back..]));
    let new_middle = &new[offset..new.len() - tail];
    let start = utf16(&old[..offset]);
    let words = (&before[front..before.len() - back], &after[front..after.len() - back]);
    if words.0.len() + words.1.len() <= WORDS_MAX {
        return compared(start, words.0, words.1, new_middle);
    }
    vec![Replacement { at: start, removed: utf16(&old[offset..old.len() - tail]), inserted: new_middle }]
}

fn compared<'a>(start: u32, old: &[&str], new: &[&'a str], new_text: &'a str) -> Vec<Replacement<'a>> {
    let mut replacements = Vec::new();
    // Places are counted along the way: of what `similar` reports only the kinds and lengths are reliable, an insertion beside a
    // deletion can carry an index inside it.
    let (mut at_old, mut at_new, mut at, mut byte) = (0, 0, start, 0);
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        let (from, to) = (op.old_range().len(), op.new_range().len());
        let removed = old[at_old..at_old + from].iter().map(|piece| utf16(piece)).sum();
        let bytes: usize = new[at_new..at_new + to].iter().map(|piece| piece.len()).sum();
        if !matches!(op, DiffOp::Equal { .. }) {
            replacements.push(Replacement { at, removed, inserted: &new_text[byte..byte + bytes] });
        }
        (at_old, at_new, at, byte) = (at_old + from, at_new + to, at + removed, byte + bytes);
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
