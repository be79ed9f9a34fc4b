//! One run of the talks: who is there, what is said in public, and everything that everybody is shown meanwhile.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use plenary_shared::{
    talk::layer::{self, Annotation, Kept, Position, Stance, What},
    text::{plan::Outline, words::ExactWords},
};
use plenary_tests::{
    cli::Cli,
    client::YClient,
    doc::words_of,
    http::{api, open, raw},
    server::{Seat, Server, Start},
    trace::document,
};
use serde_json::json;
use std::{
    collections::BTreeMap,
    io::Read,
    sync::mpsc,
    thread::JoinHandle,
    time::{Duration, Instant},
};
use yrs::{Text, Transact, TransactionMut, WriteTxn};

use super::{
    asks::ask,
    record::{Record, without_printed_times},
    secrets::Secret,
    stage::Stage,
};

/// Who listens where while the talks go on, and writes there where it is said below.
const LIVE: [(&str, &str); 18] = [
    ("arv", "p-1"),
    ("arv", "p-1/arv/public"),
    ("arv", "p-1/arv/positions"),
    ("bor", "p-1"),
    ("bor", "p-1/arv/public"),
    ("bor", "p-1/arv/positions"),
    ("bor", "p-1/bor/public"),
    ("bor", "p-1/bor/positions"),
    ("bor", "p-1/bor/private"),
    ("cel", "p-1"),
    ("cel", "p-1/arv/public"),
    ("cel", "p-1/arv/positions"),
    ("cel", "p-1/cel/positions"),
    ("cel", "p-1/cel/private"),
    ("med", "p-1"),
    ("med", "framework"),
    ("med", "p-1/arv/public"),
    ("med", "p-1/arv/positions"),
];
/// Of these, sockets on plans (which keep them in memory); the three who follow the log take a session's place as well.
const ON_PLANS: usize = 5 + 3;

/// What is read by the command line.
const CLI_READS: [&str; 11] = [
    "plan list",
    "plan consent p-1",
    "show p-1",
    "layer list p-1",
    "export p-1",
    "log p-1",
    "log p-1 --acts",
    "watch p-1 --since 0 --count 4",
    "party seats",
    "devices",
    "standing p-1",
];

/// What everybody was shown, by name; `figures` is what the chair reads of the whole server.
pub type Shown = BTreeMap<&'static str, Record>;

/// A run.
pub struct Talks<'a> {
    stage: &'a Stage,
    server: Server,
    live: Vec<(&'static str, &'static str, YClient)>,
    logs: Vec<(&'static str, JoinHandle<Vec<u8>>)>,
    clis: Vec<(&'static str, Cli)>,
    shown: Shown,
}

/// Runs the talks once. What is said in public is the same each time, and `secret` acts in between, at the same places.
pub async fn run(stage: &Stage, secret: Secret) -> Shown {
    let server = Start::demo(0, 1).copy_of(stage.server.data()).start();
    // The links name the address at which this run's server listens.
    let clis = [("bor", server.delegate(1, 0)), ("cel", server.delegate(2, 0))].map(|(who, seat)| (who, Cli::join(&seat)));
    let mut talks = Talks { stage, server, live: Vec::new(), logs: Vec::new(), clis: clis.into(), shown: Shown::new() };
    let mut secret = secret.begin(stage);
    secret.act(0, &talks.server).await;
    talks.begin().await;
    secret.act(1, &talks.server).await;
    talks.draft().await;
    secret.act(2, &talks.server).await;
    talks.annotate().await;
    talks.push_to_the_text(0);
    secret.act(3, &talks.server).await;
    talks.look("in the middle").await;
    talks.misbehave().await;
    secret.act(4, &talks.server).await;
    talks.push_to_the_text(1);
    talks.go_on().await;
    secret.act(5, &talks.server).await;
    talks.push_to_the_text(2);
    talks.look("at the end").await;
    talks.end().await;
    talks.server.restart();
    secret.act(6, &talks.server).await;
    talks.look_again().await;
    drop(secret);
    talks.shown.values_mut().for_each(Record::number_tags);
    talks.shown
}

impl Talks<'_> {
    fn seat(&self, who: &str) -> &Seat {
        let Stage { arv, bor, cel, med, .. } = self.stage;
        [("arv", arv), ("bor", bor), ("cel", cel), ("med", med)].into_iter().find(|(name, _)| *name == who).unwrap().1
    }

    fn of(&mut self, who: &'static str) -> &mut Record {
        self.shown.entry(who).or_default()
    }

    fn at(&self, who: &str, room: &str) -> &YClient {
        &self.live.iter().find(|(name, at, _)| (*name, *at) == (who, room)).unwrap().2
    }

    fn in_room<'s>(&'s self, room: &'s str) -> impl Iterator<Item = &'s YClient> {
        self.live.iter().filter(move |(_, at, _)| *at == room).map(|(_, _, client)| client)
    }

    /// Everybody comes in, follows the log and says where they are.
    async fn begin(&mut self) {
        for (n, (who, room)) in LIVE.into_iter().enumerate() {
            let mut client = YClient::with_id(100 + n as u64).listening();
            client.connect(&self.server, room, self.seat(who)).await;
            self.live.push((who, room, client));
        }
        self.follow("log");
        for (clock, (who, room)) in [("bor", "p-1"), ("cel", "p-1"), ("arv", "p-1"), ("bor", "p-1/arv/public")].iter().enumerate()
        {
            self.be_present(who, room, 1 + clock as u32).await;
        }
    }

    /// The words change, and bor opens a layer that arv may have opened as well.
    async fn draft(&mut self) {
        self.write("arv", "p-1", |txn| words_of(txn, "p1").insert(txn, 0, "By D-Day ")).await;
        self.write("bor", "p-1", |txn| words_of(txn, "p2").insert(txn, 0, "[Subject to point 1,] ")).await;
        for layer in ["talk", "talk", "other"] {
            let body = json!({ "layer": layer, "audience": ["cel"] }).to_string();
            let bearer = format!("Bearer {}", self.stage.bor.token);
            let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("Connection", "close")];
            let path = "/api/conferences/vale-talks/plans/p-1/layers";
            let answer = raw(&self.server.address(), "POST", path, &headers, body.as_bytes());
            self.of("bor").add_answer(format!("opening {layer}"), &answer);
        }
    }

    /// Everybody says something in layers that the others read, bor and cel also in private.
    async fn annotate(&mut self) {
        self.put("arv", "p-1/arv/public", note("note-arv", "p1", "We can live with 30.")).await;
        let reply = Annotation { reply_to: Some("note-arv".parse().unwrap()), ..note("note-bor", "p1", "We cannot.") };
        self.put("bor", "p-1/bor/public", reply).await;
        self.put("bor", "p-1/bor/private", note("mine-bor", "p1", "Ask the capital.")).await;
        self.put("cel", "p-1/cel/private", note("mine-cel", "p3", "Fine.")).await;
        for (who, room, stance, point) in [
            ("arv", "p-1/arv/positions", Stance::Accept, "p3"),
            ("bor", "p-1/bor/positions", Stance::Accept, "p3"),
            ("cel", "p-1/cel/positions", Stance::Reserve, "p1"),
        ] {
            let position = self.position(who, stance, point);
            self.put(who, room, position).await;
        }
    }

    /// arv, bor and med write beside the points from away: whatever one did in private, it is taken at once.
    fn push_to_the_text(&mut self, time: u64) {
        for (n, who) in ["arv", "bor", "med"].into_iter().enumerate() {
            let doc = document(400 + 10 * time + n as u64);
            let update = {
                let mut txn = doc.transact_mut();
                txn.get_or_insert_text("text").push(&mut txn, "From away. ");
                BASE64.encode(txn.encode_update_v1())
            };
            let body = json!({ "edits": [{ "parts": [{ "update": update }], "seen": 1 }] }).to_string();
            let bearer = format!("Bearer {}", self.seat(who).token);
            let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("Connection", "close")];
            let path = "/api/conferences/vale-talks/plans/p-1/push";
            let answer = raw(&self.server.address(), "POST", path, &headers, body.as_bytes());
            assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", answer.escape_ascii());
            self.of(who).add_answer(format!("pushing, time {time}"), &answer);
        }
    }

    /// bor writes where it may only read, cel sends something that is no update.
    async fn misbehave(&mut self) {
        let reader = self.at("bor", "p-1/arv/public");
        reader.edit(|txn| layer::put(txn, &note("note-arv", "p1", "forged")).unwrap()).await;
        reader.wait("refused", |state| !state.denied.is_empty()).await;
        for (n, room) in ["p-1", "p-1/cel/positions"].into_iter().enumerate() {
            let mut hostile = YClient::with_id(200 + n as u64).listening();
            hostile.connect(&self.server, room, &self.stage.cel).await;
            hostile.send(plenary_shared::wire::protocol::update(&[0x80, 0x80, 0x80, 0x80, 0x01, 0x01, 0x01, 0x00])).await;
            hostile.wait("closed", |state| state.closed.is_some()).await;
            hostile.cut();
            let heard = hostile.lock().heard.take().unwrap();
            self.of("cel").add_messages(&format!("a hostile socket on {room}"), &heard);
        }
    }

    /// After all that the talks go on: an act of the chair, words, an annotation taken back, presence.
    async fn go_on(&mut self) {
        self.settle().await;
        let path = format!("/conferences/{}/plans/p-1/consent", self.server.demo.conference);
        let parties = json!({ "parties": ["arv", "bor"] });
        assert_eq!(api(&self.server.address(), &self.stage.med.token, "PUT", &path, Some(parties)).status, 200);
        self.write("med", "p-1", |txn| words_of(txn, "p3").insert(txn, 0, "[Done.] ")).await;
        self.write("arv", "p-1/arv/public", |txn| {
            layer::withdraw(txn, &"note-arv".parse().unwrap()).unwrap();
        })
        .await;
        self.put("arv", "p-1/arv/public", note("more-arv", "p2", "More.")).await;
        self.be_present("arv", "p-1", 9).await;
        self.be_present("cel", "p-1", 10).await;
    }

    /// Everybody asks for everything, by HTTP and by the command line, and everybody comes in once more.
    async fn look(&mut self, when: &'static str) {
        self.settle().await;
        self.ask_all(when);
        self.print_all(when);
        self.join_all(when).await;
        self.settle().await;
    }

    async fn look_again(&mut self) {
        let when = "after a restart";
        self.ask_all(when);
        self.join_all(when).await;
        // What others did after the first record, as the log keeps it.
        self.follow("log?since=1");
        self.end().await;
    }

    fn follow(&mut self, log: &str) {
        for who in ["bor", "cel", "med"] {
            let log = follow(&self.server, self.seat(who), log);
            self.logs.push((who, log));
        }
    }

    fn ask_all(&mut self, when: &'static str) {
        let stage = self.stage;
        for (who, token) in [
            ("bor", Some(&stage.bor.token)),
            ("cel", Some(&stage.cel.token)),
            ("med", Some(&stage.med.token)),
            ("a stranger", Some(&stage.foreign)),
            ("nobody", None),
        ] {
            let answers = ask(&self.server.address(), token.map(String::as_str), when);
            self.of(who).0.extend(answers.0);
        }
        let figures = self.figures();
        self.of("figures").add_answer(format!("{when}: the figures"), &figures);
    }

    fn print_all(&mut self, when: &'static str) {
        for (who, cli) in &self.clis {
            for line in CLI_READS {
                let output = cli.run(&[&line.split(' ').collect::<Vec<_>>()[..], &["--json"]].concat());
                assert!(output.status.success(), "plenary {line}: {}", String::from_utf8_lossy(&output.stderr));
                let record = self.shown.entry(who).or_default();
                record.add(format!("{when}: plenary {line}"), without_printed_times(&output.stdout));
                record.add(format!("{when}: plenary {line}, what it says beside"), output.stderr);
            }
        }
    }

    async fn join_all(&mut self, when: &'static str) {
        for (n, (who, room)) in LIVE.into_iter().enumerate().filter(|(_, (who, _))| *who != "arv") {
            let mut client = YClient::with_id(300 + n as u64).listening();
            client.connect(&self.server, room, self.seat(who)).await;
            let heard = client.lock().heard.take().unwrap();
            client.cut();
            self.of(who).add_messages(&format!("{when}: joining {room}"), &heard);
        }
    }

    /// The server stops, and everybody is told.
    async fn end(&mut self) {
        assert_eq!(self.server.sigterm(), Some(0));
        for (who, room, mut client) in std::mem::take(&mut self.live) {
            client.wait("closed", |state| state.closed.is_some()).await;
            let heard = client.lock().heard.take().unwrap();
            client.cut();
            self.of(who).add_messages(&format!("on {room}"), &heard);
        }
        for (who, log) in std::mem::take(&mut self.logs) {
            self.of(who).add_log("the log", &log.join().unwrap());
        }
    }

    /// Writes and waits until everybody in the room has seen it.
    async fn write(&self, who: &str, room: &str, change: impl FnOnce(&mut TransactionMut)) {
        let writer = self.at(who, room);
        writer.edit(change).await;
        let (id, clock) = (writer.id(), writer.clock());
        for client in self.in_room(room) {
            client.wait("the edit", |state| state.clock_seen(id) >= clock).await;
        }
    }

    async fn put(&self, who: &str, room: &str, annotation: Annotation) {
        self.write(who, room, |txn| layer::put(txn, &annotation).unwrap()).await;
    }

    /// Says where the cursor is, and waits until everybody in the room knows.
    async fn be_present(&self, who: &str, room: &str, clock: u32) {
        let client = self.at(who, room);
        client.send_presence(client.id(), clock, &format!(r#"{{"cursor":"at {clock}"}}"#)).await;
        let (id, at) = (client.id(), format!("at {clock}\""));
        for client in self.in_room(room) {
            client.wait("the presence", |state| state.presence.get(&id).is_some_and(|state| state.contains(&at))).await;
        }
    }

    fn position(&self, who: &str, stance: Stance, point: &str) -> Annotation {
        let client = self.at(who, "p-1").lock();
        let exact = ExactWords::read(&Outline::read(&client.doc.transact())).get(&point.parse().unwrap()).unwrap().clone();
        let words = Some(Kept { digest: exact.digest, json: exact.json, weave: String::new(), around: String::new() });
        let what = What::Position(Position { stance, ad_referendum: false, words });
        Annotation { what, ..note(&format!("position-{who}"), point, "It is time.") }
    }

    fn figures(&self) -> Vec<u8> {
        let bearer = format!("Bearer {}", self.stage.med.token);
        raw(&self.server.address(), "GET", "/metrics", &[("Authorization", &bearer), ("Connection", "close")], b"")
    }

    /// Waits until the server counts no more sessions than there are: it notices later that a socket is gone.
    async fn settle(&self) {
        let settled = format!("\nplenary_sessions {ON_PLANS}\n");
        let begin = Instant::now();
        loop {
            let figures = String::from_utf8(self.figures()).unwrap();
            if figures.contains(&settled) {
                return;
            }
            assert!(begin.elapsed() < Duration::from_secs(30), "not{settled}but\n{figures}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Follows a plan's log until it ends; returns once something has come.
fn follow(server: &Server, seat: &Seat, log: &str) -> JoinHandle<Vec<u8>> {
    let bearer = format!("Bearer {}", seat.token);
    let path = format!("/api/conferences/vale-talks/plans/p-1/{log}");
    let headers = [("Authorization", bearer.as_str()), ("Connection", "close")];
    let mut stream = open(&server.address(), "GET", &path, &headers, b"");
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let (something, came) = mpsc::sync_channel(1);
    let following = std::thread::spawn(move || {
        let (mut log, mut some) = (Vec::new(), [0; 4096]);
        loop {
            match stream.read(&mut some).expect("the log, or its end") {
                0 => return log,
                n => log.extend_from_slice(&some[..n]),
            }
            if log.ends_with(b"\n\r\n") {
                let _ = something.try_send(());
            }
        }
    });
    came.recv_timeout(Duration::from_secs(30)).expect("the log begins");
    following
}

/// A note as one party's client writes it.
pub fn note(id: &str, point: &str, body: &str) -> Annotation {
    Annotation {
        id: id.parse().unwrap(),
        point: point.parse().unwrap(),
        anchor: None,
        quote: String::new(),
        what: What::Note,
        body: body.to_owned(),
        reply_to: None,
        entered_for: None,
        resolved: false,
        withdrawn: false,
        by: None,
        at_ms: 1_900_000_000_000,
    }
}
