use super::*;
use plenary_shared::access::Role;

fn member(party: &str) -> Arc<Member> {
    let member = format!("{party}-1").parse().unwrap();
    let (conference, party) = ("c".parse().unwrap(), party.parse().unwrap());
    Arc::new(Member { conference, party, member, role: Role::Delegate, generation: Default::default(), name: "Ana".into() })
}

fn entry(client: u64, clock: u32, state: &str) -> AwarenessEntry {
    AwarenessEntry { client, clock, state: state.into() }
}

fn payload(entries: &[AwarenessEntry]) -> Bytes {
    let Ok(protocol::ClientMessage::Awareness(payload)) = protocol::ClientMessage::decode(&protocol::awareness(entries.iter()))
    else {
        panic!()
    };
    payload
}

fn read(frame: Option<Bytes>) -> Vec<AwarenessEntry> {
    let Some(Ok(protocol::ClientMessage::Awareness(payload))) = frame.as_ref().map(protocol::ClientMessage::decode) else {
        return Vec::new();
    };
    let entries = protocol::decode_awareness(&payload).unwrap();
    entries.into_iter().map(|e| entry(e.client, e.clock, e.state)).collect()
}

/// What all are told after a session said something.
fn said(presence: &mut Presence, session: u64, party: &str, entries: &[AwarenessEntry]) -> Vec<AwarenessEntry> {
    said_of(presence, session, party, entries, |_| None)
}

fn said_of(
    presence: &mut Presence,
    session: u64,
    party: &str,
    entries: &[AwarenessEntry],
    owner: impl Fn(u64) -> Option<PartyId>,
) -> Vec<AwarenessEntry> {
    presence.hear(SessionId(session), &member(party), &payload(entries), 1, owner);
    told(presence)
}

fn told(presence: &mut Presence) -> Vec<AwarenessEntry> {
    read(presence.has_untold().then(|| presence.tell()))
}

#[test]
fn a_forged_name_is_replaced_by_the_authenticated_one() {
    let mut presence = Presence::new(&"c/plan".parse().unwrap());
    let forged = r##"{"user":{"name":"The Chair","party":"med","color":"#aabbcc"},"cursor":3}"##;
    let told = said(&mut presence, 1, "arv", &[entry(7, 1, forged)]);
    let state: Value = serde_json::from_str(&told[0].state).unwrap();
    assert_eq!(state["user"], serde_json::json!({"name": "Ana", "party": "arv", "member": "arv-1", "color": "#aabbcc"}));
    assert_eq!(state["cursor"], 3);
    let colour = r##"{"user":{"color":"red;position:fixed"}}"##;
    let told = said(&mut presence, 1, "arv", &[entry(7, 2, colour)]);
    assert!(!told[0].state.contains("fixed"));
}

#[test]
fn nobody_speaks_for_another_client() {
    let mut presence = Presence::new(&"c/plan".parse().unwrap());
    said(&mut presence, 1, "arv", &[entry(7, 1, "{}")]);
    assert!(said(&mut presence, 2, "bor", &[entry(7, 9, "null"), entry(7, 9, "{}")]).is_empty());
    let owned = |client| (client == 8).then(|| "arv".parse().unwrap());
    assert!(said_of(&mut presence, 2, "bor", &[entry(8, 1, "{}")], owned).is_empty());
    assert_eq!(said_of(&mut presence, 2, "bor", &[entry(9, 1, "{}"), entry(10, 1, "{}")], owned).len(), 1);
    assert_eq!(read(presence.all()).len(), 2);
}

#[test]
fn an_id_stays_its_partys_who_announced_it_when_they_are_gone() {
    let mut presence = Presence::new(&"c/plan".parse().unwrap());
    said(&mut presence, 1, "arv", &[entry(7, 1, "{}")]);
    presence.leave(SessionId(1));
    assert_eq!(told(&mut presence), [entry(7, 2, "null")]);
    assert!(said(&mut presence, 2, "bor", &[entry(7, 9, "{}")]).is_empty());
    assert_eq!(said(&mut presence, 3, "arv", &[entry(7, 1, "{}")]).len(), 1);
}

#[test]
fn the_same_member_takes_over_from_its_dead_socket_and_a_session_has_one_client() {
    let mut presence = Presence::new(&"c/plan".parse().unwrap());
    let told_of_it = said(&mut presence, 1, "arv", &[entry(7, 1, "{}")]);
    assert!(said(&mut presence, 2, "arv", &told_of_it).is_empty(), "whoever sends back what it was told takes nothing over");
    assert_eq!(said(&mut presence, 2, "arv", &[entry(7, 2, "{}")]).len(), 1);
    presence.leave(SessionId(1));
    assert!(!presence.has_untold(), "the old socket takes nobody out any more");
    assert_eq!(said(&mut presence, 2, "arv", &[entry(7, 3, "null"), entry(8, 1, "{}")]), [entry(7, 3, "null")]);
}

#[test]
fn all_are_told_in_the_order_of_their_client_ids() {
    let mut presence = Presence::new(&"c/plan".parse().unwrap());
    for client in [5, 3, 8, 1, 7] {
        said(&mut presence, client, "arv", &[entry(client, 1, "{}")]);
    }
    assert_eq!(read(presence.all()).iter().map(|entry| entry.client).collect::<Vec<_>>(), [1, 3, 5, 7, 8]);
}

#[test]
fn who_leaves_is_taken_out_with_a_later_clock() {
    let mut presence = Presence::new(&"c/plan".parse().unwrap());
    said(&mut presence, 1, "arv", &[entry(7, 4, "{}")]);
    presence.leave(SessionId(1));
    assert_eq!((told(&mut presence), presence.all()), (vec![entry(7, 5, "null")], None));
}

#[test]
fn what_cannot_be_read_or_is_too_large_is_left_out_and_what_was_said_before_stays() {
    let mut presence = Presence::new(&"c/plan".parse().unwrap());
    let before = said(&mut presence, 1, "arv", &[entry(7, 1, "{}")]);
    let mut bad: Vec<_> = ["[".repeat(100_000), "{\"a\":".repeat(20), "nonsense".into(), "[1]".into(), "3".into()]
        .map(|state| payload(&[entry(7, 2, &state)]))
        .into();
    // The name that the server puts in makes it too large.
    let padded = |bytes| format!("{{\"p\":\"{}\"}}", "z".repeat(bytes));
    bad.push(payload(&[entry(7, 2, &padded(limits::PRESENCE_STATE_BYTES_MAX - 8))]));
    bad.push(Bytes::from_static(&[0xff]));
    bad.push(vec![0; limits::SMALL_MESSAGE_BYTES + 1].into());
    for payload in bad {
        assert!(presence.hear(SessionId(1), &member("arv"), &payload, 1, |_| None), "{payload:?}");
        assert!(!presence.has_untold());
    }
    assert_eq!(read(presence.all()), before);
}

#[test]
fn whatever_is_told_is_taken_back_and_passed_over() {
    let mut presence = Presence::new(&"c/plan".parse().unwrap());
    let largest = format!("{{\"p\":\"{}\"}}", "z".repeat(limits::PRESENCE_STATE_BYTES_MAX - 80));
    for client in 1..=100 {
        presence.hear(SessionId(client), &member("arv"), &payload(&[entry(client, 1, &largest)]), 1, |_| None);
    }
    let mut heard = 0;
    while presence.has_untold() {
        let frame = presence.tell();
        assert!(frame.len() <= limits::PRESENCE_FRAME_BYTES_MAX + 8);
        heard += read(Some(frame.clone())).len();
        let echo = payload(&read(Some(frame)));
        assert!(!presence.hear(SessionId(200), &member("bor"), &echo, 1, |_| None));
    }
    assert_eq!(heard, 100);
    let all = presence.all().unwrap();
    assert!(all.len() <= limits::PRESENCE_ALL_BYTES_MAX + 8);
    let everyone: Vec<_> = presence.clients.values().map(|present| present.entry.clone()).collect();
    assert!(!presence.hear(SessionId(200), &member("bor"), &payload(&everyone), 1, |_| None));
    assert!(!presence.has_untold());
}
