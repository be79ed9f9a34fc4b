//! What waits for one socket: bounded in bytes and frames, pushed by a room without waiting.

use bytes::Bytes;
use plenary_shared::limits;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

use crate::store::Seq;

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
    /// The last record of which all is among what was pushed.
    told: Option<Seq>,
    asking: Asking,
}

/// Whether the reader is to be asked how far it has read.
#[derive(Default, PartialEq, Eq, Clone, Copy)]
enum Asking {
    /// It was told of nothing since it was asked last.
    #[default]
    No,
    /// It was, and nobody knows of it.
    Due,
    /// Whoever waits on this outbox knows.
    Noted,
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
    /// Ask the reader before long how far it has read ([`Outbox::ask`]).
    Ask,
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
        self.put(&mut self.queue(), frame)
    }

    /// The same for what tells of the log up to a record: all of it, or what came behind what was told before.
    pub fn tell(&self, frame: Bytes, seq: Seq, is_all: bool) -> bool {
        let mut queue = self.queue();
        let is_put = self.put(&mut queue, frame);
        if is_put && (is_all || queue.told.is_some()) {
            self.told(&mut queue, seq);
        }
        is_put
    }

    fn told(&self, queue: &mut Queue, seq: Seq) {
        queue.told = Some(seq);
        if queue.asking == Asking::No {
            queue.asking = Asking::Due;
            self.changed.notify_one();
        }
    }

    /// The record up to which all was handed out that the reader is told; `None` while something waits. It is to be asked about this one
    /// now.
    pub fn ask(&self) -> Option<Seq> {
        let mut queue = self.queue();
        let told = queue.told.filter(|_| queue.frames.is_empty() && queue.lag == Lag::None)?;
        queue.asking = Asking::No;
        Some(told)
    }

    fn put(&self, queue: &mut Queue, frame: Bytes) -> bool {
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
        self.changed.notify_one();
        true
    }

    /// Catches the reader up with what it missed, up to a record of a log that it is told of; from here on frames are taken again.
    pub fn catch_up(&self, frames: impl IntoIterator<Item = Bytes>, told: Option<Seq>) {
        let mut queue = self.queue();
        queue.lag = Lag::None;
        for frame in frames {
            queue.bytes += frame.len();
            queue.frames.push_back(frame);
        }
        if let Some(seq) = told {
            self.told(&mut queue, seq);
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
        if queue.asking == Asking::Due {
            queue.asking = Asking::Noted;
            return Some(Next::Ask);
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
        outbox.catch_up([big.clone()], None);
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
    fn a_reader_is_asked_about_what_it_was_told_once_nothing_of_it_waits() {
        let (outbox, frame) = (Outbox::default(), Bytes::from_static(b"x"));
        outbox.tell(frame.clone(), 4, false);
        assert!(matches!(outbox.ready(), Some(Next::Frames(_))) && outbox.ready().is_none(), "it has not had what came before");
        outbox.tell(frame.clone(), 5, true);
        outbox.tell(frame.clone(), 6, false);
        assert_eq!(outbox.ask(), None, "they wait");
        assert!(matches!(outbox.ready(), Some(Next::Frames(_))) && matches!(outbox.ready(), Some(Next::Ask)));
        outbox.tell(frame.clone(), 7, false);
        assert!(matches!(outbox.ready(), Some(Next::Frames(_))) && outbox.ready().is_none(), "whoever asks knows already");
        assert_eq!(outbox.ask(), Some(7));
        outbox.tell(frame.clone(), 8, false);
        outbox.ready();
        assert!(matches!(outbox.ready(), Some(Next::Ask)));
        let big = Bytes::from(vec![0; limits::OUTBOX_BYTES_MAX]);
        assert!(outbox.push(big) && !outbox.tell(frame.clone(), 9, false));
        outbox.ready();
        assert_eq!(outbox.ask(), None, "it missed something");
        outbox.catch_up([frame], Some(9));
        outbox.ready();
        assert_eq!(outbox.ask(), Some(9));
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
