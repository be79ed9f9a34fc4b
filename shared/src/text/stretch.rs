//! Where an annotation stands in the plan now.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use yrs::ReadTxn;

use crate::text::{
    anchor::Anchor,
    plan::{Point, words_text},
};

/// What became of the words that an annotation was anchored to. Ranges are bytes of the point's words in UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Stretch {
    /// It is about the whole point.
    Whole,
    /// The quoted words stand there as they were.
    Stands {
        /// Where.
        range: Range<usize>,
    },
    /// Other words stand there now.
    Changed {
        /// Where.
        range: Range<usize>,
    },
    /// The words were deleted, and the same words stand elsewhere in the point, once.
    Moved {
        /// Where.
        range: Range<usize>,
    },
    /// The words are gone.
    Gone {
        /// Where they stood.
        at: usize,
    },
    /// The words are gone and nothing is left to tell where they stood.
    Lost,
    /// The plan does not show the point.
    NoPoint,
}

impl Stretch {
    /// Finds where in its point, as `txn` shows it, the words now stand that an anchor was put to and that read `quote` then. `None`
    /// is a point that the plan does not show, and the anchor of what is about all of its point.
    pub fn find<T: ReadTxn>(txn: &T, point: Option<&Point>, anchor: Option<&Anchor>, quote: &str) -> Stretch {
        let Some(point) = point else { return Stretch::NoPoint };
        let Some(anchor) = anchor else { return Stretch::Whole };
        let words = point.words.as_str();
        let range = words_text(txn, &point.id).and_then(|text| anchor.find(txn, &text, words));
        match range {
            Some(range) if words.get(range.clone()) == Some(quote) => Stretch::Stands { range },
            Some(range) if !range.is_empty() => Stretch::Changed { range },
            gone => match once(words, quote) {
                Some(at) => Stretch::Moved { range: at..at + quote.len() },
                None => gone.map_or(Stretch::Lost, |range| Stretch::Gone { at: range.start }),
            },
        }
    }

    /// The bytes of `words`, those of the point, that it covers; `None` where nothing is left.
    pub fn range(&self, words: &str) -> Option<Range<usize>> {
        match self {
            Stretch::Whole => Some(0..words.len()),
            Stretch::Stands { range } | Stretch::Changed { range } | Stretch::Moved { range } => Some(range.clone()),
            Stretch::Gone { .. } | Stretch::Lost | Stretch::NoPoint => None,
        }
    }
}

/// Where `part` stands in `whole`, if it does so exactly once.
fn once(whole: &str, part: &str) -> Option<usize> {
    let mut found = places(whole, part);
    found.next().filter(|_| found.next().is_none())
}

/// Where `part` stands in `whole` between the edges of words, as `30` does not in `1300`; nowhere if it is empty.
pub(crate) fn places(whole: &str, part: &str) -> impl Iterator<Item = usize> {
    let apart =
        |a: Option<char>, b: Option<char>| !(a.is_some_and(char::is_alphanumeric) && b.is_some_and(char::is_alphanumeric));
    let bounded = move |at: &usize| {
        let (before, behind) = (whole[..*at].chars().next_back(), whole[*at + part.len()..].chars().next());
        apart(before, part.chars().next()) && apart(part.chars().next_back(), behind)
    };
    let whole = if part.is_empty() { "" } else { whole };
    whole.match_indices(part).map(|(at, _)| at).filter(move |_| !part.is_empty()).filter(bounded)
}
