//! The command line's real binary, in a home of its own.

use serde_json::Value;
use std::process::{Command, Output};
use tempfile::TempDir;

use crate::server::{Seat, binary};

/// One person's command line.
pub struct Cli {
    home: TempDir,
}

impl Cli {
    /// A command line that has joined by the seat's link.
    pub fn join(seat: &Seat) -> Self {
        let cli = Cli { home: TempDir::new().unwrap() };
        cli.done(&["join", &seat.link]);
        cli
    }

    /// Runs it.
    pub fn run(&self, args: &[&str]) -> Output {
        Command::new(binary("plenary"))
            .args(args)
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path().join("config"))
            .env("XDG_DATA_HOME", self.home.path().join("data"))
            .env("XDG_STATE_HOME", self.home.path().join("state"))
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
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
