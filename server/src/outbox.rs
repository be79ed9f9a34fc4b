//! What waits for one socket: bounded in bytes and frames, pushed by a room without waiting.

use bytes::Bytes;
use plenary_shared::limits;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// Frames on their way to one socket.
#[derive(Default)]
pub struct Outbox {
    queue: Mutex<Queue>,
    changed: Notify,
    line: Option<Arc<dyn Line>>,
}

/// What takes frames without being asked to wait.
pub trait Line: Send + Sync {
    /// Takes a frame, or answers `false` and has done nothing.
    fn write_at_once(&self, frame: &Bytes) -> bool;
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<Bytes>,
    bytes: usize,
    /// Frames were handed out and may not be sent yet.
    sending: bool,
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
    /// What can be written at once does not wait here.
    pub fn over(line: Arc<dyn Line>) -> Self {
        Self { line: Some(line), ..Self::default() }
    }

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
        if let Some(line) = &self.line
            && queue.is_idle()
            && line.write_at_once(&frame)
        {
            return true;
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
        queue.sending = !queue.frames.is_empty();
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

impl Queue {
    /// Nothing waits or is being sent that comes before what is pushed now.
    fn is_idle(&self) -> bool {
        self.frames.is_empty() && !self.sending && self.close.is_none()
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
        outbox.catch_up([big.clone()]);
        assert!(matches!(outbox.ready(), Some(Next::Frames(frames)) if frames == [big]), "what was missed");
        assert!(outbox.push(Bytes::from_static(b"y")));
        assert!(matches!(outbox.ready(), Some(Next::Frames(frames)) if frames == [Bytes::from_static(b"y")]));
    }

    /// Takes what it is given, once it is open.
    #[derive(Default)]
    struct Straight(Mutex<(bool, Vec<Bytes>)>);

    impl Line for Straight {
        fn write_at_once(&self, frame: &Bytes) -> bool {
            let (open, taken) = &mut *self.0.lock().unwrap();
            if *open {
                taken.push(frame.clone());
            }
            *open
        }
    }

    #[test]
    fn nothing_goes_straight_that_would_overtake_what_waits_or_is_being_sent() {
        let line = Arc::new(Straight::default());
        let outbox = Outbox::over(line.clone());
        let taken = || line.0.lock().unwrap().1.iter().map(|frame| frame[0]).collect::<Vec<_>>();
        outbox.push(Bytes::from_static(b"1"));
        line.0.lock().unwrap().0 = true;
        outbox.push(Bytes::from_static(b"2"));
        assert!(matches!(outbox.ready(), Some(Next::Frames(frames)) if frames.len() == 2));
        outbox.push(Bytes::from_static(b"3"));
        assert!(
            matches!(outbox.ready(), Some(Next::Frames(frames)) if frames.len() == 1),
            "while others are being sent it waits"
        );
        assert!(outbox.ready().is_none() && taken().is_empty());
        outbox.push(Bytes::from_static(b"4"));
        assert_eq!((taken(), outbox.ready().is_none()), (vec![b'4'], true));
        outbox.close(1012, "restart");
        outbox.push(Bytes::from_static(b"5"));
        assert_eq!(taken(), [b'4'], "nothing goes straight past a close");
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
