//! Whether a point was touched: a digest over everything that was ever written into it.
//!
//! Words that were changed and changed back read as before; their weave does not, for what was typed meanwhile stays in the
//! document as a deleted block. So a consent that was given to the words can say that it holds again, not that it always held.
//!
//! The weave of a point covers the blocks of its `heading`, `words`, `struck` and `schedule`, those that were overwritten or
//! deleted included, and of the same places of all points that stand below it now. What a replaced text held is not counted;
//! that it was replaced is.
//!
//! - Labels, parents, places among siblings and what else a point holds do not count, nor does the order of the points below.
//!   But a point that moves in or out from below another changes the other's weave while it is there, because what is below has
//!   changed.
//! - Deleting alone adds no block and leaves the weave. The words differ then, and only new typing can bring them back.

use std::collections::HashMap;

use blake3::Hasher;
use yrs::{Map, MapRef, Out, ReadTxn, branch::Branch};

use crate::{
    id::PointId,
    log::gate::{Census, Contents, Span},
    text::plan::{Outline, POINTS},
};

/// What the digests begin with, so that another way to take them gives others.
const VERSION: &[u8] = b"plenary weave 1\n";

/// The weaves of all points of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weaves {
    /// Of what was written into each point itself.
    own: HashMap<PointId, blake3::Hash>,
    weaves: HashMap<PointId, String>,
}

impl Weaves {
    /// Takes the weaves of the points of `outline`, which was read from `txn`; `census` is that of the same document. Documents
    /// that hold the same updates, none of them pending, have the same weaves.
    pub fn read<T: ReadTxn>(txn: &T, outline: &Outline, census: &Census) -> Weaves {
        let mut weaves = Weaves::default();
        weaves.renew(txn, outline, census, (0..outline.points.len()).rev());
        weaves
    }

    /// As [`Weaves::read`], of the points at these indices of the outline alone, each after what is below it: of all that were
    /// written into, and of all that those stand below.
    pub(crate) fn renew<T: ReadTxn>(
        &mut self,
        txn: &T,
        outline: &Outline,
        census: &Census,
        changed: impl Iterator<Item = usize>,
    ) {
        let points = txn.get_map(POINTS);
        for at in changed {
            let id = &outline.points[at].id;
            let own = match points.as_ref().and_then(|points| points.get(txn, id.as_str())) {
                Some(Out::YMap(map)) => own_digest(txn, census, &map),
                _ => Hasher::new().finalize(),
            };
            self.own.insert(id.clone(), own);
            let mut parts: Vec<(&PointId, &blake3::Hash)> =
                outline.below(at).filter_map(|below| self.own.get_key_value(&below.id)).collect();
            parts.sort_unstable_by_key(|part| part.0);
            let mut hasher = Hasher::new();
            hasher.update(VERSION).update(own.as_bytes());
            for (_, part) in parts {
                hasher.update(part.as_bytes());
            }
            self.weaves.insert(id.clone(), hasher.finalize().to_hex().to_string());
        }
    }

    /// The weave of a point: 64 lowercase hexadecimal digits; `None` if the outline does not show the point.
    pub fn of(&self, point: &PointId) -> Option<&str> {
        self.weaves.get(point).map(String::as_str)
    }
}

/// A digest over what was written into one point, without those below it.
fn own_digest<T: ReadTxn>(txn: &T, census: &Census, point: &MapRef) -> blake3::Hash {
    let empty = Contents::default();
    let contents = |of: &Branch| census.contents(&of.id()).unwrap_or(&empty);
    let mut hasher = Hasher::new();
    let entries = &contents(point.as_ref()).entries;
    for field in ["heading", "words", "struck", "schedule"] {
        feed(&mut hasher, field, entries.get(field).map_or(&[], Vec::as_slice));
        match point.get(txn, field) {
            Some(Out::YText(text)) => feed(&mut hasher, "text", &contents(text.as_ref()).sequence),
            Some(Out::YMap(map)) => {
                feed_entries(&mut hasher, contents(map.as_ref()));
                if let Some(Out::YMap(after)) = map.get(txn, "after") {
                    feed_entries(&mut hasher, contents(after.as_ref()));
                }
            }
            _ => {}
        }
    }
    hasher.finalize()
}

fn feed_entries(hasher: &mut Hasher, contents: &Contents) {
    hasher.update(&(contents.entries.len() as u64).to_le_bytes());
    for (key, spans) in &contents.entries {
        feed(hasher, key, spans);
    }
}

/// Lengths first, so that no two inputs run together into one.
fn feed(hasher: &mut Hasher, name: &str, spans: &[Span]) {
    hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
    hasher.update(&(spans.len() as u64).to_le_bytes());
    for Span { client, start, end } in spans {
        hasher.update(&client.to_le_bytes()).update(&start.to_le_bytes()).update(&end.to_le_bytes());
    }
}

#[cfg(test)]
mod tests;
