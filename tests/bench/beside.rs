//! The servers that are measured: Plenary, and beside it, in the same run, a relay that does nothing and y-sweet.

use anyhow::{Context, Result, ensure};
use plenary_tests::server::{Server, Start};
use std::{
    io::{BufRead, BufReader},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};
use tempfile::TempDir;

/// Which server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Sockets and nothing else.
    Relay,
    /// y-sweet on its filesystem store.
    YSweet,
    /// Plenary.
    Plenary,
}

impl Kind {
    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Relay => "relay",
            Kind::YSweet => "y-sweet",
            Kind::Plenary => "plenary",
        }
    }
}

/// Where the programs are.
#[derive(clap::Args)]
pub struct Programs {
    /// The server's binary; absent: built here.
    #[arg(long)]
    pub server: Option<PathBuf>,
    /// y-sweet's binary (`cargo install y-sweet --version 0.9.1 --locked`); absent: not measured.
    #[arg(long)]
    pub y_sweet: Option<PathBuf>,
}

impl Programs {
    /// What is measured.
    pub fn kinds(&self) -> Vec<Kind> {
        let others = [Some(Kind::Relay), self.y_sweet.as_ref().map(|_| Kind::YSweet)];
        others.into_iter().flatten().chain([Kind::Plenary]).collect()
    }

    /// Starts a server with nothing in it but `plans` empty plans.
    pub fn start(&self, kind: Kind, plans: usize) -> Result<Running> {
        match (kind, &self.y_sweet) {
            (Kind::Plenary, _) => {
                // Idle connections share the seats of a few members.
                let mut start = Start::demo(66, plans).env("PLENARY_SESSIONS_PER_MEMBER", "10000");
                if let Some(binary) = &self.server {
                    start = start.binary(binary.clone());
                }
                Ok(Running::Plenary(Box::new(start.start())))
            }
            (Kind::YSweet, Some(binary)) => Ok(Running::YSweet(YSweet::start(binary, TempDir::new()?)?)),
            (Kind::Relay, _) | (Kind::YSweet, None) => Ok(Running::Relay(Relay::start()?)),
        }
    }
}

/// A server that runs.
pub enum Running {
    Plenary(Box<Server>),
    Relay(Relay),
    YSweet(YSweet),
}

impl Running {
    /// The generator's arguments for a room of this server, `{n}` in its name being its number.
    pub fn target(&self, room: &str) -> Vec<String> {
        let (url, room, pid) = match self {
            Running::Plenary(server) => (format!("{}/sync", server.address()), server.room(room), server.pid()),
            Running::Relay(relay) => (relay.address.clone(), room.to_owned(), relay.process.0.id()),
            Running::YSweet(server) => (format!("{}/doc/ws", server.address), room.to_owned(), server.process.0.id()),
        };
        let mut args = vec!["--url".into(), format!("ws://{url}"), "--room".into(), room, "--pid".into(), pid.to_string()];
        if let Running::Plenary(server) = self {
            args.extend(server.demo.members.iter().map(|seat| format!("--token={}", seat.token)));
        }
        args
    }

    /// Stops it as an operator would and starts it again on the same data.
    pub fn restart(self) -> Result<Running> {
        match self {
            Running::Plenary(mut server) => {
                server.sigterm();
                server.restart();
                Ok(Running::Plenary(server))
            }
            Running::Relay(_) => Ok(Running::Relay(Relay::start()?)),
            Running::YSweet(mut server) => {
                let pid = server.process.0.id().to_string();
                ensure!(Command::new("kill").args(["-INT", &pid]).status()?.success(), "y-sweet is gone");
                server.process.0.wait()?;
                Ok(Running::YSweet(YSweet::start(&server.binary, server.dir)?))
            }
        }
    }
}

/// A process that ends with whoever started it.
pub struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The relay of this program, in a process of its own.
pub struct Relay {
    process: Process,
    address: String,
}

impl Relay {
    fn start() -> Result<Relay> {
        let mut child = Command::new(std::env::current_exe()?).arg("relay").stdout(Stdio::piped()).spawn()?;
        let (mut address, stdout) = (String::new(), child.stdout.take().context("a pipe")?);
        BufReader::new(stdout).read_line(&mut address)?;
        Ok(Relay { process: Process(child), address: address.trim().to_owned() })
    }
}

/// y-sweet and its directory.
pub struct YSweet {
    process: Process,
    address: String,
    binary: PathBuf,
    dir: TempDir,
}

impl YSweet {
    fn start(binary: &Path, dir: TempDir) -> Result<YSweet> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let port = address.port().to_string();
        let mut command = Command::new(binary);
        command.args(["serve", "--host", "127.0.0.1", "--port", &port]).arg(dir.path().join("store"));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("y-sweet does not start")?;
        let server = YSweet { process: Process(child), address: address.to_string(), binary: binary.to_owned(), dir };
        for _ in 0..100 {
            if TcpStream::connect(address).is_ok() {
                return Ok(server);
            }
            sleep(Duration::from_millis(50));
        }
        anyhow::bail!("y-sweet does not listen")
    }
}
