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
//! Reading order: `bytes`, `block` and `section` read, `causal` judges what comes in which order, `cut` writes what is new of it, `ledger`
//! remembers, `order` compares places.
//! Beside them `census` counts, in a document that was let in, what was ever put where.

mod block;
mod bytes;
mod causal;
mod census;
mod cut;
mod flat;
mod ledger;
mod order;
mod section;
#[cfg(test)]
mod tests;

pub use census::{Census, Contents, Span, census};
pub use ledger::{Checked, Ledger};
pub use order::{OrderClaim, verify_order};

use crate::limits;
use yrs::{ClientID, StateVector};

/// 16 Mi units: what GC and deleted blocks of one update may claim. They cost no bytes for their length, so only a limit keeps
/// ten bytes from burning a client's clock; a person who types for a year makes and deletes less.
pub const HUSK_UNITS_MAX: u64 = 16 << 20;
/// 1 Mi JSON-like values in one update: one byte of them costs yrs up to 24 of memory; 20,000 points have 200,000.
pub const ANY_VALUES_MAX: usize = 1 << 20;
/// Bytes of a format's value: formats are flags, colours and links.
pub const FORMAT_BYTES_MAX: usize = 4 << 10;
/// Shared types within shared types: a plan needs 3; yrs deletes and collects them by recursion.
pub const TYPE_DEPTH_MAX: u16 = 16;
/// 64 Mi steps: blocks of one update, each times the number of clients that wait for it. yrs searches all that wait at every
/// block, at about 3 ns each: 0.2 s. Honest updates stay far below, for few clients wait at once.
pub const WAITING_STEPS_MAX: u64 = 64 << 20;

/// Why an update is not let in. The message is for the person whose client sent it and repeats no words of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a well-formed update.
    #[error("the update cannot be read: {what} (byte {at}); reload the page, or update the client")]
    Malformed {
        /// Offset of the byte after the fault.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// It builds on something that the document does not hold. An honest client sends this when it speaks before it has
    /// answered the server's state vector; the server then sends its state vector again.
    #[error("the update builds on edit {clock} of client {client}, which has not arrived; send all that is missing first")]
    Missing {
        /// The client whose edits are missing.
        client: u64,
        /// The first clock that must come.
        clock: u32,
    },
    /// New blocks under another party's client id.
    #[error("client id {client} belongs to another party; reload the page to get an id of your own")]
    Forged {
        /// The id that is not the sender's.
        client: u64,
    },
    /// Over a limit.
    #[error("the update is too large: {what} (at most {most}); send it in smaller parts")]
    TooLarge {
        /// What is too much.
        what: &'static str,
        /// The limit.
        most: u64,
    },
    /// A block that claims neighbours which do not stand so: replicas would disagree about its place.
    #[error("edit {clock} of client {client} contradicts the document: {what}; reload the page and make the edit again")]
    Inconsistent {
        /// The client of the block.
        client: u64,
        /// The block's clock.
        clock: u32,
        /// The contradiction.
        what: &'static str,
    },
}

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
