//! A stay of many edits that comes back where as many were made meanwhile: what putting them together costs beside taking the same in where
//! nobody wrote.

use anyhow::{Context, Result, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use plenary_shared::limits::PUSH_EDITS_MAX;
use plenary_tests::{
    cli::Cli,
    doc::words_of,
    http::api,
    server::{Seat, Server, Start},
    trace::{client_id, document},
};
use serde_json::{Value, json};
use std::{io::Write, path::PathBuf, time::Instant};
use tempfile::NamedTempFile;
use yrs::{ReadTxn, Text, Transact, Update, updates::decoder::Decode};

const PLAN: &str = "p-1";
const WORDS: &str = "The parties shall withdraw all forces within ninety days of the entry into force.";

#[derive(clap::Args)]
pub struct MergeArgs {
    /// Edits of each side.
    #[arg(long, default_value_t = 10_000)]
    edits: usize,
    /// Points that both sides edit.
    #[arg(long, default_value_t = 200)]
    points: usize,
    /// The server's binary; absent: built here.
    #[arg(long)]
    server: Option<PathBuf>,
}

/// Measures and answers the figures.
pub fn run(args: &MergeArgs) -> Result<Value> {
    let mut start = Start::demo(1, 1);
    if let Some(server) = &args.server {
        start = start.binary(server.clone());
    }
    let server = start.start();
    let seats = [0, 1, 2].map(|party| server.delegate(party, 0));
    let access = seats.iter().map(|seat| (seat.party.clone(), json!("draft")));
    let access = json!({ "access": access.collect::<serde_json::Map<_, _>>() });
    ask(&server, &server.chair(), "PUT", "/access", access)?;
    let chair = Cli::join(&server.chair());
    let mut script = NamedTempFile::new()?;
    for _ in 0..args.points {
        writeln!(script, "{}", json!({ "add": { "words": WORDS } }))?;
    }
    chair.done(&["apply", PLAN, script.path().to_str().context("a path")?]);
    let (seen, state) = state(&server, &seats[0])?;
    let mut figures = json!({});
    for (number, (seat, name)) in (1_u64..).zip(seats.iter().zip(["plain_s", "merged_s"])) {
        let edits = edits(&state, args)?;
        let begin = Instant::now();
        for some in edits.chunks(PUSH_EDITS_MAX) {
            let part = |update: &Vec<u8>| {
                let parts = json!([{ "update": STANDARD.encode(update) }]);
                json!({ "parts": parts, "seen": seen, "branch": format!("{number:016x}") })
            };
            let sent = json!({ "edits": some.iter().map(part).collect::<Vec<_>>() });
            let pushed = ask(&server, seat, "POST", "/push", sent)?;
            let done = pushed["outcomes"].as_array().context("outcomes")?;
            ensure!(done.len() == some.len() && pushed["stopped"].is_null(), "not all was taken: {}", pushed["stopped"]);
        }
        figures[name] = json!((begin.elapsed().as_secs_f64() * 1000.0).round() / 1000.0);
    }
    figures["ratio"] = json!(figures["merged_s"].as_f64().unwrap_or(0.0) / figures["plain_s"].as_f64().unwrap_or(1.0));
    Ok(figures)
}

/// What one writes who is away: each edit types a word or takes one out, in one point after the other.
fn edits(state: &[u8], args: &MergeArgs) -> Result<Vec<Vec<u8>>> {
    let doc = document(client_id());
    doc.transact_mut().apply_update(Update::decode_v1(state)?)?;
    let points = points(&doc.transact());
    let edit = |n: usize| {
        let mut txn = doc.transact_mut();
        let words = words_of(&mut txn, &points[n % points.len()]);
        let at = (n / points.len() * 7) as u32 % words.len(&txn);
        if n % 3 == 2 {
            words.remove_range(&mut txn, at, 1)
        } else {
            words.insert(&mut txn, at, " more")
        }
        txn.encode_update_v1()
    };
    Ok((0..args.edits).map(edit).collect())
}

fn points(txn: &impl ReadTxn) -> Vec<String> {
    let mut points: Vec<String> =
        txn.get_map("points").map(|points| yrs::Map::keys(&points, txn).map(str::to_owned).collect()).unwrap_or_default();
    points.sort();
    points
}

fn state(server: &Server, seat: &Seat) -> Result<(u64, Vec<u8>)> {
    let told = ask(server, seat, "GET", "/state", Value::Null)?;
    let update = told["update"].as_str().context("a state")?;
    Ok((told["seq"].as_u64().context("a record")?, STANDARD.decode(update)?))
}

fn ask(server: &Server, seat: &Seat, method: &str, path: &str, body: Value) -> Result<Value> {
    let path = format!("/conferences/{}/plans/{PLAN}{path}", server.demo.conference);
    let answer = api(&server.address(), &seat.token, method, &path, (!body.is_null()).then_some(body));
    ensure!(answer.status < 300, "{method} {path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
    Ok(if answer.body.is_empty() { Value::Null } else { answer.json() })
}
