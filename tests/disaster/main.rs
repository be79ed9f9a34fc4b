//! Disasters in earnest: power cuts on a real file system, and `kill -9`, under four writers at full load. A round is lost if the
//! server does not start again, or if anything that a client was shown is not there. Prints a line a round and a sum at the end;
//! the exit code is 1 if any round was lost, or tried nothing.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on should stop")]

mod disk;
mod writers;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use plenary_tests::server::{Server, Start, binary};
use std::{path::PathBuf, process::ExitCode, time::Duration};

use disk::{Disk, FileSystem};
use writers::{Shown, Writers};

/// The most plans that a demo has: two for each round, then they are used again.
const PLANS_MAX: usize = 200;

#[derive(Parser)]
#[command(about = "Power cuts and kill -9 under load: what was shown must be there afterwards")]
struct CommandLine {
    #[command(subcommand)]
    work: Work,
}

#[derive(Subcommand)]
enum Work {
    /// Shuts a file system on a loop device down under the working server, as if the power went. Needs root, and `xfs_io` (xfsprogs).
    PowerCut {
        #[arg(long, value_enum, default_value = "ext4")]
        fs: FileSystem,
        #[command(flatten)]
        rounds: Rounds,
    },
    /// Kills the server in the middle of its work.
    Kill {
        #[command(flatten)]
        rounds: Rounds,
    },
}

#[derive(Args)]
struct Rounds {
    #[arg(long, default_value_t = 100)]
    rounds: usize,
    /// The longest time of work before each disaster, in milliseconds; each is cut short otherwise.
    #[arg(long, default_value_t = 3_000)]
    most_ms: u64,
    /// The server's binary; absent: built here.
    #[arg(long)]
    server: Option<PathBuf>,
}

/// So many rounds share a data directory. Then all that was shown in them is looked for, and the next ones begin anew: until then every
/// document that was shown is kept in memory.
const SERIES: usize = 100;

/// What came of all rounds.
#[derive(Default)]
struct Sum {
    rounds: usize,
    edits: u64,
    unopenable: usize,
    /// Rounds after which something was missing, and clients that miss something at the end.
    lost: usize,
    lost_at_the_end: usize,
    /// Rounds in which nothing was shown: they try nothing.
    idle: usize,
}

fn main() -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (work, mut sum) = (CommandLine::parse().work, Sum::default());
    let (Work::PowerCut { rounds, .. } | Work::Kill { rounds }) = &work;
    while sum.rounds < rounds.rounds && sum.unopenable == 0 {
        let series = SERIES.min(rounds.rounds - sum.rounds);
        match work {
            Work::PowerCut { fs, .. } => runtime.block_on(power_cuts(fs, rounds, series, &mut sum))?,
            Work::Kill { .. } => runtime.block_on(kills(rounds, series, &mut sum))?,
        }
    }
    let Sum { rounds, edits, unopenable, lost, lost_at_the_end, idle } = sum;
    println!(
        "{rounds} rounds, {edits} edits shown: {unopenable} times unopenable, after {lost} rounds something shown was missing, at the end \
         {lost_at_the_end} clients miss something, {idle} rounds in which nothing was shown"
    );
    Ok(if unopenable + lost + lost_at_the_end + idle == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// How long the writers work in a round: from a tenth of the longest time up to it, so that cuts fall everywhere.
fn work(rounds: &Rounds, round: usize) -> Duration {
    let least = rounds.most_ms / 10;
    Duration::from_millis(least + (round as u64 * 7_919) % (rounds.most_ms - least).max(1))
}

fn plans(rounds: &Rounds) -> usize {
    (rounds.rounds.min(SERIES) * 2).min(PLANS_MAX)
}

fn demo(rounds: &Rounds) -> Start {
    Start::demo(1, plans(rounds)).binary(rounds.server.clone().unwrap_or_else(|| binary("plenary-server")))
}

async fn power_cuts(fs: FileSystem, rounds: &Rounds, series: usize, sum: &mut Sum) -> Result<()> {
    let mut disk = Disk::new(fs)?;
    let mut server = demo(rounds).data_at(disk.mounted().join("data")).start();
    disk.settle()?;
    let mut shown = Vec::new();
    for round in 0..series {
        let mut writers = Writers::begin(&server, round * 2 % plans(rounds)).await?;
        writers.work(work(rounds, round), || disk.cut()).await?;
        server.kill_9();
        disk.again()?;
        if !judge(&mut server, writers.shown(), &mut shown, sum).await {
            break;
        }
    }
    end(server, &shown, sum).await;
    Ok(())
}

async fn kills(rounds: &Rounds, series: usize, sum: &mut Sum) -> Result<()> {
    let mut server = demo(rounds).start();
    let mut shown = Vec::new();
    for round in 0..series {
        let mut writers = Writers::begin(&server, round * 2 % plans(rounds)).await?;
        let work = work(rounds, round);
        let kill = || {
            server.kill_9();
            Ok(())
        };
        writers.work(work, kill).await?;
        if !judge(&mut server, writers.shown(), &mut shown, sum).await {
            break;
        }
    }
    end(server, &shown, sum).await;
    Ok(())
}

/// Starts the server and looks for what was shown in this round; `false` if it does not start.
async fn judge(server: &mut Server, round: Vec<Shown>, all: &mut Vec<Shown>, sum: &mut Sum) -> bool {
    sum.rounds += 1;
    let edits: u64 = round.iter().map(|shown| shown.edits).sum();
    sum.edits += edits;
    sum.idle += usize::from(edits == 0);
    if !server.try_restart() {
        sum.unopenable += 1;
        println!("round {}: {edits} edits shown, and the server does not start:\n{}", sum.rounds, last_words(server));
        return false;
    }
    let missing = missing(server, &round).await;
    sum.lost += usize::from(missing > 0);
    println!("round {}: {edits} edits shown, {missing} clients miss something", sum.rounds);
    if missing > 0 {
        println!("{}", last_words(server));
    }
    all.extend(round);
    true
}

/// Looks for everything that was shown in any round: nothing may go by what comes after.
async fn end(server: Server, shown: &[Shown], sum: &mut Sum) {
    if sum.unopenable == 0 {
        sum.lost_at_the_end += missing(&server, shown).await;
    }
}

async fn missing(server: &Server, shown: &[Shown]) -> usize {
    let mut missing = 0;
    for shown in shown {
        missing += usize::from(!shown.is_there(server).await);
    }
    missing
}

fn last_words(server: &Server) -> String {
    let log = server.log();
    let from = log.lines().count().saturating_sub(5);
    log.lines().skip(from).collect::<Vec<_>>().join("\n")
}
