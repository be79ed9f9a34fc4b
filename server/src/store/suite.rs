//! What every store promises, as one run of checks: a new store passes all of it or is none.

use bytes::Bytes;
use plenary_shared::{id::DocAddress, limits};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{BoxFuture, Condition, Part, Seq, Store, StoreError};

/// Checks a store. `open` opens the same data every time; it is empty at first and open at most once at a time.
pub(crate) fn run(open: impl Fn() -> Box<dyn Store>) {
    an_unknown_document_is_empty(&*open());
    records_come_back_in_order(&open);
    of_two_writers_one_hears_that_the_log_moved(&open);
    the_longest_address_is_an_address_like_any(&open);
    reading_the_end_while_it_grows_sees_whole_records_only(&*open());
    reading_goes_page_by_page(&*open());
    an_append_is_all_or_nothing(&open);
    an_append_to_several_logs_is_all_or_nothing(&open);
    the_registry_and_plans_do_not_mix(&open);
    documents_grow_side_by_side(&open);
    records_of_any_size_come_back(&open);
    a_snapshot_replaces_the_one_before(&open);
    a_snapshot_never_goes_back_nor_ahead_of_its_log(&open);
    many_small_documents_are_kept(&open);
}

/// Runs a store's future to its end.
pub(crate) fn wait<T>(future: BoxFuture<T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// The address of a plan in the conference `talks`.
pub(crate) fn plan(id: &str) -> DocAddress {
    format!("talks/{id}").parse().unwrap()
}

/// Bytes that differ at every place and for every seed, so that nothing swapped goes unnoticed.
pub(crate) fn noise(seed: u64, length: usize) -> Bytes {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(&seed.to_be_bytes()).finalize_xof().fill(&mut bytes);
    bytes.into()
}

/// The whole log, read in pages of three.
pub(crate) fn log(store: &dyn Store, doc: &DocAddress) -> Vec<Bytes> {
    let mut all = Vec::new();
    loop {
        let page = store.read(doc, all.len() as Seq, 3, usize::MAX).unwrap();
        if page.is_empty() {
            return all;
        }
        for (seq, record) in page {
            all.push(record);
            assert_eq!(seq, all.len() as Seq);
        }
    }
}

fn an_unknown_document_is_empty(store: &dyn Store) {
    let doc = plan("unknown");
    assert_eq!(store.last_seq(&doc).unwrap(), 0);
    assert!(store.read(&doc, 0, 10, 1_000).unwrap().is_empty());
    assert!(store.load_snapshot(&doc).unwrap().is_none());
    assert_eq!(wait(store.append(&doc, 0, vec![])).unwrap(), 0);
    assert!(store.documents().unwrap().is_empty(), "asking does not make a document");
}

fn records_come_back_in_order(open: &impl Fn() -> Box<dyn Store>) {
    let doc = plan("order");
    let mut expected = Vec::new();
    for round in 0..4 {
        let store = open();
        assert_eq!(log(&*store, &doc), expected);
        for n in 0..8 {
            let group: Vec<Bytes> = (0..n).map(|i| noise(round * 64 + n * 8 + i, 100)).collect();
            let end = expected.len() as Seq;
            expected.extend(group.iter().cloned());
            assert_eq!(wait(store.append(&doc, end, group)).unwrap(), expected.len() as Seq);
            assert_eq!(store.last_seq(&doc).unwrap(), expected.len() as Seq);
        }
        assert_eq!(log(&*store, &doc), expected);
    }
}

fn of_two_writers_one_hears_that_the_log_moved(open: &impl Fn() -> Box<dyn Store>) {
    let (doc, other) = (plan("moved"), plan("moved-other"));
    let store = open();
    wait(store.append(&doc, 0, vec![noise(1, 9)])).unwrap();
    let moved = |after| match wait(
        store.append_all(vec![(other.clone(), 0, vec![noise(2, 9)]), (doc.clone(), after, vec![noise(3, 9)])]),
    ) {
        Err(StoreError::Moved { doc: named, last }) => (named, last),
        answered => panic!("{answered:?}"),
    };
    for after in [0, 2, Seq::MAX] {
        assert_eq!(moved(after), (doc.clone(), 1));
    }
    assert_eq!(store.last_seq(&other).unwrap(), 0, "nothing of it is kept");
    // Sent together, so that one commit takes them: each log has two writers, and exactly one of each is taken.
    let both: Vec<_> =
        (0..50).map(|after| [4, 5].map(|n| store.append(&other, after, vec![noise(n * 1_000 + after, 9)]))).collect();
    let mut kept = Vec::new();
    for (after, [first, second]) in (0..).zip(both) {
        match (wait(first), wait(second)) {
            (Ok(end), Err(StoreError::Moved { last, .. })) => {
                assert!(end == after + 1 && last >= end);
                kept.push(noise(4_000 + after, 9));
            }
            answered => panic!("{answered:?}"),
        }
    }
    drop(store);
    let store = open();
    assert_eq!(log(&*store, &other), kept);
    assert_eq!(store.condition(), Condition::Working);
}

fn the_longest_address_is_an_address_like_any(open: &impl Fn() -> Box<dyn Store>) {
    let long = [("c", 64), ("p", 64), ("a", 64), ("l", 64)].map(|(letter, length)| letter.repeat(length)).join("/");
    let doc: DocAddress = long.parse().unwrap();
    let store = open();
    wait(store.append_all(vec![(doc.clone(), 0, vec![noise(1, 50)]), (plan("short"), 0, vec![noise(2, 50)])])).unwrap();
    wait(store.save_snapshot(&doc, 1, noise(3, 50))).unwrap();
    drop(store);
    let store = open();
    assert_eq!(log(&*store, &doc), [noise(1, 50)]);
    assert_eq!(log(&*store, &plan("short")), [noise(2, 50)]);
    assert_eq!(store.load_snapshot(&doc).unwrap(), Some((1, noise(3, 50))));
    assert!(store.documents().unwrap().contains(&doc));
}

fn reading_the_end_while_it_grows_sees_whole_records_only(store: &dyn Store) {
    let (doc, done) = (plan("growing"), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut after = 0;
            while !done.load(Ordering::Relaxed) || after < 200 {
                for (seq, record) in store.read(&doc, after, 512, 1 << 20).unwrap() {
                    assert!(seq == after + 1 && record == noise(seq, 100_000));
                    after = seq;
                }
            }
        });
        for after in 0..200 {
            wait(store.append(&doc, after, vec![noise(after + 1, 100_000)])).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
}

fn reading_goes_page_by_page(store: &dyn Store) {
    let doc = plan("pages");
    let records: Vec<Bytes> = (0..20).map(|i| noise(i, 100)).collect();
    wait(store.append(&doc, 0, records.clone())).unwrap();
    let seqs = |after, max, max_bytes| -> Vec<Seq> {
        let page = store.read(&doc, after, max, max_bytes).unwrap();
        page.into_iter().inspect(|(seq, r)| assert_eq!(*r, records[*seq as usize - 1])).map(|(seq, _)| seq).collect()
    };
    assert_eq!(seqs(0, 3, usize::MAX), [1, 2, 3]);
    assert_eq!(seqs(17, 10, usize::MAX), [18, 19, 20]);
    assert_eq!(seqs(5, 10, 350), [6, 7, 8], "a fourth would not fit");
    assert_eq!(seqs(5, 10, 300), [6, 7, 8], "the third fits exactly");
    assert_eq!(seqs(5, 10, 1), [6], "one always comes");
    assert_eq!(seqs(5, 0, usize::MAX), [0; 0]);
    for beyond in [20, 21, Seq::MAX] {
        assert_eq!(seqs(beyond, 10, usize::MAX), [0; 0]);
    }
}

fn an_append_is_all_or_nothing(open: &impl Fn() -> Box<dyn Store>) {
    let (doc, kept) = (plan("whole"), noise(1, 10));
    let store = open();
    wait(store.append(&doc, 0, vec![kept.clone()])).unwrap();
    let refused = wait(store.append(&doc, 1, vec![noise(2, 10), Bytes::from(vec![0; super::RECORD_BYTES_MAX + 1])]));
    assert!(matches!(refused, Err(StoreError::TooLarge { .. })), "{refused:?}");
    assert_eq!(log(&*store, &doc), std::slice::from_ref(&kept));
    drop(store);
    let store = open();
    assert_eq!(log(&*store, &doc), std::slice::from_ref(&kept));
    assert_eq!(wait(store.append(&doc, 1, vec![kept])).unwrap(), 2, "a refused append leaves no gap");
}

fn an_append_to_several_logs_is_all_or_nothing(open: &impl Fn() -> Box<dyn Store>) {
    let docs = ["both-a", "both-b", "both-c"].map(plan);
    let all = |afters: [Seq; 3], records: [Vec<Bytes>; 3]| -> Vec<Part> {
        docs.iter().zip(afters).zip(records).map(|((doc, after), records)| (doc.clone(), after, records)).collect()
    };
    let store = open();
    let lasts = wait(store.append_all(all([0; 3], [vec![noise(1, 10), noise(2, 10)], vec![], vec![noise(3, 5_000)]]))).unwrap();
    assert_eq!(lasts, [2, 0, 1]);
    let known = store.documents().unwrap();
    assert!(known.contains(&docs[0]) && !known.contains(&docs[1]), "no records make no document");
    let too_large = Bytes::from(vec![0; super::RECORD_BYTES_MAX + 1]);
    let refused = wait(store.append_all(all([2, 0, 1], [vec![noise(4, 10)], vec![noise(5, 10)], vec![too_large]])));
    assert!(matches!(refused, Err(StoreError::TooLarge { .. })), "{refused:?}");
    let large = noise(6, 9 << 20);
    let lasts = wait(store.append_all(all([2, 0, 1], [vec![large.clone()], vec![large.clone()], vec![]]))).unwrap();
    assert_eq!(lasts, [3, 1, 1], "more than one commit usually takes");
    drop(store);
    let store = open();
    assert_eq!(log(&*store, &docs[0]), [noise(1, 10), noise(2, 10), large.clone()]);
    assert_eq!(log(&*store, &docs[1]), [large]);
    assert_eq!(log(&*store, &docs[2]), [noise(3, 5_000)]);
}

fn the_registry_and_plans_do_not_mix(open: &impl Fn() -> Box<dyn Store>) {
    let docs = [DocAddress::Registry, "a/b".parse().unwrap(), "a/b-0".parse().unwrap(), "a-b/0".parse().unwrap()];
    let store = open();
    for (i, doc) in docs.iter().enumerate() {
        assert_eq!(wait(store.append(doc, 0, vec![noise(i as u64, 9); i + 1])).unwrap(), i as Seq + 1);
    }
    drop(store);
    let store = open();
    for (i, doc) in docs.iter().enumerate() {
        assert_eq!(log(&*store, doc), vec![noise(i as u64, 9); i + 1]);
    }
    let known = store.documents().unwrap();
    assert!(known.is_sorted() && docs.iter().all(|doc| known.contains(doc)), "{known:?}");
}

fn documents_grow_side_by_side(open: &impl Fn() -> Box<dyn Store>) {
    let store: Arc<dyn Store> = open().into();
    let writers = (0..16).map(|w| {
        let store = store.clone();
        std::thread::spawn(move || {
            for i in 0..50 {
                let group = vec![noise(w * 1_000 + i, 60); 2];
                assert_eq!(wait(store.append(&plan(&format!("side-{w}")), i * 2, group)).unwrap(), i * 2 + 2);
            }
        })
    });
    writers.collect::<Vec<_>>().into_iter().for_each(|writer| writer.join().unwrap());
    drop(store);
    let store = open();
    for w in 0..16 {
        let expected: Vec<Bytes> = (0..100).map(|i| noise(w * 1_000 + i / 2, 60)).collect();
        assert_eq!(log(&*store, &plan(&format!("side-{w}"))), expected);
    }
}

fn records_of_any_size_come_back(open: &impl Fn() -> Box<dyn Store>) {
    let doc = plan("sizes");
    let sizes = [0, 1, 4_095, 4_096, 4_097, 65_535, 65_536, 200_000, 1 << 20, limits::UPDATE_BYTES_MAX, super::RECORD_BYTES_MAX];
    let store = open();
    for (after, size) in (0..).zip(sizes) {
        wait(store.append(&doc, after, vec![noise(size as u64, size)])).unwrap();
    }
    let last = wait(store.append(&doc, 11, sizes[..8].iter().map(|size| noise(*size as u64, *size)).collect()));
    assert_eq!(last.unwrap(), 19);
    drop(store);
    let store = open();
    for (record, size) in log(&*store, &doc).iter().zip(sizes.iter().chain(&sizes[..8])) {
        assert!(*record == noise(*size as u64, *size), "{size} bytes");
    }
}

fn a_snapshot_replaces_the_one_before(open: &impl Fn() -> Box<dyn Store>) {
    let doc = plan("snapshot");
    let store = open();
    wait(store.append(&doc, 0, vec![noise(1, 50); 5])).unwrap();
    for (covers, size) in [(1, 300_000), (2, 0), (3, 5 << 20), (5, 100)] {
        wait(store.save_snapshot(&doc, covers, noise(covers, size))).unwrap();
        assert_eq!(store.load_snapshot(&doc).unwrap(), Some((covers, noise(covers, size))));
    }
    let refused = wait(store.save_snapshot(&doc, 5, Bytes::from(vec![0; super::SNAPSHOT_BYTES_MAX + 1])));
    assert!(matches!(refused, Err(StoreError::TooLarge { .. })), "{refused:?}");
    drop(store);
    let store = open();
    assert_eq!(store.load_snapshot(&doc).unwrap(), Some((5, noise(5, 100))));
    assert_eq!(log(&*store, &doc), vec![noise(1, 50); 5], "the log stays whole");
}

fn a_snapshot_never_goes_back_nor_ahead_of_its_log(open: &impl Fn() -> Box<dyn Store>) {
    let doc = plan("forward");
    let store = open();
    wait(store.append(&doc, 0, vec![noise(1, 50); 5])).unwrap();
    for (covers, served) in
        [(6, None), (0, None), (3, Some(3)), (2, Some(3)), (3, Some(3)), (6, Some(3)), (4, Some(4)), (1, Some(4))]
    {
        // What is dropped is told from what is kept by its words.
        wait(store.save_snapshot(&doc, covers, noise(served.map_or(99, |served| 10 * covers + served), 50))).unwrap();
        assert_eq!(store.load_snapshot(&doc).unwrap(), served.map(|served| (served, noise(11 * served, 50))), "{covers}");
    }
    wait(store.save_snapshot(&plan("no-log"), 1, noise(9, 9))).unwrap();
    drop(store);
    let store = open();
    assert_eq!(store.load_snapshot(&doc).unwrap(), Some((4, noise(44, 50))));
    assert_eq!(store.load_snapshot(&plan("no-log")).unwrap(), None, "there is nothing that it could cover");
}

fn many_small_documents_are_kept(open: &impl Fn() -> Box<dyn Store>) {
    let docs: Vec<DocAddress> = (0..10_000).map(|i| plan(&format!("many-{i:05}"))).collect();
    let store = open();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for some in docs.chunks(1_000) {
        let appends: Vec<_> = some.iter().map(|doc| store.append(doc, 0, vec![doc.to_string().into()])).collect();
        for append in appends {
            assert_eq!(runtime.block_on(append).unwrap(), 1);
        }
    }
    drop(store);
    let store = open();
    let known = store.documents().unwrap();
    assert!(known.is_sorted() && known.len() > docs.len());
    for doc in &docs {
        assert_eq!(log(&*store, doc), [Bytes::from(doc.to_string())]);
    }
}
