//! Edits that were made apart from others: they and what puts them side by side are kept together, so that nobody ever reads the one
//! without the other.

use bytes::Bytes;
use plenary_shared::{
    log::{
        gate::{Checked, Ledger},
        record::{self, Bracketing, Digest, Moment, Provenance, RecordKind, Right},
    },
    people::Author,
    text::apart::standing,
    wire::cut::Cut,
};

use super::{
    RoomState,
    batch::{Batch, Sender},
};
use crate::{
    room::{
        document::{Accepted, Misbehaved},
        effect::EditError,
        order::{Order, Trial},
        provided::Provided,
    },
    store::Seq,
};

/// Edits that were made apart, and what puts them side by side.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The edits, in order, and what is known of what they claim.
    pub edits: Vec<(Bytes, Order)>,
    /// What stood in the points that they touch and others did; it holds only if that still stands there.
    pub on: Digest,
    /// The engine's update.
    pub update: Bytes,
    /// What its record says; of what it is, those that the log holds.
    pub says: Bracketing,
    /// Which of the edits it is of.
    pub new: Vec<usize>,
    /// What it holds on beside that.
    pub provided: Provided,
}

/// What was found of a proposal that is taken.
#[derive(Debug, PartialEq)]
pub struct Judged {
    /// The records to append with those of other documents, and the last one before them; none if nothing in it is new.
    pub records: Option<(Seq, Vec<Bytes>)>,
    /// What was cut out of it; of each of its edits, if they are several.
    pub cut: Vec<Cut>,
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

impl RoomState {
    /// Puts records on their way, if they are kept.
    pub(super) fn hold(&mut self, edit: u64, accepted: Vec<Accepted>, tried: Vec<Trial>) -> (Seq, Vec<Bytes>) {
        let (mut head, mut digests, mut records) = (self.document.head(), Vec::new(), Vec::new());
        for Accepted { record, .. } in &accepted {
            let (bytes, digest) = record::seal(&head, record);
            head = digest;
            digests.push(digest);
            records.push(bytes);
        }
        let accepted = accepted.into_iter().map(|accepted| (Sender::Server(edit), accepted)).collect();
        self.in_flight = Some(Batch { accepted, digests, tried, held: true });
        (self.document.seq(), records)
    }

    /// Judges what was merged and holds the room for its records.
    pub(super) fn propose_merged(&mut self, edit: u64, by: &Provenance, merged: Merged, now_ms: u64) -> Result<Judged, Unheld> {
        let Merged { edits, on, update, mut says, new, provided } = merged;
        let stands = self.document.read(|txn| standing(txn, &says.points)).map_err(|Misbehaved| Unheld::Moved)?;
        if stands != on || provided.has_moved(self.document.seq()) {
            return Err(Unheld::Moved);
        }
        let (mut tried, mut cut) = (Vec::new(), Vec::new());
        // What is accepted of the edits counts in the judgement of what follows, and is taken back with the whole.
        let mut ledger = self.document.ledger().clone();
        let judged = self.judge_all((by, &mut ledger), edits, now_ms, (&mut tried, &mut cut));
        let (mut accepted, places): (Vec<Accepted>, _) = judged.inspect_err(|_| tried.iter().for_each(Trial::undo))?;
        if accepted.iter().any(|accepted: &Accepted| self.is_touched(&provided, by, &accepted.checked)) {
            tried.iter().for_each(Trial::undo);
            return Err(Unheld::Moved);
        }
        says.of.extend(new.iter().filter_map(|number| *places.get(*number)?));
        let engine = Provenance::server(Author::engine(), Right::Chair);
        let checked = if update.is_empty() {
            Checked::default()
        } else {
            let checked = ledger.check(&engine, &update);
            checked.map_err(|refusal| {
                tried.iter().for_each(Trial::undo);
                Unheld::Edit(refusal.into())
            })?
        };
        let last = self.document.seq() + accepted.len() as Seq;
        let at = Moment::after(self.document.at_ms(), now_ms);
        let record = engine.of_kind(RecordKind::Bracketing(says), last, at, checked.update(&update));
        accepted.push(Accepted { record, checked, verified: true });
        Ok(Judged { records: Some(self.hold(edit, accepted, tried)), cut })
    }

    /// Each edit behind those before it, and the record that it becomes; none for what is there already.
    fn judge_all(
        &mut self,
        (by, ledger): (&Provenance, &mut Ledger),
        edits: Vec<(Bytes, Order)>,
        now_ms: u64,
        (tried, cut): (&mut Vec<Trial>, &mut Vec<Cut>),
    ) -> Result<(Vec<Accepted>, Vec<Option<Seq>>), Unheld> {
        let (mut accepted, mut places) = (Vec::new(), Vec::new());
        let at = Moment::after(self.document.at_ms(), now_ms);
        for (update, order) in edits {
            self.check_room(by, &update).map_err(Unheld::Edit)?;
            let checked = ledger.check_apart(by, &update).map_err(|refusal| Unheld::Edit(refusal.into()))?;
            self.check_announced(by, &checked).map_err(|refusal| Unheld::Edit(refusal.into()))?;
            cut.push(self.document.cut(checked.left_out()));
            if !checked.is_new() {
                places.push(None);
                continue;
            }
            let verified = checked.adds_blocks() && order.holds(&checked);
            tried.extend(order.trial().filter(|_| verified));
            if !verified && !checked.order_claims().is_empty() {
                return Err(Unheld::Edit(EditError::Misbehaved));
            }
            ledger.admit(&by.author.party, &checked);
            let last = self.document.seq() + accepted.len() as Seq;
            let record = by.clone().record(last, at, checked.update(&update));
            accepted.push(Accepted { record, checked, verified });
            places.push(Some(last + 1));
        }
        Ok((accepted, places))
    }
}
