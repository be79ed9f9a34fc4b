//! One socket: reader, writer, deadlines. A session never sees a document: it knows frames and its rights.

mod abreast;
mod meter;
mod wire;
mod writer;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use plenary_shared::{
    id::DocAddress,
    limits,
    log::record::{Branch, Provenance, Right},
    people::Author,
    wire::protocol::{self, ClientMessage},
};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};
use tokio::{
    io::AsyncReadExt,
    sync::{Semaphore, watch},
    time::{Instant, sleep_until, timeout, timeout_at},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        protocol::{
            CloseFrame, Role, WebSocketConfig,
            frame::coding::{Data, OpCode},
        },
    },
};

use crate::{
    auth::SecretDigest,
    ids,
    outbox::{Close, Line, Next, Outbox},
    registry::{Registry, Rights},
    room::{Command, LargePlace, SessionId, order::Order, provided::Provided, rests::Rests},
    rooms::{Inbox, RoomError, Rooms, Stayed, Weighed},
};
use abreast::{Abreast, lock};
use meter::{Meter, Metered};
use wire::Wire;
use writer::Writer;

/// What a session is about.
pub struct Session {
    /// Its number in the process.
    pub id: SessionId,
    /// The document.
    pub address: DocAddress,
    /// The credential that opened it.
    pub token: SecretDigest,
    /// What the credential may do.
    pub rights: Rights,
    /// Who writes here.
    pub author: Author,
    /// Where rights come from.
    pub registry: Arc<Registry>,
    /// Where the document lives.
    pub rooms: Arc<Rooms>,
    /// Places for large messages, among all and among the party's.
    pub large: (Arc<Semaphore>, Arc<Semaphore>),
}

const LATER: Close = Close { code: protocol::CLOSE_LATER, reason: "the document is not available now" };
const GONE: Close = Close { code: protocol::CLOSE_GONE, reason: "not found" };

/// 1 KiB of answers to pings, and of closing, wait for a peer that does not read; of those that do not fit the last alone is kept, as
/// RFC 6455, 5.5.3, lets it.
const ANSWERS_BYTES: usize = 1 << 10;

type Socket = WebSocketStream<Metered>;

impl Session {
    /// Serves an upgraded connection until it ends.
    pub async fn run(self, upgraded: Upgraded) {
        let (meter, (io, out)) = (Arc::new(Meter::default()), tokio::io::split(TokioIo::new(upgraded)));
        let config = WebSocketConfig::default()
            .read_buffer_size(4096)
            .write_buffer_size(0)
            .max_write_buffer_size(ANSWERS_BYTES)
            .max_message_size(Some(limits::MESSAGE_BYTES_MAX))
            .max_frame_size(Some(limits::MESSAGE_BYTES_MAX));
        let wire = Arc::new(Wire::new(Box::new(out)));
        let (large, abreast) = (self.large.clone(), Arc::<Mutex<Abreast>>::default());
        let metered = Metered { io, wire: wire.clone(), meter: meter.clone(), large, asking: None, abreast: abreast.clone() };
        let mut socket = WebSocketStream::from_raw_socket(metered, Role::Server, Some(config)).await;
        let straight = Arc::new(Straight { wire: wire.clone(), version: self.registry.version(), seen: AtomicU64::new(UNSEEN) });
        let outbox = Arc::new(Outbox::over(straight.clone()));
        let join =
            |joined| Command::Join { session: self.id, member: self.rights.member.clone(), outbox: outbox.clone(), joined };
        let close = match self.rooms.ask(&self.address, join).await {
            Ok((inbox, ())) => {
                let talk = async {
                    tokio::select! {
                        close = self.read(&mut socket, (&meter, &abreast), &inbox) => close,
                        close = self.write((&straight, &abreast), &outbox, &inbox) => close,
                    }
                };
                // Rights come first, whatever else there is to do.
                let close = tokio::select! {
                    biased;
                    close = self.watch_rights() => close,
                    close = talk => close,
                };
                wire.close();
                let _ = inbox.send(Command::Leave { session: self.id }).await;
                close
            }
            Err(RoomError::Full) => Some(Close { code: protocol::CLOSE_LATER, reason: "too many documents are open" }),
            Err(_) => Some(LATER),
        };
        let farewell = async {
            if let Some(Close { code, reason }) = close {
                let frame = CloseFrame { code: code.into(), reason: reason.into() };
                socket.send(Message::Close(Some(frame))).await?;
            }
            SinkExt::close(&mut socket).await
        };
        let _ = timeout(limits::LINGER, farewell).await;
        // What the peer still sends is read and forgotten for a moment: a connection that is dropped with unread bytes is reset,
        // and the peer never learns why it was closed.
        if close.is_some() {
            let rest = &mut (&mut socket.get_mut().io).take(limits::MESSAGE_BYTES_MAX as u64);
            let _ = timeout(limits::LINGER, tokio::io::copy(rest, &mut tokio::io::sink())).await;
        }
    }

    async fn read(&self, stream: &mut Socket, (meter, abreast): (&Meter, &Mutex<Abreast>), inbox: &Inbox) -> Option<Close> {
        let refused = |reason| Some(Close { code: protocol::CLOSE_REFUSED, reason });
        let version = self.registry.version();
        let (mut seen, mut write) = (*version.borrow(), self.rights.write);
        // `had` is what it had when it came, until it has sent what the server lacked.
        let (mut question, mut unfinished, mut had) = (Instant::now(), None, None::<Bytes>);
        let purse = self.rooms.conduct().purse(&self.address, &self.author.party);
        loop {
            let message = match next(stream, (meter, abreast), &mut unfinished).await {
                Some(Ok(Message::Binary(frame))) => frame,
                Some(Ok(Message::Text(_))) => return refused("text frames are not spoken here: send binary ones"),
                Some(Ok(control @ (Message::Ping(_) | Message::Pong(_)))) => {
                    heard(&control, meter, abreast);
                    continue;
                }
                Some(Ok(Message::Frame(_))) => continue,
                Some(Err(Error::Capacity(_))) => return refused("the message is too large"),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
            };
            // Nothing more is read of who is paused; what it is sent goes on. Few are: the wait is no part of what each session keeps.
            let conduct = self.rooms.conduct();
            if conduct.paused(&self.address, &self.author).is_some() {
                Box::pin(conduct.rested(&self.address, &self.author)).await;
            }
            // A right is checked for every message; it is looked up again only when the registry has moved.
            let now = *version.borrow();
            if now != seen {
                let Some(rights) = self.registry.rights(&self.token, &self.address) else { return Some(GONE) };
                (write, seen) = (rights.write, now);
            }
            let Ok(message) = ClientMessage::decode(&message) else { return refused("not a y-websocket message") };
            if matches!(message, ClientMessage::SyncStep1(_) | ClientMessage::QueryAwareness) {
                // Each may cost an encoding of the whole document, or of all who are present: they come at a pace.
                sleep_until(question).await;
                question = Instant::now() + limits::SYNC_STEP_1_EVERY;
            }
            purse.pay(&message).await;
            let place = meter.finish();
            let mut rests = lock(abreast).rests(Instant::now(), || Branch(ids::branch()));
            match &message {
                ClientMessage::SyncStep1(vector) if had.is_none() => had = Some(vector.clone()),
                ClientMessage::SyncStep2(update) | ClientMessage::Update(update) if write => {
                    let is_first = matches!(message, ClientMessage::SyncStep2(_));
                    match self.put_together(had.take_if(|_| is_first), rests, update).await {
                        Ok(Stayed::Apart | Stayed::Alone) => continue,
                        Ok(Stayed::Here(by)) => rests = by.seen.map(|seen| Rests { seen, branch: by.branch }),
                        Err(_) => return Some(LATER),
                    }
                }
                _ => {}
            }
            let Ok(command) = self.weighed(message, rests, write, place).await else { return Some(LATER) };
            let Some(command) = command else { continue };
            if inbox.send(command).await.is_err() {
                return Some(LATER);
            }
        }
    }

    /// What the room is told of a message: nothing, if it holds all of it.
    async fn weighed(
        &self,
        mut message: ClientMessage,
        rests: Option<Rests>,
        write: bool,
        place: Option<LargePlace>,
    ) -> Result<Option<Command>, RoomError> {
        let (session, mut order) = (self.id, Order::Unknown);
        let update = match &message {
            ClientMessage::SyncStep2(update) => Some((update, true)),
            ClientMessage::Update(update) => Some((update, false)).filter(|_| write),
            _ => None,
        };
        if let Some((update, complete)) = update
            && let mut by = Provenance::live(self.author.clone(), Right::of(self.rights.member.role, &self.address))
            && self.rooms.is_weighed(&self.address, &by, update)
        {
            if let Some(Rests { seen, branch }) = rests {
                (by.seen, by.branch) = (Some(seen), branch);
            }
            // Rarely: what it takes is no part of what each session keeps.
            match Box::pin(self.rooms.weigh(&self.address, session, &by, update)).await? {
                Weighed::Known => return Ok(None),
                Weighed::Sound(_, false) if !write => return Ok(None),
                Weighed::Sound(known, _) if write => order = known,
                Weighed::Bad(error) if write => {
                    let bytes = update.len();
                    return Ok(Some(Command::Refused { session, error, complete, bytes }));
                }
                // It is denied without being looked at again.
                Weighed::Sound(..) | Weighed::Bad(_) => message = ClientMessage::Update(update.clone()),
            }
        }
        Ok(Some(Command::Message { session, message, rests, order, write, place }))
    }

    /// Takes in what a client wrote while it was away, or while it was behind, and others wrote too; otherwise the room may have it.
    async fn put_together(&self, had: Option<Bytes>, rests: Option<Rests>, update: &Bytes) -> Result<Stayed, RoomError> {
        let by = Provenance::live(self.author.clone(), Right::of(self.rights.member.role, &self.address));
        if !matches!(self.address, DocAddress::Plan(..)) || update[..] == [0, 0] {
            return Ok(Stayed::Here(by));
        }
        // Rarely: what it takes is no part of what each session keeps.
        match (had, rests) {
            (Some(had), _) => Box::pin(self.rooms.came_back(&self.address, self.id, by, &had, update)).await,
            (None, Some(Rests { seen, branch })) => {
                let by = Provenance { seen: Some(seen), branch, ..by };
                Box::pin(self.rooms.stayed(&self.address, Some(self.id), by, update)).await
            }
            (None, None) => {
                let tidied = Box::pin(self.rooms.tidied(&self.address, self.id, (&by, update), &Provided::Anyway)).await?;
                Ok(if tidied { Stayed::Apart } else { Stayed::Here(by) })
            }
        }
    }

    async fn write(&self, (straight, abreast): (&Straight, &Mutex<Abreast>), outbox: &Outbox, inbox: &Inbox) -> Option<Close> {
        let mut writer = Writer { wire: &straight.wire, ping: Instant::now() + limits::PING };
        // When the client is asked how far it has read, and when it was.
        let (mut ask, mut asked) = (None, None);
        loop {
            let due = ask.map_or(writer.ping, |ask: Instant| ask.min(writer.ping));
            let next = tokio::select! {
                next = timeout_at(due, outbox.next()) => next.map(Some),
                () = straight.wire.stalled() => Ok(None),
            };
            let done = match next {
                Err(_) if ask.is_some_and(|ask| Instant::now() >= ask) => {
                    let (now, told) = (Instant::now(), outbox.ask());
                    // What waits is sent first.
                    (ask, asked) = (told.is_none().then_some(now + limits::ASK), Some(now));
                    let question = told.and_then(|place| lock(abreast).ask(place, now));
                    match question {
                        Some(question) => writer.ask(question).await,
                        None => Ok(()),
                    }
                }
                Err(_) => writer.ping_if_due().await,
                Ok(Some(Next::Ask)) => {
                    let now = Instant::now();
                    ask = Some(asked.map_or(now, |asked: Instant| now.max(asked + limits::ASK)));
                    Ok(())
                }
                Ok(None) => writer.flush().await,
                Ok(Some(Next::Frames(frames))) => {
                    // What was written after a right was taken away is never shown to who had it: such frames come here after
                    // the registry has moved, and they are taken before it is looked at.
                    let now = *straight.version.borrow();
                    if straight.seen.swap(now, Ordering::Relaxed) != now
                        && self.registry.rights(&self.token, &self.address).is_none()
                    {
                        return Some(GONE);
                    }
                    writer.send(frames).await
                }
                Ok(Some(Next::AskToCatchUp)) => inbox.send(Command::CatchUp { session: self.id }).await.map_err(|_| None),
                Ok(Some(Next::Close(close))) => return Some(close),
            };
            if let Err(close) = done {
                return close;
            }
        }
    }

    /// Ends the session when the right that opened it is gone or has become another.
    async fn watch_rights(&self) -> Option<Close> {
        let mut version: watch::Receiver<u64> = self.registry.version();
        loop {
            match self.registry.rights(&self.token, &self.address) {
                None => return Some(GONE),
                Some(rights) if rights != self.rights => {
                    return Some(Close { code: protocol::CLOSE_AGAIN, reason: "your rights have changed" });
                }
                Some(_) => {}
            }
            // A token that expires moves nothing in the registry.
            if let Ok(Err(_)) = timeout(limits::REQUEST, version.changed()).await {
                return None;
            }
        }
    }
}

/// The next message, for which the client is listened to. A quiet peer has [`limits::IDLE`], one in the middle of a message
/// [`limits::MESSAGE`] in all, whatever control frames it sends in between.
async fn next(
    stream: &mut Socket,
    (meter, abreast): (&Meter, &Mutex<Abreast>),
    unfinished: &mut Option<Instant>,
) -> Option<Result<Message, Error>> {
    lock(abreast).listen(Instant::now());
    let next = arrives(stream, meter, unfinished).await;
    lock(abreast).pause(Instant::now());
    next
}

async fn arrives(stream: &mut Socket, meter: &Meter, unfinished: &mut Option<Instant>) -> Option<Result<Message, Error>> {
    let now = Instant::now();
    *unfinished = meter.is_within_a_message().then(|| unfinished.unwrap_or(now + limits::MESSAGE));
    if unfinished.is_none() {
        if let Ok(message) = timeout(limits::IDLE, stream.next()).await {
            return message;
        }
        *unfinished = meter.is_within_a_message().then(|| now + limits::MESSAGE);
    }
    timeout_at((*unfinished)?, stream.next()).await.ok().flatten()
}

/// A ping or a pong: how far the client has read, if it was asked.
fn heard(control: &Message, meter: &Meter, abreast: &Mutex<Abreast>) {
    meter.pass_over(control.len());
    if let Message::Pong(payload) = control {
        lock(abreast).answer(payload);
    }
}

/// No version of the registry.
const UNSEEN: u64 = u64::MAX;

/// The way from a room straight to the socket, open as long as the registry is as it was when the session's right was last looked at.
struct Straight {
    wire: Arc<Wire>,
    version: watch::Receiver<u64>,
    seen: AtomicU64,
}

impl Line for Straight {
    fn write_at_once(&self, frame: &Bytes) -> bool {
        frame.len() <= limits::WRITE_PIECE_BYTES
            && self.seen.load(Ordering::Relaxed) == *self.version.borrow()
            && self.wire.write_at_once(OpCode::Data(Data::Binary), frame)
    }
}
