//! Whoever edits from wherever, all end with the same.

use base64::Engine as _;
use plenary_tests::{
    cli::Cli,
    client::YClient,
    doc::standing,
    server::{Seat, Server, Start},
    stock::{Credential, Stock},
    trace::document,
};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use yrs::{Doc, GetString, Text, Transact, Update, WriteTxn, updates::decoder::Decode};

const CYRILLIC: &str = "\u{441}\u{43e}\u{433}\u{43b}\u{430}\u{441}\u{43e}\u{432}\u{430}\u{43d}\u{43e} ";
const ARABIC: &str = "\u{645}\u{62a}\u{641}\u{642} \u{639}\u{644}\u{64a}\u{647} ";
const DOVE: &str = "\u{1f54a}\u{fe0f} ";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_stock_clients_and_two_command_lines_edit_at_once_and_all_end_identical() {
    let server = Start::demo(0, 0).start();
    let plan = server.demo.plan.clone();
    let seats: Vec<Seat> = (0..3).map(|party| server.delegate(party, 0)).collect();
    let observer = YClient::join(&server, &plan, &server.chair()).await;
    let ids: BTreeMap<String, String> = labels(&observer);
    let point = |label: &str| ids[label].clone();
    tokio::task::block_in_place(|| {
        let mut stocks: Vec<Stock> = seats
            .iter()
            .zip([Credential::Params, Credential::Protocols, Credential::Params])
            .map(|(seat, credential)| Stock::join(&server, &plan, seat, credential))
            .collect();
        std::thread::scope(|scope| {
            for (seat, label) in seats.iter().zip(["3", "4"]) {
                let plan = &plan;
                scope.spawn(move || edit_by_command_line(seat, plan, label));
            }
            for round in 0..20 {
                for (n, stock) in stocks.iter_mut().enumerate() {
                    if round == 5 + n {
                        stock.disconnect();
                    }
                    // All in the same points as the command lines, at the start, so that they meet.
                    for label in ["3", "4"] {
                        stock.edit_words(&point(label), 0, usize::from(round % 4 == 3), [CYRILLIC, ARABIC, DOVE][n]);
                    }
                    if round == 12 + n {
                        stock.connect();
                    }
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let points = until_the_same(&mut stocks, &observer);
        assert_eq!(added_in(&points), 10, "every point that a command line added is there");
        for (label, n) in [("3", 0), ("4", 1)] {
            let words = points[point(label)]["words"].as_str().unwrap();
            for round in 0..5 {
                assert!(
                    words.contains(&format!("({}, {round})", seats[n].party)),
                    "the command line's words are overwritten: {words}"
                );
            }
        }
        // The command lines read what the others hold.
        let cli = Cli::join(&seats[2]);
        for label in ["3", "4"] {
            assert_eq!(words_shown(&cli, &plan, label), points[point(label)]["words"].as_str().unwrap());
        }
        // yrs and Yjs hold the same, not only look the same.
        for stock in &mut stocks {
            assert_eq!(standing(&copy_of(stock)), observer.standing());
        }
    });
}

/// What a stock client holds, in yrs.
fn copy_of(stock: &mut Stock) -> Doc {
    let update = stock.ask(json!({ "do": "update" }));
    let bytes = base64::engine::general_purpose::STANDARD.decode(update["update"].as_str().unwrap()).unwrap();
    let doc = document(1);
    doc.transact_mut().apply_update(Update::decode_v1(&bytes).unwrap()).unwrap();
    doc
}

/// Five rounds of changing the words of a point and adding another.
fn edit_by_command_line(seat: &Seat, plan: &str, label: &str) {
    let cli = Cli::join(seat);
    for round in 0..5 {
        let shown = words_shown(&cli, plan, label);
        cli.done(&["words", plan, label, &format!("{shown} ({}, {round})", seat.party)]);
        cli.done(&["add", plan, &format!("Added by {} in round {round}.", seat.party), "--after", "10"]);
    }
}

/// How many points a command line added.
fn added_in(points: &Value) -> usize {
    let words = |point: &Value| point["words"].as_str().unwrap_or_default().starts_with("Added by");
    points.as_object().unwrap().values().filter(|point| words(point)).count()
}

/// The points that all come to hold.
fn until_the_same(stocks: &mut [Stock], observer: &YClient) -> Value {
    let begin = Instant::now();
    loop {
        let states: Vec<Value> = stocks.iter_mut().map(|s| s.state()["points"].clone()).collect();
        let mine = standing(&observer.lock().doc).1["points"].clone();
        if states.iter().all(|state| *state == mine) && stocks.iter_mut().all(|s| s.state()["synced"] == true) {
            return mine;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "they never became the same:\n{mine:#}\n{states:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The ids of the points by their labels.
fn labels(client: &YClient) -> BTreeMap<String, String> {
    let points = client.standing().1["points"].clone();
    points.as_object().unwrap().iter().map(|(id, p)| (p["label"].as_str().unwrap_or_default().to_owned(), id.clone())).collect()
}

fn words_shown(cli: &Cli, plan: &str, label: &str) -> String {
    fn find(value: &Value) -> Option<String> {
        match value {
            Value::Object(fields) => {
                fields.get("words").and_then(Value::as_str).map(str::to_owned).or_else(|| fields.values().find_map(find))
            }
            Value::Array(items) => items.iter().find_map(find),
            _ => None,
        }
    }
    let shown = cli.json(&["show", plan, label]);
    find(&shown).unwrap_or_else(|| panic!("no words in {shown}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn presence_works_for_stock_clients_and_ends_with_their_socket() {
    let server = Start::demo(0, 1).start();
    let (arv, bor) = (server.delegate(0, 0), server.delegate(1, 0));
    tokio::task::block_in_place(|| {
        let mut one = Stock::join(&server, "p-1", &arv, Credential::Protocols);
        let mut two = Stock::join(&server, "p-1", &bor, Credential::Params);
        let id = one.state()["client"].to_string();
        one.ask(json!({ "do": "presence", "state": { "user": { "name": "The Chair", "color": "#aabbcc" }, "cursor": 3 } }));
        let seen = two.wait("present", |s| s["presence"][&id]["user"]["name"].is_string());
        assert_eq!(seen["presence"][&id]["user"]["name"], arv.name);
        assert_eq!(seen["presence"][&id]["cursor"], 3);
        drop(one);
        two.wait("gone", |s| s["presence"].get(&id).is_none());
    });
}

/// What one replica does next.
#[derive(Clone, Debug)]
enum Step {
    Insert(u8, &'static str),
    Delete(u8, u8),
    Cut,
    Join,
}

/// A yrs replica or a stock one.
enum Replica {
    Yrs(Box<YClient>),
    Stock(Box<Stock>),
}

impl Replica {
    /// Does what comes next; `seat` is whose replica it is.
    async fn take(&mut self, step: &Step, server: &Server, plan: &str, seat: &Seat) {
        match (self, step) {
            (Replica::Yrs(client), Step::Cut) => client.cut(),
            (Replica::Yrs(client), Step::Join) => client.connect(server, plan, seat).await,
            (Replica::Yrs(client), edit) => {
                let edited = client.edit(|txn| {
                    let text = txn.get_or_insert_text("text");
                    let (at, delete, insert) = place(&text.get_string(txn), edit);
                    if delete > 0 {
                        text.remove_range(txn, at, delete);
                    }
                    text.insert(txn, at, insert);
                });
                edited.await;
            }
            (Replica::Stock(stock), Step::Cut) => stock.disconnect(),
            (Replica::Stock(stock), Step::Join) => stock.connect(),
            (Replica::Stock(stock), edit) => {
                stock.edit_text("text", 0, 0, "");
                let now = stock.state()["texts"]["text"].as_str().unwrap_or_default().to_owned();
                let (at, delete, insert) = place(&now, edit);
                stock.edit_text("text", at as usize, delete as usize, insert);
            }
        }
    }
}

#[test]
fn two_to_eight_replicas_with_cuts_always_converge() {
    let server = Start::demo(3, CASES as usize + 1).start();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let step = prop_oneof![
        6 => (any::<u8>(), prop_oneof![Just("a"), Just("word "), Just(CYRILLIC), Just(ARABIC), Just(DOVE), Just("[or]")]).prop_map(|(at, s)| Step::Insert(at, s)),
        3 => (any::<u8>(), 1..12_u8).prop_map(|(at, n)| Step::Delete(at, n)),
        1 => Just(Step::Cut),
        1 => Just(Step::Join),
    ];
    let script =
        (2..=8_usize).prop_flat_map(move |replicas| (Just(replicas), prop::collection::vec((0..replicas, step.clone()), 10..80)));
    let mut runner = TestRunner::new_with_rng(
        Config { cases: CASES, max_shrink_iters: 0, failure_persistence: None, ..Config::default() },
        TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]),
    );
    let case = std::cell::Cell::new(0);
    runner
        .run(&script, |(replicas, steps)| {
            case.set(case.get() + 1);
            runtime.block_on(run(&server, &format!("p-{}", case.get()), replicas, &steps));
            Ok(())
        })
        .unwrap();
}

const CASES: u32 = 16;

async fn run(server: &Server, plan: &str, count: usize, steps: &[(usize, Step)]) {
    // Every third one is a stock client.
    let mut replicas = Vec::new();
    for n in 0..count {
        let seat = server.delegate(n % 3, n / 3);
        replicas.push(match n % 3 == 1 {
            true => {
                Replica::Stock(Box::new(tokio::task::block_in_place(|| Stock::join(server, plan, &seat, Credential::Params))))
            }
            false => Replica::Yrs(Box::new(YClient::join(server, plan, &seat).await)),
        });
    }
    for (n, step) in steps {
        replicas[*n].take(step, server, plan, &server.delegate(n % 3, n / 3)).await;
    }
    for (n, replica) in replicas.iter_mut().enumerate() {
        match replica {
            Replica::Yrs(client) => client.connect(server, plan, &server.delegate(n % 3, n / 3)).await,
            Replica::Stock(stock) => {
                stock.edit_text("text", 0, 0, "");
                stock.connect();
            }
        }
    }
    until_all_hold_the_same(server, plan, &mut replicas).await;
}

async fn until_all_hold_the_same(server: &Server, plan: &str, replicas: &mut [Replica]) {
    let begin = Instant::now();
    loop {
        let texts: Vec<String> = replicas
            .iter_mut()
            .map(|replica| match replica {
                Replica::Yrs(client) => client.text("text"),
                Replica::Stock(stock) => stock.state()["texts"]["text"].as_str().unwrap_or_default().to_owned(),
            })
            .collect();
        let late = YClient::join(server, plan, &server.delegate(0, 0)).await;
        let yrs = replicas.iter().filter_map(|r| if let Replica::Yrs(client) = r { Some(client) } else { None });
        if texts.iter().all(|text| *text == late.text("text"))
            && yrs.into_iter().all(|client| client.standing() == late.standing())
        {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "they never became the same: {texts:#?}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// Where an edit falls in a text, in UTF-16 units and never within a character, what it deletes and what it inserts.
fn place<'a>(text: &str, step: &Step) -> (u32, u32, &'a str) {
    let widths: Vec<u32> = text.chars().map(|c| c.len_utf16() as u32).collect();
    let start = |at: u8| widths.len() * at as usize / 256;
    let units = |range: &[u32]| range.iter().sum::<u32>();
    match step {
        Step::Insert(at, what) => (units(&widths[..start(*at)]), 0, what),
        Step::Delete(at, count) => {
            let (from, to) = (start(*at), (start(*at) + *count as usize).min(widths.len()));
            (units(&widths[..from]), units(&widths[from..to]), "")
        }
        Step::Cut | Step::Join => (0, 0, ""),
    }
}
