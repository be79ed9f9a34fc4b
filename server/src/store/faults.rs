//! What the disk store does when its files are not what it wrote: it says so, or serves exactly what it was given.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::mpsc,
    time::Duration,
};

use bytes::Bytes;
use plenary_shared::id::DocAddress;

use super::{
    Seq, SledStore, Store, StoreError,
    suite::{noise, plan, wait},
};

/// Documents, each with its log and its snapshot.
type Written = Vec<(DocAddress, Vec<Bytes>, Option<(Seq, Bytes)>)>;

/// How a damaged store answered.
#[derive(Default, Debug)]
struct Seen {
    /// The damage did no harm: everything is there.
    whole: usize,
    /// It did not open, or at least one document was reported.
    reported: usize,
    /// A snapshot was gone, its log whole.
    snapshots_dropped: usize,
}

fn write(store: &SledStore) -> Written {
    let mut written: Written = (0..12).map(|d| (plan(&format!("doc-{d}")), Vec::new(), None)).collect();
    for round in 0..40_u64 {
        for (d, (doc, log, _)) in written.iter_mut().enumerate() {
            let size = if round == 20 { 9_000 } else { 50 + 40 * d };
            let group: Vec<Bytes> = (0..1 + round % 3).map(|i| noise(round * 1_000 + d as u64 * 10 + i, size)).collect();
            log.extend(group.iter().cloned());
            assert_eq!(wait(store.append(doc, group)).unwrap(), log.len() as Seq);
        }
    }
    for (doc, log, snapshot) in written.iter_mut().take(4) {
        let state = (log.len() as Seq, noise(log.len() as u64, 20_000));
        wait(store.save_snapshot(doc, state.0, state.1.clone())).unwrap();
        *snapshot = Some(state);
    }
    written
}

/// A store as a clean close leaves it.
fn closed() -> (tempfile::TempDir, Written) {
    let directory = tempfile::tempdir().unwrap();
    let written = write(&SledStore::open(directory.path()).unwrap());
    // Once more, so that there is a page table of sled's besides its log.
    drop(SledStore::open(directory.path()).unwrap());
    (directory, written)
}

/// A store as a killed process leaves it.
fn killed() -> (tempfile::TempDir, Written) {
    let (live, image) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = SledStore::open(live.path()).unwrap();
    let written = write(&store);
    copy(live.path(), image.path());
    (image, written)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &target) } else { fs::copy(entry.path(), target).map(drop).unwrap() }
    }
}

/// Opens a damaged store and compares what it serves with what was written. Panics on a wrong answer, or on none in time.
fn examine(path: &Path, written: &Written, seen: &mut Seen, damage: &str) {
    let (path, expected) = (path.to_path_buf(), written.clone());
    let (tell, told) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let _ = tell.send(answers(&path, &expected));
    });
    let (served, dropped) =
        told.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("{damage}: no answer, or a panic"));
    match served {
        Ok(()) => seen.whole += 1,
        Err(StoreError::Corrupt { .. } | StoreError::Damaged { .. } | StoreError::Format { .. } | StoreError::Io(_)) => {
            seen.reported += 1
        }
        Err(other) => panic!("{damage}: {other}"),
    }
    seen.snapshots_dropped += dropped;
}

fn answers(path: &Path, written: &Written) -> (Result<(), StoreError>, usize) {
    let store = match SledStore::open(path) {
        Ok(store) => store,
        Err(error) => return (Err(error), 0),
    };
    let (mut result, mut dropped) = (Ok(()), 0);
    for (doc, log, snapshot) in written {
        match store.read(doc, 0, usize::MAX, usize::MAX) {
            Ok(read) => {
                assert!(read.into_iter().map(|(_, record)| record).eq(log.iter().cloned()), "{doc} is not what was written")
            }
            Err(error) => result = Err(error),
        }
        match store.last_seq(doc) {
            Ok(last) => assert_eq!(last, log.len() as Seq, "{doc}"),
            Err(error) => result = Err(error),
        }
        match store.load_snapshot(doc) {
            Ok(None) => dropped += usize::from(snapshot.is_some()),
            Ok(served) => assert!(served == *snapshot, "{doc}'s snapshot is not what was written"),
            Err(error) => result = Err(error),
        }
    }
    (result, dropped)
}

/// Damages one file in a copy of the store, at places spread over what it really holds.
fn damage(image: &Path, written: &Written, file: &str, trials: u64, harm: impl Fn(&File, u64)) -> Seen {
    let mut seen = Seen::default();
    let source = find(image, file);
    let bytes = fs::read(&source).unwrap();
    let held = bytes.iter().rposition(|byte| *byte != 0).map_or(1, |last| last as u64 + 1);
    for trial in 0..trials {
        let place = held * trial / trials + trial % 7 % held.max(1);
        let copied = tempfile::tempdir().unwrap();
        copy(image, copied.path());
        let target = File::options().read(true).write(true).open(find(copied.path(), file)).unwrap();
        harm(&target, place.min(held - 1));
        examine(copied.path(), written, &mut seen, &format!("{file} at {place} of {held}"));
    }
    seen
}

fn find(directory: &Path, file: &str) -> PathBuf {
    let (directory, name) =
        file.rsplit_once('/').map_or((directory.to_path_buf(), file), |(below, name)| (directory.join(below), name));
    let mut entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.find(|path| path.file_name().unwrap().to_string_lossy().starts_with(name)).unwrap()
}

fn flip(file: &File, place: u64) {
    let mut byte = [0];
    file.read_exact_at(&mut byte, place).unwrap();
    file.write_all_at(&[byte[0] ^ 0x40], place).unwrap();
}

fn cut(file: &File, place: u64) {
    file.set_len(place).unwrap();
}

#[test]
fn a_flipped_byte_is_reported_or_does_no_harm() {
    let (image, written) = closed();
    let log = damage(image.path(), &written, "tree/db", 120, flip);
    assert!(log.reported + log.snapshots_dropped > 0, "{log:?}");
    for file in ["tree/snap", "tree/conf", "FORMAT", "heads", "journal-0", "journal-1"] {
        let seen = damage(image.path(), &written, file, 12, flip);
        if file == "FORMAT" {
            assert_eq!(seen.whole, 0, "{seen:?}");
        }
    }
}

#[test]
fn a_file_cut_short_is_reported_or_does_no_harm() {
    let (image, written) = closed();
    let log = damage(image.path(), &written, "tree/db", 40, cut);
    assert_eq!(log.whole, 0, "{log:?}");
    for file in ["tree/snap", "tree/conf", "FORMAT", "heads", "journal-0", "journal-1"] {
        damage(image.path(), &written, file, 8, cut);
    }
}

#[test]
fn an_acknowledged_append_survives_the_process() {
    let (image, written) = killed();
    let mut seen = Seen::default();
    examine(image.path(), &written, &mut seen, "no damage");
    assert_eq!(seen.whole, 1);
    examine(image.path(), &written, &mut seen, "opened before");
    assert_eq!(seen.whole, 2);
}

#[test]
fn damage_to_the_journal_of_a_killed_process_is_reported() {
    let (image, written) = killed();
    let flipped = damage(image.path(), &written, "journal-0", 40, flip);
    let cut = damage(image.path(), &written, "journal-0", 20, cut);
    assert!(flipped.reported > 0 && cut.reported > 0, "{flipped:?} {cut:?}");
}

#[test]
fn an_append_to_several_logs_that_was_torn_anywhere_is_in_all_of_them_or_in_none() {
    let (live, before) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let docs = ["old", "other", "new"].map(plan);
    let records = [noise(1, 30), noise(2, 40), noise(3, 20)];
    let store = SledStore::open(live.path()).unwrap();
    for doc in &docs[..2] {
        wait(store.append(doc, vec![noise(9, 20)])).unwrap();
    }
    copy(live.path(), before.path());
    wait(store.append_all(docs.iter().cloned().zip(records.iter().map(|record| vec![record.clone()])).collect())).unwrap();
    let journal = |directory: &Path| fs::read(find(directory, "journal-0")).unwrap();
    let (old, new) = (journal(before.path()), journal(live.path()));
    let differing = || old.iter().zip(&new).enumerate().filter(|(_, (old, new))| old != new).map(|(at, _)| at);
    let (first, last) = (differing().next().unwrap(), differing().next_back().unwrap());
    let (mut whole, mut none) = (0, 0);
    for torn in first..=last + 1 {
        // The power went when so much of the commit was on the disk.
        let image = tempfile::tempdir().unwrap();
        copy(before.path(), image.path());
        fs::write(find(image.path(), "journal-0"), [&new[..torn], &old[torn..]].concat()).unwrap();
        let store = SledStore::open(image.path()).unwrap();
        let kept: Vec<bool> = docs
            .iter()
            .zip(&records)
            .map(|(doc, record)| {
                let log = store.read(doc, 0, 10, 1_000).unwrap();
                log.last().is_some_and(|(_, last)| last == record)
            })
            .collect();
        match kept[..] {
            [true, true, true] => whole += 1,
            [false, false, false] => none += 1,
            _ => panic!("torn at {torn}: {kept:?}"),
        }
    }
    assert!(whole == 1 && none == last + 1 - first, "whole {whole} times, nothing {none} times");
}

#[test]
fn a_second_server_and_another_format_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let store = SledStore::open(directory.path()).unwrap();
    assert!(matches!(SledStore::open(directory.path()), Err(StoreError::InUse { .. })));
    drop(store);
    fs::write(directory.path().join("FORMAT"), "plenary store 3\n").unwrap();
    let refused = SledStore::open(directory.path()).err().unwrap().to_string();
    assert!(refused.contains("plenary store 3"), "{refused}");
    fs::remove_file(directory.path().join("FORMAT")).unwrap();
    assert!(matches!(SledStore::open(directory.path()), Err(StoreError::Damaged { .. })));
}
