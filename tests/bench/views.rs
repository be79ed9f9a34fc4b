//! A page's worth of views: readers of several parties ask for the standing of a plan once a second while somebody edits it once a second.
//! Each names the tag of what it has; a server that knows no tags answers the whole.

use anyhow::{Context, Result, ensure};
use plenary_shared::{talk::layer, text::plan, wire::protocol};
use plenary_tests::{
    client::YClient,
    http::{Answer, request},
    server::{Seat, Server, Start},
};
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};
use yrs::{ReadTxn, StateVector, Transact};

use crate::{
    derive,
    measure::{cpu, percentile_ms, round},
};

const PLAN: &str = "p-1";
const SECOND: Duration = Duration::from_secs(1);

#[derive(clap::Args)]
pub struct ViewsArgs {
    /// Those who read, of all parties in turn.
    #[arg(long, default_value_t = 20)]
    readers: usize,
    /// Points of the plan.
    #[arg(long, default_value_t = 2_000)]
    points: usize,
    /// Seconds measured.
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    /// Nobody edits.
    #[arg(long)]
    quiet: bool,
    /// The server's binary; absent: built here.
    #[arg(long)]
    server: Option<PathBuf>,
}

/// What one reader was answered.
#[derive(Default)]
struct Read {
    whole: usize,
    unmoved: usize,
    refused: usize,
    bytes: usize,
    times_us: Vec<u32>,
}

/// Measures and answers the figures.
pub async fn run(args: &ViewsArgs) -> Result<Value> {
    let mut start = Start::demo(args.readers, 1);
    if let Some(server) = &args.server {
        start = start.binary(server.clone());
    }
    let server = start.start();
    let writer = fill(&server, args.points).await?;
    let readers = seats(&server, args.readers);
    let (begin, cpu_before) = (Instant::now(), cpu(Some(server.pid()))?);
    let threads = (0..).zip(readers).map(|(n, seat)| {
        let first = begin + SECOND * n / args.readers as u32;
        let (address, path, rounds) = (server.address(), path(&server), args.seconds);
        thread::spawn(move || read(&address, &path, &seat.token, first, rounds))
    });
    let threads: Vec<_> = threads.collect();
    for n in 0..args.seconds {
        if !args.quiet {
            writer.edit_words("p00007", 0, 0, "x").await;
        }
        tokio::time::sleep_until((begin + SECOND * (n + 1)).into()).await;
    }
    let mut all = Read::default();
    for thread in threads {
        let read = thread.join().ok().context("a reader")?;
        all.whole += read.whole;
        all.unmoved += read.unmoved;
        all.refused += read.refused;
        all.bytes += read.bytes;
        all.times_us.extend(read.times_us);
    }
    let (took, used) = (begin.elapsed(), cpu(Some(server.pid()))? - cpu_before);
    all.times_us.sort_unstable();
    Ok(json!({
        "cpu_s_per_minute": round(used.as_secs_f64() * 60.0 / took.as_secs_f64()), "seconds": round(took.as_secs_f64()),
        "whole": all.whole, "unmoved": all.unmoved, "refused": all.refused, "mib": all.bytes >> 20,
        "p50_ms": percentile_ms(&all.times_us, 50.0), "p99_ms": percentile_ms(&all.times_us, 99.0),
    }))
}

fn path(server: &Server) -> String {
    format!("/api/conferences/{}/plans/{PLAN}/standing", server.demo.conference)
}

/// A reader of each party in turn, as often as there are readers.
fn seats(server: &Server, readers: usize) -> Vec<Seat> {
    let mut seats = server.demo.members.clone();
    let mut taken: Vec<String> = Vec::new();
    seats.sort_by_cached_key(|seat| {
        taken.push(seat.party.clone());
        taken.iter().filter(|party| **party == seat.party).count()
    });
    seats.truncate(readers);
    seats
}

/// Plants the plan, and has every party that may accept each point; answers whoever edits it.
async fn fill(server: &Server, points: usize) -> Result<YClient> {
    let doc = derive::planted(points)?;
    let state = doc.transact().encode_state_as_update_v1(&StateVector::default());
    let mut writer = YClient::new();
    writer.connect(server, PLAN, &server.chair()).await;
    writer.send(protocol::update(&state)).await;
    writer.wait("the plan", |state| state.clock_seen(1) > 0).await;
    let sources = derive::sources(&doc, derive::PARTIES)?.layers;
    let stands = &sources.first().context("positions")?.content.annotations;
    for party in 0..3 {
        let seat = server.delegate(party, 0);
        let mut delegate = YClient::new();
        delegate.connect(server, &format!("{PLAN}/{}/positions", seat.party), &seat).await;
        let layer = plan::new_doc(2);
        for stand in stands {
            layer::put(&mut layer.transact_mut(), stand)?;
        }
        let state = layer.transact().encode_state_as_update_v1(&StateVector::default());
        delegate.send(protocol::update(&state)).await;
        delegate.wait("the positions", |state| state.clock_seen(2) > 0).await;
    }
    let answer = ask(&server.address(), &path(server), &server.chair().token, None);
    let matrix = answer.json();
    let shown = matrix["points"].as_array().context("points")?;
    ensure!(shown.len() == points && matrix["parties"].as_array().is_none_or(|all| all.len() >= 3), "the plan is not planted");
    Ok(writer)
}

/// Asks once a second, so often.
fn read(address: &str, path: &str, token: &str, first: Instant, rounds: u32) -> Read {
    let (mut read, mut tag) = (Read::default(), None);
    for n in 0..rounds {
        thread::sleep((first + SECOND * n).saturating_duration_since(Instant::now()));
        let begin = Instant::now();
        let answer = ask(address, path, token, tag.as_deref());
        read.times_us.push(u32::try_from(begin.elapsed().as_micros()).unwrap_or(u32::MAX));
        read.bytes += answer.body.len();
        match answer.status {
            200 => read.whole += 1,
            304 => read.unmoved += 1,
            _ => read.refused += 1,
        }
        if let Some(new) = answer.header("etag") {
            tag = Some(new.to_owned());
        }
    }
    read
}

fn ask(address: &str, path: &str, token: &str, tag: Option<&str>) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("Authorization", bearer.as_str())];
    headers.extend(tag.map(|tag| ("If-None-Match", tag)));
    request(address, "GET", path, &headers, b"")
}
