//! What waits to be read of answers, over sockets and over HTTP: bounded in sum, and where they are one reader's alone, for each party too.
//! What many of a party ask for at once is held once.

use bytes::Bytes;
use plenary_shared::{
    id::{ConferenceId, PartyId},
    limits,
    people::Member,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// The bytes that are on their way, in the whole process.
#[derive(Clone, Default)]
pub struct Answers(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    all: usize,
    parties: HashMap<Whose, usize>,
    /// Answers on their way that stand for something: whoever of the party asks for the same shares them.
    tagged: HashMap<(Whose, u64), Weak<Counted>>,
}

type Whose = (ConferenceId, PartyId);

/// An answer that is counted until the last of it is gone, against nobody's share if it is no one's alone.
struct Counted {
    bytes: Bytes,
    whose: Option<Whose>,
    tag: Option<u64>,
    answers: Answers,
}

/// The frame of a whole document as it is on its way now. Its readers share it; a newer one is counted beside those that still hold it.
#[derive(Default)]
pub struct Whole(Weak<Counted>);

/// One reader's hold on a shared answer.
struct Shared(Arc<Counted>);

impl Answers {
    /// Bytes that are on their way.
    pub fn bytes(&self) -> usize {
        self.held().all
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same bytes, counted as long as anything of them is held; `None` if too much is on its way already.
    pub fn count(&self, member: &Member, frame: Bytes) -> Option<Bytes> {
        if frame.len() <= limits::SMALL_MESSAGE_BYTES {
            return Some(frame);
        }
        Some(Bytes::from_owner(self.held().counted(self, Some(whose(member)), None, frame)?))
    }

    /// What is on its way to somebody of the member's party under this tag.
    pub fn tagged(&self, member: &Member, tag: u64) -> Option<Bytes> {
        let found = self.held().tagged.get(&(whose(member), tag)).and_then(Weak::upgrade);
        found.map(|counted| Bytes::from_owner(Shared(counted)))
    }

    /// The same bytes, counted once for all of the member's party who ask for what the tag stands for, as long as any of them holds
    /// anything of it; `None` if too much is on its way already.
    pub fn count_tagged(&self, member: &Member, tag: u64, frame: Bytes) -> Option<Bytes> {
        if frame.len() <= limits::SMALL_MESSAGE_BYTES {
            return Some(frame);
        }
        let (mut held, at) = (self.held(), (whose(member), tag));
        let counted = match held.tagged.get(&at).and_then(Weak::upgrade) {
            Some(counted) => counted,
            None => {
                let counted = Arc::new(held.counted(self, Some(at.0.clone()), Some(tag), frame)?);
                held.tagged.insert(at, Arc::downgrade(&counted));
                counted
            }
        };
        drop(held);
        Some(Bytes::from_owner(Shared(counted)))
    }

    /// The same frame, counted once for all who are sent it, as long as any of them holds anything of it; `None` if too much is on its way
    /// already. `whole`: what was on its way the last time.
    pub fn share(&self, whole: &mut Whole, frame: Bytes) -> Option<Bytes> {
        let same = |counted: &Arc<Counted>| counted.bytes.as_ptr() == frame.as_ptr();
        let counted = match whole.0.upgrade().filter(same) {
            Some(counted) => counted,
            None => self.held().counted(self, None, None, frame)?.into(),
        };
        whole.0 = Arc::downgrade(&counted);
        Some(Bytes::from_owner(Shared(counted)))
    }
}

impl Held {
    fn counted(&mut self, answers: &Answers, whose: Option<Whose>, tag: Option<u64>, bytes: Bytes) -> Option<Counted> {
        let all = self.all + bytes.len();
        if all > limits::ANSWERS_BYTES_MAX {
            return None;
        }
        if let Some(whose) = &whose {
            let partys = self.parties.get(whose).map_or(0, |bytes| *bytes) + bytes.len();
            if partys > limits::ANSWERS_PER_PARTY_BYTES_MAX {
                return None;
            }
            self.parties.insert(whose.clone(), partys);
        }
        self.all = all;
        Some(Counted { bytes, whose, tag, answers: answers.clone() })
    }
}

fn whose(member: &Member) -> Whose {
    (member.conference.clone(), member.party.clone())
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut held = self.answers.held();
        held.all -= self.bytes.len();
        if let Some(whose) = &self.whose
            && let Some(partys) = held.parties.get_mut(whose)
        {
            *partys -= self.bytes.len();
            if *partys == 0 {
                held.parties.remove(whose);
            }
        }
        if let (Some(whose), Some(tag)) = (&self.whose, self.tag) {
            let at = (whose.clone(), tag);
            // Somebody may have put a newer one there since the last reader of this one left.
            if held.tagged.get(&at).is_some_and(|newest| newest.strong_count() == 0) {
                held.tagged.remove(&at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plenary_shared::access::Role;

    fn member(party: &str) -> Member {
        let (conference, member) = ("talks".parse().unwrap(), format!("{party}-1").parse().unwrap());
        Member {
            conference,
            party: party.parse().unwrap(),
            member,
            role: Role::Delegate,
            name: party.to_uppercase(),
            generation: Default::default(),
        }
    }

    #[test]
    fn what_is_on_its_way_is_bounded_for_each_party_and_in_sum_until_the_last_of_it_is_gone() {
        let answers = Answers::default();
        let large = || Bytes::from(vec![0; limits::ANSWERS_PER_PARTY_BYTES_MAX]);
        let parties = ["arv", "bor"].map(member);
        let rest = Bytes::from(vec![0; limits::ANSWERS_BYTES_MAX - limits::ANSWERS_PER_PARTY_BYTES_MAX]);
        let mut held = vec![answers.count(&parties[0], large()).unwrap(), answers.count(&parties[1], rest).unwrap()];
        assert!(answers.count(&parties[0], vec![0; limits::SMALL_MESSAGE_BYTES + 1].into()).is_none(), "its share is used up");
        assert!(answers.count(&member("eno"), vec![0; limits::SMALL_MESSAGE_BYTES + 1].into()).is_none(), "all is used up");
        assert!(
            answers.count(&parties[0], vec![0; limits::SMALL_MESSAGE_BYTES].into()).is_some(),
            "what is small does not count"
        );
        let last_piece = held[0].split_off(10);
        held.clear();
        assert!(answers.count(&parties[0], large()).is_none(), "a piece of it is held yet");
        drop(last_piece);
        assert!(answers.count(&parties[0], large()).is_some());
        assert!(answers.held().parties.is_empty());
    }

    #[test]
    fn what_many_of_a_party_ask_for_at_once_is_held_once_and_for_no_other_party() {
        let (answers, [arv, bor]) = (Answers::default(), ["arv", "bor"].map(member));
        let large = |first| {
            let mut bytes = vec![0; limits::ANSWERS_PER_PARTY_BYTES_MAX];
            bytes[0] = first;
            Bytes::from(bytes)
        };
        assert!(answers.tagged(&arv, 7).is_none());
        let first = answers.count_tagged(&arv, 7, large(1)).unwrap();
        let second = answers.count_tagged(&arv, 7, large(2)).unwrap();
        let third = answers.tagged(&arv, 7).unwrap();
        assert!(first.as_ptr() == second.as_ptr() && first.as_ptr() == third.as_ptr());
        assert!(answers.count_tagged(&arv, 8, large(3)).is_none(), "its share is used up");
        assert!(answers.tagged(&bor, 7).is_none(), "nobody finds what another party asks for");
        drop((first, second));
        assert!(answers.tagged(&arv, 7).is_some());
        drop(third);
        assert!(answers.tagged(&arv, 7).is_none() && answers.held().tagged.is_empty() && answers.held().parties.is_empty());
        assert_eq!(answers.count_tagged(&arv, 7, large(4)).unwrap()[0], 4);
    }
}
