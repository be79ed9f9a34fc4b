//! Who wrote each character: the log tells which record brought which clocks of which client, and every character keeps its own.

use schemars::JsonSchema;
use serde::Serialize;
use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    ops::Range,
};
use yrs::{GetString, IdSet, TextRef, TransactionMut};

use super::touched::Touched;
use crate::{
    id::{MemberId, PartyId},
    log::record::{Bracketing, Record, RecordKind},
    people::Author,
    text::authorship::{Block, blocks},
};

/// Consecutive edits of the same points by one author under one client id share an entry for so long, in milliseconds: one minute,
/// as exact as anybody asks who wrote a sentence. Typing is a record for each key.
const SHARED_MS: u64 = 60_000;

/// Who wrote under which clocks of which client id.
#[derive(Debug, Clone, Default)]
pub struct Authors {
    people: Vec<Author>,
    numbers: HashMap<Author, usize>,
    /// By client id; each list is sorted by clock and without overlap.
    spans: HashMap<u64, Vec<Span>>,
}

#[derive(Debug, Clone)]
struct Span {
    clocks: Range<u32>,
    /// Index into `people`; none for a plan's first text.
    author: Option<usize>,
    /// A digest of the points that were touched.
    points: u64,
    /// The first of its records.
    seq: u64,
    /// When that came, and when the last did.
    from_ms: u64,
    at_ms: u64,
}

impl Span {
    fn goes_on(&self, clocks: &Range<u32>, author: Option<usize>, points: u64, at_ms: u64) -> bool {
        self.clocks.end == clocks.start
            && (self.author, self.points) == (author, points)
            && at_ms.saturating_sub(self.from_ms) < SHARED_MS
    }
}

impl Authors {
    /// Takes note of a record that brought new clocks, of `author` unless it is a first text.
    pub(super) fn note(&mut self, seq: u64, record: &Record, new: &IdSet, author: Option<&Author>, touched: &Touched) {
        let author = author.map(|author| match self.numbers.get(author) {
            Some(number) => *number,
            None => {
                self.people.push(author.clone());
                self.numbers.insert(author.clone(), self.people.len() - 1);
                self.people.len() - 1
            }
        });
        let mut hasher = DefaultHasher::new();
        touched.points.hash(&mut hasher);
        let (points, at_ms) = (hasher.finish(), record.at_ms);
        if let RecordKind::Bracketing(says) = &record.kind {
            return self.note_copies(says, Span { clocks: 0..0, author, points, seq, from_ms: at_ms, at_ms }, new);
        }
        for (client, ranges) in new.iter() {
            let spans = self.spans.entry(client.get()).or_default();
            for clocks in ranges.into_iter().cloned() {
                match spans.last_mut() {
                    Some(last) if last.goes_on(&clocks, author, points, at_ms) => {
                        last.clocks.end = clocks.end;
                        last.at_ms = last.at_ms.max(at_ms);
                    }
                    _ => spans.push(Span { clocks, author, points, seq, from_ms: at_ms, at_ms }),
                }
            }
        }
    }

    /// Takes note of what the engine typed: what repeats somebody's words stays theirs, of the record in which they wrote them.
    fn note_copies(&mut self, says: &Bracketing, engine: Span, new: &IdSet) {
        for (client, ranges) in new.iter() {
            let mut spans = Vec::new();
            for clocks in ranges.into_iter().cloned() {
                let mut at = clocks.start;
                for copy in &says.copies {
                    let end = copy.clock.saturating_add(copy.units);
                    if copy.clock < at || end > clocks.end {
                        continue;
                    }
                    spans.push(Span { clocks: at..copy.clock, ..engine.clone() });
                    let whose = self.find(copy.client, copy.from).unwrap_or(&engine).clone();
                    spans.push(Span { clocks: copy.clock..end, ..whose });
                    at = end;
                }
                spans.push(Span { clocks: at..clocks.end, ..engine.clone() });
            }
            spans.retain(|span| !span.clocks.is_empty());
            self.spans.entry(client.get()).or_default().extend(spans);
        }
    }

    /// How many entries it holds.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.spans.values().map(Vec::len).sum()
    }

    fn find(&self, client: u64, clock: u32) -> Option<&Span> {
        let spans = self.spans.get(&client)?;
        let at = spans.partition_point(|span| span.clocks.end <= clock);
        spans.get(at).filter(|span| span.clocks.contains(&clock))
    }
}

/// A stretch of a text, and who wrote it. No author with a record: the text that the plan was created with. An author without a
/// record: not in the log yet. Neither: nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Authored {
    /// The stretch.
    pub text: String,
    /// The party that wrote it.
    pub party: Option<PartyId>,
    /// The member of it.
    pub member: Option<MemberId>,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at_ms: Option<u64>,
    /// The record; the first of several within a minute.
    pub seq: Option<u64>,
}

/// Who wrote which stretch of a text, in its order; together they are the text. `unsent` names the author of what was written under a
/// client id that the log does not know. The document does not change; time grows with all that was ever put into the text, and
/// with the client ids of the document.
pub fn blame(
    txn: &mut TransactionMut,
    text: &TextRef,
    authors: &Authors,
    unsent: impl Fn(u64) -> Option<Author>,
) -> Vec<Authored> {
    let whole = text.get_string(txn);
    let mut stretches: Vec<Authored> = Vec::new();
    let mut rest = whole.as_str();
    for Block { client, clock, bytes, .. } in blocks(txn, text) {
        let (mut own, behind) = rest.split_at(bytes);
        rest = behind;
        let mut clock = clock;
        while !own.is_empty() {
            let span = authors.find(client, clock);
            let until = span.map_or(u32::MAX, |span| span.clocks.end);
            let mut end = 0;
            for letter in own.chars() {
                if clock >= until {
                    break;
                }
                end += letter.len_utf8();
                clock += letter.len_utf16() as u32;
            }
            let (part, more) = own.split_at(end);
            own = more;
            push(&mut stretches, written(part, span, authors, || unsent(client)));
        }
    }
    if !rest.is_empty() {
        push(&mut stretches, written(rest, None, authors, || None));
    }
    stretches
}

fn written(text: &str, span: Option<&Span>, authors: &Authors, unsent: impl Fn() -> Option<Author>) -> Authored {
    let author = match span {
        Some(span) => span.author.and_then(|number| authors.people.get(number)).cloned(),
        None => unsent(),
    };
    let (party, member) = author.map(|Author { party, member }| (party, member)).unzip();
    let (at_ms, seq) = span.map(|span| (span.at_ms, span.seq)).unzip();
    Authored { text: text.to_owned(), party, member, at_ms, seq }
}

fn push(stretches: &mut Vec<Authored>, next: Authored) {
    match stretches.last_mut() {
        Some(last) if (&last.party, &last.member, last.at_ms, last.seq) == (&next.party, &next.member, next.at_ms, next.seq) => {
            last.text += &next.text;
        }
        _ => stretches.push(next),
    }
}
