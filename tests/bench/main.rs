//! A load generator for any server that speaks y-websocket: real yrs updates over real sockets, one line of JSON out.
//!
//! A delivery is one inserted character that reaches one client other than its writer, however many come in one frame.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on should stop")]

mod all;
mod beside;
mod derive;
mod frame;
mod load;
mod marks;
mod measure;
mod merge;
mod offline;
mod presence;
mod relay;
mod socket;
mod target;
mod views;
mod visits;

use anyhow::Result;
use clap::{Parser, Subcommand};
use plenary_tests::trace;
use std::{path::PathBuf, rc::Rc, time::Duration};

use load::Window;
use target::TargetArgs;

#[derive(Parser)]
#[command(about = "Load for any y-websocket server; prints one line of JSON")]
struct Args {
    #[command(subcommand)]
    work: Work,
}

#[derive(Subcommand)]
enum Work {
    /// Edits at a steady pace: latency, CPU time for each delivery.
    Paced {
        #[command(flatten)]
        target: TargetArgs,
        #[arg(long, default_value_t = 1)]
        rooms: usize,
        /// Clients in each room.
        #[arg(long, default_value_t = 200)]
        clients: usize,
        /// Deliveries a second, in all rooms.
        #[arg(long, default_value_t = 20_000.0)]
        rate: f64,
        #[command(flatten)]
        window: WindowArgs,
    },
    /// Every client keeps edits in flight: edits a second, CPU time for each.
    Saturate {
        #[command(flatten)]
        target: TargetArgs,
        #[arg(long, default_value_t = 50)]
        rooms: usize,
        /// Clients in each room.
        #[arg(long, default_value_t = 2)]
        clients: usize,
        #[arg(long, default_value_t = 16)]
        in_flight: usize,
        #[command(flatten)]
        window: WindowArgs,
    },
    /// Connections that say nothing: memory for each.
    Idle {
        #[command(flatten)]
        target: TargetArgs,
        #[arg(long, default_value_t = 1)]
        rooms: usize,
        #[arg(long, default_value_t = 2_000)]
        connections: usize,
    },
    /// Clients that join at once: when the last one is synced. With one client, on a server just started: a cold open.
    Join {
        #[command(flatten)]
        target: TargetArgs,
        #[arg(long, default_value_t = 50)]
        rooms: usize,
        /// Clients, in all rooms.
        #[arg(long, default_value_t = 500)]
        clients: usize,
    },
    /// Fills a room, leaves it, and looks what its memory is once it is closed.
    Fill {
        #[command(flatten)]
        target: TargetArgs,
        #[arg(long, default_value_t = 47)]
        mib: usize,
        /// Seconds until it is looked at again: a room is closed after 60.
        #[arg(long, default_value_t = 65)]
        after: u64,
    },
    /// Stock clients whose carets move now and then: what each is told, whether any is closed, CPU time of the server.
    Presence {
        #[command(flatten)]
        target: TargetArgs,
        #[arg(long, default_value_t = 500)]
        clients: usize,
        /// Seconds between two moves of each.
        #[arg(long, default_value_t = 10.0)]
        every: f64,
        /// Seconds before measuring.
        #[arg(long, default_value_t = 20.0)]
        warmup: f64,
        /// Seconds measured.
        #[arg(long, default_value_t = 60.0)]
        seconds: f64,
    },
    /// A server that does nothing but hand on what comes; prints where it listens.
    Relay,
    /// Types a sequential trace into the root text `paper` of a room.
    Replay {
        #[command(flatten)]
        target: TargetArgs,
        /// A trace as josephg/editing-traces has them, gzipped.
        #[arg(long)]
        trace: PathBuf,
        /// Edits in each update.
        #[arg(long, default_value_t = 1_000)]
        edits_each: usize,
        #[arg(long, default_value_t = 16)]
        in_flight: usize,
    },
    /// What follows from a plan, in process: milliseconds for reading all of it, standing, brackets, schedule.
    Derive {
        /// Points of the plan.
        #[arg(long, default_value_t = 200)]
        points: usize,
        /// Parties that accept each of its points.
        #[arg(long, default_value_t = derive::PARTIES)]
        parties: usize,
    },
    /// Records of members who type at the server, in process: what it costs to say what each had seen and to mark what was merged.
    Marks {
        /// Edits.
        #[arg(long, default_value_t = 6_400)]
        edits: usize,
    },
    /// A replica of a document of 260,000 edits: clone, syncs, scripts, start-up; with a server of our own.
    Offline(offline::OfflineArgs),
    /// A stay of 10,000 edits that comes back where as many were made meanwhile; with a server of our own.
    Merge(merge::MergeArgs),
    /// Readers who ask for the standing of a plan again and again while it is edited: CPU time of the server; with one of our own.
    Views(views::ViewsArgs),
    /// Starts servers and measures everything, several times; prints the medians.
    All(all::AllArgs),
}

#[derive(clap::Args, Clone, Copy)]
struct WindowArgs {
    /// Seconds before measuring.
    #[arg(long, default_value_t = 2.0)]
    warmup: f64,
    /// Seconds measured.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
}

impl From<WindowArgs> for Window {
    fn from(args: WindowArgs) -> Window {
        Window { warmup: Duration::from_secs_f64(args.warmup), length: Duration::from_secs_f64(args.seconds) }
    }
}

fn main() -> Result<()> {
    let work = match Args::parse().work {
        Work::All(args) => return all::run(args),
        Work::Derive { points, parties } => {
            println!("{}", derive::derive(points, parties)?);
            return Ok(());
        }
        Work::Marks { edits } => {
            println!("{}", marks::run(edits)?);
            return Ok(());
        }
        Work::Relay => return tokio::runtime::Runtime::new()?.block_on(relay::run()),
        Work::Offline(args) => {
            println!("{}", offline::run(&args)?);
            return Ok(());
        }
        Work::Merge(args) => {
            println!("{}", merge::run(&args)?);
            return Ok(());
        }
        work => work,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let figures = tokio::task::LocalSet::new().block_on(&runtime, async {
        match work {
            Work::Paced { target, rooms, clients, rate, window } => {
                load::paced(&target.check()?, rooms, clients, rate, window.into()).await
            }
            Work::Saturate { target, rooms, clients, in_flight, window } => {
                load::saturate(&target.check()?, rooms, clients, in_flight, window.into()).await
            }
            Work::Idle { target, rooms, connections } => visits::idle(&target.check()?, rooms, connections).await,
            Work::Join { target, rooms, clients } => visits::join(&Rc::new(target.check()?), rooms, clients).await,
            Work::Replay { target, trace, edits_each, in_flight } => {
                let updates = trace::updates(&trace::read(&trace)?, "text", trace::client_id(), edits_each);
                visits::replay(&target.check()?, &updates, in_flight).await
            }
            Work::Presence { target, clients, every, warmup, seconds } => {
                let window = WindowArgs { warmup, seconds };
                presence::hall(&target.check()?, clients, Duration::from_secs_f64(every), window.into()).await
            }
            Work::Views(args) => views::run(&args).await,
            Work::Fill { target, mib, after } => visits::fill(&target.check()?, mib, Duration::from_secs(after)).await,
            Work::All(_) | Work::Derive { .. } | Work::Marks { .. } | Work::Merge(_) | Work::Offline(_) | Work::Relay => {
                unreachable!("ran above")
            }
        }
    })?;
    println!("{figures}");
    Ok(())
}
