//! The room's loop: inbox, gate, append, apply, fan out.
//!
//! **Architecture invariants:** a room owns its document; nothing else ever locks it. It applies only what the log holds
//! durably. It never sees a socket: frames go into outboxes, which never make it wait.

mod around;
mod command;
pub mod document;
mod effect;
mod followers;
mod later;
pub mod order;
mod out;
mod presence;
pub mod provided;
pub mod rests;
pub mod state;
#[cfg(test)]
mod tests;

use plenary_shared::{id::DocAddress, limits, wire::protocol};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};
use tokio::{sync::mpsc, time::Instant};

use crate::{
    answers::Whole,
    clock::{now_after, now_ms},
    outbox::Outbox,
    store::{BoxFuture, Condition, Seq, StoreError},
};
pub use around::Surroundings;
pub use command::{Appended, Command, Done, End, Fate, Hold, LargePlace, is_unchanged};
use document::{Document, OpenError};
use effect::Effect;
pub use effect::{EditError, SessionId};
use followers::Feed;
pub use followers::{Following, Logged, follow};
use later::{appended, next_presence, paced, rebuild, sleep_until};
#[cfg(any(test, fuzzing))]
pub use presence::Presence;
use state::{Input, RoomState};
pub use state::{Judged, Merged, Proposal, Proposed, Unheld};

/// Commands taken from the inbox at a time.
const DRAIN: usize = 128;

/// A room while it runs.
pub struct Room {
    address: DocAddress,
    around: Surroundings,
    state: RoomState,
    outboxes: HashMap<SessionId, Arc<Outbox>>,
    followers: HashMap<SessionId, Feed>,
    whole: Whole,
    edits: HashMap<u64, Done>,
    next_edit: u64,
    /// The batch on its way: where it ends in the log, nowhere if it came to nothing.
    appending: Option<BoxFuture<Appended>>,
    /// Those who ask to hold the room, in turn with batches.
    holds: VecDeque<Hold>,
    /// Those who ask for what the ledger says, until it says no more than the log holds.
    asks: Vec<Command>,
    /// A batch began last, not a hold.
    batch_was_last: bool,
    /// No batch begins before.
    paced: Option<Instant>,
    snapshot_seq: Seq,
    idle_since: Option<Instant>,
    stopping: bool,
}

/// Why a room's loop ended.
#[derive(PartialEq, Eq, Debug, Clone, Copy)]
pub enum RoomEnded {
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
        let document = Document::open(&*around.store, &address).inspect(|document| around.note(&address, document))?;
        let (snapshot_seq, mut state) = (document.seq(), RoomState::new(&address, document));
        state.shares = around.shares.clone();
        *state.announced() = around.announced.clone();
        Ok(Self {
            address,
            around,
            state,
            outboxes: HashMap::new(),
            followers: HashMap::new(),
            whole: Whole::default(),
            edits: HashMap::new(),
            next_edit: 0,
            appending: None,
            holds: VecDeque::new(),
            asks: Vec::new(),
            batch_was_last: false,
            paced: None,
            snapshot_seq,
            idle_since: Some(Instant::now()),
            stopping: false,
        })
    }

    /// Runs until nobody needs the room. The caller takes it out of reach before it drops the inbox.
    pub async fn run(&mut self, inbox: &mut mpsc::Receiver<Command>) -> RoomEnded {
        let mut commands = Vec::with_capacity(DRAIN);
        let mut effects = Vec::new();
        let (mut presence_due, mut next_presence_at, mut quiet) = (None, Instant::now(), None);
        loop {
            let idle = self.idle_since.map(|since| since + limits::ROOM_IDLE);
            tokio::select! {
                biased;
                result = appended(&mut self.appending) => {
                    self.appending = None;
                    if self.settle(result, &mut effects).is_err() {
                        let _ = self.perform(&mut effects).await;
                        return RoomEnded::Failed;
                    }
                    let due = self.state.document().seq() >= self.snapshot_seq + limits::SNAPSHOT_QUIET_RECORDS;
                    quiet = due.then(|| Instant::now() + limits::SNAPSHOT_QUIET);
                }
                count = inbox.recv_many(&mut commands, DRAIN), if !self.stopping && !self.is_full() => {
                    if count == 0 {
                        return RoomEnded::Stopped;
                    }
                    self.state.now_ms = now_ms();
                    for command in commands.drain(..) {
                        self.take(command, &mut effects);
                    }
                }
                () = sleep_until(quiet), if self.state.is_settled() => {
                    quiet = None;
                    self.snapshot().await;
                }
                () = sleep_until(self.paced), if self.appending.is_none() => self.paced = None,
                () = sleep_until(presence_due) => {
                    presence_due = None;
                    let bytes = self.state.tell_presence(&mut effects);
                    next_presence_at = next_presence(bytes, self.outboxes.len());
                }
                () = sleep_until(idle) => {
                    self.snapshot().await;
                    return RoomEnded::Idle;
                }
            }
            if self.go_on(&mut effects).await.is_err() {
                return RoomEnded::Failed;
            }
            if self.stopping && self.state.is_quiet() {
                self.snapshot().await;
                self.close_all(protocol::CLOSE_AGAIN, "the server restarts");
                return RoomEnded::Stopped;
            }
            if self.state.has_untold_presence() {
                presence_due = presence_due.or_else(|| Some(next_presence_at.max(Instant::now() + limits::PRESENCE_EVERY)));
            }
            // A request that went away before it was answered follows no more.
            self.followers.retain(|_, feed| !feed.is_over());
            let idle = self.state.is_idle() && self.followers.is_empty();
            self.idle_since = if idle { self.idle_since.or_else(|| Some(Instant::now())) } else { None };
        }
    }

    /// Carries out what follows from what happened, then begins what comes next.
    async fn go_on(&mut self, effects: &mut Vec<Effect>) -> Result<(), OpenError> {
        self.perform(effects).await?;
        self.answer_asks(effects);
        if self.batch_was_last {
            self.let_hold();
        }
        self.append(effects);
        self.let_hold();
        self.perform(effects).await
    }

    /// What was on its way is in the log, or is not.
    ///
    /// # Errors
    /// If only reading the log again tells: the room has to end, once everybody is told.
    fn settle(&mut self, kept: Appended, effects: &mut Vec<Effect>) -> Result<(), StoreError> {
        match kept {
            Ok(None) => self.state.release(effects),
            Ok(Some(last)) => self.state.appended(last, effects),
            Err(error) => {
                tracing::error!(document = %self.address.for_log(), %error, "edits could not be stored");
                if !is_unchanged(&error) {
                    self.state.append_failed(&EditError::from(&error), effects);
                    return Err(error);
                }
                self.state.refuse_batch(&EditError::from(&error), effects);
            }
        }
        Ok(())
    }

    /// Whether as much waits as may: no more is taken from the inbox until the log has caught up.
    fn is_full(&self) -> bool {
        self.state.is_full() || self.holds.len().max(self.asks.len()) >= limits::BATCH_UPDATES_MAX
    }

    /// Answers those who asked while the ledger was ahead of the log.
    fn answer_asks(&mut self, effects: &mut Vec<Effect>) {
        if self.state.is_settled() {
            std::mem::take(&mut self.asks).into_iter().for_each(|ask| self.take(ask, effects));
        }
    }

    fn take(&mut self, command: Command, effects: &mut Vec<Effect>) {
        match command {
            Command::Join { session, member, outbox, joined } => {
                self.outboxes.insert(session, outbox);
                self.state.handle(Input::Join { session, member }, effects);
                let _ = joined.send(());
            }
            Command::Message { session, message, rests, order, write, place: _place } => {
                self.state.handle(Input::Message { session, message, rests, order, write }, effects);
            }
            Command::Refused { session, error, complete, bytes } => {
                self.state.handle(Input::Refused { session, error, complete, bytes }, effects);
            }
            Command::CatchUp { session } => self.state.handle(Input::CatchUp { session }, effects),
            Command::Leave { session } => {
                self.outboxes.remove(&session);
                self.followers.remove(&session);
                self.state.handle(Input::Leave { session }, effects);
            }
            Command::Edit { by, update, provided, order, done } => {
                self.next_edit += 1;
                self.edits.insert(self.next_edit, done);
                self.state.handle(Input::Edit { edit: self.next_edit, by, update, provided, order }, effects);
            }
            Command::Hold(hold) => self.holds.push_back(hold),
            ref ask if ask.is_for_later(&self.state) => self.asks.push(command),
            Command::Empties { update, empties, .. } => drop(empties.send(self.state.document().empties(&update))),
            Command::Copy { copy, .. } => match self.state.document().copy() {
                Ok(bytes) => drop(copy.send((self.state.document().seq(), bytes))),
                Err(_) => effects.push(Effect::Rebuild),
            },
            Command::Read { vector, state } => match self.state.document().diff(&vector) {
                Ok(bytes) => drop(state.send((self.end(), bytes))),
                Err(_) => effects.push(Effect::Rebuild),
            },
            Command::End { end } => drop(end.send(self.end())),
            Command::Written { party, written } => drop(written.send(self.state.document().written(&party))),
            Command::Marked { marked } => drop(marked.send(self.state.document().marked())),
            Command::Unconfirmed { unconfirmed } => {
                drop(self.state.document().unconfirmed().map(|marks| unconfirmed.send(marks)));
            }
            Command::Owners { owners } => drop(owners.send(self.state.document().owners())),
            Command::Follow { session, feed, joined } => {
                self.followers.insert(session, feed);
                let _ = joined.send(self.end());
            }
            Command::Stop => self.stopping = true,
        }
    }

    fn end(&mut self) -> End {
        let document = self.state.document();
        End { seq: document.seq(), digest: document.head(), refused: document.refused().to_vec() }
    }

    /// Starts making durable what waits, unless a batch is on its way.
    fn append(&mut self, effects: &mut Vec<Effect>) {
        if self.state.is_quiet() || self.paced.is_some_and(|until| Instant::now() < until) {
            return;
        }
        self.state.restoring = self.around.restore.is_under_way();
        if self.around.store.condition() == Condition::Full {
            return self.state.refuse_waiting(&EditError::DiskFull, effects);
        }
        let now_ms = now_after(self.state.document().at_ms());
        if let Some((last, records)) = self.state.next_batch(now_ms, effects) {
            self.around.metrics.records.add(records.len() as u64);
            self.around.metrics.batches.add(1);
            let appended = self.around.store.append(&self.address, last, records);
            self.appending = Some(Box::pin(async move { appended.await.map(Some) }));
            self.batch_was_last = true;
            self.paced = paced(self.outboxes.len());
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
            let now_ms = now_after(self.state.document().at_ms());
            if let Some((done, fate)) = hold.judge(|proposal| self.state.propose(self.next_edit, proposal, now_ms)) {
                self.edits.insert(self.next_edit, done);
                self.appending = Some(fate);
                self.batch_was_last = false;
            }
        }
    }

    /// Carries effects out, in order; all of them, even if the document cannot be built again.
    async fn perform(&mut self, effects: &mut Vec<Effect>) -> Result<(), OpenError> {
        let mut sound = Ok(());
        while !effects.is_empty() {
            for effect in std::mem::take(effects) {
                match effect {
                    Effect::Send(session, frame) => {
                        self.send(session, frame);
                    }
                    Effect::Sync(session, vector, frame) => self.answer(session, vector, frame),
                    Effect::Broadcast(frame) => self.broadcast(&frame),
                    Effect::BroadcastPresence(frame) => {
                        for outbox in self.outboxes.values() {
                            outbox.push(frame.clone());
                        }
                    }
                    Effect::CatchUp(session) => self.catch_up(session, effects),
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
                    Effect::Offended(author) => self.around.conduct.offended(&self.address, &author),
                    Effect::Refused => self.around.metrics.refused.add(1),
                    Effect::LeftOut => self.around.metrics.presence_left_out.add(1),
                    Effect::Rebuild if sound.is_ok() => sound = self.rebuild(effects).await,
                    Effect::Rebuild => {}
                }
            }
        }
        sound?;
        self.snapshot_if_due().await;
        Ok(())
    }

    async fn rebuild(&mut self, effects: &mut Vec<Effect>) -> Result<(), OpenError> {
        // A batch on its way is in the log or nowhere before the log is read.
        if let Some(appending) = self.appending.take() {
            self.settle(appending.await, effects)?;
        }
        let (suspects, document) = (self.state.suspects(), self.state.document());
        if document.is_sound() {
            return Ok(());
        }
        let document = rebuild(self.around.clone(), self.address.clone(), document.refused().to_vec(), suspects).await?;
        self.state.replace(document, effects);
        // What was found out is known to the next one, and after a restart.
        self.snapshot().await;
        Ok(())
    }

    async fn snapshot_if_due(&mut self) {
        let document = self.state.document();
        let due = limits::SNAPSHOT_EVERY_RECORDS + document.bytes() as u64 / limits::SNAPSHOT_BYTES_PER_RECORD;
        let due = document.seq() >= self.snapshot_seq + due || document.claims() >= limits::SNAPSHOT_EVERY_CLAIMS;
        if self.appending.is_none() && due {
            self.snapshot().await;
        }
    }

    /// Saves the document as it is, if anything changed and the log holds all that it knows. A failure only makes the next opening slower.
    async fn snapshot(&mut self) {
        if !self.state.is_settled() || self.state.document().seq() == self.snapshot_seq {
            return;
        }
        let Ok((seq, bytes)) = self.state.document().snapshot() else { return };
        self.snapshot_seq = seq;
        self.around.waypoints.keep(&self.address, seq, bytes.clone());
        let (saved, address) = (self.around.store.save_snapshot(&self.address, seq, bytes), self.address.clone());
        let saving = tokio::spawn(async move {
            saved.await.inspect_err(|error| tracing::warn!(document = %address.for_log(), %error, "the snapshot was not saved"))
        });
        // While sessions are served nobody waits for it; a room that ends does, so that the next one opens from it.
        if self.stopping || self.idle_since.is_some() {
            let _ = saving.await;
        }
    }
}

impl Drop for Room {
    /// However a room ends, nobody is left with a socket that says nothing.
    fn drop(&mut self) {
        self.close_all(protocol::CLOSE_LATER, "the document is not available now");
    }
}
