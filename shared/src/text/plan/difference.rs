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
