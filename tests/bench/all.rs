//! Every row against a Plenary server of our own, several times; each row in a process of its own, so that none inherits
//! another's memory.

use anyhow::{Context, Result, ensure};
use plenary_tests::{
    data,
    server::{Server, Start},
};
use serde_json::{Map, Value, json};
use std::{path::PathBuf, process::Command, time::Duration};

/// Plans for the small rooms; one more holds the large document.
const PLANS: usize = 201;

#[derive(clap::Args)]
pub struct AllArgs {
    /// The server's binary; absent: built here.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Each row this often; the median counts.
    #[arg(long, default_value_t = 3)]
    times: usize,
    /// Seconds that each paced row measures.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Only rows whose name begins so.
    #[arg(long)]
    only: Option<String>,
    /// JSON instead of a table.
    #[arg(long)]
    json: bool,
}

/// A row: its name, the generator's arguments, the figures to show.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

const ROWS: &[Row] = &[
    (
        "fanout 20k/s",
        &["paced", "--rooms", "1", "--clients", "200", "--rate", "20000"],
        &["deliveries_s", "cpu_us_per_delivery", "p50_ms", "p99_ms", "missing"],
    ),
    (
        "fanout 100k/s",
        &["paced", "--rooms", "1", "--clients", "200", "--rate", "100000"],
        &["deliveries_s", "cpu_us_per_delivery", "p50_ms", "p99_ms", "missing"],
    ),
    (
        "many 1k/s",
        &["paced", "--rooms", "200", "--clients", "2", "--rate", "1000"],
        &["deliveries_s", "cpu_us_per_delivery", "p50_ms", "p99_ms", "missing"],
    ),
    (
        "saturate",
        &["saturate", "--rooms", "50", "--clients", "2", "--in-flight", "16"],
        &["edits_s", "cpu_us_per_edit", "p50_ms", "p99_ms", "missing"],
    ),
    ("idle", &["idle", "--rooms", "1", "--connections", "2000"], &["kib_each"]),
    ("join 500 on 50", &["join", "--rooms", "50", "--clients", "500"], &["last_synced_ms", "p50_ms", "state_bytes_max"]),
];

/// Rows that need no server.
const DERIVED: &[(&str, &str)] = &[("derive 20", "20"), ("derive 200", "200"), ("derive 2000", "2000")];

/// Runs every row and prints the medians.
pub fn run(args: AllArgs) -> Result<()> {
    let mut rows = Vec::new();
    let wanted = |name: &str| args.only.as_ref().is_none_or(|only| name.starts_with(only.as_str()));
    for (name, row, shown) in ROWS.iter().filter(|(name, ..)| wanted(name)) {
        let mut runs = Vec::new();
        for _ in 0..args.times {
            // A server of its own for each run: what earlier runs wrote would weigh on later ones.
            let server = start(&args);
            runs.push(generate(&server, row, "p-{n}", (row[0] == "paced" || row[0] == "saturate").then_some(args.seconds))?);
            eprintln!("{name}: {}", runs[runs.len() - 1]);
        }
        rows.push((*name, medians(&runs), *shown));
    }
    if wanted("large") {
        rows.extend(large(&args)?);
    }
    for (name, points) in DERIVED.iter().filter(|(name, _)| wanted(name)) {
        let runs = (0..args.times).map(|_| in_process(points)).collect::<Result<Vec<_>>>()?;
        rows.push((*name, medians(&runs), &["dossier_ms", "standing_ms", "brackets_ms", "schedule_ms", "annotations_ms"]));
    }
    if args.json {
        let rows: Map<String, Value> = rows.into_iter().map(|(name, figures, _)| (name.to_owned(), figures)).collect();
        println!("{}", Value::Object(rows));
    } else {
        for (name, figures, shown) in rows {
            let figures: Vec<String> = shown.iter().map(|f| format!("{f} {}", figures[*f])).collect();
            println!("{name:<22} {}", figures.join("  "));
        }
    }
    Ok(())
}

/// The rows on one plan of 260,000 edits: many joining at once, and opening it on a server just started.
fn large(args: &AllArgs) -> Result<Vec<(&'static str, Value, &'static [&'static str])>> {
    let Some(trace) = data::shared("traces/automerge-paper.json.gz") else {
        return Ok(Vec::new());
    };
    let mut server = start(args);
    let room = format!("p-{PLANS}");
    let replayed = generate(&server, &["replay", "--trace", trace.to_str().context("path")?], &room, None)?;
    eprintln!("large replay: {replayed}");
    let (mut joins, mut opens) = (Vec::new(), Vec::new());
    for _ in 0..args.times {
        joins.push(generate(&server, &["join", "--rooms", "1", "--clients", "100"], &room, None)?);
        eprintln!("large join: {}", joins[joins.len() - 1]);
    }
    for _ in 0..args.times {
        server.sigterm();
        server.restart();
        std::thread::sleep(Duration::from_secs(1));
        opens.push(generate(&server, &["join", "--rooms", "1", "--clients", "1"], &room, None)?);
        eprintln!("large open: {}", opens[opens.len() - 1]);
    }
    Ok(vec![
        ("large replay", replayed, &["updates", "seconds", "rss_kib"]),
        ("large join 100", medians(&joins), &["last_synced_ms", "p50_ms", "state_bytes_max"]),
        ("large open", medians(&opens), &["last_synced_ms", "rss_kib", "state_bytes_max"]),
    ])
}

fn start(args: &AllArgs) -> Server {
    // 2,000 idle connections and 500 joining ones share the seats of a few members.
    let mut start = Start::demo(66, PLANS).env("PLENARY_SESSIONS_PER_MEMBER", "10000");
    if let Some(binary) = &args.server {
        start = start.binary(binary.clone());
    }
    start.start()
}

fn generate(server: &Server, row: &[&str], room: &str, seconds: Option<f64>) -> Result<Value> {
    let tokens = tempfile::NamedTempFile::new()?;
    let lines: Vec<&str> = server.demo.members.iter().map(|seat| seat.token.as_str()).collect();
    std::fs::write(tokens.path(), lines.join("\n"))?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(row)
        .args(["--url", &format!("ws://{}/sync", server.address())])
        .args(["--room", &server.room(room)])
        .args(["--pid", &server.pid().to_string()])
        .arg("--token")
        .arg(tokens.path());
    if let Some(seconds) = seconds {
        command.args(["--seconds", &seconds.to_string()]);
    }
    let output = command.output()?;
    ensure!(output.status.success(), "{row:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn in_process(points: &str) -> Result<Value> {
    let output = Command::new(std::env::current_exe()?).args(["derive", "--points", points]).output()?;
    ensure!(output.status.success(), "derive {points}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The median of every figure on its own.
fn medians(runs: &[Value]) -> Value {
    let figures = runs[0].as_object().cloned().unwrap_or_default();
    let median = |name: &str| {
        let mut values: Vec<f64> = runs.iter().filter_map(|run| run[name].as_f64()).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    figures.keys().map(|name| (name.clone(), json!(median(name)))).collect()
}
