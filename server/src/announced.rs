//! Whose a client id is that nobody has written under: its party's whose session announced it. Else whoever hears of it by presence could
//! write under it first, and what its author writes apart would be refused.
//!
//! They outlive rooms and sessions. What is held is bounded for each party over all plans, and no party gives up an id for another.

use plenary_shared::{
    id::{ConferenceId, DocAddress, MemberId, PartyId},
    limits,
    people::Member,
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The client ids that sessions announced in plans. Only its own party writes in a layer: there it does no harm not to know them.
#[derive(Default)]
pub struct Announced(Mutex<Held>);

#[derive(Default)]
struct Held {
    plans: HashMap<DocAddress, HashMap<u64, Announcement>>,
    parties: HashMap<(ConferenceId, PartyId), HashMap<MemberId, Own>>,
}

struct Announcement {
    party: PartyId,
    member: MemberId,
    at_ms: u64,
}

/// When each of a member's was announced last, in which plan: the oldest first.
type Own = BTreeSet<(u64, DocAddress, u64)>;

impl Announced {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The party that announced a client id in a plan, and whose it is while nobody has written under it.
    pub fn party(&self, plan: &DocAddress, client: u64, now_ms: u64) -> Option<PartyId> {
        let held = self.held();
        let announced = held.plans.get(plan)?.get(&client)?;
        holds(announced.at_ms, now_ms).then(|| announced.party.clone())
    }

    /// A session of a member speaks for a client id that is no other party's. It holds from here on anew.
    pub fn keep(&self, address: &DocAddress, client: u64, member: &Member, now_ms: u64) {
        let DocAddress::Plan(conference, _) = address else { return };
        let (mut held, party) = (self.held(), (conference.clone(), member.party.clone()));
        if held.give_up(address, client).as_ref() != Some(&member.member) {
            held.forget(now_ms);
            held.make_room(address, &party, &member.member);
        }
        let announcement = Announcement { party: member.party.clone(), member: member.member.clone(), at_ms: now_ms };
        held.plans.entry(address.clone()).or_default().insert(client, announcement);
        let own = held.parties.entry(party).or_default().entry(member.member.clone()).or_default();
        own.insert((now_ms, address.clone(), client));
    }
}

fn holds(at_ms: u64, now_ms: u64) -> bool {
    now_ms.saturating_sub(at_ms) < limits::ANNOUNCED.as_millis() as u64
}

impl Held {
    /// Gives the oldest up where there are as many as may be: of the member's in the plan; of the party's in all, of which whoever has the
    /// most gives it up, so that no member takes its colleagues' either.
    fn make_room(&mut self, plan: &DocAddress, party: &(ConferenceId, PartyId), member: &MemberId) {
        let Some(members) = self.parties.get(party) else { return };
        let in_plan = || members.get(member).into_iter().flatten().filter(|(_, at, _)| at == plan);
        let first = in_plan().next().filter(|_| in_plan().count() >= limits::ANNOUNCED_PER_MEMBER_MAX);
        let is_full = members.values().map(BTreeSet::len).sum::<usize>() >= limits::ANNOUNCED_PER_PARTY_MAX;
        let of_most = || members.values().max_by_key(|own| own.len())?.first();
        if let Some((_, at, client)) = first.or_else(|| of_most().filter(|_| is_full)).cloned() {
            self.give_up(&at, client);
        }
    }

    /// Gives up what has been held long enough.
    fn forget(&mut self, now_ms: u64) {
        let each = self.parties.values().flat_map(HashMap::values);
        let over = each.flat_map(|own| own.iter().take_while(|(at_ms, ..)| !holds(*at_ms, now_ms)));
        let over: Vec<_> = over.map(|(_, plan, client)| (plan.clone(), *client)).collect();
        for (plan, client) in over {
            self.give_up(&plan, client);
        }
    }

    /// Gives one up; answers whose it was.
    fn give_up(&mut self, plan: &DocAddress, client: u64) -> Option<MemberId> {
        let DocAddress::Plan(conference, _) = plan else { return None };
        let in_plan = self.plans.get_mut(plan)?;
        let Announcement { party, member, at_ms } = in_plan.remove(&client)?;
        if in_plan.is_empty() {
            self.plans.remove(plan);
        }
        let party = (conference.clone(), party);
        if let Some(members) = self.parties.get_mut(&party) {
            if let Some(own) = members.get_mut(&member) {
                own.remove(&(at_ms, plan.clone(), client));
            }
            members.retain(|_, own| !own.is_empty());
            if members.is_empty() {
                self.parties.remove(&party);
            }
        }
        Some(member)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plenary_shared::access::Role;

    fn member(party: &str, number: usize) -> Member {
        let (conference, member) = ("talks".parse().unwrap(), format!("{party}-{number}").parse().unwrap());
        let (party, generation) = (party.parse().unwrap(), Default::default());
        Member { conference, party, member, role: Role::Delegate, generation, name: "Ana".into() }
    }

    fn plan(number: usize) -> DocAddress {
        format!("talks/plan-{number}").parse().unwrap()
    }

    fn held(announced: &Announced, plan: &DocAddress, clients: impl IntoIterator<Item = u64>, now_ms: u64) -> usize {
        clients.into_iter().filter(|client| announced.party(plan, *client, now_ms).is_some()).count()
    }

    #[test]
    fn an_id_is_held_for_a_day_after_it_was_spoken_for_last() {
        let (announced, plan, begin, day) = (Announced::default(), plan(1), 1_000, limits::ANNOUNCED.as_millis() as u64);
        announced.keep(&plan, 7, &member("arv", 1), begin);
        announced.keep(&plan, 8, &member("arv", 1), begin);
        announced.keep(&plan, 7, &member("arv", 1), begin + day / 2);
        let later = begin + day;
        let party = |client, now_ms| announced.party(&plan, client, now_ms);
        assert_eq!((party(7, later), party(8, later)), (Some("arv".parse().unwrap()), None));
        assert_eq!(party(7, later + day / 2), None);
        announced.keep(&plan, 9, &member("bor", 1), later + day);
        let kept = announced.held();
        assert_eq!((kept.plans[&plan].len(), kept.parties.len()), (1, 1), "nothing of it stays in memory");
    }

    #[test]
    fn who_announces_many_ids_gives_up_the_oldest_and_nobody_elses() {
        let (announced, plan, now) = (Announced::default(), plan(1), 1_000);
        announced.keep(&plan, 1, &member("bor", 1), now);
        announced.keep(&plan, 2, &member("arv", 2), now);
        let most = limits::ANNOUNCED_PER_MEMBER_MAX as u64;
        for n in 0..=most {
            announced.keep(&plan, 100 + n, &member("arv", 1), now + n);
        }
        assert_eq!(held(&announced, &plan, 100..=100 + most, now) as u64, most);
        assert_eq!((held(&announced, &plan, [100], now), held(&announced, &plan, [1, 2, 101], now)), (0, 3));
    }

    #[test]
    fn however_many_plans_there_are_a_party_holds_so_many_ids_and_who_has_the_most_of_it_gives_up_the_oldest() {
        let (announced, now) = (Announced::default(), 1_000);
        announced.keep(&plan(0), 1, &member("bor", 1), now);
        announced.keep(&plan(0), 2, &member("arv", 2), now);
        let all = limits::ANNOUNCED_PER_PARTY_MAX + 100;
        for n in 0..all {
            let at = plan(n / limits::ANNOUNCED_PER_MEMBER_MAX);
            announced.keep(&at, 100 + n as u64, &member("arv", 1), now + n as u64);
        }
        assert_eq!(held(&announced, &plan(0), [1, 2], now), 2, "another party's, and a colleague's");
        assert_eq!(held(&announced, &plan(0), [100, 101], now), 0);
        let held = announced.held();
        let of_arv = &held.parties[&("talks".parse().unwrap(), "arv".parse().unwrap())];
        assert_eq!(of_arv.values().map(BTreeSet::len).sum::<usize>(), limits::ANNOUNCED_PER_PARTY_MAX);
        assert_eq!(held.plans.values().map(HashMap::len).sum::<usize>(), limits::ANNOUNCED_PER_PARTY_MAX + 1);
    }

    #[test]
    fn what_is_announced_in_a_layer_takes_no_room() {
        let announced = Announced::default();
        announced.keep(&"talks/plan-1/arv/private".parse().unwrap(), 7, &member("arv", 1), 1);
        assert!(announced.held().plans.is_empty() && announced.held().parties.is_empty());
    }
}
