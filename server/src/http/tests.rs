//! What a disk that is full, or fails, comes to over HTTP.

use axum::{
    body::{self, Body},
    http::HeaderMap,
};
use plenary_shared::access::Access;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::testing::{Ailing, Table, plan};

/// A table on a store whose disk may ail: arv drafts, bor reads.
struct Ward {
    disk: Arc<Ailing>,
    table: Table,
    router: Router,
}

impl Ward {
    async fn new() -> Self {
        let disk = Arc::new(Ailing::default());
        let table = Table::on(disk.clone()).await;
        let access =
            [("arv", Access::Draft), ("bor", Access::Read)].map(|(party, access)| (party.parse().unwrap(), access)).into();
        table.registry.set_access(table.member("med"), plan(), access).await.unwrap();
        let bounds = Limits { sessions: 100, sessions_per_member: 8, tls: false };
        let app = App::new(table.registry.clone(), table.rooms.clone(), Arc::new(Figures::default()), bounds);
        Self { disk, router: super::router(app), table }
    }

    /// Status, headers and the error's word.
    async fn answer(&self, request: Request<Body>) -> (u16, HeaderMap, Option<String>) {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let word = serde_json::from_slice::<Value>(&body).ok().and_then(|body| Some(body["error"].as_str()?.to_owned()));
        (status, headers, word)
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
        let request = Request::builder().method(method).uri(format!("/api/conferences/talks{path}"));
        let request = request.header("Authorization", format!("Bearer {}", self.table.tokens[party]));
        let text = body.to_string();
        let request = request.header("Content-Type", "application/json").header("Content-Length", text.len());
        self.answer(request.body(text.into()).unwrap()).await
    }

    async fn edit(&self) -> (u16, HeaderMap, Option<String>) {
        self.send("POST", "/plans/plan/edits", "arv", json!({ "edits": [{ "add": { "words": "The Parties meet." } }] })).await
    }

    async fn add_party(&self, id: &str) -> (u16, HeaderMap, Option<String>) {
        self.send("POST", "/parties", "med", json!({ "id": id, "name": id })).await
    }
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
