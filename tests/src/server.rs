//! The real server binary in a process of its own, which a test may kill at any moment and start again on the same data.

use serde::Deserialize;
use std::{
    ffi::OsString,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Somebody with a token.
#[derive(Clone, Debug, Deserialize)]
pub struct Seat {
    /// The party's id.
    pub party: String,
    /// The role within the delegation.
    pub role: String,
    /// The name that others see.
    pub name: String,
    /// The credential.
    pub token: String,
    /// An invitation's link, for the command line.
    pub link: String,
}

/// What the demo prints once it is ready.
#[derive(Clone, Debug, Deserialize)]
pub struct Demo {
    /// `http://host:port`.
    pub url: String,
    /// The conference's id.
    pub conference: String,
    /// The id of the plan of twenty points.
    pub plan: String,
    /// A chair and delegates.
    pub members: Vec<Seat>,
    /// The head of each delegation.
    #[serde(default)]
    pub heads: Vec<Seat>,
}

/// How to start a demo.
#[derive(Clone, Default)]
pub struct Start {
    args: Vec<OsString>,
    env: Vec<(String, String)>,
    listen: Option<String>,
    binary: Option<PathBuf>,
    data: Option<PathBuf>,
    data_at: Option<PathBuf>,
}

impl Start {
    /// A demo with `members` more delegates for each party and `plans` more plans.
    pub fn demo(members: usize, plans: usize) -> Self {
        let args = ["demo", "--json", "--members", &members.to_string(), "--plans", &plans.to_string()].map(OsString::from);
        Start { args: args.to_vec(), ..Start::default() }
    }

    /// With an environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With another binary than the one that belongs to the tests.
    pub fn binary(mut self, binary: PathBuf) -> Self {
        self.binary = Some(binary);
        self
    }

    /// On a copy of the data directory of a server that is stopped.
    pub fn copy_of(mut self, data: PathBuf) -> Self {
        self.data = Some(data);
        self
    }

    /// With its data here instead of beside its log.
    pub fn data_at(mut self, data: PathBuf) -> Self {
        self.data_at = Some(data);
        self
    }

    /// Starts it in a new directory.
    pub fn start(self) -> Server {
        let dir = TempDir::new().unwrap();
        if let Some(data) = &self.data {
            copy(data, &dir.path().join("data"));
        }
        Server::start_in(self, dir)
    }
}

/// A running server, or one that was stopped and can be started again.
pub struct Server {
    /// What it printed when it started.
    pub demo: Demo,
    start: Start,
    dir: TempDir,
    child: Option<Child>,
}

impl Server {
    fn start_in(start: Start, dir: TempDir) -> Server {
        let (child, demo) = spawn(&start, dir.path());
        let mut server = Server { demo, start, dir, child: Some(child) };
        // A restarted server is to be found where the first one stood.
        server.start.listen = Some(server.address());
        server
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        self.demo.url.trim_start_matches("http://").trim_end_matches('/').to_owned()
    }

    /// The room of a plan of the demo's conference.
    pub fn room(&self, plan: &str) -> String {
        format!("{}/{plan}", self.demo.conference)
    }

    /// The n-th delegate of a party that is not the chair's.
    pub fn delegate(&self, party: usize, n: usize) -> Seat {
        let mut parties: Vec<&str> = Vec::new();
        for seat in self.demo.members.iter().filter(|s| s.role == "delegate") {
            if !parties.contains(&seat.party.as_str()) {
                parties.push(&seat.party);
            }
        }
        self.demo.members.iter().filter(|s| s.role == "delegate" && s.party == parties[party]).nth(n).unwrap().clone()
    }

    /// The head of a party's delegation; the chair of its own.
    pub fn head(&self, party: &str) -> Seat {
        self.demo.heads.iter().chain(&self.demo.members).find(|seat| seat.party == party).unwrap().clone()
    }

    /// The chair.
    pub fn chair(&self) -> Seat {
        self.demo.members.iter().find(|s| s.role == "chair").unwrap().clone()
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Whether it still runs.
    pub fn lives(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    /// Resident memory in MiB.
    pub fn rss_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    }

    /// Kills it in the middle of whatever it does.
    pub fn kill_9(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks it to stop and waits; answers its exit code.
    pub fn sigterm(&mut self) -> Option<i32> {
        let child = self.child.as_mut().unwrap();
        let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        self.exit_code()
    }

    /// Waits until it ends; answers its exit code.
    pub fn exit_code(&mut self) -> Option<i32> {
        let (child, begin) = (self.child.as_mut().unwrap(), Instant::now());
        while begin.elapsed() < Duration::from_secs(30) {
            if let Some(status) = child.try_wait().unwrap() {
                self.child = None;
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the server did not stop within 30 s:\n{}", self.log());
    }

    /// Starts it again on the same data and address.
    pub fn restart(&mut self) {
        assert!(self.child.is_none(), "stop it first");
        let (child, demo) = spawn(&self.start, self.dir.path());
        (self.child, self.demo) = (Some(child), demo);
    }

    /// Starts it again where that may fail; answers whether it came up.
    pub fn try_restart(&mut self) -> bool {
        assert!(self.child.is_none(), "stop it first");
        let Ok((child, demo)) = try_spawn(&self.start, self.dir.path()) else {
            return false;
        };
        (self.child, self.demo) = (Some(child), demo);
        true
    }

    /// Takes a backup while it runs.
    pub fn back_up(&self) -> TempDir {
        let backup = TempDir::new().unwrap();
        let done = command(&["backup", "--data"]).arg(self.data()).arg("--to").arg(backup.path()).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        backup
    }

    /// Stops it and starts it again on a copy of a backup.
    pub fn restore(&mut self, backup: &Path) {
        self.sigterm();
        std::fs::remove_dir_all(self.data()).unwrap();
        copy(backup, &self.data());
        self.restart();
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        data_of(&self.start, self.dir.path())
    }

    /// What it logged, in all its lives.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(20).collect();
            eprintln!("the server's last words:\n{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
    }
}

/// Copies a directory with all below it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.as_ref().unwrap(), to.join(entry.as_ref().unwrap().file_name()));
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
}

fn data_of(start: &Start, dir: &Path) -> PathBuf {
    start.data_at.clone().unwrap_or_else(|| dir.join("data"))
}

fn spawn(start: &Start, dir: &Path) -> (Child, Demo) {
    try_spawn(start, dir).unwrap_or_else(|why| panic!("{why}"))
}

fn try_spawn(start: &Start, dir: &Path) -> Result<(Child, Demo), String> {
    let binary = start.binary.clone().unwrap_or_else(|| binary("plenary-server"));
    let log = File::options().create(true).append(true).open(dir.join("log")).unwrap();
    let mut child = Command::new(&binary)
        .args(&start.args)
        .arg("--data")
        .arg(data_of(start, dir))
        .args(["--listen", start.listen.as_deref().unwrap_or("127.0.0.1:0")])
        .envs(start.env.iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .map_err(|e| format!("{}: {e}", binary.display()))?;
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    // Keep the pipe open and empty: a server whose standard output is gone is another test.
    std::thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
    match serde_json::from_str(&line) {
        Ok(demo) => Ok((child, demo)),
        Err(e) => {
            let _ = child.kill();
            let _ = child.wait();
            let log = std::fs::read_to_string(dir.join("log")).unwrap_or_default();
            Err(format!("the server printed {line:?} ({e}) and logged:\n{log}"))
        }
    }
}

/// The server's binary with these arguments, for what an operator does beside a server.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(binary("plenary-server"));
    command.args(args);
    command
}

/// A binary of the workspace: it stands beside the executable of the running test, where `tests/run` has put it.
///
/// # Panics
/// If it is not there.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let dir = test.ancestors().find(|dir| dir.join(".fingerprint").is_dir()).expect("a cargo target directory");
    let binary = dir.join(name);
    let release = if dir.ends_with("release") { " --release" } else { "" };
    let build = format!("cargo build{release} -p plenary-server -p plenary-cli");
    assert!(binary.exists(), "{} is not there: tests/run builds it, or `{build}`", binary.display());
    binary
}
