//! Who is present in a document. A client speaks for itself only, under the name that the server authenticated, whatever the
//! state it sends claims.

use plenary_shared::{id::PartyId, limits, people::Member, wire::protocol::AwarenessEntry};
use serde_json::{Map, Value};
use std::collections::HashMap;

use super::effect::SessionId;

/// The presence states of one document.
#[derive(Default)]
pub struct Presence {
    /// By Yjs client id.
    clients: HashMap<u64, Present>,
    /// The one client id that each session speaks for, as long as it lasts.
    speaks: HashMap<SessionId, u64>,
}

struct Present {
    session: SessionId,
    member: Member,
    entry: AwarenessEntry,
}

impl Presence {
    /// Takes what a session says; answers what others must be told, its own echo included.
    ///
    /// A session speaks for one client id: the first that it names, unless another session or another party (`owner`) has
    /// it. Entries about others are passed over: stock clients send back what they were told.
    pub fn update(
        &mut self,
        session: SessionId,
        member: &Member,
        entries: Vec<AwarenessEntry>,
        owner: impl Fn(u64) -> Option<PartyId>,
    ) -> Vec<AwarenessEntry> {
        let mut told = Vec::new();
        for entry in entries {
            let own = self.speaks.get(&session).copied();
            let free = match self.clients.get(&entry.client) {
                // The same member again: its old socket is dead and has not been missed yet.
                Some(present) => (present.session == session || present.member == *member) && entry.clock >= present.entry.clock,
                None => entry.state != "null" && owner(entry.client).is_none_or(|party| party == member.party),
            };
            let free = free && own.is_none_or(|own| own == entry.client);
            if !free {
                continue;
            }
            match stamped(member, &entry.state) {
                Some(state) => {
                    let entry = AwarenessEntry { state, ..entry };
                    self.speaks.insert(session, entry.client);
                    let present = Present { session, member: member.clone(), entry: entry.clone() };
                    self.clients.insert(entry.client, present);
                    told.push(entry);
                }
                None => told.extend(self.clients.remove(&entry.client).map(|present| gone(&present.entry))),
            }
        }
        told
    }

    /// The client id that a session speaks for, if it has named one.
    pub fn speaks_for(&self, session: SessionId) -> Option<u64> {
        self.speaks.get(&session).copied()
    }

    /// Takes a session out; answers what others must be told.
    pub fn leave(&mut self, session: SessionId) -> Vec<AwarenessEntry> {
        self.speaks.remove(&session);
        let left = self.clients.extract_if(|_, present| present.session == session);
        left.map(|(_, present)| gone(&present.entry)).collect()
    }

    /// All who are present, by client id: what is told must depend on who is there and on nothing else.
    pub fn all(&self) -> Vec<&AwarenessEntry> {
        let mut all: Vec<&AwarenessEntry> = self.clients.values().map(|present| &present.entry).collect();
        all.sort_unstable_by_key(|entry| entry.client);
        all
    }
}

fn gone(last: &AwarenessEntry) -> AwarenessEntry {
    AwarenessEntry { client: last.client, clock: last.clock.saturating_add(1), state: "null".into() }
}

/// The state with its `user` replaced by what the server knows; `None` for `null` and for what is no state at all.
fn stamped(member: &Member, state: &str) -> Option<String> {
    if depth(state) > limits::PRESENCE_DEPTH_MAX {
        return None;
    }
    let Ok(Value::Object(mut fields)) = serde_json::from_str(state) else { return None };
    let colour = fields.get("user").and_then(|user| user.get("color")).filter(|colour| is_colour(colour)).cloned();
    let mut user = Map::new();
    user.insert("name".into(), member.name.clone().into());
    user.insert("party".into(), member.party.as_str().into());
    user.insert("member".into(), member.member.as_str().into());
    user.extend(colour.map(|colour| ("color".to_owned(), colour)));
    fields.insert("user".into(), user.into());
    Some(Value::Object(fields).to_string())
}

/// `#rrggbb` and nothing else: stock carets paste the colour into a style.
fn is_colour(value: &Value) -> bool {
    value.as_str().is_some_and(|s| s.len() == 7 && s.starts_with('#') && s[1..].bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The deepest nesting of brackets, counted before a parser sees them; brackets inside strings only make it stricter.
fn depth(json: &str) -> usize {
    let (mut now, mut deepest) = (0usize, 0);
    for byte in json.bytes() {
        match byte {
            b'{' | b'[' => now += 1,
            b'}' | b']' => now = now.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(now);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;
    use plenary_shared::access::Role;

    fn member(party: &str) -> Member {
        let member = format!("{party}-1").parse().unwrap();
        Member {
            conference: "c".parse().unwrap(),
            party: party.parse().unwrap(),
            member,
            role: Role::Delegate,
            generation: Default::default(),
            name: "Ana".into(),
        }
    }

    fn entry(client: u64, clock: u32, state: &str) -> AwarenessEntry {
        AwarenessEntry { client, clock, state: state.into() }
    }

    #[test]
    fn a_forged_name_is_replaced_by_the_authenticated_one() {
        let mut presence = Presence::default();
        let forged = r##"{"user":{"name":"The Chair","party":"med","color":"#aabbcc"},"cursor":3}"##;
        let told = presence.update(SessionId(1), &member("arv"), vec![entry(7, 1, forged)], |_| None);
        let state: Value = serde_json::from_str(&told[0].state).unwrap();
        assert_eq!(state["user"], serde_json::json!({"name": "Ana", "party": "arv", "member": "arv-1", "color": "#aabbcc"}));
        assert_eq!(state["cursor"], 3);
        let colour = r##"{"user":{"color":"red;position:fixed"}}"##;
        let told = presence.update(SessionId(1), &member("arv"), vec![entry(7, 2, colour)], |_| None);
        assert!(!told[0].state.contains("fixed"));
    }

    #[test]
    fn nobody_speaks_for_another_client() {
        let mut presence = Presence::default();
        presence.update(SessionId(1), &member("arv"), vec![entry(7, 1, "{}")], |_| None);
        let others = vec![entry(7, 9, "null"), entry(7, 9, "{}")];
        assert!(presence.update(SessionId(2), &member("bor"), others, |_| None).is_empty());
        let owned = |client| (client == 8).then(|| "arv".parse().unwrap());
        assert!(presence.update(SessionId(2), &member("bor"), vec![entry(8, 1, "{}")], owned).is_empty());
        assert_eq!(presence.update(SessionId(2), &member("bor"), vec![entry(9, 1, "{}"), entry(10, 1, "{}")], owned).len(), 1);
        assert_eq!(presence.all().len(), 2);
    }

    #[test]
    fn the_same_member_takes_over_from_its_dead_socket_and_a_session_has_one_client() {
        let mut presence = Presence::default();
        presence.update(SessionId(1), &member("arv"), vec![entry(7, 1, "{}")], |_| None);
        assert_eq!(presence.update(SessionId(2), &member("arv"), vec![entry(7, 2, "{}")], |_| None).len(), 1);
        assert!(presence.leave(SessionId(1)).is_empty(), "the old socket takes nobody out any more");
        let gone_and_new = vec![entry(7, 3, "null"), entry(8, 1, "{}")];
        assert_eq!(presence.update(SessionId(2), &member("arv"), gone_and_new, |_| None), [entry(7, 3, "null")]);
    }

    #[test]
    fn all_are_told_in_the_order_of_their_client_ids() {
        let mut presence = Presence::default();
        for client in [5, 3, 8, 1, 7] {
            presence.update(SessionId(client), &member("arv"), vec![entry(client, 1, "{}")], |_| None);
        }
        assert_eq!(presence.all().iter().map(|entry| entry.client).collect::<Vec<_>>(), [1, 3, 5, 7, 8]);
    }

    #[test]
    fn who_leaves_is_taken_out_with_a_later_clock() {
        let mut presence = Presence::default();
        presence.update(SessionId(1), &member("arv"), vec![entry(7, 4, "{}")], |_| None);
        assert_eq!(presence.leave(SessionId(1)), [entry(7, 5, "null")]);
        assert!(presence.all().is_empty());
    }

    #[test]
    fn a_deep_or_broken_state_is_no_state() {
        for bad in ["[".repeat(100_000), "{\"a\":".repeat(20), "nonsense".into(), "[1]".into(), "3".into()] {
            assert_eq!(stamped(&member("arv"), &bad), None);
        }
    }
}
