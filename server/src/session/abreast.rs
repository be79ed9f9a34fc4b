//! How far a client has read. Behind what is sent to it goes a ping that says which record that was, and whoever answers it has read so
//! far: a connection that is silent for a while, or that delays what it carries, keeps the server from taking what is typed there for
//! typed by somebody who had seen the rest.
//!
//! What counts is the time that the server listens: while it waits for something of its own before it reads on, a client's answer lies
//! unread, and its silence is the server's.
//!
//! No clock here: the time is an argument.

use plenary_shared::{limits, log::record::Branch};
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

use crate::{room::rests::Rests, store::Seq};

/// So many questions are open at most: who answers none of them for two minutes is asked no more until it answers one.
const ASKED_MAX: usize = 64;

/// How far a client has read, as far as it said.
#[derive(Default)]
pub(super) struct Abreast {
    /// The records that it was asked about and has not answered, and how long the server had listened then.
    asked: VecDeque<(Seq, Duration)>,
    answered: Option<Seq>,
    /// How long the server has listened, and since when it does again.
    listened: Duration,
    listens: Option<Instant>,
    /// What it writes while it is behind.
    stay: Option<Branch>,
}

impl Abreast {
    /// The server waits for nothing but what the client sends.
    pub fn listen(&mut self, now: Instant) {
        self.listened = self.listened(now);
        self.listens = Some(now);
    }

    /// It does something else first.
    pub fn pause(&mut self, now: Instant) {
        self.listened = self.listened(now);
        self.listens = None;
    }

    fn listened(&self, now: Instant) -> Duration {
        self.listened + self.listens.map_or(Duration::ZERO, |since| now.duration_since(since))
    }

    /// Asks whether it has read all up to a record: with these bytes, unless too much is open.
    pub fn ask(&mut self, place: Seq, now: Instant) -> Option<[u8; size_of::<Seq>()]> {
        if self.asked.len() >= ASKED_MAX {
            return None;
        }
        self.asked.push_back((place, self.listened(now)));
        Some(place.to_be_bytes())
    }

    /// It answers. What answers no question is passed over.
    pub fn answer(&mut self, payload: &[u8]) {
        let Ok(place) = payload.try_into().map(Seq::from_be_bytes) else { return };
        let Some(at) = self.asked.iter().rposition(|(asked, _)| *asked == place) else { return };
        self.asked.drain(..=at);
        self.answered = Some(place);
    }

    /// What it writes now rests on; nothing if it is together with the others: it has answered what it was asked a while ago. `branch` is
    /// asked for the name of a new stay.
    pub fn rests(&mut self, now: Instant, branch: impl FnOnce() -> Branch) -> Option<Rests> {
        let listened = self.listened(now);
        let is_behind = self.asked.front().is_some_and(|(_, asked)| listened.saturating_sub(*asked) > limits::TOGETHER);
        let Some(seen) = self.answered.filter(|_| is_behind) else {
            self.stay = None;
            return None;
        };
        Some(Rests { seen, branch: *self.stay.get_or_insert_with(branch) })
    }
}

/// For whom one end of a session reads and the other asks.
pub(super) fn lock(abreast: &Mutex<Abreast>) -> MutexGuard<'_, Abreast> {
    abreast.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAY: fn() -> Branch = || Branch([7; 8]);

    /// A client that the server listens to since this moment.
    fn listening() -> (Abreast, Instant) {
        let (mut client, began) = (Abreast::default(), Instant::now());
        client.listen(began);
        (client, began)
    }

    #[test]
    fn who_answers_in_time_is_together_with_the_others_and_who_does_not_rests_on_what_it_answered_last() {
        let (mut client, began) = listening();
        let at = |s: u64| began + Duration::from_secs(s);
        let ping = client.ask(10, at(0)).unwrap();
        client.answer(&ping);
        assert_eq!(client.rests(at(60), STAY), None, "nothing was sent to it since");
        let later = client.ask(11, at(60)).unwrap();
        assert_eq!(client.rests(at(65), STAY), None, "it may yet answer");
        client.ask(12, at(62));
        let behind = Some(Rests { seen: 10, branch: STAY() });
        assert_eq!(client.rests(at(66), STAY), behind);
        assert_eq!(client.rests(at(70), || Branch([8; 8])), behind, "one stay until it answers");
        client.answer(&later);
        assert_eq!(client.rests(at(71), STAY), Some(Rests { seen: 11, branch: STAY() }), "so far it has read");
        client.answer(&12_u64.to_be_bytes());
        assert_eq!(client.rests(at(72), STAY), None);
        client.ask(13, at(80));
        assert_eq!(client.rests(at(90), || Branch([9; 8])), Some(Rests { seen: 12, branch: Branch([9; 8]) }), "another stay");
    }

    #[test]
    fn while_the_server_reads_nothing_of_it_a_client_is_not_silent() {
        let (mut client, began) = listening();
        let at = |s: u64| began + Duration::from_secs(s);
        let first = client.ask(10, at(0)).unwrap();
        client.answer(&first);
        client.ask(11, at(10));
        client.pause(at(12));
        client.ask(12, at(14));
        assert_eq!(client.rests(at(200), STAY), None, "the server waits for something of its own");
        client.listen(at(200));
        assert_eq!(client.rests(at(203), STAY), None, "it has listened for five seconds");
        client.pause(at(203));
        client.listen(at(300));
        assert_eq!(
            client.rests(at(301), STAY),
            Some(Rests { seen: 10, branch: STAY() }),
            "and for one more, in which nothing came"
        );
        client.answer(&11_u64.to_be_bytes());
        assert_eq!(client.rests(at(301), STAY), None, "the next question came later");
        assert_eq!(client.rests(at(303), STAY), Some(Rests { seen: 11, branch: STAY() }));
    }

    #[test]
    fn what_answers_nothing_that_was_asked_is_passed_over() {
        let (mut client, began) = listening();
        client.ask(10, began);
        client.answer(&10_u64.to_be_bytes());
        client.ask(20, began);
        for payload in [&b""[..], b"x", &10_u64.to_be_bytes(), &21_u64.to_be_bytes(), &u64::MAX.to_be_bytes(), &[0; 9]] {
            client.answer(payload);
        }
        let later = began + Duration::from_secs(60);
        assert_eq!(client.rests(later, STAY).map(|rests| rests.seen), Some(10));
    }

    #[test]
    fn who_never_answers_is_asked_so_often_and_no_more() {
        let (mut client, began) = listening();
        let asked = (0..1_000).take_while(|place| client.ask(*place, began).is_some()).count();
        assert_eq!(asked, ASKED_MAX);
        client.answer(&5_u64.to_be_bytes());
        assert!(client.ask(1_000, began).is_some());
    }
}
