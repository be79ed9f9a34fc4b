//! Visits that do not keep editing: connections that say nothing, many that join at once, a room that is filled and left.

use anyhow::Result;
use serde_json::{Value, json};
use std::{
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::task::spawn_local;
use yrs::{Doc, Options, Text, Transact, Update, block::ClientID, updates::decoder::Decode};

use plenary_tests::trace::client_id;

use crate::{
    frame::{self, Message},
    load::sync,
    measure::{cpu, percentile_ms, round, rss_kib},
    socket,
    target::Target,
};

/// Connections that are synced and then say nothing: what each costs.
pub async fn idle(target: &Target, rooms: usize, connections: usize) -> Result<Value> {
    let mut open = Vec::new();
    // What a room costs is not a connection's.
    for n in 0..rooms {
        let (mut reader, writer) = socket::connect(target, &target.room(n), n).await?;
        sync(&mut reader, &writer).await?;
        open.push((reader, writer));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = rss_kib(target.pid)?;
    for n in 0..connections {
        let (mut reader, writer) = socket::connect(target, &target.room(n % rooms), n).await?;
        sync(&mut reader, &writer).await?;
        open.push((reader, writer));
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = rss_kib(target.pid)?;
    Ok(json!({
        "connections": connections, "rss_before_kib": before, "rss_after_kib": after,
        "kib_each": round((after as f64 - before as f64) / connections as f64),
    }))
}

/// Many clients at once; the last one synced counts.
pub async fn join(target: &Rc<Target>, rooms: usize, clients: usize) -> Result<Value> {
    let (begin, cpu_before) = (Instant::now(), cpu(target.pid)?);
    let joining: Vec<_> = (0..clients)
        .map(|n| {
            let target = target.clone();
            spawn_local(async move {
                let (mut reader, writer) = socket::connect(&target, &target.room(n % rooms), n).await?;
                let bytes = sync(&mut reader, &writer).await?;
                Ok::<_, anyhow::Error>((begin.elapsed(), bytes, reader, writer))
            })
        })
        .collect();
    let (mut times_us, mut bytes_min, mut bytes_max, mut open) = (Vec::new(), usize::MAX, 0, Vec::new());
    for one in joining {
        let (took, bytes, reader, writer) = one.await??;
        times_us.push(took.as_micros() as u32);
        (bytes_min, bytes_max) = (bytes_min.min(bytes), bytes_max.max(bytes));
        open.push((reader, writer));
    }
    times_us.sort_unstable();
    let cpu_ms = (cpu(target.pid)? - cpu_before).as_millis() as u64;
    Ok(json!({
        "clients": clients, "rooms": rooms, "last_synced_ms": percentile_ms(&times_us, 100.0), "p50_ms": percentile_ms(&times_us, 50.0),
        "state_bytes_min": bytes_min, "state_bytes_max": bytes_max, "cpu_ms": cpu_ms, "rss_kib": rss_kib(target.pid)?,
    }))
}

/// Writes updates into a room in order, `in_flight` at a time, and waits until every one came back.
pub async fn replay(target: &Target, updates: &[Vec<u8>], in_flight: usize) -> Result<Value> {
    let (mut reader, writer) = socket::connect(target, &target.room(0), 0).await?;
    sync(&mut reader, &writer).await?;
    let begin = Instant::now();
    let ends: Vec<(u64, u32)> = updates.iter().map(|update| end_of(update)).collect();
    let (mut sent, mut landed) = (0, 0);
    while landed < updates.len() {
        while sent < updates.len() && sent < landed + in_flight {
            writer.queue_message(&plenary_shared::wire::protocol::update(&updates[sent]));
            sent += 1;
        }
        writer.flush()?;
        let mut high = 0;
        reader
            .read(|bytes| {
                if let Message::Update(update) = frame::message(bytes) {
                    high = high.max(end_of(update).1);
                }
            })
            .await?;
        while landed < sent && (ends[landed].1 <= high) {
            landed += 1;
        }
    }
    Ok(json!({ "updates": updates.len(), "seconds": round(begin.elapsed().as_secs_f64()), "rss_kib": rss_kib(target.pid)? }))
}

/// The clock after the last block that an update of one writer brings, deleted ones included: what is typed and taken back within one
/// frame comes as such.
fn end_of(update: &[u8]) -> (u64, u32) {
    let vector = Update::decode_v1(update).map(|update| update.state_vector()).unwrap_or_default();
    vector.iter().map(|(client, clock)| (client.get(), *clock)).max_by_key(|(_, clock)| *clock).unwrap_or_default()
}

/// Fills a room to so many MiB, leaves it, and looks again so long after: what a room that is gone keeps in memory.
pub async fn fill(target: &Target, mib: usize, after: Duration) -> Result<Value> {
    const PIECE: usize = 1 << 10;
    const PIECES: usize = 64;
    let (mut reader, writer) = socket::connect(target, &target.room(0), 0).await?;
    sync(&mut reader, &writer).await?;
    let before = rss_kib(target.pid)?;
    let doc = Doc::with_options(Options::with_client_id(ClientID::new(client_id())));
    let text = doc.get_or_insert_text("text");
    for _ in 0..mib * (1 << 20) / (PIECE * PIECES) {
        let mut txn = doc.transact_mut();
        for _ in 0..PIECES {
            // Before the others: a block of its own.
            text.insert(&mut txn, 0, &"0123456789abcde ".repeat(PIECE / 16));
        }
        writer.message(&plenary_shared::wire::protocol::update(&txn.encode_update_v1()))?;
        drop(txn);
        let mut landed = false;
        while !landed {
            reader.read(|bytes| landed |= matches!(frame::message(bytes), Message::Update(_))).await?;
        }
    }
    let full = rss_kib(target.pid)?;
    drop((reader, writer));
    tokio::time::sleep(after).await;
    let left = rss_kib(target.pid)?;
    Ok(json!({
        "mib": mib, "rss_before_kib": before, "rss_full_kib": full, "rss_after_kib": left,
        "kept_mib": round((left as f64 - before as f64) / 1024.0),
    }))
}
