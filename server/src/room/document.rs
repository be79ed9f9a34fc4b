//! A live document and what is known about its log.
//!
//! **Architecture invariant:** a document in which anything failed is thrown away and built again from the log.

mod compare;
mod fold;
mod past;
mod saved;

use bytes::Bytes;
use plenary_shared::{
    id::{DocAddress, PartyId, PointId},
    log::{
        fold::Fold,
        gate::{Checked, Ledger, LeftOut, Named, PlanPart, Refusal},
        record::{self, Branch, Digest, Provenance, Record},
    },
    people::Author,
    talk::across,
    text::{
        authorship::{self, SideOwners},
        emptied::TextsBefore,
        marks::{ChangedApart, Marks, Met, Unconfirmed},
        plan,
    },
    wire::{
        cut::{Cut, CutPoint},
        protocol,
    },
};
use std::{collections::BTreeMap, sync::Arc};
use yrs::{ReadTxn, StateVector, TransactionMut, updates::encoder::Encode};

use crate::store::{Seq, StoreError};
pub use plenary_shared::log::fold::Misbehaved;

/// Why a document could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store cannot read it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record is not what was written.
    #[error("record {seq} of {} is damaged: restore the data directory from a backup", doc.for_log())]
    Damaged {
        /// The document.
        doc: DocAddress,
        /// The record.
        seq: Seq,
    },
    /// All records can be applied, and what comes out is no document.
    #[error("the log of {} makes no document: tell the makers of Plenary", .0.for_log())]
    Unencodable(DocAddress),
}

/// A record that passed the gate, on its way through the log.
#[derive(Clone)]
pub struct Accepted {
    /// What the log holds of it.
    pub record: Record,
    /// What the gate found.
    pub checked: Checked,
    /// What it claims about order is known to hold: the order of blocks never changes.
    pub verified: bool,
}

/// Whose words a document holds.
#[derive(Debug, Default)]
pub struct Owned {
    /// The party of every client id.
    pub owners: Vec<(u64, PartyId)>,
    /// Whose alternatives begin with marks that the server set.
    pub sides: SideOwners,
}

/// A document in memory.
pub struct Document {
    fold: Fold,
    /// The last record that was folded in or refused, and the chain's digest there.
    seq: Seq,
    head: Digest,
    /// When the last record was received.
    at_ms: u64,
    /// Records that the log holds and the document does not; sorted.
    refused: Vec<Seq>,
    /// The frame for a replica that has nothing.
    full: Option<Bytes>,
    bytes: usize,
    /// The same when it was encoded last.
    measured: usize,
    /// Claims about order that a replay from the last snapshot has to verify.
    claims: usize,
    /// Bytes of the log that each party's edits take.
    written: BTreeMap<PartyId, u64>,
    /// Whose its words are, as it was last asked for.
    owners: Arc<Owned>,
    /// Which points were merged.
    marks: Marks,
    /// What that tells, as it was last asked for; none if something was noted since.
    marked: Option<Arc<ChangedApart>>,
}

impl Document {
    /// Nothing yet, of a log of which the chain begins here.
    pub(super) fn empty(head: Digest) -> Self {
        Self::of(Fold::new(plan::new_doc(0)), head)
    }

    fn of(fold: Fold, head: Digest) -> Self {
        let (refused, full, written, owners) = (Vec::new(), None, BTreeMap::new(), Arc::default());
        let (marks, marked) = (Marks::default(), None);
        Self { fold, seq: 0, head, at_ms: 0, refused, full, bytes: 0, measured: 0, claims: 0, written, owners, marks, marked }
    }

    /// Judges an update against the document and all admitted since, by whose it is and whether its author had all that is there.
    pub fn judge(&self, by: &Provenance, update: &[u8]) -> Result<Checked, Refusal> {
        match by.seen {
            None => self.fold.ledger().check(by, update),
            Some(_) => self.fold.ledger().check_apart(by, update),
        }
    }

    /// What the sender of an update is told of which not all is taken.
    pub fn cut(&mut self, LeftOut { points, more, lost }: &LeftOut) -> Cut {
        let point = |id: PointId| {
            let label = self.look(|txn| plan::label_of(txn, &id)).ok().flatten();
            CutPoint { id, label }
        };
        // The gate takes no other keys for points.
        let ids = points.iter().filter_map(|id| id.parse().ok());
        Cut { points: ids.map(point).collect(), others: *more > 0, lost: *lost }
    }

    /// Counts a checked update as part of the document from here on, for the judgement of the next.
    pub fn admit(&mut self, author: &Author, checked: &Checked) {
        self.fold.admit(&author.party, checked);
    }

    /// Applies records that the log holds durably, up to `end`; answers one update that brings all that was new, none if they change
    /// nothing in the document. Whether points were merged by them is not noted: that is for a document that people read
    /// ([`Self::take`]).
    pub fn apply(&mut self, batch: &[Accepted], end: (Seq, Digest)) -> Result<Option<Bytes>, Misbehaved> {
        self.apply_looking(batch, end, |_, _| {})
    }

    /// As [`Self::apply`], records with these numbers; and takes note of which points were merged by them.
    pub fn take(&mut self, seqs: &[Seq], batch: &[Accepted], end: (Seq, Digest)) -> Result<Option<Bytes>, Misbehaved> {
        let ledger = self.fold.ledger();
        let near: Vec<_> = batch.iter().map(|accepted| self.marks.near(&accepted.record, (ledger, &accepted.checked))).collect();
        let changing: Vec<usize> = (0..batch.len()).filter(|at| batch[*at].record.change().is_some()).collect();
        let mut met: Vec<Met> = batch.iter().map(|_| Met::default()).collect();
        let merged = self.apply_looking(batch, end, |nth, txn| {
            let at = changing[nth];
            if let Some(near) = &near[at] {
                met[at] = near.look(txn);
            }
        })?;
        for ((seq, accepted), met) in seqs.iter().zip(batch).zip(&met) {
            self.note(*seq, &accepted.record, &accepted.checked, met);
        }
        Ok(merged)
    }

    fn apply_looking(
        &mut self,
        batch: &[Accepted],
        end: (Seq, Digest),
        look: impl FnMut(usize, &mut TransactionMut),
    ) -> Result<Option<Bytes>, Misbehaved> {
        let changes: Vec<&Bytes> = batch.iter().filter_map(|accepted| accepted.record.change()).collect();
        let merged = if changes.is_empty() {
            None
        } else {
            let unverified = batch.iter().filter(|accepted| !accepted.verified);
            let claims = unverified.flat_map(|accepted| accepted.checked.order_claims());
            let merged = self.fold.apply(changes.into_iter().map(|update| &update[..]), claims, look)?;
            self.bytes += merged.len();
            self.claims += batch.iter().map(|accepted| accepted.checked.order_claims().len()).sum::<usize>();
            self.full = None;
            Some(merged.into())
        };
        (self.seq, self.head) = end;
        self.at_ms = batch.last().map_or(self.at_ms, |accepted| accepted.record.at_ms);
        for Accepted { record, checked, .. } in batch {
            self.count(record);
            self.fold.note(record, checked);
        }
        Ok(merged)
    }

    /// Takes note of which points a record touches that was admitted and applied, or changes nothing. Call it once for each, in order.
    fn note(&mut self, seq: Seq, record: &Record, checked: &Checked, met: &Met) {
        self.marks.note(seq, record, (self.fold.ledger(), checked), met);
        self.marked = None;
    }

    /// Whether others than who stayed away in this branch touched behind a record what an update touches.
    pub fn is_touched(&self, checked: &Checked, (since, branch): (Seq, Branch)) -> bool {
        let mut is_touched = false;
        let marks = &self.marks;
        self.fold.ledger().each_touched(checked, |point, _| is_touched |= marks.is_touched(point, since, branch));
        is_touched
    }

    /// Whether an update may leave an alternative empty that the server put beside others.
    pub fn empties(&mut self, update: &[u8]) -> bool {
        let Ok(named) = Named::read(update) else { return false };
        if named.deleted().is_empty() || !self.fold.ledger().has_marks() {
            return false;
        }
        let points = self.points_of(&named);
        let stood = self.fold.look(|txn| TextsBefore::read(txn, &points));
        stood.is_ok_and(|stood| stood.is_emptied(named.deleted(), self.fold.ledger()))
    }

    /// The points that an update touches.
    pub fn points_of(&self, named: &Named) -> Vec<PointId> {
        let (ledger, ids) = (self.fold.ledger(), self.fold.ledger().points());
        let id = |part| match part {
            PlanPart::Title => None,
            PlanPart::Point(number) => ids.get(number as usize)?.parse().ok(),
        };
        ledger.touched(named).into_iter().filter_map(id).collect()
    }

    /// What was changed apart, as far as it is not confirmed.
    pub fn marked(&mut self) -> Arc<ChangedApart> {
        let (marks, ledger) = (&self.marks, self.fold.ledger());
        self.marked.get_or_insert_with(|| marks.marked(ledger).into()).clone()
    }

    /// The points that were merged and not confirmed since. Reads the whole plan.
    pub fn unconfirmed(&mut self) -> Result<Vec<Unconfirmed>, Misbehaved> {
        let marked = self.marked();
        self.fold.look(|txn| across::unconfirmed(&marked, &plan::Outline::read(txn)))
    }

    /// Counts a record of the log among those of its party. An act is none of its edits.
    fn count(&mut self, record: &Record) {
        let Some(bytes) = record.change().map(|update| update.len() as u64) else { return };
        match self.written.get_mut(&record.author.party) {
            Some(written) => *written += bytes,
            None => drop(self.written.insert(record.author.party.clone(), bytes)),
        }
    }

    /// Bytes of the log that a party's edits take, those that were refused in the end too.
    pub fn written(&self, party: &PartyId) -> u64 {
        self.written.get(party).copied().unwrap_or(0)
    }

    /// What a replica with `state_vector` lacks.
    pub fn diff(&mut self, state_vector: &StateVector) -> Result<Bytes, Misbehaved> {
        if state_vector.is_empty() {
            let frame = self.full_step_2()?;
            return Ok(protocol::payload_of_sync(&frame));
        }
        Ok(self.fold.look(|txn| txn.encode_state_as_update_v1(state_vector))?.into())
    }

    /// The frame that answers a state vector. The one for a replica that has nothing is kept as long as nothing changes.
    pub fn sync_step_2(&mut self, state_vector: &StateVector) -> Result<Bytes, Misbehaved> {
        if state_vector.is_empty() { self.full_step_2() } else { Ok(protocol::sync_step_2(&self.diff(state_vector)?)) }
    }

    /// Whether this is the frame for a replica that has nothing, which all who are sent it share.
    pub fn is_whole(&self, frame: &Bytes) -> bool {
        self.full.as_ref().is_some_and(|full| full.as_ptr() == frame.as_ptr())
    }

    fn full_step_2(&mut self) -> Result<Bytes, Misbehaved> {
        if let Some(full) = &self.full {
            return Ok(full.clone());
        }
        let update = self.fold.state()?;
        (self.bytes, self.measured) = (update.len(), update.len());
        let frame = protocol::sync_step_2(&update);
        self.full = Some(frame.clone());
        Ok(frame)
    }

    /// Runs `f` on a document made from a state that a room encoded.
    pub fn on_state<T>(state: &[u8], f: impl FnOnce(&mut TransactionMut) -> Option<T>) -> Option<T> {
        Fold::of_own(plan::new_doc(0), state, Ledger::default()).ok()?.run(f).ok()
    }

    /// The state vector, encoded.
    pub fn state_vector(&mut self) -> Result<(StateVector, Vec<u8>), Misbehaved> {
        self.fold.look(|txn| {
            let vector = txn.state_vector();
            let bytes = vector.encode_v1();
            (vector, bytes)
        })
    }

    /// What the gate knows of it.
    pub fn ledger(&self) -> &Ledger {
        self.fold.ledger()
    }

    /// Looks something up for which a transaction is needed that could write; it does not.
    pub fn read<T>(&mut self, f: impl FnOnce(&mut TransactionMut) -> T) -> Result<T, Misbehaved> {
        self.fold.look(f)
    }

    /// Looks something up.
    pub fn look<T>(&mut self, f: impl FnOnce(&TransactionMut) -> T) -> Result<T, Misbehaved> {
        self.fold.look(|txn| f(txn))
    }

    /// Claims about order since the last snapshot: verifying one takes up to 6 ms on a text of 260,000 edits.
    pub fn claims(&self) -> usize {
        self.claims
    }

    /// Gives the document up: its ledger knows what the log does not hold.
    pub fn condemn(&mut self) {
        self.fold.condemn();
    }

    /// Whether the document can be used.
    pub fn is_sound(&self) -> bool {
        self.fold.is_sound()
    }

    /// The last record folded in.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// The chain's digest there.
    pub fn head(&self) -> Digest {
        self.head
    }

    /// When the last record was received, in milliseconds since 1970-01-01 UTC; 0 without one.
    pub fn at_ms(&self) -> u64 {
        self.at_ms
    }

    /// Whether a record was found unusable.
    pub fn is_refused(&self, seq: Seq) -> bool {
        self.refused.binary_search(&seq).is_ok()
    }

    /// Records that the log holds and the document does not.
    pub fn refused(&self) -> &[Seq] {
        &self.refused
    }

    /// The party whose a client id is.
    pub fn owner(&self, client: u64) -> Option<&PartyId> {
        self.fold.ledger().owner(client)
    }

    /// Whose its words are. It is kept: an id is never given up nor given to another, and the server sets marks under new ones, so it is
    /// whole as long as there are as many.
    pub fn owners(&mut self) -> Arc<Owned> {
        let ledger = self.fold.ledger();
        if self.owners.owners.len() != ledger.clients() {
            let owners = ledger.owners().map(|(client, party)| (client, party.clone())).collect();
            self.owners = Arc::new(Owned { owners, sides: authorship::side_owners(ledger) });
        }
        self.owners.clone()
    }

    /// Encoded size, at most a hundredth too much: to measure it anew for every edit would take as long as the document is large.
    pub fn measured_bytes(&mut self) -> usize {
        if self.bytes.saturating_sub(self.measured) > self.measured / 100 {
            // What cannot be encoded now is found out by whoever writes next.
            let _ = self.full_step_2();
        }
        self.bytes
    }

    /// Encoded size, at most: exact after a full encoding, then grown by each batch.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}
