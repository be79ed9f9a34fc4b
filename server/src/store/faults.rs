//! What the disk store does when its files are not what it wrote: it says so, or serves exactly what it was given.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use plenary_shared::id::DocAddress;

use super::{
    DiskStore, Part, Seq, Store, StoreError,
    disk_io::RealDisk,
    sled as tree,
    suite::{noise, plan, wait},
};

/// 24 KiB: small segments, so that there are some.
const SEGMENT_BYTES: u64 = 24 << 10;
const DOCUMENTS: usize = 8;

/// Harms a file, with another one at hand.
type Harm<'a> = &'a dyn Fn(&Path, &Path);
/// Documents, each with its log and its snapshot.
type Written = Vec<(DocAddress, Vec<Bytes>, Option<(Seq, Bytes)>)>;

fn open(path: &Path) -> Result<DiskStore, StoreError> {
    DiskStore::start(Arc::new(RealDisk::open(path)?), Box::new(tree::SledShelf(path.join("index"))), SEGMENT_BYTES)
}

fn write(store: &DiskStore) -> Written {
    let mut written: Written = (0..DOCUMENTS).map(|d| (plan(&format!("doc-{d}")), Vec::new(), None)).collect();
    for round in 0..30_u64 {
        let mut parts: Vec<Part> = Vec::new();
        for (d, (doc, log, _)) in written.iter_mut().enumerate() {
            // Two of them always together, the last one at first only.
            if d + 1 == DOCUMENTS && round > 3 {
                continue;
            }
            let group: Vec<Bytes> = (0..1 + round % 3).map(|i| noise(round * 1_000 + d as u64 * 10 + i, 40 + 40 * d)).collect();
            parts.push((doc.clone(), log.len() as Seq, group.clone()));
            log.extend(group);
            if d != 0 {
                wait(store.append_all(std::mem::take(&mut parts))).unwrap();
            }
        }
    }
    for (doc, log, snapshot) in written.iter_mut().take(4) {
        let state = (log.len() as Seq, noise(log.len() as u64, 20_000));
        wait(store.save_snapshot(doc, state.0, state.1.clone())).unwrap();
        *snapshot = Some(state);
    }
    written
}

/// A store as a clean close leaves it, with a whole index.
fn closed() -> (tempfile::TempDir, Written) {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).unwrap();
    let written = write(&store);
    let full = segments(directory.path()).len() as u32 - 1;
    while !store.is_indexed(full) {
        std::thread::yield_now();
    }
    drop(store);
    (directory, written)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &target) } else { fs::copy(entry.path(), target).map(drop).unwrap() }
    }
}

/// A copy that a test may harm.
fn copied(image: &Path) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    copy(image, directory.path());
    directory
}

fn files(directory: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file() && path.to_string_lossy().ends_with(ending));
    files.sort();
    files
}

fn segments(directory: &Path) -> Vec<PathBuf> {
    files(&directory.join("segments"), ".seg")
}

fn flip(path: &Path, place: u64) {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, place).unwrap();
    file.write_all_at(&[byte[0] ^ 0x40], place).unwrap();
}

fn cut(path: &Path, length: u64) {
    File::options().write(true).open(path).unwrap().set_len(length).unwrap();
}

fn length(path: &Path) -> u64 {
    path.metadata().unwrap().len()
}

/// What is wrong with each log that is not served whole, once for records that follow one another. Whatever is served must be what was
/// written.
fn examine(store: &DiskStore, written: &Written, what: &str) -> Vec<(DocAddress, Seq, String)> {
    let mut wrong = Vec::new();
    for (doc, log, snapshot) in written {
        let (mut after, mut was_whole) = (0, true);
        loop {
            match store.read(doc, after as Seq, 7, usize::MAX) {
                Ok(page) if page.is_empty() => break,
                Ok(page) => {
                    let is_kept = log[after..].iter().zip(&page).all(|(kept, (_, record))| kept == record);
                    assert!(is_kept && page[0].0 == after as Seq + 1, "{what}: {doc} is not what was written");
                    (after, was_whole) = (after + page.len(), true);
                }
                Err(StoreError::Corrupt { doc: named, seq, what: why }) => {
                    assert_eq!((&named, seq), (doc, after as Seq + 1), "{what}");
                    // What stands behind it is served to who asks after it.
                    if std::mem::take(&mut was_whole) {
                        wrong.push((named, seq, why));
                    }
                    after += 1;
                }
                Err(other) => panic!("{what}: {doc}: {other}"),
            }
        }
        assert_eq!(after, log.len(), "{what}: {doc} is shorter, and nothing is said");
        let state = store.load_snapshot(doc).unwrap();
        assert!(state.is_none() || state == *snapshot, "{what}: {doc}'s snapshot is not what was written");
    }
    wrong
}

fn is_whole(path: &Path, written: &Written, what: &str) {
    for start in ["first", "second"] {
        let what = format!("{what}, {start} start");
        let store = open(path).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(examine(&store, written, &what), [], "{what}");
    }
}

#[test]
fn whatever_happens_to_the_index_the_store_starts_and_serves_the_same() {
    let (image, written) = closed();
    let harmed = |what: &str, harm: &dyn Fn(&Path)| {
        let copied = copied(image.path());
        harm(&copied.path().join("index"));
        is_whole(copied.path(), &written, what);
    };
    harmed("deleted", &|index| fs::remove_dir_all(index).unwrap());
    harmed("a file in its place", &|index| {
        fs::remove_dir_all(index).unwrap();
        fs::write(index, "no directory").unwrap();
    });
    for path in files(&image.path().join("index"), "") {
        let name = path.file_name().unwrap().to_owned();
        for place in (0..length(&path)).step_by(4 << 10) {
            harmed(&format!("{name:?} cut at {place}"), &|index| cut(&index.join(&name), place));
        }
        for place in (0..length(&path)).step_by(length(&path).div_ceil(24) as usize) {
            harmed(&format!("{name:?} flipped at {place}"), &|index| flip(&index.join(&name), place));
        }
    }
}

#[test]
fn a_damaged_footer_is_made_again() {
    let (image, written) = closed();
    let mut made_again = 0;
    for from_end in [1, 9, 20, 30, 200, 700] {
        for harm in [cut, flip] {
            let copied = copied(image.path());
            fs::remove_dir_all(copied.path().join("index")).unwrap();
            let all = segments(copied.path());
            let (_, full) = all.split_last().unwrap();
            full.iter().for_each(|path| harm(path, length(path) - from_end));
            is_whole(copied.path(), &written, &format!("footers {from_end} bytes from their ends"));
            made_again += files(&copied.path().join("segments"), ".footer").len();
        }
    }
    assert!(made_again > 20, "{made_again}");
}

#[test]
fn a_snapshot_that_is_lost_swapped_or_damaged_costs_a_longer_replay_and_nothing_else() {
    let (image, written) = closed();
    let snapshots = |directory: &Path| files(&directory.join("snapshots"), "");
    let harms: [(&str, Harm); 5] = [
        ("removed", &|path, _| fs::remove_file(path).unwrap()),
        ("emptied", &|path, _| fs::write(path, "").unwrap()),
        ("cut", &|path, _| cut(path, 5_000)),
        ("half-written", &|path, _| fs::rename(path, path.with_extension("new")).unwrap()),
        ("swapped", &|path, other| {
            fs::copy(other, path).unwrap();
        }),
    ];
    for (what, harm) in harms {
        let copied = copied(image.path());
        let all = snapshots(copied.path());
        assert_eq!(all.len(), 4);
        harm(&all[0], &all[1]);
        is_whole(copied.path(), &written, what);
        let left = snapshots(copied.path());
        assert!(left == all[1..], "{what}: {left:?} is left");
    }
    for place in (0..20_100).step_by(331) {
        let copied = copied(image.path());
        flip(&snapshots(copied.path())[2], place);
        is_whole(copied.path(), &written, &format!("flipped at {place}"));
        assert_eq!(snapshots(copied.path()).len(), 3);
    }
}

#[test]
fn a_flipped_byte_in_a_segment_costs_the_records_of_one_commit_and_is_named() {
    let (image, written) = closed();
    let (mut reported, mut whole) = (0, 0);
    for (n, segment) in segments(image.path()).iter().enumerate() {
        let held = fs::read(segment).unwrap().iter().rposition(|byte| *byte != 0).unwrap() as u64;
        for place in (0..=held).step_by(397) {
            let copied = copied(image.path());
            // Half of them with an index that leads there, half without.
            if place % 2 == 0 {
                fs::remove_dir_all(copied.path().join("index")).unwrap();
            }
            flip(&segments(copied.path())[n], place);
            let what = format!("segment {} at {place}", n + 1);
            for start in 1..=2 {
                let what = format!("{what}, start {start}");
                let store = open(copied.path()).unwrap_or_else(|error| panic!("{what}: {error}"));
                let wrong = examine(&store, &written, &what);
                let named = |why: &str| why.contains(&format!("segment {}", n + 1)) && why.contains("offset");
                assert!(wrong.len() <= 2 && wrong.iter().all(|(_, _, why)| named(why)), "{what}: {wrong:?}");
                if wrong.is_empty() { whole += 1 } else { reported += 1 }
            }
        }
    }
    assert!(reported > 100 && whole > 10, "{reported} reported, {whole} whole");
}

#[test]
fn damage_in_a_segment_whose_footer_is_damaged_too_is_named_all_the_same() {
    let (image, written) = closed();
    let all = segments(image.path());
    let (_, full) = all.split_last().unwrap();
    for (n, whole) in full.iter().enumerate() {
        for place in (60..length(whole) / 2).step_by(1_021) {
            let copied = copied(image.path());
            let segment = &segments(copied.path())[n];
            cut(segment, length(segment) - 1);
            flip(segment, place);
            for start in 1..=2 {
                let what = format!("segment {} at {place}, start {start}", n + 1);
                let store = open(copied.path()).unwrap_or_else(|error| panic!("{what}: {error}"));
                let wrong = examine(&store, &written, &what);
                assert!((1..=2).contains(&wrong.len()), "{what}: {wrong:?}");
            }
        }
    }
}

#[test]
fn a_copy_taken_at_any_moment_holds_all_that_was_acknowledged_before() {
    let (live, order) = (tempfile::tempdir().unwrap(), Ordering::SeqCst);
    let (store, done) = (open(live.path()).unwrap(), AtomicBool::new(false));
    let record = |d: usize, seq: Seq| noise(seq * 10 + d as u64, 300);
    let append =
        |d: usize, after: Seq| wait(store.append(&plan(&format!("copied-{d}")), after, vec![record(d, after + 1)])).unwrap();
    let ends: Vec<AtomicU64> = (0..4).map(|d| append(d, 0).into()).collect();
    std::thread::scope(|scope| {
        for (d, end) in ends.iter().enumerate() {
            let (append, done) = (&append, &done);
            scope.spawn(move || {
                while !done.load(order) {
                    end.store(append(d, end.load(order)), order);
                }
            });
        }
        for _ in 0..15 {
            let acknowledged: Vec<Seq> = ends.iter().map(|end| end.load(order)).collect();
            let image = tempfile::tempdir().unwrap();
            // Files are copied in no order and while they are written; only segments count.
            copy(&live.path().join("segments"), &image.path().join("segments"));
            fs::copy(live.path().join("FORMAT"), image.path().join("FORMAT")).unwrap();
            let copied = open(image.path()).unwrap();
            for (d, end) in acknowledged.into_iter().enumerate() {
                let log = copied.read(&plan(&format!("copied-{d}")), 0, usize::MAX, usize::MAX).unwrap();
                assert!(log.len() as Seq >= end, "{} of {end}", log.len());
                assert!(log.iter().all(|(seq, kept)| *kept == record(d, *seq)));
            }
        }
        done.store(true, order);
    });
}

#[test]
fn a_second_server_another_format_and_a_missing_or_foreign_segment_are_refused() {
    let (image, _) = closed();
    let (path, format) = (image.path(), image.path().join("FORMAT"));
    let store = open(path).unwrap();
    assert!(matches!(open(path), Err(StoreError::InUse { .. })));
    drop(store);
    let ours = fs::read(&format).unwrap();
    fs::write(&format, "plenary store 2\n").unwrap();
    let refused = open(path).err().unwrap().to_string();
    assert!(refused.contains("plenary store 2") && refused.contains('3'), "{refused}");
    for place in 0..ours.len() as u64 {
        fs::write(&format, &ours).unwrap();
        flip(&format, place);
        let refused = open(path).err();
        assert!(
            matches!(refused, Some(StoreError::Format { .. } | StoreError::Damaged { .. })),
            "flipped at {place}: {refused:?}"
        );
    }
    fs::remove_file(&format).unwrap();
    assert!(matches!(open(path), Err(StoreError::Damaged { .. })));
    fs::write(&format, ours).unwrap();
    fs::rename(&segments(path)[1], path.join("elsewhere")).unwrap();
    let refused = open(path).err().unwrap().to_string();
    assert!(refused.contains("segment 2 is missing"), "{refused}");
    for other in [segments(path)[0].clone(), segments(closed().0.path())[1].clone()] {
        let _ = fs::copy(other, path.join("segments/journal-00000002.seg"));
        let refused = open(path).err().unwrap().to_string();
        assert!(refused.contains("segment 2 is another"), "{refused}");
    }
}
