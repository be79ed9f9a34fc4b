//! The workloads. One thread runs them all, so that the other cores are the server's.

use anyhow::{Result, bail, ensure};
use plenary_tests::trace::client_id;
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::task::spawn_local;
use yrs::{Doc, Options, Text, TextRef, Transact, block::ClientID};

use crate::{
    frame::{self, Message},
    measure::{cpu, disk_bytes, percentile_ms, round},
    socket::{self, Reader, Writer},
    target::Target,
};

/// Frames of a room that are kept decoded: every client gets the same ones, within moments.
const DECODED_FRAMES: usize = 64;

/// One inserted character as it arrives.
struct Edit {
    writer: Option<usize>,
    sent: Instant,
}

type Edits = Rc<Vec<Edit>>;

/// One room: who wrote what when, and what its last frames hold.
struct Room {
    /// Client ids are `base` plus the client's number.
    base: u64,
    /// When each character was sent, by client and clock.
    sent: RefCell<Vec<Vec<Instant>>>,
    decoded: RefCell<VecDeque<(Vec<u8>, Edits)>>,
}

impl Room {
    fn new(clients: usize) -> Rc<Self> {
        // As stock clients have them: y-sweet's are of 32 bits.
        Rc::new(Room { base: client_id() >> 22, sent: RefCell::new(vec![Vec::new(); clients]), decoded: RefCell::default() })
    }

    /// The characters in an update, decoded once however many clients get it.
    fn edits(&self, update: &[u8]) -> Edits {
        let mut decoded = self.decoded.borrow_mut();
        if let Some((_, edits)) = decoded.iter().rev().find(|(bytes, _)| bytes == update) {
            return edits.clone();
        }
        let (sent, now) = (self.sent.borrow(), Instant::now());
        let mut edits = Vec::new();
        frame::insertions(update, |client, clock, length| {
            let writer = client.checked_sub(self.base).map(|n| n as usize).filter(|n| *n < sent.len());
            for clock in clock..clock + length {
                let sent = writer.and_then(|w| sent[w].get(clock as usize).copied());
                edits.push(Edit { writer: writer.filter(|_| sent.is_some()), sent: sent.unwrap_or(now) });
            }
        });
        let edits = Rc::new(edits);
        decoded.push_back((update.to_vec(), edits.clone()));
        if decoded.len() > DECODED_FRAMES {
            decoded.pop_front();
        }
        edits
    }
}

/// What all clients count together.
#[derive(Default)]
struct Tally {
    measuring: Cell<bool>,
    deliveries: Cell<u64>,
    deliveries_ever: Cell<u64>,
    echoes: Cell<u64>,
    echoes_ever: Cell<u64>,
    frames: Cell<u64>,
    latencies_us: RefCell<Vec<u32>>,
    failure: RefCell<Option<String>>,
}

impl Tally {
    fn count(&self, me: usize, edits: &[Edit]) -> usize {
        let now = Instant::now();
        let mut own = 0;
        let mut others = 0;
        let mut latencies = self.latencies_us.borrow_mut();
        for edit in edits {
            match edit.writer {
                Some(writer) if writer == me => own += 1,
                Some(_) => {
                    others += 1;
                    if self.measuring.get() {
                        latencies.push((now - edit.sent).as_micros() as u32);
                    }
                }
                None => {}
            }
        }
        self.deliveries_ever.set(self.deliveries_ever.get() + others);
        self.echoes_ever.set(self.echoes_ever.get() + own);
        if self.measuring.get() {
            self.frames.set(self.frames.get() + 1);
            self.deliveries.set(self.deliveries.get() + others);
            self.echoes.set(self.echoes.get() + own);
        }
        own as usize
    }

    fn check(&self) -> Result<()> {
        match &*self.failure.borrow() {
            Some(failure) => bail!("{failure}"),
            None => Ok(()),
        }
    }
}

/// One writer and its document, to which only its own text comes: it makes real updates and stays small.
struct Client {
    number: usize,
    room: Rc<Room>,
    writer: Writer,
    text: TextRef,
    doc: Doc,
    length: Cell<u32>,
}

impl Client {
    async fn open(target: &Target, room_name: &str, room: Rc<Room>, number: usize, seat: usize) -> Result<(Rc<Self>, Reader)> {
        let (mut reader, writer) = socket::connect(target, room_name, seat).await?;
        sync(&mut reader, &writer).await?;
        let doc = Doc::with_options(Options::with_client_id(ClientID::new(room.base + number as u64)));
        let text = doc.get_or_insert_text("text");
        Ok((Rc::new(Client { number, room, writer, text, doc, length: Cell::new(0) }), reader))
    }

    /// Queues an update that inserts one character.
    fn queue_edit(&self) {
        let mut txn = self.doc.transact_mut();
        self.text.insert(&mut txn, self.length.get(), "x");
        self.length.set(self.length.get() + 1);
        let update = plenary_shared::wire::protocol::update(&txn.encode_update_v1());
        self.room.sent.borrow_mut()[self.number].push(Instant::now());
        self.writer.queue_message(&update);
    }

    /// Counts what arrives; `then` learns how many of its own edits came back.
    fn listen(self: &Rc<Self>, mut reader: Reader, tally: &Rc<Tally>, then: impl Fn(&Self, usize) -> Result<()> + 'static) {
        let (this, tally) = (self.clone(), tally.clone());
        spawn_local(async move {
            loop {
                let mut own = 0;
                let read = reader.read(|bytes| match frame::message(bytes) {
                    Message::Update(update) | Message::Step2(update) => own += tally.count(this.number, &this.room.edits(update)),
                    Message::Step1 | Message::Other => {}
                });
                if let Err(error) = read.await.and_then(|()| then(&this, own)) {
                    tally.failure.borrow_mut().get_or_insert(format!("client {}: {error:#}", this.number));
                    return;
                }
            }
        });
    }
}

/// The first exchange, as a new stock client does it. Answers the bytes of the step 2 received.
pub async fn sync(reader: &mut Reader, writer: &Writer) -> Result<usize> {
    writer.message(&plenary_shared::wire::protocol::sync_step_1(&[0]))?;
    let mut synced = None;
    while synced.is_none() {
        let mut asked = false;
        reader
            .read(|bytes| match frame::message(bytes) {
                Message::Step1 => asked = true,
                Message::Step2(update) => synced = Some(update.len()),
                _ => {}
            })
            .await?;
        if asked {
            writer.message(&plenary_shared::wire::protocol::sync_step_2(&[0, 0]))?;
        }
    }
    Ok(synced.unwrap_or_default())
}

async fn open_all(target: &Target, rooms: usize, per_room: usize) -> Result<Vec<(Rc<Client>, Reader)>> {
    let mut clients = Vec::with_capacity(rooms * per_room);
    let of_room: Vec<_> = (0..rooms).map(|_| Room::new(per_room)).collect();
    // Rooms alternate, so that taking clients in turn spreads the load over all rooms.
    for number in 0..per_room {
        for (n, room) in of_room.iter().enumerate() {
            clients.push(Client::open(target, &target.room(n), room.clone(), number, clients.len()).await?);
        }
    }
    Ok(clients)
}

/// Edits at a steady pace by clients in turn: latency, and CPU time for each delivery.
pub async fn paced(target: &Target, rooms: usize, per_room: usize, deliveries_s: f64, window: Window) -> Result<Value> {
    ensure!(per_room > 1, "a delivery needs two clients");
    let tally = Rc::new(Tally::default());
    let clients = open_all(target, rooms, per_room).await?;
    let clients: Vec<_> = clients
        .into_iter()
        .map(|(client, reader)| {
            client.listen(reader, &tally, |_, _| Ok(()));
            client
        })
        .collect();
    let edits_s = deliveries_s / (per_room - 1) as f64;
    let begin = Instant::now();
    let mut edits = 0_usize;
    let (mut cpu_before, mut disk_before, mut edits_before) = (Duration::ZERO, 0, 0);
    while begin.elapsed() < window.warmup + window.length {
        if !tally.measuring.get() && begin.elapsed() >= window.warmup {
            (cpu_before, disk_before, edits_before) = (cpu(target.pid)?, disk_bytes(target.pid)?, edits);
            tally.measuring.set(true);
        }
        let due = (begin.elapsed().as_secs_f64() * edits_s) as usize;
        while edits < due {
            let client = &clients[edits % clients.len()];
            client.queue_edit();
            client.writer.flush()?;
            edits += 1;
        }
        tally.check()?;
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
    tally.measuring.set(false);
    let cpu_us = (cpu(target.pid)? - cpu_before).as_micros() as f64;
    let disk = (disk_bytes(target.pid)? - disk_before) as f64 / (edits - edits_before) as f64;
    let expected = edits as u64 * (per_room - 1) as u64;
    let drained = until(Duration::from_secs(10), || tally.deliveries_ever.get() >= expected).await;
    tally.check()?;
    let mut latencies = tally.latencies_us.borrow_mut();
    latencies.sort_unstable();
    let deliveries = tally.deliveries.get() as f64;
    Ok(json!({
        "clients": clients.len(), "rooms": rooms, "edits": edits,
        "deliveries_s": round(deliveries / window.length.as_secs_f64()),
        "cpu_us_per_delivery": round(cpu_us / deliveries), "disk_bytes_per_edit": disk.round(),
        "cpu_cores": round(cpu_us / window.length.as_micros() as f64),
        "p50_ms": percentile_ms(&latencies, 50.0), "p99_ms": percentile_ms(&latencies, 99.0), "max_ms": percentile_ms(&latencies, 100.0),
        "edits_per_frame": round((deliveries + tally.echoes.get() as f64) / tally.frames.get() as f64),
        "missing": if drained { 0 } else { expected - tally.deliveries_ever.get() },
    }))
}

/// Every client keeps `in_flight` edits on the way; an edit has landed when its own echo is back or, for servers that send
/// none, when the other client has it.
pub async fn saturate(target: &Target, rooms: usize, per_room: usize, in_flight: usize, window: Window) -> Result<Value> {
    let tally = Rc::new(Tally::default());
    let clients = open_all(target, rooms, per_room).await?;
    let all: Vec<_> = clients.iter().map(|(client, _)| client.clone()).collect();
    let stop = Rc::new(Cell::new(false));
    for (client, reader) in clients {
        let stop = stop.clone();
        client.listen(reader, &tally, move |client, landed| {
            if landed == 0 || stop.get() {
                return Ok(());
            }
            (0..landed).for_each(|_| client.queue_edit());
            client.writer.flush()
        });
    }
    for client in &all {
        (0..in_flight).for_each(|_| client.queue_edit());
        client.writer.flush()?;
    }
    tokio::time::sleep(window.warmup).await;
    ensure!(tally.echoes_ever.get() > 0, "this server does not echo an edit to its writer");
    let (begin, cpu_before, disk_before) = (Instant::now(), cpu(target.pid)?, disk_bytes(target.pid)?);
    tally.measuring.set(true);
    tokio::time::sleep(window.length).await;
    tally.measuring.set(false);
    let (took, cpu_us) = (begin.elapsed().as_secs_f64(), (cpu(target.pid)? - cpu_before).as_micros() as f64);
    let disk = disk_bytes(target.pid)? - disk_before;
    stop.set(true);
    let written: usize = all.iter().map(|client| client.length.get() as usize).sum();
    let drained = until(Duration::from_secs(10), || tally.echoes_ever.get() >= written as u64).await;
    tally.check()?;
    let mut latencies = tally.latencies_us.borrow_mut();
    latencies.sort_unstable();
    let edits = tally.echoes.get() as f64;
    Ok(json!({
        "clients": all.len(), "rooms": rooms, "edits_s": round(edits / took), "cpu_us_per_edit": round(cpu_us / edits),
        "cpu_cores": round(cpu_us / took / 1e6), "disk_bytes_per_edit": (disk as f64 / edits).round(),
        "p50_ms": percentile_ms(&latencies, 50.0), "p99_ms": percentile_ms(&latencies, 99.0),
        "edits_per_frame": round((edits + tally.deliveries.get() as f64) / tally.frames.get() as f64),
        "missing": if drained { 0 } else { written as u64 - tally.echoes_ever.get() },
    }))
}

/// How long to warm up and to measure.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Before measuring.
    pub warmup: Duration,
    /// Measured.
    pub length: Duration,
}

async fn until(at_most: Duration, done: impl Fn() -> bool) -> bool {
    let begin = Instant::now();
    while !done() {
        if begin.elapsed() > at_most {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    true
}
