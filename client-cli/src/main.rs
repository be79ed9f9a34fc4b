//! `plenary`: the plan from the command line. Parse, run, exit code.
//!
//! Reading order: `command` holds the verbs, `answer` what they tell a program and `context` what they are given; `open` opens a plan
//! and its log, on the server or in a replica's `folder`, which `sync` keeps up; `fold` makes documents of what is told; `wire` is the
//! way to a server; `profile` remembers who one is, `shown` what one was shown, and `trust` shows
//! where an invitation leads; `ask` asks; `render` lays out, `output` prints and `pager`
//! shows what does not fit.

mod answer;
mod ask;
mod brief;
mod command;
mod context;
mod error;
mod expect;
mod fold;
mod folder;
mod ids;
mod open;
mod output;
mod pager;
mod paths;
mod profile;
mod progress;
mod render;
mod shown;
mod sync;
mod trust;
mod when;
mod wire;

use clap::Parser as _;
use std::process::ExitCode;

use crate::{command::Cli, output::Output};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            Output::new(std::env::args_os().any(|arg| arg == "--json")).usage(&error);
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let output = Output::new(cli.globals.json);
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}
