use super::*;
use crate::{
    auth::SecretDigest,
    backup::{back_up, whole},
    check::check,
    plans,
    registry::Registry,
    store::{DiskStore, Store, StoreError, backup::BackupError, kill},
    testing::{Table, copy, note, plan, update},
};
use futures_util::FutureExt as _;
use plenary_shared::{
    access::Access,
    log::record::Digest,
    people::Party,
    talk::layer,
    wire::api::{NewConference, NewPlan},
};
use std::{collections::BTreeMap, fs, panic::AssertUnwindSafe, path::PathBuf, sync::Arc, thread};

/// A word that only the conference has which is to be forgotten.
const WORD: &str = "zebrafish";
const GONE: &str = "reef-talks";

/// Two conferences, and tokens of a member of each: of the one that stays, and of the other.
async fn two(data: &Path) -> (SecretDigest, SecretDigest) {
    let store: Arc<dyn Store> = Arc::new(DiskStore::open_small(&data.join("store"), 4_000));
    let table = Table::on(store).await;
    let party = Party { id: "reef".parse().unwrap(), name: WORD.into() };
    let new = NewConference { id: GONE.parse().unwrap(), title: WORD.into(), party, chair: WORD.into() };
    let invitation = table.registry.open_conference(new).await.unwrap();
    let chair = invitation.member.clone();
    let joined = table.registry.join(&invitation.invitation).await.unwrap();
    let token = SecretDigest::of(&table.registry.recover(&joined.recovery).await.unwrap().token.unwrap());
    let access = BTreeMap::from([(chair.party.clone(), Access::Draft)]);
    let markdown = Some(format!("# {WORD}\n\n1. The {WORD} shall withdraw.\n"));
    plans::create(&table.registry, &chair, NewPlan { id: plan(), title: None, markdown, access, consent: None }).await.unwrap();
    let author = chair.author();
    for n in 0..8 {
        let mine = update(200 + n, |txn| layer::put(txn, &note(&format!("{WORD}{n}"))).unwrap());
        let address = format!("{GONE}/plan/reef/private").parse().unwrap();
        table.rooms.edit(&address, &author, &mine).await.unwrap();
        table.write("arv/private", 300 + n, |txn| layer::put(txn, &note(&format!("n{n}"))).unwrap()).await;
    }
    table.rooms.stop().await;
    (table.seats["arv"].1, token)
}

/// The chain's end of every document but the registry.
fn heads(data: &Path) -> BTreeMap<DocAddress, Digest> {
    let store = DiskStore::open(data.join("store")).unwrap();
    let head = |doc: DocAddress| {
        let last = store.last_seq(&doc).unwrap();
        let (_, record) = store.read(&doc, last - 1, 1, 1 << 20).unwrap().pop().unwrap();
        (doc, Digest::of_sealed(&record).unwrap())
    };
    store.documents().unwrap().into_iter().filter(|doc| *doc != DocAddress::Registry).map(head).collect()
}

/// The files below a directory that hold these bytes.
fn holding(dir: &Path, bytes: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, bytes));
        } else if fs::read(&path).unwrap().windows(bytes.len()).any(|window| window == bytes.as_bytes()) {
            found.push(path);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_forgotten_conference_is_left_and_all_else_is_as_it_was() {
    let data = tempfile::tempdir().unwrap();
    let (stays, gone) = two(data.path()).await;
    assert!(holding(data.path(), WORD).len() > 2);
    let mut before = heads(data.path());
    let demo = serde_json::json!({ "url": WORD, "conference": GONE, "plan": "plan", "members": [] });
    fs::write(data.path().join("demo.json"), demo.to_string()).unwrap();
    // A restored copy: what its manifest names is not what is there afterwards.
    let backup = tempfile::tempdir().unwrap();
    back_up(data.path(), backup.path()).unwrap();
    fs::copy(backup.path().join(MANIFEST), data.path().join(MANIFEST)).unwrap();
    let forgotten = forget(data.path(), &GONE.parse().unwrap()).await.unwrap();
    // The text, a layer, the seats.
    assert!(forgotten.documents == 3 && forgotten.left.is_none(), "{forgotten:?}");
    assert!(data.path().join(MANIFEST).exists() && whole(data.path()).is_ok());
    assert_eq!(holding(data.path(), WORD), Vec::<PathBuf>::new());
    before.retain(|doc, _| !doc.to_string().starts_with(GONE));
    assert_eq!(heads(data.path()), before);
    let report = check(data.path()).unwrap();
    assert!(report.holds() && report.snapshots > 0, "{report}");
    let registry = Registry::open(Arc::new(DiskStore::open(data.path().join("store")).unwrap())).unwrap();
    assert!(registry.whoami(&stays).is_some() && registry.whoami(&gone).is_none());
    let party = Party { id: "other".parse().unwrap(), name: "Other".into() };
    let new = NewConference { id: GONE.parse().unwrap(), title: "Again".into(), party, chair: "C".into() };
    assert!(matches!(registry.open_conference(new).await, Err(RegistryError::Exists { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_forgotten_leaves_all_as_it_was() {
    let data = tempfile::tempdir().unwrap();
    two(data.path()).await;
    let before = heads(data.path());
    assert!(matches!(forget(data.path(), &"nobody".parse().unwrap()).await, Err(RegistryError::NotFound)));
    let running = DiskStore::open(data.path().join("store")).unwrap();
    let refused = forget(data.path(), &GONE.parse().unwrap()).await;
    assert!(matches!(refused, Err(RegistryError::Store(StoreError::InUse { .. }))), "{refused:?}");
    drop(running);
    assert_eq!(heads(data.path()), before);
    // A record of the other conference is damaged: nothing is made of it.
    let damaged = holding(&data.path().join("store/segments"), "parties shall withdraw").pop().unwrap();
    let mut bytes = fs::read(&damaged).unwrap();
    let at = bytes.windows(13).position(|window| window == b"parties shall").unwrap();
    bytes[at] ^= 1;
    fs::write(&damaged, &bytes).unwrap();
    let refused = forget(data.path(), &GONE.parse().unwrap()).await;
    assert!(matches!(refused, Err(RegistryError::Store(StoreError::Corrupt { .. }))), "{refused:?}");
    assert_eq!(fs::read(&damaged).unwrap(), bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rewriting_left_when_the_power_went_is_taken_away_by_the_next_start() {
    let data = tempfile::tempdir().unwrap();
    two(data.path()).await;
    let (segments, beside) = (data.path().join("store/segments"), data.path().join("store/rewriting/segments"));
    let copy = |to: &Path| {
        fs::create_dir_all(to).unwrap();
        for file in fs::read_dir(&segments).unwrap().map(|file| file.unwrap()) {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    };
    // Before the two changed their names: some new segments stand beside.
    let before = heads(data.path());
    copy(&beside);
    assert_eq!(heads(data.path()), before);
    assert!(!beside.exists());
    // After it: the old ones do.
    let old = data.path().join("old");
    copy(&old);
    forget(data.path(), &GONE.parse().unwrap()).await.unwrap();
    let after = heads(data.path());
    fs::create_dir_all(beside.parent().unwrap()).unwrap();
    fs::rename(old, &beside).unwrap();
    assert_eq!(heads(data.path()), after);
    assert_eq!(holding(data.path(), WORD), Vec::<PathBuf>::new());
}

/// What a killed `forget` leaves starts, with the conference or without it.
#[tokio::test]
async fn a_forget_that_is_killed_at_any_step_is_done_or_not_and_the_server_starts() {
    let (whole_data, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (_, gone) = two(whole_data.path()).await;
    back_up(whole_data.path(), backup.path()).unwrap();
    fs::copy(backup.path().join(MANIFEST), whole_data.path().join(MANIFEST)).unwrap();
    let demo = serde_json::json!({ "url": WORD, "conference": GONE, "plan": "plan", "members": [] });
    fs::write(whole_data.path().join("demo.json"), demo.to_string()).unwrap();
    let before = heads(whole_data.path());
    let mut were = [false; 2];
    for steps in 0.. {
        let data = tempfile::tempdir().unwrap();
        copy(whole_data.path(), data.path());
        kill::after(Some(steps));
        let forgotten = AssertUnwindSafe(forget(data.path(), &GONE.parse().unwrap())).catch_unwind().await;
        kill::after(None);
        whole(data.path()).unwrap_or_else(|error| panic!("step {steps}: no server starts: {error}"));
        assert!(data.path().join(MANIFEST).exists(), "step {steps}: a restore is under way still");
        let is_there = {
            let store = Arc::new(DiskStore::open(data.path().join("store")).unwrap());
            Registry::open(store).unwrap().whoami(&gone).is_some()
        };
        were[usize::from(is_there)] = true;
        if is_there {
            assert_eq!(heads(data.path()), before, "step {steps}");
            forget(data.path(), &GONE.parse().unwrap()).await.unwrap();
        }
        assert_eq!(holding(data.path(), WORD), Vec::<PathBuf>::new(), "step {steps}");
        assert!(check(data.path()).unwrap().holds(), "step {steps}");
        if forgotten.is_ok() {
            break;
        }
    }
    assert_eq!(were, [true; 2], "it was killed before and after");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_backup_is_taken_while_segments_are_exchanged_and_none_are_while_one_is_taken() {
    let (data, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    two(data.path()).await;
    let before = heads(data.path());
    let store = data.path().join("store");
    let beside = || {
        let refused = back_up(data.path(), to.path());
        assert!(matches!(refused, Err(BackupError::Store(StoreError::AtWork { .. }))), "{refused:?}");
        Err(io::Error::other("enough was seen"))
    };
    let given_up = rewrite::without(
        &store,
        |_| false,
        |log| Ok::<_, StoreError>(log.into_iter().map(|(_, record)| record).collect()),
        beside,
    );
    assert!(matches!(given_up.await, Err(StoreError::Io(_))));
    let passed = |_| {
        let forgetting = || tokio::runtime::Runtime::new().unwrap().block_on(forget(data.path(), &GONE.parse().unwrap()));
        let refused = thread::scope(|scope| scope.spawn(forgetting).join().unwrap());
        assert!(matches!(refused, Err(RegistryError::Store(StoreError::AtWork { .. }))), "{refused:?}");
    };
    fs::create_dir_all(to.path().join("store")).unwrap();
    crate::store::backup::back_up(&store, &to.path().join("store"), &[], passed, |_| Ok(())).unwrap();
    assert_eq!(heads(data.path()), before);
}
