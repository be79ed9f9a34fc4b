//! Views of a plan, on a server in memory.

use std::sync::mpsc;

use super::*;
use crate::testing::{Table, plan};

#[tokio::test]
async fn a_view_keeps_its_place_until_it_is_made_also_when_nobody_waits_for_it() {
    let table = Table::new().await;
    let (begun, begins) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let (place, held) = tokio::sync::oneshot::channel::<()>();
    let view_of = {
        let (registry, rooms, arv) = (table.registry.clone(), table.rooms.clone(), table.seats["arv"].0.clone());
        tokio::spawn(async move {
            let slow = move |_: &Dossier| {
                begun.send(()).unwrap();
                goes_on.recv().unwrap();
            };
            view(&registry, &rooms, &arv, &plan(), place, slow).await
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
