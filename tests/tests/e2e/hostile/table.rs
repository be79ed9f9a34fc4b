//! A table at which three parties type, each with a stock Yjs client, while a fourth means harm.
//!
//! After each attack: none of the three was closed, once; all that they typed is there; they, whoever comes now and, in the end, the log
//! read again from the disk show the same words.

use plenary_tests::{
    client::{PATIENCE, YClient},
    http::api,
    server::{Seat, Server, Start},
    stock::{Credential, Stock},
};
use serde_json::Value;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};
use tokio::task::block_in_place;

/// The plan on the table.
pub const PLAN: &str = "framework";
/// What each types at least while an attack goes on, and after it.
const WORDS_MIN: usize = 3;

pub struct Table {
    pub server: Server,
    /// A member of the party that means harm.
    pub hostile: Seat,
    /// The points, the last of which the three type in.
    pub points: Vec<String>,
    typists: Vec<Typist>,
}

struct Typist {
    stock: Stock,
    party: String,
    typed: Vec<String>,
}

impl Table {
    /// The chair and two delegations sit down.
    pub async fn set(start: Start) -> Table {
        let server = start.start();
        let points = YClient::join(&server, PLAN, &server.chair()).await.points();
        let seats = [server.chair(), server.delegate(0, 0), server.delegate(1, 0)];
        let typists = block_in_place(|| seats.map(|seat| Typist::join(&server, &seat)));
        Table { hostile: server.delegate(2, 0), server, points, typists: typists.into() }
    }

    /// The three type for as long as the attack takes, and on when it is over. Answers what came of it.
    pub async fn attacked<T>(&mut self, attack: impl AsyncFnOnce(&Table) -> T) -> T {
        let is_over = Over(Arc::new(AtomicBool::new(false)));
        let point = self.points.last().unwrap();
        let typing: Vec<JoinHandle<Typist>> =
            self.typists.drain(..).map(|typist| typist.begin(point.clone(), is_over.0.clone())).collect();
        let came = attack(self).await;
        drop(is_over);
        self.typists = block_in_place(|| typing.into_iter().map(|typing| typing.join().unwrap()).collect());
        self.compare().await;
        came
    }

    /// All three show the same, which is what somebody reads who comes now, with every word that they typed; nobody was closed.
    async fn compare(&mut self) {
        let begin = Instant::now();
        loop {
            let late = YClient::join(&self.server, PLAN, &self.server.head(&self.typists[1].party)).await;
            let (_, read) = late.standing();
            let states: Vec<Value> = block_in_place(|| self.typists.iter_mut().map(|typist| typist.stock.state()).collect());
            for (typist, state) in self.typists.iter().zip(&states) {
                assert!(state["closed"].is_null(), "{} was closed: {}", typist.party, state["closed"]);
            }
            let words = read["points"][self.points.last().unwrap()]["words"].as_str().unwrap();
            let lacks = self.typists.iter().flat_map(|typist| &typist.typed).find(|word| !words.contains(*word));
            if lacks.is_none() && states.iter().all(|state| state["points"] == read["points"]) {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "{lacks:?} is not there, or they read different words: {states:?}\n{read}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The server is killed: what it reads from its log is what all were shown.
    pub async fn clear(mut self) {
        self.compare().await;
        let seat = self.server.chair();
        let shown = YClient::join(&self.server, PLAN, &seat).await.standing();
        self.server.kill_9();
        self.server.restart();
        assert_eq!(
            YClient::join(&self.server, PLAN, &seat).await.standing(),
            shown,
            "the log holds other words than all were shown"
        );
    }

    /// The points as anybody reads them who comes now, but for the words of the one that the three type in.
    pub fn standing(&self) -> Vec<[String; 3]> {
        let path = format!("/conferences/{}/plans/{PLAN}/standing", self.server.demo.conference);
        let answer: Value = api(&self.server.address(), &self.hostile.token, "GET", &path, None).json();
        let text = |point: &Value, field: &str| point[field].as_str().unwrap_or_default().to_owned();
        let typed_in = self.points.last().unwrap();
        let fields = |point: &Value| {
            let shown = if point["point"] == **typed_in { "" } else { "words" };
            ["label", "heading", shown].map(|field| text(point, field))
        };
        answer["points"].as_array().unwrap().iter().map(fields).collect()
    }

    /// Somebody of the hostile party with a client of its own.
    pub async fn joined(&self) -> YClient {
        YClient::join(&self.server, PLAN, &self.hostile).await
    }
}

impl Typist {
    fn join(server: &Server, seat: &Seat) -> Typist {
        let stock = Stock::join(server, PLAN, seat, Credential::Protocols);
        Typist { stock, party: seat.party.clone(), typed: Vec::new() }
    }

    /// Types word after word until the attack is over, and a few more.
    fn begin(mut self, point: String, is_over: Arc<AtomicBool>) -> JoinHandle<Typist> {
        thread::spawn(move || {
            let mut left = WORDS_MIN;
            while left > 0 {
                if is_over.load(SeqCst) {
                    left -= 1;
                }
                let word = format!("{}{}, ", self.party, self.typed.len());
                self.stock.edit_words(&point, 0, 0, &word);
                self.typed.push(word);
                thread::sleep(Duration::from_millis(20));
            }
            self
        })
    }
}

/// Tells the three that the attack is over, also when it ended in a panic.
struct Over(Arc<AtomicBool>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}
