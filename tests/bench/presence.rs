//! A hall of stock clients whose carets move now and then: what each is told, whether any is closed, what it costs the server.
//!
//! Each does what y-websocket 3.1 with y-protocols 1.0.7 does: it sends what it hears back, renews its state every 15 s and forgets whoever
//! it has not heard of for 30 s.

use anyhow::{Result, ensure};
use plenary_shared::wire::protocol::{self, AwarenessEntry, ClientMessage};
use plenary_tests::trace::client_id;
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::task::spawn_local;

use crate::{
    load::{Window, sync},
    measure::{cpu, round, rss_kib},
    socket::{self, Reader, Writer},
    target::Target,
};

/// How often a stock client looks whether it has to renew its state or to forget somebody.
const LOOKS: Duration = Duration::from_secs(3);
/// When it renews its own.
const RENEWS: Duration = Duration::from_secs(15);
/// When it forgets others.
const FORGETS: Duration = Duration::from_secs(30);

/// One stock client.
struct Client {
    writer: Writer,
    id: u64,
    clock: Cell<u32>,
    said: Cell<Instant>,
    /// The others, as they were heard last.
    others: RefCell<HashMap<u64, Other>>,
    heard_bytes: Cell<u64>,
    forgot: Cell<usize>,
    closed: RefCell<Option<String>>,
}

struct Other {
    clock: u32,
    is_here: bool,
    heard: Instant,
}

impl Client {
    async fn open(target: &Target, number: usize) -> Result<(Rc<Self>, Reader)> {
        let (mut reader, writer) = socket::connect(target, &target.room(0), number).await?;
        sync(&mut reader, &writer).await?;
        let client = Client {
            writer,
            // As many digits as stock clients have.
            id: client_id() >> 22,
            clock: Cell::new(0),
            said: Cell::new(Instant::now()),
            others: RefCell::default(),
            heard_bytes: Cell::new(0),
            forgot: Cell::new(0),
            closed: RefCell::default(),
        };
        Ok((Rc::new(client), reader))
    }

    /// What y-codemirror.next says of a caret.
    fn state(&self) -> String {
        let caret = json!({ "type": null, "tname": null, "item": { "client": self.id, "clock": self.clock.get() }, "assoc": 0 });
        let user = json!({ "name": "A delegate of a party", "color": "#30bced", "colorLight": "#30bced33" });
        json!({ "user": user, "cursor": { "anchor": caret, "head": caret } }).to_string()
    }

    /// Says where it is.
    fn say(&self) -> Result<()> {
        self.clock.set(self.clock.get() + 1);
        self.said.set(Instant::now());
        let entry = AwarenessEntry { client: self.id, clock: self.clock.get(), state: self.state() };
        self.writer.message(&protocol::awareness([&entry].into_iter()))
    }

    fn hear(&self, frame: &[u8]) -> Result<()> {
        let Ok(ClientMessage::Awareness(payload)) = ClientMessage::decode(&frame.to_vec().into()) else { return Ok(()) };
        let (mut others, now) = (self.others.borrow_mut(), Instant::now());
        let news: Vec<_> = protocol::decode_awareness(&payload)?
            .into_iter()
            .filter(|entry| {
                let is_here = entry.state != "null";
                let known = others.get(&entry.client);
                let is_news = entry.client != self.id
                    && known
                        .is_none_or(|known| known.clock < entry.clock || known.clock == entry.clock && !is_here && known.is_here);
                if is_news {
                    others.insert(entry.client, Other { clock: entry.clock, is_here, heard: now });
                }
                is_news
            })
            .collect();
        if news.is_empty() { Ok(()) } else { self.writer.message(&protocol::awareness(news.iter())) }
    }

    /// Every three seconds.
    fn look(&self) -> Result<()> {
        if self.said.get().elapsed() >= RENEWS {
            self.say()?;
        }
        let mut gone = Vec::new();
        for (client, other) in self.others.borrow_mut().iter_mut().filter(|(_, other)| other.is_here) {
            if other.heard.elapsed() >= FORGETS {
                other.is_here = false;
                gone.push(AwarenessEntry { client: *client, clock: other.clock, state: "null" });
            }
        }
        self.forgot.set(self.forgot.get() + gone.len());
        if gone.is_empty() { Ok(()) } else { self.writer.message(&protocol::awareness(gone.iter())) }
    }

    async fn listen(self: Rc<Self>, mut reader: Reader) {
        loop {
            let mut heard = Ok(());
            let read = reader.read(|frame| {
                let head = if frame.len() < 126 { 2 } else { 4 };
                self.heard_bytes.set(self.heard_bytes.get() + head + frame.len() as u64);
                heard = self.hear(frame);
            });
            if let Err(error) = read.await.and(heard) {
                self.closed.borrow_mut().get_or_insert(format!("{error:#}"));
                return;
            }
        }
    }

    fn seen(&self) -> usize {
        self.others.borrow().values().filter(|other| other.is_here).count()
    }
}

/// All of them, each caret moving once in `every`.
pub async fn hall(target: &Target, clients: usize, every: Duration, window: Window) -> Result<Value> {
    let mut all = Vec::with_capacity(clients);
    for number in 0..clients {
        let (client, reader) = Client::open(target, number).await?;
        spawn_local(client.clone().listen(reader));
        client.say()?;
        all.push(client);
    }
    for (number, client) in all.iter().cloned().enumerate() {
        let first = every * number as u32 / clients as u32;
        spawn_local(async move {
            tokio::time::sleep(first).await;
            while client.closed.borrow().is_none() {
                let _ = client.say();
                tokio::time::sleep(every).await;
            }
        });
    }
    for client in all.iter().cloned() {
        spawn_local(async move {
            while client.closed.borrow().is_none() {
                tokio::time::sleep(LOOKS).await;
                let _ = client.look();
            }
        });
    }
    tokio::time::sleep(window.warmup).await;
    let (begin, cpu_before) = (Instant::now(), cpu(target.pid)?);
    let before: Vec<u64> = all.iter().map(|client| client.heard_bytes.get()).collect();
    tokio::time::sleep(window.length).await;
    let (took, used) = (begin.elapsed().as_secs_f64(), cpu(target.pid)? - cpu_before);
    let heard = all.iter().zip(before).map(|(client, before)| (client.heard_bytes.get() - before) as f64 / took / 1024.0);
    let heard: Vec<f64> = heard.collect();
    ensure!(!heard.is_empty(), "there is nobody");
    let closed: Vec<String> = all.iter().filter_map(|client| client.closed.borrow().clone()).collect();
    if let Some(first) = closed.first() {
        eprintln!("closed: {first}");
    }
    Ok(json!({
        "clients": clients, "closed": closed.len(), "seconds": round(took),
        "kib_s_each": round(heard.iter().sum::<f64>() / heard.len() as f64),
        "kib_s_most": round(heard.iter().copied().fold(0.0, f64::max)),
        "cpu_cores": round(used.as_secs_f64() / took), "rss_kib": rss_kib(target.pid)?,
        "seen_least": all.iter().map(|client| client.seen()).min(), "forgot": all.iter().map(|client| client.forgot.get()).sum::<usize>(),
    }))
}
