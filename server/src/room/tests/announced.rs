//! Client ids that a session announced and nobody has written under.

use plenary_shared::limits;

use super::*;
use crate::room::state::{Proposal, Proposed, Unheld};
use plenary_shared::log::{
    gate::Refusal,
    record::{Provenance, Right},
};

impl Bench {
    /// Announces a client id by presence.
    fn announce(&mut self, session: SessionId, client: u64) {
        let entry = protocol::AwarenessEntry { client, clock: 1, state: "{}" };
        let message = ClientMessage::decode(&protocol::awareness([&entry].into_iter())).unwrap();
        self.room
            .handle(Input::Message { session, message, rests: None, order: Default::default(), write: true }, &mut Vec::new());
    }
}

#[tokio::test]
async fn nobody_else_writes_under_an_id_that_a_session_announced_a_day_after_it_is_gone() {
    let mut bench = Bench::new();
    bench.announce(ARV, 7);
    bench.room.handle(Input::Leave { session: ARV }, &mut Vec::new());
    bench.room.now_ms += limits::ANNOUNCED.as_millis() as u64 / 2;
    bench.send(BOR, &typed(7, "mine now"));
    let effects = bench.commit().await;
    assert!(closed_with(&effects, BOR, protocol::CLOSE_TAKEN) && shown(&effects) == 0, "{effects:?}");
    // Nor by an edit of several documents.
    let update: Bytes = typed(7, "mine now").into();
    let by = Provenance::live(member("bor").author(), Right::Draft);
    let proposal = Proposal { by, what: Proposed::Edit { update, provided: Default::default(), order: Default::default() } };
    assert_eq!(bench.room.propose(1, proposal, 1), Err(Unheld::Edit(Refusal::Forged { client: 7 }.into())));
    bench.room.handle(Input::Join { session: ARV, member: member("arv") }, &mut Vec::new());
    bench.send(ARV, &typed(7, "written apart"));
    bench.commit().await;
    assert_eq!(bench.text(), "written apart");
}

#[tokio::test]
async fn after_a_day_or_by_its_use_an_announced_id_belongs_to_whoever_writes_under_it() {
    let mut bench = Bench::new();
    bench.send(BOR, &typed(8, "x"));
    bench.commit().await;
    bench.announce(ARV, 7);
    bench.announce(ARV, 8);
    bench.room.now_ms += limits::ANNOUNCED.as_millis() as u64;
    bench.send(BOR, &typed(7, "ab"));
    assert_eq!(shown(&bench.commit().await), 1);
    bench.send(BOR, &typed(8, "xy"));
    assert_eq!(shown(&bench.commit().await), 1);
}
