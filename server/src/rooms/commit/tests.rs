//! Edits of several documents, on a server in memory.

use plenary_shared::{
    access::Role,
    log::{
        gate::Refusal,
        record::{self, Digest, Right},
    },
    people::Author,
    talk::layer,
    wire::protocol::{self, ClientMessage},
};
use yrs::{Text, WriteTxn};

use super::*;
use crate::{
    outbox::{Next, Outbox},
    room::SessionId,
    rooms::Tried,
    store::{Store, StoreError},
    testing::{Faulty, Table, layer_at, note, plan, update},
};

struct Bench {
    store: Arc<Faulty>,
    table: Table,
}

impl Bench {
    async fn new() -> Self {
        let store = Arc::new(Faulty::default());
        let table = Table::on(store.clone()).await;
        Self { store, table }
    }

    fn text(&self) -> DocAddress {
        DocAddress::Plan("talks".parse().unwrap(), plan())
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<(), CommitError> {
        self.table.rooms.commit(changes).await.map(drop)
    }

    /// How many records each document has, as the store and as its room says.
    async fn ends(&self) -> Vec<(Seq, Seq)> {
        let mut ends = Vec::new();
        for at in [self.text(), layer_at("arv/private"), layer_at("arv/positions")] {
            ends.push((self.store.last_seq(&at).unwrap(), self.table.rooms.end(&at).await.unwrap().seq));
        }
        ends
    }

    /// Holds a document until it is told what became of the edit.
    async fn hold(&self, at: &DocAddress) -> oneshot::Sender<Fate> {
        let Change { update, .. } = change(at.clone(), 1);
        let proposal =
            Proposal { by: by_arv(at), what: Proposed::Edit { update, provided: Default::default(), order: Order::Unknown } };
        let (verdict, judged) = oneshot::channel();
        let (fate, fated) = oneshot::channel();
        let (done, _) = oneshot::channel();
        let hold = Command::Hold(Hold { proposal, verdict, fate: fated, done });
        assert!(self.table.rooms.inbox(at).unwrap().send(hold).await.is_ok());
        assert!(judged.await.unwrap().is_ok());
        fate
    }

    async fn listen(&self, at: &DocAddress) -> Arc<Outbox> {
        let (outbox, member) = (Arc::new(Outbox::default()), self.table.member("arv").clone());
        let join = |joined| Command::Join { session: SessionId(7), member: member.clone(), outbox: outbox.clone(), joined };
        self.table.rooms.ask(at, join).await.unwrap();
        outbox
    }
}

fn by_arv(address: &DocAddress) -> Provenance {
    let author = Author { party: "arv".parse().unwrap(), member: "arv-1".parse().unwrap() };
    Provenance::live(author, Right::of(Role::Delegate, address))
}

fn change(address: DocAddress, client: u64) -> Change {
    let update = match address {
        DocAddress::Layer(..) => update(client, |txn| layer::put(txn, &note(&format!("n{client}"))).unwrap()),
        _ => update(client, |txn| txn.get_or_insert_text("text").insert(txn, 0, "word ")),
    };
    Change { by: by_arv(&address), address, update, provided: Default::default(), order: Order::Unknown }
}

/// Update frames that came so far.
async fn updates(outbox: &Outbox) -> usize {
    let Next::Frames(frames) = outbox.next().await else { panic!("closed") };
    let is_update = |frame: &&Bytes| matches!(ClientMessage::decode(frame), Ok(ClientMessage::Update(_)));
    frames.iter().filter(is_update).count()
}

#[tokio::test]
async fn an_edit_of_three_documents_is_one_append_and_one_frame_in_each() {
    let bench = Bench::new().await;
    let mut outboxes = Vec::new();
    let changes = vec![change(bench.text(), 1), change(layer_at("arv/private"), 2), change(layer_at("arv/positions"), 3)];
    for change in &changes {
        outboxes.push(bench.listen(&change.address).await);
    }
    bench.commit(changes.clone()).await.unwrap();
    for outbox in outboxes {
        assert_eq!(updates(&outbox).await, 1);
    }
    assert_eq!(bench.ends().await, [(3, 3), (1, 1), (1, 1)]);
    bench.commit(changes).await.unwrap();
    assert_eq!(bench.ends().await, [(3, 3), (1, 1), (1, 1)], "what is there already needs no record");
}

#[tokio::test]
async fn an_edit_with_a_part_that_is_refused_or_has_moved_leaves_nothing_and_holds_nobody() {
    let bench = Bench::new().await;
    bench.commit(vec![change(layer_at("arv/private"), 2)]).await.unwrap();
    let missing = Bytes::from_static(&[1, 1, 99, 5, 4, 1, 1, b't', 1, b'x', 0]);
    for at in [bench.text(), layer_at("arv/private"), layer_at("arv/positions")] {
        let mut changes = vec![change(bench.text(), 11), change(layer_at("arv/private"), 12)];
        changes.retain(|change| change.address != at);
        let bad = Change { update: missing.clone(), ..change(at.clone(), 13) };
        let refused = bench.commit([changes.clone(), vec![bad]].concat()).await.unwrap_err();
        let expected = CommitError::Room(RoomError::Edit(EditError::Refused(Refusal::Missing { client: 99, clock: 0 })));
        assert_eq!(refused, expected, "{at}");
        let moved = Change { provided: Provided::Last(9), ..change(at, 14) };
        assert_eq!(bench.commit([changes, vec![moved]].concat()).await, Err(CommitError::Moved));
        assert_eq!(bench.ends().await, [(2, 2), (1, 1), (0, 0)]);
    }
    let now = [(bench.text(), 2), (layer_at("arv/private"), 1), (layer_at("arv/positions"), 0)];
    let changes =
        now.into_iter().zip(21..).map(|((at, seq), client)| Change { provided: Provided::Last(seq), ..change(at, client) });
    bench.commit(changes.collect()).await.unwrap();
    assert_eq!(bench.ends().await, [(3, 3), (2, 2), (1, 1)]);
}

#[tokio::test]
async fn an_edit_of_which_nobody_knows_whether_it_is_kept_is_said_to_be_so_and_its_rooms_read_the_log_again() {
    let bench = Bench::new().await;
    let outbox = bench.listen(&bench.text()).await;
    bench.store.fail(StoreError::InDoubt(Arc::new(std::io::Error::other("the disk is gone"))));
    let changes = vec![change(bench.text(), 1), change(layer_at("arv/private"), 2)];
    assert_eq!(bench.commit(changes.clone()).await, Err(EditError::InDoubt.into()));
    loop {
        match outbox.next().await {
            Next::Close(close) => break assert_eq!(close.code, protocol::CLOSE_LATER),
            Next::Frames(frames) => {
                assert!(frames.iter().all(|f| !matches!(ClientMessage::decode(f), Ok(ClientMessage::Update(_)))))
            }
            Next::AskToCatchUp | Next::Ask => {}
        }
    }
    bench.store.work();
    assert_eq!(bench.ends().await, [(2, 2), (0, 0), (0, 0)]);
    bench.commit(changes).await.unwrap();
    assert_eq!(bench.ends().await, [(3, 3), (1, 1), (0, 0)]);
}

#[tokio::test]
async fn an_edit_that_a_full_disk_does_not_take_is_refused_for_that_and_its_rooms_go_on() {
    let bench = Bench::new().await;
    let outbox = bench.listen(&bench.text()).await;
    bench.store.fail(StoreError::Full);
    let changes = vec![change(bench.text(), 1), change(layer_at("arv/private"), 2)];
    assert_eq!(bench.commit(changes.clone()).await, Err(EditError::DiskFull.into()));
    bench.store.work();
    bench.commit(changes).await.unwrap();
    assert_eq!(updates(&outbox).await, 1, "who listened stays, and sees it once");
    assert_eq!(bench.ends().await, [(3, 3), (1, 1), (0, 0)]);
}

#[tokio::test]
async fn whoever_asked_may_go_away_in_the_middle_and_readers_are_answered_meanwhile() {
    let bench = Bench::new().await;
    let gate = bench.store.shut(2);
    let rooms = bench.table.rooms.clone();
    let changes = vec![change(bench.text(), 1), change(layer_at("arv/private"), 2)];
    let asked = tokio::spawn(async move { rooms.commit(changes).await });
    bench.store.arrived.notified().await;
    // An edit that comes meanwhile waits for its turn, and a reader does not.
    let later = bench.table.rooms.begin_edit(change(bench.text(), 3)).await.unwrap();
    tokio::task::yield_now().await;
    assert!(bench.table.rooms.end(&bench.text()).await.unwrap().seq < 3);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    asked.abort();
    assert_eq!(bench.table.rooms.end(&bench.text()).await.unwrap().seq, bench.store.last_seq(&bench.text()).unwrap());
    gate.add_permits(1);
    later.await.unwrap().unwrap();
    while bench.store.last_seq(&layer_at("arv/private")).unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.ends().await, [(4, 4), (1, 1), (0, 0)]);
}

#[tokio::test]
async fn an_edit_that_cannot_hold_a_room_in_time_lets_go_of_the_others() {
    let bench = Bench::new().await;
    let text = bench.text();
    // Somebody holds the plan and does not let go.
    let fate = bench.hold(&text).await;
    tokio::time::pause();
    let changes = vec![change(text.clone(), 3), change(layer_at("arv/private"), 4)];
    assert_eq!(bench.commit(changes.clone()).await, Err(RoomError::Unavailable.into()));
    let alone = bench.commit(vec![change(layer_at("arv/private"), 5)]);
    alone.await.unwrap();
    fate.send(Fate::Dropped).unwrap();
    bench.commit(changes).await.unwrap();
    assert_eq!(bench.ends().await, [(3, 3), (2, 2), (0, 0)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_that_cross_each_other_all_arrive() {
    let bench = Arc::new(Bench::new().await);
    let edits = (0..60u64).map(|n| {
        let bench = bench.clone();
        tokio::spawn(async move {
            let client = 100 + 10 * n;
            let mut changes = vec![
                change(bench.text(), client),
                change(layer_at("arv/private"), client + 1),
                change(layer_at("arv/positions"), client + 2),
            ];
            changes.rotate_left(n as usize % 3);
            changes.truncate(1 + n as usize % 3);
            bench.commit(changes).await
        })
    });
    for edit in edits.collect::<Vec<_>>() {
        edit.await.unwrap().unwrap();
    }
    let ends = bench.ends().await;
    assert!(ends.iter().all(|(stored, shown)| stored == shown), "{ends:?}");
    assert_eq!(ends.iter().map(|(stored, _)| stored).sum::<Seq>(), 2 + 20 * (1 + 2 + 3));
}

#[tokio::test]
async fn of_edits_for_the_same_record_only_one_is_taken() {
    let bench = Arc::new(Bench::new().await);
    let edits = (0..8u64).map(|n| {
        let bench = bench.clone();
        tokio::spawn(async move {
            let conditional = Change { provided: Provided::Last(0), ..change(layer_at("arv/private"), 50 + n) };
            bench.commit(vec![conditional, change(bench.text(), 70 + n)]).await
        })
    });
    let mut taken = 0;
    for edit in edits.collect::<Vec<_>>() {
        match edit.await.unwrap() {
            Ok(()) => taken += 1,
            Err(error) => assert_eq!(error, CommitError::Moved),
        }
    }
    assert_eq!(taken, 1);
    assert_eq!(bench.ends().await, [(3, 3), (1, 1), (0, 0)]);
}

/// Client 92's `x`, with neighbours that stand the other way round: left origin `b` of client 91 and right origin `a`.
const CROSSED: [u8; 12] = [1, 1, 92, 0, 0xc4, 91, 1, 91, 0, 1, b'x', 0];

#[tokio::test]
async fn what_lies_about_order_is_found_on_a_copy_and_the_rest_of_the_edit_is_not_torn_from_it() {
    let bench = Bench::new().await;
    let ab = update(91, |txn| txn.get_or_insert_text("text").insert(txn, 0, "ab"));
    bench.commit(vec![Change { update: ab, ..change(bench.text(), 1) }]).await.unwrap();
    let lie = Change { update: Bytes::from_static(&CROSSED), ..change(bench.text(), 1) };
    let changes = vec![lie.clone(), change(layer_at("arv/private"), 2)];
    assert_eq!(bench.commit(changes).await, Err(CommitError::Unverified(bench.text())));
    let honest = change(bench.text(), 93).update;
    let updates = vec![(0, honest.clone()), (1, lie.update.clone()), (2, change(bench.text(), 94).update)];
    let tried = bench.table.rooms.verify(&bench.text(), &by_arv(&bench.text()), updates, ()).await.unwrap();
    assert!(matches!((&tried[&0], &tried[&2]), (Tried::Holds(_), Tried::Holds(_))));
    assert!(matches!(tried[&1], Tried::Bad(EditError::Misbehaved)));
    assert_eq!(bench.ends().await, [(3, 3), (0, 0), (0, 0)]);
    // What passes the gate and fails in the document all the same is refused there, and the room goes on.
    let forced = Change { order: Order::Unknown, ..lie };
    let done = bench.table.rooms.begin_edit(forced).await.unwrap();
    assert_eq!(done.await.unwrap(), Err(EditError::Misbehaved));
    bench.commit(vec![change(bench.text(), 95), change(layer_at("arv/private"), 2)]).await.unwrap();
    assert_eq!(bench.ends().await, [(5, 5), (1, 1), (0, 0)]);
}

#[tokio::test]
async fn a_full_document_takes_no_part() {
    let bench = Bench::new().await;
    let heap = "x".repeat(limits::LAYER_BYTES_MAX - 1_000);
    let fill = update(1, |txn| txn.get_or_insert_text("text").insert(txn, 0, &heap));
    bench.commit(vec![Change { update: fill, ..change(layer_at("arv/private"), 1) }]).await.unwrap();
    let more = update(2, |txn| txn.get_or_insert_text("text").insert(txn, 0, &heap[..2_000]));
    let more = Change { update: more, ..change(layer_at("arv/private"), 2) };
    let full = EditError::Full(limits::LAYER_BYTES_MAX);
    let refused = bench.commit(vec![change(bench.text(), 3), more.clone()]).await;
    assert_eq!(refused, Err(RoomError::Edit(full.clone()).into()));
    let done = bench.table.rooms.begin_edit(more).await.unwrap();
    assert_eq!(done.await.unwrap(), Err(full), "nor does one by itself");
    assert_eq!(bench.ends().await, [(2, 2), (1, 1), (0, 0)]);
}

#[tokio::test]
async fn nobody_is_recorded_as_having_seen_what_was_yet_to_come() {
    let bench = Bench::new().await;
    let seen = |client| Change { by: Provenance { seen: Some(99), ..by_arv(&bench.text()) }, ..change(bench.text(), client) };
    bench.commit(vec![seen(1), change(layer_at("arv/private"), 2)]).await.unwrap();
    let alone = bench.table.rooms.begin_edit(seen(3)).await.unwrap();
    alone.await.unwrap().unwrap();
    let mut head = Digest::genesis(&bench.text());
    let mut told = Vec::new();
    for (_, sealed) in bench.store.read(&bench.text(), 0, 9, usize::MAX).unwrap() {
        let (record, digest) = record::open(&head, &sealed).unwrap();
        head = digest;
        told.push(record.seen);
    }
    assert_eq!(told, [0, 1, 2, 3]);
}

#[tokio::test]
async fn while_one_edit_waits_to_hold_a_document_it_is_read_and_others_gather() {
    let bench = Arc::new(Bench::new().await);
    let text = bench.text();
    let fate = bench.hold(&text).await;
    let waiting: Vec<_> = (0..3u64)
        .map(|n| {
            let bench = bench.clone();
            let changes = vec![change(bench.text(), 10 + n), change(layer_at("arv/private"), 20 + n)];
            tokio::spawn(async move { bench.commit(changes).await })
        })
        .collect();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let mut gathers = Vec::new();
    for client in 30..33 {
        gathers.push(bench.table.rooms.begin_edit(change(text.clone(), client)).await.unwrap());
    }
    let read = tokio::spawn({
        let (rooms, text) = (bench.table.rooms.clone(), text.clone());
        async move { rooms.end(&text).await.unwrap().seq }
    });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(read.is_finished(), "a reader does not wait for those who do");
    assert_eq!(read.await.unwrap(), 2);
    // One who goes away leaves nothing behind that ends the room.
    let (verdict, judged) = oneshot::channel();
    let (_, fated) = oneshot::channel();
    let (done, _) = oneshot::channel();
    let update = change(text.clone(), 40).update;
    let proposal =
        Proposal { by: by_arv(&text), what: Proposed::Edit { update, provided: Default::default(), order: Order::Unknown } };
    drop(judged);
    let gone = Command::Hold(Hold { proposal, verdict, fate: fated, done });
    assert!(bench.table.rooms.inbox(&text).unwrap().send(gone).await.is_ok());
    fate.send(Fate::Dropped).unwrap();
    for edit in waiting {
        edit.await.unwrap().unwrap();
    }
    for edit in gathers {
        edit.await.unwrap().unwrap();
    }
    assert_eq!(bench.ends().await, [(8, 8), (3, 3), (0, 0)]);
}
