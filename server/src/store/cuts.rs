//! What is left after power cuts, failures and full disks, on a disk that is simulated: everything that was acknowledged or read, each
//! append whole or not at all, and a store that goes on.

use std::{collections::BTreeMap, io, sync::Arc};

use bytes::Bytes;
use plenary_shared::id::DocAddress;
use tokio::runtime::Runtime;

use super::{
    BoxFuture, Condition, DiskStore, Part, Seq, Store, StoreError,
    dice::Dice,
    sim::{Event, SimDisk},
    sim_tree::SimTree,
    suite::noise,
};

type Logs = BTreeMap<DocAddress, Vec<Bytes>>;

/// A store and what is known of it.
struct World {
    dice: Dice,
    disk: SimDisk,
    tree: SimTree,
    segment_bytes: u64,
    runtime: Runtime,
    documents: Vec<DocAddress>,
    /// What was acknowledged or read.
    certain: Logs,
    /// Appends that may have been kept, in order.
    doubtful: Vec<Vec<Part>>,
    /// Every snapshot that was ever saved, by what it covers.
    snapshots: BTreeMap<(DocAddress, Seq), Bytes>,
    written: u64,
}

/// What one append was answered.
type Answer = Result<Vec<Seq>, StoreError>;

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let long = ["c", "p", "a", "l"].map(|letter| letter.repeat(64)).join("/");
        let names = ["talks/a", "talks/b", "talks/b/arv/private", "talks/c", &long];
        let mut documents: Vec<DocAddress> = names.iter().map(|name| name.parse().unwrap()).collect();
        documents.push(DocAddress::Registry);
        Self {
            segment_bytes: [600, 2_000, 6_000, 20_000][dice.below(4)],
            disk: SimDisk::new(seed),
            tree: SimTree::default(),
            runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
            documents,
            certain: Logs::new(),
            doubtful: Vec::new(),
            snapshots: BTreeMap::new(),
            written: 0,
            dice,
        }
    }

    fn open(&self) -> Result<DiskStore, StoreError> {
        DiskStore::start(Arc::new(self.disk.clone()), Box::new(self.tree.clone()), self.segment_bytes)
    }

    fn wait<T>(&self, future: BoxFuture<T>) -> T {
        self.runtime.block_on(future)
    }

    /// Records for one to three documents, behind what is in `ends`.
    fn draw(&mut self, ends: &mut BTreeMap<DocAddress, Seq>) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for _ in 0..1 + self.dice.below(3) {
            let doc = self.documents[self.dice.below(self.documents.len())].clone();
            if parts.iter().any(|(known, _, _)| *known == doc) {
                continue;
            }
            let count = 1 + self.dice.below(3);
            let sizes = [0, 20, 70, 300, 900];
            let mut record = || {
                self.written += 1;
                noise(self.written, sizes[self.dice.below(sizes.len())])
            };
            let records: Vec<Bytes> = (0..count).map(|_| record()).collect();
            let end = ends.entry(doc.clone()).or_default();
            parts.push((doc, *end, records));
            *end += count as Seq;
        }
        parts
    }

    fn ends(&self) -> BTreeMap<DocAddress, Seq> {
        self.certain.iter().map(|(doc, log)| (doc.clone(), log.len() as Seq)).collect()
    }

    /// Some appends under way at once, each behind the one before, and a look at the logs meanwhile.
    fn append_some(&mut self, store: &DiskStore) -> Vec<Answer> {
        let mut ends = self.ends();
        let groups: Vec<Vec<Part>> = (0..1 + self.dice.below(4)).map(|_| self.draw(&mut ends)).collect();
        let answers: Vec<_> = groups.iter().map(|parts| store.append_all(parts.clone())).collect();
        let seen: Vec<_> = self.documents.iter().map(|doc| (doc.clone(), read(store, doc))).collect();
        let answers: Vec<Answer> = answers.into_iter().map(|answer| self.wait(answer)).collect();
        for (parts, answer) in groups.into_iter().zip(&answers) {
            match answer {
                Ok(lasts) => {
                    for ((doc, after, records), last) in parts.into_iter().zip(lasts) {
                        assert_eq!(*last, after + records.len() as Seq);
                        let log = self.certain.entry(doc).or_default();
                        assert_eq!(log.len() as Seq, after);
                        log.extend(records);
                    }
                }
                Err(StoreError::InDoubt(_)) => self.doubtful.push(parts),
                Err(_) => {}
            }
        }
        for (doc, seen) in seen {
            let certain = self.certain.get(&doc).map_or(&[][..], Vec::as_slice);
            assert!(certain.starts_with(&seen), "{doc}: what was read is not what was acknowledged");
        }
        answers
    }

    fn save_snapshot(&mut self, store: &DiskStore) {
        let doc = self.documents[self.dice.below(self.documents.len())].clone();
        let end = self.certain.get(&doc).map_or(0, Vec::len);
        if end > 0 {
            let covers = 1 + self.dice.below(end) as Seq;
            self.written += 1;
            let state = self.snapshots.entry((doc.clone(), covers)).or_insert(noise(self.written, 700)).clone();
            let _ = self.wait(store.save_snapshot(&doc, covers, state));
        }
    }

    /// Compares what a store serves with what is known, and takes what was in doubt for what it turned out to be.
    fn examine(&mut self, store: &DiskStore, what: &str) {
        let served: Logs = self.documents.iter().map(|doc| (doc.clone(), read(store, doc))).collect();
        let kept = |parts: &[Part]| {
            let is_kept =
                |(doc, after, records): &Part| served[doc].get(*after as usize..).is_some_and(|rest| rest.starts_with(records));
            let kept = parts.iter().filter(|part| is_kept(part)).count();
            assert!(kept == 0 || kept == parts.len(), "{what}: an append was torn: {parts:?}");
            kept > 0
        };
        for parts in std::mem::take(&mut self.doubtful) {
            if kept(&parts) {
                parts.into_iter().for_each(|(doc, _, records)| self.certain.entry(doc).or_default().extend(records));
            }
        }
        for (doc, log) in &served {
            let certain = self.certain.get(doc).map_or(&[][..], Vec::as_slice);
            assert!(log == certain, "{what}: {doc} has {} records, {} were acknowledged or kept", log.len(), certain.len());
            assert_eq!(store.last_seq(doc).unwrap(), log.len() as Seq, "{what}: {doc}");
            if let Some((covers, state)) = store.load_snapshot(doc).unwrap() {
                assert!(covers <= log.len() as Seq && self.snapshots[&(doc.clone(), covers)] == state, "{what}: {doc}");
            }
        }
        let known: Vec<DocAddress> = self.certain.iter().filter(|(_, log)| !log.is_empty()).map(|(doc, _)| doc.clone()).collect();
        assert_eq!(
            store.documents().unwrap().into_iter().collect::<std::collections::BTreeSet<_>>(),
            known.into_iter().collect(),
            "{what}"
        );
    }

    /// Works until the power goes or the server is killed, at the latest at the end of so many steps, then starts again.
    fn live(&mut self, steps: usize, what: &str) {
        let soon = self.dice.below(60) as u64;
        let event = if self.dice.one_in(2) { Event::Cut } else { Event::Kill };
        self.disk.at_change(soon, event);
        if let Ok(store) = self.open() {
            for _ in 0..self.dice.below(steps) {
                match self.dice.below(6) {
                    0 => self.save_snapshot(&store),
                    _ => drop(self.append_some(&store)),
                }
            }
        }
        // It may be killed first, and started again, and show what was written and not synced.
        if event == Event::Kill {
            self.disk = self.disk.after_kill();
            if let Ok(store) = self.open() {
                self.examine(&store, what);
                self.append_some(&store);
                self.disk = self.disk.after_cut();
            }
        }
        self.disk = self.disk.after_cut();
        self.tree.harm(&mut self.dice);
        let store = self.open().unwrap_or_else(|error| panic!("{what}: does not open: {error}"));
        self.examine(&store, what);
        let answers = self.append_some(&store);
        assert!(answers.iter().all(Result::is_ok), "{what}: does not go on: {answers:?}");
        self.examine(&store, what);
    }
}

/// The whole log, in pages of two.
fn read(store: &DiskStore, doc: &DocAddress) -> Vec<Bytes> {
    let mut log: Vec<Bytes> = Vec::new();
    loop {
        let page = store.read(doc, log.len() as Seq, 2, usize::MAX).unwrap();
        if page.is_empty() {
            return log;
        }
        for (seq, record) in page {
            log.push(record);
            assert_eq!(seq, log.len() as Seq);
        }
    }
}

#[test]
fn a_power_cut_at_any_step_costs_nothing_that_was_acknowledged_or_read() {
    let seeds: u64 = std::env::var("PLENARY_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(1_000);
    for seed in 1..=seeds {
        let mut world = World::new(seed);
        for cut in 1..=3 {
            world.live(12, &format!("seed {seed}, cut {cut}"));
        }
    }
}

/// The same work each time: rotations, several documents at once, snapshots; up to the first refusal if `give_up` says so. Answers what
/// each append was told.
fn work(world: &mut World, store: &DiskStore, give_up: bool) -> Vec<Answer> {
    let mut answers = Vec::new();
    for step in 0..14 {
        let mut ends = world.ends();
        let parts = world.draw(&mut ends);
        let answer = world.wait(store.append_all(parts.clone()));
        match &answer {
            Ok(_) => parts.into_iter().for_each(|(doc, _, records)| world.certain.entry(doc).or_default().extend(records)),
            Err(StoreError::InDoubt(_)) => world.doubtful.push(parts),
            Err(_) => {}
        }
        answers.push(answer);
        if give_up && answers.last().is_some_and(Result::is_err) {
            break;
        }
        if step % 5 == 4 {
            world.save_snapshot(store);
        }
    }
    answers
}

/// How the server ends after a failure.
#[derive(Clone, Copy, PartialEq, Debug)]
enum End {
    Kill,
    Cut,
    /// Right after the first refusal; which of several ways the power goes.
    CutAtOnce(u64),
}

/// Makes one change of the disk fail, then looks at what is left.
fn fail_once(seed: u64, at: u64, kind: io::ErrorKind, end: End) -> Vec<Answer> {
    let what = format!("seed {seed}, {kind:?} at change {at}, then {end:?}");
    let mut world = World::new(seed);
    if let End::CutAtOnce(variant) = end {
        world.disk = SimDisk::new(1_000 * variant + seed);
    }
    world.segment_bytes = 2_000;
    world.disk.at_change(at, Event::Fails(kind));
    let (mut answers, mut image) = (Vec::new(), None);
    if let Ok(store) = world.open() {
        answers = work(&mut world, &store, matches!(end, End::CutAtOnce(_)));
        // Before it is closed, which syncs.
        image = matches!(end, End::CutAtOnce(_)).then(|| world.disk.after_cut());
        let is_failed = answers.iter().any(|answer| matches!(answer, Err(StoreError::InDoubt(_))));
        assert_eq!(store.condition() == Condition::Failed, is_failed, "{what}");
        if is_failed {
            world.wait(store.failed());
            let after = answers.iter().skip_while(|answer| !matches!(answer, Err(StoreError::InDoubt(_)))).skip(1);
            assert!(after.into_iter().all(|answer| matches!(answer, Err(StoreError::Closed))), "{what}: {answers:?}");
        } else if let Some(full) = answers.iter().position(|answer| matches!(answer, Err(StoreError::Full))) {
            assert!(answers[full + 1..].iter().all(Result::is_ok), "{what}: does not go on: {answers:?}");
            let expected = if full + 1 == answers.len() { Condition::Full } else { Condition::Working };
            assert_eq!(store.condition(), expected, "{what}");
        } else {
            assert!(answers.iter().all(Result::is_ok), "{what}: {answers:?}");
        }
    }
    world.disk = image.unwrap_or_else(|| if end == End::Kill { world.disk.after_kill() } else { world.disk.after_cut() });
    let store = world.open().unwrap_or_else(|error| panic!("{what}: does not open: {error}"));
    world.examine(&store, &what);
    // What was shown is durable, whatever failed before.
    world.disk = world.disk.after_cut();
    drop(store);
    let store = world.open().unwrap_or_else(|error| panic!("{what}: does not open after a cut: {error}"));
    world.examine(&store, &what);
    assert!(world.append_some(&store).iter().all(Result::is_ok), "{what}");
    answers
}

#[test]
fn a_write_or_sync_that_fails_or_finds_no_room_is_not_kept_or_said_to_be_in_doubt() {
    let mut told = (0, 0);
    for seed in 1..=2 {
        let mut world = World::new(seed);
        world.segment_bytes = 2_000;
        let store = world.open().unwrap();
        assert!(work(&mut world, &store, false).iter().all(Result::is_ok));
        drop(store);
        for at in 0..world.disk.changes() {
            for kind in [io::ErrorKind::Other, io::ErrorKind::StorageFull] {
                for end in [End::Kill, End::Cut].into_iter().chain((0..6).map(End::CutAtOnce)) {
                    let answers = fail_once(seed, at, kind, end);
                    told.0 += answers.iter().filter(|answer| matches!(answer, Err(StoreError::InDoubt(_)))).count();
                    told.1 += answers.iter().filter(|answer| matches!(answer, Err(StoreError::Full))).count();
                }
            }
        }
    }
    assert!(told.0 > 100 && told.1 > 50, "{told:?}");
}

#[test]
fn a_disk_that_stays_full_is_tried_again_by_itself() {
    let mut world = World::new(1);
    let store = world.open().unwrap();
    world.append_some(&store);
    world.disk.at_change(0, Event::Fails(io::ErrorKind::StorageFull));
    let refused = world.wait(store.append(
        &world.documents[0].clone(),
        world.certain.get(&world.documents[0]).map_or(0, Vec::len) as Seq,
        vec![noise(1, 2 << 20)],
    ));
    assert!(matches!(refused, Err(StoreError::Full)), "{refused:?}");
    assert_eq!(store.condition(), Condition::Full);
    // Nobody appends; what waits for it to go on sees that it does.
    let mut watched = store.watch();
    world.wait(Box::pin(async move { watched.wait_for(|condition| *condition != Condition::Full).await.map(drop) })).unwrap();
    assert_eq!(store.condition(), Condition::Working);
}

#[test]
fn the_index_is_filled_as_segments_become_full_and_read_from() {
    let mut world = World::new(7);
    world.segment_bytes = 600;
    let store = world.open().unwrap();
    for _ in 0..20 {
        world.append_some(&store);
    }
    while world.tree.len() < 10 {
        std::thread::yield_now();
    }
    world.examine(&store, "with an index");
    drop(store);
    let store = world.open().unwrap();
    world.examine(&store, "opened again");
}
