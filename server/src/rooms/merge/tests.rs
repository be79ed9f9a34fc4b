//! What is put together, and what it costs, on a server in memory.

mod cut;

use plenary_shared::{
    id::PointId,
    log::record::{RecordKind, Right},
    people::Author,
    text::plan::{Outline, set_words},
};
use tokio::time::Instant;
use yrs::{
    Doc, ReadTxn, StateVector, Transact, TransactionMut, Update,
    updates::{decoder::Decode, encoder::Encode},
};

use super::*;
use crate::{
    rooms::Change,
    testing::{Faulty, Table, plan},
};

struct Bench {
    store: Arc<Faulty>,
    rooms: Arc<Rooms>,
    text: DocAddress,
    point: PointId,
    next_client: u64,
}

fn author(party: &str) -> Author {
    Author { party: party.parse().unwrap(), member: format!("{party}-1").parse().unwrap() }
}

fn by(party: &str) -> Provenance {
    Provenance::live(author(party), Right::Draft)
}

/// In a stay of this number, resting on this record.
fn away(party: &str, stay: u8, seen: Seq) -> Provenance {
    Provenance { seen: Some(seen), branch: Branch([stay; 8]), ..by(party) }
}

fn words(to: &str) -> impl FnOnce(&mut TransactionMut, &PointId) {
    let to = to.to_owned();
    move |txn, point| {
        set_words(txn, point, &to).unwrap();
    }
}

impl Bench {
    async fn new() -> Self {
        let store = Arc::new(Faulty::default());
        let Table { rooms, .. } = Table::on(store.clone()).await;
        let text = DocAddress::Plan("talks".parse().unwrap(), plan());
        let mut bench = Self { store, rooms, text, point: "p".parse().unwrap(), next_client: 100 };
        bench.point = bench.outline().await.points[0].id.clone();
        bench
    }

    async fn outline(&self) -> Outline {
        let doc = self.client(0, Seq::MAX).await;
        Outline::read(&doc.transact())
    }

    async fn words(&self) -> String {
        self.outline().await.points[0].words.clone()
    }

    async fn end(&self) -> Seq {
        self.rooms.end(&self.text).await.unwrap().seq
    }

    fn records(&self) -> Vec<(Seq, Record)> {
        let log = self.store.inside.read(&self.text, 0, usize::MAX, usize::MAX).unwrap();
        log.into_iter().map(|(seq, sealed)| (seq, record::read(&sealed).unwrap())).collect()
    }

    /// A client that has seen the log up to a record.
    async fn client(&self, id: u64, seen: Seq) -> Doc {
        let doc = new_doc(id);
        let mut txn = doc.transact_mut();
        for (_, record) in self.records().iter().filter(|(seq, _)| *seq <= seen) {
            if let Some(update) = record.change() {
                txn.apply_update(Update::decode_v1(update).unwrap()).unwrap();
            }
        }
        drop(txn);
        doc
    }

    fn change(&self, doc: &Doc, change: impl FnOnce(&mut TransactionMut, &PointId)) -> Bytes {
        let mut txn = doc.transact_mut();
        change(&mut txn, &self.point);
        txn.encode_update_v1().into()
    }

    async fn write(&mut self, seen: Seq, f: impl FnOnce(&mut TransactionMut, &PointId)) -> Bytes {
        self.next_client += 1;
        let doc = self.client(self.next_client, seen).await;
        self.change(&doc, f)
    }

    /// Somebody writes at the server.
    async fn live(&mut self, party: &str, f: impl FnOnce(&mut TransactionMut, &PointId)) {
        let update = self.write(Seq::MAX, f).await;
        self.rooms.edit(&self.text, &author(party), &update).await.unwrap();
    }

    /// So many records that touch nothing, and a snapshot behind them.
    async fn pass(&mut self, count: u64) {
        let doc = self.client(9, Seq::MAX).await;
        for n in 0..count {
            let update = self.change(&doc, |txn, _| {
                use yrs::{Text, WriteTxn};
                txn.get_or_insert_text("text").insert(txn, 0, if n % 2 == 0 { "a" } else { "b" });
            });
            self.rooms.edit(&self.text, &author("med"), &update).await.unwrap();
        }
        let (_, (seq, copy)) = self.rooms.ask(&self.text, |copy| Command::Copy { of: None, copy }).await.unwrap();
        self.rooms.waypoints.keep(&self.text, seq, copy.clone());
        self.store.save_snapshot(&self.text, seq, copy).await.unwrap();
    }

    async fn push(&self, by: &Provenance, updates: Vec<Bytes>) -> Together {
        let updates = updates.into_iter().map(|update| (update, None)).collect();
        self.rooms.put_together(&self.text, None, by, updates).await.unwrap()
    }

    /// What was written away, in one with what puts it side by side.
    async fn stayed(&self, by: Provenance, update: &Bytes) -> Stayed {
        self.rooms.stayed(&self.text, None, by, update).await.unwrap()
    }
}

#[tokio::test]
async fn what_is_put_together_costs_what_was_written_since_however_long_the_log_is_behind() {
    let mut costs = Vec::new();
    for behind in [100, 2_000] {
        let mut bench = Bench::new().await;
        bench.live("med", words("24 days")).await;
        bench.pass(behind).await;
        let seen = bench.end().await;
        let away_from = bench.write(seen, words("12 days")).await;
        bench.live("bor", words("48 days")).await;
        bench.pass(200).await;
        bench.store.records_read();
        assert!(matches!(bench.stayed(away("arv", 1, seen), &away_from).await, Stayed::Apart));
        costs.push(bench.store.records_read());
        assert_eq!(bench.words().await, "[48][12] days");
    }
    assert_eq!(costs[0], costs[1]);
}

#[tokio::test]
async fn who_clashes_with_nobody_has_no_text_folded_and_what_was_read_is_not_read_again() {
    let mut bench = Bench::new().await;
    bench.live("med", words("24 days")).await;
    bench.pass(500).await;
    let seen = bench.end().await;
    bench.pass(500).await;
    let mine = bench.write(seen, words("12 days")).await;
    bench.store.records_read();
    assert!(
        matches!(bench.push(&away("arv", 1, seen), vec![mine.clone()]).await, Together::Alone { seen: Some(at), .. } if at == seen)
    );
    assert_eq!(bench.store.records_read(), 500, "what was written since, once");
    assert!(matches!(bench.push(&away("arv", 1, seen), vec![mine]).await, Together::Alone { .. }));
    assert_eq!(bench.store.records_read(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_has_the_server_put_together_again_and_again_waits_for_it() {
    let mut bench = Bench::new().await;
    bench.live("med", words("24 days")).await;
    let seen = bench.end().await;
    let mine = bench.write(seen, words("12 days")).await;
    bench.live("bor", words("48 days")).await;
    bench.pass(200).await;
    let began = Instant::now();
    let mut tries = 0;
    while began.elapsed() < limits::MERGE_WAIT_MAX {
        // It is not kept, so the next one has as much to do.
        assert!(matches!(bench.push(&away("arv", 1, seen), vec![mine.clone()]).await, Together::Merged { .. }));
        bench.rooms.merges.turn(&bench.text, &author("arv")).await.costs(limits::MERGED_RECORDS_AT_ONCE / 10);
        tries += 1;
        assert!(tries < 50, "it goes on as fast as it asks");
    }
    let now = Instant::now();
    bench.push(&away("bor", 2, seen), vec![mine]).await;
    assert!(now.elapsed().is_zero(), "others do not");
}

#[tokio::test]
async fn who_says_to_have_seen_less_than_what_the_edit_names_is_taken_to_have_seen_that() {
    let mut bench = Bench::new().await;
    bench.live("med", words("24 days")).await;
    let old = bench.end().await;
    bench.live("bor", words("48 days")).await;
    let fresh = bench.write(Seq::MAX, words("36 days")).await;
    assert!(matches!(bench.stayed(away("arv", 1, old), &fresh).await, Stayed::Alone));
    assert_eq!((bench.words().await.as_str(), bench.records().last().unwrap().1.seen), ("36 days", old + 1));
    // What only deletes names what it deletes.
    bench.live("bor", words("60 days")).await;
    let fresh = bench.write(Seq::MAX, words("days")).await;
    bench.stayed(away("arv", 2, old), &fresh).await;
    assert_eq!(bench.words().await, "days");
    // Nor does one's own client hide what one had read before.
    bench.live("bor", words("90 days")).await;
    let doc = bench.client(777, Seq::MAX).await;
    let first = bench.change(&doc, words("91 days"));
    bench.rooms.edit(&bench.text, &author("arv"), &first).await.unwrap();
    let second = bench.change(&doc, words("912 days"));
    bench.stayed(away("arv", 3, old), &second).await;
    assert_eq!(bench.words().await, "912 days");
}

#[tokio::test]
async fn who_says_to_have_seen_what_is_yet_to_come_gets_what_typing_gives() {
    let mut bench = Bench::new().await;
    bench.live("med", words("24 days")).await;
    let old = bench.end().await;
    let mine = bench.write(old, words("12 days")).await;
    bench.live("bor", words("48 days")).await;
    assert!(matches!(bench.stayed(away("arv", 1, 999), &mine).await, Stayed::Alone));
    let (seq, record) = bench.records().pop().unwrap();
    assert_eq!(
        (record.seen, record.kind),
        (seq - 1, RecordKind::Edit),
        "it is marked as what had seen all that stands before it"
    );
}

#[tokio::test]
async fn what_a_client_typed_before_it_lost_the_others_is_its_own() {
    let mut bench = Bench::new().await;
    bench.live("med", words("24 days")).await;
    let old = bench.end().await;
    let doc = bench.client(777, old).await;
    let first = bench.change(&doc, words("124 days"));
    bench.rooms.edit(&bench.text, &author("arv"), &first).await.unwrap();
    bench.live("bor", words("48 days")).await;
    let second = bench.change(&doc, words("1245 days"));
    assert!(matches!(bench.stayed(away("arv", 1, old), &second).await, Stayed::Apart));
    let out = bench.words().await;
    assert!(out.contains("48") && out.contains("1245") && !out.contains("12458") && !out.contains("12485"), "{out}");
}

#[tokio::test]
async fn a_client_that_comes_back_is_known_by_its_vector_and_what_it_knows_to_be_deleted() {
    let mut bench = Bench::new().await;
    bench.live("med", words("24 days")).await;
    let doc = bench.client(777, Seq::MAX).await;
    // A deletion alone, of which its state vector tells nothing.
    bench.live("bor", words("days")).await;
    bench.change(&doc, words("243 days"));
    let had: Bytes = doc.transact().state_vector().encode_v1().into();
    let all: Bytes = doc.transact().encode_state_as_update_v1(&StateVector::default()).into();
    let came = bench.rooms.came_back(&bench.text, SessionId(1), by("arv"), &had, &all).await.unwrap();
    assert!(matches!(came, Stayed::Apart), "{came:?}");
    assert_eq!(bench.words().await, "[243] days");
    let came = bench.rooms.came_back(&bench.text, SessionId(1), by("arv"), &had, &all).await.unwrap();
    assert!(matches!(came, Stayed::Here(Provenance { seen: None, .. })), "repeated, it is nothing new");
}

#[tokio::test]
async fn what_is_sent_again_writes_nothing_and_what_comes_later_of_a_stay_is_put_together_anew() {
    let mut bench = Bench::new().await;
    bench.live("med", words("24 days")).await;
    let seen = bench.end().await;
    let doc = bench.client(777, seen).await;
    let first = bench.change(&doc, words("12 days"));
    let second = bench.change(&doc, words("14 days"));
    bench.live("bor", words("48 days")).await;
    assert!(matches!(bench.stayed(away("arv", 1, seen), &first).await, Stayed::Apart));
    let (end, out) = (bench.end().await, bench.words().await);
    assert_eq!(out, "[48][12] days");
    assert!(matches!(bench.stayed(away("arv", 1, seen), &first).await, Stayed::Alone));
    assert_eq!((bench.end().await, bench.words().await), (end, out));
    assert!(matches!(bench.stayed(away("arv", 1, seen), &second).await, Stayed::Apart));
    assert_eq!(bench.words().await, "[48][14] days");
    let RecordKind::Bracketing(says) = bench.records().pop().unwrap().1.kind else { panic!("no bracketing") };
    assert_eq!(says.of.len(), 3, "{says:?}");
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_while_its_stay_is_read_has_its_turn_until_that_is_done_and_pays() {
    let mut bench = Bench::new().await;
    bench.live("med", words("24 days")).await;
    let seen = bench.end().await;
    let mine = bench.write(seen, words("12 days")).await;
    bench.pass(500).await;
    // From here on each record is waited for.
    bench.rooms.merges.turn(&bench.text, &author("arv")).await.costs(limits::MERGED_RECORDS_AT_ONCE);
    let (reads, is_read) = tokio::sync::oneshot::channel();
    let (goes_on, go_on) = std::sync::mpsc::channel();
    bench.store.on_load(bench.text.clone(), move || {
        reads.send(()).unwrap();
        go_on.recv().unwrap();
    });
    let (rooms, text) = (bench.rooms.clone(), bench.text.clone());
    let task = tokio::spawn(async move { rooms.stayed(&text, None, away("arv", 1, seen), &mine).await.map(drop) });
    is_read.await.unwrap();
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    let (now, author) = (Instant::now(), author("arv"));
    let mut turn = Box::pin(bench.rooms.merges.turn(&bench.text, &author));
    assert!(futures_util::poll!(&mut turn).is_pending(), "it is read yet");
    goes_on.send(()).unwrap();
    turn.await;
    assert!(now.elapsed() >= tokio::time::Duration::from_micros(500 * 1_000_000 / limits::MERGED_RECORDS_PER_S));
}

#[tokio::test]
async fn what_was_merged_is_confirmed_once_whoever_repeats_it() {
    let mut bench = Bench::new().await;
    bench.live("med", words("24 days")).await;
    for round in 1..=2 {
        let seen = bench.end().await;
        let mine = bench.write(seen, words(&format!("12{round} days"))).await;
        bench.live("bor", words(&format!("48{round} days"))).await;
        assert!(matches!(bench.stayed(away("arv", round, seen), &mine).await, Stayed::Apart));
        let (merged, nowhere) = (bench.end().await, Some("nowhere".parse().unwrap()));
        for party in ["arv", "bor", "med"] {
            for _ in 0..10 {
                let by = Provenance { seen: Some(merged), ..by(party) };
                let points = [vec![Some(bench.point.clone()); 100], vec![nowhere.clone(), None]].concat();
                bench.rooms.confirm(bench.text.clone(), by, points).await.unwrap();
            }
        }
        let (seq, record) = bench.records().pop().unwrap();
        assert_eq!((seq, record.kind), (merged + 1, RecordKind::Confirmation { points: vec![Some(bench.point.clone())] }));
        assert!(bench.rooms.marked(&bench.text).await.unwrap().points.is_empty());
    }
}

#[tokio::test]
async fn what_clashed_with_nobody_when_it_was_judged_is_not_taken_once_it_does() {
    for passed in [0, 3] {
        let mut bench = Bench::new().await;
        bench.live("med", words("24 days")).await;
        let seen = bench.end().await;
        let update = bench.write(seen, words("12 days")).await;
        bench.pass(passed).await;
        let by = away("arv", 1, seen);
        let Together::Alone { provided, .. } = bench.push(&by, vec![update.clone()]).await else { panic!("a clash with nobody") };
        bench.live("bor", words("48 days")).await;
        let change = Change { address: bench.text.clone(), by, update, provided, order: Order::Unknown };
        let taken = bench.rooms.begin_edit(change.clone()).await.unwrap().await.unwrap();
        assert_eq!((taken, bench.rooms.commit(vec![change]).await), (Err(EditError::Moved), Err(CommitError::Moved)));
        assert_eq!(bench.words().await, "48 days");
    }
}

#[tokio::test(start_paused = true)]
async fn what_others_write_while_an_edit_waits_for_the_log_stands_beside_it() {
    for party in ["arv", "bor"] {
        let mut bench = Bench::new().await;
        bench.live("med", words("24 days")).await;
        let seen = bench.end().await;
        let mine = bench.write(seen, words("12 days")).await;
        let theirs = bench.write(seen, words("48 days")).await;
        // Theirs is on its way to the log, and nobody may see it yet.
        let what = Proposed::Edit { update: theirs, provided: Provided::Anyway, order: Order::Holds };
        let held = bench.rooms.hold(bench.text.clone(), Proposal { by: by(party), what }, Instant::now() + limits::HOLD).await;
        let held = held.unwrap().0.unwrap();
        let (rooms, text, update) = (bench.rooms.clone(), bench.text.clone(), mine.clone());
        let stayed = tokio::spawn(async move { rooms.stayed(&text, None, away("arv", 1, seen), &update).await });
        // The time goes on once all wait for each other: it has been judged.
        tokio::time::sleep(limits::HOLD / 2).await;
        assert!(!stayed.is_finished());
        let last = bench.rooms.store.append(&bench.text, held.after, held.records).await.unwrap();
        held.fate.send(crate::room::Fate::Kept(last)).unwrap();
        assert!(matches!(stayed.await.unwrap(), Ok(Stayed::Apart)), "{party}");
        assert_eq!(bench.words().await, "[48][12] days", "{party}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_text_is_read_from_the_nearest_copy_in_the_turn_of_who_asks_for_it() {
    let mut bench = Bench::new().await;
    bench.live("med", words("24 days")).await;
    bench.pass(500).await;
    let seen = bench.end().await;
    bench.live("bor", words("48 days")).await;
    bench.store.records_read();
    let past = bench.rooms.past(&bench.text, &author("arv"), seen).await.unwrap();
    assert!(Document::on_state(&past, |txn| Some(Outline::read(txn).points[0].words == "24 days")).unwrap());
    assert!(bench.store.records_read() < 10);
    for _ in 0..2 {
        bench.rooms.merges.turn(&bench.text, &author("arv")).await.costs(limits::MERGED_RECORDS_AT_ONCE);
    }
    for (party, waits) in [("bor", false), ("arv", true)] {
        let now = Instant::now();
        bench.rooms.past(&bench.text, &author(party), seen).await.unwrap();
        assert_eq!(!now.elapsed().is_zero(), waits, "{party}");
    }
}
