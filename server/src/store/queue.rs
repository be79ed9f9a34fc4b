//! What waits for the committer.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use plenary_shared::limits;
use tokio::sync::oneshot;

use super::{Part, Seq, StoreError};

/// 128 MiB: what may wait to be written; four of the largest batches and a large record for each of four more rooms.
const QUEUE_BYTES_MAX: usize = 128 << 20;
/// 8 MiB: what one commit takes, so that none lasts long.
const COMMIT_BYTES_MAX: usize = 8 << 20;
/// What an append weighs beside its records' bytes.
const APPEND_BYTES: usize = 256;

/// An append that waits.
pub(super) struct Append {
    /// The records of each document. They are never parted: what one append holds goes into one commit.
    pub(super) parts: Vec<Part>,
    pub(super) answer: Answer,
}

/// The way back to whoever appends.
pub(super) type Answer = oneshot::Sender<Result<Vec<Seq>, StoreError>>;

/// What the committer is to do next.
pub(super) enum Taken {
    /// Commit these.
    Appends(Vec<Append>),
    /// Nothing came in time.
    Nothing,
    /// The queue is closed and empty.
    Closed,
}

impl Append {
    fn weight(&self) -> usize {
        let records = self.parts.iter().flat_map(|(_, _, records)| records);
        APPEND_BYTES * self.parts.len().max(1) + records.map(|record| APPEND_BYTES / 8 + record.len()).sum::<usize>()
    }
}

/// A bounded queue with one taker.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<Inner>,
    filled: Condvar,
}

#[derive(Default)]
struct Inner {
    waiting: VecDeque<Append>,
    bytes: usize,
    /// The committer waits for the first append.
    idle: bool,
    closed: bool,
}

impl Queue {
    /// Adds an append, or says why not.
    pub(super) fn push(&self, append: Append) -> Result<(), StoreError> {
        let mut state = self.state();
        let weight = append.weight();
        if state.closed {
            return Err(StoreError::Closed);
        }
        if state.bytes + weight > QUEUE_BYTES_MAX {
            return Err(StoreError::Busy { waiting: state.waiting.len() });
        }
        state.bytes += weight;
        state.waiting.push_back(append);
        // Only a committer that waits is woken: a waking costs more than an append.
        if std::mem::take(&mut state.idle) {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Waits for appends, if `patience` is given no longer than that, and takes what fits into one commit.
    pub(super) fn take(&self, patience: Option<Duration>) -> Taken {
        let mut state = self.state();
        let until = patience.map(|patience| Instant::now() + patience);
        while state.waiting.is_empty() && !state.closed {
            state.idle = true;
            state = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                None => self.filled.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => return Taken::Nothing,
                Some(wait) => self.filled.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        if state.waiting.is_empty() { Taken::Closed } else { Taken::Appends(state.take_some()) }
    }

    /// Takes no more appends; what waits is still handed out.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_one();
    }

    /// Whether it takes no more.
    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Takes no more appends and tells those who wait that the store is closed: nothing of what waits was written.
    pub(super) fn abandon(&self) {
        let mut state = self.state();
        state.closed = true;
        state.bytes = 0;
        for append in state.waiting.drain(..) {
            // Whoever no longer waits for the answer does not need it.
            let _ = append.answer.send(Err(StoreError::Closed));
        }
    }

    /// No change can stop half-way, so what a panicking thread leaves behind is whole.
    fn state(&self) -> MutexGuard<'_, Inner> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn take_some(&mut self) -> Vec<Append> {
        let mut bytes = 0;
        let fitting = self.waiting.iter().take_while(|append| {
            bytes += append.weight();
            bytes <= COMMIT_BYTES_MAX
        });
        let taken: Vec<Append> = self.waiting.drain(..fitting.count().max(1).min(self.waiting.len())).collect();
        self.bytes -= taken.iter().map(Append::weight).sum::<usize>();
        taken
    }
}

const _: () = assert!(super::RECORD_BYTES_MAX + limits::BATCH_BYTES_MAX < QUEUE_BYTES_MAX);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_when_the_queue_is_abandoned_hears_that_nothing_was_kept() {
        let queue = Queue::default();
        let (answer, mut answered) = oneshot::channel();
        queue.push(Append { parts: Vec::new(), answer }).unwrap();
        queue.abandon();
        assert!(matches!(answered.try_recv(), Ok(Err(StoreError::Closed))));
        let late = queue.push(Append { parts: Vec::new(), answer: oneshot::channel().0 });
        assert!(matches!(late, Err(StoreError::Closed)));
    }
}
