//! What two lists of words do not have in common: the one way in which words are compared.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Words of both lists that are compared one by one: Myers' algorithm takes words x differences steps, at most 64 million. Longer
/// stretches that differ are replaced whole.
pub const WORDS_MAX: usize = 8_000;

/// Words of the old list, and those that stand in their place in the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// Of the old list.
    pub old: Range<usize>,
    /// Of the new one.
    pub new: Range<usize>,
}

/// What leads from one list of words to another, in order; between two of them words stay.
pub fn hunks(old: &[&str], new: &[&str]) -> Vec<Hunk> {
    hunks_within(old, new, &mut { u64::MAX })
}

/// As [`hunks`], for who compares much and must stay within bounds: takes the comparisons of words that it made off `steps`. When none
/// are left, what differs is replaced whole.
pub fn hunks_within(old: &[&str], new: &[&str], steps: &mut u64) -> Vec<Hunk> {
    let front = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let back = old[front..].iter().rev().zip(new[front..].iter().rev()).take_while(|(a, b)| a == b).count();
    let whole = Hunk { old: front..old.len() - back, new: front..new.len() - back };
    let words = whole.old.len() + whole.new.len();
    if words == 0 {
        return Vec::new();
    }
    let mut hunks: Vec<Hunk> = Vec::new();
    if words > WORDS_MAX || *steps == 0 {
        hunks.push(whole);
    } else {
        // Places are counted along the way: of what `similar` reports only the kinds and lengths are reliable, an insertion beside a
        // deletion can carry an index inside it.
        let (mut at_old, mut at_new, mut differ) = (front, front, 1);
        for op in capture_diff_slices(Algorithm::Myers, &old[whole.old.clone()], &new[whole.new.clone()]) {
            let (here, there) = (at_old..at_old + op.old_range().len(), at_new..at_new + op.new_range().len());
            (at_old, at_new) = (here.end, there.end);
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            differ += (here.len() + there.len()) as u64;
            match hunks.last_mut().filter(|last| last.old.end == here.start && last.new.end == there.start) {
                Some(last) => (last.old.end, last.new.end) = (here.end, there.end),
                None => hunks.push(Hunk { old: here, new: there }),
            }
        }
        *steps = steps.saturating_sub(words as u64 * differ);
    }
    slide(&mut hunks, old, new);
    hunks
}

/// Of words that only came or only went, and that could as well be those a few words before or behind, takes those that are whole
/// brackets: `[30]`, not `30][`.
fn slide(hunks: &mut [Hunk], old: &[&str], new: &[&str]) {
    for at in 0..hunks.len() {
        // A word stays between one and the next.
        let before = at.checked_sub(1).map_or(0, |before| hunks[before].old.end + 1);
        let behind = hunks.get(at + 1).map_or(old.len(), |behind| behind.old.start - 1);
        let hunk = &hunks[at];
        let (words, range) = match (hunk.old.is_empty(), hunk.new.is_empty()) {
            (true, false) => (new, hunk.new.clone()),
            (false, true) => (old, hunk.old.clone()),
            _ => continue,
        };
        let leftmost = (0..hunk.old.start.saturating_sub(before))
            .take_while(|by| words[range.start - 1 - by] == words[range.end - 1 - by])
            .count();
        let rightmost =
            (0..behind.saturating_sub(hunk.old.end)).take_while(|by| words[range.start + by] == words[range.end + by]).count();
        let places = (0..=leftmost).map(|by| -(by as isize)).chain((1..=rightmost).map(|by| by as isize));
        let moved = |range: &Range<usize>, by: isize| range.start.saturating_add_signed(by)..range.end.saturating_add_signed(by);
        let balance = |by: &isize| is_balanced(&words[moved(&range, *by)]);
        if let Some(by) = places.take(SLIDE_MAX).find(balance) {
            let hunk = &mut hunks[at];
            (hunk.old, hunk.new) = (moved(&hunk.old, by), moved(&hunk.new, by));
        }
    }
}

/// Places that are tried for words that could stand in several.
const SLIDE_MAX: usize = 64;

/// Whether each mark among these words has its partner among them.
fn is_balanced(words: &[&str]) -> bool {
    let mut open = 0usize;
    let balanced = words.iter().filter_map(|word| opens(word)).all(|opens| {
        let left = if opens { Some(open + 1) } else { open.checked_sub(1) };
        open = left.unwrap_or(open);
        left.is_some()
    });
    balanced && open == 0
}

/// Whether a word is a mark that opens a bracket, or one that closes it; `None` if it is neither.
fn opens(word: &str) -> Option<bool> {
    match word {
        "[" | "［" => Some(true),
        "]" | "］" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::token::tokens;
    use proptest::prelude::*;

    /// `old` with what went in `-`, and what came in `+`.
    fn shown(old: &str, new: &str) -> String {
        let (old, new) = (tokens(old), tokens(new));
        let (mut shown, mut at) = (String::new(), 0);
        for hunk in hunks(&old, &new) {
            shown += &old[at..hunk.old.start].concat();
            shown +=
                &format!("-{}-+{}+", old[hunk.old.clone()].concat(), new[hunk.new].concat()).replace("--", "").replace("++", "");
            at = hunk.old.end;
        }
        shown + &old[at..].concat()
    }

    #[test]
    fn an_alternative_comes_and_goes_with_its_own_marks() {
        for (old, new, hunks) in [
            ("to [30][50] km", "to [35][50] km", "to [-30-+35+][50] km"),
            ("to [30][50] km", "to [50] km", "to -[30]-[50] km"),
            ("to [30][50] km", "to [30] km", "to [30]-[50]- km"),
            ("to [30] km", "to [20][30] km", "to +[20]+[30] km"),
            ("to [30][50] km", "to [30][40][50] km", "to [30]+[40]+[50] km"),
            ("to [a b] km", "to a b km", "to -[-a b-]- km"),
        ] {
            assert_eq!(shown(old, new), hunks, "{old} -> {new}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn hunks_lead_from_one_list_to_the_other(
            old in prop::collection::vec("[\\[\\]ab ]", 0..20), new in prop::collection::vec("[\\[\\]ab ]", 0..20), steps in 0u64..200,
        ) {
            let (from, to): (Vec<&str>, Vec<&str>) = (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
            let (mut made, mut at, mut at_new): (Vec<&str>, _, _) = (Vec::new(), 0, 0);
            for Hunk { old, new } in hunks_within(&from, &to, &mut { steps }) {
                prop_assert!(old.start >= at && (at == 0 || old.start > at) && !(old.is_empty() && new.is_empty()));
                prop_assert_eq!(old.start - at, new.start - at_new);
                made.extend(&from[at..old.start]);
                made.extend(&to[new.clone()]);
                (at, at_new) = (old.end, new.end);
            }
            made.extend(&from[at..]);
            prop_assert_eq!(made, to);
        }
    }
}
