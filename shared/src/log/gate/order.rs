//! Whether neighbours stand in the order that a block claims.
//!
//! A block that names a right origin standing before its left origin is placed differently by a replica that loads the document
//! afresh. Positions decide: the one with fewer visible units before it comes first. Two invisible ones with nothing visible between
//! them cannot be told apart that way; then the document is laid out with everything visible (see `flat`).
//!
//! A sequence is walked for every claim, so the cost is claims times blocks to the left; beyond [`WALKS_MAX`] claims the
//! layout, whose cost is the document's size once, answers for all.

use yrs::{Assoc, ID, ReadTxn, StateVector, StickyIndex, branch::BranchPtr};

use super::{
    claim::{OrderClaim, refuse},
    flat,
    refusal::Refusal,
};

/// Claims of one call that are answered by walking their sequences: as many as a batch has updates.
const WALKS_MAX: usize = crate::limits::BATCH_UPDATES_MAX;

/// Verifies the claims of updates that `txn` has applied. The order of blocks never changes, so once is enough. After a refusal
/// the document holds blocks that it must not hold: throw it away and rebuild it without them.
///
/// # Errors
/// [`Refusal::Inconsistent`] names the first block whose claim is wrong.
pub fn verify_order<'c, T: ReadTxn>(txn: &T, claims: impl Iterator<Item = &'c OrderClaim>) -> Result<(), Refusal> {
    let mut undecided = Vec::new();
    for (n, claim) in claims.enumerate() {
        let verdict = if n < WALKS_MAX { compare(txn, claim) } else { Verdict::Undecided };
        match verdict {
            Verdict::Holds => {}
            Verdict::Fails => return refuse(claim),
            Verdict::Undecided => undecided.push(*claim),
        }
    }
    if undecided.is_empty() {
        return Ok(());
    }
    let state = txn.encode_state_as_update_v1(&StateVector::default());
    flat::verify(&state, &undecided)
}

enum Verdict {
    Holds,
    Fails,
    Undecided,
}

fn compare<T: ReadTxn>(txn: &T, claim: &OrderClaim) -> Verdict {
    if claim.left == claim.right {
        return Verdict::Fails;
    }
    let (left, right) = match (before(txn, claim.left), before(txn, claim.right)) {
        (Some(left), Some(right)) => (left, right),
        // Both are collected: so is the block, in yrs and in Yjs.
        (None, None) => return Verdict::Holds,
        // Yjs drops a block that has one collected neighbour; yrs keeps it where the other one stands. That is harmless
        // only where nothing is seen. Honest clients come here when their replica collected and ours did not.
        (Some((branch, _)), None) | (None, Some((branch, _))) if branch.is_deleted() => return Verdict::Holds,
        _ => return Verdict::Fails,
    };
    if left.0 != right.0 {
        return Verdict::Fails;
    }
    if left.0.is_deleted() {
        // yrs answers no index below a deleted parent. Nothing in it is ever seen again.
        return Verdict::Holds;
    }
    match left.1.cmp(&right.1) {
        std::cmp::Ordering::Less => Verdict::Holds,
        std::cmp::Ordering::Greater => Verdict::Fails,
        // Nothing visible lies between the two, the first included.
        std::cmp::Ordering::Equal if is_visible(txn, claim.right, right.1) => Verdict::Holds,
        std::cmp::Ordering::Equal if is_visible(txn, claim.left, left.1) => Verdict::Fails,
        std::cmp::Ordering::Equal => Verdict::Undecided,
    }
}

/// The sequence in which a unit stands, and how much is visible before it; `None` for a collected one.
fn before<T: ReadTxn>(txn: &T, id: ID) -> Option<(BranchPtr, u32)> {
    let offset = StickyIndex::from_id(id, Assoc::After).get_offset(txn)?;
    Some((offset.branch, offset.index))
}

/// yrs counts a visible unit itself when asked for the position behind it.
fn is_visible<T: ReadTxn>(txn: &T, id: ID, index: u32) -> bool {
    StickyIndex::from_id(id, Assoc::Before).get_offset(txn).is_some_and(|offset| offset.index != index)
}
