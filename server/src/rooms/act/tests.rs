//! Acts in the log of a plan that is being edited.

use plenary_shared::{
    access::Access,
    log::record::{self, Digest, Right},
    people::Author,
    wire::{api::AccessList, protocol},
};
use std::io;
use yrs::{Text, WriteTxn};

use super::*;
use crate::{
    outbox::{Next, Outbox},
    registry::RegistryError,
    room::{Command, SessionId},
    store::Store,
    testing::{Faulty, Table, plan, update},
};

struct Bench {
    store: Arc<Faulty>,
    table: Table,
    text: DocAddress,
}

impl Bench {
    async fn new() -> Self {
        let store = Arc::new(Faulty::default());
        let table = Table::on(store.clone()).await;
        Self { store, table, text: "talks/plan".parse().unwrap() }
    }

    /// A member of arv listens to the text, and has read what it begins with.
    async fn listen(&self) -> Arc<Outbox> {
        let (outbox, member) = (Arc::new(Outbox::default()), self.table.member("arv").clone());
        let join = |joined| Command::Join { session: SessionId(7), member: member.clone(), outbox: outbox.clone(), joined };
        self.table.rooms.ask(&self.text, join).await.unwrap();
        assert!(matches!(outbox.next().await, Next::Frames(_)));
        outbox
    }

    async fn write(&self, client: u64) -> Result<(), RoomError> {
        let word = update(client, |txn| txn.get_or_insert_text("text").insert(txn, 0, "word "));
        let author = Author { party: "arv".parse().unwrap(), member: "arv-1".parse().unwrap() };
        self.table.rooms.edit(&self.text, &author, &word).await
    }

    /// arv may do this much, and bor drafts.
    async fn give(&self, arv: Access) -> Result<(), RegistryError> {
        let access = [("arv".parse().unwrap(), arv), ("bor".parse().unwrap(), Access::Draft)].into();
        let list = AccessList { access, consent: [].into() };
        self.table.registry.set_access(&self.table.rooms, self.table.member("med"), plan(), list).await
    }

    fn may(&self) -> Access {
        self.table.registry.conference(self.table.member("med"), |entry| entry.plans[&plan()].access.clone()).unwrap()
            [&"arv".parse().unwrap()]
    }

    /// The acts of the plan's log, whose chain closes, and where it ends.
    fn log(&self) -> (usize, Seq) {
        let (mut head, mut acts, mut end) = (Digest::genesis(&self.text), 0, 0);
        for (seq, sealed) in self.store.read(&self.text, 0, 99, usize::MAX).unwrap() {
            let (record, digest) = record::open(&head, &sealed).unwrap();
            (head, end) = (digest, seq);
            acts += usize::from(Act::of(&record).is_some());
        }
        (acts, end)
    }
}

#[tokio::test]
async fn an_act_is_one_append_with_what_was_decided_and_whoever_edits_sees_nothing_of_it() {
    let bench = Bench::new().await;
    let outbox = bench.listen().await;
    bench.write(1).await.unwrap();
    assert!(matches!(outbox.next().await, Next::Frames(_)));
    let gate = bench.store.shut(2);
    let (given, ()) = tokio::join!(bench.give(Access::Propose), async { gate.add_permits(1) });
    given.unwrap();
    assert_eq!(gate.available_permits(), 0, "both are one append");
    bench.store.work();
    assert_eq!((bench.may(), bench.log()), (Access::Propose, (2, 4)));
    bench.write(2).await.unwrap();
    let Next::Frames(frames) = outbox.next().await else { panic!("closed") };
    assert_eq!(frames.len(), 1, "the word alone");
    assert_eq!(bench.log(), (2, 5), "what follows continues the chain");
}

#[tokio::test]
async fn an_act_that_is_not_kept_changes_nothing_and_the_room_goes_on() {
    let bench = Bench::new().await;
    bench.listen().await;
    bench.store.fail(StoreError::Full);
    assert!(matches!(bench.give(Access::Propose).await, Err(RegistryError::Store(StoreError::Full))));
    bench.store.work();
    bench.write(1).await.unwrap();
    assert_eq!((bench.may(), bench.log()), (Access::Draft, (1, 3)));
    // Whoever asks goes away while the room is held.
    let by = Provenance::live(bench.table.member("med").author(), Right::Chair);
    let held = bench.table.rooms.hold_act(bench.text.clone(), by, &Act::Other).await.unwrap();
    drop(held);
    bench.write(2).await.unwrap();
    bench.give(Access::Propose).await.unwrap();
    assert_eq!((bench.may(), bench.log()), (Access::Propose, (2, 5)));
}

#[tokio::test]
async fn an_act_of_which_nobody_knows_whether_it_is_kept_ends_the_room_and_the_next_one_reads_the_log() {
    let bench = Bench::new().await;
    let outbox = bench.listen().await;
    bench.store.fail(StoreError::InDoubt(Arc::new(io::Error::other("the disk is gone"))));
    assert!(bench.give(Access::Propose).await.is_err());
    let Next::Close(close) = outbox.next().await else { panic!("still open") };
    assert_eq!(close.code, protocol::CLOSE_LATER);
    bench.store.work();
    bench.write(1).await.unwrap();
    assert_eq!(bench.log(), (1, 3));
}
