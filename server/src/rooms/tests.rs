//! How many documents may be open, and who can tell.

mod durable;

use plenary_shared::{log::gate::Refusal, wire::protocol};

use super::*;
use crate::{
    room::SessionId,
    store::MemoryStore,
    testing::{Table, update},
};

/// Opens as many layers of this kind as may be; answers how many.
async fn fill(rooms: &Arc<Rooms>, layer: &str) -> usize {
    let mut open = 0;
    while rooms.read_at(&format!("talks/p-{open}/{layer}").parse().unwrap()).await.is_ok() {
        open += 1;
    }
    open
}

#[tokio::test]
async fn no_refusal_of_what_all_read_tells_what_a_party_has_open_in_private_or_with_some() {
    let rooms = Rooms::new(Arc::new(MemoryStore::default()), Arc::default());
    for layer in ["arv/private", "arv/talk"] {
        assert_eq!(fill(&rooms, layer).await, limits::LAYER_ROOMS_PER_PARTY_MAX);
        for free in ["", "/arv/public", "/arv/positions", "/bor/private", "/bor/talk"] {
            let address = format!("talks/{}{free}", layer.replace('/', "-")).parse().unwrap();
            assert!(rooms.read_at(&address).await.is_ok(), "{layer} took the place of {free:?}");
        }
    }
    // Nor does anybody who opens what all read keep the party from its own.
    let rooms = Rooms::new(Arc::new(MemoryStore::default()), Arc::default());
    assert_eq!(fill(&rooms, "arv/public").await, limits::LAYER_ROOMS_PER_PARTY_MAX);
    for own in ["arv/private", "arv/talk"] {
        assert!(rooms.read_at(&format!("talks/p/{own}").parse().unwrap()).await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn an_announced_id_is_its_partys_when_the_plan_has_left_memory_meanwhile() {
    let table = Table::new().await;
    let address: DocAddress = "talks/plan".parse().unwrap();
    let (session, member) = (SessionId(1), table.member("arv"));
    let join = |joined| Command::Join { session, member: member.clone(), outbox: Arc::default(), joined };
    let (inbox, ()) = table.rooms.ask(&address, join).await.unwrap();
    let entry = protocol::AwarenessEntry { client: 7, clock: 1, state: "{}" };
    let message = protocol::ClientMessage::decode(&protocol::awareness([&entry].into_iter())).unwrap();
    inbox
        .send(Command::Message { session, message, rests: None, order: Default::default(), write: true, place: None })
        .await
        .unwrap();
    inbox.send(Command::Leave { session }).await.unwrap();
    tokio::time::sleep(2 * limits::ROOM_IDLE).await;
    assert_eq!(table.rooms.plans_open(), 0);
    let typed = update(7, |txn| yrs::Text::insert(&yrs::WriteTxn::get_or_insert_text(txn, "text"), txn, 0, "mine now"));
    let taken = table.rooms.edit(&address, &table.member("bor").author(), &typed).await;
    assert_eq!(taken, Err(EditError::Refused(Refusal::Forged { client: 7 }).into()));
    assert_eq!(table.rooms.edit(&address, &member.author(), &typed).await, Ok(()));
}
