//! A room without its surroundings: inputs go in, effects come out. Synchronous; the time is an argument, and there are no
//! sockets, no store and no clock here.

use bytes::Bytes;
use plenary_shared::{
    api::Member,
    gate::{self, Refusal},
    id::DocAddress,
    limits,
    protocol::{self, AwarenessEntry, ClientMessage},
    record::{self, Author, Digest, Record},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};
use yrs::StateVector;

use super::document::{Accepted, Document, Misbehaved};
use crate::{presence::Presence, store::Seq};

/// A session within the process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SessionId(pub u64);

/// What happens to a room.
pub enum Input {
    /// A session opened.
    Join { session: SessionId, member: Member },
    /// A session's message; `write`: it may change the document.
    Message { session: SessionId, message: ClientMessage, write: bool },
    /// A session has read all that waited for it and asks for what was left out.
    CatchUp { session: SessionId },
    /// A session ended.
    Leave { session: SessionId },
    /// An edit of the server's own, made for a member: a plan's first text.
    Edit { edit: u64, author: Author, update: Bytes },
}

/// What a room wants done.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// One frame to one session.
    Send(SessionId, Bytes),
    /// The answer to a session's state vector.
    Sync(SessionId, StateVector, Bytes),
    /// One frame to every session.
    Broadcast(Bytes),
    /// A presence frame to every session; a slow one may miss it and is told all when it is caught up.
    BroadcastPresence(Bytes),
    /// Frames that bring a slow session up to date.
    CatchUp(SessionId, Vec<Bytes>),
    /// End a session.
    Close(SessionId, u16, &'static str),
    /// Records that came to hold, for those who follow the log.
    Logged(Vec<(Seq, Digest, Record)>),
    /// How an edit of the server's own ended.
    Edited(u64, Result<(), EditError>),
    /// Something was refused, for the metrics.
    Refused,
    /// The document misbehaved: build it again from the log, then call [`RoomState::replace`].
    Rebuild,
}

/// Why an edit of the server's own was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The gate refused it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It passed the gate and failed in the document.
    #[error("the document could not take the edit: make it again in another way")]
    Misbehaved,
    /// The log could not be written.
    #[error("the server cannot store edits now: try again later")]
    Unavailable,
}

/// Who sent an edit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Sender {
    Session(SessionId),
    Server(u64),
}

/// An edit that waits for the log.
struct Waiting {
    sender: Sender,
    author: Author,
    update: Bytes,
    /// An answer to a step 1: nothing can be missing in it.
    complete: bool,
}

struct Session {
    member: Arc<Member>,
    early: Early,
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

/// A batch on its way through the log.
struct Batch {
    accepted: Vec<(Sender, Accepted)>,
    digests: Vec<Digest>,
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
    /// What slow sessions missed first.
    behind: HashMap<SessionId, Behind>,
    /// Presence to be told, the latest of each client.
    untold: BTreeMap<u64, AwarenessEntry>,
}

impl RoomState {
    /// A room with nobody in it.
    pub fn new(address: &DocAddress, document: Document) -> Self {
        let read_only = match address {
            DocAddress::Layer(..) => "you may read this layer, not write in it",
            DocAddress::Plan(..) | DocAddress::Registry => "you may read this plan, not change its words",
        };
        let bytes_max = limits::document_bytes_max(address);
        let (sessions, presence) = (HashMap::new(), Presence::default());
        let (waiting, behind, untold) = (Vec::new(), HashMap::new(), BTreeMap::new());
        Self { document, bytes_max, read_only, sessions, presence, waiting, waiting_bytes: 0, in_flight: None, behind, untold }
    }

    /// The document, for snapshots and figures.
    pub fn document(&mut self) -> &mut Document {
        &mut self.document
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
            Input::Message { session, message, write } => self.message(session, message, write, effects),
            Input::CatchUp { session } => self.catch_up(session, effects),
            Input::Leave { session } => {
                self.sessions.remove(&session);
                self.behind.remove(&session);
                let left = self.presence.leave(session);
                self.untold.extend(left.into_iter().map(|entry| (entry.client, entry)));
            }
            Input::Edit { edit, author, update } => {
                self.wait(Waiting { sender: Sender::Server(edit), author, update, complete: true });
            }
        }
    }

    /// Whether presence waits to be told.
    pub fn has_untold_presence(&self) -> bool {
        !self.untold.is_empty()
    }

    /// Tells the presence that changed since the last time.
    pub fn tell_presence(&mut self, effects: &mut Vec<Effect>) {
        let untold = std::mem::take(&mut self.untold);
        effects.push(Effect::BroadcastPresence(protocol::awareness(untold.values())));
    }

    fn join(&mut self, session: SessionId, member: Member, effects: &mut Vec<Effect>) {
        let Ok((_, vector)) = self.document.state_vector() else { return come_back(session, effects) };
        self.sessions.insert(session, Session { member: member.into(), early: Early::No, refused: false });
        effects.push(Effect::Send(session, protocol::sync_step_1(&vector)));
        self.send_presence(session, effects);
    }

    fn send_presence(&self, session: SessionId, effects: &mut Vec<Effect>) {
        let all = self.presence.all();
        if !all.is_empty() {
            effects.push(Effect::Send(session, protocol::awareness(all.into_iter())));
        }
    }

    fn message(&mut self, id: SessionId, message: ClientMessage, write: bool, effects: &mut Vec<Effect>) {
        let Some(Session { member, refused: false, .. }) = self.sessions.get(&id) else { return };
        let member = member.clone();
        match message {
            ClientMessage::SyncStep1(vector) => match gate::check_state_vector(&vector) {
                Ok(vector) => match self.document.sync_step_2(&vector) {
                    Ok(frame) => effects.push(Effect::Sync(id, vector, frame)),
                    Err(Misbehaved) => come_back(id, effects),
                },
                Err(refusal) => self.refuse(Sender::Session(id), refusal.into(), effects),
            },
            ClientMessage::SyncStep2(update) | ClientMessage::Update(update) if update[..] == [0, 0] => {}
            ClientMessage::SyncStep2(update) if !write => {
                // A reader answers step 1 like everyone; it is only wrong if it brings something. What it
                // knows to be deleted is more than deletions that were sent: values replaced, what stood below them.
                let brings = self.document.check(&author(&member), &update).map_or(true, |checked| checked.adds_blocks());
                if brings {
                    self.deny(id, effects);
                }
            }
            ClientMessage::Update(_) if !write => self.deny(id, effects),
            ClientMessage::SyncStep2(update) | ClientMessage::Update(update) if !self.has_room(&member, &update) => {
                let reason = format!("the document is full: it holds at most {} bytes", self.bytes_max);
                effects.push(Effect::Send(id, protocol::permission_denied(&reason)));
                effects.push(Effect::Close(id, protocol::CLOSE_REFUSED, "the document is full"));
                effects.push(Effect::Refused);
            }
            ClientMessage::SyncStep2(update) => {
                let author = author(&member);
                self.wait(Waiting { sender: Sender::Session(id), author, update, complete: true });
            }
            ClientMessage::Update(update) => {
                let author = author(&member);
                self.wait(Waiting { sender: Sender::Session(id), author, update, complete: false });
            }
            ClientMessage::Awareness(payload) => match protocol::decode_awareness(&payload) {
                Ok(entries) => {
                    let owner = |client| self.document.owner(client).cloned();
                    let told = self.presence.update(id, &member, entries, owner);
                    self.untold.extend(told.into_iter().map(|entry| (entry.client, entry)));
                }
                Err(_) => effects.push(Effect::Close(id, protocol::CLOSE_REFUSED, "the presence message cannot be read")),
            },
            ClientMessage::QueryAwareness => self.send_presence(id, effects),
        }
    }

    fn deny(&self, session: SessionId, effects: &mut Vec<Effect>) {
        effects.push(Effect::Send(session, protocol::permission_denied(self.read_only)));
        effects.push(Effect::Refused);
    }

    /// Whether an update still fits. What is known of the size is an upper bound; before anything is refused it is measured, and
    /// whatever only deletes is let through.
    fn has_room(&mut self, member: &Member, update: &Bytes) -> bool {
        let (waiting, most) = (self.waiting_bytes + update.len(), self.bytes_max);
        let fits = |document: &Document| document.bytes() + waiting <= most;
        fits(&self.document)
            || (self.document.diff(&StateVector::default()).is_ok() && fits(&self.document))
            || self.document.check(&author(member), update).is_ok_and(|checked| !checked.adds_blocks())
    }

    fn wait(&mut self, waiting: Waiting) {
        self.waiting_bytes += waiting.update.len();
        self.waiting.push(waiting);
    }

    /// Judges what waits and answers the records to append, unless a batch is on its way or nothing is left to write.
    pub fn next_batch(&mut self, now_ms: u64, effects: &mut Vec<Effect>) -> Option<Vec<Bytes>> {
        if self.in_flight.is_some() || self.waiting.is_empty() {
            return None;
        }
        self.waiting_bytes = 0;
        let (mut accepted, mut digests, mut sealed) = (Vec::new(), Vec::new(), Vec::new());
        let (mut claimed, mut later) = (HashSet::new(), Vec::new());
        let mut head = self.document.head();
        for waiting in std::mem::take(&mut self.waiting) {
            if self.is_refused(waiting.sender) {
                continue;
            }
            if later.iter().any(|earlier: &Waiting| earlier.sender == waiting.sender) {
                later.push(waiting);
                continue;
            }
            let Waiting { sender, author, update, complete } = waiting;
            self.answered(sender, complete);
            match self.document.check(&author, &update) {
                Ok(checked) if !checked.is_new() => done(sender, effects),
                // What it claims about order is known to hold only once it is applied: one such of each sender in a batch, so
                // that a hostile one costs one search of the log and then is gone.
                Ok(checked) if !checked.order_claims().is_empty() && !claimed.insert(sender) => {
                    later.push(Waiting { sender, author, update, complete });
                }
                Ok(checked) => {
                    self.document.admit(&author, &checked);
                    let record = Record { at_ms: now_ms, author, update };
                    let (bytes, digest) = record::seal(&head, &record);
                    head = digest;
                    digests.push(digest);
                    sealed.push(bytes);
                    accepted.push((sender, Accepted { record, checked }));
                }
                Err(refusal @ Refusal::Missing { .. }) if !complete => self.too_early(sender, refusal, effects),
                Err(refusal) => self.refuse(sender, refusal.into(), effects),
            }
        }
        later.into_iter().for_each(|waiting| self.wait(waiting));
        if accepted.is_empty() {
            return None;
        }
        self.in_flight = Some(Batch { accepted, digests });
        Some(sealed)
    }

    fn is_refused(&self, sender: Sender) -> bool {
        matches!(sender, Sender::Session(id) if self.sessions.get(&id).is_none_or(|session| session.refused))
    }

    fn answered(&mut self, sender: Sender, complete: bool) {
        if let Sender::Session(id) = sender
            && let Some(session) = self.sessions.get_mut(&id).filter(|session| complete && session.early == Early::Asked)
        {
            session.early = Early::Answered;
        }
    }

    /// An honest client may speak before it has answered step 1, and its update then lacks what that answer will bring: ask
    /// once more for all it has.
    fn too_early(&mut self, sender: Sender, refusal: Refusal, effects: &mut Vec<Effect>) {
        let Sender::Session(id) = sender else { return self.refuse(sender, refusal.into(), effects) };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        match session.early {
            Early::No => match self.document.state_vector() {
                Ok((_, vector)) => {
                    session.early = Early::Asked;
                    effects.push(Effect::Send(id, protocol::sync_step_1(&vector)));
                }
                Err(Misbehaved) => come_back(id, effects),
            },
            Early::Asked => {}
            Early::Answered => self.refuse(sender, refusal.into(), effects),
        }
    }

    fn refuse(&mut self, sender: Sender, error: EditError, effects: &mut Vec<Effect>) {
        effects.push(Effect::Refused);
        match sender {
            Sender::Session(id) => {
                if let Some(session) = self.sessions.get_mut(&id) {
                    session.refused = true;
                }
                effects.push(Effect::Send(id, protocol::permission_denied(&error.to_string())));
                effects.push(Effect::Close(id, protocol::CLOSE_REFUSED, "refused"));
            }
            Sender::Server(edit) => effects.push(Effect::Edited(edit, Err(error))),
        }
    }

    /// The log holds the batch, its last record at `last`: apply it and tell everyone.
    pub fn appended(&mut self, last: Seq, effects: &mut Vec<Effect>) {
        let Some(Batch { accepted, digests }) = self.in_flight.take() else { return };
        let Some(&head) = digests.last() else { return };
        let (senders, accepted): (Vec<_>, Vec<_>) = accepted.into_iter().unzip();
        match self.document.apply(&accepted, (last, head)) {
            Ok(merged) => {
                effects.push(Effect::Broadcast(protocol::update(&merged)));
                self.logged(last, senders, accepted, digests, effects);
            }
            Err(Misbehaved) => {
                self.in_flight = Some(Batch { accepted: senders.into_iter().zip(accepted).collect(), digests });
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
                self.refuse(sender, EditError::Misbehaved, effects);
            } else {
                done(sender, effects);
                records.push((seq, digest, accepted.record));
            }
        }
        effects.push(Effect::Logged(records));
    }

    /// Puts a document that was built again from the log in place of one that misbehaved. Everyone is brought what the batch
    /// held apart from what the document failed on; whoever sent that is told and closed.
    pub fn replace(&mut self, document: Document, effects: &mut Vec<Effect>) {
        self.document = document;
        let Some(Batch { accepted, digests }) = self.in_flight.take() else { return };
        let (senders, accepted): (Vec<_>, Vec<_>) = accepted.into_iter().unzip();
        let first = (self.document.seq() + 1).saturating_sub(accepted.len() as Seq);
        let held = accepted.iter().enumerate().filter(|(index, _)| !self.document.is_refused(first + *index as Seq));
        let held: Vec<&Bytes> = held.map(|(_, accepted)| &accepted.record.update).collect();
        match yrs::merge_updates_v1(&held) {
            Ok(merged) => effects.push(Effect::Broadcast(protocol::update(&merged))),
            Err(_) => effects.extend(self.sessions.keys().map(|id| Effect::Close(*id, protocol::CLOSE_AGAIN, "connect again"))),
        }
        self.logged(self.document.seq(), senders, accepted, digests, effects);
    }

    /// The log could not be written, and whether it holds the batch is known only after reading it again: everyone is told to
    /// come back, and this room ends.
    pub fn append_failed(&mut self, effects: &mut Vec<Effect>) {
        let batch = self.in_flight.take().into_iter().flat_map(|batch| batch.accepted).map(|(sender, _)| sender);
        for sender in batch.chain(std::mem::take(&mut self.waiting).into_iter().map(|waiting| waiting.sender)) {
            if let Sender::Server(edit) = sender {
                effects.push(Effect::Edited(edit, Err(EditError::Unavailable)));
            }
        }
        let reason = "the server cannot store edits now";
        effects.extend(self.sessions.keys().map(|id| Effect::Close(*id, protocol::CLOSE_LATER, reason)));
    }

    /// The disk is short of space: edits that wait are not taken, and reading goes on.
    pub fn refuse_waiting(&mut self, effects: &mut Vec<Effect>) {
        self.waiting_bytes = 0;
        for Waiting { sender, .. } in std::mem::take(&mut self.waiting) {
            match sender {
                Sender::Session(id) => effects.push(Effect::Close(id, protocol::CLOSE_LATER, "the server's disk is full")),
                Sender::Server(edit) => effects.push(Effect::Edited(edit, Err(EditError::Unavailable))),
            }
        }
    }

    /// A frame did not fit into a session's outbox.
    pub fn missed(&mut self, session: SessionId, frame: Bytes) {
        if self.behind.contains_key(&session) {
            return;
        }
        if let Ok((vector, _)) = self.document.state_vector() {
            self.behind.insert(session, Behind::Frame(frame, vector));
        }
    }

    /// The answer to a session's state vector did not fit into its outbox.
    pub fn missed_sync(&mut self, session: SessionId, vector: StateVector) {
        self.behind.insert(session, Behind::Sync(vector));
    }

    fn catch_up(&mut self, session: SessionId, effects: &mut Vec<Effect>) {
        if !self.sessions.contains_key(&session) {
            return;
        }
        let mut frames = Vec::new();
        let brought = match self.behind.remove(&session) {
            None => Ok(()),
            Some(Behind::Sync(vector)) => self.document.sync_step_2(&vector).map(|frame| frames.push(frame)),
            Some(Behind::Frame(missed, vector)) => {
                frames.push(missed);
                self.document.diff(&vector).map(|diff| frames.push(protocol::update(&diff)))
            }
        };
        if brought.is_err() {
            return come_back(session, effects);
        }
        let all = self.presence.all();
        if !all.is_empty() {
            frames.push(protocol::awareness(all.into_iter()));
        }
        effects.push(Effect::CatchUp(session, frames));
    }
}

fn author(member: &Member) -> Author {
    Author { party: member.party.clone(), member: member.member.clone() }
}

fn done(sender: Sender, effects: &mut Vec<Effect>) {
    if let Sender::Server(edit) = sender {
        effects.push(Effect::Edited(edit, Ok(())));
    }
}

/// The document has to be built again; whoever asked it is answered by coming back.
fn come_back(id: SessionId, effects: &mut Vec<Effect>) {
    effects.push(Effect::Close(id, protocol::CLOSE_AGAIN, "connect again"));
    effects.push(Effect::Rebuild);
}
