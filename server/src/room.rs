//! The room's loop: inbox, gate, append, apply, fan out.
//!
//! **Architecture invariants:** a room owns its document; nothing else ever locks it. It applies only what the log holds
//! durably. It never sees a socket: frames go into outboxes, which never make it wait.

mod command;
pub mod document;
pub mod line;
pub mod order;
pub mod state;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use plenary_shared::{
    id::DocAddress,
    limits, protocol,
    record::{Digest, Record},
};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};
use tokio::{sync::mpsc, time::Instant};
use yrs::StateVector;

use crate::later::{appended, rebuild, sleep_until};
use crate::{
    metrics::Metrics,
    now_ms,
    outbox::Outbox,
    restore::Restore,
    store::{BoxFuture, Condition, Seq, Store},
};
pub use command::{Command, Done, End, Fate, Hold, Kept, Place};
use document::{Document, OpenError};
pub use state::{EditError, Proposal, SessionId, Unheld};
use state::{Effect, Input, RoomState};

/// What a room works with.
#[derive(Clone)]
pub struct Surroundings {
    /// Where logs and snapshots live.
    pub store: Arc<dyn Store>,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// Whether the server goes on from a backup.
    pub restore: Arc<Restore>,
}

/// Commands taken from the inbox at a time.
const DRAIN: usize = 128;

/// A room while it runs.
pub struct Room {
    address: DocAddress,
    around: Surroundings,
    state: RoomState,
    outboxes: HashMap<SessionId, Arc<Outbox>>,
    followers: HashMap<SessionId, Arc<Outbox>>,
    edits: HashMap<u64, Done>,
    next_edit: u64,
    /// The batch on its way: where it ends in the log, nowhere if it came to nothing.
    appending: Option<BoxFuture<Kept>>,
    /// Those who ask to hold the room, in turn with batches.
    holds: VecDeque<Hold>,
    /// A batch began last, not a hold.
    batch_was_last: bool,
    snapshot_seq: Seq,
    idle_since: Option<Instant>,
    stopping: bool,
}

/// Why a room's loop ended.
#[derive(PartialEq, Eq, Debug, Clone, Copy)]
pub enum Ended {
    /// Nobody was here for a while.
    Idle,
    /// The server stops.
    Stopped,
    /// The log could not be written or the document not be read.
    Failed,
}

impl Room {
    /// Loads a room's document. Blocks.
    pub fn open(address: DocAddress, around: Surroundings) -> Result<Self, OpenError> {
        let document = Document::open(&*around.store, &address)?;
        let snapshot_seq = document.seq();
        let state = RoomState::new(&address, document);
        Ok(Self {
            address,
            around,
            state,
            outboxes: HashMap::new(),
            followers: HashMap::new(),
            edits: HashMap::new(),
            next_edit: 0,
            appending: None,
            holds: VecDeque::new(),
            batch_was_last: false,
            snapshot_seq,
            idle_since: Some(Instant::now()),
            stopping: false,
        })
    }

    /// Runs until nobody needs the room. The caller takes it out of reach before it drops the inbox.
    pub async fn run(&mut self, inbox: &mut mpsc::Receiver<Command>) -> Ended {
        let mut commands = Vec::with_capacity(DRAIN);
        let mut effects = Vec::new();
        let (mut presence_due, mut quiet) = (None, None);
        loop {
            let idle = self.idle_since.map(|since| since + limits::ROOM_IDLE);
            tokio::select! {
                biased;
                result = appended(&mut self.appending) => {
                    self.appending = None;
                    match result {
                        Ok(None) => self.state.release(&mut effects),
                        Ok(Some(last)) => {
                            self.state.appended(last, &mut effects);
                            let due = last >= self.snapshot_seq + limits::SNAPSHOT_QUIET_RECORDS;
                            quiet = due.then(|| Instant::now() + limits::SNAPSHOT_QUIET);
                        }
                        Err(error) => {
                            tracing::error!(document = %self.address.for_log(), %error, "edits could not be stored");
                            self.state.append_failed(&mut effects);
                            let _ = self.perform(&mut effects).await;
                            return Ended::Failed;
                        }
                    }
                }
                count = inbox.recv_many(&mut commands, DRAIN), if !self.stopping && !self.is_full() => {
                    if count == 0 {
                        return Ended::Stopped;
                    }
                    for command in commands.drain(..) {
                        self.take(command, &mut effects);
                    }
                }
                () = sleep_until(quiet) => {
                    quiet = None;
                    self.snapshot().await;
                }
                () = sleep_until(presence_due) => {
                    presence_due = None;
                    self.state.tell_presence(&mut effects);
                }
                () = sleep_until(idle) => {
                    self.snapshot().await;
                    return Ended::Idle;
                }
            }
            if self.perform(&mut effects).await.is_err() {
                return Ended::Failed;
            }
            if self.batch_was_last {
                self.let_hold();
            }
            self.append(&mut effects);
            self.let_hold();
            if self.perform(&mut effects).await.is_err() {
                return Ended::Failed;
            }
            if self.stopping && self.state.is_quiet() {
                self.snapshot().await;
                self.close_all(protocol::CLOSE_AGAIN, "the server restarts");
                return Ended::Stopped;
            }
            if self.state.has_untold_presence() {
                presence_due = presence_due.or_else(|| Some(Instant::now() + limits::PRESENCE_EVERY));
            }
            // A request that went away before it was answered follows no more.
            self.followers.retain(|_, outbox| Arc::strong_count(outbox) > 1);
            let idle = self.state.is_idle() && self.followers.is_empty();
            self.idle_since = if idle { self.idle_since.or_else(|| Some(Instant::now())) } else { None };
        }
    }

    /// Whether as much waits as may: no more is taken from the inbox until the log has caught up.
    fn is_full(&self) -> bool {
        self.state.is_full() || self.holds.len() >= limits::BATCH_UPDATES_MAX
    }

    fn take(&mut self, command: Command, effects: &mut Vec<Effect>) {
        match command {
            Command::Join { session, member, outbox, joined } => {
                self.outboxes.insert(session, outbox);
                self.state.handle(Input::Join { session, member }, effects);
                let _ = joined.send(());
            }
            Command::Message { session, message, write, place: _place } => {
                self.state.handle(Input::Message { session, message, write }, effects);
            }
            Command::CatchUp { session } => self.state.handle(Input::CatchUp { session }, effects),
            Command::Leave { session } => {
                self.outboxes.remove(&session);
                self.followers.remove(&session);
                self.state.handle(Input::Leave { session }, effects);
            }
            Command::Edit { by, update, order, done } => {
                self.next_edit += 1;
                self.edits.insert(self.next_edit, done);
                self.state.handle(Input::Edit { edit: self.next_edit, by, update, order }, effects);
            }
            Command::Hold(hold) => self.holds.push_back(hold),
            Command::Copy { copy } => match self.state.document().copy() {
                Ok(bytes) => drop(copy.send((self.state.document().seq(), bytes))),
                Err(_) => effects.push(Effect::Rebuild),
            },
            Command::Read { vector, state } => match self.state.document().diff(&vector) {
                Ok(bytes) => drop(state.send((self.end(), bytes))),
                Err(_) => effects.push(Effect::Rebuild),
            },
            Command::End { end } => drop(end.send(self.end())),
            Command::Owners { owners } => drop(owners.send(self.state.document().owners())),
            Command::Follow { session, outbox, state, joined } => {
                if state && !self.tell_state(&outbox) {
                    return effects.push(Effect::Rebuild);
                }
                self.followers.insert(session, outbox);
                let _ = joined.send(self.end());
            }
            Command::Stop => self.stopping = true,
        }
    }

    /// Tells a follower the state; `false` if the document has to be built again first.
    fn tell_state(&mut self, outbox: &Outbox) -> bool {
        let document = self.state.document();
        let Ok(bytes) = document.diff(&StateVector::default()) else { return false };
        outbox.push(line::state(document.seq(), &document.head(), &bytes));
        true
    }

    fn end(&mut self) -> End {
        let document = self.state.document();
        End { seq: document.seq(), digest: document.head(), refused: document.refused().to_vec() }
    }

    /// Starts making durable what waits, unless a batch is on its way.
    fn append(&mut self, effects: &mut Vec<Effect>) {
        self.state.restoring = self.around.restore.is_under_way();
        if self.around.store.condition() == Condition::Full {
            self.state.refuse_waiting(effects);
        } else if let Some((last, records)) = self.state.next_batch(now_ms(), effects) {
            self.around.metrics.records.add(records.len() as u64);
            self.around.metrics.batches.add(1);
            let appended = self.around.store.append(&self.address, last, records);
            self.appending = Some(Box::pin(async move { appended.await.map(Some) }));
            self.batch_was_last = true;
        }
    }

    /// Lets the next of those who ask hold the room, if nothing is on its way. Nothing begins until whoever holds it has appended or
    /// given up; reading goes on.
    fn let_hold(&mut self) {
        // Nobody waits any more for what these were to be told.
        self.holds.retain(|hold| !hold.verdict.is_closed());
        while self.appending.is_none()
            && let Some(hold) = self.holds.pop_front()
        {
            self.next_edit += 1;
            if let Some((done, fate)) = hold.judge(|proposal| self.state.propose(self.next_edit, proposal, now_ms())) {
                self.edits.insert(self.next_edit, done);
                self.appending = Some(fate);
                self.batch_was_last = false;
            }
        }
    }

    /// Carries effects out, in order.
    async fn perform(&mut self, effects: &mut Vec<Effect>) -> Result<(), OpenError> {
        while !effects.is_empty() {
            for effect in std::mem::take(effects) {
                match effect {
                    Effect::Send(session, frame) => {
                        self.send(session, frame);
                    }
                    Effect::Sync(session, vector, frame) => {
                        if self.outboxes.get(&session).is_some_and(|outbox| !outbox.push(frame)) {
                            self.state.missed_sync(session, vector);
                        }
                    }
                    Effect::Broadcast(frame) => self.broadcast(&frame),
                    Effect::BroadcastPresence(frame) => {
                        for outbox in self.outboxes.values() {
                            outbox.push(frame.clone());
                        }
                    }
                    Effect::CatchUp(session, frames) => {
                        if let Some(outbox) = self.outboxes.get(&session) {
                            outbox.catch_up(frames);
                        }
                    }
                    Effect::Close(session, code, reason) => {
                        if let Some(outbox) = self.outboxes.get(&session) {
                            outbox.close(code, reason);
                        }
                    }
                    Effect::Logged(records) => self.tell_followers(records),
                    Effect::Edited(edit, result) => {
                        if let Some(done) = self.edits.remove(&edit) {
                            let _ = done.send(result);
                        }
                    }
                    Effect::Refused => self.around.metrics.refused.add(1),
                    Effect::Rebuild => {
                        // A batch on its way is in the log or nowhere before the log is read.
                        if let Some(appending) = self.appending.take()
                            && appending.await?.is_none()
                        {
                            self.state.release(effects);
                        }
                        if self.state.document().is_sound() {
                            continue;
                        }
                        let document = rebuild(self.around.clone(), self.address.clone()).await?;
                        self.state.replace(document, effects);
                    }
                }
            }
        }
        self.snapshot_if_due().await;
        Ok(())
    }

    fn send(&mut self, session: SessionId, frame: Bytes) {
        if let Some(outbox) = self.outboxes.get(&session)
            && !outbox.push(frame.clone())
        {
            self.state.missed(session, frame);
        }
    }

    fn broadcast(&mut self, frame: &Bytes) {
        self.around.metrics.frames.add(self.outboxes.len() as u64);
        for (session, outbox) in &self.outboxes {
            if !outbox.push(frame.clone()) {
                self.state.missed(*session, frame.clone());
            }
        }
    }

    fn tell_followers(&mut self, records: Vec<(Seq, Digest, Record)>) {
        if self.followers.is_empty() {
            return;
        }
        for (seq, digest, record) in records {
            let line = line::record(seq, &digest, record);
            for outbox in self.followers.values() {
                if !outbox.push(line.clone()) {
                    outbox.close(protocol::CLOSE_LATER, "too slow");
                }
            }
        }
    }

    async fn snapshot_if_due(&mut self) {
        let document = self.state.document();
        let due = limits::SNAPSHOT_EVERY_RECORDS + document.bytes() as u64 / limits::SNAPSHOT_BYTES_PER_RECORD;
        let due = document.seq() >= self.snapshot_seq + due || document.claims() >= limits::SNAPSHOT_EVERY_CLAIMS;
        if self.appending.is_none() && due {
            self.snapshot().await;
        }
    }

    /// Saves the document as it is, if anything changed. A failure only makes the next opening slower.
    async fn snapshot(&mut self) {
        if self.state.document().seq() == self.snapshot_seq {
            return;
        }
        let Ok((seq, bytes)) = self.state.document().snapshot() else { return };
        self.snapshot_seq = seq;
        let (saved, address) = (self.around.store.save_snapshot(&self.address, seq, bytes), self.address.clone());
        let saving = tokio::spawn(async move {
            if let Err(error) = saved.await {
                tracing::warn!(document = %address.for_log(), %error, "the snapshot was not saved");
            }
        });
        // While sessions are served nobody waits for it; a room that ends does, so that the next one opens from it.
        if self.stopping || self.idle_since.is_some() {
            let _ = saving.await;
        }
    }

    fn close_all(&self, code: u16, reason: &'static str) {
        self.outboxes.values().chain(self.followers.values()).for_each(|outbox| outbox.close(code, reason));
    }
}

impl Drop for Room {
    /// However a room ends, nobody is left with a socket that says nothing.
    fn drop(&mut self) {
        self.close_all(protocol::CLOSE_LATER, "the document is not available now");
    }
}
