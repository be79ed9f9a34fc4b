//! What leaves a room: frames for sessions, records for those who follow the log.

use bytes::Bytes;
use plenary_shared::{
    id::DocAddress,
    log::record::{Digest, Record},
    wire::protocol,
};
use yrs::StateVector;

use super::{
    Room,
    effect::{Effect, SessionId},
    followers::Logged,
};
use crate::store::Seq;

/// What a session is told that is sent no answer.
const TOO_MUCH: &str = "too much waits to be read";

impl Room {
    pub(super) fn send(&mut self, session: SessionId, frame: Bytes) {
        if let Some(outbox) = self.outboxes.get(&session)
            && !outbox.push(frame.clone())
        {
            self.state.missed(session, frame);
        }
    }

    /// Answers a state vector.
    pub(super) fn answer(&mut self, session: SessionId, vector: StateVector, frame: Bytes) {
        let (counted, told) = (self.counted(session, frame), self.told());
        let Some(outbox) = self.outboxes.get(&session) else { return };
        let push = |frame| told.map_or_else(|| outbox.push(Bytes::clone(&frame)), |seq| outbox.tell(frame.clone(), seq, true));
        match counted.map(push) {
            None => outbox.close(protocol::CLOSE_LATER, TOO_MUCH),
            Some(true) => {}
            Some(false) => self.state.missed_sync(session, vector),
        }
    }

    pub(super) fn catch_up(&mut self, session: SessionId, effects: &mut Vec<Effect>) {
        let Some(frames) = self.state.catch_up(session, effects) else { return };
        let counted: Option<Vec<_>> = frames.into_iter().map(|frame| self.counted(session, frame)).collect();
        let told = self.told();
        let Some(outbox) = self.outboxes.get(&session) else { return };
        match counted {
            None => outbox.close(protocol::CLOSE_LATER, TOO_MUCH),
            Some(frames) => outbox.catch_up(frames, told),
        }
    }

    /// The record up to which all are told now. Of a layer nobody is asked how far it has read it: only its own party writes there.
    fn told(&mut self) -> Option<Seq> {
        matches!(self.address, DocAddress::Plan(..)).then(|| self.state.document().seq())
    }

    /// A frame, counted as on its way: for a session alone, or once for all if it is the whole document; `None` if too much of such
    /// waits to be read.
    fn counted(&mut self, session: SessionId, frame: Bytes) -> Option<Bytes> {
        if self.state.document().is_whole(&frame) {
            return self.around.answers.share(&mut self.whole, frame);
        }
        self.around.answers.count(self.state.member(session)?, frame)
    }

    pub(super) fn broadcast(&mut self, frame: &Bytes) {
        self.around.metrics.frames.add(self.outboxes.len() as u64);
        let told = self.told();
        for (session, outbox) in &self.outboxes {
            let is_put = told.map_or_else(|| outbox.push(frame.clone()), |seq| outbox.tell(frame.clone(), seq, false));
            if !is_put {
                self.state.missed(*session, frame.clone());
            }
        }
    }

    pub(super) fn tell_followers(&mut self, records: Vec<(Seq, Digest, Record)>) {
        self.around.note(&self.address, self.state.document());
        if self.followers.is_empty() {
            return;
        }
        for (seq, digest, record) in records {
            let logged = Logged::new(seq, digest, record);
            // Whoever is too slow is handed no more.
            self.followers.retain(|_, feed| feed.push(&logged));
        }
    }

    pub(super) fn close_all(&self, code: u16, reason: &'static str) {
        self.outboxes.values().for_each(|outbox| outbox.close(code, reason));
    }
}
