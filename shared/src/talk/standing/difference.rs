//! What lapsed acceptances accepted, against the present words. A party can keep as much as its layer takes and make it as hard
//! to compare as it likes; so all comparisons of a matrix have an allowance together and each party a share of it, that none may
//! spoil the others'.

use std::collections::HashMap;

use super::NoDifference;
use crate::{
    limits::{COMPARED_BYTES_MAX, COMPARED_STEPS_MAX, KEPT_BYTES_MAX, POINT_DEPTH_MAX},
    talk::layer::Kept,
    text::{
        redline::{Piece, redline_within},
        words::{Canonical, Exact, WordsDigest},
    },
};

/// What may still be compared.
pub(super) struct Differences {
    steps: u64,
    shares: Vec<Share>,
}

#[derive(Clone)]
struct Share {
    steps: u64,
    bytes: usize,
}

/// A point, its present words and what was found out about them.
pub(super) struct AtPoint<'a> {
    exact: &'a Exact,
    text: Option<String>,
    /// By digest: the accepted words and their difference. Most parties accepted the same.
    known: HashMap<WordsDigest, (&'a str, Vec<Piece>)>,
}

impl<'a> AtPoint<'a> {
    pub(super) fn new(exact: &'a Exact) -> Self {
        Self { exact, text: None, known: HashMap::new() }
    }
}

impl Differences {
    /// For a matrix with so many parties.
    pub(super) fn among(parties: usize) -> Self {
        let parties = parties.max(1);
        let share = Share { steps: COMPARED_STEPS_MAX / parties as u64, bytes: COMPARED_BYTES_MAX / parties };
        Self { steps: COMPARED_STEPS_MAX, shares: vec![share; parties] }
    }

    /// The words that a position of the party with this index keeps against the present ones.
    pub(super) fn of<'a>(&mut self, party: usize, at: &mut AtPoint<'a>, kept: &'a Kept) -> Result<Vec<Piece>, NoDifference> {
        let share = self.shares.get_mut(party).ok_or(NoDifference::TooLong)?;
        let bytes = kept.json.len().saturating_add(at.exact.json.len());
        let longest = kept.json.len().max(at.exact.json.len());
        if kept.json.is_empty() || longest > KEPT_BYTES_MAX || bytes > share.bytes {
            return Err(NoDifference::TooLong);
        }
        share.bytes -= bytes;
        if let Some((_, pieces)) = at.known.get(&kept.digest).filter(|(json, _)| *json == kept.json) {
            return Ok(pieces.clone());
        }
        let accepted = text(&kept.json, kept.digest)?;
        if at.text.is_none() {
            at.text = Some(text(&at.exact.json, at.exact.digest)?);
        }
        let present = at.text.as_deref().unwrap_or_default();
        let mut left = share.steps.min(self.steps);
        let before = left;
        let pieces = redline_within(&accepted, present, &mut left);
        share.steps = share.steps.saturating_sub(before - left);
        self.steps = self.steps.saturating_sub(before - left);
        // What this party had no steps left for another may have.
        if before > 0 {
            at.known.insert(kept.digest, (&kept.json, pieces.clone()));
        }
        Ok(pieces)
    }
}

/// Canonical words as people read them.
fn text(json: &str, digest: WordsDigest) -> Result<String, NoDifference> {
    let words = Canonical::kept(json, digest).ok_or(NoDifference::Unreadable)?;
    // No plan nests so deep, and indented so far little JSON makes a long text.
    let mut level: Vec<&Canonical> = vec![&words];
    for _ in 0..POINT_DEPTH_MAX {
        level = level.iter().flat_map(|point| &point.children).collect();
    }
    if !level.is_empty() {
        return Err(NoDifference::Unreadable);
    }
    let text = words.text();
    if text.len() > KEPT_BYTES_MAX { Err(NoDifference::TooLong) } else { Ok(text) }
}
