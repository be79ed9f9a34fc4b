//! Positions: on exact words, or on a bracket.

use std::num::NonZeroUsize;
use yrs::ReadTxn;

use super::{
    annotate::{entry_done, on_stretch, stands},
    bench::{Bench, Exactly, Marking},
};
use crate::{
    id::{AnnotationId, LayerId},
    script::{
        Accept, Done, Oppose, Reserve, Stood,
        error::{Advice, Refusal},
        stretch::{find_bracket, name},
    },
    talk::layer::{Annotation, Kept, Layer, Position, Stance, What},
    text::{
        bracket::{self, Brackets},
        plan::Point,
        say::inline,
        stretch::Stretch,
        words::{Exact, WordsDigest},
    },
};

type Made = Result<Done, Refusal>;

/// A position to be taken.
struct Stand<'e> {
    point: &'e str,
    stance: Stance,
    ad_referendum: bool,
    body: &'e str,
    expect: Option<WordsDigest>,
    quote: Option<&'e str>,
    bracket: Option<NonZeroUsize>,
    layer: &'e LayerId,
}

pub fn accept(bench: &mut Bench, edit: &Accept) -> Made {
    let Accept { point, ad_referendum, because, expect, quote, bracket, layer } = edit;
    let (stance, ad_referendum, quote) = (Stance::Accept, *ad_referendum, quote.as_deref());
    Stand { point, stance, ad_referendum, body: because, expect: *expect, quote, bracket: *bracket, layer }.take(bench)
}

pub fn reserve(bench: &mut Bench, edit: &Reserve) -> Made {
    let Reserve { point, reason, quote, bracket, layer } = edit;
    let (stance, quote) = (Stance::Reserve, quote.as_deref());
    Stand { point, stance, ad_referendum: false, body: reason, expect: None, quote, bracket: *bracket, layer }.take(bench)
}

pub fn oppose(bench: &mut Bench, edit: &Oppose) -> Made {
    let Oppose { point, reason, quote, bracket, layer } = edit;
    let (stance, quote) = (Stance::Oppose, quote.as_deref());
    Stand { point, stance, ad_referendum: false, body: reason, expect: None, quote, bracket: *bracket, layer }.take(bench)
}

impl Stand<'_> {
    fn take(self, bench: &mut Bench) -> Made {
        let sheet = bench.writable("layer", self.layer)?;
        let point = bench.point("point", self.point)?;
        let bracket = find_bracket(&point, self.quote, self.bracket)?;
        if self.stance == Stance::Accept {
            self.are_meant(bench, &point)?;
        }
        let words = match bracket {
            Some(_) => None,
            None => Some(kept(bench, &point, self.stance)?),
        };
        let digest = words.as_ref().map(|kept| kept.digest);
        let position = Position { stance: self.stance, ad_referendum: self.ad_referendum, words };
        let new = bench.new_entry(&point.id, What::Position(position));
        let mut entry = Annotation { body: self.body.to_owned(), ..new };
        on_stretch(bench, &mut entry, &point, bracket)?;
        let superseded = live_on(&bench.text, &point, &entry, bench.sheets[sheet].entries());
        bench.sheets[sheet].put(&entry)?;
        for id in &superseded {
            bench.sheets[sheet].mark(id, Marking::Withdrawn)?;
        }
        Ok(Done::Stood(Stood {
            stands: stands(bench, sheet),
            stance: self.stance,
            ad_referendum: self.ad_referendum,
            digest,
            quote: entry.anchor.is_some().then(|| entry.quote.clone()),
            superseded,
            entry: entry_done(bench, &entry),
        }))
    }
}

impl Stand<'_> {
    /// Refuses to accept words that are not named: by what is quoted of them, or by the digest of the point's words.
    fn are_meant(&self, bench: &mut Bench, point: &Point) -> Result<(), Refusal> {
        if self.expect.is_none() && self.quote.is_some() {
            return Ok(());
        }
        let now = exact(bench, point)?.0.digest;
        let whose = inline(name(point));
        let (found, expected, message) = match self.expect {
            Some(expected) if expected == now => return Ok(()),
            Some(expected) => (
                now.to_string(),
                expected.to_string(),
                format!(
                    "the words of {whose} are not those that you expect: their digest is {now}, not {expected}; nothing was accepted"
                ),
            ),
            None => (
                "nothing".to_owned(),
                format!("the digest of the words of {whose} as they were read; that of the present ones is {now}"),
                format!("only words that were read are accepted: name those of {whose}; nothing was accepted"),
            ),
        };
        Err(Refusal::refused("expect", found, expected).says(message).advise(Advice::NameWords { now }))
    }
}

/// The exact words of a point, and what they were woven from.
fn exact<'b>(bench: &'b mut Bench, point: &Point) -> Result<(&'b Exact, &'b str), Refusal> {
    let Exactly { words, weaves, .. } = bench.exact()?;
    let exact = words.get(&point.id).ok_or_else(|| {
        let message = format!("the plan shows no point {}", point.id);
        Refusal::not_found("point", point.id.to_string(), "a point that the plan shows").says(message)
    })?;
    Ok((exact, weaves.of(&point.id).unwrap_or_default()))
}

/// The exact words of a point, to be kept with a position on them.
fn kept(bench: &mut Bench, point: &Point, stance: Stance) -> Result<Kept, Refusal> {
    let (exact, weave) = exact(bench, point)?;
    let kept = Kept::of(stance, exact, weave);
    // Consent alone rests on what surrounds the words.
    let around = if stance == Stance::Accept { bench.around(&point.id)?.kept() } else { String::new() };
    Ok(Kept { around, ..kept })
}

/// The positions in a layer that are not withdrawn and are on what `like` is on: the words of the point, or the bracket that it is
/// on now. `txn` shows the text.
pub fn live_on<T: ReadTxn>(txn: &T, point: &Point, like: &Annotation, entries: &Layer) -> Vec<AnnotationId> {
    let brackets = bracket::parse(&point.words);
    let bracket = bracket_at(txn, point, &brackets, like);
    let same = |other: &Annotation| match (&like.anchor, &other.anchor) {
        (None, None) => true,
        (Some(anchor), Some(there)) => {
            anchor == there || (bracket.is_some() && bracket_at(txn, point, &brackets, other) == bracket)
        }
        _ => false,
    };
    let live = |entry: &&Annotation| matches!(entry.what, What::Position(_)) && !entry.withdrawn && entry.point == point.id;
    entries.annotations.iter().filter(live).filter(|entry| same(entry)).map(|entry| entry.id.clone()).collect()
}

/// The bracket of a point that an entry is on now, as an index into `brackets`, which are those of the point's words.
fn bracket_at<T: ReadTxn>(txn: &T, point: &Point, brackets: &Brackets, entry: &Annotation) -> Option<usize> {
    brackets.holding(&Stretch::find(txn, Some(point), entry.anchor.as_ref(), &entry.quote).range(&point.words)?)
}
