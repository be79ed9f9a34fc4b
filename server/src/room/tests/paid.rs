//! What others pay for is held against its sender, and nothing else is.

use super::*;
use crate::room::EditError;
use plenary_shared::{limits, log::gate::Refusal};

fn charged(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::Offended(author) if author.party.as_str() == "bor")).count()
}

/// The last of two keystrokes, without the first.
fn missing(client: u64) -> Vec<u8> {
    let doc = plan::new_doc(client);
    let text = doc.get_or_insert_text("text");
    text.push(&mut doc.transact_mut(), "ab");
    let before = doc.transact().state_vector();
    text.push(&mut doc.transact_mut(), "c");
    doc.transact().encode_state_as_update_v1(&before)
}

impl Bench {
    fn answer(&mut self, session: SessionId, update: Vec<u8>) {
        let message = ClientMessage::SyncStep2(update.into());
        self.room
            .handle(Input::Message { session, message, rests: None, order: Default::default(), write: true }, &mut Vec::new());
    }
}

#[tokio::test]
async fn wrong_claims_and_what_builds_on_nothing_and_what_cannot_be_read_are_charged_to_who_sent_them() {
    let crossed = CROSSED.to_vec();
    for bad in [crossed, missing(7), vec![1, 1, 9]] {
        let mut bench = Bench::new();
        bench.send(ARV, &typed(1, "ab"));
        bench.commit().await;
        bench.answer(BOR, bad.clone());
        let effects = bench.commit().await;
        assert_eq!((charged(&effects), closed(&effects, BOR)), (1, true), "{bad:?}: {effects:?}");
    }
}

#[tokio::test]
async fn who_loses_a_client_id_or_finds_the_document_full_has_done_nothing() {
    let mut bench = Bench::new();
    bench.send(ARV, &typed(1, "ab"));
    bench.commit().await;
    bench.send(BOR, &typed(1, "abc"));
    let effects = bench.commit().await;
    assert!(closed_with(&effects, BOR, protocol::CLOSE_TAKEN) && charged(&effects) == 0, "{effects:?}");
    assert!(!EditError::Full(1).is_offence() && !EditError::DiskFull.is_offence());
}

#[tokio::test]
async fn what_comes_too_early_is_passed_over_for_a_while_and_then_told_to_come_back() {
    let mut bench = Bench::new();
    let early = missing(7);
    for _ in 0..=limits::EARLY_BYTES_MAX / early.len() / 1_024 {
        bench.send(BOR, &early);
        let effects = bench.commit().await;
        assert_eq!((charged(&effects), closed_with(&effects, BOR, protocol::CLOSE_AGAIN)), (0, false));
    }
    let (session, error) = (BOR, EditError::Refused(Refusal::Missing { client: 7, clock: 0 }));
    let (bytes, mut effects) = (limits::EARLY_BYTES_MAX, Vec::new());
    bench.room.handle(Input::Refused { session, error, complete: false, bytes }, &mut effects);
    assert_eq!((charged(&effects), closed_with(&effects, BOR, protocol::CLOSE_AGAIN)), (1, true), "{effects:?}");
}

#[tokio::test]
async fn what_was_refused_on_a_copy_is_told_and_charged_as_if_the_room_had_found_it() {
    let mut bench = Bench::new();
    let (session, error, mut effects) = (BOR, EditError::Misbehaved, Vec::new());
    bench.room.handle(Input::Refused { session, error, complete: true, bytes: 20 }, &mut effects);
    assert_eq!((charged(&effects), closed(&effects, BOR)), (1, true), "{effects:?}");
    // What else it sent is not looked at.
    bench.room.handle(Input::Refused { session, error: EditError::Misbehaved, complete: true, bytes: 20 }, &mut effects);
    assert_eq!(charged(&effects), 1);
}
