//! Edits on their way: they gather while a batch is being made durable, are judged, and are shown once the log holds them.

use bytes::Bytes;
use plenary_shared::{
    limits,
    log::{
        gate::{Checked, LeftOut, Refusal},
        record::{Digest, Moment, Provenance},
    },
    people::Author,
    wire::protocol,
};
use std::{collections::HashSet, ops::Range};

use super::{
    Early, RoomState,
    batch::{Batch, Gathered, Sender, Waiting},
    come_back,
};
use crate::{
    room::{
        document::{Accepted, Document, Misbehaved},
        effect::{EditError, Effect, SessionId},
        order::{Order, Trial},
        provided::Provided,
    },
    store::Seq,
};

impl RoomState {
    pub(super) fn wait(&mut self, waiting: Waiting) {
        self.waiting_bytes += waiting.update.len();
        self.waiting.push(waiting);
    }

    /// Judges what waits and answers the records to append and the last one before them, unless a batch is on its way or nothing is
    /// left to write.
    pub fn next_batch(&mut self, now_ms: u64, effects: &mut Vec<Effect>) -> Option<(Seq, Vec<Bytes>)> {
        if self.in_flight.is_some() || self.waiting.is_empty() {
            return None;
        }
        self.waiting_bytes = 0;
        let at = Moment::after(self.document.at_ms(), now_ms);
        let mut batch = Gathered::new((self.document.seq(), self.document.head()), at);
        let (mut later, mut claimed) = (Vec::new(), HashSet::new());
        for waiting in std::mem::take(&mut self.waiting) {
            if self.is_refused(waiting.sender) {
                continue;
            }
            let is_behind = |earlier: &Waiting| earlier.source() == waiting.source();
            if waiting.provided.waits_behind(&batch.branches, waiting.by.branch) || later.iter().any(is_behind) {
                later.push(waiting);
                continue;
            }
            self.answered(waiting.sender, waiting.complete);
            let checked = self.judge_waiting(&waiting);
            let verified = checked.as_ref().is_ok_and(|checked| checked.adds_blocks() && waiting.order.holds(checked));
            let Waiting { sender, by, update, complete, .. } = &waiting;
            match checked {
                // It may repeat what is in this batch, and that is not durable yet. A session waits for no answer.
                Ok(checked) if !checked.is_new() && !batch.accepted.is_empty() && matches!(sender, Sender::Server(_)) => {
                    later.push(waiting);
                }
                Ok(checked) if !checked.is_new() => self.done(*sender, checked.left_out(), effects),
                Ok(checked) if self.is_unaccounted(*sender, &checked) => {
                    self.refuse((*sender, &by.author), EditError::Unaccounted, effects);
                }
                // What it claims about order is known to hold only once it is applied: one such from each source in a batch, so
                // that a hostile one costs one search of the log and then is gone.
                Ok(checked) if !verified && !checked.order_claims().is_empty() && !claimed.insert(waiting.source()) => {
                    later.push(Waiting { order: Order::Unknown, ..waiting });
                }
                Ok(checked) => {
                    self.document.admit(&by.author, &checked);
                    batch.take(waiting, checked, verified);
                }
                Err(error) => self.turn_down((*sender, &by.author), error, (*complete, update.len()), effects),
            }
        }
        later.into_iter().for_each(|waiting| self.wait(waiting));
        if batch.accepted.is_empty() {
            return None;
        }
        let Gathered { accepted, digests, tried, sealed, last, .. } = batch;
        self.in_flight = Some(Batch { accepted, digests, tried, held: false });
        Some((last, sealed))
    }

    /// Judges an edit that waits, if what it holds on is so. Nothing of other stays is in its batch that the document does not hold.
    fn judge_waiting(&self, Waiting { by, update, provided, .. }: &Waiting) -> Result<Checked, EditError> {
        if provided.has_moved(self.document.seq()) {
            return Err(EditError::Moved);
        }
        let checked = self.judge(by, update)?;
        if self.is_touched(provided, by, &checked) { Err(EditError::Moved) } else { Ok(checked) }
    }

    /// Whether others touched what an edit touches that holds only if they did not.
    pub(super) fn is_touched(&self, provided: &Provided, by: &Provenance, checked: &Checked) -> bool {
        provided.is_touched(|since| since < self.document.seq() && self.document.is_touched(checked, (since, by.branch)))
    }

    /// Judges an edit, also by whose the client ids are under which nobody has written yet.
    pub(super) fn judge(&self, by: &Provenance, update: &[u8]) -> Result<Checked, Refusal> {
        let checked = self.document.judge(by, update)?;
        self.check_announced(by, &checked)?;
        Ok(checked)
    }

    /// Refuses an edit under a client id that another party's session announced.
    pub(super) fn check_announced(&self, by: &Provenance, checked: &Checked) -> Result<(), Refusal> {
        let is_taken = |client: u64| {
            let announced = || self.presence.announced(client, self.now_ms);
            self.document.owner(client).is_none() && announced().is_some_and(|party| party != by.author.party)
        };
        let taken = checked.clients().find(|client| is_taken(*client));
        taken.map_or(Ok(()), |client| Err(Refusal::Forged { client }))
    }

    /// An update is taken, but for what was left out of it.
    fn done(&mut self, sender: Sender, left_out: &LeftOut, effects: &mut Vec<Effect>) {
        let cut = self.document.cut(left_out);
        match sender {
            Sender::Server(edit) => effects.push(Effect::Edited(edit, Ok(cut))),
            Sender::Session(_) if cut.is_empty() => {}
            // Its page shows what it did until it is loaded again.
            Sender::Session(id) => {
                effects.push(Effect::Send(id, protocol::permission_denied(&format!("{cut}; load the page again"))));
            }
        }
    }

    fn is_refused(&self, sender: Sender) -> bool {
        matches!(sender, Sender::Session(id) if self.sessions.get(&id).is_none_or(|session| session.refused))
    }

    pub(super) fn answered(&mut self, sender: Sender, complete: bool) {
        if let Sender::Session(id) = sender
            && let Some(session) = self.sessions.get_mut(&id).filter(|session| complete && session.early == Early::Asked)
        {
            session.early = Early::Answered;
        }
    }

    /// An update is not taken; `sent`: whether it answers a step 1, and its bytes.
    pub(super) fn turn_down(
        &mut self,
        (sender, author): (Sender, &Author),
        error: EditError,
        sent: (bool, usize),
        effects: &mut Vec<Effect>,
    ) {
        match (sender, &error, sent) {
            (Sender::Session(id), EditError::Refused(Refusal::Missing { .. }), (false, bytes)) => {
                self.too_early(id, author, error, bytes, effects);
            }
            (Sender::Server(edit), EditError::Moved, _) => effects.push(Effect::Edited(edit, Err(error))),
            _ => self.refuse((sender, author), error, effects),
        }
    }

    /// An honest client may speak before it has answered step 1, and its update then lacks what that answer will bring: ask
    /// once more for all it has.
    fn too_early(&mut self, id: SessionId, author: &Author, error: EditError, bytes: usize, effects: &mut Vec<Effect>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.early_bytes += bytes;
        if session.early_bytes > limits::EARLY_BYTES_MAX {
            // When it comes back, what it sends first can be whole.
            session.refused = true;
            self.offended(author, &error, effects);
            return effects.push(Effect::Close(id, protocol::CLOSE_AGAIN, "send what is missing first: connect again"));
        }
        match session.early {
            Early::No => match self.document.state_vector() {
                Ok((_, vector)) => {
                    session.early = Early::Asked;
                    effects.push(Effect::Send(id, protocol::sync_step_1(&vector)));
                }
                Err(Misbehaved) => come_back(id, effects),
            },
            Early::Asked => {}
            Early::Answered => self.refuse((Sender::Session(id), author), error, effects),
        }
    }

    /// Holds against an author what honest clients never send. A server that was restored may miss what all others have.
    fn offended(&self, author: &Author, error: &EditError, effects: &mut Vec<Effect>) {
        if error.is_offence() && !self.restoring {
            effects.push(Effect::Offended(author.clone()));
        }
    }

    pub(super) fn refuse(&mut self, (sender, author): (Sender, &Author), error: EditError, effects: &mut Vec<Effect>) {
        effects.push(Effect::Refused);
        self.offended(author, &error, effects);
        match sender {
            Sender::Session(id) => {
                if let Some(session) = self.sessions.get_mut(&id) {
                    session.refused = true;
                }
                effects.push(Effect::Send(id, protocol::permission_denied(&error.to_string())));
                let (code, reason) = match error {
                    EditError::Unaccounted => (
                        protocol::CLOSE_REFUSED,
                        "restored from a backup: copy what you wrote yourself, then load the page again",
                    ),
                    EditError::Refused(Refusal::Forged { .. }) => {
                        (protocol::CLOSE_TAKEN, "this client id belongs to another party: load the page again")
                    }
                    EditError::Refused(Refusal::Foreign { what, .. }) => (protocol::CLOSE_REFUSED, what),
                    EditError::Refused(Refusal::Share { .. }) => {
                        (protocol::CLOSE_REFUSED, "your party has as much of this plan as one party may have beside the others")
                    }
                    EditError::Full(_) => (protocol::CLOSE_REFUSED, "the document is full"),
                    EditError::Share => {
                        (protocol::CLOSE_REFUSED, "your party's share of this plan's log is used up: ask the chair for more")
                    }
                    EditError::Refused(_)
                    | EditError::Misbehaved
                    | EditError::DiskFull
                    | EditError::Unavailable
                    | EditError::Moved
                    | EditError::InDoubt => (protocol::CLOSE_REFUSED, "refused"),
                };
                effects.push(Effect::Close(id, code, reason));
            }
            Sender::Server(edit) => effects.push(Effect::Edited(edit, Err(error))),
        }
    }

    /// The log holds the batch, its last record at `last`: apply it and tell everyone.
    pub fn appended(&mut self, last: Seq, effects: &mut Vec<Effect>) {
        let Some(Batch { accepted, digests, tried, held }) = self.in_flight.take() else { return };
        let Some(&head) = digests.last() else { return };
        let (senders, accepted): (Vec<_>, Vec<_>) = accepted.into_iter().unzip();
        for accepted in accepted.iter().filter(|accepted| held && accepted.record.change().is_some()) {
            self.document.admit(&accepted.record.author, &accepted.checked);
        }
        let first = last + 1 - accepted.len() as Seq;
        match self.document.take(&Vec::from_iter(first..=last), &accepted, (last, head)) {
            Ok(merged) => {
                effects.extend(merged.map(|merged| Effect::Broadcast(protocol::update(&merged))));
                self.logged(last, senders, accepted, digests, effects);
            }
            Err(Misbehaved) => {
                let accepted = senders.into_iter().zip(accepted).collect();
                self.in_flight = Some(Batch { accepted, digests, tried, held: false });
                effects.push(Effect::Rebuild);
            }
        }
    }

    fn logged(
        &mut self,
        last: Seq,
        senders: Vec<Sender>,
        accepted: Vec<Accepted>,
        digests: Vec<Digest>,
        effects: &mut Vec<Effect>,
    ) {
        let first = last + 1 - accepted.len() as Seq;
        let mut records = Vec::with_capacity(accepted.len());
        for (index, ((sender, accepted), digest)) in senders.into_iter().zip(accepted).zip(digests).enumerate() {
            let seq = first + index as Seq;
            if self.document.is_refused(seq) {
                self.refuse((sender, &accepted.record.author), EditError::Misbehaved, effects);
            } else {
                self.done(sender, accepted.checked.left_out(), effects);
                records.push((seq, digest, accepted.record));
            }
        }
        effects.push(Effect::Logged(records));
    }

    /// The records of the batch on its way: if the document fails on one, it is one of these.
    pub fn suspects(&self) -> Range<Seq> {
        let first = self.document.seq() + 1;
        first..first + self.in_flight.as_ref().map_or(0, |batch| batch.accepted.len() as Seq)
    }

    /// Puts a document that was built again from the log in place of one that misbehaved. Everyone is brought what it holds of the
    /// batch; whoever sent what the document failed on is told and closed. If it failed on what all were shown before, all are told to
    /// come back, since nothing takes that from them.
    pub fn replace(&mut self, document: Document, effects: &mut Vec<Effect>) {
        let before = std::mem::replace(&mut self.document, document);
        let was_shown = |seq: &Seq| *seq <= before.seq() && !before.is_refused(*seq);
        if self.document.refused().iter().any(was_shown) {
            self.close_all(protocol::CLOSE_AGAIN, "connect again", effects);
        }
        let Some(Batch { accepted, digests, tried, .. }) = self.in_flight.take() else { return };
        tried.iter().for_each(Trial::undo);
        let (senders, accepted): (Vec<_>, Vec<_>) = accepted.into_iter().unzip();
        match self.brought_by(&accepted) {
            Ok(brought) => effects.push(Effect::Broadcast(protocol::update(&brought))),
            Err(Misbehaved) => self.close_all(protocol::CLOSE_AGAIN, "connect again", effects),
        }
        self.logged(self.document.seq(), senders, accepted, digests, effects);
    }

    /// What the document holds beyond what was there before a batch.
    fn brought_by(&mut self, batch: &[Accepted]) -> Result<Bytes, Misbehaved> {
        let (mut before, _) = self.document.state_vector()?;
        for (client, start) in batch.iter().flat_map(|accepted| accepted.checked.starts()) {
            before.set_min(client, start);
        }
        self.document.diff(&before)
    }

    /// Nothing of the batch on its way was kept, and the log is as before: whoever sent it is told, and the room goes on.
    pub fn refuse_batch(&mut self, error: &EditError, effects: &mut Vec<Effect>) {
        let Some(batch) = self.in_flight.take() else { return };
        // The ledger knows it.
        self.document.condemn();
        effects.push(Effect::Rebuild);
        self.lose(batch, error, effects);
        // What waits may build on it.
        self.refuse_waiting(error, effects);
    }

    /// Edits that wait are not taken, and reading goes on.
    pub fn refuse_waiting(&mut self, error: &EditError, effects: &mut Vec<Effect>) {
        self.waiting_bytes = 0;
        for Waiting { sender, .. } in std::mem::take(&mut self.waiting) {
            self.not_kept(sender, error, effects);
        }
    }

    /// The log could not be written, and what it holds is known only after reading it again: everyone is told to come back, and
    /// this room ends.
    pub fn append_failed(&mut self, error: &EditError, effects: &mut Vec<Effect>) {
        if let Some(batch) = self.in_flight.take() {
            self.lose(batch, error, effects);
        }
        // What waits may be the same edit, sent again.
        self.refuse_waiting(error, effects);
        self.close_all(protocol::CLOSE_LATER, "the server cannot store edits now", effects);
    }

    pub(super) fn lose(&mut self, batch: Batch, error: &EditError, effects: &mut Vec<Effect>) {
        batch.tried.iter().for_each(Trial::undo);
        for (sender, _) in batch.accepted {
            self.not_kept(sender, error, effects);
        }
    }

    /// A session comes back with what it has.
    fn not_kept(&mut self, sender: Sender, error: &EditError, effects: &mut Vec<Effect>) {
        match sender {
            Sender::Session(id) => {
                if let Some(session) = self.sessions.get_mut(&id) {
                    session.refused = true;
                }
                let is_full = *error == EditError::DiskFull;
                let reason = if is_full { "the server's disk is full" } else { "the server cannot store edits now" };
                effects.push(Effect::Close(id, protocol::CLOSE_LATER, reason));
            }
            Sender::Server(edit) => effects.push(Effect::Edited(edit, Err(error.clone()))),
        }
    }

    fn close_all(&self, code: u16, reason: &'static str, effects: &mut Vec<Effect>) {
        effects.extend(self.sessions.keys().map(|id| Effect::Close(*id, code, reason)));
    }
}
