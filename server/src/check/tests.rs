use super::*;
use crate::{
    metrics::Figures,
    rooms::Rooms,
    store::{DiskStore, Store},
    testing::{Table, note, plan, read, update},
};
use plenary_shared::{
    id::DocAddress,
    log::record::{self, DIGEST_BYTES, Digest, Moment, Provenance, Record, RecordKind, Right},
    people::Author,
    talk::layer,
};
use std::{
    fs,
    path::{Path, PathBuf},
};
use yrs::{Text as _, WriteTxn as _};

/// Small segments: so that there are several full ones.
const SEGMENT_BYTES: u64 = 2_000;

/// A data directory with a conference in which parties wrote; its rooms have saved their snapshots.
async fn talks(data: &Path) {
    let store = Arc::new(DiskStore::open_small(&data.join("store"), SEGMENT_BYTES));
    let table = Table::on(store).await;
    for n in 0..12 {
        let layer = ["arv/private", "bor/private", "arv/public"][n as usize % 3];
        table.write(layer, 100 + n, |txn| layer::put(txn, &note(&format!("nnnn{n}"))).unwrap()).await;
    }
    table.rooms.stop().await;
}

fn files(dir: PathBuf) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

fn segments(data: &Path) -> Vec<PathBuf> {
    files(data.join("store/segments"))
}

/// Checks with some bytes of a file changed, and puts them back.
fn with(data: &Path, file: &Path, change: impl FnOnce(&mut Vec<u8>)) -> Report {
    let whole = fs::read(file).unwrap();
    let mut changed = whole.clone();
    change(&mut changed);
    fs::write(file, changed).unwrap();
    let report = check(data).unwrap();
    fs::write(file, whole).unwrap();
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_directory_holds_and_nothing_in_it_is_changed() {
    let data = tempfile::tempdir().unwrap();
    talks(data.path()).await;
    let kept = |dir: &str| {
        files(data.path().join(dir)).into_iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect::<Vec<_>>()
    };
    let before = (kept("store/segments"), kept("store/snapshots"));
    assert!(before.0.len() > 3 && !before.1.is_empty());
    let report = check(data.path()).unwrap();
    assert!(report.holds() && report.torn.is_none(), "{report}");
    assert_eq!((report.texts.documents, report.texts.records, report.layers.documents, report.layers.records), (1, 2, 3, 12));
    assert_eq!((report.registry.documents, report.snapshots), (1, before.1.len() as u64));
    assert_eq!((kept("store/segments"), kept("store/snapshots")), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_anywhere_in_a_segment_is_found() {
    let data = tempfile::tempdir().unwrap();
    talks(data.path()).await;
    let segments = segments(data.path());
    for (n, segment) in segments.iter().enumerate() {
        let whole = fs::read(segment).unwrap();
        let is_last = n + 1 == segments.len();
        // Behind it the last one holds room that was taken and never written.
        let end = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        for at in (0..end).step_by(61).chain([end - 1, end - 30]) {
            let report = with(data.path(), segment, |bytes| bytes[at] ^= 1 << (at % 8));
            let torn = is_last && report.torn.is_some_and(|torn| torn.offset as usize <= at);
            assert!(!report.holds() || torn, "byte {at} of segment {}: {report}", n + 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_named_by_its_place_and_its_record_and_not_by_a_layers_name() {
    let data = tempfile::tempdir().unwrap();
    talks(data.path()).await;
    let find = |words: &[u8]| {
        segments(data.path()).into_iter().find_map(|segment| {
            let bytes = fs::read(&segment).unwrap();
            bytes.windows(words.len()).position(|window| window == words).map(|at| (segment.clone(), at))
        })
    };
    let (segment, at) = find(b"parties shall withdraw").unwrap();
    let report = with(data.path(), &segment, |bytes| bytes[at] ^= 1);
    let fault = &report.faults[0];
    assert_eq!((fault.document.as_deref(), fault.record), (Some("talks/plan"), Some(1)), "{report}");
    let place = fault.place.unwrap();
    assert!(segment.ends_with(format!("journal-{:08}.seg", place.segment)) && (place.offset as usize) < at, "{report}");
    let (segment, at) = find(b"nnnn4").unwrap();
    let told = with(data.path(), &segment, |bytes| bytes[at] ^= 1).to_string();
    assert!(told.contains("a document of talks") && !told.contains("private"), "{told}");
    assert!(serde_json::to_string(&check(data.path()).unwrap()).unwrap().contains(r#""faults":[]"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_is_missing_or_cut_is_found() {
    let data = tempfile::tempdir().unwrap();
    talks(data.path()).await;
    let segments = segments(data.path());
    let (_, full) = segments.split_last().unwrap();
    let mut named = 0;
    for (n, segment) in full.iter().enumerate() {
        let cut = with(data.path(), segment, |bytes| bytes.truncate(bytes.len() / 2));
        assert!(!cut.holds(), "{cut}");
        let aside = data.path().join("aside");
        fs::rename(segment, &aside).unwrap();
        let report = check(data.path()).unwrap();
        fs::rename(&aside, segment).unwrap();
        assert_eq!(report.to_string().matches("is missing").count(), 1, "{report}");
        assert!(report.to_string().contains(&format!("segment {} is missing", n + 1)), "{report}");
        named += report.faults.iter().filter(|fault| fault.record.is_some()).count();
    }
    assert!(named > 0, "what later records do not join on to is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_next_start_clears_up_by_itself_is_no_fault() {
    let data = tempfile::tempdir().unwrap();
    talks(data.path()).await;
    let snapshots = data.path().join("store/snapshots");
    // They cover records of the last segment, which is as if they had not been written.
    files(snapshots.clone()).into_iter().for_each(|file| fs::remove_file(file).unwrap());
    let (next, begun) = (segments(data.path()).len(), segments(data.path()).pop().unwrap());
    for bytes in [&b""[..], &b"plenary\n"[..], &[0; 4_096][..]] {
        fs::write(&begun, bytes).unwrap();
        let report = check(data.path()).unwrap();
        assert!(report.holds() && report.torn.is_some_and(|torn| torn.segment as usize == next), "{report}");
    }
    fs::remove_file(begun).unwrap();
    fs::write(snapshots.join(format!("{}.new", "0".repeat(32))), "half").unwrap();
    fs::write(snapshots.join("0".repeat(32)), "").unwrap();
    // Copies that someone made by hand are no segments.
    fs::copy(&segments(data.path())[0], data.path().join("store/segments/journal-1.seg")).unwrap();
    let report = check(data.path()).unwrap();
    assert!(report.holds(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_of_several_segments_is_one_fault() {
    let data = tempfile::tempdir().unwrap();
    talks(data.path()).await;
    let all = segments(data.path());
    fs::remove_file(&all[0]).unwrap();
    fs::rename(all.last().unwrap(), data.path().join(format!("store/segments/journal-{:08}.seg", u32::MAX))).unwrap();
    let report = check(data.path()).unwrap().to_string();
    assert!(report.contains("segment 1 is missing"), "{report}");
    assert_eq!(report.matches(&format!("to {} are missing", u32::MAX - 1)).count(), 1, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_is_not_what_its_log_folds_to_is_found() {
    let data = tempfile::tempdir().unwrap();
    talks(data.path()).await;
    let snapshots = files(data.path().join("store/snapshots"));
    let damaged = with(data.path(), &snapshots[0], |bytes| *bytes.last_mut().unwrap() ^= 1);
    assert!(damaged.to_string().contains("its snapshot does not check"), "{damaged}");
    let stray = data.path().join("store/snapshots").join("0".repeat(32));
    fs::copy(&snapshots[0], &stray).unwrap();
    assert!(check(data.path()).unwrap().to_string().contains("no document that has a log"));
    fs::remove_file(stray).unwrap();
    // One that checks, and says something else: that of another layer.
    let (one, other): (DocAddress, DocAddress) =
        ("talks/plan/arv/private".parse().unwrap(), "talks/plan/bor/private".parse().unwrap());
    let store = DiskStore::open(data.path().join("store")).unwrap();
    let (covers, state) = store.load_snapshot(&other).unwrap().unwrap();
    let path = snapshots.iter().find(|file| store_name(&one) == file.file_name().unwrap().to_string_lossy()).unwrap();
    fs::remove_file(path).unwrap();
    store.save_snapshot(&one, covers, state).await.unwrap();
    drop(store);
    let report = check(data.path()).unwrap();
    assert_eq!(report.faults.len(), 1, "{report}");
    assert!(report.to_string().contains("its snapshot is one of another log"), "{report}");
}

/// The name of a document's snapshot file.
fn store_name(doc: &DocAddress) -> String {
    blake3::hash(doc.to_string().as_bytes()).to_hex()[..32].to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_does_not_continue_its_chain_is_found() {
    let data = tempfile::tempdir().unwrap();
    talks(data.path()).await;
    let plan: DocAddress = "talks/plan".parse().unwrap();
    let store = DiskStore::open(data.path().join("store")).unwrap();
    store.append(&plan, 2, vec![vec![7; DIGEST_BYTES + 20].into()]).await.unwrap();
    drop(store);
    let report = check(data.path()).unwrap();
    assert_eq!(report.faults.len(), 1, "{report}");
    assert_eq!((report.faults[0].document.as_deref(), report.faults[0].record), (Some("talks/plan"), Some(3)));
}

#[test]
fn what_holds_no_store_is_left_as_it_is() {
    let data = tempfile::tempdir().unwrap();
    assert!(check(data.path()).is_err());
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_change_no_words_count_in_the_log_and_leave_the_plan_as_it_is() {
    let data = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(DiskStore::open_small(&data.path().join("store"), SEGMENT_BYTES));
    let table = Table::on(store.clone()).await;
    let text: DocAddress = format!("talks/{}", plan()).parse().unwrap();
    let before = table.rooms.read_at(&text).await.unwrap().1;
    table.rooms.stop().await;
    let author = Author { party: "med".parse().unwrap(), member: "med-1".parse().unwrap() };
    let begun = store.read(&text, 0, 9, usize::MAX).unwrap();
    let (first, mut head) = record::open(&Digest::of_sealed(&begun[0].1).unwrap(), &begun[1].1).unwrap();
    let told: [(RecordKind, &[u8]); 4] = [
        (RecordKind::Act, b"told"),
        (RecordKind::Act, b""),
        (RecordKind::Confirmation { points: Vec::new() }, b""),
        (RecordKind::Bracketing(Default::default()), b""),
    ];
    for (last, (kind, update)) in (2..).zip(told) {
        let by = Provenance::live(author.clone(), Right::Chair);
        let at = Moment { at_ms: first.at_ms, clock_corrected: false };
        let (sealed, after) = record::seal(&head, &Record { kind, ..by.record(last, at, update.into()) });
        store.append(&text, last, vec![sealed]).await.unwrap();
        head = after;
    }
    let rooms = Rooms::new(store.clone(), Arc::new(Figures::default()));
    assert_eq!(rooms.read_at(&text).await.unwrap().1, before);
    let end = rooms.end(&text).await.unwrap();
    assert_eq!((end.seq, end.digest, end.refused), (6, head, Vec::new()));
    rooms.edit(&text, &author, &update(70, |txn| txn.get_or_insert_text("text").insert(txn, 0, "behind"))).await.unwrap();
    assert_eq!(rooms.end(&text).await.unwrap().seq, 7);
    rooms.stop().await;
    let again = Rooms::new(store.clone(), Arc::new(Figures::default()));
    assert_eq!(read(&again.read_at(&text).await.unwrap().1), "behind");
    again.stop().await;
    drop((table, rooms, again, store));
    let report = check(data.path()).unwrap();
    assert!(report.holds() && report.snapshots > 0, "{report}");
    assert_eq!(report.texts.records, 7);
}
