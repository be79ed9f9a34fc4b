//! What a follower of the log hears, and when.

use super::*;
use crate::{
    config::Limits,
    metrics::Figures,
    room::Logged,
    testing::{Table, plan},
};
use plenary_shared::{
    access::Access,
    id::DocAddress,
    log::record::{Moment, Provenance, Right},
    wire::api,
};
use tokio::time::timeout;

fn app(table: &Table) -> Arc<App> {
    let bounds = Limits { sessions: 8, sessions_per_member: 8, tls: false };
    App::new(table.registry.clone(), table.rooms.clone(), Arc::new(Figures::default()), bounds)
}

#[tokio::test]
async fn what_is_written_after_a_right_was_taken_away_is_told_to_nobody_who_had_it() {
    let table = Table::new().await;
    let (app, (bor, token)) = (app(&table), table.seats["bor"].clone());
    let party = |id: &str| (id.parse().unwrap(), Access::Draft);
    let record = Provenance::live(table.member("arv").author(), Right::Draft).record(1, Moment::default(), Bytes::new());
    // As often as it takes, if it were left to chance which is looked at first.
    for _ in 0..16 {
        table.give([party("arv"), party("bor")].into()).await;
        let reader = Reader::of(&app, token, DocAddress::Plan(bor.conference.clone(), plan())).unwrap();
        let (lines, mut heard) = Lines::open(table.rooms.answers(), &bor);
        let version = table.registry.version();
        table.give([party("arv")].into()).await;
        let (feed, mut following) = room::follow();
        assert!(feed.push(&Logged::new(2, [0; 32].into(), record.clone())));
        Follower { app: app.clone(), reader, version, lines }.live(&mut following).await;
        assert_eq!(heard.recv().await, None);
    }
}

#[tokio::test]
async fn when_the_log_says_that_it_is_alive_tells_nothing_of_the_registry() {
    let table = Table::new().await;
    let app = app(&table);
    let (bor, token) = table.seats["bor"].clone();
    let reader = Reader::of(&app, token, DocAddress::Plan(bor.conference.clone(), plan())).unwrap();
    let (lines, mut heard) = Lines::open(table.rooms.answers(), &bor);
    let version = table.registry.version();
    tokio::time::pause();
    let begin = Instant::now();
    tokio::spawn(async move {
        let (_feed, mut following) = room::follow();
        Follower { app, reader, version, lines }.live(&mut following).await
    });
    let arv = table.seats["arv"].0.clone();
    let new = api::NewLayer { layer: "talk".parse().unwrap(), audience: Default::default() };
    table.registry.open_layer(&arv, plan(), new).await.unwrap();
    tokio::spawn(async move {
        for n in 0u64.. {
            // Whatever anybody does in private, at whatever moments.
            tokio::time::sleep(Duration::from_millis(700 + 300 * (n % 7))).await;
            let audience = if n % 2 == 0 { ["bor".parse().unwrap()].into() } else { Default::default() };
            table.registry.set_audience(&table.rooms, &arv, plan(), "talk".parse().unwrap(), audience).await.unwrap();
        }
    });
    for beats in 1..4 {
        let line = timeout(2 * BEAT, heard.recv()).await.expect("it says so");
        assert_eq!(line.unwrap().unwrap(), "\n");
        assert_eq!(begin.elapsed().as_secs(), BEAT.as_secs() * beats);
    }
}
