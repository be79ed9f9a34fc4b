//! Whose a client id is that nobody has written under: its party's whose session announced it. Else whoever hears of it by presence could
//! write under it first, and what its author writes apart would be refused.

use plenary_shared::{id::PartyId, limits, people::Author};
use std::collections::HashMap;

/// The client ids that sessions announced in a document.
#[derive(Default)]
pub struct Announced(HashMap<u64, Announcement>);

struct Announcement {
    by: Author,
    at_ms: u64,
}

impl Announcement {
    fn holds(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.at_ms) < limits::ANNOUNCED.as_millis() as u64
    }
}

impl Announced {
    /// The party that announced a client id, and whose it is while nobody has written under it.
    pub fn party(&self, client: u64, now_ms: u64) -> Option<&PartyId> {
        self.0.get(&client).filter(|announced| announced.holds(now_ms)).map(|announced| &announced.by.party)
    }

    /// A session speaks for a client id that is no other party's. It holds from here on anew.
    pub(super) fn keep(&mut self, client: u64, by: Author, now_ms: u64) {
        if !self.0.contains_key(&client) {
            self.forget(now_ms);
            self.make_room(limits::ANNOUNCED_PER_MEMBER_MAX, |other| *other == by);
            self.make_room(limits::ANNOUNCED_PER_PARTY_MAX, |other| other.party == by.party);
        }
        self.0.insert(client, Announcement { by, at_ms: now_ms });
    }

    /// Gives the oldest of these up if they are as many as may be.
    fn make_room(&mut self, most: usize, of: impl Fn(&Author) -> bool) {
        let of_these = || self.0.iter().filter(|(_, announced)| of(&announced.by));
        if of_these().count() >= most
            && let Some((&oldest, _)) = of_these().min_by_key(|(_, announced)| announced.at_ms)
        {
            self.0.remove(&oldest);
        }
    }

    /// Gives up what has been held long enough.
    pub fn forget(&mut self, now_ms: u64) {
        self.0.retain(|_, announced| announced.holds(now_ms));
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn author(party: &str, member: usize) -> Author {
        Author { party: party.parse().unwrap(), member: format!("{party}-{member}").parse().unwrap() }
    }

    fn held(announced: &Announced, clients: impl IntoIterator<Item = u64>, now_ms: u64) -> usize {
        clients.into_iter().filter(|client| announced.party(*client, now_ms).is_some()).count()
    }

    #[test]
    fn an_id_is_held_for_a_day_after_it_was_spoken_for_last() {
        let (mut announced, begin, day) = (Announced::default(), 1_000, limits::ANNOUNCED.as_millis() as u64);
        announced.keep(7, author("arv", 1), begin);
        announced.keep(8, author("arv", 1), begin);
        announced.keep(7, author("arv", 1), begin + day / 2);
        let later = begin + day;
        assert_eq!((announced.party(7, later).map(PartyId::as_str), announced.party(8, later)), (Some("arv"), None));
        assert_eq!(announced.party(7, later + day / 2), None);
        announced.forget(later);
        assert!(!announced.is_empty());
        announced.forget(later + day);
        assert!(announced.is_empty());
    }

    #[test]
    fn who_announces_many_ids_gives_up_the_oldest_and_nobody_elses() {
        let (mut announced, now) = (Announced::default(), 1_000);
        announced.keep(1, author("bor", 1), now);
        announced.keep(2, author("arv", 2), now);
        let most = limits::ANNOUNCED_PER_MEMBER_MAX as u64;
        for n in 0..=most {
            announced.keep(100 + n, author("arv", 1), now + n);
        }
        assert_eq!(held(&announced, 100..=100 + most, now) as u64, most);
        assert_eq!((held(&announced, [100], now), held(&announced, [1, 2, 101], now)), (0, 3));
        for member in 3..3 + limits::ANNOUNCED_PER_PARTY_MAX as u64 {
            announced.keep(1_000 + member, author("arv", member as usize), now);
        }
        assert_eq!(announced.0.len(), limits::ANNOUNCED_PER_PARTY_MAX + 1);
        assert_eq!(held(&announced, [1], now), 1);
    }
}
