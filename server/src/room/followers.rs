//! Those who follow a document's log: each is handed the records as they come to hold, and never waited for.

use bytes::Bytes;
use plenary_shared::{
    limits,
    log::record::{Digest, Record},
};
use std::sync::{Arc, OnceLock};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::store::Seq;

/// A record that came to hold.
pub struct Logged {
    /// Its place in the log.
    pub seq: Seq,
    /// The chain's digest there.
    pub digest: Digest,
    /// The record.
    pub record: Record,
    told: OnceLock<Bytes>,
}

impl Logged {
    /// A record, to be handed to all who follow.
    pub fn new(seq: Seq, digest: Digest, record: Record) -> Arc<Self> {
        Arc::new(Self { seq, digest, record, told: OnceLock::new() })
    }

    /// How it is told, made by the first who tells it: there is one way.
    pub fn told(&self, tell: impl FnOnce(&Self) -> Bytes) -> Bytes {
        self.told.get_or_init(|| tell(self)).clone()
    }
}

/// The room's end of what one follower has yet to take: bounded in records and in bytes.
#[derive(Clone)]
pub struct Feed {
    records: mpsc::Sender<(Arc<Logged>, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
}

/// The follower's end.
pub struct Following(mpsc::Receiver<(Arc<Logged>, OwnedSemaphorePermit)>);

/// Both ends.
pub fn follow() -> (Feed, Following) {
    let (records, following) = mpsc::channel(limits::OUTBOX_FRAMES_MAX);
    (Feed { records, room: Arc::new(Semaphore::new(limits::OUTBOX_BYTES_MAX)) }, Following(following))
}

impl Feed {
    /// Hands a record on. `false`: the follower is gone, or too slow to be told without a gap. It is handed no more, and takes what waits.
    pub fn push(&self, record: &Arc<Logged>) -> bool {
        // A single record may be larger than the bound.
        let bytes = record.record.update.len().min(limits::OUTBOX_BYTES_MAX);
        let room = self.room.clone().try_acquire_many_owned(u32::try_from(bytes).unwrap_or(u32::MAX));
        room.is_ok_and(|room| self.records.try_send((record.clone(), room)).is_ok())
    }

    /// Whether nobody follows any more.
    pub fn is_over(&self) -> bool {
        self.records.is_closed()
    }
}

impl Following {
    /// The next record; `None` if no more come: the room ended, or handed on faster than they were taken.
    pub async fn next(&mut self) -> Option<Arc<Logged>> {
        self.0.recv().await.map(|(record, _)| record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plenary_shared::{
        log::record::{Moment, Provenance, Right},
        people::Author,
    };

    fn logged(seq: Seq, bytes: usize) -> Arc<Logged> {
        let author = Author { party: "arv".parse().unwrap(), member: "arv-1".parse().unwrap() };
        let record = Provenance::live(author, Right::Draft).record(seq, Moment::default(), vec![0; bytes].into());
        Logged::new(seq, [0; 32].into(), record)
    }

    #[tokio::test]
    async fn a_follower_that_is_too_slow_takes_what_waits_and_is_told_no_more() {
        for (bytes, fit) in [(limits::OUTBOX_BYTES_MAX / 2, 2), (2 * limits::OUTBOX_BYTES_MAX, 1), (1, limits::OUTBOX_FRAMES_MAX)]
        {
            let (feed, mut following) = follow();
            let pushed = (1..).take_while(|seq| feed.push(&logged(*seq, bytes))).count();
            assert_eq!(pushed, fit);
            for seq in 1..=fit as Seq {
                assert_eq!(following.next().await.unwrap().seq, seq);
            }
            assert!(feed.push(&logged(9, bytes)), "what was taken waits no more");
            drop(feed);
            assert_eq!(following.next().await.unwrap().seq, 9);
            assert!(following.next().await.is_none());
        }
    }

    #[tokio::test]
    async fn a_record_is_made_a_line_of_once_for_all() {
        let record = logged(1, 1);
        let line = record.told(|_| Bytes::from_static(b"line"));
        assert_eq!(record.told(|_| unreachable!("it is there")), line);
    }
}
