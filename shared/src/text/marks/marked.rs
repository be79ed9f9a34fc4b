//! What of a plan was changed apart, as its log tells it: the points that were merged, and what may be between points.

use std::collections::HashMap;

use super::{
    people::People,
    told::{MarkedBy, NAMED_MAX, Unconfirmed},
    touch::Touch,
};
use crate::id::PointId;

/// What of a plan was changed apart. What points do to one another is seen in the text only, beside which this is laid.
#[derive(Clone, Debug, Default)]
pub struct ChangedApart {
    /// The points of which somebody has confirmed nothing since, by id.
    pub points: Vec<Unconfirmed>,
    /// The points that some changed while others, who had not seen it, changed something.
    pub loose: HashMap<PointId, LooseEnds>,
    pub(super) people: People,
}

/// A point that some changed while others, who had not seen it, changed something.
#[derive(Clone, Debug, Default)]
pub struct LooseEnds {
    /// Their touches of it, in the order of the log.
    pub touches: Vec<Touch>,
    /// Whoever confirmed it last had seen the log up to here.
    pub confirmed: u64,
}

impl ChangedApart {
    /// Lets a confirmation count that no record holds yet, by somebody who had seen so much.
    pub fn confirm(&mut self, points: &[Option<PointId>], seen: u64) {
        self.points.retain(|mark| mark.seq > seen || !points.contains(&mark.point));
        for point in points.iter().flatten() {
            if let Some(loose) = self.loose.get_mut(point) {
                loose.confirmed = loose.confirmed.max(seen);
            }
        }
    }

    /// When the last of what it tells came, in milliseconds since 1970-01-01 UTC; 0 if nothing did.
    pub fn at_ms(&self) -> u64 {
        let loose = self.loose.values().flat_map(|loose| &loose.touches).map(|touch| touch.at_ms);
        self.points.iter().map(|mark| mark.at_ms).chain(loose).max().unwrap_or_default()
    }

    /// Who touched something, the last of them if they are many.
    pub fn by(&self, touches: &[Touch]) -> Vec<MarkedBy> {
        by(&self.people, touches)
    }
}

/// Who touched something, the last of them if they are many.
pub fn by(people: &People, touches: &[Touch]) -> Vec<MarkedBy> {
    let of = |touch: &Touch| Some(MarkedBy { author: people.get(touch.who)?.clone(), seq: touch.seq, at_ms: touch.at_ms });
    touches[touches.len().saturating_sub(NAMED_MAX)..].iter().filter_map(of).collect()
}
