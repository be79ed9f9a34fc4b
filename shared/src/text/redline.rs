//! Two texts compared word by word, as a negotiator reads it.
//!
//! **What is shown as one change**: words between which nothing stays but spaces, or one short word; a number, a label or `D+14` as a
//! whole ([`tokens`]); a bracket of a line's length with the alternatives beside it (`[30][50]`) if any of them differs. A change never
//! takes a mark without the words up to its partner, so that whoever takes one and leaves another is left with whole brackets.

mod plain;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use super::{
    bracket,
    hunk::{Hunk, hunks, hunks_within},
    token::{is_blank, tokens},
};
use crate::{id::PartyId, limits};

pub use plain::{excerpt, plain};

/// Bytes of a bracket and its alternatives that are one word: a line. In longer ones the words that differ are sought.
const GROUP_BYTES_MAX: usize = 80;
/// Characters of a word that is shown as changed with what changes before and behind it.
const SHORT_CHARS_MAX: usize = 3;

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

impl Piece {
    /// Its words.
    pub fn text(&self) -> &str {
        let (Piece::Same(text) | Piece::Removed(text) | Piece::Inserted(text)) = self;
        text
    }
}

/// The difference between two texts, word by word. What was removed comes before what was put in its place.
pub fn redline(old: &str, new: &str) -> Vec<Piece> {
    redline_within(old, new, &mut { u64::MAX })
}

/// As [`redline`], for who compares many texts and must stay within bounds: takes the comparisons of words that it made off
/// `steps`, at most 64 million at a time. When none are left, the stretch that differs is shown as replaced whole.
pub fn redline_within(old: &str, new: &str, steps: &mut u64) -> Vec<Piece> {
    let (old, new) = (Words::of(old), Words::of(new));
    let mut hunks = hunks_within(&old.list, &new.list, steps);
    balance(&mut hunks, &old, &new);
    let mut pieces = Vec::with_capacity(2 * hunks.len() + 1);
    let mut push = |piece: fn(String) -> Piece, words: &[&str]| {
        let text = words.concat();
        pieces.extend((!text.is_empty()).then(|| piece(text)));
    };
    let mut at = 0;
    for hunk in absorbed(hunks, &old, &new) {
        push(Piece::Same, &old.list[at..hunk.old.start]);
        at = hunk.old.end;
        push(Piece::Removed, &old.list[hunk.old]);
        push(Piece::Inserted, &new.list[hunk.new]);
    }
    push(Piece::Same, &old.list[at..]);
    pieces
}

/// The bytes of the new text from the first word that is not as it was to the last; `None` if words only went.
pub fn changed(old: &str, new: &str) -> Option<Range<usize>> {
    let (before, after) = (tokens(old), tokens(new));
    let come: Vec<Range<usize>> = hunks(&before, &after).into_iter().map(|hunk| hunk.new).filter(|new| !new.is_empty()).collect();
    let length = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
    let (start, end) = (length(&after[..come.first()?.start]), length(&after[..come.last()?.end]));
    let text = &new[start..end];
    let space = text.len() - text.trim_start().len();
    (space < text.len()).then(|| start + space..start + text.trim_end().len())
}

/// The words of a text; a bracket of a line's length is one with its alternatives.
struct Words<'a> {
    list: Vec<&'a str>,
    /// For each mark among the words where its partner is.
    partners: HashMap<usize, usize>,
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        let brackets = bracket::parse(text).list;
        let mut list = Vec::new();
        let mut at = 0;
        for group in groups(&brackets) {
            list.extend(tokens(&text[at..group.start]));
            at = group.end;
            list.push(&text[group]);
        }
        list.extend(tokens(&text[at..]));
        let partners = if brackets.is_empty() { HashMap::new() } else { partners(&list, &brackets) };
        Self { list, partners }
    }

    fn is_mark(&self, at: usize) -> bool {
        matches!(self.list[at], "[" | "]" | "［" | "］")
    }
}

/// For each mark that is a word where its partner is.
fn partners(list: &[&str], brackets: &[bracket::Bracket]) -> HashMap<usize, usize> {
    let starts = list.iter().scan(0, |end, word| {
        let start = *end;
        *end += word.len();
        Some(start)
    });
    let starts: Vec<usize> = starts.collect();
    let place = |at: usize| starts.binary_search(&at).ok();
    let pairs = brackets.iter().filter_map(|one| Some((place(one.range.start)?, place(one.inner.end)?)));
    pairs.flat_map(|(opening, closing)| [(opening, closing), (closing, opening)]).collect()
}

/// Where brackets stand that are one word with their alternatives, in order and apart.
fn groups(brackets: &[bracket::Bracket]) -> Vec<Range<usize>> {
    let mut ends: HashMap<usize, usize> = HashMap::new();
    for one in brackets {
        ends.insert(one.group, one.range.end);
    }
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (first, one) in brackets.iter().enumerate().filter(|(first, one)| one.group == *first) {
        let Some(end) = ends.get(&first).copied().filter(|end| end - one.range.start <= GROUP_BYTES_MAX) else { continue };
        if groups.last().is_none_or(|last| last.end <= one.range.start) {
            groups.push(one.range.start..end);
        }
    }
    groups
}

/// A word of either text: where it stands in the old one, and in the new one; one that stays in both.
type InBoth = (Option<usize>, Option<usize>);

/// Makes each change take the words between a mark in it and the mark's partner.
fn balance(hunks: &mut Vec<Hunk>, old: &Words, new: &Words) {
    if hunks.is_empty() || (old.partners.is_empty() && new.partners.is_empty()) {
        return;
    }
    let (row, mut rest) = in_a_row(hunks, old, new);
    let mut places = [vec![0; old.list.len()], vec![0; new.list.len()]];
    for (at, word) in row.iter().enumerate() {
        for (place, places) in [word.0, word.1].into_iter().zip(&mut places) {
            place.into_iter().for_each(|place| places[place] = at);
        }
    }
    let mut kept = Kept::all(row.len());
    rest.iter().for_each(|at| kept.take(*at));
    while let Some(at) = rest.pop() {
        let of = |side: usize, mark: Option<usize>, words: &Words| Some(places[side][*words.partners.get(&mark?)?]);
        for partner in [of(0, row[at].0, old), of(1, row[at].1, new)].into_iter().flatten() {
            let (mut next, end) = (kept.first(at.min(partner)), at.max(partner));
            while next <= end {
                kept.take(next);
                rest.push(next);
                next = kept.first(next);
            }
        }
    }
    *hunks = changes(&row, &mut kept);
}

/// The words that stay, went and came, in one row, and where in it those stand that do not stay.
fn in_a_row(hunks: &[Hunk], old: &Words, new: &Words) -> (Vec<InBoth>, Vec<usize>) {
    let (mut row, mut changed) = (Vec::with_capacity(old.list.len() + new.list.len()), Vec::new());
    let (mut at_old, mut at_new) = (0, 0);
    let ends = Hunk { old: old.list.len()..old.list.len(), new: new.list.len()..new.list.len() };
    for hunk in hunks.iter().chain([&ends]) {
        row.extend((at_old..hunk.old.start).zip(at_new..).map(|(old, new)| (Some(old), Some(new))));
        let start = row.len();
        row.extend(hunk.old.clone().map(|old| (Some(old), None)));
        row.extend(hunk.new.clone().map(|new| (None, Some(new))));
        changed.extend(start..row.len());
        (at_old, at_new) = (hunk.old.end, hunk.new.end);
    }
    (row, changed)
}

/// Which words of a row stay. What is taken is never looked at again, however often marks around it ask.
struct Kept {
    /// Of each the first from it on that stays, or one before that.
    next: Vec<usize>,
}

impl Kept {
    fn all(words: usize) -> Self {
        Self { next: (0..=words).collect() }
    }

    fn take(&mut self, at: usize) {
        self.next[at] = at + 1;
    }

    fn first(&mut self, mut at: usize) -> usize {
        while self.next[at] != at {
            self.next[at] = self.next[self.next[at]];
            at = self.next[at];
        }
        at
    }
}

/// The changes that a row shows in which these words stay.
fn changes(row: &[InBoth], kept: &mut Kept) -> Vec<Hunk> {
    let (mut hunks, mut old, mut new, mut at) = (Vec::new(), 0, 0, 0);
    while at < row.len() {
        let end = kept.first(at);
        let words = &row[at..end.min(row.len())];
        let (gone, come) =
            (words.iter().filter(|word| word.0.is_some()).count(), words.iter().filter(|word| word.1.is_some()).count());
        hunks.extend((at < end).then_some(Hunk { old: old..old + gone, new: new..new + come }));
        (old, new, at) = (old + gone + 1, new + come + 1, end + 1);
    }
    hunks
}

/// The changes, those as one between which only a space or a short word stays and that together take words and put in others.
fn absorbed(hunks: Vec<Hunk>, old: &Words, new: &Words) -> Vec<Hunk> {
    let has_words = |list: &[&str]| !list.iter().all(|word| is_blank(word));
    let mut absorbed: Vec<Hunk> = Vec::with_capacity(hunks.len());
    for next in hunks {
        let joins = |last: &&mut Hunk| {
            let gap = last.old.end..next.old.start;
            let mut words = gap.clone().filter(|at| !is_blank(old.list[*at]));
            let is_short = words.next().is_none_or(|at| old.list[at].chars().count() <= SHORT_CHARS_MAX && !old.is_mark(at));
            let takes = has_words(&old.list[last.old.clone()]) || has_words(&old.list[next.old.clone()]);
            let puts = has_words(&new.list[last.new.clone()]) || has_words(&new.list[next.new.clone()]);
            is_short && words.next().is_none() && takes && puts
        };
        match absorbed.last_mut().filter(joins) {
            Some(last) => (last.old.end, last.new.end) = (next.old.end, next.new.end),
            None => absorbed.push(next),
        }
    }
    absorbed
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

#[cfg(test)]
mod tests {
    use super::*;
    use Piece::{Inserted, Removed, Same};
    use proptest::prelude::*;

    fn shown(old: &str, new: &str) -> String {
        let shown = redline(old, new).into_iter().map(|piece| match piece {
            Same(text) => text,
            Removed(text) => format!("{{-{text}-}}"),
            Inserted(text) => format!("{{+{text}+}}"),
        });
        shown.collect()
    }

    #[test]
    fn a_redline_goes_by_words() {
        for (old, new, wanted) in [
            ("", "", ""),
            ("a b", "a b", "a b"),
            ("all forces", "forces", "{-all -}forces"),
            ("by [30] days", "by [50] days", "by {-[30]-}{+[50]+} days"),
            ("слово одно", "слово два", "слово {-одно-}{+два+}"),
            // Numbers, labels and compounds are whole.
            ("within 1,000 days", "within 1,500 days", "within {-1,000-}{+1,500+} days"),
            ("on D+14", "on D+21", "on {-D+14-}{+D+21+}"),
            ("see 4(a)", "see 4(b)", "see {-4(a)-}{+4(b)+}"),
            ("25% of it", "30% of it", "{-25%-}{+30%+} of it"),
            ("第三条 二十四天", "第三条 二十五天", "第三条 {-二十四-}{+二十五+}天"),
            ("تسحب خلال ٣٠ يوما", "تسحب خلال ٤٠ يوما", "تسحب خلال {-٣٠-}{+٤٠+} يوما"),
            // What a space or a short word parts changes together.
            ("24 days", "12 weeks", "{-24 days-}{+12 weeks+}"),
            ("the withdrawal of forces", "the return of troops", "the {-withdrawal of forces-}{+return of troops+}"),
            ("sides shall withdraw", "parties shall leave", "{-sides-}{+parties+} shall {-withdraw-}{+leave+}"),
            ("all of the forces", "of forces", "{-all -}of{- the-} forces"),
        ] {
            assert_eq!(shown(old, new), wanted, "{old:?} -> {new:?}");
        }
    }

    #[test]
    fn alternatives_change_as_one_word_and_no_mark_without_its_partner() {
        let long = "[a whole sentence of which only one word is another][and one that has nothing to do with it at all]";
        let other = long.replace("only one", "just one");
        let shown_long = long.replace("only one", "{-only-}{+just+} one");
        for (old, new, wanted) in [
            ("to [30][50] km", "to [40] km", "to {-[30][50]-}{+[40]+} km"),
            ("to [30][50] km", "to [30][60] km", "to {-[30][50]-}{+[30][60]+} km"),
            ("to [30] km", "to [30][60] km", "to {-[30]-}{+[30][60]+} km"),
            ("to 30 km", "to [30] km", "to {-30-}{+[30]+} km"),
            ("all [a b] c", "all a b c", "all {-[a b]-}{+a b+} c"),
            ("a b c shall go", "a [b c] shall go on", "a {-b c-}{+[b c]+} shall go{+ on+}"),
            ("a b] c", "a [b c", "a {-b]-}{+[b+} c"),
            ("a ［b］ c", "a b c", "a {-［b］-}{+b+} c"),
            (long, &other, &shown_long),
        ] {
            assert_eq!(shown(old, new), wanted, "{old:?} -> {new:?}");
        }
    }

    #[test]
    fn a_redline_without_steps_left_replaces_the_stretch_whole() {
        let (old, new) = ("a b c d e", "a x c y e");
        let mut steps = 1;
        redline_within(old, new, &mut steps);
        assert_eq!(steps, 0);
        let (old, new) = ("one two three", "won two tree");
        let s = String::from;
        assert_eq!(redline_within(old, new, &mut steps), [Removed(s(old)), Inserted(s(new))]);
        let mut steps = 1_000;
        assert_eq!(redline_within("one two three four five", "one 2 three 4 five", &mut steps).len(), 7);
        assert_eq!(steps, 1_000 - 10 * 5, "ten words of which four differ");
    }

    #[test]
    fn deep_marks_around_what_changed_are_looked_at_once() {
        let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(redline(&deep("a"), &deep("b")).len(), 4);
        assert_eq!(redline(&deep("a"), &format!("{} c", deep("b"))).len(), 2);
        assert_eq!(redline(&deep("a"), &format!("[{}", deep("b"))).len(), 2);
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

        #[test]
        fn whatever_is_taken_of_a_redline_no_mark_loses_its_partner(
            old in "[ab \\[\\]]{0,24}", new in "[ab \\[\\]]{0,24}", taken in any::<u64>(),
        ) {
            let is_whole = |text: &str| bracket::parse(text).loose.is_empty();
            if is_whole(&old) && is_whole(&new) {
                let mut text = String::new();
                for (at, piece) in redline(&old, &new).iter().enumerate() {
                    prop_assert!(!matches!(piece, Removed(text) | Inserted(text) if !is_whole(text)), "{:?}", piece);
                    match piece {
                        Same(same) => text += same,
                        Removed(own) | Inserted(own) => text += if taken >> (at % 64) & 1 == 0 { own } else { "" },
                    }
                }
                prop_assert!(is_whole(&text), "{}", text);
            }
        }
    }
}
