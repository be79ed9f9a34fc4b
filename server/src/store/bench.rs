//! What the store costs, measured: not part of any promise, so all of it is left out unless it is asked for.
//!
//! On the disk that `TMPDIR` names: `cargo test --release -p plenary-server --lib store::bench -- --ignored --nocapture --test-threads 1`

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    DiskStore, Seq, Store,
    suite::{noise, plan, wait},
};

/// Seconds of CPU that the process took so far.
fn cpu() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    ticks as f64 / 100.0
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

/// 200 documents of which each is appended to five times a second, or nothing is done at that pace.
fn paced(store: Option<Arc<DiskStore>>, seconds: u64) -> (f64, Vec<Duration>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let before = cpu();
    let took = runtime.block_on(async {
        let tasks: Vec<_> = (0..200_u64)
            .map(|d| {
                let (store, doc) = (store.clone(), plan(&format!("paced-{d}")));
                tokio::spawn(async move {
                    let mut took = Vec::new();
                    tokio::time::sleep(Duration::from_millis(d)).await;
                    let mut ticks = tokio::time::interval(Duration::from_millis(200));
                    for after in 0..seconds * 5 {
                        ticks.tick().await;
                        let began = Instant::now();
                        if let Some(store) = &store {
                            store.append(&doc, after, vec![noise(after, 300)]).await.unwrap();
                        }
                        took.push(began.elapsed());
                    }
                    took
                })
            })
            .collect();
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await.unwrap());
        }
        all
    });
    (cpu() - before, took)
}

#[test]
#[ignore = "takes times"]
fn a_thousand_appends_a_second() {
    let directory = tempfile::tempdir().unwrap();
    let (idle, _) = paced(None, 6);
    let (busy, mut took) = paced(Some(Arc::new(DiskStore::open(directory.path()).unwrap())), 6);
    took.sort_unstable();
    let each = (busy - idle) * 1e6 / took.len() as f64;
    println!("{each:.0} us of CPU for each append; p50 {:?}, p99 {:?}", percentile(&took, 50), percentile(&took, 99));
}

#[test]
#[ignore = "takes times"]
fn as_many_appends_as_there_can_be() {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(DiskStore::open(directory.path()).unwrap());
    let (began, before) = (Instant::now(), cpu());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..50)
            .map(|d| {
                let (store, doc) = (store.clone(), plan(&format!("many-{d}")));
                tokio::spawn(async move {
                    for round in 0..300 {
                        let records = (0..32).map(|n| noise(round * 32 + n, 200)).collect();
                        store.append(&doc, round * 32, records).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    let records = 50.0 * 300.0 * 32.0;
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), cpu() - before);
    println!("{:.0} records/s, {:.2} us of CPU each", records / seconds, cpu * 1e6 / records);
}

/// 1 GiB of records of 240 bytes in 200 documents, eight to a commit.
fn fill(path: &Path) -> Vec<Seq> {
    let store = DiskStore::open(path).unwrap();
    let mut ends = vec![0; 200];
    let record = noise(1, 240);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for round in 0..20_000_usize {
        let parts: Vec<_> = (0..25)
            .map(|d| (round * 25 + d) % 200)
            .map(|d| (d, store.append(&plan(&format!("opened-{d}")), ends[d], vec![record.clone(); 8])))
            .collect();
        for (d, appended) in parts {
            ends[d] = runtime.block_on(appended).unwrap();
        }
    }
    ends
}

#[test]
#[ignore = "takes times and 1 GiB"]
fn opening_one_gib() {
    let directory = tempfile::tempdir().unwrap();
    let ends = fill(directory.path());
    let segments = || fs::read_dir(directory.path().join("segments")).unwrap().map(|entry| entry.unwrap().path());
    println!("{} MiB", segments().map(|path| path.metadata().unwrap().len()).sum::<u64>() >> 20);
    let open = |what: &str| {
        let began = Instant::now();
        let store = DiskStore::open(directory.path()).unwrap();
        let opened = began.elapsed();
        let log = store.read(&plan("opened-7"), ends[7] / 2, 512, usize::MAX).unwrap();
        println!("{what}: open after {opened:?}, 512 records from the middle after {:?}", began.elapsed());
        assert_eq!(log.len(), 512);
        // Until the index is whole, so that each start is measured with what it says.
        std::thread::sleep(Duration::from_secs(10));
        assert_eq!(wait(store.append(&plan("opened-7"), ends[7], vec![])).unwrap(), ends[7]);
    };
    open("as it was closed");
    open("with its index");
    fs::remove_dir_all(directory.path().join("index")).unwrap();
    open("with its index deleted");
    for path in segments().filter(|path| path.extension().is_some_and(|extension| extension == "seg")) {
        let bytes = path.metadata().unwrap().len();
        fs::File::options().write(true).open(path).unwrap().set_len(bytes - 1).unwrap();
    }
    open("with its footers damaged");
    open("after that");
}
