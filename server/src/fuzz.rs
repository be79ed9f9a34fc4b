//! What is tried with bytes that mean harm, as in `plenary_shared::fuzz`.

use bytes::Bytes;
use plenary_shared::{
    access::Role,
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

/// Presence messages of three sessions of two parties, each after its session's number and its length. What is told is read again by
/// whoever is told it, is no larger than it may be, and names its speaker.
pub fn presence(mut data: &[u8]) {
    let (mut presence, members) = (Presence::default(), [member("arv"), member("arv"), member("bor")]);
    while let [session, low, high, rest @ ..] = data {
        let (payload, rest) = rest.split_at(rest.len().min(usize::from(u16::from_le_bytes([*low, *high]))));
        data = rest;
        let session = usize::from(*session) % members.len();
        presence.hear(SessionId(session as u64), &members[session], payload, 1, |client| {
            (client % 5 == 0).then(|| members[2].party.clone())
        });
        while presence.has_untold() {
            check_told(&presence.tell());
        }
    }
    if let Some(all) = presence.all() {
        check_told(&all);
    }
    for session in 0..members.len() as u64 {
        presence.leave(SessionId(session));
    }
    assert!(presence.all().is_none(), "nobody is left");
}

fn check_told(frame: &Bytes) {
    let Ok(ClientMessage::Awareness(payload)) = ClientMessage::decode(frame) else { panic!("no presence message") };
    let told = protocol::decode_awareness(&payload).expect("reads");
    for entry in told.iter().filter(|entry| entry.state != "null") {
        assert!(entry.state.len() <= limits::PRESENCE_STATE_BYTES_MAX);
        let state: serde_json::Value = serde_json::from_str(entry.state).expect("a state is JSON");
        assert_eq!(state["user"]["name"], "Ana");
    }
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
