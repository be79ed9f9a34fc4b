//! What a disk that is full, or fails, comes to over HTTP.

use axum::{
    body::{self, Body},
    http::HeaderMap,
};
use plenary_shared::{
    access::Access,
    talk::layer::{self, Annotation},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::{
    config::Limits,
    metrics::Figures,
    store::{Condition, StoreError},
    testing::{Faulty, Table, note},
};

/// A table on a store whose disk may ail: arv drafts, bor reads.
struct Ward {
    disk: Arc<Faulty>,
    table: Table,
    router: Router,
}

impl Ward {
    async fn new() -> Self {
        let disk = Arc::new(Faulty::default());
        let table = Table::on(disk.clone()).await;
        let access =
            [("arv", Access::Draft), ("bor", Access::Read)].map(|(party, access)| (party.parse().unwrap(), access)).into();
        table.give(access).await;
        Self { disk, router: served(&table), table }
    }

    /// Status, headers and the error's word.
    async fn answer(&self, request: Request<Body>) -> (u16, HeaderMap, Option<String>) {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        (status, headers, told(answer).await["error"].as_str().map(String::from))
    }

    async fn ready(&self) -> (u16, HeaderMap, Option<String>) {
        self.answer(Request::get("/readyz").body(Body::empty()).unwrap()).await
    }

    async fn connect(&self, party: &str) -> (u16, HeaderMap, Option<String>) {
        let request = Request::get("/sync/talks/plan").header("Authorization", format!("Bearer {}", self.table.tokens[party]));
        let request =
            request.header("Upgrade", "websocket").header("Connection", "upgrade").header("Sec-WebSocket-Version", "13");
        self.answer(request.header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==").body(Body::empty()).unwrap()).await
    }

    async fn send(&self, method: &str, path: &str, party: &str, body: Value) -> (u16, HeaderMap, Option<String>) {
        self.answer(request(&self.table, method, path, party, body)).await
    }

    async fn edit(&self) -> (u16, HeaderMap, Option<String>) {
        self.send("POST", "/plans/plan/edits", "arv", json!({ "edits": [{ "add": { "words": "The Parties meet." } }] })).await
    }

    async fn add_party(&self, id: &str) -> (u16, HeaderMap, Option<String>) {
        self.send("POST", "/parties", "med", json!({ "id": id, "name": id })).await
    }
}

pub(super) fn served(table: &Table) -> Router {
    let bounds = Limits { sessions: 100, sessions_per_member: 8, tls: false };
    super::router(App::new(table.registry.clone(), table.rooms.clone(), Arc::new(Figures::default()), bounds))
}

pub(super) fn request(table: &Table, method: &str, path: &str, party: &str, body: Value) -> Request<Body> {
    let request = Request::builder().method(method).uri(format!("/api/conferences/talks{path}"));
    let request = request.header("Authorization", format!("Bearer {}", table.tokens[party]));
    let text = body.to_string();
    let request = request.header("Content-Type", "application/json").header("Content-Length", text.len());
    request.body(text.into()).unwrap()
}

/// What stands in an answer, nothing if that is no JSON.
async fn told(answer: Response) -> Value {
    let body = body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    serde_json::from_slice(&body).unwrap_or_default()
}

/// What an answer says, and whether it says when to ask again.
fn said((status, headers, word): (u16, HeaderMap, Option<String>)) -> (u16, Option<String>, bool) {
    (status, word, headers.contains_key("Retry-After"))
}

fn full(status: u16) -> (u16, Option<String>, bool) {
    (status, Some("disk_full".into()), true)
}

#[tokio::test]
async fn a_full_disk_refuses_writers_before_the_upgrade_and_lets_readers_in() {
    let ward = Ward::new().await;
    assert_eq!((ward.ready().await.0, ward.connect("arv").await.0, ward.connect("bor").await.0), (200, 101, 101));
    ward.disk.becomes(Condition::Full);
    assert_eq!(said(ward.ready().await), full(503));
    assert_eq!(said(ward.connect("arv").await), full(503));
    assert_eq!(ward.connect("bor").await.0, 101);
    ward.disk.becomes(Condition::Working);
    assert_eq!((ward.ready().await.0, ward.connect("arv").await.0), (200, 101));
}

#[tokio::test]
async fn a_full_disk_keeps_no_change_and_says_so_until_there_is_room() {
    let ward = Ward::new().await;
    ward.disk.becomes(Condition::Full);
    assert_eq!(said(ward.edit().await), full(507));
    assert_eq!(said(ward.add_party("cel").await), full(507));
    assert_eq!(said(ward.send("POST", "/plans/plan/layers", "arv", json!({ "layer": "own", "audience": [] })).await), full(507));
    ward.disk.becomes(Condition::Working);
    assert_eq!((ward.edit().await.0, ward.add_party("cel").await.0), (200, 201));
}

#[tokio::test]
async fn what_a_failed_disk_may_have_kept_is_said_to_be_in_doubt() {
    let doubt = (503, Some("in_doubt".to_owned()), false);
    let ward = Ward::new().await;
    ward.disk.becomes(Condition::Failed);
    assert_eq!(said(ward.add_party("cel").await), doubt);
    assert_eq!(said(ward.ready().await), (503, Some("unavailable".into()), false));
}

#[tokio::test]
async fn a_script_that_may_have_been_kept_is_repeated_with_its_key_and_without_one_looked_for() {
    let store = Arc::new(Faulty::default());
    let table = Table::on(store.clone()).await;
    store.fail(StoreError::InDoubt(Arc::new(std::io::Error::other("the disk is gone"))));
    let edits = json!([{ "add": { "words": "The Parties meet." } }]);
    for (script, advice) in [
        (json!({ "edits": edits }), "the edit may have been kept: look whether it is there before you repeat it"),
        (json!({ "once": "key-1", "edits": edits }), "the edit may have been kept: repeat it with the same key"),
    ] {
        let answer = served(&table).oneshot(request(&table, "POST", "/plans/plan/edits", "arv", script)).await.unwrap();
        let told = told(answer).await;
        assert_eq!((told["error"].as_str(), told["message"].as_str()), (Some("in_doubt"), Some(advice)));
    }
}

#[tokio::test(start_paused = true)]
async fn of_what_takes_too_long_only_a_change_may_have_been_kept() {
    let ward = Ward::new().await;
    for (path, word) in [("edits", "in_doubt"), ("push", "in_doubt"), ("pull", "unavailable"), ("compare", "unavailable")] {
        let mut request = request(&ward.table, "POST", &format!("/plans/plan/{path}"), "arv", json!({}));
        *request.body_mut() = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
        assert_eq!(said(ward.answer(request).await), (503, Some(word.to_owned()), false), "{path}");
    }
}

/// What is asked for and not read: an answer is held until its body is.
#[tokio::test]
async fn answers_that_nobody_reads_are_bounded_for_each_party_and_in_sum() {
    let table = Table::new().await;
    let router = served(&table);
    let long = format!("# Plan\n\n1. {}\n", "word ".repeat(limits::SMALL_MESSAGE_BYTES));
    let access = ["arv", "bor"].map(|party| (party.parse().unwrap(), Access::Draft)).into();
    let new = api::NewPlan { id: "long".parse().unwrap(), title: None, markdown: Some(long), access, consent: None };
    crate::plans::create(&table.registry, table.member("med"), new).await.unwrap();
    let long = Annotation { body: "x".repeat(limits::SMALL_MESSAGE_BYTES), ..note("n1") };
    table.write("med/public", 9, |txn| layer::put(txn, &long).unwrap()).await;
    let ask = |path: &str, party: &str| router.clone().oneshot(request(&table, "GET", path, party, json!(null)));
    let long = ["/state", "/state?seq=1", "/export", "/export?form=annotated", "/log"].map(|path| format!("/plans/long{path}"));
    for path in ["/plans/plan/annotations".to_owned()].iter().chain(&long) {
        let share = limits::ANSWERS_PER_PARTY_BYTES_MAX - limits::SMALL_MESSAGE_BYTES;
        let unread = table.rooms.answers().count(table.member("arv"), vec![0; share].into()).unwrap();
        let refused = ask(path, "arv").await.unwrap();
        assert_eq!(refused.status().as_u16(), 503, "{path}");
        assert!(told(refused).await["message"].as_str().unwrap().contains("waits to be read"), "{path}");
        assert_eq!(ask(path, "bor").await.unwrap().status().as_u16(), 200, "{path}: another party's answers are its own");
        drop(unread);
        assert_eq!(ask(path, "arv").await.unwrap().status().as_u16(), 200, "{path}");
    }
}
