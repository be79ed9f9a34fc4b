//! Stock clients that take commands: `yjs` with the npm `y-websocket` provider in a Node process, `pycrdt` with its Provider in a Python
//! process, all of them unchanged.

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    data,
    server::{Seat, Server},
};

/// How a stock client shows its credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Credential {
    /// The provider's `params`: the query.
    Params,
    /// The provider's `protocols`: the WebSocket subprotocol.
    Protocols,
}

/// A stock client.
pub struct Stock {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

/// Where Node runs what stock clients are made of.
///
/// # Panics
/// If that is not installed.
pub fn folder() -> PathBuf {
    let folder = data::root().join("tests/js");
    let installed = folder.join("node_modules/y-websocket").is_dir();
    assert!(installed, "stock Yjs clients need Node and `npm ci` in {}: run tests/run", folder.display());
    folder
}

impl Stock {
    /// Starts one that is not connected.
    pub fn start() -> Self {
        Self::run(Command::new("node").arg(folder().join("client.mjs")))
    }

    /// Starts one of pycrdt that is not connected.
    ///
    /// # Panics
    /// If that is not installed.
    pub fn pycrdt() -> Self {
        let folder = data::root().join("tests/py");
        let python = folder.join(".venv/bin/python");
        assert!(
            folder.join(".venv/.plenary-requirements").exists(),
            "pycrdt is not installed in {}: run tests/run",
            folder.display()
        );
        Self::run(Command::new(python).arg(folder.join("client.py")))
    }

    fn run(program: &mut Command) -> Self {
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Stock { child, stdin, stdout }
    }

    /// Starts one and waits until it is synced.
    pub fn join(server: &Server, plan: &str, seat: &Seat, credential: Credential) -> Self {
        let mut stock = Stock::start();
        stock.open(server, plan, seat, credential);
        stock.wait("synced", |state| state["synced"] == true);
        stock
    }

    /// Opens the provider.
    pub fn open(&mut self, server: &Server, plan: &str, seat: &Seat, credential: Credential) {
        self.open_at(&server.address(), &server.room(plan), seat, credential);
    }

    /// Opens the provider on what stands at an address, a server or what carries on to it.
    pub fn open_at(&mut self, address: &str, room: &str, seat: &Seat, credential: Credential) {
        let via = if credential == Credential::Params { "params" } else { "protocols" };
        let url = format!("ws://{address}/sync");
        self.ask(json!({ "do": "open", "url": url, "room": room, "token": seat.token, "via": via }));
    }

    /// Sends one command and reads its answer.
    pub fn ask(&mut self, command: Value) -> Value {
        writeln!(self.stdin, "{command}").unwrap();
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{command} was answered {line:?}: {e}"));
        assert!(answer.get("error").is_none(), "{command}: {answer}");
        answer
    }

    /// Changes a point's words: deletes `delete` UTF-16 units at `at` and inserts there.
    pub fn edit_words(&mut self, point: &str, at: usize, delete: usize, insert: &str) {
        self.ask(json!({ "do": "words", "point": point, "at": at, "delete": delete, "insert": insert }));
    }

    /// Changes a root text.
    pub fn edit_text(&mut self, root: &str, at: usize, delete: usize, insert: &str) {
        self.ask(json!({ "do": "text", "root": root, "at": at, "delete": delete, "insert": insert }));
    }

    /// Cuts it off.
    pub fn disconnect(&mut self) {
        self.ask(json!({ "do": "disconnect" }));
    }

    /// Connects it again.
    pub fn connect(&mut self) {
        self.ask(json!({ "do": "connect" }));
    }

    /// What it holds: `synced`, `client`, `points`, `texts`, `presence`, `closed`.
    pub fn state(&mut self) -> Value {
        self.ask(json!({ "do": "state" }))
    }

    /// Waits until its state is so.
    pub fn wait(&mut self, what: &str, so: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            let state = self.state();
            if so(&state) {
                return state;
            }
            assert!(begin.elapsed() < Duration::from_secs(30), "never {what}: {state}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Stock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
