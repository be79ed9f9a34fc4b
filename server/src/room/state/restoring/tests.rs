use plenary_shared::{
    access::Role,
    id::DocAddress,
    people::Member,
    wire::protocol::{self, AwarenessEntry, ClientMessage},
};
use yrs::{Map as _, WriteTxn as _};

use crate::{
    room::{
        document::Document,
        effect::{Effect, SessionId},
        state::{Input, RoomState},
    },
    store::MemoryStore,
    testing::update,
};

const SESSION: SessionId = SessionId(1);

/// A room in which a session announced client 7 and then brings what these clients wrote; answers how many records came of it, and
/// whether the session was closed.
fn brings(restoring: bool, clients: &[u64]) -> (usize, bool) {
    let address: DocAddress = "talks/plan/arv/private".parse().unwrap();
    let mut room = RoomState::new(&address, Document::open(&MemoryStore::default(), &address).unwrap());
    room.restoring = restoring;
    let member = Member {
        conference: "talks".parse().unwrap(),
        party: "arv".parse().unwrap(),
        member: "arv-1".parse().unwrap(),
        role: Role::Delegate,
        generation: Default::default(),
        name: "Ana".into(),
    };
    let mut effects = Vec::new();
    room.handle(Input::Join { session: SESSION, member }, &mut effects);
    let entry = AwarenessEntry { client: 7, clock: 1, state: "{}" };
    let message = ClientMessage::decode(&protocol::awareness([&entry].into_iter())).unwrap();
    room.handle(Input::Message { session: SESSION, message, rests: None, order: Default::default(), write: true }, &mut effects);
    for client in clients {
        let written = update(*client, |txn| {
            txn.get_or_insert_map("annotations").insert(txn, client.to_string(), yrs::MapPrelim::default());
        });
        let message = ClientMessage::SyncStep2(written);
        room.handle(
            Input::Message { session: SESSION, message, rests: None, order: Default::default(), write: true },
            &mut effects,
        );
    }
    let records = room.next_batch(0, &mut effects).map_or(0, |(_, records)| records.len());
    (records, effects.iter().any(|effect| matches!(effect, Effect::Close(SESSION, protocol::CLOSE_REFUSED, _))))
}

#[test]
fn while_a_restore_is_under_way_a_session_writes_under_the_id_that_it_announced_alone() {
    assert_eq!(brings(false, &[7, 8]), (2, false));
    assert_eq!(brings(true, &[7]), (1, false));
    assert_eq!(brings(true, &[8]), (0, true));
    assert_eq!(brings(true, &[7, 8]), (1, true));
}
