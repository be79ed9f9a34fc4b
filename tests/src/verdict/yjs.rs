//! Stock Yjs in a Node process, which is told what a follower hears and answers what it then reads.

use serde_json::Value;
use std::{
    io::{BufReader, Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use crate::stock;

/// What a plan's followers were sent.
#[derive(Default)]
pub struct Heard {
    /// As the room told it, update by update.
    pub told: Vec<Vec<u8>>,
    /// As the log holds it, record by record.
    pub logged: Vec<Vec<u8>>,
    /// The whole, as whoever comes last is sent it.
    pub state: Vec<u8>,
}

/// The process.
pub struct Yjs {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Yjs {
    /// Starts it.
    ///
    /// # Panics
    /// If Node or Yjs is not installed.
    pub fn start() -> Self {
        let program = stock::folder().join("verdict.mjs");
        let mut child = Command::new("node").arg(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Yjs { child, stdin, stdout }
    }

    /// What it reads of each plan: by what was told, by the log, and by the whole.
    pub fn read(&mut self, plans: &[Heard]) -> Vec<[Value; 3]> {
        let mut batch = Vec::new();
        for Heard { told, logged, state } in plans {
            for updates in [&told[..], &logged[..], std::slice::from_ref(state)] {
                push(&mut batch, updates.len());
                for update in updates {
                    push(&mut batch, update.len());
                    batch.extend_from_slice(update);
                }
            }
        }
        let mut length = Vec::new();
        push(&mut length, batch.len());
        self.stdin.write_all(&length).unwrap();
        self.stdin.write_all(&batch).unwrap();
        self.stdin.flush().unwrap();
        let mut length = [0; 4];
        self.stdout.read_exact(&mut length).unwrap();
        let mut answer = vec![0; u32::from_le_bytes(length) as usize];
        self.stdout.read_exact(&mut answer).unwrap();
        serde_json::from_slice(&answer).unwrap()
    }
}

fn push(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&(number as u32).to_le_bytes());
}

impl Drop for Yjs {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
