//! Nothing that the log does not hold is told or answered, and what goes wrong there costs no more than it must.

use plenary_shared::{
    access::Role,
    log::record::{Provenance, Right},
    people::Author,
    wire::protocol::{self, ClientMessage},
};
use yrs::{Text, WriteTxn};

use super::*;
use crate::{
    outbox::{Next, Outbox},
    room::{SessionId, document::Document, order::Order},
    store::StoreError,
    testing::{self, Faulty, update},
};

struct Bench {
    store: Arc<Faulty>,
    rooms: Arc<Rooms>,
}

fn on(store: &Arc<Faulty>) -> Arc<Rooms> {
    Rooms::new(store.clone(), Arc::default())
}

fn bench() -> Bench {
    let store = Arc::new(Faulty::default());
    Bench { rooms: on(&store), store }
}

fn doc() -> DocAddress {
    "talks/plan".parse().unwrap()
}

fn arv() -> Author {
    Author { party: "arv".parse().unwrap(), member: "arv-1".parse().unwrap() }
}

fn typed(client: u64, words: &str) -> Bytes {
    update(client, |txn| txn.get_or_insert_text("text").push(txn, words))
}

/// Hands an edit on and lets it come as far as it can.
async fn begin(rooms: &Arc<Rooms>, client: u64, words: &str) -> oneshot::Receiver<Result<Cut, EditError>> {
    let by = Provenance::live(arv(), Right::Draft);
    let change = Change { address: doc(), by, update: typed(client, words), provided: Default::default(), order: Order::Unknown };
    let answer = rooms.begin_edit(change).await.unwrap();
    settle().await;
    answer
}

/// Lets all others go on as far as they can.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

async fn text(rooms: &Arc<Rooms>) -> String {
    testing::read(&rooms.read_at(&doc()).await.unwrap().1)
}

async fn listen(rooms: &Arc<Rooms>, session: u64, party: &str) -> (Inbox, Arc<Outbox>) {
    let (conference, member) = ("talks".parse().unwrap(), format!("{party}-1").parse().unwrap());
    let name = party.to_uppercase();
    let member = plenary_shared::people::Member {
        conference,
        party: party.parse().unwrap(),
        member,
        role: Role::Delegate,
        name,
        generation: Default::default(),
    };
    let outbox = Arc::new(Outbox::default());
    let join = |joined| Command::Join { session: SessionId(session), member: member.clone(), outbox: outbox.clone(), joined };
    let (inbox, ()) = rooms.ask(&doc(), join).await.unwrap();
    (inbox, outbox)
}

/// What a listener was sent so far, and why it is closed, if it is.
async fn heard(outbox: &Outbox) -> (Vec<Bytes>, Option<u16>) {
    let mut heard = Vec::new();
    loop {
        let Some(next) = futures_util::future::poll_immediate(outbox.next()).await else { return (heard, None) };
        match next {
            Next::Frames(frames) => heard.extend(frames),
            Next::AskToCatchUp | Next::Ask => {}
            Next::Close(close) => return (heard, Some(close.code)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_quiet_moment_while_a_batch_is_on_its_way_saves_nothing_of_that_batch() {
    let Bench { store, rooms } = bench();
    for n in 0..limits::SNAPSHOT_QUIET_RECORDS + 6 {
        rooms.edit(&doc(), &arv(), &typed(1_000 + n, "a")).await.unwrap();
    }
    let gate = store.shut(1);
    let lost = begin(&rooms, 5_000, "lost").await;
    tokio::time::sleep(limits::SNAPSHOT_QUIET * 3).await;
    store.fail(StoreError::Full);
    gate.add_permits(1);
    assert_eq!(lost.await.unwrap(), Err(EditError::DiskFull));
    // The client comes again with the same edit, as clients do.
    store.work();
    gate.add_permits(1);
    rooms.edit(&doc(), &arv(), &typed(5_000, "lost")).await.unwrap();
    for rooms in [&rooms, &on(&store)] {
        assert!(text(rooms).await.contains("lost"), "acknowledged, and not in the log");
    }
}

#[tokio::test]
async fn a_copy_waits_for_what_is_on_its_way_and_constant_work_does_not_keep_it_waiting() {
    let Bench { store, rooms } = bench();
    rooms.edit(&doc(), &arv(), &typed(1, "a")).await.unwrap();
    let gate = store.shut(1);
    let first = begin(&rooms, 2, "b").await;
    let asking = tokio::spawn({
        let rooms = rooms.clone();
        async move { rooms.ask(&doc(), |copy| Command::Copy { of: None, copy }).await.unwrap().1 }
    });
    let whose = tokio::spawn({
        let rooms = rooms.clone();
        async move { rooms.owners(&doc()).await.unwrap().owners.len() }
    });
    settle().await;
    assert!(!asking.is_finished() && !whose.is_finished(), "nothing is said of what the log does not hold");
    // Another batch gathers and follows at once; it is on its way when they are answered.
    let second = begin(&rooms, 3, "c").await;
    gate.add_permits(1);
    let (seq, copy) = asking.await.unwrap();
    assert_eq!((seq, whose.await.unwrap(), first.await.unwrap()), (2, 2, Ok(Cut::default())));
    let copy = Document::from_copy(seq, &copy).unwrap();
    assert!(
        copy.judge(&Provenance::live(arv(), Right::Draft), &typed(3, "c")).unwrap().is_new(),
        "the copy knows no more than the log"
    );
    gate.add_permits(1);
    second.await.unwrap().unwrap();
}

#[tokio::test]
async fn honest_edits_that_are_sent_again_while_the_first_is_on_its_way_are_not_called_bad() {
    let Bench { store, rooms } = bench();
    let client = plenary_shared::text::plan::new_doc(5);
    rooms.edit(&doc(), &arv(), &typed(1, "a")).await.unwrap();
    let updates: Vec<(usize, Bytes)> = (0..40).map(|n| (n, testing::typed(&client, &format!("{n} ")))).collect();
    let gate = store.shut(1);
    let by = Provenance::live(arv(), Right::Draft);
    let change = Change { address: doc(), by, update: updates[0].1.clone(), provided: Default::default(), order: Order::Unknown };
    let first = rooms.begin_edit(change).await.unwrap();
    settle().await;
    let again = tokio::spawn({
        let rooms = rooms.clone();
        async move { rooms.verify(&doc(), &Provenance::live(arv(), Right::Draft), updates, ()).await.unwrap() }
    });
    settle().await;
    gate.add_permits(1);
    first.await.unwrap().unwrap();
    let tried = again.await.unwrap();
    assert!(tried.values().all(|tried| matches!(tried, Tried::Holds(_))), "{tried:?}");
    assert_eq!(tried.len(), 39);
}

#[tokio::test]
async fn an_edit_that_is_sent_again_while_nobody_knows_whether_the_first_is_kept_is_not_said_to_be_lost() {
    let Bench { store, rooms } = bench();
    let gate = store.shut(1);
    let (first, again) = (begin(&rooms, 1, "a").await, begin(&rooms, 1, "a").await);
    store.fail(StoreError::InDoubt(Arc::new(std::io::Error::other("the disk is gone"))));
    gate.add_permits(1);
    for answer in [first, again] {
        assert_eq!(answer.await.unwrap(), Err(EditError::InDoubt));
    }
}

#[tokio::test]
async fn a_full_disk_costs_the_edits_that_it_does_not_take_and_nothing_else() {
    let Bench { store, rooms } = bench();
    rooms.edit(&doc(), &arv(), &typed(1, "kept ")).await.unwrap();
    let (inbox, writer) = listen(&rooms, 1, "arv").await;
    let (_, reader) = listen(&rooms, 2, "bor").await;
    let gate = store.shut(1);
    store.fail(StoreError::Full);
    let message = ClientMessage::Update(typed(2, "lost "));
    assert!(
        inbox
            .send(Command::Message {
                session: SessionId(1),
                message,
                rests: None,
                order: Default::default(),
                write: true,
                place: None
            })
            .await
            .is_ok()
    );
    settle().await;
    let behind = begin(&rooms, 3, "behind it ").await;
    gate.add_permits(2);
    assert_eq!(behind.await.unwrap(), Err(EditError::DiskFull));
    assert_eq!(heard(&writer).await.1, Some(protocol::CLOSE_LATER), "who wrote comes back with what it has");
    store.work();
    gate.add_permits(2);
    rooms.edit(&doc(), &arv(), &typed(2, "lost ")).await.unwrap();
    rooms.edit(&doc(), &arv(), &typed(4, "later ")).await.unwrap();
    let (frames, closed) = heard(&reader).await;
    let updates = frames.iter().filter(|frame| matches!(ClientMessage::decode(frame), Ok(ClientMessage::Update(_)))).count();
    assert_eq!((updates, closed), (2, None), "who reads stays, and sees what is kept");
    assert_eq!(text(&rooms).await.split_whitespace().count(), 3);
}

#[tokio::test]
async fn of_two_writers_of_one_log_one_hears_that_its_edit_is_not_kept_and_the_chain_stays_whole() {
    let Bench { store, rooms: one } = bench();
    let two = on(&store);
    one.edit(&doc(), &arv(), &typed(1, "first ")).await.unwrap();
    text(&two).await;
    let gate = store.shut(1);
    let slow = begin(&one, 2, "slow ").await;
    let quick = begin(&two, 3, "quick ").await;
    gate.add_permits(2);
    assert_eq!((slow.await.unwrap(), quick.await.unwrap()), (Ok(Cut::default()), Err(EditError::Unavailable)));
    gate.add_permits(1);
    // Its room reads the log again, and goes on from there.
    two.edit(&doc(), &arv(), &typed(3, "quick ")).await.unwrap();
    let words = text(&on(&store)).await;
    assert!(["first", "slow", "quick"].iter().all(|word| words.contains(word)), "{words}");
}

/// Client `n`'s `x`, with neighbours of client 1 that stand the other way round.
fn crossed(n: u8) -> Bytes {
    Bytes::copy_from_slice(&[1, 1, n, 0, 0xc4, 1, 1, 1, 0, 1, b'x', 0])
}

#[tokio::test]
async fn the_hundredth_update_that_misbehaves_costs_what_the_second_did_and_is_known_after_a_restart() {
    const RECORDS: usize = 200;
    let Bench { store, rooms } = bench();
    let client = plenary_shared::text::plan::new_doc(1);
    for _ in 0..RECORDS {
        rooms.edit(&doc(), &arv(), &testing::typed(&client, "word ")).await.unwrap();
    }
    store.records_read();
    let mut read = Vec::new();
    for n in 10..110 {
        assert_eq!(rooms.edit(&doc(), &arv(), &crossed(n)).await, Err(EditError::Misbehaved.into()));
        read.push(store.records_read());
    }
    assert!(read[0] <= RECORDS + 10, "the first reads the log once: {}", read[0]);
    assert!(read[1..].iter().all(|read| *read <= 4), "none reads what those before it made known: {read:?}");
    rooms.edit(&doc(), &arv(), &typed(200, "honest")).await.unwrap();
    let words = text(&rooms).await;
    rooms.stop().await;
    store.records_read();
    let again = on(&store);
    assert_eq!(text(&again).await, words);
    assert_eq!(again.end(&doc()).await.unwrap().refused.len(), 100);
    assert!(store.records_read() <= 4, "nothing is searched for again");
}

#[tokio::test]
async fn who_asks_for_more_than_may_wait_to_be_read_is_told_to_come_back() {
    let Bench { rooms, .. } = bench();
    let heap = "x".repeat(limits::DOCUMENT_BYTES_MAX / 4 - 1_000);
    let bor = Author { party: "bor".parse().unwrap(), member: "bor-1".parse().unwrap() };
    for (client, by) in [(1, arv()), (2, arv()), (3, bor)] {
        rooms.edit(&doc(), &by, &typed(client, &heap)).await.unwrap();
    }
    let ask = async |session, vector: &'static [u8]| {
        let (inbox, outbox) = listen(&rooms, session, "arv").await;
        heard(&outbox).await;
        let message = ClientMessage::SyncStep1(Bytes::from_static(vector));
        let message = Command::Message {
            session: SessionId(session),
            message,
            rests: None,
            order: Default::default(),
            write: true,
            place: None,
        };
        assert!(inbox.send(message).await.is_ok());
        settle().await;
        heard(&outbox).await
    };
    let mut answers = Vec::new();
    for (session, vector) in [(1, &[0][..]), (2, &[0]), (3, &[1, 9, 0]), (4, &[1, 9, 0])] {
        answers.push(ask(session, vector).await);
    }
    let codes: Vec<_> = answers.iter().map(|(_, code)| *code).collect();
    assert_eq!(codes, [None, None, None, Some(protocol::CLOSE_LATER)], "the whole document is shared, a difference is not");
    answers.clear();
    assert_eq!(ask(5, &[1, 9, 0]).await.1, None, "what was read does not count");
}
