//! Views of a plan, on a server in memory.

use plenary_shared::{
    log::record::{self, Digest},
    people::Author,
    talk::{dossier::AnnotationsView, layer, view::View},
    wire::api,
};
use std::{sync::mpsc, time::Duration};
use yrs::{Text, WriteTxn};

mod first;
mod kept;

use super::*;
use crate::{
    store::{Seq, Store},
    testing::{self, Faulty, Table, layer_at, note, plan, update},
};

impl Dossiers {
    /// What `look` finds in a member's dossier.
    async fn view<T>(
        &self,
        member: &people::Member,
        plan: &PlanId,
        needs: Needs,
        look: impl FnOnce(&Dossier) -> T,
    ) -> Result<(Option<Key>, T), DossierError> {
        let (key, made) = self.made(member, plan, needs, &Arc::new(())).await?;
        Ok((key, look(&made.dossier)))
    }
}

async fn annotations(table: &Table, party: &str, needs: Needs) -> AnnotationsView {
    let dossiers = Dossiers::new(table.registry.clone(), table.rooms.clone());
    dossiers.view(table.member(party), &plan(), needs, AnnotationsView::of).await.unwrap().1
}

fn layers(view: &AnnotationsView) -> Vec<String> {
    view.annotations.iter().map(|entry| format!("{}/{}", entry.party, entry.layer)).collect()
}

#[tokio::test]
async fn a_view_keeps_its_place_until_it_is_made_also_when_nobody_waits_for_it() {
    let table = Table::new().await;
    let (begun, begins) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let (place, held) = tokio::sync::oneshot::channel::<()>();
    let view_of = {
        let (dossiers, arv) = (Dossiers::new(table.registry.clone(), table.rooms.clone()), table.member("arv").clone());
        tokio::spawn(async move {
            let slow = move |_: &Dossier| {
                begun.send(()).unwrap();
                goes_on.recv().unwrap();
                Some(Vec::new())
            };
            dossiers.shown(&arv, &plan(), (Needs::All, "slow".into()), place, slow).await.map(|_| ())
        })
    };
    tokio::task::spawn_blocking(move || begins.recv().unwrap()).await.unwrap();
    view_of.abort();
    assert!(view_of.await.unwrap_err().is_cancelled());
    let mut held = held;
    assert!(matches!(held.try_recv(), Err(tokio::sync::oneshot::error::TryRecvError::Empty)), "the work goes on");
    go_on.send(()).unwrap();
    assert!(held.await.is_err(), "and gives its place back");
}

#[tokio::test]
async fn a_view_reads_the_layers_that_it_needs_and_the_member_may_read() {
    let table = Table::new().await;
    for (n, layer) in ["arv/positions", "arv/public", "arv/private", "bor/positions", "bor/private"].into_iter().enumerate() {
        table.write(layer, n as u64, |txn| layer::put(txn, &note(&format!("n{n}"))).unwrap()).await;
    }
    for (needs, read) in [
        (Needs::Plan, &[][..]),
        (Needs::Positions, &["arv/positions", "bor/positions"]),
        (Needs::Public, &["arv/positions", "arv/public", "bor/positions"]),
        (Needs::All, &["arv/positions", "arv/public", "bor/positions", "bor/private"]),
    ] {
        let mut shown = layers(&annotations(&table, "bor", needs).await);
        shown.sort_unstable();
        assert_eq!(shown, read, "{needs:?}");
    }
}

#[tokio::test]
async fn what_a_party_heaps_up_takes_its_own_share_of_a_view_and_nobody_elses() {
    let table = Table::new().await;
    let arv = table.member("arv").clone();
    table.write("bor/public", 1, |txn| layer::put(txn, &note("bor")).unwrap()).await;
    table.write("arv/positions", 2, |txn| layer::put(txn, &note("arv")).unwrap()).await;
    for (n, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let new = api::NewLayer { layer: name.parse().unwrap(), audience: ["bor".parse().unwrap()].into() };
        table.registry.open_layer(&arv, plan(), new).await.unwrap();
        if name != "d" {
            let heap = "x".repeat(limits::LAYER_BYTES_MAX - 100);
            let fill = |txn: &mut yrs::TransactionMut| txn.get_or_insert_text("text").insert(txn, 0, &heap);
            table.write(&format!("arv/{name}"), 10 + n as u64, fill).await;
        }
    }
    let view = annotations(&table, "bor", Needs::All).await;
    assert_eq!(layers(&view), ["arv/positions", "bor/public"]);
    let faults: Vec<_> = view.faults.iter().map(|fault| (fault.party.as_str(), fault.layer.as_str(), &fault.fault)).collect();
    let beyond = [("arv", "c", &Unread::BeyondShare), ("arv", "d", &Unread::BeyondShare)];
    assert_eq!(faults, beyond, "two fit; whether there is anything in d is not looked at");
}

/// Appends a note to a log without its room; answers the chain's end.
async fn append(store: &dyn Store, layer: &str, (last, end): (Seq, Digest), client: u64, id: &str) -> (Seq, Digest) {
    let (party, _) = layer.split_once('/').unwrap();
    let written = update(client, |txn| layer::put(txn, &note(id)).unwrap());
    let (sealed, end) = record::seal(&end, &testing::record(party, last, written));
    (store.append(&layer_at(layer), last, vec![sealed]).await.unwrap(), end)
}

/// Before the first record of a layer.
fn beginning(layer: &str) -> (Seq, Digest) {
    (0, Digest::genesis(&layer_at(layer)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn positions_are_shown_as_they_all_were_at_one_moment() {
    let store = Arc::new(Faulty::default());
    let table = Arc::new(Table::on(store.clone()).await);
    table.write("arv/positions", 1, |txn| layer::put(txn, &note("arv-1")).unwrap()).await;
    let end = append(&*store, "bor/positions", beginning("bor/positions"), 2, "bor-1").await;
    // While bor's are loaded arv, whose were read by then, takes its second position, and after that bor answers.
    let (handle, at_work, writes) = (tokio::runtime::Handle::current(), table.clone(), store.clone());
    let event = move || {
        handle.block_on(async {
            // Behind the question of the one who reads, which was asked before bor's.
            at_work.rooms.read_at(&layer_at("arv/positions")).await.unwrap();
            at_work.write("arv/positions", 3, |txn| layer::put(txn, &note("arv-2")).unwrap()).await;
            append(&*writes, "bor/positions", end, 4, "bor-2").await;
        });
    };
    store.on_load(layer_at("bor/positions"), event);
    let view = annotations(&table, "med", Needs::Positions).await;
    let mut shown: Vec<_> = view.annotations.iter().map(|entry| entry.annotation.id.to_string()).collect();
    shown.sort_unstable();
    assert_eq!(shown, ["arv-1", "arv-2", "bor-1", "bor-2"], "no answer without what it answers");
}

#[tokio::test]
async fn a_layer_that_does_not_load_in_time_is_named_and_keeps_nobody_waiting() {
    let store = Arc::new(Faulty::default());
    let table = Arc::new(Table::on(store.clone()).await);
    table.write("arv/positions", 1, |txn| layer::put(txn, &note("arv-1")).unwrap()).await;
    append(&*store, "bor/positions", beginning("bor/positions"), 2, "bor-1").await;
    let (begun, begins) = tokio::sync::oneshot::channel();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let event = move || {
        begun.send(()).unwrap();
        let _ = goes_on.recv();
    };
    store.on_load(layer_at("bor/positions"), event);
    tokio::time::pause();
    let asks = table.clone();
    let asked = tokio::spawn(async move { annotations(&asks, "med", Needs::Positions).await });
    begins.await.unwrap();
    tokio::time::advance(limits::VIEW_READING + Duration::from_secs(1)).await;
    let view = asked.await.unwrap();
    assert_eq!(layers(&view), ["arv/positions"]);
    assert_eq!((view.faults[0].party.as_str(), &view.faults[0].fault), ("bor", &Unread::Unavailable));
    drop(go_on);
}
