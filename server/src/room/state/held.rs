//! A part of what is kept in several logs at once, an edit or an act: it waits in each document, as a batch on its way, until whoever
//! makes it has all parts and appends them.

use bytes::Bytes;
use plenary_shared::{
    id::{DocAddress, PointId},
    log::{
        act::Act,
        gate::Checked,
        record::{Digest, Moment, Provenance, Record, RecordKind},
    },
};
use std::collections::HashSet;

use super::{
    RoomState,
    merged::{Judged, Merged, Unheld},
};
use crate::room::{
    document::{Accepted, Document},
    effect::{EditError, Effect},
    order::Order,
    provided::Provided,
};

/// What is to follow in one document's log.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Whose it is, and what they knew.
    pub by: Provenance,
    /// What it is.
    pub what: Proposed,
}

/// What may follow in a log.
#[derive(Clone, Debug)]
pub enum Proposed {
    /// A change of the document.
    Edit {
        /// The update.
        update: Bytes,
        /// What it holds on.
        provided: Provided,
        /// What is known of what it claims about order.
        order: Order,
    },
    /// Edits that were made apart from others, and what puts them side by side.
    Merged(Merged),
    /// What was merged in these points is confirmed, as far as it was seen. The document stays as it is.
    Confirmation(Vec<Option<PointId>>),
    /// An act, as it is told. The document stays as it is.
    Act(Bytes),
}

/// The first records of a log: an edit that the server makes before anybody may see the document, and an act.
///
/// # Errors
/// [`EditError`], if the document cannot take the edit.
pub fn first_records(
    address: &DocAddress,
    by: &Provenance,
    update: Bytes,
    act: &Act,
    now_ms: u64,
) -> Result<Vec<Bytes>, EditError> {
    let mut room = RoomState::new(address, Document::empty(Digest::genesis(address)));
    let (mut records, mut effects) = (Vec::new(), Vec::new());
    for what in [Proposed::Edit { update, provided: Provided::Anyway, order: Order::Holds }, Proposed::Act(act.told())] {
        match room.propose(0, Proposal { by: by.clone(), what }, now_ms) {
            Ok(Judged { records: Some((last, held)), .. }) => {
                records.extend(held);
                room.appended(last + 1, &mut effects);
            }
            Err(Unheld::Edit(error)) => return Err(error),
            Ok(Judged { records: None, .. }) | Err(Unheld::Moved | Unheld::Unverified) => return Err(EditError::Misbehaved),
        }
    }
    if effects.contains(&Effect::Rebuild) { Err(EditError::Misbehaved) } else { Ok(records) }
}

impl RoomState {
    /// Judges a proposal. With records to append the room is held: its batch is on its way until [`Self::appended`] or
    /// [`Self::release`]. Nothing may be so now.
    ///
    /// # Errors
    /// [`Unheld`], if it is not taken.
    pub fn propose(&mut self, edit: u64, proposal: Proposal, now_ms: u64) -> Result<Judged, Unheld> {
        let Proposal { by, what } = proposal;
        let (update, provided, order) = match what {
            Proposed::Edit { update, provided, order } => (update, provided, order),
            Proposed::Merged(merged) => return self.propose_merged(edit, &by, merged, now_ms),
            Proposed::Confirmation(points) => return Ok(self.propose_confirmation(edit, by, points, now_ms)),
            Proposed::Act(told) => {
                let record = by.act(self.document.seq(), Moment::after(self.document.at_ms(), now_ms), told);
                return Ok(self.hold_unchanged(edit, record));
            }
        };
        if provided.has_moved(self.document.seq()) {
            return Err(Unheld::Moved);
        }
        self.check_room(&by, &update).map_err(Unheld::Edit)?;
        let checked = self.judge(&by, &update).map_err(|refusal| Unheld::Edit(refusal.into()))?;
        if self.is_touched(&provided, &by, &checked) {
            return Err(Unheld::Moved);
        }
        let cut = vec![self.document.cut(checked.left_out())];
        if !checked.is_new() {
            return Ok(Judged { records: None, cut });
        }
        let verified = order.holds(&checked);
        if !verified && !checked.order_claims().is_empty() {
            return Err(Unheld::Unverified);
        }
        let at = Moment::after(self.document.at_ms(), now_ms);
        let record = by.record(self.document.seq(), at, checked.update(&update));
        let tried = order.trial().filter(|_| verified).into_iter().collect();
        let records = Some(self.hold(edit, vec![Accepted { record, checked, verified }], tried));
        Ok(Judged { records, cut })
    }

    /// The record of a confirmation, of those points alone whose marks it ends; none if there is none.
    fn propose_confirmation(&mut self, edit: u64, by: Provenance, mut points: Vec<Option<PointId>>, now_ms: u64) -> Judged {
        let last = self.document.seq();
        // Of a document that cannot be read nothing is confirmed; whoever writes next finds that out.
        let marked = self.document.unconfirmed().unwrap_or_default();
        let seen = by.seen.unwrap_or(last);
        points.sort();
        points.dedup();
        let marked: HashSet<&Option<PointId>> = marked.iter().filter(|mark| mark.seq <= seen).map(|mark| &mark.point).collect();
        points.retain(|point| marked.contains(point));
        if points.is_empty() {
            return Judged { records: None, cut: Vec::new() };
        }
        let at = Moment::after(self.document.at_ms(), now_ms);
        let record = by.of_kind(RecordKind::Confirmation { points }, last, at, Bytes::new());
        self.hold_unchanged(edit, record)
    }

    /// Holds the room for a record that leaves the document as it is.
    fn hold_unchanged(&mut self, edit: u64, record: Record) -> Judged {
        let accepted = Accepted { record, checked: Checked::default(), verified: true };
        Judged { records: Some(self.hold(edit, vec![accepted], Vec::new())), cut: Vec::new() }
    }

    /// Nothing was appended of what the room was held for: all is as before.
    pub fn release(&mut self, effects: &mut Vec<Effect>) {
        if let Some(batch) = self.in_flight.take() {
            self.lose(batch, &EditError::Unavailable, effects);
        }
    }
}
