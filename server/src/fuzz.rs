//! What is tried with bytes that mean harm, as in `plenary_shared::fuzz`.

use bytes::Bytes;
use plenary_shared::{
    access::Role,
    id::{DocAddress, PartyId},
    limits,
    people::Member,
    wire::protocol::{self, ClientMessage},
};
use std::sync::Arc;

use crate::{
    room::{Presence, SessionId},
    store,
};

/// One of the things that are tried.
pub type Attempt = fn(&[u8]);

/// All of them, by the names of their corpora.
pub const TRIALS: [(&str, Attempt); 2] = [("presence", presence), ("segments", store::try_segment)];

fn member(party: &str) -> Arc<Member> {
    let (party, member, conference) = (party.parse(), format!("{party}-1").parse(), "talks".parse());
    let (party, member, conference) = (party.expect("an id"), member.expect("an id"), conference.expect("an id"));
    Arc::new(Member { conference, party, member, role: Role::Delegate, generation: Default::default(), name: "Ana".into() })
}

/// Whose the client ids are under which somebody has written.
fn owner(client: u64) -> Option<PartyId> {
    client.is_multiple_of(5).then(|| "bor".parse().expect("an id"))
}

/// Presence messages of three sessions of two parties, each after its session's number and its length. What is told is read again by
/// whoever is told it, is no larger than it may be, names who speaks and no other party's client; whoever sends it back changes nothing.
pub fn presence(mut data: &[u8]) {
    let (mut presence, members) = (Presence::new(&DocAddress::Registry), [member("arv"), member("arv"), member("bor")]);
    while let [session, low, high, rest @ ..] = data {
        let (payload, rest) = rest.split_at(rest.len().min(usize::from(u16::from_le_bytes([*low, *high]))));
        data = rest;
        let session = usize::from(*session) % members.len();
        presence.hear(SessionId(session as u64), &members[session], payload, 1, owner);
        while presence.has_untold() {
            let told = told(&presence.tell(), limits::PRESENCE_FRAME_BYTES_MAX);
            if presence.has_untold() {
                continue;
            }
            for (session, member) in members.iter().enumerate() {
                assert!(!presence.hear(SessionId(session as u64), member, &told, 1, owner), "what is told is taken back");
            }
            assert!(!presence.has_untold(), "an echo is news");
        }
    }
    if let Some(all) = presence.all() {
        told(&all, limits::PRESENCE_ALL_BYTES_MAX);
    }
    for session in 0..members.len() as u64 {
        presence.leave(SessionId(session));
    }
    assert!(presence.all().is_none(), "nobody is left");
}

/// What a frame tells, which is checked.
fn told(frame: &Bytes, most: usize) -> Bytes {
    let Ok(ClientMessage::Awareness(payload)) = ClientMessage::decode(frame) else { panic!("no presence message") };
    assert!(payload.len() <= most + 2, "and the number of entries");
    for entry in protocol::decode_awareness(&payload).expect("reads").iter().filter(|entry| entry.state != "null") {
        assert!(entry.state.len() <= limits::PRESENCE_STATE_BYTES_MAX);
        let state: serde_json::Value = serde_json::from_str(entry.state).expect("a state is JSON");
        let user = &state["user"];
        let party = user["party"].as_str().expect("a party");
        assert!(user["name"] == "Ana" && user["member"] == format!("{party}-1"), "{user}");
        assert!(owner(entry.client).is_none_or(|owner| owner.as_str() == party), "{party} speaks for {}", entry.client);
    }
    payload
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    #[test]
    fn all_that_was_kept_of_fuzzing_is_tried_again() {
        for (name, trial) in TRIALS {
            let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus").join(name);
            let files = fs::read_dir(&corpus).unwrap_or_else(|error| panic!("{}: {error}", corpus.display()));
            let tried = files.map(|file| trial(&fs::read(file.unwrap().path()).unwrap())).count();
            assert!(tried > 0, "{name}: nothing is kept");
        }
    }
}
