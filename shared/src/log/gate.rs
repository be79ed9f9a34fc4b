//! Outside bytes become a [`Checked`] update here, or a [`Refusal`].
//!
//! The gate knows a document by a [`Ledger`]: which clocks it holds, who owns them, what kind of place each block stands in and
//! what is deleted. It never sees text and never asks yrs, so its verdict depends only on the updates admitted before. The one
//! exception is [`verify_order`]: whether a block's neighbours stand in the order that it claims can only be seen in the document.
//!
//! **Architecture invariant:** what passes [`Ledger::check`], is applied and passes [`verify_order`] leaves a document that every
//! replica reads alike, whether it applied the updates one by one or loads the whole.
//!
//! What the document knows already is cut off first: neither judged, nor logged, nor told to anybody.
//!
//! What comes from outside must keep to what a plan or a layer is, too. A point and what it always has is not taken out again by
//! anybody: such parts of an update are left out, and the rest is taken.
//!
//! Reading order: `bytes`, `block` and `section` read, `causal` judges what comes in which order, `schema` says what a plan is made of,
//! `rules` and `deletions` what becomes of it, `walk` and `rows` know where it stands, `cut` writes what is new and taken, `ledger`
//! remembers, `order` compares places.
//! Beside them `census` counts, in a document that was let in, what was ever put where, `named` tells what an update rests on, and
//! `touched` which parts of a plan it touches.

mod block;
mod bounds;
mod bytes;
mod causal;
mod census;
mod checked;
mod claim;
mod cut;
mod deletions;
mod flat;
mod ledger;
mod named;
mod order;
mod place;
mod refusal;
mod rename;
mod rows;
mod rules;
mod schema;
mod section;
#[cfg(test)]
mod tests;
mod touched;
mod walk;

pub use bounds::{ANY_VALUES_MAX, FORMAT_BYTES_MAX, HUSK_UNITS_MAX, TYPE_DEPTH_MAX, WAITING_STEPS_MAX, leaves_room};
pub use census::{Census, Contents, RunningCensus, Span, census, check_form};
pub use checked::{Checked, LeftOut};
pub use claim::{OrderClaim, claims_at_most};
pub use ledger::Ledger;
pub use named::Named;
pub use order::verify_order;
pub use refusal::Refusal;
pub use rename::rename;
pub use schema::{is_label, is_plain, is_title};
pub use touched::{PlanPart, PointPart};

use crate::limits;
use yrs::{ClientID, StateVector};

/// Reads a state vector from outside.
///
/// # Errors
/// [`Refusal::TooLarge`] beyond [`limits::STATE_VECTOR_BYTES_MAX`] or [`limits::CLIENTS_MAX`], else [`Refusal::Malformed`].
pub fn check_state_vector(bytes: &[u8]) -> Result<StateVector, Refusal> {
    if bytes.len() > limits::STATE_VECTOR_BYTES_MAX {
        return Err(Refusal::TooLarge { what: "bytes of a state vector", most: limits::STATE_VECTOR_BYTES_MAX as u64 });
    }
    let mut reader = bytes::Reader::new(bytes);
    let count = reader.count(2)?;
    if count > limits::CLIENTS_MAX {
        return Err(Refusal::TooLarge { what: "clients in a state vector", most: limits::CLIENTS_MAX as u64 });
    }
    let mut state = StateVector::default();
    for _ in 0..count {
        let (client, clock) = reader.id()?;
        let client = ClientID::new(client);
        if state.contains_client(&client) {
            return reader.refuse("a client is named twice");
        }
        state.set_max(client, clock);
    }
    if !reader.is_empty() {
        return reader.refuse("bytes follow the end");
    }
    Ok(state)
}
