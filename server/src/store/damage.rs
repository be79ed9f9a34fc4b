//! What damage costs on a disk that is simulated: what stands in the damaged place, by name, and nothing else.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use plenary_shared::id::DocAddress;

use super::{
    Condition, DiskStore, Seq, Store, StoreError,
    disk_io::Disk,
    index::{IndexFault, Shelf, Tree},
    segment,
    sim::{Event, SimDisk},
    sim_tree::SimTree,
    suite::{noise, plan, wait},
};

/// 16 KiB: some segments of a few pages each.
const SEGMENT_BYTES: u64 = 16 << 10;
const PAGE_BYTES: u64 = 4 << 10;

type Logs = BTreeMap<DocAddress, Vec<Bytes>>;

fn open(disk: &SimDisk) -> DiskStore {
    DiskStore::start(Arc::new(disk.clone()), Box::new(SimTree::default()), SEGMENT_BYTES).unwrap()
}

/// Appends one record of `bytes` to each of three documents in turn, each in a commit of its own.
fn write(store: &DiskStore, logs: &mut Logs, rounds: u64, bytes: usize) {
    for round in 0..rounds {
        for name in ["a", "b", "c"] {
            let log = logs.entry(plan(name)).or_default();
            let record = noise(round * 100 + u64::from(name.as_bytes()[0]) + log.len() as u64, bytes);
            wait(store.append(&plan(name), log.len() as Seq, vec![record.clone()])).unwrap();
            log.push(record);
        }
    }
}

/// A disk of which the power goes right after the last append was acknowledged: nothing marks it.
fn cut_after(rounds: u64) -> (SimDisk, Logs) {
    let (disk, mut logs) = (SimDisk::new(1), Logs::new());
    let store = open(&disk);
    write(&store, &mut logs, rounds, 300);
    disk.at_change(0, Event::Cut);
    drop(store);
    (disk.after_cut(), logs)
}

/// Which records are not served. Whatever is must be what was written; whatever is not must be named.
fn missing(store: &DiskStore, logs: &Logs, what: &str) -> Vec<(DocAddress, Seq)> {
    let mut missing = Vec::new();
    for (doc, log) in logs {
        let mut after = 0;
        loop {
            match store.read(doc, after as Seq, 5, usize::MAX) {
                Ok(page) if page.is_empty() => break,
                Ok(page) => {
                    for (seq, record) in page {
                        assert!(seq == after as Seq + 1 && log.get(after) == Some(&record), "{what}: {doc}: {seq} after {after}");
                        after += 1;
                    }
                }
                Err(StoreError::Corrupt { doc: named, seq, .. }) => {
                    after += 1;
                    assert!(named == *doc && seq == after as Seq, "{what}: {doc}: {seq} after {after}");
                    missing.push((named, seq));
                }
                Err(other) => panic!("{what}: {doc}: {other}"),
            }
        }
        assert_eq!(after, log.len(), "{what}: {doc} is shorter, and nothing is said");
    }
    missing
}

fn length(disk: &SimDisk, name: &str) -> u64 {
    disk.open(name).unwrap().len().unwrap()
}

fn last_segment(disk: &SimDisk) -> String {
    segment::name(*segment::numbers(disk).unwrap().last().unwrap())
}

/// Where the frames of a segment begin and end, in order.
fn frames(disk: &SimDisk, name: &str) -> Vec<(u64, u64)> {
    let directory = super::start::identify(disk).unwrap();
    let number = name.trim_start_matches("segments/journal-").trim_end_matches(".seg").parse().unwrap();
    let mut frames = segment::Segment::open(disk, directory, number).unwrap().frames().unwrap();
    let mut found = Vec::new();
    while let segment::Next::Frame(frame) = frames.next() {
        found.push((frame.offset, frame.end));
    }
    found
}

fn flip(disk: &SimDisk, name: &str, at: u64) {
    let (file, mut byte) = (disk.open(name).unwrap(), [0]);
    file.read_at(&mut byte, at).unwrap();
    file.write_at(&[byte[0] ^ 0x40], at).unwrap();
    file.sync().unwrap();
}

#[test]
fn a_page_that_cannot_be_read_costs_what_stands_in_it_and_nothing_else() {
    let (whole, logs) = cut_after(40);
    // A page has room for so many frames of more than 300 bytes, and one begins before it.
    let lost_max = PAGE_BYTES as usize / 300 + 2;
    let mut lost = 0;
    for number in segment::numbers(&whole).unwrap() {
        let name = segment::name(number);
        let is_last = name == last_segment(&whole);
        for page in 0..length(&whole, &name).div_ceil(PAGE_BYTES) {
            let (disk, what) = (whole.after_cut(), format!("{name}, page {page}"));
            disk.wear_out(&name, page);
            for start in 1..=2 {
                let store = open(&disk);
                // Of what stands last none can tell that it was there, unless it begins in a page that can be read.
                let unread = missing(&store, &if is_last { served(&store, &logs) } else { logs.clone() }, &what);
                assert!(unread.len() <= lost_max, "{what}, start {start}: {unread:?}");
                lost += unread.len();
            }
            assert!(length(&disk, &name) == length(&whole, &name), "{what}: something was cut off");
            // It may be read another time.
            disk.make_readable();
            assert_eq!(missing(&open(&disk), &logs, &what), [], "{what}, readable again");
        }
    }
    assert!(lost > 100, "{lost}");
}

/// The logs as far as a store says they go.
fn served(store: &DiskStore, logs: &Logs) -> Logs {
    let as_far = |(doc, log): (&DocAddress, &Vec<Bytes>)| {
        let last = store.last_seq(doc).unwrap() as usize;
        assert!(last <= log.len() && last + 14 > log.len(), "{doc} goes to {last} of {}", log.len());
        (doc.clone(), log[..last].to_vec())
    };
    logs.iter().map(as_far).collect()
}

#[test]
fn several_damaged_frames_at_the_end_are_named_and_not_cut_off() {
    let (whole, logs) = cut_after(4);
    let name = last_segment(&whole);
    let frames = frames(&whole, &name);
    let [.., (first, first_end), (second, second_end)] = frames[..] else { panic!() };
    // In their records; in the first one's sizes and the second one's records; the other way round.
    for harmed in [[first_end - 200, second_end - 200], [first + 5, second_end - 200], [first_end - 200, second + 5]] {
        let disk = whole.after_cut();
        harmed.into_iter().for_each(|at| flip(&disk, &name, at));
        let before = length(&disk, &name);
        for start in 1..=2 {
            let store = open(&disk);
            let what = format!("{harmed:?}, start {start}");
            let unread = missing(&store, &served(&store, &logs), &what);
            assert!(length(&disk, &name) >= before.min(second_end), "{what}: something was cut off");
            assert!((1..=2).contains(&unread.len()), "{what}: {unread:?}");
            for (doc, seq) in unread {
                let refused = wait(store.append(&doc, seq, vec![noise(1, 40)]));
                assert!(matches!(refused, Err(StoreError::Corrupt { .. })), "{what}: {refused:?}");
            }
        }
    }
    // One alone may be the write that was under way.
    let disk = whole.after_cut();
    flip(&disk, &name, second_end - 200);
    let store = open(&disk);
    assert_eq!(missing(&store, &served(&store, &logs), "one alone"), []);
}

#[test]
fn a_damaged_old_record_costs_that_record_and_the_log_goes_on() {
    let (whole, logs) = cut_after(40);
    for (name, footer_is_damaged) in [(segment::name(1), false), (segment::name(1), true), (last_segment(&whole), false)] {
        let (disk, mut logs, what) = (whole.after_cut(), logs.clone(), format!("{name}, footer damaged: {footer_is_damaged}"));
        let (_, end) = frames(&disk, &name)[1];
        flip(&disk, &name, end - 200);
        if footer_is_damaged {
            let at = length(&disk, &name) - 9;
            flip(&disk, &name, at);
        }
        let mut named = Vec::new();
        for _ in 1..=3 {
            let store = open(&disk);
            // Before anyone has come upon it, and after.
            write(&store, &mut logs, 1, 300);
            named.push(missing(&store, &logs, &what));
            write(&store, &mut logs, 1, 300);
            assert_eq!(missing(&store, &logs, &what), named[0], "{what}");
        }
        assert!(named[0].len() == 1 && named.iter().all(|again| *again == named[0]), "{what}: {named:?}");
    }
}

#[test]
fn a_commit_that_damage_made_look_like_a_footer_ends_no_segment() {
    let (disk, logs) = cut_after(4);
    let name = last_segment(&disk);
    let (second, _) = frames(&disk, &name)[1];
    disk.open(&name).unwrap().write_at(&super::frame::FOOTER, second).unwrap();
    for start in 1..=2 {
        assert_eq!(missing(&open(&disk), &logs, &format!("start {start}")), [(plan("b"), 1)]);
    }
}

#[test]
fn what_was_shown_before_a_cut_is_there_after_it_though_older_records_are_damaged() {
    for seed in 1..=40 {
        let (disk, mut logs) = (SimDisk::new(seed), Logs::new());
        let store = open(&disk);
        write(&store, &mut logs, 4, 300);
        let name = last_segment(&disk);
        flip(&disk, &name, frames(&disk, &name)[1].1 - 200);
        // The write is there and its sync is not.
        disk.at_change(1, Event::Kill);
        let doubtful = wait(store.append(&plan("a"), 4, vec![noise(seed, 1_500)]));
        assert!(matches!(doubtful, Err(StoreError::InDoubt(_))), "{doubtful:?}");
        drop(store);
        let disk = disk.after_kill();
        let shown = open(&disk).last_seq(&plan("a")).unwrap();
        assert_eq!(shown, 5);
        let store = open(&disk.after_cut());
        let kept = store.read(&plan("a"), 4, 1, usize::MAX).unwrap();
        assert_eq!(kept, [(5, noise(seed, 1_500))], "seed {seed}");
    }
}

/// A disk whose last segment holds one commit, and the logs without it.
fn just_begun() -> (SimDisk, Logs) {
    let (disk, mut logs) = (SimDisk::new(1), Logs::new());
    let store = open(&disk);
    for n in 0_u64.. {
        let log = logs.entry(plan("a")).or_default();
        let record = noise(n, 300);
        wait(store.append(&plan("a"), log.len() as Seq, vec![record.clone()])).unwrap();
        if segment::numbers(&disk).unwrap().len() == 3 {
            break;
        }
        log.push(record);
    }
    disk.at_change(0, Event::Cut);
    drop(store);
    (disk.after_cut(), logs)
}

#[test]
fn a_new_directory_on_a_full_disk_is_refused_with_that_reason_or_begun_and_begun_once_there_is_room() {
    let start = |disk: &SimDisk| DiskStore::start(Arc::new(disk.clone()), Box::new(SimTree::default()), SEGMENT_BYTES);
    for changes in 0.. {
        let disk = SimDisk::new(changes);
        disk.at_change(changes, Event::Fails(io::ErrorKind::StorageFull));
        let begun = start(&disk).map(drop);
        if disk.changes() <= changes {
            begun.unwrap();
            break;
        }
        assert!(matches!(begun, Ok(()) | Err(StoreError::Full)), "change {changes}: {begun:?}");
        let store = start(&disk).unwrap();
        wait(store.append(&plan("a"), 0, vec![noise(1, 300)])).unwrap();
    }
    let full = SimDisk::new(1);
    full.set_full(true);
    assert!(matches!(start(&full).map(drop), Err(StoreError::Full)));
}

#[test]
fn a_full_disk_keeps_no_server_from_starting() {
    let (whole, logs) = just_begun();
    let (last, full) = (last_segment(&whole), segment::name(2));
    let footer = length(&whole, &full) - 9;
    type Harm<'a> = &'a dyn Fn(&SimDisk);
    let harms: [(&str, Harm); 4] = [
        ("the next segment is not there", &|disk| disk.remove(&last).unwrap()),
        ("the next segment is empty", &|disk| drop(disk.create(&last).unwrap())),
        ("a footer is damaged", &|disk| {
            disk.create(&last).unwrap();
            flip(disk, &segment::name(1), length(disk, &segment::name(1)) - 9);
        }),
        ("the last segment's footer is damaged", &|disk| {
            disk.remove(&last).unwrap();
            flip(disk, &full, footer);
        }),
    ];
    for (what, harm) in harms {
        let (disk, mut logs) = (whole.after_cut(), logs.clone());
        harm(&disk);
        disk.sync_dir(segment::DIRECTORY).unwrap();
        disk.set_full(true);
        for _ in 1..=2 {
            let store = open(&disk);
            assert_eq!(missing(&store, &logs, what), [], "{what}");
            let refused = wait(store.append(&plan("a"), logs[&plan("a")].len() as Seq, vec![noise(1, 9_000)]));
            assert!(matches!(refused, Err(StoreError::Full)), "{what}: {refused:?}");
            assert_eq!(store.condition(), Condition::Full, "{what}");
        }
        let store = open(&disk);
        disk.set_full(false);
        write(&store, &mut logs, 3, 300);
        assert_eq!(missing(&store, &logs, what), [], "{what}, with room again");
        drop(store);
        assert_eq!(missing(&open(&disk.after_cut()), &logs, what), [], "{what}, opened again");
    }
}

/// A shelf that opens nothing while the disk is full, and counts how often it could not.
#[derive(Clone)]
struct ShelfOn(SimDisk, SimTree, Arc<AtomicUsize>);

impl Shelf for ShelfOn {
    fn open(&self) -> Result<Arc<dyn Tree>, IndexFault> {
        if self.0.space().is_some() {
            self.2.fetch_add(1, Ordering::SeqCst);
            return Err(IndexFault("no room".into()));
        }
        self.1.open()
    }

    fn clear(&self) {}
}

#[test]
fn an_index_for_which_there_was_no_room_is_built_once_there_is() {
    let (disk, logs) = just_begun();
    disk.set_full(true);
    let shelf = ShelfOn(disk.clone(), SimTree::default(), Arc::default());
    let store = DiskStore::start(Arc::new(disk.clone()), Box::new(shelf.clone()), SEGMENT_BYTES).unwrap();
    let append = || wait(store.append(&plan("a"), logs[&plan("a")].len() as Seq + 1, vec![noise(1, 20_000)]));
    assert!(matches!(append(), Err(StoreError::Full)));
    while shelf.2.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    disk.set_full(false);
    append().unwrap();
    while !store.is_indexed(1) || !store.is_indexed(2) {
        std::thread::yield_now();
    }
}
