//! From bytes to a document: the one way, for a room, a replica and whoever reads a log.
//!
//! **Architecture invariant:** what a [`Fold`] takes from outside has passed its [`Ledger`], and what yrs then makes of it is seen by
//! nobody unless all of it held: a document in which anything failed is gone.

#[cfg(test)]
mod tests;

use yrs::{Doc, IdSet, Snapshot, StateVector, TransactionMut, Update};

use super::{
    apply::{apply, apply_decoded, decode, guarded},
    gate::{self, Checked, Ledger, OrderClaim, Refusal},
    record::Record,
};
use crate::id::PartyId;

/// Why something could not be folded in. The document must not be used any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The gate does not let it in.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// yrs failed on it, or had before.
    #[error("it does not fit to what was there before")]
    Misbehaved,
}

/// yrs failed on something that had passed the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misbehaved;

impl From<Misbehaved> for FoldError {
    fn from(_: Misbehaved) -> Self {
        Self::Misbehaved
    }
}

/// An update whose form holds: counts, sizes and the depth of its values. What it builds on need not be known.
#[derive(Debug)]
pub struct Formed(Update);

impl Formed {
    /// Reads an update.
    ///
    /// # Errors
    /// [`FoldError`], if it is none.
    pub fn read(update: &[u8]) -> Result<Self, FoldError> {
        gate::check_form(update)?;
        decode(update).map(Formed).ok_or(FoldError::Misbehaved)
    }

    /// How far each client reaches in it.
    pub fn vector(&self) -> StateVector {
        self.0.state_vector()
    }

    /// What it deletes.
    pub fn deleted(&self) -> IdSet {
        self.0.delete_set().clone()
    }

    /// Whether a document that reaches so far holds all that it writes and takes away.
    pub fn is_within(&self, reached: &StateVector) -> bool {
        let holds = |set: &IdSet| set.iter().all(|(client, ranges)| ranges.iter().all(|range| range.end <= reached.get(client)));
        holds(&self.0.insertions(true)) && holds(self.0.delete_set())
    }

    /// Whether every block that it brings is in a document.
    pub fn is_brought(&self, document: &Snapshot) -> bool {
        self.vector().iter().all(|(client, clock)| document.state_map.get(client) >= *clock)
    }

    /// Whether all of it is in a document: every block that it brings, and everything deleted that it deletes.
    pub fn is_in(&self, document: &Snapshot) -> bool {
        self.is_brought(document) && self.0.delete_set().diff(&document.delete_set).is_empty()
    }
}

/// What a record brought.
#[derive(Default)]
pub struct Brought {
    /// The blocks.
    pub blocks: IdSet,
    /// What the gate found.
    pub checked: Checked,
}

/// A document and what the gate knows of it.
pub struct Fold {
    /// Absent once it misbehaved.
    doc: Option<Doc>,
    ledger: Ledger,
}

impl Fold {
    /// Goes on with `doc`, in which nothing is.
    pub fn new(doc: Doc) -> Self {
        Self { doc: Some(doc), ledger: Ledger::default() }
    }

    /// What a fold of our own was, from its state and its ledger.
    ///
    /// # Errors
    /// [`Misbehaved`] if they are not.
    pub fn of_own(doc: Doc, state: &[u8], ledger: Ledger) -> Result<Self, Misbehaved> {
        let mut fold = Self { doc: Some(doc), ledger };
        fold.run(|txn| apply(txn, state))?;
        Ok(fold)
    }

    /// A document that somebody told the state of.
    ///
    /// # Errors
    /// [`FoldError`] if it is no whole document.
    pub fn of_state(doc: Doc, state: &[u8]) -> Result<Self, FoldError> {
        let mut fold = Self::new(doc);
        fold.take_state(state)?;
        Ok(fold)
    }

    /// What the gate knows of it.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Counts a checked update as part of the document from here on, for the judgement of the next.
    pub fn admit(&mut self, party: &PartyId, checked: &Checked) {
        self.ledger.admit(party, checked);
    }

    /// Takes note of what a record says beside its update, which was checked and admitted.
    pub fn note(&mut self, record: &Record, checked: &Checked) {
        self.ledger.note(record, checked);
    }

    /// Applies updates that passed this fold's ledger and were admitted, and verifies what they claim about order. Answers one update that
    /// brings all that was new. `look` sees the document behind each of them.
    ///
    /// # Errors
    /// [`Misbehaved`]: the document is gone.
    pub fn apply<'u>(
        &mut self,
        updates: impl Iterator<Item = &'u [u8]>,
        claims: impl Iterator<Item = &'u OrderClaim>,
        mut look: impl FnMut(usize, &mut TransactionMut),
    ) -> Result<Vec<u8>, Misbehaved> {
        self.run(|txn| {
            for (at, update) in updates.enumerate() {
                apply(txn, update)?;
                look(at, txn);
            }
            gate::verify_order(txn, claims).ok()?;
            txn.commit();
            (!yrs::ReadTxn::has_missing_updates(txn)).then(|| txn.encode_update_v1())
        })
    }

    /// Takes the next record of a log; one that changes no words is passed over.
    ///
    /// # Errors
    /// [`FoldError`] if it cannot be one.
    pub fn take(&mut self, record: &Record) -> Result<Brought, FoldError> {
        let Some(update) = record.change() else { return Ok(Brought::default()) };
        let checked = self.ledger.check_logged(&record.author.party, update)?;
        self.ledger.admit(&record.author.party, &checked);
        self.ledger.note(record, &checked);
        let blocks = self.run(|txn| {
            apply(txn, update)?;
            txn.commit();
            Some(txn.insert_set().clone())
        })?;
        Ok(Brought { blocks, checked })
    }

    /// Takes what was told of the document without saying whose it is: the whole of it, or what was missing.
    ///
    /// # Errors
    /// [`FoldError`] if it builds on what is not there, or is no such update.
    pub fn take_state(&mut self, state: &[u8]) -> Result<(), FoldError> {
        let checked = self.ledger.check_state(state)?;
        self.ledger.admit_state(&checked);
        Ok(self.run(|txn| apply(txn, state))?)
    }

    /// Lays updates over the document which are not of its log. They may wait for what is missing; nothing of a log is taken after them.
    ///
    /// # Errors
    /// [`Misbehaved`]: the document is gone.
    pub fn lay(&mut self, updates: impl IntoIterator<Item = Formed>) -> Result<IdSet, Misbehaved> {
        self.run(|txn| {
            apply_decoded(txn, updates.into_iter().map(|Formed(update)| update))?;
            txn.commit();
            Some(txn.insert_set().clone())
        })
    }

    /// Runs `f` on the document. A panic, or `None`, condemns it.
    ///
    /// # Errors
    /// [`Misbehaved`]: the document is gone, now or before.
    pub fn run<T>(&mut self, f: impl FnOnce(&mut TransactionMut) -> Option<T>) -> Result<T, Misbehaved> {
        guarded(&mut self.doc, f).ok_or(Misbehaved)
    }

    /// Looks something up.
    ///
    /// # Errors
    /// [`Misbehaved`]: the document is gone, now or before.
    pub fn look<T>(&mut self, f: impl FnOnce(&mut TransactionMut) -> T) -> Result<T, Misbehaved> {
        self.run(|txn| Some(f(txn)))
    }

    /// The whole document, as an update.
    ///
    /// # Errors
    /// [`Misbehaved`]: the document is gone, now or before.
    pub fn state(&mut self) -> Result<Vec<u8>, Misbehaved> {
        self.look(|txn| yrs::ReadTxn::encode_state_as_update_v1(txn, &StateVector::default()))
    }

    /// Lets the document be observed, if it is there.
    pub fn observe(&self, f: impl FnOnce(&Doc)) {
        if let Some(doc) = &self.doc {
            f(doc);
        }
    }

    /// Gives the document up: its ledger knows what the log does not hold.
    pub fn condemn(&mut self) {
        self.doc = None;
    }

    /// Whether the document can be used.
    pub fn is_sound(&self) -> bool {
        self.doc.is_some()
    }

    /// The document, to be observed or edited by whoever guards it from now on.
    ///
    /// # Errors
    /// [`Misbehaved`]: it is gone.
    pub fn into_doc(self) -> Result<Doc, Misbehaved> {
        self.doc.ok_or(Misbehaved)
    }
}
