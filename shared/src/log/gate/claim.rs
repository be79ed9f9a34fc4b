//! What a block says about the order of others.

use yrs::{ID, OffsetKind};

use super::refusal::Refusal;

/// What a block says about the order of others: `left` stands before `right` in one sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderClaim {
    /// The block that says so.
    pub block: ID,
    /// Its left origin.
    pub left: ID,
    /// Its right origin.
    pub right: ID,
}

pub(super) fn refuse<T>(claim: &OrderClaim) -> Result<T, Refusal> {
    Err(Refusal::Inconsistent {
        client: claim.block.client.get(),
        clock: claim.block.clock,
        what: "its right neighbour does not stand after its left one",
    })
}

/// A document of one's own in which nothing is collected and positions count UTF-16 units.
pub(super) fn scratch() -> yrs::Doc {
    yrs::Doc::with_options(yrs::Options { offset_kind: OffsetKind::Utf16, skip_gc: true, ..yrs::Options::default() })
}
