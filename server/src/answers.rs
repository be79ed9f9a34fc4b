//! What waits to be read of answers, over sockets and over HTTP: bounded in sum, and where they are one reader's alone, for each party too.

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
}

type Whose = (ConferenceId, PartyId);

/// An answer that is counted until the last of it is gone, against nobody's share if it is no one's alone.
struct Counted {
    bytes: Bytes,
    whose: Option<Whose>,
    answers: Answers,
}

/// The frame of a whole document as it is on its way now. Its readers share it; a newer one is counted beside those that still hold it.
#[derive(Default)]
pub struct Whole(Weak<Counted>);

/// One reader's hold on a shared answer.
struct Shared(Arc<Counted>);

impl Answers {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same bytes, counted as long as anything of them is held; `None` if too much is on its way already.
    pub fn count(&self, member: &Member, frame: Bytes) -> Option<Bytes> {
        if frame.len() <= limits::SMALL_MESSAGE_BYTES {
            return Some(frame);
        }
        let whose = (member.conference.clone(), member.party.clone());
        Some(Bytes::from_owner(self.counted(Some(whose), frame)?))
    }

    /// The same frame, counted once for all who are sent it, as long as any of them holds anything of it; `None` if too much is on its way
    /// already. `whole`: what was on its way the last time.
    pub fn share(&self, whole: &mut Whole, frame: Bytes) -> Option<Bytes> {
        let same = |counted: &Arc<Counted>| counted.bytes.as_ptr() == frame.as_ptr();
        let counted = match whole.0.upgrade().filter(same) {
            Some(counted) => counted,
            None => self.counted(None, frame)?.into(),
        };
        whole.0 = Arc::downgrade(&counted);
        Some(Bytes::from_owner(Shared(counted)))
    }

    fn counted(&self, whose: Option<Whose>, bytes: Bytes) -> Option<Counted> {
        let mut held = self.held();
        let all = held.all + bytes.len();
        if all > limits::ANSWERS_BYTES_MAX {
            return None;
        }
        if let Some(whose) = &whose {
            let partys = held.parties.get(whose).map_or(0, |bytes| *bytes) + bytes.len();
            if partys > limits::ANSWERS_PER_PARTY_BYTES_MAX {
                return None;
            }
            held.parties.insert(whose.clone(), partys);
        }
        held.all = all;
        drop(held);
        Some(Counted { bytes, whose, answers: self.clone() })
    }
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
        let parties = ["arv", "bor", "cel", "dor"].map(member);
        let mut held: Vec<Bytes> = parties.iter().map(|member| answers.count(member, large()).unwrap()).collect();
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
}
