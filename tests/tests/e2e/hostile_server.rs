//! A server that tells what would overflow a stack or take all memory. Each verb refuses it by name, and a replica that met it goes on.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use plenary_shared::{
    id::DocAddress,
    log::record::{self, Digest, Moment, Provenance, Record, Right},
    people::Author,
    wire::log::{LogLine, RecordLine},
};
use plenary_tests::cli::Cli;
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::Output,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};
use tempfile::TempDir;

/// One record of nothing, and behind it these; as many are told as `end` says.
struct Fake {
    records: Vec<(Record, Digest)>,
    end: AtomicUsize,
    state: Vec<u8>,
}

/// No blocks, no deletions.
const NOTHING: &[u8] = &[0, 0];

/// An entry of the root map `points` whose value is arrays within arrays.
fn nested_value() -> Vec<u8> {
    let mut update = vec![1, 1, 1, 0, 0x28, 1, 6];
    update.extend(b"points\x01k\x01");
    update.extend([0x75, 1].repeat(100_000));
    update.extend([0x7e, 0, 0]);
    update
}

/// Maps, each within the one before.
fn nested_maps() -> Vec<u8> {
    const COUNT: u32 = 20_000;
    let number = |mut n: u32, out: &mut Vec<u8>| {
        while n >= 0x80 {
            out.push(n as u8 | 0x80);
            n >>= 7;
        }
        out.push(n as u8);
    };
    let mut update = vec![1];
    number(COUNT, &mut update);
    update.extend([1, 0]);
    update.extend(*b"\x27\x01\x06points\x01k\x01");
    for parent in 0..COUNT - 1 {
        update.extend([0x27, 0, 1]);
        number(parent, &mut update);
        update.extend(*b"\x01k\x01");
    }
    update.push(0);
    update
}

/// Claims 2^28 clients in six bytes, or as many deletions.
fn claims() -> [Vec<u8>; 2] {
    [vec![0x80, 0x80, 0x80, 0x80, 1, 0], vec![0, 0x80, 0x80, 0x80, 0x80, 1, 0]]
}

fn address() -> DocAddress {
    "c/p".parse().unwrap()
}

impl Fake {
    /// A server that tells these updates as a log whose chain closes, and the last of them as the state.
    fn start(updates: &[Vec<u8>]) -> (Arc<Fake>, String) {
        let author = Author { party: "bor".parse().unwrap(), member: "bor-1".parse().unwrap() };
        let (mut head, mut records) = (Digest::genesis(&address()), Vec::new());
        for (seq, update) in updates.iter().enumerate() {
            let at = Moment { at_ms: seq as u64 + 1, clock_corrected: false };
            let record = Provenance::live(author.clone(), Right::Draft).record(seq as u64, at, update.clone().into());
            head = record::seal(&head, &record).1;
            records.push((record, head));
        }
        let state = updates.last().unwrap().clone();
        let fake = Arc::new(Fake { end: AtomicUsize::new(records.len()), records, state });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = fake.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                // One that hangs up in the middle of it is what it is here for.
                thread::spawn(move || drop(serving.serve(stream)));
            }
        });
        (fake, url)
    }

    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let (mut reader, mut length, mut line) = (BufReader::new(stream.try_clone()?), 0, String::new());
        reader.read_line(&mut line)?;
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            match line.split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().unwrap(),
                None => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let (status, answer) = self.answer(&path, &body);
        let head = format!(
            "HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            answer.len()
        );
        let mut stream = stream;
        stream.write_all(head.as_bytes())?;
        stream.write_all(&answer)
    }

    fn answer(&self, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let member = json!({ "conference": "c", "party": "arv", "member": "arv-1", "role": "delegate", "name": "Ana" });
        let plan = json!({ "id": "p", "title": "p", "yours": "draft", "consent": [] });
        let conference = json!({ "id": "c", "title": "t", "parties": [], "members": [] });
        let end = self.end.load(Ordering::Relaxed);
        let digest = self.records[end - 1].1;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let told = if path == "/api/whoami" {
            let mut who = member;
            who["kind"] = "member".into();
            vec![who]
        } else if path.ends_with("/pull") {
            let since = serde_json::from_slice::<Value>(body).unwrap()["since"].as_u64().unwrap();
            let context = json!({ "kind": "context", "member": member, "conference": conference, "plan": plan, "write": true,
                                  "created_by": null, "layers": [], "end": end, "digest": digest });
            let tagged = |mut line: Value| {
                line["kind"] = "record".into();
                line
            };
            let records = self.lines(since).into_iter().map(|line| tagged(json!(line)));
            [context].into_iter().chain(records).chain([json!({ "kind": "end" })]).collect()
        } else if path.ends_with("/state") {
            vec![self.told_state(end, &self.state, digest)]
        } else if path.ends_with("/log") {
            let since = query.strip_prefix("since=").map(|since| since.parse().unwrap());
            let begin = since.is_none().then(|| self.told_state(0, NOTHING, Digest::genesis(&address())));
            let records = self.lines(since.unwrap_or(0)).into_iter().map(|line| json!(LogLine::Record(Box::new(line))));
            begin.into_iter().chain(records).collect()
        } else if path.ends_with("/plans/p") {
            vec![plan]
        } else if path.ends_with("/conferences/c") {
            vec![conference]
        } else {
            return (404, br#"{"error":"not_found","message":"not found"}"#.to_vec());
        };
        (200, told.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect())
    }

    fn lines(&self, since: u64) -> Vec<RecordLine> {
        let told = self.records.iter().enumerate().take(self.end.load(Ordering::Relaxed)).skip(since as usize);
        told.map(|(at, (record, digest))| RecordLine::new(at as u64 + 1, *digest, record.clone(), BASE64.encode(&record.update)))
            .collect()
    }

    fn told_state(&self, seq: usize, state: &[u8], digest: Digest) -> Value {
        json!(LogLine::State { seq: seq as u64, digest, update: BASE64.encode(state) })
    }
}

/// Runs it; it must end by itself, and say of the memory that it could take what it took.
fn run(cli: &Cli, url: &str, dir: &TempDir, args: &[&str]) -> Output {
    let mut command = cli.command(args);
    command.env("PLENARY_SERVER", url).env("PLENARY_TOKEN", "t").current_dir(dir.path()).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn each_verb_refuses_by_name_what_would_overflow_a_stack_or_take_all_memory() {
    let [clients, deletions] = claims();
    for (what, hostile) in [("value", nested_value()), ("maps", nested_maps()), ("clients", clients), ("deletions", deletions)] {
        let (_fake, url) = Fake::start(&[hostile]);
        for verb in ["log p", "watch p", "watch p --since 0", "blame p 1", "diff p --since 1", "diff p --since 2d", "clone p"] {
            let (cli, dir) = (Cli::stranger(), TempDir::new().unwrap());
            let output = run(&cli, &url, &dir, &verb.split(' ').collect::<Vec<_>>());
            let told = told(&output);
            assert_eq!(output.status.code(), Some(1), "{what}, {verb}: {told}");
            assert!(told.contains("cannot be folded in") || told.contains("cannot be read"), "{what}, {verb}: {told}");
        }
    }
}

#[test]
fn a_replica_that_met_such_a_record_goes_on() {
    for hostile in [nested_value(), nested_maps()] {
        let (fake, url) = Fake::start(&[NOTHING.to_vec(), hostile]);
        fake.end.store(1, Ordering::Relaxed);
        let (cli, dir) = (Cli::stranger(), TempDir::new().unwrap());
        let within = |args: &[&str]| {
            let mut command = cli.command(args);
            command.env("PLENARY_SERVER", &url).env("PLENARY_TOKEN", "t").current_dir(dir.path().join("p")).output().unwrap()
        };
        for (args, output) in
            [("clone p", run(&cli, &url, &dir, &["clone", "p"])), ("add", within(&["add", "p", "my own words"]))]
        {
            assert_eq!(output.status.code(), Some(0), "{args}: {}", told(&output));
        }
        fake.end.store(2, Ordering::Relaxed);
        for _ in 0..2 {
            let synced = within(&["sync"]);
            assert_eq!(synced.status.code(), Some(1), "{}", told(&synced));
            assert!(told(&synced).contains("record 2 of the log cannot be folded in"), "{}", told(&synced));
            assert!(told(&within(&["show", "p"])).contains("my own words"));
            assert!(told(&within(&["status"])).contains("1 edit waits"), "{}", told(&within(&["status"])));
        }
    }
}
