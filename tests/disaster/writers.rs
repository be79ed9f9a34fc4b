//! Four writers, two on each of two plans, and what each was shown.

use anyhow::{Result, anyhow};
use plenary_tests::{
    client::YClient,
    doc::covers,
    server::{Seat, Server},
};
use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

/// Edits of one client that nobody has heard of yet: as many keep the server busy.
const IN_FLIGHT: u64 = 64;

/// Four clients that write.
pub struct Writers {
    clients: Vec<(String, Seat, YClient)>,
}

/// What a client was shown of a plan.
pub struct Shown {
    plan: String,
    seat: Seat,
    client: YClient,
    /// Edits of its own that came back.
    pub edits: u64,
}

impl Writers {
    /// Connects them to a plan, counted from 0, and the one after it.
    pub async fn begin(server: &Server, plan: usize) -> Result<Self> {
        let mut clients = Vec::new();
        for n in 0..4 {
            let (plan, seat) = (format!("p-{}", plan + n / 2 + 1), server.delegate(n % 2, n / 2));
            let mut client = YClient::new();
            client.try_connect(server, &plan, &seat).await.map_err(|why| anyhow!(why))?;
            clients.push((plan, seat, client));
        }
        Ok(Self { clients })
    }

    /// Has them write until the disaster, which comes after this time.
    pub async fn work(&mut self, time: Duration, disaster: impl FnOnce() -> Result<()>) -> Result<()> {
        let stop = AtomicBool::new(false);
        let mut clients = self.clients.iter().enumerate().map(|(n, (_, _, client))| write(n, client, &stop));
        let [a, b, c, d] = std::array::from_fn(|_| clients.next().expect("there are four"));
        let end = async {
            tokio::time::sleep(time).await;
            let done = tokio::task::block_in_place(disaster);
            // What was on the wire by then counts as shown.
            tokio::time::sleep(Duration::from_millis(20)).await;
            stop.store(true, Relaxed);
            done
        };
        let (_, _, _, _, done) = tokio::join!(a, b, c, d, end);
        done
    }

    /// What they were shown; their connections end.
    pub fn shown(self) -> Vec<Shown> {
        let shown = |(plan, seat, mut client): (String, Seat, YClient)| {
            client.cut();
            let edits = edits_shown(&client);
            Shown { plan, seat, client, edits }
        };
        self.clients.into_iter().map(shown).collect()
    }
}

impl Shown {
    /// Whether the server shows all of it.
    pub async fn is_there(&self, server: &Server) -> bool {
        let now = YClient::join(server, &self.plan, &self.seat).await;
        let id = self.client.id();
        let (has, shown) = (now.lock().clock_seen(id), self.client.lock().clock_seen(id));
        let there = covers(&now.lock().doc, &self.client.lock().seen);
        if !there {
            println!("  {}: of its own {shown} characters that were shown the server has {has}", self.plan);
        }
        there
    }
}

const WORDS: &str = "the Parties shall withdraw ";

async fn write(n: usize, client: &YClient, stop: &AtomicBool) {
    let mut made = 0_u64;
    while !stop.load(Relaxed) && client.lock().closed.is_none() {
        client.insert("text", ((made * 7_919 + n as u64) % (made * 13 + 1)) as u32, WORDS).await;
        made += 1;
        while !stop.load(Relaxed) && client.lock().closed.is_none() && made - edits_shown(client) > IN_FLIGHT {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

fn edits_shown(client: &YClient) -> u64 {
    let id = client.id();
    u64::from(client.lock().clock_seen(id) / WORDS.len() as u32)
}
