//! The command line's real binary, in a home of its own.

use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

use crate::server::{Seat, binary};

/// One person's command line.
pub struct Cli {
    home: TempDir,
}

impl Cli {
    /// A command line that has joined nothing.
    pub fn stranger() -> Self {
        Cli { home: TempDir::new().unwrap() }
    }

    /// A command line that has joined by the seat's link.
    pub fn join(seat: &Seat) -> Self {
        let cli = Cli::stranger();
        cli.done(&["join", &seat.link]);
        cli
    }

    /// It with these arguments, for a test to do with as it likes; it runs in a folder that is no replica unless it is told another.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary("plenary"));
        command
            .args(args)
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path().join("config"))
            .env("XDG_DATA_HOME", self.home.path().join("data"))
            .env("XDG_STATE_HOME", self.home.path().join("state"))
            .stdin(std::process::Stdio::null());
        command
    }

    /// Runs it. What it accepts it has read.
    pub fn run(&self, args: &[&str]) -> Output {
        having_read(args, |args| self.command(args)).output().unwrap()
    }

    /// Clones a plan into a new folder.
    pub fn clone_plan(&self, plan: &str) -> Folder<'_> {
        let dir = TempDir::new().unwrap();
        self.done(&["clone", plan, dir.path().to_str().unwrap()]);
        Folder { cli: self, dir }
    }

    /// Runs it and expects success; answers what it printed.
    pub fn done(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(0), "plenary {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs it with `--json` and expects success.
    pub fn json(&self, args: &[&str]) -> Value {
        let mut args = args.to_vec();
        args.push("--json");
        let printed = self.done(&args);
        serde_json::from_str(&printed).unwrap_or_else(|e| panic!("plenary {args:?} printed {printed:?}: {e}"))
    }
}

/// The command with these arguments; if it accepts a point without saying which words, with those that are shown.
fn having_read(args: &[&str], command: impl Fn(&[&str]) -> Command) -> Command {
    let mut accept = command(args);
    if let ["accept", plan, point, rest @ ..] = args
        && !rest.iter().any(|arg| ["--expect", "--quote"].contains(arg))
    {
        let shown = command(&["show", plan, point, "--json"]).output().unwrap();
        let shown: Value = serde_json::from_slice(&shown.stdout).unwrap_or_default();
        accept.args(shown["points"][0]["digest"].as_str().into_iter().flat_map(|digest| ["--expect", digest]));
    }
    accept
}

/// A replica's folder, in which a person's command line is run.
pub struct Folder<'a> {
    cli: &'a Cli,
    dir: TempDir,
}

impl<'a> Folder<'a> {
    /// A folder of somebody's that a test has made.
    pub fn of(cli: &'a Cli, dir: TempDir) -> Self {
        Folder { cli, dir }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A file of the replica.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(".plenary").join(name)
    }

    /// A copy of it as it is, at another place.
    pub fn copied(&self) -> Folder<'a> {
        let dir = TempDir::new().unwrap();
        crate::server::copy(self.dir.path(), dir.path());
        Folder { cli: self.cli, dir }
    }

    /// The command line in it.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.cli.command(args);
        command.current_dir(self.dir.path());
        command
    }

    /// Runs it there. What it accepts it has read.
    pub fn run(&self, args: &[&str]) -> Output {
        having_read(args, |args| self.command(args)).output().unwrap()
    }

    /// Runs it and expects this exit code; answers what it printed.
    pub fn exits(&self, code: i32, args: &[&str]) -> String {
        let output = self.run(args);
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr).into_owned());
        assert_eq!(output.status.code(), Some(code), "plenary {args:?}: {out}{err}");
        out + &err
    }

    /// Runs it and expects success; answers what it printed as a result.
    pub fn done(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(0), "plenary {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs it with `--json`; answers the exit code and what it printed.
    pub fn json(&self, args: &[&str]) -> (i32, Value) {
        let mut args = args.to_vec();
        args.push("--json");
        let output = self.run(&args);
        let printed = String::from_utf8(output.stdout).unwrap();
        let value = serde_json::from_str(&printed)
            .unwrap_or_else(|e| panic!("plenary {args:?} printed {printed:?}: {e}; {}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().unwrap_or(-1), value)
    }
}
