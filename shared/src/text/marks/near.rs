//! Who typed into a word into which another had just typed, while both were connected.
//!
//! **Who types** goes on under one client id, letter by letter. A verb, and a point that comes with its words, is an edit under an id of
//! its own, made by somebody who had read before; so of a client the first letter counts as soon as the second comes. What only takes
//! away tells no client id, and counts.
//!
//! **Cost.** What was typed in the last seconds is kept, up to a bound. Where two type into one point, as many places of that are looked up
//! in its words as the bounds below allow, each in one walk over the words' pieces.

use serde::{Deserialize, Serialize};
use std::ops::Range;
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
pub struct Typing(Vec<Typed>);

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
        let mut new: Vec<(PlanPart, Span)> = Vec::new();
        ledger.each_typed(checked, |point, span| new.push((point, span)));
        if new.is_empty() {
            return None;
        }
        self.0.retain(|typed| record.at_ms - typed.at_ms.min(record.at_ms) <= NEAR_MS);
        let who = people.number(&record.author);
        let goes_on = checked.starts().any(|(_, clock)| clock > 0) || !checked.adds_blocks();
        let mut points: Vec<PlanPart> = new.iter().map(|(point, _)| *point).collect();
        points.dedup();
        new.into_iter().for_each(|(point, span)| self.add((point, who), span, record.at_ms, goes_on));
        let near: Vec<NearPoint> =
            points.into_iter().take(POINTS_MAX).filter_map(|point| self.near(ledger, point, who)).collect();
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
            self.0.remove(0);
        }
        self.0.push(Typed { point, who, client, start, end, since_ms: at_ms, at_ms, goes_on });
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
        let words = Words::of(&text.get_string(txn));
        let reach = |span: &Span, txn: &TransactionMut| {
            let typed = place(txn, &text, span)?;
            Some(Reach { whole: words.around(typed.clone()), typed })
        };
        let own: Vec<Reach> = self.own.iter().filter_map(|span| reach(span, txn)).collect();
        let mut who: Vec<u32> = Vec::new();
        for (other, span) in &self.others {
            if !who.contains(other) && reach(span, txn).is_some_and(|theirs| own.iter().any(|own| own.meets(&theirs))) {
                who.push(*other);
            }
        }
        (!who.is_empty()).then_some(who)
    }
}

/// A stretch, and with the whole of its words, in UTF-16 units.
struct Reach {
    typed: Range<u32>,
    whole: Range<u32>,
}

impl Reach {
    /// Whether two stretches touch, or are of one word.
    fn meets(&self, other: &Reach) -> bool {
        let touch = self.typed.start <= other.typed.end && other.typed.start <= self.typed.end;
        touch || (self.whole.start < other.whole.end && other.whole.start < self.whole.end)
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

/// Where words stand in a text, in UTF-16 units.
struct Words(Vec<Range<u32>>);

impl Words {
    fn of(text: &str) -> Self {
        let mut at = 0;
        let words = tokens(text).into_iter().filter_map(|word| {
            let range = at..at + utf16(word);
            at = range.end;
            (!is_blank(word)).then_some(range)
        });
        Self(words.collect())
    }

    /// A stretch with the whole of the words that it is part of; where nothing is left of it, with the word that it stood in or beside.
    fn around(&self, stretch: Range<u32>) -> Range<u32> {
        let is_empty = stretch.is_empty();
        let is_part = |word: &&Range<u32>| match is_empty {
            true => word.start <= stretch.start && stretch.start <= word.end,
            false => word.start < stretch.end && stretch.start < word.end,
        };
        let from = self.0.partition_point(|word| word.end < stretch.start);
        let parts = self.0[from..].iter().take_while(|word| word.start <= stretch.end).filter(is_part);
        parts.fold(stretch.clone(), |whole, word| whole.start.min(word.start)..whole.end.max(word.end))
    }
}
