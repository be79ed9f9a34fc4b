//! Five hundred who are present, and what each is told.

use futures_util::future::join_all;
use plenary_shared::limits;
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use tokio::{sync::mpsc, time::Instant};

use super::*;
use crate::{
    outbox::{Next, Outbox},
    room::{Command, Room, RoomEnded, Surroundings},
};

const PRESENT: u64 = 500;
const MINUTE: Duration = Duration::from_secs(60);

/// A state twice as large as stock clients have them.
fn moved(client: u64, clock: u32) -> ClientMessage {
    let state = format!("{{\"cursor\":\"{}\"}}", "x".repeat(600));
    let entry = protocol::AwarenessEntry { client, clock, state };
    ClientMessage::decode(&protocol::awareness([&entry].into_iter())).unwrap()
}

/// Reads what comes and sends it back, as stock clients do; answers how it ended.
async fn echo(session: SessionId, outbox: Arc<Outbox>, inbox: mpsc::Sender<Command>, heard: Arc<AtomicUsize>) -> u16 {
    loop {
        match outbox.next().await {
            Next::Frames(frames) => {
                for frame in frames {
                    heard.fetch_add(frame.len(), Ordering::Relaxed);
                    if let Ok(message @ ClientMessage::Awareness(_)) = ClientMessage::decode(&frame) {
                        let _ = inbox
                            .send(Command::Message {
                                session,
                                message,
                                rests: None,
                                order: Default::default(),
                                write: true,
                                place: None,
                            })
                            .await;
                    }
                }
            }
            Next::AskToCatchUp | Next::Ask => drop(inbox.send(Command::CatchUp { session }).await),
            Next::Close(close) => return close.code,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn five_hundred_whose_carets_move_are_each_told_no_more_than_16_kib_in_a_second_and_none_is_closed() {
    let around = Surroundings {
        store: Arc::new(MemoryStore::default()),
        metrics: Arc::default(),
        answers: Default::default(),
        restore: Arc::default(),
        conduct: Arc::default(),
        shares: Arc::default(),
        announced: Arc::default(),
        waypoints: Arc::default(),
        alternatives: Arc::default(),
    };
    let mut room = Room::open("talks/plan".parse().unwrap(), around).unwrap();
    let (inbox, mut commands) = mpsc::channel(limits::ROOM_INBOX_MESSAGES);
    let running = tokio::spawn(async move { room.run(&mut commands).await });
    let (mut reading, mut heard) = (Vec::new(), Vec::new());
    for client in 1..=PRESENT {
        let (session, outbox, bytes) = (SessionId(client), Arc::new(Outbox::default()), Arc::new(AtomicUsize::new(0)));
        let (joined, is_in) = tokio::sync::oneshot::channel();
        let member = member(["arv", "bor", "cel"][client as usize % 3]);
        inbox.send(Command::Join { session, member, outbox: outbox.clone(), joined }).await.unwrap();
        is_in.await.unwrap();
        reading.push(tokio::spawn(echo(session, outbox, inbox.clone(), bytes.clone())));
        heard.push(bytes);
    }
    let begin = Instant::now();
    for clock in 1..=6 {
        for client in 1..=PRESENT {
            let message = Command::Message {
                rests: None,
                session: SessionId(client),
                message: moved(client, clock),
                order: Default::default(),
                write: true,
                place: None,
            };
            inbox.send(message).await.unwrap();
            tokio::time::sleep(Duration::from_secs(10) / PRESENT as u32).await;
        }
    }
    assert!(begin.elapsed() >= MINUTE);
    let heard: Vec<_> = heard.iter().map(|bytes| bytes.load(Ordering::Relaxed)).collect();
    let most = (16 << 10) * begin.elapsed().as_secs() as usize;
    assert!(heard.iter().all(|bytes| (most / 2..=most).contains(bytes)), "{most}: {heard:?}");
    inbox.send(Command::Stop).await.unwrap();
    let closings = join_all(reading).await;
    assert!(closings.into_iter().all(|code| code.unwrap() == protocol::CLOSE_AGAIN), "by the server's end alone");
    assert_eq!(running.await.unwrap(), RoomEnded::Stopped);
}
