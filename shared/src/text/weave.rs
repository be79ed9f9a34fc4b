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

use std::collections::BTreeMap;

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
    weaves: BTreeMap<PointId, String>,
}

impl Weaves {
    /// Takes the weaves of the points of `outline`, which was read from `txn`; `census` is that of the same document. Documents
    /// that hold the same updates, none of them pending, have the same weaves.
    pub fn read<T: ReadTxn>(txn: &T, outline: &Outline, census: &Census) -> Weaves {
        let points = txn.get_map(POINTS);
        let own: Vec<blake3::Hash> = outline
            .points
            .iter()
            .map(|point| match points.as_ref().and_then(|points| points.get(txn, point.id.as_str())) {
                Some(Out::YMap(map)) => own_digest(txn, census, &map),
                _ => Hasher::new().finalize(),
            })
            .collect();
        let mut weaves = BTreeMap::new();
        for (at, point) in outline.points.iter().enumerate() {
            let below = outline.points[at + 1..].iter().take_while(|below| below.depth > point.depth).count();
            let mut parts: Vec<usize> = (at + 1..=at + below).collect();
            parts.sort_unstable_by_key(|part| &outline.points[*part].id);
            let mut hasher = Hasher::new();
            hasher.update(VERSION).update(own[at].as_bytes());
            for part in parts {
                hasher.update(own[part].as_bytes());
            }
            weaves.insert(point.id.clone(), hasher.finalize().to_hex().to_string());
        }
        Weaves { weaves }
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
