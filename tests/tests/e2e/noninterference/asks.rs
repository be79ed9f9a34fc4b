//! The fixed list of requests that everybody makes, and every byte of the answers.

use plenary_tests::http::raw;
use serde_json::{Value, json};

use super::record::{Record, without_times};

const CONFERENCE: &str = "/api/conferences/vale-talks";
const PLAN: &str = "/api/conferences/vale-talks/plans/p-1";

/// Reads everything that there is to read, errors included; the log's stream is followed elsewhere.
const READ: &[&str] = &[
    "/",
    "/join",
    "/healthz",
    "/readyz",
    "/metrics",
    "/nowhere",
    "/api/nowhere",
    "/api/whoami",
    "/api/conferences",
    "/api/conferences/other",
    "{C}",
    "{C}/parties",
    "{C}/members",
    "{C}/parties/arv/seats",
    "{C}/parties/bor/seats",
    "{C}/parties/absent/seats",
    "{C}/parties/med/seats",
    "/api/devices",
    "{C}/plans",
    "{C}/plans/framework",
    "{C}/plans/framework/layers",
    "{C}/plans/framework/annotations",
    "{C}/plans/absent",
    "{C}/plans/absent/log",
    "{P}",
    "{P}/access",
    "{P}/consent",
    "{P}/shares",
    "{P}/layers",
    "{P}/layers/private",
    "{P}/layers/talk",
    "{P}/layers/talk/audience",
    "{P}/layers/bor/talk/acts",
    "{P}/layers/bor/private/acts",
    "{P}/layers/arv/public/acts",
    "{P}/layers/arv/positions/acts",
    "{P}/layers/arv/private/acts",
    "{P}/layers/arv/talk/acts",
    "{P}/layers/arv/back/acts",
    "{P}/layers/arv/absent/acts",
    "{P}/layers/eld/public/acts",
    "{C}/plans/absent/layers/arv/talk/acts",
    "{P}/annotations",
    "{P}/standing",
    "{P}/brackets",
    "{P}/schedule",
    "{P}/schedule?as=csv",
    "{P}/outline",
    "{P}/export",
    "{P}/export?form=plain&as=html",
    "{P}/export?form=clean&as=markdown",
    "{P}/export?form=annotated&as=markdown",
    "{P}/export?form=annotated&as=html",
    "{P}/export?form=nonsense",
    "{P}/log?since=99999",
    "{P}/log?since=nonsense",
    "{C}/plans/absent/state",
    "{P}/state",
    "{P}/state?seq=1",
    "{P}/state?seq=99999",
    "{P}/state?at_ms=1",
    "{P}/state?at_ms=nonsense",
];

/// Documents that none of those who ask may read, there or not.
const HIDDEN: &[&str] = &["arv/private", "arv/talk", "arv/back", "arv/absent", "eld/public", "arv/private/more", "arv"];

/// Asks for all of it with a token, or without one.
pub fn ask(address: &str, token: Option<&str>, when: &str) -> Record {
    let mut record = Record::default();
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut put = |method: &str, path: &str, more: &[(&str, &str)], body: Option<Value>| {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let mut headers = more.to_vec();
        if more.is_empty() {
            headers.push(("Connection", "close"));
        }
        headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
        if !body.is_empty() {
            headers.push(("Content-Type", "application/json"));
        }
        let path = path.replace("{C}", CONFERENCE).replace("{P}", PLAN);
        let answer = raw(address, method, &path, &headers, body.as_bytes());
        let has = |name: &str| more.iter().any(|(header, _)| *header == name);
        let kind = [("Upgrade", " (upgrade)"), ("If-None-Match", " (again)")].iter().find(|(name, _)| has(name));
        record.add_answer(format!("{when}: {method} {path}{}", kind.map_or("", |(_, kind)| *kind)), &without_times(&answer));
        answer
    };
    for path in READ {
        let answer = put("GET", path, &[], None);
        // Whether it has moved meanwhile is an answer too.
        if let Some(tag) = tag(&answer) {
            put("GET", path, &[("Connection", "close"), ("If-None-Match", &tag)], None);
        }
    }
    for hidden in HIDDEN {
        let path = format!("/sync/vale-talks/p-1/{hidden}");
        put("GET", &path, &[], None);
        put("GET", &path, &UPGRADE, None);
    }
    for (method, path, body) in changes() {
        put(method, path, &[], body);
    }
    record
}

/// What is asked with a body, most of it what one may not.
fn changes() -> Vec<(&'static str, &'static str, Option<Value>)> {
    vec![
        ("PUT", "{P}/layers/back/audience", Some(json!({ "audience": ["cel"] }))),
        ("PUT", "{P}/layers/back/audience", Some(json!({ "audience": ["eld"] }))),
        ("PUT", "{P}/layers/private/audience", Some(json!({ "audience": ["arv"] }))),
        ("POST", "{P}/layers", Some(json!({ "layer": "private", "audience": [] }))),
        ("POST", "{P}/layers", Some(json!({ "layer": "talk", "audience": ["eld"] }))),
        ("POST", "{P}/layers", Some(json!({ "layer": "talk", "audience": [], "party": "arv" }))),
        ("DELETE", "{P}/layers/back", None),
        ("PUT", "{P}/consent", Some(json!({ "parties": ["eld"] }))),
        ("PUT", "{P}/access", Some(json!({ "access": { "eld": "read" } }))),
        // The chair's is taken, and answered as if nobody had written anything.
        ("PUT", "{P}/shares", Some(json!({ "party": "arv", "kind": "private", "bytes": 40 << 20 }))),
        ("PUT", "{P}/shares", Some(json!({ "party": "arv", "kind": "private", "bytes": 1 << 20 }))),
        ("PUT", "{P}/shares", Some(json!({ "party": "arv", "kind": "opened", "bytes": 40 << 20 }))),
        ("PUT", "{P}/shares", Some(json!({ "party": "eld", "kind": "text", "bytes": 70 << 20 }))),
        ("POST", "{C}/plans", Some(json!({ "id": "p-1" }))),
        ("POST", "{C}/plans/absent/pull", Some(json!({ "since": 0 }))),
        ("POST", "{P}/pull", Some(json!({ "since": 0 }))),
        (
            "POST",
            "{P}/pull",
            Some(json!({ "since": 1, "layers": [copy("arv", "private"), copy("arv", "talk"), copy("arv", "back")] })),
        ),
        ("POST", "{P}/pull", Some(json!({ "since": 99999 }))),
        ("POST", "{P}/compare", Some(json!({ "records": [{ "seq": 1, "digest": "0".repeat(64) }] }))),
        ("POST", "{P}/push", Some(json!({ "edits": [] }))),
        ("POST", "{P}/push", Some(json!({ "edits": [edit("talk"), edit("back"), edit("absent"), edit("private")] }))),
        ("POST", "{P}/edits", Some(json!({ "edits": [] }))),
        ("POST", "{P}/edits", Some(json!({ "edits": [{ "note": { "point": "p1", "text": "no", "layer": "back" } }] }))),
        ("POST", "{P}/edits", Some(json!({ "edits": [{ "reply": { "id": "word", "text": "no" } }] }))),
        ("POST", "{P}/edits", Some(json!({ "edits": [{ "table": { "ids": ["word"] } }], "dry_run": true }))),
        ("POST", "{P}/edits", Some(json!({ "edits": [{ "strike": { "point": "p3" } }], "dry_run": true }))),
    ]
}

/// The tag that an answer carries.
fn tag(answer: &[u8]) -> Option<String> {
    let (_, rest) = std::str::from_utf8(answer).ok()?.split_once("\r\netag: ")?;
    rest.split("\r\n").next().map(str::to_owned)
}

/// A copy of a layer, as somebody says who has none.
fn copy(party: &str, layer: &str) -> Value {
    json!({ "party": party, "layer": layer, "seq": 1, "digest": "0".repeat(64), "state_vector": "AA==" })
}

/// An edit that brings nothing.
fn edit(layer: &str) -> Value {
    json!({ "parts": [{ "layer": layer, "update": "AAA=" }], "seen": 1 })
}

/// Asks for a socket, and for the answer's end if there is to be none.
const UPGRADE: [(&str, &str); 4] = [
    ("Connection", "Upgrade, close"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];
