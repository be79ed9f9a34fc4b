//! Two texts compared word by word.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

use similar::{Algorithm, ChangeTag, DiffableStr, capture_diff_slices};

use crate::{id::PartyId, limits};

/// Words of both texts that are compared one by one: Myers' algorithm takes words x differences steps, at most 64 million. Longer
/// stretches that differ are shown as replaced whole.
const WORDS_MAX: usize = 8_000;

/// A stretch of a redline. The pieces of the old text in order make the old text, those of the new the new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Piece {
    /// In both texts.
    Same(String),
    /// Only in the old one.
    Removed(String),
    /// Only in the new one.
    Inserted(String),
}

/// The difference between two texts, word by word. What was removed comes before what was put in its place.
pub fn redline(old: &str, new: &str) -> Vec<Piece> {
    redline_within(old, new, &mut { u64::MAX })
}

/// As [`redline`], for who compares many texts and must stay within bounds: takes the comparisons of words that it made off
/// `steps`, at most 64 million at a time. When none are left, the stretch that differs is shown as replaced whole.
pub fn redline_within(old: &str, new: &str, steps: &mut u64) -> Vec<Piece> {
    let (before, after) = (old.tokenize_unicode_words(), new.tokenize_unicode_words());
    let front = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let back = before[front..].iter().rev().zip(after[front..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_middle, new_middle) = (&before[front..before.len() - back], &after[front..after.len() - back]);
    let mut pieces = Pieces::default();
    pieces.push(ChangeTag::Equal, &before[..front].concat());
    let words = old_middle.len() + new_middle.len();
    if words <= WORDS_MAX && *steps > 0 {
        let mut differ = 1;
        for op in capture_diff_slices(Algorithm::Myers, old_middle, new_middle) {
            for change in op.iter_changes(old_middle, new_middle) {
                differ += u64::from(change.tag() != ChangeTag::Equal);
                pieces.push(change.tag(), change.value());
            }
        }
        *steps = steps.saturating_sub(words as u64 * differ);
    } else {
        pieces.push(ChangeTag::Delete, &old_middle.concat());
        pieces.push(ChangeTag::Insert, &new_middle.concat());
    }
    pieces.push(ChangeTag::Equal, &before[before.len() - back..].concat());
    pieces.list
}

/// What one view may still compare and repeat for each party: all share alike, so that none spends the others' part.
#[derive(Debug)]
pub struct Shares<'a> {
    left: HashMap<&'a PartyId, (usize, u64)>,
}

impl<'a> Shares<'a> {
    /// Equal shares for these parties.
    pub fn among(parties: impl Iterator<Item = &'a PartyId>) -> Self {
        let parties: HashSet<&PartyId> = parties.collect();
        let count = parties.len().max(1);
        let share = (limits::COMPARED_BYTES_MAX / count, limits::COMPARED_STEPS_MAX / count as u64);
        Self { left: parties.into_iter().map(|party| (party, share)).collect() }
    }

    /// Takes bytes off a party's share; `false`, and nothing taken, if there are not so many left.
    pub fn take(&mut self, party: &PartyId, bytes: usize) -> bool {
        let Some((left, _)) = self.left.get_mut(party) else { return false };
        let enough = bytes <= *left;
        *left -= if enough { bytes } else { 0 };
        enough
    }

    /// The redline of two texts at a party's expense, in larger pieces once its comparisons are used up; `None` once its bytes
    /// are.
    pub fn redline(&mut self, party: &PartyId, old: &str, new: &str) -> Option<Vec<Piece>> {
        let enough = self.take(party, old.len() + new.len());
        enough.then(|| self.left.get_mut(party).map(|(_, steps)| redline_within(old, new, steps)))?
    }
}

#[derive(Default)]
struct Pieces {
    list: Vec<Piece>,
}

impl Pieces {
    fn push(&mut self, tag: ChangeTag, text: &str) {
        if text.is_empty() {
            return;
        }
        match (self.list.last_mut(), tag) {
            (Some(Piece::Same(last)), ChangeTag::Equal)
            | (Some(Piece::Removed(last)), ChangeTag::Delete)
            | (Some(Piece::Inserted(last)), ChangeTag::Insert) => last.push_str(text),
            (_, ChangeTag::Equal) => self.list.push(Piece::Same(text.to_owned())),
            (_, ChangeTag::Delete) => self.list.push(Piece::Removed(text.to_owned())),
            (_, ChangeTag::Insert) => self.list.push(Piece::Inserted(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Piece::{Inserted, Removed, Same};
    use proptest::prelude::*;

    #[test]
    fn a_redline_goes_by_words() {
        let s = String::from;
        let table = [
            ("", "", vec![]),
            ("a b", "a b", vec![Same(s("a b"))]),
            ("all forces", "forces", vec![Removed(s("all ")), Same(s("forces"))]),
            ("by [30] days", "by [50] days", vec![Same(s("by [")), Removed(s("30")), Inserted(s("50")), Same(s("] days"))]),
            ("слово одно", "слово два", vec![Same(s("слово ")), Removed(s("одно")), Inserted(s("два"))]),
        ];
        for (old, new, pieces) in table {
            assert_eq!(redline(old, new), pieces, "{old:?} -> {new:?}");
        }
    }

    #[test]
    fn a_stretch_too_long_to_compare_is_replaced_whole() {
        let (old, new) = ("a ".repeat(WORDS_MAX), "b ".repeat(WORDS_MAX));
        assert_eq!(redline(&format!("x {old}y"), &format!("x {new}y")).len(), 4);
    }

    #[test]
    fn a_redline_without_steps_left_replaces_the_stretch_whole() {
        let (old, new) = ("a b c d e", "a x c y e");
        let mut steps = 1;
        assert_eq!(redline_within(old, new, &mut steps), redline(old, new));
        assert_eq!(steps, 0);
        let s = String::from;
        let whole = [Same(s("a ")), Removed(s("b c d")), Inserted(s("x c y")), Same(s(" e"))];
        assert_eq!(redline_within(old, new, &mut steps), whole);
        let mut steps = 1_000;
        redline_within(old, new, &mut steps);
        assert_eq!(steps, 1_000 - 10 * 5, "ten words of which four differ");
    }

    proptest! {
        #[test]
        fn the_pieces_make_both_texts(old in "[ab \\[\\]\nж中]{0,40}", new in "[ab \\[\\]\nж中]{0,40}") {
            let (mut was, mut is) = (String::new(), String::new());
            for piece in redline(&old, &new) {
                match piece {
                    Same(text) => { was += &text; is += &text; }
                    Removed(text) => was += &text,
                    Inserted(text) => is += &text,
                }
            }
            prop_assert_eq!(was, old);
            prop_assert_eq!(is, new);
        }
    }
}
