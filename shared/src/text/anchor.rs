//! A stretch of a point's words that survives edits: the Yjs ids of its first and its last character and of those beside it.
//!
//! What is typed inside the stretch belongs to it. What is typed at an edge does not, unless the character at that edge is
//! deleted: then it has taken its place, and the stretch reaches to the character that stood beside it. When nothing is left, the
//! place where it stood is still known. An anchor says nothing that the plan's document does not hold, and making one changes
//! nothing there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use yrs::{
    Assoc, ClientID, ID, IndexScope, IndexedSequence, ReadTxn, StickyIndex, TextRef,
    branch::{Branch, BranchPtr},
};

use crate::{limits, text::say::utf16};

/// The Yjs id of one UTF-16 unit: who inserted it, and the number it was inserted under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CharId {
    /// The Yjs client id, below 2^53.
    pub client: u64,
    /// The clock, below 2^31.
    pub clock: u32,
}

/// A stretch of at least one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Anchor {
    /// Its first character.
    pub start: CharId,
    /// Its last one.
    pub end: CharId,
    /// The character before it; none: it began the text.
    pub before: Option<CharId>,
    /// The character behind it; none: it ended the text.
    pub after: Option<CharId>,
}

impl Anchor {
    /// Anchors a stretch of `words`, which is what `text` reads: a range of bytes. `None` for an empty one or one that is none.
    pub fn at<T: ReadTxn>(txn: &T, text: &TextRef, words: &str, range: Range<usize>) -> Option<Anchor> {
        let (before, stretch) = (words.get(..range.start)?, words.get(range.clone())?);
        let (start, units) = (utf16(before), utf16(stretch));
        if units == 0 {
            return None;
        }
        let id = |index, assoc| match text.sticky_index(txn, index, assoc)?.scope() {
            IndexScope::Relative(id) => Some(CharId { client: id.client.get(), clock: id.clock }),
            _ => None,
        };
        let beside = |is_there: bool, index, assoc| if is_there { id(index, assoc).map(Some) } else { Some(None) };
        Some(Anchor {
            start: id(start, Assoc::After)?,
            end: id(start + units, Assoc::Before)?,
            before: beside(start > 0, start, Assoc::Before)?,
            after: beside(range.end < words.len(), start + units, Assoc::After)?,
        })
    }

    /// The bytes of `words`, which is what `text` reads, that the anchor stands on now. The range is empty when they are gone,
    /// and stands where they stood. `None` if the anchor never stood in this text.
    ///
    /// Costs a few walks over the pieces of the text.
    pub fn find<T: ReadTxn>(&self, txn: &T, text: &TextRef, words: &str) -> Option<Range<usize>> {
        let own = BranchPtr::from(AsRef::<Branch>::as_ref(text));
        let offset = |id: CharId, assoc| {
            if id.client > limits::CLIENT_ID_MAX || u64::from(id.clock) > limits::CLOCK_MAX {
                return None;
            }
            let found = StickyIndex::from_id(ID::new(ClientID::new(id.client), id.clock), assoc).get_offset(txn)?;
            (found.branch == own).then_some(found.index)
        };
        // Before and behind a character; both are the same for one that is deleted.
        let around = |id| Some((offset(id, Assoc::After)?, offset(id, Assoc::Before)?));
        let start = match (around(self.start)?, self.before) {
            ((start, behind), _) if start < behind => start,
            (_, None) => 0,
            (_, Some(before)) => offset(before, Assoc::Before)?,
        };
        let end = match (around(self.end)?, self.after) {
            ((before, end), _) if before < end => end,
            (_, None) => utf16(words),
            (_, Some(after)) => offset(after, Assoc::After)?,
        };
        Some(byte(words, start)..byte(words, end.max(start)))
    }
}

/// The byte at which a UTF-16 unit starts; the character's where it is the second of a pair, the end beyond it.
fn byte(text: &str, unit: u32) -> usize {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        units += c.len_utf16() as u32;
        if units > unit {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use yrs::{Doc, GetString, StateVector, Text, Transact, Update, updates::decoder::Decode};

    fn doc(client: u64) -> (Doc, TextRef) {
        let doc = crate::text::plan::new_doc(client);
        let text = doc.get_or_insert_text("words");
        (doc, text)
    }

    fn exchange(a: &Doc, b: &Doc) {
        for (from, to) in [(a, b), (b, a)] {
            let update = from.transact().encode_state_as_update_v1(&StateVector::default());
            to.transact_mut().apply_update(Update::decode_v1(&update).unwrap()).unwrap();
        }
    }

    fn shown(doc: &Doc, text: &TextRef, anchor: &Anchor) -> String {
        let txn = doc.transact();
        let words = text.get_string(&txn);
        words[anchor.find(&txn, text, &words).unwrap()].to_owned()
    }

    #[test]
    fn an_anchor_grows_inside_shrinks_with_its_words_and_knows_where_they_stood() {
        let (doc, text) = doc(1);
        text.insert(&mut doc.transact_mut(), 0, "within 🕊[30] days");
        let words = text.get_string(&doc.transact());
        let range = words.find("[30]").unwrap()..words.find(" days").unwrap();
        let anchor = Anchor::at(&doc.transact(), &text, &words, range.clone()).unwrap();
        assert_eq!(anchor.find(&doc.transact(), &text, &words), Some(range.clone()));
        let edit = |at, remove, insert: &str, wanted: &str| {
            let mut txn = doc.transact_mut();
            text.remove_range(&mut txn, at, remove);
            text.insert(&mut txn, at, insert);
            drop(txn);
            assert_eq!(shown(&doc, &text, &anchor), wanted);
        };
        edit(0, 0, "not ", "[30]");
        edit(13, 0, "(", "[30]");
        edit(18, 0, ")", "[30]");
        edit(16, 0, "5", "[350]");
        edit(14, 2, "", "(50]");
        edit(14, 0, "{", "({50]");
        edit(13, 5, "", ")");
        edit(13, 1, "", "");
        let txn = doc.transact();
        let words = text.get_string(&txn);
        assert_eq!(words, "not within 🕊 days");
        let at = words.find(" days").unwrap();
        assert_eq!(anchor.find(&txn, &text, &words), Some(at..at));
    }

    #[test]
    fn what_takes_the_place_of_an_edge_belongs_to_the_stretch() {
        // Old words, the stretch, the words that a smallest difference makes of them, the stretch in those.
        let table = [
            ("withdraw to 30 km", "30", "withdraw to 50 km", "50"),
            ("one two", "two", "one three", "three"),
            ("all forces leave", "all", "some forces leave", "some"),
            ("by [30][50] days", "[30]", "by [40 or 45][50] days", "[40 or 45]"),
            ("by [30][50] days", "[50]", "by [30] days", ""),
            ("slow and steady", "and", "slow & steady", "&"),
        ];
        for (old, quote, new, wanted) in table {
            let doc = crate::text::plan::new_doc(1);
            let id = "p".parse().unwrap();
            let point = crate::text::plan::NewPoint { id: &id, label: None, heading: "", words: old };
            let mut txn = doc.transact_mut();
            crate::text::plan::add_point(&mut txn, point, &crate::text::plan::Place::Last { parent: None }).unwrap();
            let text = crate::text::plan::words_text(&txn, &id).unwrap();
            let at = old.find(quote).unwrap();
            let anchor = Anchor::at(&txn, &text, old, at..at + quote.len()).unwrap();
            crate::text::plan::set_words(&mut txn, &id, new).unwrap();
            assert_eq!(&new[anchor.find(&txn, &text, new).unwrap()], wanted, "{old:?} -> {new:?}");
        }
    }

    #[test]
    fn an_anchor_into_nowhere_is_found_nowhere() {
        let (doc, text) = doc(1);
        let other = doc.get_or_insert_text("other");
        text.insert(&mut doc.transact_mut(), 0, "words");
        other.insert(&mut doc.transact_mut(), 0, "other");
        let txn = doc.transact();
        for (client, clock) in [(2, 0), (1, 99), (1, 5), (u64::MAX, 0), (1 << 53, 0), (1, u32::MAX), (0, 0)] {
            let id = CharId { client, clock };
            let good = CharId { client: 1, clock: 0 };
            let anchor = |start, end| Anchor { start, end, before: None, after: None };
            assert_eq!(anchor(id, good).find(&txn, &text, "words"), None, "{id:?}");
            assert_eq!(anchor(good, id).find(&txn, &text, "words"), None, "{id:?}");
        }
        let (last, first) = (CharId { client: 1, clock: 4 }, CharId { client: 1, clock: 0 });
        let backwards = Anchor { start: last, end: first, before: Some(last), after: Some(first) };
        assert_eq!(backwards.find(&txn, &text, "words"), Some(4..4));
        let (empty, backwards_range) = (2..2, Range { start: 3, end: 1 });
        for range in [empty, backwards_range, 0..9, 9..9] {
            assert_eq!(Anchor::at(&txn, &text, "words", range.clone()), None, "{range:?}");
        }
        assert_eq!(Anchor::at(&txn, &text, "words", 0..5).unwrap().find(&txn, &text, "words"), Some(0..5));
    }

    proptest! {
        /// Each unit of text is followed through all edits by its own mark: the anchor shows the first to the last of its units
        /// that are left, with all that stands between.
        #[test]
        fn an_anchor_holds_what_is_left_of_its_words_and_what_was_typed_between(
            edits in prop::collection::vec((0..2usize, 0..100u32, 0..4u32, 0..4usize, any::<bool>()), 1..40),
            stretch in (0..60usize, 1..20usize),
            made_after in 0..20usize,
        ) {
            let docs = [doc(1), doc(2)];
            docs[0].1.insert(&mut docs[0].0.transact_mut(), 0, "abc🕊def");
            exchange(&docs[0].0, &docs[1].0);
            let (mut made, mut fresh) = (None, 'А');
            for (n, (who, at, remove, insert, meet)) in edits.into_iter().enumerate() {
                if n == made_after {
                    exchange(&docs[0].0, &docs[1].0);
                    made = anchored(&docs[0], stretch);
                }
                let (doc, text) = &docs[who];
                let mut txn = doc.transact_mut();
                let words: Vec<char> = text.get_string(&txn).chars().collect();
                let from = at as usize % (words.len() + 1);
                let to = (from + remove as usize).min(words.len());
                let units = |chars: &[char]| chars.iter().map(|c| c.len_utf16() as u32).sum::<u32>();
                text.remove_range(&mut txn, units(&words[..from]), units(&words[from..to]));
                for i in 0..insert {
                    text.insert(&mut txn, units(&words[..from]) + i as u32, &fresh.to_string());
                    fresh = char::from_u32(fresh as u32 + 1).unwrap();
                }
                drop(txn);
                if meet {
                    exchange(&docs[0].0, &docs[1].0);
                }
            }
            exchange(&docs[0].0, &docs[1].0);
            if let Some((anchor, chars)) = made {
                for (doc, text) in &docs {
                    let shown = shown(doc, text, &anchor);
                    let words = text.get_string(&doc.transact());
                    let left: Vec<char> = chars.iter().copied().filter(|c| words.contains(*c)).collect();
                    match (left.first(), left.last()) {
                        (Some(first), Some(last)) => {
                            prop_assert!(shown.contains(*first) && shown.contains(*last), "{shown:?} of {words:?} for {chars:?}");
                            // Both ends are there: nothing beside them is shown.
                            if left.len() == chars.len() {
                                prop_assert!(shown.starts_with(*first) && shown.ends_with(*last), "{shown:?} of {words:?}");
                            }
                        }
                        _ => prop_assert!(!shown.chars().any(|c| chars.contains(&c))),
                    }
                }
            }
        }
    }

    /// An anchor on a stretch of a document, and the characters on which it stands, each of which is there once.
    fn anchored((doc, text): &(Doc, TextRef), (at, length): (usize, usize)) -> Option<(Anchor, Vec<char>)> {
        let txn = doc.transact();
        let words = text.get_string(&txn);
        let all: Vec<(usize, char)> = words.char_indices().collect();
        if all.is_empty() {
            return None;
        }
        let from = at % all.len();
        let to = (from + length).min(all.len());
        let end = all.get(to).map_or(words.len(), |(at, _)| *at);
        let range = all[from].0..end;
        let anchor = Anchor::at(&txn, text, &words, range.clone()).unwrap();
        assert_eq!(anchor.find(&txn, text, &words), Some(range), "{words:?}");
        Some((anchor, all[from..to].iter().map(|(_, c)| *c).collect()))
    }
}
