//! One socket: reader, writer, deadlines. A session never sees a document: it knows frames and its rights.

use bytes::Bytes;
use futures_util::{
    Sink, SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use plenary_shared::{id::DocAddress, limits, protocol};
use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    sync::{Semaphore, watch},
    time::{Instant, sleep_until, timeout, timeout_at},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        protocol::{
            CloseFrame, Role, WebSocketConfig,
            frame::{
                Frame,
                coding::{Data, OpCode},
            },
        },
    },
};

use crate::{
    auth::SecretDigest,
    outbox::{Close, Next, Outbox},
    registry::{Registry, Rights},
    room::{Command, Place, SessionId},
    rooms::{Inbox, RoomError, Rooms},
};

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
    /// Where rights come from.
    pub registry: Arc<Registry>,
    /// Where the document lives.
    pub rooms: Arc<Rooms>,
    /// Places for large messages, among all and among the party's.
    pub large: (Arc<Semaphore>, Arc<Semaphore>),
}

const GONE: Close = Close { code: protocol::CLOSE_GONE, reason: "not found" };

type Socket = WebSocketStream<Metered>;

impl Session {
    /// Serves an upgraded connection until it ends.
    pub async fn run(self, upgraded: Upgraded) {
        let meter = Arc::new(Meter::default());
        let config = WebSocketConfig::default()
            .read_buffer_size(4096)
            .write_buffer_size(0)
            .max_write_buffer_size(usize::MAX)
            .max_message_size(Some(limits::MESSAGE_BYTES_MAX))
            .max_frame_size(Some(limits::MESSAGE_BYTES_MAX));
        let metered = Metered { io: TokioIo::new(upgraded), meter: meter.clone(), large: self.large.clone(), asking: None };
        let socket = WebSocketStream::from_raw_socket(metered, Role::Server, Some(config)).await;
        let (mut sink, mut stream) = socket.split();
        let outbox = Arc::new(Outbox::default());
        let join =
            |joined| Command::Join { session: self.id, member: self.rights.member.clone(), outbox: outbox.clone(), joined };
        let close = match self.rooms.ask(&self.address, join).await {
            Ok((inbox, ())) => {
                let talk = async {
                    tokio::select! {
                        close = self.read(&mut stream, &meter, &inbox) => close,
                        close = self.write(&mut sink, &outbox, &inbox) => close,
                    }
                };
                // Rights come first, whatever else there is to do.
                let close = tokio::select! {
                    biased;
                    close = self.watch_rights() => close,
                    close = talk => close,
                };
                let _ = inbox.send(Command::Leave { session: self.id }).await;
                close
            }
            Err(RoomError::Full) => Some(Close { code: protocol::CLOSE_LATER, reason: "too many documents are open" }),
            Err(_) => Some(Close { code: protocol::CLOSE_LATER, reason: "the document is not available now" }),
        };
        let farewell = async {
            if let Some(Close { code, reason }) = close {
                let frame = CloseFrame { code: code.into(), reason: reason.into() };
                sink.send(Message::Close(Some(frame))).await?;
            }
            sink.close().await
        };
        let _ = timeout(limits::LINGER, farewell).await;
        // What the peer still sends is read and forgotten for a moment: a connection that is dropped with unread bytes is reset,
        // and the peer never learns why it was closed.
        if let (Some(_), Ok(socket)) = (close, sink.reunite(stream)) {
            let rest = &mut socket.into_inner().io.take(limits::MESSAGE_BYTES_MAX as u64);
            let _ = timeout(limits::LINGER, tokio::io::copy(rest, &mut tokio::io::sink())).await;
        }
    }

    async fn read(&self, stream: &mut SplitStream<Socket>, meter: &Meter, inbox: &Inbox) -> Option<Close> {
        let refused = |reason| Some(Close { code: protocol::CLOSE_REFUSED, reason });
        let version = self.registry.version();
        let (mut seen, mut write) = (*version.borrow(), self.rights.write);
        let (mut step_1, mut unfinished) = (Instant::now(), None);
        loop {
            let message = match next(stream, meter, &mut unfinished).await {
                Some(Ok(Message::Binary(frame))) => frame,
                Some(Ok(Message::Text(_))) => return refused("text frames are not spoken here: send binary ones"),
                Some(Ok(Message::Ping(payload) | Message::Pong(payload))) => {
                    meter.pass_over(payload.len());
                    continue;
                }
                Some(Ok(Message::Frame(_))) => continue,
                Some(Err(Error::Capacity(_))) => return refused("the message is too large"),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
            };
            // A right is checked for every message; it is looked up again only when the registry has moved.
            let now = *version.borrow();
            if now != seen {
                let Some(rights) = self.registry.rights(&self.token, &self.address) else { return Some(GONE) };
                (write, seen) = (rights.write, now);
            }
            let Ok(message) = protocol::ClientMessage::decode(&message) else { return refused("not a y-websocket message") };
            if matches!(message, protocol::ClientMessage::SyncStep1(_)) {
                // Each may cost an encoding of the whole document: they come at a pace.
                sleep_until(step_1).await;
                step_1 = Instant::now() + limits::SYNC_STEP_1_EVERY;
            }
            let command = Command::Message { session: self.id, message, write, place: meter.finish() };
            if inbox.send(command).await.is_err() {
                return Some(Close { code: protocol::CLOSE_LATER, reason: "the document is not available now" });
            }
        }
    }

    async fn write(&self, sink: &mut SplitSink<Socket, Message>, outbox: &Outbox, inbox: &Inbox) -> Option<Close> {
        let version = self.registry.version();
        let mut seen = None;
        let mut ping = Instant::now() + limits::PING;
        loop {
            if let Err(close) = ping_if_due(sink, &mut ping).await {
                return close;
            }
            match timeout_at(ping, outbox.next()).await {
                Err(_) => {}
                Ok(Next::Frames(frames)) => {
                    // What was written after a right was taken away is never shown to who had it: such frames come here after
                    // the registry has moved, and they are taken before it is looked at.
                    let now = Some(*version.borrow());
                    if now != seen && self.registry.rights(&self.token, &self.address).is_none() {
                        return Some(GONE);
                    }
                    seen = now;
                    for frame in frames {
                        if let Err(close) = send(sink, frame, &mut ping).await {
                            return close;
                        }
                    }
                }
                Ok(Next::AskToCatchUp) => inbox.send(Command::CatchUp { session: self.id }).await.ok()?,
                Ok(Next::Close(close)) => return Some(close),
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

/// The next message. A quiet peer has [`limits::IDLE`], one in the middle of a message [`limits::MESSAGE`] in all, whatever
/// control frames it sends in between.
async fn next(
    stream: &mut SplitStream<Socket>,
    meter: &Meter,
    unfinished: &mut Option<Instant>,
) -> Option<Result<Message, Error>> {
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

/// Sends one message, in pieces each of which the peer must take in time. So no slow reader keeps a copy of more than a piece, nor a
/// large answer for ever. A ping goes between them when it is due: whoever reads on is not taken for one who is gone.
async fn send(
    sink: &mut (impl Sink<Message, Error = Error> + Unpin),
    mut rest: Bytes,
    ping: &mut Instant,
) -> Result<(), Option<Close>> {
    let mut data = Data::Binary;
    loop {
        let piece = rest.split_to(rest.len().min(limits::WRITE_PIECE_BYTES));
        write(sink, Message::Frame(Frame::message(piece, OpCode::Data(data), rest.is_empty()))).await?;
        if rest.is_empty() {
            return Ok(());
        }
        data = Data::Continue;
        ping_if_due(sink, ping).await?;
    }
}

async fn ping_if_due(sink: &mut (impl Sink<Message, Error = Error> + Unpin), ping: &mut Instant) -> Result<(), Option<Close>> {
    if Instant::now() < *ping {
        return Ok(());
    }
    *ping = Instant::now() + limits::PING;
    write(sink, Message::Ping(Bytes::new())).await
}

async fn write(sink: &mut (impl Sink<Message, Error = Error> + Unpin), message: Message) -> Result<(), Option<Close>> {
    match timeout(limits::WRITE, sink.send(message)).await {
        Ok(sent) => sent.map_err(|_| None),
        Err(_) => Err(Some(Close { code: protocol::CLOSE_LATER, reason: "too slow" })),
    }
}

/// Two bytes and a mask of four.
const CONTROL_FRAME_HEAD: usize = 6;

/// How much of the present message has arrived, and the place that a large one takes.
#[derive(Default)]
struct Meter {
    bytes: AtomicUsize,
    place: Mutex<Option<Place>>,
}

impl Meter {
    fn is_within_a_message(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) > 0
    }

    /// A control frame is no part of the message.
    fn pass_over(&self, payload: usize) {
        let frame = payload + CONTROL_FRAME_HEAD;
        let _ = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bytes| Some(bytes.saturating_sub(frame)));
    }

    /// The message is whole: the next is counted from nothing, and this one takes its place along.
    fn finish(&self) -> Option<Place> {
        if self.bytes.swap(0, Ordering::Relaxed) <= limits::SMALL_MESSAGE_BYTES {
            return None;
        }
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A connection that reads the rest of a large message only once a place for it is free, so that what unfinished messages
/// hold in memory stays bounded whatever peers claim.
struct Metered {
    io: TokioIo<Upgraded>,
    meter: Arc<Meter>,
    large: (Arc<Semaphore>, Arc<Semaphore>),
    asking: Option<Pin<Box<dyn Future<Output = Option<Place>> + Send>>>,
}

impl Metered {
    fn poll_place(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut place = self.meter.place.lock().unwrap_or_else(PoisonError::into_inner);
        if place.is_some() {
            return Poll::Ready(Ok(()));
        }
        let (all, party) = self.large.clone();
        let asking = self.asking.get_or_insert_with(|| {
            Box::pin(async move {
                let _party = party.acquire_owned().await.ok()?;
                Some(Place { _party, _all: all.acquire_owned().await.ok()? })
            })
        });
        let Poll::Ready(taken) = asking.as_mut().poll(cx) else { return Poll::Pending };
        self.asking = None;
        *place = taken;
        if place.is_some() { Poll::Ready(Ok(())) } else { Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())) }
    }
}

impl AsyncRead for Metered {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.meter.bytes.load(Ordering::Relaxed) > limits::SMALL_MESSAGE_BYTES {
            match self.poll_place(cx) {
                Poll::Ready(Ok(())) => {}
                other => return other,
            }
        }
        let before = buf.filled().len();
        let result = Pin::new(&mut self.io).poll_read(cx, buf);
        self.meter.bytes.fetch_add(buf.filled().len() - before, Ordering::Relaxed);
        result
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::{DuplexStream, duplex};
    use tokio_tungstenite::tungstenite::protocol::frame::coding::Control;

    /// Sends a message to a peer that takes so many bytes every 29 s; answers how it ended, and what the peer took.
    async fn sent(bytes: usize, taken: usize) -> (Result<(), Option<Close>>, Vec<u8>) {
        let (server, mut peer): (DuplexStream, _) = duplex(1_024);
        let config = WebSocketConfig::default().write_buffer_size(0).max_write_buffer_size(usize::MAX);
        let reading = tokio::spawn(async move {
            let (mut buffer, mut all) = (vec![0; taken], Vec::new());
            while peer.read_exact(&mut buffer).await.is_ok() {
                all.extend(&buffer);
                tokio::time::sleep(Duration::from_secs(29)).await;
            }
            all
        });
        let mut socket = WebSocketStream::from_raw_socket(server, Role::Server, Some(config)).await;
        let sent = send(&mut socket, vec![0; bytes].into(), &mut (Instant::now() + limits::PING)).await;
        drop(socket);
        (sent, reading.await.unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_a_byte_now_and_then_is_closed_in_the_end_and_who_is_only_slow_is_not() {
        let (ended, taken) = sent(1 << 20, 1).await;
        // What was under way when it was closed it may read yet.
        let taken = taken.len();
        assert!(matches!(ended, Err(Some(Close { code: protocol::CLOSE_LATER, .. }))) && taken < 2_000, "{ended:?}, {taken}");
        let (ended, taken) = sent(1 << 20, limits::WRITE_PIECE_BYTES).await;
        // All else are zeros, and heads without such a byte.
        let pings = taken.iter().filter(|byte| **byte == 0x80 | u8::from(OpCode::Control(Control::Ping))).count();
        assert!(ended.is_ok() && taken.len() == 1 << 20 && pings >= 3, "{ended:?}, {}, {pings}", taken.len());
    }
}
