//! What arrives on a socket: how much of the present message has, and the place that a large one takes.

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use plenary_shared::limits;
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
    io::{AsyncRead, AsyncWrite, ReadBuf, ReadHalf},
    sync::Semaphore,
    time::Instant,
};

use super::{
    abreast::{Abreast, lock},
    wire::Wire,
};
use crate::room::LargePlace;

/// Two bytes and a mask of four.
const CONTROL_FRAME_HEAD: usize = 6;

/// How much of the present message has arrived, and the place that a large one takes.
#[derive(Default)]
pub(super) struct Meter {
    bytes: AtomicUsize,
    place: Mutex<Option<LargePlace>>,
}

impl Meter {
    pub(super) fn is_within_a_message(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) > 0
    }

    /// A control frame is no part of the message.
    pub(super) fn pass_over(&self, payload: usize) {
        let frame = payload + CONTROL_FRAME_HEAD;
        let _ = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bytes| Some(bytes.saturating_sub(frame)));
    }

    /// The message is whole: the next is counted from nothing, and this one takes its place along.
    pub(super) fn finish(&self) -> Option<LargePlace> {
        if self.bytes.swap(0, Ordering::Relaxed) <= limits::SMALL_MESSAGE_BYTES {
            return None;
        }
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A connection that reads the rest of a large message only once a place for it is free, so that what unfinished messages
/// hold in memory stays bounded whatever peers claim.
pub(super) struct Metered {
    pub(super) io: ReadHalf<TokioIo<Upgraded>>,
    pub(super) wire: Arc<Wire>,
    pub(super) meter: Arc<Meter>,
    /// Places for large messages, among all and among the party's.
    pub(super) large: (Arc<Semaphore>, Arc<Semaphore>),
    /// The wait for one.
    pub(super) asking: Option<Pin<Box<dyn Future<Output = Option<LargePlace>> + Send>>>,
    /// Nobody listens meanwhile.
    pub(super) abreast: Arc<Mutex<Abreast>>,
}

impl Metered {
    fn poll_place(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut place = self.meter.place.lock().unwrap_or_else(PoisonError::into_inner);
        if place.is_some() {
            return Poll::Ready(Ok(()));
        }
        let (all, party) = self.large.clone();
        let asking = self.asking.get_or_insert_with(|| {
            lock(&self.abreast).pause(Instant::now());
            Box::pin(async move {
                let _party = party.acquire_owned().await.ok()?;
                Some(LargePlace { _party, _all: all.acquire_owned().await.ok()? })
            })
        });
        let Poll::Ready(taken) = asking.as_mut().poll(cx) else { return Poll::Pending };
        self.asking = None;
        lock(&self.abreast).listen(Instant::now());
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

/// What the session's own end of the protocol writes goes the way of all frames.
impl AsyncWrite for Metered {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.wire.poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.poll_shutdown(cx)
    }
}

impl Drop for Metered {
    fn drop(&mut self) {
        self.wire.end();
    }
}
