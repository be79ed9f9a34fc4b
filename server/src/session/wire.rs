//! The writing end of one socket. A frame is written by whoever has it, a room for the most part, as soon as there is one; what the
//! peer does not take at once waits here, and the session's own task sees to it.
//!
//! **Architecture invariant:** the peer gets whole frames, one behind the other, whoever writes them.

use bytes::{Buf, Bytes};
use futures_util::FutureExt;
use std::{
    collections::VecDeque,
    future::poll_fn,
    io::{self, IoSlice},
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};
use tokio::{io::AsyncWrite, sync::Notify, task::coop::unconstrained};
use tokio_tungstenite::tungstenite::protocol::frame::{FrameHeader, coding::OpCode};

/// Parts of frames that one call of the system takes.
const PARTS: usize = 32;

/// 512 B: a word edit with what stands around it, and more.
const SMALL_BYTES: usize = 512;

/// A peer's end of what is written.
pub(super) type Io = Box<dyn AsyncWrite + Send + Unpin>;

/// Frames on their way to one peer. Whoever writes never waits.
pub(super) struct Wire {
    out: Mutex<Out>,
    stalled: Notify,
}

struct Out {
    /// Nothing once the connection has ended.
    io: Option<Io>,
    /// What the peer has not taken yet: the end of a frame, and frames.
    rest: VecDeque<Bytes>,
    rest_bytes: usize,
    /// What was taken may stand in the buffers of the encryption.
    unflushed: bool,
    /// The session is about to say goodbye: nobody else says anything more.
    closing: bool,
}

impl Wire {
    /// A wire with nothing on it.
    pub(super) fn new(io: Io) -> Self {
        let out = Out { io: Some(io), rest: VecDeque::new(), rest_bytes: 0, unflushed: false, closing: false };
        Self { out: Mutex::new(out), stalled: Notify::new() }
    }

    /// No change can stop half-way, so what a panicking task leaves behind is whole.
    fn out(&self) -> MutexGuard<'_, Out> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a frame unless something waits or the connection has ended; `false`: it was not taken. What of it the peer does not
    /// take at once waits, and [`Wire::stalled`] returns.
    pub(super) fn write_at_once(&self, opcode: OpCode, payload: &Bytes) -> bool {
        let mut out = self.out();
        if !out.rest.is_empty() || out.unflushed || out.closing {
            return false;
        }
        // A writer that is not the session's task neither waits nor spends what the scheduler lets it do at a time.
        let taken = unconstrained(poll_fn(|cx| Poll::Ready(out.poll_frame(cx, opcode, payload)))).now_or_never();
        if !matches!(taken, Some(Poll::Ready(Ok(())))) {
            self.stalled.notify_one();
        }
        true
    }

    /// Puts a frame behind what waits. The session's task flushes it.
    pub(super) fn put(&self, opcode: OpCode, is_final: bool, payload: Bytes) {
        self.out().put_frame(opcode, is_final, payload);
    }

    /// From here on only the session's own end of the protocol writes.
    pub(super) fn close(&self) {
        self.out().closing = true;
    }

    /// Bytes that wait.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.out().rest_bytes
    }

    /// Returns when something waits that nobody is about to flush.
    pub(super) async fn stalled(&self) {
        self.stalled.notified().await;
    }

    /// Waits until the peer has taken all.
    ///
    /// # Errors
    /// The connection has ended.
    pub(super) async fn flush(&self) -> io::Result<()> {
        poll_fn(|cx| self.out().poll_flush(cx)).await
    }

    /// Takes whole frames from the session's own end of the protocol: answers to pings, and closing ones. It waits until there is
    /// nothing else, so that a peer that only asks has no more than one of them in memory.
    pub(super) fn poll_write(&self, cx: &mut Context<'_>, frames: &[u8]) -> Poll<io::Result<usize>> {
        let mut out = self.out();
        ready!(out.poll_flush(cx))?;
        out.put(Bytes::copy_from_slice(frames));
        match out.poll_flush(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(frames.len())),
        }
    }

    /// Waits until the peer has taken all.
    pub(super) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.out().poll_flush(cx)
    }

    /// Ends what is written, once the peer has taken all.
    pub(super) fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut out = self.out();
        ready!(out.poll_flush(cx))?;
        match &mut out.io {
            Some(io) => Pin::new(io).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    /// Lets go of the connection, whoever else still holds the wire.
    pub(super) fn end(&self) {
        let mut out = self.out();
        (out.io, out.rest, out.rest_bytes, out.closing) = (None, VecDeque::new(), 0, true);
    }
}

impl Out {
    fn put(&mut self, part: Bytes) {
        if !part.is_empty() {
            self.rest_bytes += part.len();
            self.rest.push_back(part);
        }
    }

    fn put_frame(&mut self, opcode: OpCode, is_final: bool, payload: Bytes) {
        let header = FrameHeader { is_final, opcode, ..FrameHeader::default() };
        let mut head = Vec::with_capacity(header.len(payload.len() as u64));
        // Writing to memory cannot fail.
        let _ = header.format(payload.len() as u64, &mut head);
        self.put(head.into());
        self.put(payload);
    }

    /// Writes a frame while nothing waits; what is not taken of it waits then. A small one goes out from one place, which costs the
    /// system less than two.
    fn poll_frame(&mut self, cx: &mut Context<'_>, opcode: OpCode, payload: &Bytes) -> Poll<io::Result<()>> {
        let mut small = [0; SMALL_BYTES];
        let header = FrameHeader { opcode, ..FrameHeader::default() };
        let head_bytes = header.len(payload.len() as u64);
        let (Some(io), Some(frame)) = (&mut self.io, small.get_mut(..head_bytes + payload.len())) else {
            self.put_frame(opcode, true, payload.clone());
            return self.poll_flush(cx);
        };
        // The header has the length that it says.
        let _ = header.format(payload.len() as u64, &mut &mut frame[..head_bytes]);
        frame[head_bytes..].copy_from_slice(payload);
        let taken = match Pin::new(io).poll_write(cx, frame) {
            Poll::Ready(taken) => taken?,
            Poll::Pending => 0,
        };
        self.unflushed = true;
        self.put(Bytes::copy_from_slice(&frame[taken..]));
        self.poll_flush(cx)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(io) = &mut self.io else { return Poll::Ready(Err(io::ErrorKind::NotConnected.into())) };
        while !self.rest.is_empty() {
            let mut parts = [IoSlice::new(&[]); PARTS];
            let count = self.rest.iter().zip(&mut parts).map(|(part, slice)| *slice = IoSlice::new(part)).count();
            let taken = ready!(Pin::new(&mut *io).poll_write_vectored(cx, &parts[..count]))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unflushed = true;
            self.rest_bytes -= taken;
            let mut taken = taken;
            while let Some(part) = self.rest.front_mut()
                && taken > 0
            {
                let some = taken.min(part.len());
                part.advance(some);
                taken -= some;
                if part.is_empty() {
                    self.rest.pop_front();
                }
            }
        }
        if self.unflushed {
            ready!(Pin::new(io).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, duplex};
    use tokio_tungstenite::tungstenite::protocol::frame::coding::Data;

    /// What a peer reads of these, one after the other by several writers, through a pipe of a few bytes.
    #[tokio::test]
    async fn frames_of_several_writers_arrive_whole_one_behind_the_other() {
        const EACH: usize = 200;
        let (server, mut peer) = duplex(7);
        let wire = Arc::new(Wire::new(Box::new(server)));
        let reading = tokio::spawn(async move {
            let mut all = Vec::new();
            peer.read_to_end(&mut all).await.unwrap();
            all
        });
        let room = tokio::spawn({
            let wire = wire.clone();
            async move {
                let mut taken = 0;
                while taken < EACH {
                    taken += usize::from(wire.write_at_once(OpCode::Data(Data::Binary), &Bytes::from_static(&[1; 20])));
                    tokio::task::yield_now().await;
                }
            }
        });
        for _ in 0..EACH {
            wire.stalled().await;
            wire.put(OpCode::Data(Data::Binary), true, Bytes::from_static(&[2; 20]));
            wire.flush().await.unwrap();
            poll_fn(|cx| wire.poll_write(cx, &[0x8a, 2, 3, 3])).await.unwrap();
            wire.flush().await.unwrap();
        }
        room.await.unwrap();
        wire.flush().await.unwrap();
        wire.end();
        let (all, mut counts) = (reading.await.unwrap(), [0; 4]);
        let mut rest = &all[..];
        while let [_, length, frame @ ..] = rest {
            let (payload, after) = frame.split_at(usize::from(*length));
            let kind = payload[0];
            assert!(
                payload.iter().all(|byte| *byte == kind) && payload.len() == [0, 20, 20, 2][usize::from(kind)],
                "{payload:?}"
            );
            counts[usize::from(kind)] += 1;
            rest = after;
        }
        assert_eq!(counts, [0, EACH, EACH, EACH]);
    }

    #[tokio::test]
    async fn who_is_closed_hears_nothing_more_from_others() {
        let (server, mut peer) = duplex(64);
        let wire = Wire::new(Box::new(server));
        assert!(wire.write_at_once(OpCode::Data(Data::Binary), &Bytes::from_static(b"a")));
        wire.close();
        assert!(!wire.write_at_once(OpCode::Data(Data::Binary), &Bytes::from_static(b"b")));
        wire.end();
        let mut all = Vec::new();
        peer.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, [0x82, 1, b'a']);
    }
}
