use super::*;
use crate::{
    check::check,
    store::{DiskStore, Seq, Store, kill},
    testing::{copy, record},
};
use bytes::Bytes;
use plenary_shared::{
    id::DocAddress,
    log::record::{Digest, seal},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

const SEGMENT_BYTES: u64 = 20_000;

/// One who appends to a log of their own.
struct Writer {
    doc: DocAddress,
    last: Seq,
    head: Digest,
}

impl Writer {
    fn new(n: usize) -> Self {
        let doc: DocAddress = format!("talks/p{n}").parse().unwrap();
        Self { last: 0, head: Digest::genesis(&doc), doc }
    }

    async fn write(&mut self, store: &dyn Store) {
        let (bytes, head) = seal(&self.head, &record("arv", self.last, Bytes::from(vec![7; 300])));
        self.last = store.append(&self.doc, self.last, vec![bytes]).await.unwrap();
        self.head = head;
    }
}

fn store(data: &Path) -> Arc<DiskStore> {
    Arc::new(DiskStore::open_small(&data.join("store"), SEGMENT_BYTES))
}

/// How far each log goes in a copy of a backup, which checks.
fn restored(backup: &Path, writers: usize) -> Vec<Seq> {
    let report = check(backup).unwrap();
    assert!(report.holds() && report.torn.is_none(), "{report}");
    let dir = tempfile::tempdir().unwrap();
    copy(backup, dir.path());
    let store = store(dir.path());
    (0..writers).map(|n| store.last_seq(&Writer::new(n).doc).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everything_acknowledged_before_a_backup_began_is_in_it_and_the_next_one_continues_it() {
    const WRITERS: usize = 4;
    let (data, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (store, stop) = (store(data.path()), Arc::new(AtomicBool::new(false)));
    let acknowledged: Arc<Vec<AtomicU64>> = Arc::new((0..WRITERS).map(|_| AtomicU64::new(0)).collect());
    let writing: Vec<_> = (0..WRITERS)
        .map(|n| {
            let (store, stop, acknowledged) = (store.clone(), stop.clone(), acknowledged.clone());
            tokio::spawn(async move {
                let mut writer = Writer::new(n);
                while !stop.load(Ordering::Relaxed) {
                    writer.write(&*store).await;
                    acknowledged[n].store(writer.last, Ordering::SeqCst);
                }
            })
        })
        .collect();
    let mut earlier: Option<Manifest> = None;
    for round in 1..=4 {
        while acknowledged.iter().any(|last| last.load(Ordering::SeqCst) < round * 60) {
            tokio::task::yield_now().await;
        }
        let before: Vec<Seq> = acknowledged.iter().map(|last| last.load(Ordering::SeqCst)).collect();
        let (from, into) = (data.path().to_owned(), to.path().to_owned());
        let made = tokio::task::spawn_blocking(move || back_up(&from, &into).unwrap()).await.unwrap();
        for (known, last) in before.iter().zip(restored(to.path(), WRITERS)) {
            assert!(*known <= last, "round {round}: {known} were acknowledged, {last} are in the copy");
        }
        if let Some(earlier) = earlier {
            let full = earlier.segments.len() - 1;
            assert_eq!(made.segments[..full], earlier.segments[..full]);
            assert!(made.segments.len() > full + 1 || made.segments[full].bytes > earlier.segments[full].bytes);
        }
        earlier = Some(made);
    }
    stop.store(true, Ordering::Relaxed);
    for one in writing {
        one.await.unwrap();
    }
    assert!(earlier.unwrap().segments.len() > 2, "segments were filled meanwhile");
}

#[tokio::test]
async fn what_is_no_backup_of_this_directory_is_left_alone() {
    let (data, other, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut writer = Writer::new(0);
    {
        let store = store(data.path());
        for _ in 0..100 {
            writer.write(&*store).await;
        }
    }
    drop(store(other.path()));
    back_up(data.path(), to.path()).unwrap();
    let refused = |from: &Path, to: &Path| back_up(from, to).unwrap_err().to_string();
    assert!(refused(other.path(), to.path()).contains("another data directory"));
    assert!(refused(data.path(), data.path()).contains("a server running on it"));
    // A copy that rots, and one that a server went on from.
    let first = to.path().join("store/segments/journal-00000001.seg");
    let whole = fs::read(&first).unwrap();
    let mut damaged = whole.clone();
    damaged[100] ^= 1;
    fs::remove_file(&first).unwrap();
    fs::write(&first, damaged).unwrap();
    assert!(refused(data.path(), to.path()).contains("segment 1 is damaged or was changed"));
    fs::write(&first, whole).unwrap();
    back_up(data.path(), to.path()).unwrap();
    drop(store(to.path()));
    assert!(refused(data.path(), to.path()).contains("a server running on it"));
    assert!(restored(data.path(), 1) == [100], "what it was taken from is as it was");
}

#[tokio::test]
async fn a_directory_that_went_back_does_not_continue_a_backup() {
    let (data, old, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut writer = Writer::new(0);
    {
        let store = store(data.path());
        writer.write(&*store).await;
        back_up(data.path(), old.path()).unwrap();
        writer.write(&*store).await;
        back_up(data.path(), to.path()).unwrap();
    }
    let refused = back_up(old.path(), to.path()).unwrap_err().to_string();
    assert!(refused.contains("segment 1") && refused.contains("went back to an earlier state"), "{refused}");
}

#[tokio::test]
async fn a_data_directory_that_is_damaged_is_not_taken_for_a_damaged_backup() {
    let (data, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    {
        let (store, mut writer) = (store(data.path()), Writer::new(0));
        writer.write(&*store).await;
    }
    let made = back_up(data.path(), to.path()).unwrap();
    let segments = data.path().join("store/segments");
    // A segment that is only being begun is no part of a backup.
    fs::write(segments.join(format!("journal-{:08}.seg", made.segments.len() + 1)), "").unwrap();
    assert_eq!(back_up(data.path(), to.path()).unwrap().segments.len(), made.segments.len());
    let first = segments.join("journal-00000001.seg");
    let mut damaged = fs::read(&first).unwrap();
    damaged[100] ^= 1;
    fs::write(&first, damaged).unwrap();
    let refused = back_up(data.path(), to.path()).unwrap_err().to_string();
    assert!(refused.contains("the data directory is damaged"), "{refused}");
}

#[tokio::test]
async fn a_copy_of_a_backup_that_is_not_whole_does_not_hold_and_is_not_started_on() {
    let (data, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = store(data.path());
    let mut writer = Writer::new(0);
    for _ in 0..200 {
        writer.write(&*store).await;
    }
    let made = back_up(data.path(), to.path()).unwrap();
    assert!(made.segments.len() > 2);
    whole(to.path()).unwrap();
    let fails = |named: &str, is_started_on: bool| {
        let report = check(to.path()).unwrap();
        assert!(report.faults.iter().any(|fault| fault.what.contains(named)), "{named}: {report}");
        let started = whole(to.path());
        assert_eq!(started.is_ok(), is_started_on, "{named}: {started:?}");
        assert!(started.is_ok() || started.unwrap_err().to_string().contains(named));
    };
    for one in [&made.segments[0], made.segments.last().unwrap()] {
        let path = to.path().join("store").join(one.name());
        let bytes = fs::read(&path).unwrap();
        // The backup's file may be the server's own.
        let put = |bytes: &[u8]| {
            let _ = fs::remove_file(&path);
            fs::write(&path, bytes).unwrap();
        };
        fs::remove_file(&path).unwrap();
        fails(&format!("segment {} is missing", one.segment), false);
        put(&bytes[..bytes.len() - 1]);
        fails(&format!("segment {} holds {}", one.segment, bytes.len() - 1), false);
        let mut other = bytes.clone();
        other[bytes.len() / 2] ^= 1;
        put(&other);
        fails(&format!("segment {} is not what was backed up", one.segment), true);
        put(&bytes);
    }
    // A server may have gone on from it.
    let last = to.path().join("store").join(made.segments.last().unwrap().name());
    fs::OpenOptions::new().append(true).open(last).unwrap().set_len(1 << 20).unwrap();
    whole(to.path()).unwrap();
    fs::write(to.path().join(restore::MANIFEST), "").unwrap();
    fs::remove_file(to.path().join("store").join(made.segments[0].name())).unwrap();
    whole(to.path()).unwrap();
}

#[tokio::test]
async fn a_backup_that_is_killed_at_any_step_is_a_whole_one_or_none_and_is_continued() {
    let (data, earlier) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (store, mut writer) = (store(data.path()), Writer::new(0));
    for n in 0..100 {
        writer.write(&*store).await;
        if n == 20 {
            back_up(data.path(), earlier.path()).unwrap();
        }
    }
    for is_first in [true, false] {
        for steps in 0.. {
            let to = tempfile::tempdir().unwrap();
            if !is_first {
                copy(earlier.path(), to.path());
            }
            kill::after(Some(steps));
            let made = catch_unwind(AssertUnwindSafe(|| back_up(data.path(), to.path())));
            kill::after(None);
            if to.path().join("store/FORMAT").exists() {
                assert!(to.path().join(restore::MANIFEST).exists(), "step {steps}: a server does not know that it is a backup");
                whole(to.path()).unwrap();
            }
            back_up(data.path(), to.path()).unwrap();
            assert_eq!(restored(to.path(), 1), [100], "step {steps}");
            if made.is_ok() {
                assert!(steps > 10, "it takes many steps: {steps}");
                break;
            }
        }
    }
}
