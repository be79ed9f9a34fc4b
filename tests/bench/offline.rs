//! A replica of a document of 260,000 edits: cloning it, syncs after few and many offline edits, scripts, and how long a verb takes
//! to start. Bytes are counted between the command line and the server.

use anyhow::{Context, Result, ensure};
use plenary_tests::{
    cli::{Cli, Folder},
    data,
    http::api,
    server::{Seat, Server, Start},
};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    path::PathBuf,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};
use tempfile::{NamedTempFile, TempDir};

const PLAN: &str = "p-1";
/// Points that are edited.
const POINTS: usize = 20;

#[derive(clap::Args)]
pub struct OfflineArgs {
    /// Edits of the trace in each record of the log.
    #[arg(long, default_value_t = 1)]
    edits_each: usize,
    /// How often a verb is started.
    #[arg(long, default_value_t = 20)]
    starts: usize,
    /// The server's binary; absent: built here.
    #[arg(long)]
    server: Option<PathBuf>,
}

/// Measures and answers the figures.
pub fn run(args: &OfflineArgs) -> Result<Value> {
    let trace = data::shared("traces/automerge-paper.json.gz")?;
    let mut start = Start::demo(0, 1);
    if let Some(server) = &args.server {
        start = start.binary(server.clone());
    }
    let server = start.start();
    let seat = server.delegate(0, 0);
    let others = server.demo.members.iter().filter(|other| other.party != seat.party);
    let consent: serde_json::Map<_, _> = others.map(|other| (other.party.clone(), json!(false))).collect();
    let access = json!({ "access": { seat.party.clone(): "draft" }, "consent": consent });
    let path = format!("/conferences/{}/plans/{PLAN}/access", server.demo.conference);
    ensure!(api(&server.address(), &server.chair().token, "PUT", &path, Some(access)).status == 200, "no access to {PLAN}");
    type_trace(&server, &seat, &trace, args.edits_each)?;

    let wire = Wire::before(&server.address())?;
    let cli = Cli::join(&Seat { link: seat.link.replace(&server.address(), &wire.address), ..seat });
    apply(
        &|line| cli.command(line),
        &(0..POINTS).map(|n| json!({ "add": { "words": format!("point {n}") } })).collect::<Vec<_>>(),
    )?;
    let dir = TempDir::new()?;
    let path = dir.path().to_str().context("a path")?.to_owned();
    let clone = wire.measured(|| done(cli.command(&["clone", PLAN, &path])))?;
    let folder = Folder::of(&cli, dir);
    let kept: u64 =
        std::fs::read_dir(folder.file(""))?.flatten().filter_map(|entry| entry.metadata().ok()).map(|file| file.len()).sum();

    let nothing = wire.measured(|| done(folder.command(&["sync"])))?;
    let mut figures = json!({ "clone": clone, "folder_bytes": kept, "sync_0": nothing });
    for (name, scripts, edits) in [("10", 10, 1), ("10000", 100, 100)] {
        let begin = Instant::now();
        for _ in 0..scripts {
            apply(&|line| folder.command(line), &inserts(edits))?;
        }
        figures[format!("offline_{name}_s")] = json!(begin.elapsed().as_secs_f64());
        figures[format!("status_{name}_ms")] = started(&folder, &["status"], args.starts)?;
        figures[format!("sync_{name}")] = wire.measured(|| done(folder.command(&["sync"])))?;
    }
    figures["show_ms"] = started(&folder, &["show", PLAN, "1"], args.starts)?;
    for (name, command) in [
        ("online", &(|line: &[&str]| cli.command(line)) as &dyn Fn(&[&str]) -> Command),
        ("offline", &|line| folder.command(line)),
    ] {
        let begin = Instant::now();
        apply(command, &inserts(10_000))?;
        figures[format!("apply_{name}_edits_s")] = json!((10_000.0 / begin.elapsed().as_secs_f64()).round());
    }
    Ok(figures)
}

fn inserts(count: usize) -> Vec<Value> {
    (0..count).map(|n| json!({ "insert": { "point": (n % POINTS + 1).to_string(), "text": " more" } })).collect()
}

fn apply(command: &dyn Fn(&[&str]) -> Command, edits: &[Value]) -> Result<()> {
    let mut file = NamedTempFile::new()?;
    for edit in edits {
        writeln!(file, "{edit}")?;
    }
    done(command(&["apply", PLAN, file.path().to_str().context("a path")?]))
}

fn done(mut command: Command) -> Result<()> {
    let output = command.output()?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// The median milliseconds of a verb.
fn started(folder: &Folder, line: &[&str], times: usize) -> Result<Value> {
    let mut taken = Vec::with_capacity(times);
    for _ in 0..times {
        let begin = Instant::now();
        done(folder.command(line))?;
        taken.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    taken.sort_by(f64::total_cmp);
    Ok(json!(taken[taken.len() / 2]))
}

/// Types the trace over a socket.
fn type_trace(server: &Server, seat: &Seat, trace: &std::path::Path, edits_each: usize) -> Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("replay").arg("--trace").arg(trace).args(["--edits-each", &edits_each.to_string(), "--in-flight", "32"]);
    command.args(["--url", &format!("ws://{}/sync", server.address()), "--room", &server.room(PLAN), "--token", &seat.token]);
    done(command)
}

/// A relay in front of the server that counts what passes.
struct Wire {
    address: String,
    up: Arc<AtomicU64>,
    down: Arc<AtomicU64>,
}

impl Wire {
    fn before(server: &str) -> Result<Wire> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let wire = Wire { address: listener.local_addr()?.to_string(), up: Arc::default(), down: Arc::default() };
        let (server, up, down) = (server.to_owned(), wire.up.clone(), wire.down.clone());
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect(&server) else { continue };
                let (Ok(near_back), Ok(far_back)) = (near.try_clone(), far.try_clone()) else { continue };
                let (up, down) = (up.clone(), down.clone());
                thread::spawn(move || pass(near, far_back, &up));
                thread::spawn(move || pass(far, near_back, &down));
            }
        });
        Ok(wire)
    }

    /// Seconds, and bytes in both directions.
    fn measured(&self, work: impl FnOnce() -> Result<()>) -> Result<Value> {
        let (up, down) = (self.up.load(Ordering::Relaxed), self.down.load(Ordering::Relaxed));
        let begin = Instant::now();
        work()?;
        let seconds = begin.elapsed().as_secs_f64();
        let (up, down) = (self.up.load(Ordering::Relaxed) - up, self.down.load(Ordering::Relaxed) - down);
        Ok(json!({ "s": (seconds * 1000.0).round() / 1000.0, "bytes_up": up, "bytes_down": down }))
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, count: &AtomicU64) {
    let mut some = [0; 64 << 10];
    while let Ok(n @ 1..) = from.read(&mut some) {
        if to.write_all(&some[..n]).is_err() {
            break;
        }
        count.fetch_add(n as u64, Ordering::Relaxed);
    }
    let _ = to.shutdown(Shutdown::Write);
}
