//! Who is present in a document. A client speaks for itself only, under the name that the server authenticated, whatever the
//! state it sends claims.

#[cfg(test)]
mod tests;
mod turns;

use bytes::Bytes;
use plenary_shared::{
    id::{DocAddress, PartyId},
    limits,
    people::Member,
    wire::protocol::{self, AwarenessEntry},
};
use serde_json::{Map, Value};
use std::{collections::HashMap, sync::Arc};

use super::effect::SessionId;
use crate::announced::Announced;
use turns::Turns;

/// The presence states of one document.
pub struct Presence {
    address: DocAddress,
    /// By Yjs client id.
    clients: HashMap<u64, Present>,
    /// The one client id that each session speaks for, as long as it lasts.
    speaks: HashMap<SessionId, u64>,
    /// Whose ids are that nobody may have written under.
    pub announced: Arc<Announced>,
    /// To be told to all.
    untold: Turns<AwarenessEntry>,
}

struct Present {
    session: SessionId,
    member: Arc<Member>,
    entry: AwarenessEntry,
}

impl Presence {
    /// Nobody is here yet.
    pub fn new(address: &DocAddress) -> Self {
        let (clients, speaks) = (HashMap::new(), HashMap::new());
        Self { address: address.clone(), clients, speaks, announced: Arc::default(), untold: Turns::default() }
    }

    /// The party that announced a client id here, and whose it is while nobody has written under it.
    pub fn announced(&self, client: u64, now_ms: u64) -> Option<PartyId> {
        self.announced.party(&self.address, client, now_ms)
    }

    /// Takes in what a session says, for all to be told, its own echo included. Answers whether anything was left out of it that cannot be
    /// read or is too large; that is no reason to close anybody.
    ///
    /// A session speaks for one client id: the first that it names, unless another session or another party has it: the `owner`, who has
    /// written under it, or who announced it. Entries about others are passed over: stock clients send back what they were told.
    pub fn hear(
        &mut self,
        session: SessionId,
        member: &Arc<Member>,
        payload: &[u8],
        now_ms: u64,
        owner: impl Fn(u64) -> Option<PartyId>,
    ) -> bool {
        // Whoever sends all states that there are back may do so.
        let most = limits::SMALL_MESSAGE_BYTES.max((self.clients.len() + 1) * limits::PRESENCE_STATE_BYTES_MAX);
        if payload.len() > most {
            return true;
        }
        let Ok(entries) = protocol::decode_awareness(payload) else { return true };
        let mut left_out = false;
        for entry in entries {
            let owner = owner(entry.client);
            if !self.may_speak(session, member, &entry, owner.as_ref(), now_ms) {
                continue;
            }
            if entry.state == "null" {
                if let Some(present) = self.clients.remove(&entry.client) {
                    self.untold.put(&member.party, gone(&present.entry));
                }
                continue;
            }
            let Some(state) = stamped(member, entry.state) else {
                left_out = true;
                continue;
            };
            let entry = AwarenessEntry { client: entry.client, clock: entry.clock, state };
            self.speaks.insert(session, entry.client);
            if owner.is_none() {
                self.announced.keep(&self.address, entry.client, member, now_ms);
            }
            self.clients.insert(entry.client, Present { session, member: member.clone(), entry: entry.clone() });
            self.untold.put(&member.party, entry);
        }
        left_out
    }

    /// Whether a session may say this, and it is news.
    fn may_speak(
        &self,
        session: SessionId,
        member: &Arc<Member>,
        entry: &AwarenessEntry<&str>,
        owner: Option<&PartyId>,
        now_ms: u64,
    ) -> bool {
        if self.speaks_for(session).is_some_and(|own| own != entry.client) {
            return false;
        }
        let ends = entry.state == "null";
        match self.clients.get(&entry.client) {
            Some(present) => {
                let (last, is_own) = (present.entry.clock, present.session == session);
                let is_news = entry.clock > last || is_own && ends && entry.clock == last;
                // The same member again: its old socket is dead and has not been missed yet. What another session only sends back is
                // no news.
                is_news && (is_own || present.member == *member)
            }
            None => {
                let party = owner.cloned().or_else(|| self.announced(entry.client, now_ms));
                !ends && party.is_none_or(|party| party == member.party)
            }
        }
    }

    /// The client id that a session speaks for, if it has named one.
    pub fn speaks_for(&self, session: SessionId) -> Option<u64> {
        self.speaks.get(&session).copied()
    }

    /// Takes a session out, for all to be told.
    pub fn leave(&mut self, session: SessionId) {
        let Some(client) = self.speaks.remove(&session) else { return };
        if let Some(present) = self.clients.remove(&client) {
            if present.session == session {
                self.untold.put(&present.member.party, gone(&present.entry));
            } else {
                self.clients.insert(client, present);
            }
        }
    }

    /// Whether anything waits to be told.
    pub fn has_untold(&self) -> bool {
        !self.untold.is_empty()
    }

    /// A frame of what waits to be told; what does not fit waits on.
    pub fn tell(&mut self) -> Bytes {
        protocol::awareness(self.untold.take(limits::PRESENCE_FRAME_BYTES_MAX).iter())
    }

    /// A frame for somebody who comes, if anybody is present: all, or of each party as many as there is room for. What is told must
    /// depend on who is there and on nothing else.
    pub fn all(&self) -> Option<Bytes> {
        let mut all: Vec<_> = self.clients.values().collect();
        all.sort_unstable_by_key(|present| present.entry.client);
        let mut turns = Turns::default();
        all.iter().for_each(|present| turns.put(&present.member.party, &present.entry));
        let told = turns.take(limits::PRESENCE_ALL_BYTES_MAX);
        (!told.is_empty()).then(|| protocol::awareness(told.into_iter()))
    }
}

fn gone(last: &AwarenessEntry) -> AwarenessEntry {
    AwarenessEntry { client: last.client, clock: last.clock.saturating_add(1), state: "null".into() }
}

/// The state with its `user` replaced by what the server knows; `None` for what is no state, or too large a one.
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
    // Measured as it is told: whatever the server tells it takes back.
    Some(Value::Object(fields).to_string()).filter(|state| state.len() <= limits::PRESENCE_STATE_BYTES_MAX)
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
