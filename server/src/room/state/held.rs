//! A part of an edit that touches several documents: it waits in each of them, as a batch on its way, until whoever makes the edit has
//! all parts and appends them at once.

use bytes::Bytes;
use plenary_shared::{
    id::DocAddress,
    log::record::{self, Digest, Moment, Provenance},
};

use super::{
    RoomState,
    batch::{Batch, Sender},
};
use crate::{
    room::{
        document::{Accepted, Document},
        effect::{EditError, Effect},
        order::Order,
    },
    store::Seq,
};

/// What an edit would do to one document.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Whose it is, and what they knew.
    pub by: Provenance,
    /// The update.
    pub update: Bytes,
    /// It holds only if this is the last record.
    pub at: Option<Seq>,
    /// What is known of what it claims about order.
    pub order: Order,
}

/// Why a room is not held for a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unheld {
    /// The document has moved since.
    Moved,
    /// It claims something about order, which would be found out too late.
    Unverified,
    /// It is not taken.
    Edit(EditError),
}

/// The first record of a log, of an edit that the server makes before anybody may see the document.
///
/// # Errors
/// [`EditError`], if the document cannot take the edit.
pub fn first_record(address: &DocAddress, by: Provenance, update: Bytes, now_ms: u64) -> Result<Bytes, EditError> {
    let mut room = RoomState::new(address, Document::empty(Digest::genesis(address)));
    match room.propose(0, Proposal { by, update, at: None, order: Order::Holds }, now_ms) {
        Ok(Some((_, record))) => Ok(record),
        Err(Unheld::Edit(error)) => Err(error),
        Ok(None) | Err(Unheld::Moved | Unheld::Unverified) => Err(EditError::Misbehaved),
    }
}

impl RoomState {
    /// Judges a proposal and answers the record to append with those of other documents, none if nothing in it is new. With a
    /// record the room is held: its batch is on its way until [`Self::appended`] or [`Self::release`]. Nothing may be so now.
    pub fn propose(&mut self, edit: u64, proposal: Proposal, now_ms: u64) -> Result<Option<(Seq, Bytes)>, Unheld> {
        let Proposal { by, update, at, order } = proposal;
        if at.is_some_and(|at| at != self.document.seq()) {
            return Err(Unheld::Moved);
        }
        self.check_room(&by, &update).map_err(Unheld::Edit)?;
        let checked = self.judge(&by, &update).map_err(|refusal| Unheld::Edit(refusal.into()))?;
        if !checked.is_new() {
            return Ok(None);
        }
        let verified = order.holds(&checked);
        if !verified && !checked.order_claims().is_empty() {
            return Err(Unheld::Unverified);
        }
        let last = self.document.seq();
        let record = by.record(last, Moment::after(self.document.at_ms(), now_ms), checked.update(&update));
        let (bytes, digest) = record::seal(&self.document.head(), &record);
        let accepted = vec![(Sender::Server(edit), Accepted { record, checked, verified })];
        let tried = order.trial().filter(|_| verified).into_iter().collect();
        self.in_flight = Some(Batch { accepted, digests: vec![digest], tried, held: true });
        Ok(Some((last, bytes)))
    }

    /// Nothing was appended of what the room was held for: all is as before.
    pub fn release(&mut self, effects: &mut Vec<Effect>) {
        if let Some(batch) = self.in_flight.take() {
            self.lose(batch, &EditError::Unavailable, effects);
        }
    }
}
