//! A room with its sessions' outboxes: whoever is slow, or asks for much, is reached or told to come back.

use std::task::Poll;

use super::*;
use crate::{
    answers::Answers,
    outbox::{Next, Outbox},
    room::{
        Command, EditError, Room, Surroundings,
        order::{Order, Trial},
    },
    testing::Faulty,
};
use plenary_shared::{
    limits,
    log::record::{Provenance, Right},
};
use std::{io, sync::atomic::AtomicUsize, sync::atomic::Ordering::SeqCst};
use tokio::sync::oneshot;

struct Hall {
    store: Arc<Faulty>,
    room: Room,
    effects: Vec<Effect>,
}

impl Hall {
    fn new() -> Self {
        let store = Arc::new(Faulty::default());
        let (answers, restore) = (Answers::default(), Arc::default());
        let around = Surroundings {
            store: store.clone(),
            metrics: Arc::default(),
            answers,
            restore,
            conduct: Arc::default(),
            shares: Arc::default(),
            announced: Arc::default(),
            waypoints: Arc::default(),
            alternatives: Arc::default(),
        };
        Self { store, room: Room::open("talks/plan".parse().unwrap(), around).unwrap(), effects: Vec::new() }
    }

    async fn join(&mut self, session: SessionId, party: &str) -> Arc<Outbox> {
        let (outbox, (joined, _)) = (Arc::new(Outbox::default()), oneshot::channel());
        self.room.take(Command::Join { session, member: member(party), outbox: outbox.clone(), joined }, &mut self.effects);
        self.room.perform(&mut self.effects).await.unwrap();
        read_all(&outbox).await;
        outbox
    }

    fn say(&mut self, session: SessionId, message: ClientMessage) {
        self.room.take(
            Command::Message { session, message, rests: None, order: Default::default(), write: true, place: None },
            &mut self.effects,
        );
    }

    /// A session asks for what a replica that has nothing lacks.
    fn ask(&mut self, session: SessionId) {
        self.say(session, ClientMessage::SyncStep1(Bytes::from_static(&[0])));
    }

    /// Carries an edit through the log.
    async fn edit(&mut self, update: &[u8]) {
        self.say(ARV, ClientMessage::Update(Bytes::copy_from_slice(update)));
        self.room.append(&mut self.effects);
        let kept = self.room.appending.take().unwrap().await;
        self.room.settle(kept, &mut self.effects).unwrap();
        self.room.perform(&mut self.effects).await.unwrap();
    }
}

/// What a session reads of what waits; it asks for nothing.
async fn read_all(outbox: &Outbox) -> Vec<Bytes> {
    let mut frames = Vec::new();
    while let Poll::Ready(Next::Frames(more)) = futures_util::poll!(std::pin::pin!(outbox.next())) {
        frames.extend(more);
    }
    frames
}

/// Whether a session that has read all that waited is to be closed.
async fn is_closed(outbox: &Outbox) -> bool {
    matches!(futures_util::poll!(std::pin::pin!(outbox.next())), Poll::Ready(Next::Close(_)))
}

fn states(frames: &[Bytes]) -> Vec<String> {
    let states = frames.iter().filter_map(|frame| match ClientMessage::decode(frame) {
        Ok(ClientMessage::SyncStep2(state)) => Some(read(&state)),
        _ => None,
    });
    states.collect()
}

#[tokio::test]
async fn a_question_that_comes_with_the_wish_to_be_caught_up_is_answered() {
    let mut hall = Hall::new();
    let _arv = hall.join(ARV, "arv").await;
    let bor = hall.join(BOR, "bor").await;
    assert!(bor.push(vec![0; limits::OUTBOX_BYTES_MAX].into()));
    hall.edit(&typed(1, "one ")).await;
    assert_eq!(read_all(&bor).await.len(), 1, "the edit did not fit, and it has asked to be caught up");
    hall.ask(BOR);
    hall.room.take(Command::CatchUp { session: BOR }, &mut hall.effects);
    hall.room.perform(&mut hall.effects).await.unwrap();
    assert_eq!(states(&read_all(&bor).await), ["one "]);
}

/// What a new session is sent that asks for the whole document; `None` if it is told to come back.
async fn whole(hall: &mut Hall, session: u64) -> Option<Vec<Bytes>> {
    let outbox = hall.join(SessionId(session), "arv").await;
    hall.ask(SessionId(session));
    hall.room.perform(&mut hall.effects).await.unwrap();
    let frames = read_all(&outbox).await;
    let is_closed = is_closed(&outbox).await;
    assert_ne!(is_closed, states(&frames).len() == 1);
    (!is_closed).then_some(frames)
}

#[tokio::test]
async fn each_version_of_a_whole_document_counts_once_while_anybody_has_yet_to_read_it() {
    const SIZE: usize = 100 << 10;
    let mut hall = Hall::new();
    let _arv = hall.join(ARV, "arv").await;
    hall.edit(&typed(1, &"a".repeat(SIZE))).await;
    // There is room for two versions beside what others have yet to read.
    let (answers, share) = (hall.room.around.answers.clone(), limits::ANSWERS_PER_PARTY_BYTES_MAX);
    let rest = limits::ANSWERS_BYTES_MAX - share - 5 * SIZE / 2;
    let others = [("cel", share), ("fin", rest)];
    let _others = others.map(|(party, bytes)| answers.count(&member(party), vec![0; bytes].into()).unwrap());
    let first = [whole(&mut hall, 11).await.unwrap(), whole(&mut hall, 12).await.unwrap()];
    hall.edit(&typed(2, "b")).await;
    let _second = [whole(&mut hall, 21).await.unwrap(), whole(&mut hall, 22).await.unwrap()];
    hall.edit(&typed(3, "c")).await;
    assert!(whole(&mut hall, 31).await.is_none(), "two versions wait to be read");
    let [one, another] = first;
    drop(one);
    assert!(whole(&mut hall, 32).await.is_none(), "the first waits yet");
    drop(another);
    assert!(whole(&mut hall, 33).await.is_some());
}

#[tokio::test]
async fn a_batch_that_comes_to_nothing_while_the_document_is_built_again_is_told_what_it_came_to() {
    let in_doubt = StoreError::InDoubt(Arc::new(io::Error::other("the disk is gone")));
    for (fails, told, goes_on) in [(StoreError::Full, EditError::DiskFull, true), (in_doubt, EditError::InDoubt, false)] {
        let mut hall = Hall::new();
        let bor = hall.join(BOR, "bor").await;
        let author = Author { party: "arv".parse().unwrap(), member: "arv-1".parse().unwrap() };
        let by = Provenance::live(author, Right::Draft);
        let (update, taken) = (Bytes::from(typed(1, "words")), Arc::new(AtomicUsize::new(0)));
        let order = Order::Tried(Trial::new(hall.room.state.document().judge(&by, &update).unwrap(), 0, &taken));
        let (done, ended) = oneshot::channel();
        let edit = Command::Edit { by, update, provided: Default::default(), order, done };
        hall.room.take(edit, &mut hall.effects);
        hall.store.fail(fails);
        hall.room.append(&mut hall.effects);
        assert_eq!(taken.load(SeqCst), 1);
        hall.room.state.document().condemn();
        hall.effects.push(Effect::Rebuild);
        assert_eq!(hall.room.perform(&mut hall.effects).await.is_ok(), goes_on);
        assert_eq!((ended.await.unwrap(), taken.load(SeqCst)), (Err(told), 0));
        assert_eq!(is_closed(&bor).await, !goes_on);
    }
}
