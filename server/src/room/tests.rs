//! A room's state against a store in memory: what goes in, what comes out, what the log then holds.

mod announced;
mod crowd;
mod paid;
mod reached;
mod recorded;
mod share;

use bytes::Bytes;
use plenary_shared::{
    access::Role,
    id::DocAddress,
    log::record::{self, Provenance, Right},
    people::{Author, Member},
    text::plan,
    wire::protocol::{self, ClientMessage},
};
use std::sync::Arc;
use yrs::{GetString, ReadTxn, StateVector, Text, Transact, Update, updates::decoder::Decode};

use super::{
    document::{Document, OpenError},
    effect::{Effect, SessionId},
    state::{Input, RoomState},
};
use crate::{
    store::{MemoryStore, Store, StoreError},
    testing::{self, read},
};

const ARV: SessionId = SessionId(1);
const BOR: SessionId = SessionId(2);

struct Bench {
    store: Arc<MemoryStore>,
    address: DocAddress,
    room: RoomState,
}

fn member(party: &str) -> Member {
    let (conference, member) = ("talks".parse().unwrap(), format!("{party}-1").parse().unwrap());
    Member {
        conference,
        party: party.parse().unwrap(),
        member,
        role: Role::Delegate,
        name: party.to_uppercase(),
        generation: Default::default(),
    }
}

impl Bench {
    fn new() -> Self {
        Self::at("talks/plan")
    }

    fn at(address: &str) -> Self {
        let store = Arc::new(MemoryStore::default());
        let address: DocAddress = address.parse().unwrap();
        let room = RoomState::new(&address, Document::open(&*store, &address).unwrap());
        let mut bench = Self { store, address, room };
        for (session, party) in [(ARV, "arv"), (BOR, "bor")] {
            bench.room.handle(Input::Join { session, member: member(party) }, &mut Vec::new());
        }
        bench
    }

    fn send(&mut self, session: SessionId, update: &[u8]) -> Vec<Effect> {
        let message = ClientMessage::Update(Bytes::copy_from_slice(update));
        let mut effects = Vec::new();
        self.room.handle(Input::Message { session, message, rests: None, order: Default::default(), write: true }, &mut effects);
        effects
    }

    /// Carries what waits through the log, as the loop around a room does.
    async fn commit(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        if let Some((after, records)) = self.room.next_batch(1, &mut effects) {
            let last = self.store.append(&self.address, after, records).await.unwrap();
            self.room.appended(last, &mut effects);
        }
        self.rebuild_if_asked(&mut effects);
        effects
    }

    fn rebuild_if_asked(&mut self, effects: &mut Vec<Effect>) {
        if let Some(at) = effects.iter().position(|effect| *effect == Effect::Rebuild) {
            effects.remove(at);
            let (refused, suspects) = (self.room.document().refused().to_vec(), self.room.suspects());
            let document = Document::rebuild(&*self.store, &self.address, &refused, suspects).unwrap();
            self.room.replace(document, effects);
        }
    }

    fn text(&mut self) -> String {
        read(&self.room.document().diff(&StateVector::default()).unwrap())
    }
}

fn typed(client: u64, words: &str) -> Vec<u8> {
    let doc = plan::new_doc(client);
    let text = doc.get_or_insert_text("text");
    let mut txn = doc.transact_mut();
    text.push(&mut txn, words);
    txn.encode_state_as_update_v1(&StateVector::default())
}

fn shown(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::Broadcast(_))).count()
}

fn closed(effects: &[Effect], session: SessionId) -> bool {
    closed_with(effects, session, protocol::CLOSE_REFUSED)
}

fn closed_with(effects: &[Effect], session: SessionId, code: u16) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Close(at, why, _) if (*at, *why) == (session, code)))
}

/// Client 2's `x`, left origin `b` of client 1 and right origin `a`, which stands before it.
const CROSSED: [u8; 12] = [1, 1, 2, 0, 0xc4, 1, 1, 1, 0, 1, b'x', 0];

fn crossed() -> Bytes {
    Bytes::copy_from_slice(&CROSSED)
}

#[tokio::test]
async fn nothing_is_shown_before_the_log_holds_it() {
    let mut bench = Bench::new();
    assert_eq!(shown(&bench.send(ARV, &typed(1, "ab"))), 0);
    let mut effects = Vec::new();
    let (after, records) = bench.room.next_batch(1, &mut effects).unwrap();
    assert_eq!((shown(&effects), bench.text().as_str()), (0, ""), "not even to one who asks for the whole document");
    bench.store.append(&bench.address, after, records).await.unwrap();
    bench.room.appended(1, &mut effects);
    assert_eq!((shown(&effects), bench.text().as_str()), (1, "ab"));
}

#[tokio::test]
async fn a_batch_becomes_one_frame_and_the_next_gathers_meanwhile() {
    let mut bench = Bench::new();
    bench.send(ARV, &typed(1, "ab"));
    bench.send(BOR, &typed(2, "cd"));
    let mut effects = Vec::new();
    let (after, records) = bench.room.next_batch(1, &mut effects).unwrap();
    assert_eq!(records.len(), 2);
    bench.send(ARV, &typed(3, "ef"));
    assert!(bench.room.next_batch(1, &mut effects).is_none(), "one batch at a time");
    let last = bench.store.append(&bench.address, after, records).await.unwrap();
    bench.room.appended(last, &mut effects);
    assert_eq!(shown(&effects), 1);
    assert_eq!(shown(&bench.commit().await), 1);
    assert_eq!(bench.text().len(), 6);
}

#[tokio::test]
async fn a_foreign_client_id_is_refused_and_its_sender_told() {
    let mut bench = Bench::new();
    bench.send(ARV, &typed(1, "ab"));
    bench.commit().await;
    bench.send(BOR, &typed(1, "abc"));
    let effects = bench.commit().await;
    assert!(closed_with(&effects, BOR, protocol::CLOSE_TAKEN) && shown(&effects) == 0);
    assert_eq!(bench.text(), "ab");
}

#[tokio::test]
async fn what_fails_in_the_document_is_refused_and_the_room_lives_on() {
    let mut bench = Bench::new();
    bench.send(ARV, &typed(1, "ab"));
    bench.commit().await;
    bench.send(ARV, &typed(3, "honest"));
    bench.send(BOR, &crossed());
    let effects = bench.commit().await;
    assert!(closed(&effects, BOR) && !closed(&effects, ARV), "{effects:?}");
    assert_eq!(shown(&effects), 1, "what else the batch held is shown");
    let text = bench.text();
    assert!(text.contains("honest") && !text.contains('x'), "{text}");
    assert_eq!(bench.store.last_seq(&bench.address).unwrap(), 3, "the record is kept");
    let mut again = Document::open(&*bench.store, &bench.address).unwrap();
    assert_eq!(read(&again.diff(&StateVector::default()).unwrap()), text, "every opening judges alike");
    assert!(again.is_refused(3));
    bench.send(ARV, &typed(4, "more"));
    assert_eq!(shown(&bench.commit().await), 1);
}

#[tokio::test]
async fn who_types_before_answering_step_1_is_asked_once_more_and_loses_nothing() {
    let mut bench = Bench::new();
    let doc = plan::new_doc(1);
    let text = doc.get_or_insert_text("text");
    let mut keys = Vec::new();
    for key in ["offline", "!", "?"] {
        let before = doc.transact().state_vector();
        text.push(&mut doc.transact_mut(), key);
        keys.push(doc.transact().encode_state_as_update_v1(&before));
    }
    // Two keystrokes on top of what the server does not have yet.
    bench.send(ARV, &keys[1]);
    bench.send(ARV, &keys[2]);
    let effects = bench.commit().await;
    assert!(matches!(&effects[..], [Effect::Send(ARV, frame)] if frame[..2] == [0, 0]), "{effects:?}");
    let message = ClientMessage::SyncStep2(doc.transact().encode_state_as_update_v1(&StateVector::default()).into());
    bench
        .room
        .handle(Input::Message { session: ARV, message, rests: None, order: Default::default(), write: true }, &mut Vec::new());
    bench.commit().await;
    assert_eq!(bench.text(), "offline!?");
    // Whoever has answered and still builds on nothing is refused.
    let unknown = plan::new_doc(7);
    let text = unknown.get_or_insert_text("text");
    text.push(&mut unknown.transact_mut(), "ab");
    let before = unknown.transact().state_vector();
    text.push(&mut unknown.transact_mut(), "c");
    let last = unknown.transact().encode_state_as_update_v1(&before);
    bench.room.handle(
        Input::Message {
            session: ARV,
            message: ClientMessage::SyncStep2(last.into()),
            rests: None,
            order: Default::default(),
            write: true,
        },
        &mut Vec::new(),
    );
    assert!(closed(&bench.commit().await, ARV));
}

#[tokio::test]
async fn a_newcomer_too_slow_for_its_first_sync_is_synced_when_it_catches_up() {
    let mut bench = Bench::new();
    bench.send(ARV, &typed(1, "one "));
    bench.commit().await;
    bench.room.missed(BOR, protocol::update(&typed(9, "")));
    bench.room.missed_sync(BOR, StateVector::default());
    let mut effects = Vec::new();
    let frames = bench.room.catch_up(BOR, &mut effects).unwrap();
    let Ok(ClientMessage::SyncStep2(state)) = ClientMessage::decode(&frames[0]) else { panic!("{frames:?}") };
    assert_eq!(read(&state), "one ");
}

#[tokio::test]
async fn many_bad_records_at_once_are_each_found_and_the_good_ones_kept() {
    let mut bench = Bench::new();
    bench.send(ARV, &typed(1, "ab"));
    bench.commit().await;
    let mut records = Vec::new();
    let mut head = bench.room.document().head();
    for n in 0..9u64 {
        let (party, update) = if n % 3 == 1 {
            let mut crossed = CROSSED.to_vec();
            crossed[2] = 20 + n as u8;
            ("bor", crossed)
        } else {
            ("arv", typed(40 + n, &format!("{n}")))
        };
        let (sealed, digest) = record::seal(&head, &testing::record(party, n + 1, update.into()));
        head = digest;
        records.push(sealed);
    }
    bench.store.append(&bench.address, 1, records).await.unwrap();
    let mut document = Document::open(&*bench.store, &bench.address).unwrap();
    let text = read(&document.diff(&StateVector::default()).unwrap());
    assert_eq!(text.chars().filter(char::is_ascii_digit).count(), 6, "{text}");
    assert!(!text.contains('x'));
    assert_eq!([3, 6, 9].map(|seq| document.is_refused(seq)), [true; 3]);
    assert_eq!((document.seq(), document.head()), (10, head));
}

#[tokio::test]
async fn who_was_shown_what_a_document_built_again_does_not_hold_is_told_to_come_back() {
    for (refused, told) in [(&[][..], 0), (&[2], 2)] {
        let mut bench = Bench::new();
        for client in [1, 2] {
            bench.send(ARV, &typed(client, "ab"));
            bench.commit().await;
        }
        let (document, mut effects) = (Document::rebuild(&*bench.store, &bench.address, refused, 3..3).unwrap(), Vec::new());
        bench.room.replace(document, &mut effects);
        let again = |effect: &&Effect| matches!(effect, Effect::Close(_, protocol::CLOSE_AGAIN, _));
        assert_eq!(effects.iter().filter(again).count(), told, "{refused:?}");
    }
}

#[tokio::test]
async fn a_reader_changes_nothing_and_stays() {
    let mut bench = Bench::new();
    let mut effects = Vec::new();
    let message = ClientMessage::Update(typed(1, "ab").into());
    bench
        .room
        .handle(Input::Message { session: BOR, message, rests: None, order: Default::default(), write: false }, &mut effects);
    assert!(matches!(&effects[..], [Effect::Send(BOR, frame), Effect::Refused] if frame[0] == 2), "{effects:?}");
    assert!(bench.commit().await.is_empty());
    let message = ClientMessage::SyncStep2(Bytes::from_static(&[0, 0]));
    bench
        .room
        .handle(Input::Message { session: BOR, message, rests: None, order: Default::default(), write: false }, &mut effects);
    assert_eq!(effects.len(), 2, "an empty answer to step 1 is no attempt to write");
}

#[tokio::test]
async fn what_a_reader_is_told_is_true_of_the_document() {
    for (address, told) in [("talks/plan", "this plan"), ("talks/plan/arv/talk", "this layer")] {
        let (mut bench, mut effects) = (Bench::at(address), Vec::new());
        let message = ClientMessage::Update(typed(1, "ab").into());
        bench
            .room
            .handle(Input::Message { session: BOR, message, rests: None, order: Default::default(), write: false }, &mut effects);
        let Some(Effect::Send(BOR, frame)) = effects.first() else { panic!("{effects:?}") };
        assert!(String::from_utf8_lossy(frame).contains(told), "{frame:?}");
    }
}

#[tokio::test]
async fn a_layer_is_full_long_before_a_plan() {
    let five_mib = "a".repeat(5 << 20);
    for (address, full) in [("talks/plan", false), ("talks/plan/arv/private", true)] {
        let mut bench = Bench::at(address);
        assert!(!closed(&bench.send(ARV, &typed(1, &five_mib)), ARV));
        bench.commit().await;
        assert_eq!(closed(&bench.send(ARV, &typed(2, &five_mib)), ARV), full, "{address}");
        assert!(!closed(&bench.send(BOR, &typed(3, "little")), BOR), "what fits is taken");
    }
}

#[test]
fn an_error_that_is_logged_names_neither_the_party_nor_the_layer() {
    let doc: DocAddress = "talks/plan/arv/fallback".parse().unwrap();
    let stored = StoreError::Corrupt { doc: doc.clone(), seq: 3, what: "a gap".into() }.to_string();
    for said in [stored, OpenError::Damaged { doc, seq: 3 }.to_string()] {
        assert!(said.contains("record 3") && said.contains("talks"), "{said}");
        assert!(!["plan", "arv", "fallback"].iter().any(|word| said.contains(word)), "{said}");
    }
}

#[tokio::test]
async fn a_snapshot_and_the_whole_log_open_to_the_same_document() {
    let mut bench = Bench::new();
    for n in 0..20 {
        bench.send(ARV, &typed(10 + n, "word "));
        bench.commit().await;
        if n == 9 {
            let (seq, snapshot) = bench.room.document().snapshot().unwrap();
            bench.store.save_snapshot(&bench.address, seq, snapshot).await.unwrap();
        }
    }
    let mut again = Document::open(&*bench.store, &bench.address).unwrap();
    assert_eq!(read(&again.diff(&StateVector::default()).unwrap()), bench.text());
    assert_eq!((again.seq(), again.head()), (20, bench.room.document().head()));
    let stranger = Author { party: "bor".parse().unwrap(), member: "bor-1".parse().unwrap() };
    assert!(
        again.judge(&Provenance::live(stranger, Right::Draft), &typed(10, "word or two")).is_err(),
        "who owns a client id survives the snapshot"
    );
}

#[tokio::test]
async fn a_slow_session_is_brought_exactly_what_it_missed() {
    let mut bench = Bench::new();
    let mut seen = plan::new_doc(50);
    bench.send(ARV, &typed(1, "one "));
    bench.commit().await;
    let receive = |doc: &mut yrs::Doc, frame: &[u8]| {
        let Ok(ClientMessage::Update(update)) = ClientMessage::decode(&Bytes::copy_from_slice(frame)) else { return };
        doc.transact_mut().apply_update(Update::decode_v1(&update).unwrap()).unwrap();
    };
    receive(&mut seen, &protocol::update(&typed(1, "one ")));
    for (client, words) in [(2, "two "), (3, "three "), (4, "four ")] {
        bench.send(ARV, &typed(client, words));
        for effect in bench.commit().await {
            if let Effect::Broadcast(frame) = effect {
                bench.room.missed(BOR, frame);
            }
        }
    }
    let mut effects = Vec::new();
    let frames = bench.room.catch_up(BOR, &mut effects).unwrap();
    frames.iter().for_each(|frame| receive(&mut seen, frame));
    let text = seen.get_or_insert_text("text");
    assert_eq!(text.get_string(&seen.transact()), bench.text());
}
