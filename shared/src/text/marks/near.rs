//! Who typed into a word into which another had just typed, while both were connected.
//!
//! **Who types** goes on under one client id, letter by letter. A verb, and a point that comes with its words, is an edit under an id of
//! its own, made by somebody who had read before; so of a client the first letter counts as soon as the second comes. What only takes
//! away tells no client id, and counts.
//!
//! **Cost.** What was typed in the last seconds is kept, up to a bound. Where two type into one point, as many places of that are looked up
//! in its words as the bounds below allow, each in one walk over the words' pieces; of the words those around a place are read, and only
//! where two places do not touch. Where nobody else types nothing is allocated.

use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, ops::Range};
use yrs::{
    Assoc, ClientID, GetString as _, ID, StickyIndex, TextRef, TransactionMut,
    branch::{Branch, BranchPtr},
};

use super::people::People;
use crate::{
    id::PointId,
    log::{
        gate::{Checked, Ledger, PlanPart, Span},
        record::{Record, RecordKind},
    },
    text::{
        plan::words_text,
        say::utf16,
        token::{is_blank, tokens},
    },
};

/// 5 s: who types so soon behind another can not have read what that one typed.
const NEAR_MS: u64 = 5_000;
/// 1 s: so long one member's typing that goes on is one stretch.
const RUN_MS: u64 = 1_000;
/// 256 stretches are kept of what was typed in the last seconds, 12 KiB: that of some 30 people who type without a pause.
const TYPED_MAX: usize = 256;
/// 8 stretches of a member are looked at in one point, the last ones: a letter is one.
const OWN_MAX: usize = 8;
/// 16 stretches of others, the last ones.
const OTHERS_MAX: usize = 16;
/// 4 points of one record: typing is in one.
const POINTS_MAX: usize = 4;

/// What was typed in the last seconds, in the order of the log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Typing(VecDeque<Typed>);

/// A stretch of words that was typed or taken away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Typed {
    point: PlanPart,
    who: u32,
    client: u64,
    start: u32,
    end: u32,
    since_ms: u64,
    at_ms: u64,
    /// The record goes on where its client had ended before, or only takes away.
    goes_on: bool,
}

impl Typed {
    fn span(&self) -> Span {
        Span { client: self.client, start: self.start, end: self.end }
    }
}

/// Points into which a record types where others just had typed: whether it is the same word is seen in the words.
#[derive(Debug)]
pub struct Near(Vec<NearPoint>);

#[derive(Debug)]
struct NearPoint {
    number: PlanPart,
    id: PointId,
    own: Vec<Span>,
    others: Vec<(u32, Span)>,
}

/// The points in which it was the same word, and who else typed it.
#[derive(Debug, Default)]
pub struct Met(pub(super) Vec<(PlanPart, Vec<u32>)>);

impl Typing {
    /// Takes note of what a record types; answers what is to be looked at in the document behind it. Only who is connected types near
    /// others.
    pub fn note(&mut self, record: &Record, (ledger, checked): (&Ledger, &Checked), people: &mut People) -> Option<Near> {
        if record.kind != RecordKind::Edit || !record.branch.is_table() {
            return None;
        }
        let goes_on = checked.starts().any(|(_, clock)| clock > 0) || !checked.adds_blocks();
        let (mut who, mut last) = (None, None);
        let (mut points, mut count) = ([PlanPart::Title; POINTS_MAX], 0);
        ledger.each_typed(checked, |point, span| {
            let who = *who.get_or_insert_with(|| {
                self.0.retain(|typed| record.at_ms - typed.at_ms.min(record.at_ms) <= NEAR_MS);
                people.number(&record.author)
            });
            if last.replace(point) != Some(point) && count < POINTS_MAX {
                (points[count], count) = (point, count + 1);
            }
            self.add((point, who), span, record.at_ms, goes_on);
        });
        let who = who?;
        let near: Vec<NearPoint> = points[..count].iter().filter_map(|point| self.near(ledger, *point, who)).collect();
        (!near.is_empty()).then_some(Near(near))
    }

    /// What of a point is to be compared, if several type in it.
    fn near(&self, ledger: &Ledger, number: PlanPart, who: u32) -> Option<NearPoint> {
        let in_point = || self.0.iter().rev().filter(|typed| typed.point == number);
        if in_point().all(|typed| typed.who == who) || !self.types(who) {
            return None;
        }
        let others = in_point().filter(|typed| typed.who != who && self.types(typed.who));
        let others: Vec<(u32, Span)> = others.take(OTHERS_MAX).map(|typed| (typed.who, typed.span())).collect();
        let own: Vec<Span> = in_point().filter(|typed| typed.who == who).take(OWN_MAX).map(Typed::span).collect();
        let id = if others.is_empty() { None } else { ledger.point_id(number) };
        Some(NearPoint { number, id: id?, own, others })
    }

    fn types(&self, who: u32) -> bool {
        self.0.iter().any(|typed| typed.who == who && typed.goes_on)
    }

    fn add(&mut self, (point, who): (PlanPart, u32), Span { client, start, end }: Span, at_ms: u64, goes_on: bool) {
        let is_before = |typed: &&mut Typed| {
            (typed.point, typed.who, typed.client, typed.end) == (point, who, client, start) && at_ms - typed.since_ms <= RUN_MS
        };
        if let Some(typed) = self.0.iter_mut().rev().find(is_before) {
            (typed.end, typed.at_ms, typed.goes_on) = (end, at_ms, typed.goes_on || goes_on);
            return;
        }
        if self.0.len() == TYPED_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Typed { point, who, client, start, end, since_ms: at_ms, at_ms, goes_on });
    }
}

impl Near {
    /// Looks whether it was the same word, in the document as it stands behind the record.
    pub fn look(&self, txn: &mut TransactionMut) -> Met {
        Met(self.0.iter().filter_map(|near| Some((near.number, near.look(txn)?))).collect())
    }
}

impl NearPoint {
    fn look(&self, txn: &mut TransactionMut) -> Option<Vec<u32>> {
        let text = words_text(txn, &self.id)?;
        let own: Vec<Range<u32>> = self.own.iter().filter_map(|span| place(txn, &text, span)).collect();
        let (mut who, mut words): (Vec<u32>, Option<Words>) = (Vec::new(), None);
        for (other, span) in &self.others {
            if who.contains(other) {
                continue;
            }
            let Some(theirs) = place(txn, &text, span) else { continue };
            let touch = |own: &Range<u32>| own.start <= theirs.end && theirs.start <= own.end;
            let is_met = own.iter().any(touch) || {
                let words = words.get_or_insert_with(|| Words::of(&text.get_string(txn)));
                own.iter().any(|own| words.are_one(own, &theirs))
            };
            if is_met {
                who.push(*other);
            }
        }
        (!who.is_empty()).then_some(who)
    }
}

/// Where a stretch stands in a text, in UTF-16 units; what of it is gone is where it stood.
fn place(txn: &TransactionMut, text: &TextRef, span: &Span) -> Option<Range<u32>> {
    let own = BranchPtr::from(AsRef::<Branch>::as_ref(text));
    let index = |clock, assoc| {
        let found = StickyIndex::from_id(ID::new(ClientID::new(span.client), clock), assoc).get_offset(txn)?;
        (found.branch == own).then_some(found.index)
    };
    let (start, end) = (index(span.start, Assoc::After)?, index(span.end.checked_sub(1)?, Assoc::Before)?);
    Some(start.min(end)..start.max(end))
}

/// A text in UTF-16 units.
struct Words {
    units: Vec<u16>,
    /// Where words stand in a part of it, the one that was read last.
    read: (Range<u32>, Vec<Range<u32>>),
}

impl Words {
    fn of(text: &str) -> Self {
        Self { units: text.encode_utf16().collect(), read: (0..0, Vec::new()) }
    }

    /// Whether two stretches that do not touch are of one word.
    fn are_one(&mut self, one: &Range<u32>, other: &Range<u32>) -> bool {
        if (one.end.min(other.end)..one.start.max(other.start)).any(|at| self.parts(at)) {
            return false;
        }
        let (one, other) = (self.around(one), self.around(other));
        one.start < other.end && other.start < one.end
    }

    /// Whether a space stands there that no word goes over: a letter or a figure of ASCII begins one of its own behind it.
    fn parts(&self, at: u32) -> bool {
        let is = |at: u32, what: fn(&u8) -> bool| {
            let unit = self.units.get(at as usize).and_then(|unit| u8::try_from(*unit).ok());
            unit.is_some_and(|unit| what(&unit))
        };
        is(at, |unit| *unit == b' ') && is(at + 1, u8::is_ascii_alphanumeric)
    }

    /// A stretch with the whole of the words that it is part of; where nothing is left of it, with the word that it stood in or beside.
    fn around(&mut self, stretch: &Range<u32>) -> Range<u32> {
        // As much is read as stands between two such spaces.
        let length = self.units.len() as u32;
        let from = (0..stretch.start.min(length)).rev().find(|at| self.parts(*at)).map_or(0, |at| at + 1);
        let to = (stretch.end.min(length)..length).find(|at| self.parts(*at)).unwrap_or(length);
        if self.read.0 != (from..to) {
            self.read = (from..to, self.words(from..to));
        }
        let is_part = |word: &&Range<u32>| match stretch.is_empty() {
            true => word.start <= stretch.start && stretch.start <= word.end,
            false => word.start < stretch.end && stretch.start < word.end,
        };
        let parts = self.read.1.iter().filter(is_part);
        parts.fold(stretch.clone(), |whole, word| whole.start.min(word.start)..whole.end.max(word.end))
    }

    fn words(&self, range: Range<u32>) -> Vec<Range<u32>> {
        let (text, mut at) = (String::from_utf16_lossy(&self.units[range.start as usize..range.end as usize]), range.start);
        let words = tokens(&text).into_iter().filter_map(|word| {
            let range = at..at + utf16(word);
            at = range.end;
            (!is_blank(word)).then_some(range)
        });
        words.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As [`Words::around`], of all words.
    fn around_of_all(text: &str, stretch: &Range<u32>) -> Range<u32> {
        let (mut at, mut whole) = (0, stretch.clone());
        for word in tokens(text) {
            let range = at..at + utf16(word);
            at = range.end;
            let beside = range.start <= stretch.start && stretch.start <= range.end;
            let within = range.start < stretch.end && stretch.start < range.end;
            if !is_blank(word) && (if stretch.is_empty() { beside } else { within }) {
                whole = whole.start.min(range.start)..whole.end.max(range.end);
            }
        }
        whole
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn the_words_around_are_those_of_the_whole_text(
            text in "[a1 ]{0,4}([a1+().,% \\[\\]\u{a0}第三ж\u{301}\u{200d}🕊\n]{0,12}[ a1]{0,2}){0,4}",
            places in prop::array::uniform4(0u32..60),
        ) {
            let mut words = Words::of(&text);
            let [a, b, c, d] = places.map(|at| at.min(words.units.len() as u32));
            let (one, other) = (a.min(b)..a.max(b), c.min(d)..c.max(d));
            let wholes = [&one, &other].map(|stretch| around_of_all(&text, stretch));
            prop_assert_eq!([&one, &other].map(|stretch| words.around(stretch)), wholes.clone());
            if one.start > other.end || other.start > one.end {
                let [one_whole, other_whole] = wholes;
                let meet = one_whole.start < other_whole.end && other_whole.start < one_whole.end;
                prop_assert_eq!(words.are_one(&one, &other), meet);
            }
        }
    }
}
