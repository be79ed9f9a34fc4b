//! The binary: parse, run, exit code.

use anyhow::Context;
use clap::{Parser, error::ErrorKind};
use plenary_server::{
    Ended, Server, backup, check,
    config::{CommandLine, Config, LogFormat, Verb},
    demo, forget, restore,
    store::{DiskStore, Store},
};
use plenary_shared::{chapters::CHAPTERS, id::ConferenceId};
use serde_json::json;
use std::{
    fs,
    io::{self, Write as _},
    net::SocketAddr,
    os::unix::fs::DirBuilderExt,
    path::Path,
    process,
    process::ExitCode,
    sync::Arc,
};
use tikv_jemallocator::Jemalloc;
use tokio::{
    net::{TcpListener, TcpSocket},
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::EnvFilter;

/// Gives back what closed plans held: a second after it was freed, by the build's settings (`.cargo/config.toml`).
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    let CommandLine { command } = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) if error.use_stderr() && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            return fail(2, &one_line(&error));
        }
        Err(help) => help.exit(),
    };
    let (options, task) = match command {
        Verb::Backup { data, to, json } => return done(back_up(&data, &to, json)),
        Verb::Check { data, json } => return done(check(&data, json)),
        Verb::Forget { data, conference } => return done(forget(&data, &conference)),
        Verb::EndRestore { data } => return done(end_restore(&data)),
        Verb::Help { what } => return help(what.as_deref()),
        Verb::Serve { options, json } => (options, Task::Serve { json }),
        Verb::Demo { options, members, plans, json } => (options, Task::Demo { seed: demo::Seed { members, plans }, json }),
    };
    let config = match options.check() {
        Ok(config) => config,
        Err(error) => return fail(2, &error),
    };
    if config.data.is_none() && matches!(task, Task::Serve { .. }) {
        return fail(2, &"a data directory is needed: give --data DIR");
    }
    log(config.log_format);
    match run(config, task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(1, &format_args!("{error:#}")),
    }
}

/// The exit code of a command that ends by itself: `false` is an answer too.
fn done(result: anyhow::Result<bool>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => fail(1, &format_args!("{error:#}")),
    }
}

/// A chapter of the manual, or what clap says of a command.
fn help(what: Option<&str>) -> ExitCode {
    if let Some((_, text)) = CHAPTERS.iter().find(|(name, _)| what == Some(name)) {
        // Whoever reads may leave before the end, as `| head` does.
        let _ = io::stdout().write_all(text.as_bytes());
        return ExitCode::SUCCESS;
    }
    match CommandLine::try_parse_from(["plenary-server"].into_iter().chain(what).chain(["--help"])) {
        Err(help) if !help.use_stderr() => help.exit(),
        _ => fail(2, &format_args!("there is no command and no chapter {:?}: see --help", what.unwrap_or_default())),
    }
}

fn back_up(data: &Path, to: &Path, json: bool) -> anyhow::Result<bool> {
    let made = backup::back_up(data, to)?;
    if json {
        println!("{}", serde_json::to_string(&made)?);
    } else {
        let bytes: u64 = made.segments.iter().map(|segment| segment.bytes).sum();
        println!("{} holds {} segments, {bytes} bytes.", to.display(), made.segments.len());
    }
    Ok(true)
}

fn check(data: &Path, json: bool) -> anyhow::Result<bool> {
    let report = check::check(data).with_context(|| format!("cannot check {}", data.display()))?;
    if json {
        println!("{}", serde_json::to_string(&report)?)
    } else {
        println!("{report}")
    }
    Ok(report.holds())
}

fn forget(data: &Path, conference: &ConferenceId) -> anyhow::Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let forgotten = runtime.block_on(forget::forget(data, conference));
    let forgotten = forgotten.with_context(|| format!("cannot forget {conference} in {}", data.display()))?;
    let documents = forgotten.documents;
    if let Some(error) = forgotten.left {
        eprintln!(
            "plenary-server: {conference} is forgotten, and something of it is left on the disk ({error}); the next start removes it from the store"
        );
    }
    println!("{conference} is forgotten: {documents} documents, and what the registry said of it.");
    Ok(true)
}

fn end_restore(data: &Path) -> anyhow::Result<bool> {
    let ended = restore::end(data).with_context(|| format!("cannot end the restore of {}", data.display()))?;
    println!(
        "{}",
        if ended { "The restore is ended: a running server sees it within seconds." } else { "No restore is under way." }
    );
    Ok(true)
}

/// `EX_IOERR` of sysexits.h: a supervisor starts the server again.
const DISK_FAILED: i32 = 74;

enum Task {
    Serve { json: bool },
    Demo { seed: demo::Seed, json: bool },
}

/// What clap says up to the first empty line; the rest points to `--help`.
fn one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines = text.lines().take_while(|line| !line.is_empty()).map(str::trim);
    let line = lines.collect::<Vec<_>>().join(" ");
    line.strip_prefix("error: ").map_or(line.clone(), str::to_owned)
}

fn fail(code: u8, error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("plenary-server: {error}");
    ExitCode::from(code)
}

fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_env("PLENARY_LOG").unwrap_or_else(|_| EnvFilter::new("warn,plenary_server=info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
}

fn run(config: Config, task: Task) -> anyhow::Result<()> {
    let temporary = match config.data {
        Some(_) => None,
        None => Some(tempfile::tempdir().context("no temporary directory")?),
    };
    let data = config.data.as_deref().or_else(|| temporary.as_ref().map(|dir| dir.path())).unwrap_or(Path::new("."));
    // The directory holds everybody's words: it is made for its owner alone.
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(data);
    made.with_context(|| format!("cannot make the directory {}", data.display()))?;
    backup::whole(data)?;
    let store = DiskStore::open(data.join("store")).with_context(|| format!("cannot open {}", data.display()))?;
    let store = Arc::new(store);
    // A socket is a file: the soft limit is often 1,024.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(serve(&config, data, task, store.clone()));
    if matches!(ended, Ok(Ended::DiskFailed)) {
        // Threads may wait for the disk for ever: nobody waits for them.
        process::exit(DISK_FAILED);
    }
    drop(runtime);
    ended.map(drop)
}

/// A whole conference reconnects at once when the server restarts: connections wait in the backlog, or a dropped one comes back
/// after a second. The system caps it (`net.core.somaxconn`).
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    const BACKLOG: u32 = 4_096;
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn serve(config: &Config, data: &Path, task: Task, store: Arc<dyn Store>) -> anyhow::Result<Ended> {
    let server = Server::open(store)?;
    server.heed_restore(data).with_context(|| format!("cannot look for a restore in {}", data.display()))?;
    let listener = listen(config.listen).with_context(|| format!("cannot listen on {}", config.listen))?;
    if let Some(address) = config.metrics_listen {
        server.tell_figures(listen(address).with_context(|| format!("cannot listen on {address}"))?);
    }
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}", listener.local_addr()?);
    // Listened for before anything is announced, so that whoever reads the announcement may stop the server at once.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    match task {
        Task::Serve { json } => {
            let invitation = server.first_invitation().await?.map(|secret| format!("{url}/join#{secret}"));
            if json {
                println!("{}", json!({ "listening": url, "invitation": invitation }));
            } else {
                println!("Plenary serves {}.", url);
                if let Some(link) = invitation {
                    println!(
                        "The administering chair joins with this link, once, within seven days:\n\n  plenary join '{link}'\n"
                    );
                }
            }
        }
        Task::Demo { seed, json } => {
            let demo = demo::prepare(&server, data, &url, seed).await?;
            if json { println!("{}", serde_json::to_string(&demo)?) } else { print!("{demo}") }
        }
    }
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: finishing what waits");
    };
    Ok(server.run(listener, config.tls.clone(), config.limits, stop).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_flag_is_one_line() {
        for wrong in [&["serve", "--listen", "nowhere"][..], &["serve", "--members", "3"], &["demo", "--plans", "-1"], &["x"]] {
            let arguments = ["plenary-server"].iter().chain(wrong);
            let line = one_line(&CommandLine::try_parse_from(arguments).expect_err("wrong"));
            assert!(!line.contains('\n') && !line.starts_with("error") && line.len() > 10, "{line}");
        }
    }
}
