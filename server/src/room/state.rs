//! A room without its surroundings: inputs go in, effects come out. Synchronous; the time is an argument, and there are no
//! sockets, no store and no clock here.

mod batch;
mod held;
mod merged;
mod restoring;
mod waiting;

use bytes::Bytes;
use plenary_shared::{
    id::DocAddress,
    limits,
    log::{
        gate::{self, Refusal},
        record::{Provenance, Right},
    },
    people::Member,
    wire::protocol::{self, ClientMessage},
};
use std::{collections::HashMap, sync::Arc};
use yrs::StateVector;

use self::batch::{Batch, Sender, Waiting};
pub use self::{
    held::{Proposal, Proposed, first_records},
    merged::{Judged, Merged, Unheld},
};
use super::{
    document::{Document, Misbehaved},
    effect::{EditError, Effect, SessionId},
    order::Order,
    presence::Presence,
    provided::Provided,
    rests::Rests,
};
use crate::{announced::Announced, shares::Shares};

/// What happens to a room.
pub enum Input {
    /// A session opened.
    Join { session: SessionId, member: Member },
    /// A session's message; `rests`: what it rests on, if not on all; `order`: what is known of its claims; `write`: it may change the
    /// document.
    Message { session: SessionId, message: ClientMessage, rests: Option<Rests>, order: Order, write: bool },
    /// A session's update of `bytes` is not taken, as was found on a copy; `complete`: it answers a step 1.
    Refused { session: SessionId, error: EditError, complete: bool, bytes: usize },
    /// A session has read all that waited for it and asks for what was left out.
    CatchUp { session: SessionId },
    /// A session ended.
    Leave { session: SessionId },
    /// An edit that came without a session, made for a member; `order`: what is known of its claims.
    Edit { edit: u64, by: Provenance, update: Bytes, provided: Provided, order: Order },
}

struct Session {
    member: Arc<Member>,
    early: Early,
    /// What it sent too early, in all.
    early_bytes: usize,
    /// Something of it was refused: it is being closed, and what else it sent is not looked at.
    refused: bool,
}

/// How a session stands whose update came before what it builds on: an honest client may speak before it has answered step 1.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Early {
    /// Not so.
    No,
    /// It was asked once more for all it has; until then early updates are passed over, since the answer holds them.
    Asked,
    /// It has answered: what is missing now, it does not have.
    Answered,
}

/// What a slow session missed first.
enum Behind {
    /// This frame, and all that came after the state then.
    Frame(Bytes, StateVector),
    /// The answer to its state vector, and so all since.
    Sync(StateVector),
}

/// A room: its document, its sessions, its presence, the edits that gather and the batch that is being made durable.
pub struct RoomState {
    address: DocAddress,
    document: Document,
    /// The largest encoded state.
    bytes_max: usize,
    /// What a reader is told who tries to write.
    read_only: &'static str,
    sessions: HashMap<SessionId, Session>,
    presence: Presence,
    waiting: Vec<Waiting>,
    waiting_bytes: usize,
    in_flight: Option<Batch>,
    /// A restore is under way.
    pub restoring: bool,
    /// What parties may write into the log.
    pub shares: Arc<Shares>,
    /// What slow sessions missed first.
    behind: HashMap<SessionId, Behind>,
    /// Milliseconds since 1970-01-01 UTC, as whoever drives the room last said.
    pub now_ms: u64,
}

impl RoomState {
    /// A room with nobody in it.
    pub fn new(address: &DocAddress, document: Document) -> Self {
        let read_only = match address {
            DocAddress::Layer(..) => "you may read this layer, not write in it",
            DocAddress::Plan(..) | DocAddress::Registry | DocAddress::Seats(..) => "you may read this plan, not change its words",
        };
        let bytes_max = address.bytes_max();
        let (sessions, presence) = (HashMap::new(), Presence::new(address));
        let (waiting, behind) = (Vec::new(), HashMap::new());
        let address = address.clone();
        Self {
            address,
            document,
            bytes_max,
            read_only,
            sessions,
            presence,
            waiting,
            waiting_bytes: 0,
            in_flight: None,
            restoring: false,
            shares: Arc::default(),
            behind,
            now_ms: 0,
        }
    }

    /// The document, for snapshots and figures.
    pub fn document(&mut self) -> &mut Document {
        &mut self.document
    }

    /// Whose a session is.
    pub fn member(&self, session: SessionId) -> Option<&Member> {
        self.sessions.get(&session).map(|session| &*session.member)
    }

    /// Whether the ledger says no more than the log holds durably: it knows a batch that is on its way, unless that is a held one.
    pub fn is_settled(&self) -> bool {
        self.in_flight.as_ref().is_none_or(|batch| batch.held)
    }

    /// Whether something waits that a session sent.
    pub fn waits(&self, session: SessionId) -> bool {
        self.waiting.iter().any(|waiting| waiting.sender == Sender::Session(session))
    }

    /// Whether nobody is here and nothing waits.
    pub fn is_idle(&self) -> bool {
        self.sessions.is_empty() && self.is_quiet()
    }

    /// Whether no edit waits or is on its way.
    pub fn is_quiet(&self) -> bool {
        self.waiting.is_empty() && self.in_flight.is_none()
    }

    /// Whether as much waits as may wait: no more is taken from the inbox until the log has caught up.
    pub fn is_full(&self) -> bool {
        self.waiting_bytes >= limits::BATCH_BYTES_MAX || self.waiting.len() >= limits::BATCH_UPDATES_MAX
    }

    /// Takes one input in.
    pub fn handle(&mut self, input: Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Join { session, member } => self.join(session, member, effects),
            Input::Message { session, message, rests, order, write } => {
                self.message((session, rests), message, order, write, effects);
            }
            Input::Refused { session, error, complete, bytes } => {
                let author =
                    self.sessions.get(&session).filter(|session| !session.refused).map(|session| session.member.author());
                if let Some(author) = author {
                    self.answered(Sender::Session(session), complete);
                    self.turn_down((Sender::Session(session), &author), error, (complete, bytes), effects);
                }
            }
            Input::CatchUp { session } => effects.push(Effect::CatchUp(session)),
            Input::Leave { session } => {
                self.sessions.remove(&session);
                self.behind.remove(&session);
                self.presence.leave(session);
            }
            Input::Edit { edit, by, update, provided, order } => match self.check_room(&by, &update) {
                Ok(()) => self.wait(Waiting { sender: Sender::Server(edit), by, update, complete: true, provided, order }),
                Err(error) => self.refuse((Sender::Server(edit), &by.author), error, effects),
            },
        }
    }

    /// Whether presence waits to be told.
    pub fn has_untold_presence(&self) -> bool {
        self.presence.has_untold()
    }

    /// Tells presence that changed since the last time; answers how many bytes each session is told.
    pub fn tell_presence(&mut self, effects: &mut Vec<Effect>) -> usize {
        let frame = self.presence.tell();
        let bytes = frame.len();
        effects.push(Effect::BroadcastPresence(frame));
        bytes
    }

    /// Where it is known whose client ids are that sessions announced.
    pub fn announced(&mut self) -> &mut Arc<Announced> {
        &mut self.presence.announced
    }

    fn join(&mut self, session: SessionId, member: Member, effects: &mut Vec<Effect>) {
        let Ok((_, vector)) = self.document.state_vector() else { return come_back(session, effects) };
        self.sessions.insert(session, Session { member: member.into(), early: Early::No, early_bytes: 0, refused: false });
        effects.push(Effect::Send(session, protocol::sync_step_1(&vector)));
        self.send_presence(session, effects);
    }

    fn send_presence(&self, session: SessionId, effects: &mut Vec<Effect>) {
        effects.extend(self.presence.all().map(|frame| Effect::Send(session, frame)));
    }

    fn message(
        &mut self,
        (id, rests): (SessionId, Option<Rests>),
        message: ClientMessage,
        order: Order,
        write: bool,
        effects: &mut Vec<Effect>,
    ) {
        let Some(Session { member, refused: false, .. }) = self.sessions.get(&id) else { return };
        let member = member.clone();
        let mut by = Provenance::live(member.author(), Right::of(member.role, &self.address));
        if let Some(Rests { seen, branch }) = rests {
            (by.seen, by.branch) = (Some(seen), branch);
        }
        match message {
            ClientMessage::SyncStep1(vector) => match gate::check_state_vector(&vector) {
                Ok(vector) => match self.document.sync_step_2(&vector) {
                    Ok(frame) => effects.push(Effect::Sync(id, vector, frame)),
                    Err(Misbehaved) => come_back(id, effects),
                },
                Err(refusal) => self.refuse((Sender::Session(id), &by.author), refusal.into(), effects),
            },
            ClientMessage::SyncStep2(update) | ClientMessage::Update(update) if update[..] == [0, 0] => {}
            ClientMessage::SyncStep2(update) if !write => {
                // A reader answers step 1 like everyone; it is only wrong if it brings something. What it
                // knows to be deleted is more than deletions that were sent: values replaced, what stood below them.
                let brings = self.document.judge(&by, &update).map_or(true, |checked| checked.adds_blocks());
                if brings {
                    self.deny(id, effects);
                }
            }
            ClientMessage::Update(_) if !write => self.deny(id, effects),
            ClientMessage::SyncStep2(update) => self.take_in((id, by), update, true, order, effects),
            ClientMessage::Update(update) => self.take_in((id, by), update, false, order, effects),
            ClientMessage::Awareness(payload) => {
                let owner = |client| self.document.owner(client).cloned();
                if self.presence.hear(id, &member, &payload, self.now_ms, owner) {
                    effects.push(Effect::LeftOut);
                }
            }
            ClientMessage::QueryAwareness => self.send_presence(id, effects),
        }
    }

    fn take_in(
        &mut self,
        (id, by): (SessionId, Provenance),
        update: Bytes,
        complete: bool,
        order: Order,
        effects: &mut Vec<Effect>,
    ) {
        match self.check_room(&by, &update) {
            Ok(()) => {
                let provided = Provided::Anyway;
                self.wait(Waiting { sender: Sender::Session(id), by, update, complete, provided, order });
            }
            Err(error) => self.refuse((Sender::Session(id), &by.author), error, effects),
        }
    }

    fn deny(&self, session: SessionId, effects: &mut Vec<Effect>) {
        effects.push(Effect::Send(session, protocol::permission_denied(self.read_only)));
        effects.push(Effect::Refused);
    }

    /// Whether there is room for an update in the document, and in its party's share of the log.
    fn check_room(&mut self, by: &Provenance, update: &Bytes) -> Result<(), EditError> {
        if !self.has_room(by, update) {
            return Err(EditError::Full(self.bytes_max));
        }
        if !self.leaves_room(by, update) {
            return Err(Refusal::Share { what: "words" }.into());
        }
        if self.has_share(by, update) { Ok(()) } else { Err(EditError::Share) }
    }

    /// Whether what a party has written takes no more of a plan than is left for all the others. Of what was deleted again nobody knows
    /// whose it was, so of that only what the plan holds counts. The chair lays the plan out, and what only deletes is let through.
    fn leaves_room(&mut self, by: &Provenance, update: &Bytes) -> bool {
        let (written, more) = (self.document.written(&by.author.party) as usize, self.waiting_bytes + update.len());
        let most = self.bytes_max;
        let leaves = |held: usize| gate::leaves_room((written + more).min(held + more), held + more, most);
        by.right != Right::Draft
            || leaves(self.document.bytes())
            || leaves(self.document.measured_bytes())
            || self.document.judge(by, update).is_ok_and(|checked| !checked.adds_blocks())
    }

    /// Whether an update is within its party's share of the log. What only deletes is let through: it is bounded by what is there.
    fn has_share(&self, by: &Provenance, update: &Bytes) -> bool {
        let party = &by.author.party;
        let (written, share) = (self.document.written(party) + update.len() as u64, self.shares.of(&self.address, party));
        if written + self.waiting_bytes as u64 <= share {
            return true;
        }
        let waiting = self.waiting.iter().filter(|waiting| waiting.by.author.party == *party);
        written + waiting.map(|waiting| waiting.update.len() as u64).sum::<u64>() <= share
            || self.document.judge(by, update).is_ok_and(|checked| !checked.adds_blocks())
    }

    /// Whether an update still fits. What is known of the size is an upper bound; before anything is refused it is measured, and
    /// whatever only deletes is let through.
    fn has_room(&mut self, by: &Provenance, update: &Bytes) -> bool {
        let reserve = if update.len() <= limits::SMALL_UPDATE_BYTES { limits::FULL_RESERVE_BYTES } else { 0 };
        let (waiting, most) = (self.waiting_bytes + update.len(), self.bytes_max + reserve);
        let fits = |document: &Document| document.bytes() + waiting <= most;
        fits(&self.document)
            || (self.document.diff(&StateVector::default()).is_ok() && fits(&self.document))
            || self.document.judge(by, update).is_ok_and(|checked| !checked.adds_blocks())
    }

    /// A frame did not fit into a session's outbox.
    pub fn missed(&mut self, session: SessionId, frame: Bytes) {
        if self.behind.contains_key(&session) {
            return;
        }
        let missed = match self.document.state_vector() {
            Ok((vector, _)) => Behind::Frame(frame, vector),
            Err(Misbehaved) => Behind::Sync(StateVector::default()),
        };
        self.behind.insert(session, missed);
    }

    /// The answer to a session's state vector did not fit into its outbox.
    pub fn missed_sync(&mut self, session: SessionId, vector: StateVector) {
        self.behind.insert(session, Behind::Sync(vector));
    }

    /// Frames that bring a slow session up to date; `None` if there is nobody, or it is told to come back.
    pub fn catch_up(&mut self, session: SessionId, effects: &mut Vec<Effect>) -> Option<Vec<Bytes>> {
        let early = self.sessions.get(&session)?.early;
        let frames = self.missed_frames(session, early);
        if frames.is_err() {
            come_back(session, effects);
        }
        frames.ok()
    }

    fn missed_frames(&mut self, session: SessionId, early: Early) -> Result<Vec<Bytes>, Misbehaved> {
        let mut frames = Vec::new();
        if early == Early::Asked {
            // The question may be among what it missed; that it is asked twice does no harm.
            frames.push(protocol::sync_step_1(&self.document.state_vector()?.1));
        }
        match self.behind.remove(&session) {
            None => {}
            Some(Behind::Sync(vector)) => frames.push(self.document.sync_step_2(&vector)?),
            Some(Behind::Frame(missed, vector)) => {
                frames.push(missed);
                frames.push(protocol::update(&self.document.diff(&vector)?));
            }
        }
        frames.extend(self.presence.all());
        Ok(frames)
    }
}

/// The document has to be built again; whoever asked it is answered by coming back.
fn come_back(id: SessionId, effects: &mut Vec<Effect>) {
    effects.push(Effect::Close(id, protocol::CLOSE_AGAIN, "connect again"));
    effects.push(Effect::Rebuild);
}
