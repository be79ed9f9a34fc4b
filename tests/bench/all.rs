//! Every row against servers of our own, several times; each row in a process of its own, so that none inherits another's memory.

use anyhow::{Context, Result, ensure};
use plenary_tests::data;
use serde_json::{Map, Value, json};
use std::{path::Path, process::Command, time::Duration};

use crate::beside::{Kind, Programs, Running};

/// Plans for the small rooms; one more holds the large document.
const PLANS: usize = 201;

#[derive(clap::Args)]
pub struct AllArgs {
    #[command(flatten)]
    programs: Programs,
    /// Each row this often; the median counts.
    #[arg(long, default_value_t = 3)]
    times: usize,
    /// Seconds that each paced row measures.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Only rows whose name begins so, or so.
    #[arg(long)]
    only: Vec<String>,
    /// JSON instead of a table.
    #[arg(long)]
    json: bool,
}

/// A row: its name, the generator's arguments, the figures to show.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

const PACED: &[&str] = &["cpu_us_per_delivery", "p50_ms", "p99_ms", "deliveries_s", "disk_bytes_per_edit", "missing"];

const ROWS: &[Row] = &[
    ("fanout 20k/s", &["paced", "--rooms", "1", "--clients", "200", "--rate", "20000"], PACED),
    ("fanout 100k/s", &["paced", "--rooms", "1", "--clients", "200", "--rate", "100000"], PACED),
    ("many 1k/s", &["paced", "--rooms", "200", "--clients", "2", "--rate", "1000"], PACED),
    (
        "saturate",
        &["saturate", "--rooms", "50", "--clients", "2", "--in-flight", "16"],
        &["edits_s", "cpu_us_per_edit", "p50_ms", "p99_ms", "disk_bytes_per_edit", "missing"],
    ),
    ("idle", &["idle", "--rooms", "100", "--connections", "1000"], &["kib_each"]),
    ("join 500 on 50", &["join", "--rooms", "50", "--clients", "500"], &["last_synced_ms", "p50_ms", "state_bytes_max"]),
];

const DERIVED: &[&str] = &["dossier_ms", "standing_ms", "brackets_ms", "schedule_ms", "annotations_ms", "script_ms"];

/// Rows that need no server.
const IN_PROCESS: &[Row] = &[
    ("marks 6400", &["marks"], &["fold_us_each", "marks_us_each", "marks_share", "record_bytes_each", "seen_bytes_each"]),
    ("derive 20", &["derive", "--points", "20"], DERIVED),
    ("derive 200", &["derive", "--points", "200"], DERIVED),
    ("derive 2000", &["derive", "--points", "2000"], DERIVED),
    (
        "standing 2000 of 200",
        &["derive", "--points", "2000", "--parties", "200"],
        &["dossier_ms", "standing_ms", "standing_bytes"],
    ),
];

/// The figures of one row.
type Figures = (String, Value, &'static [&'static str]);

/// Runs every row and prints the medians.
pub fn run(args: AllArgs) -> Result<()> {
    let mut rows: Vec<Figures> = Vec::new();
    let wanted = |name: &str| args.only.is_empty() || args.only.iter().any(|only| name.starts_with(only.as_str()));
    // Asked for first: what is absent is not found out after all other rows.
    let trace = wanted("large").then(|| data::shared("traces/automerge-paper.json.gz")).transpose()?;
    for (name, row, shown) in ROWS.iter().filter(|(name, ..)| wanted(name)) {
        for kind in args.programs.kinds() {
            let mut runs = Vec::new();
            for _ in 0..args.times {
                // A server of its own for each run: what earlier runs wrote would weigh on later ones.
                let server = args.programs.start(kind, PLANS)?;
                let seconds = (row[0] == "paced" || row[0] == "saturate").then_some(args.seconds);
                match generate(&server, row, "p-{n}", seconds) {
                    Ok(figures) => runs.push(figures),
                    Err(error) => eprintln!("{name}, {}: {error:#}", kind.name()),
                }
                eprintln!("{name}, {}: {}", kind.name(), runs.last().unwrap_or(&Value::Null));
            }
            rows.push((format!("{name}, {}", kind.name()), medians(&runs), *shown));
        }
    }
    if let Some(trace) = &trace {
        for kind in args.programs.kinds().into_iter().filter(|kind| *kind != Kind::Relay) {
            rows.extend(large(&args, trace, kind)?);
        }
    }
    if wanted("fill") {
        let server = args.programs.start(Kind::Plenary, 1)?;
        let filled = generate(&server, &["fill"], "p-1", None)?;
        rows.push(("fill".into(), filled, &["rss_before_kib", "rss_full_kib", "rss_after_kib", "kept_mib"]));
    }
    if wanted("merge") {
        rows.push(merge(&args)?);
    }
    if wanted("presence") {
        let server = args.programs.start(Kind::Plenary, 1)?;
        let figures = generate(&server, &["presence"], "p-1", None)?;
        rows.push(("presence 500".into(), figures, &["closed", "kib_s_each", "kib_s_most", "cpu_cores", "seen_least", "forgot"]));
    }
    for (name, row, shown) in IN_PROCESS.iter().filter(|(name, ..)| wanted(name)) {
        let runs = (0..args.times).map(|_| by_itself(row)).collect::<Result<Vec<_>>>()?;
        rows.push(((*name).into(), medians(&runs), *shown));
    }
    if args.json {
        let rows: Map<String, Value> = rows.into_iter().map(|(name, figures, _)| (name, figures)).collect();
        println!("{}", Value::Object(rows));
    } else {
        for (name, figures, shown) in rows {
            let figures: Vec<String> = shown.iter().map(|f| format!("{f} {}", figures[*f])).collect();
            println!("{name:<26} {}", figures.join("  "));
        }
    }
    Ok(())
}

/// The rows on one document of 260,000 edits: many joining at once, and opening it on a server just started.
fn large(args: &AllArgs, trace: &Path, kind: Kind) -> Result<Vec<Figures>> {
    let mut server = args.programs.start(kind, PLANS)?;
    let (room, name) = (format!("p-{PLANS}"), kind.name());
    let replayed = generate(&server, &["replay", "--trace", trace.to_str().context("path")?], &room, None)?;
    eprintln!("large replay, {name}: {replayed}");
    let (mut joins, mut opens) = (Vec::new(), Vec::new());
    for _ in 0..args.times {
        joins.push(generate(&server, &["join", "--rooms", "1", "--clients", "100"], &room, None)?);
        eprintln!("large join, {name}: {}", joins[joins.len() - 1]);
    }
    for _ in 0..args.times {
        server = server.restart()?;
        std::thread::sleep(Duration::from_secs(1));
        opens.push(generate(&server, &["join", "--rooms", "1", "--clients", "1"], &room, None)?);
        eprintln!("large open, {name}: {}", opens[opens.len() - 1]);
    }
    Ok(vec![
        (format!("large replay, {name}"), replayed, &["updates", "seconds", "rss_kib"]),
        (format!("large join 100, {name}"), medians(&joins), &["last_synced_ms", "p50_ms", "state_bytes_max"]),
        (format!("large open, {name}"), medians(&opens), &["last_synced_ms", "rss_kib", "state_bytes_max"]),
    ])
}

fn generate(server: &Running, row: &[&str], room: &str, seconds: Option<f64>) -> Result<Value> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(row).args(server.target(room));
    if let Some(seconds) = seconds {
        command.args(["--seconds", &seconds.to_string()]);
    }
    let output = command.output()?;
    ensure!(output.status.success(), "{row:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// A stay that comes back where others wrote meanwhile.
fn merge(args: &AllArgs) -> Result<Figures> {
    let binary = args.programs.server.as_ref().and_then(|server| server.to_str());
    let row: Vec<&str> = ["merge"].into_iter().chain(binary.iter().flat_map(|server| ["--server", server])).collect();
    let runs = (0..args.times).map(|_| by_itself(&row)).collect::<Result<Vec<_>>>()?;
    Ok(("merge 10000".into(), medians(&runs), &["plain_s", "merged_s", "ratio"]))
}

/// A row that starts what it needs itself.
fn by_itself(row: &[&str]) -> Result<Value> {
    let output = Command::new(std::env::current_exe()?).args(row).output()?;
    ensure!(output.status.success(), "{row:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The median of every figure on its own.
fn medians(runs: &[Value]) -> Value {
    let figures = runs.first().and_then(Value::as_object).cloned().unwrap_or_default();
    let median = |name: &str| {
        let mut values: Vec<f64> = runs.iter().filter_map(|run| run[name].as_f64()).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    figures.keys().map(|name| (name.clone(), json!(median(name)))).collect()
}
