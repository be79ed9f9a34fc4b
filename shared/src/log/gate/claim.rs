//! What a block says about the order of others.

use yrs::{ID, OffsetKind};

use super::{block::Block, bytes::Reader, refusal::Refusal};

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

/// How many blocks of an update may claim something about the order of others, as far as can be seen in it alone. In what cannot be read
/// there are none: it is refused anyway.
pub fn claims_at_most(update: &[u8]) -> usize {
    count(&mut Reader::new(update)).unwrap_or(0)
}

fn count(reader: &mut Reader<'_>) -> Result<usize, Refusal> {
    let mut claims = 0;
    for _ in 0..reader.count(5)? {
        let blocks = reader.count(2)?;
        let ((client, mut clock), mut right) = (reader.id()?, None);
        for _ in 0..blocks {
            let block = Block::read(reader, clock)?;
            let continues = block.right == right && clock.checked_sub(1).map(|before| (client, before)) == block.origin;
            claims += usize::from(!continues && block.origin.is_some() && block.right.is_some());
            (clock, right) = (clock + block.len, block.right);
        }
    }
    Ok(claims)
}
