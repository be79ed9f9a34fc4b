//! What waits for one socket: bounded in bytes and frames, pushed by a room without waiting.

use bytes::Bytes;
use plenary_shared::limits;
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// Frames on their way to one socket.
#[derive(Default)]
pub struct Outbox {
    queue: Mutex<Queue>,
    changed: Notify,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<Bytes>,
    bytes: usize,
    lag: Lag,
    close: Option<Close>,
}

/// How a reader stands that was too slow for the frames that came.
#[derive(Default, PartialEq, Eq, Clone, Copy)]
enum Lag {
    /// It keeps up.
    #[default]
    None,
    /// Frames were left out since.
    Behind,
    /// It has read all that waited and asked to be caught up.
    Asked,
}

/// Why a socket is to be closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Close {
    /// The WebSocket close code.
    pub code: u16,
    /// A few words for the peer.
    pub reason: &'static str,
}

/// What a socket does next.
pub enum Next {
    /// Send these, in order.
    Frames(VecDeque<Bytes>),
    /// All that waited is sent, and frames were left out: ask the room to be caught up.
    AskToCatchUp,
    /// Close.
    Close(Close),
}

impl Outbox {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a frame behind the others. `false`: too much waits, the frame is left out and so will all be until the reader is
    /// caught up; nothing is dropped in silence.
    pub fn push(&self, frame: Bytes) -> bool {
        let mut queue = self.queue();
        if queue.lag != Lag::None {
            return false;
        }
        let full = queue.bytes + frame.len() > limits::OUTBOX_BYTES_MAX || queue.frames.len() >= limits::OUTBOX_FRAMES_MAX;
        // A single frame may be larger than the bound: a whole document is.
        if full && !queue.frames.is_empty() {
            queue.lag = Lag::Behind;
            return false;
        }
        queue.bytes += frame.len();
        queue.frames.push_back(frame);
        drop(queue);
        self.changed.notify_one();
        true
    }

    /// Catches the reader up with what it missed; from here on frames are taken again.
    pub fn catch_up(&self, frames: impl IntoIterator<Item = Bytes>) {
        let mut queue = self.queue();
        queue.lag = Lag::None;
        for frame in frames {
            queue.bytes += frame.len();
            queue.frames.push_back(frame);
        }
        drop(queue);
        self.changed.notify_one();
    }

    /// Has the socket closed after what waits is sent; the first reason given counts.
    pub fn close(&self, code: u16, reason: &'static str) {
        self.queue().close.get_or_insert(Close { code, reason });
        self.changed.notify_one();
    }

    /// Waits for something to do. Only one task waits on an outbox.
    pub async fn next(&self) -> Next {
        loop {
            let changed = self.changed.notified();
            if let Some(next) = self.ready() {
                return next;
            }
            changed.await;
        }
    }

    fn ready(&self) -> Option<Next> {
        let mut queue = self.queue();
        if !queue.frames.is_empty() {
            queue.bytes = 0;
            return Some(Next::Frames(std::mem::take(&mut queue.frames)));
        }
        if let Some(close) = queue.close {
            return Some(Next::Close(close));
        }
        if queue.lag == Lag::Behind {
            queue.lag = Lag::Asked;
            return Some(Next::AskToCatchUp);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_reader_is_caught_up_and_misses_nothing_in_silence() {
        let outbox = Outbox::default();
        let big = Bytes::from(vec![0; limits::OUTBOX_BYTES_MAX]);
        assert!(outbox.push(big.clone()) && !outbox.push(big.clone()) && !outbox.push(Bytes::from_static(b"x")));
        assert!(matches!(outbox.ready(), Some(Next::Frames(frames)) if frames.len() == 1));
        assert!(matches!(outbox.ready(), Some(Next::AskToCatchUp)));
        assert!(outbox.ready().is_none(), "asks once");
        assert!(!outbox.push(Bytes::from_static(b"x")));
        outbox.catch_up([big]);
        assert!(outbox.push(Bytes::new()) || outbox.ready().is_some());
    }

    #[test]
    fn what_waits_is_sent_before_the_close() {
        let outbox = Outbox::default();
        outbox.push(Bytes::from_static(b"last"));
        outbox.close(1012, "restart");
        outbox.close(4404, "later");
        assert!(matches!(outbox.ready(), Some(Next::Frames(_))));
        assert!(matches!(outbox.ready(), Some(Next::Close(Close { code: 1012, .. }))));
    }
}
