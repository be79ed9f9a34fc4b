//! Where all runs begin: one data directory, which each run copies. So everything random (tokens, the ids of the plan's first record)
//! and all times before the runs are the same in all of them.

use plenary_shared::text::plan::{NewPoint, Place, add_point};
use plenary_tests::{
    client::YClient,
    http::{Answer, api, request},
    server::{Seat, Server, Start, binary},
};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
};

use crate::access::{invite_whole, seat};

/// The words that the talks are about.
pub const POINTS: [(&str, &str); 3] = [
    ("p1", "The parties shall withdraw within [30][50] days."),
    ("p2", "A mission verifies the withdrawal."),
    ("p3", "This plan enters into force on [date]."),
];

/// A server that is stopped, and who is at its table.
pub struct Stage {
    pub server: Server,
    pub arv: Seat,
    pub adviser: Seat,
    /// The adviser's recovery code.
    pub recovery: String,
    pub bor: Seat,
    pub cel: Seat,
    pub med: Seat,
    /// The token of the chair of other talks on the same server.
    pub foreign: String,
}

impl Stage {
    /// Opens other talks, then these, and writes the first words.
    pub async fn set() -> Stage {
        let (elsewhere, foreign) = other_talks();
        let mut server = Start::demo(0, 1).copy_of(elsewhere.path().to_owned()).start();
        let joined = invite_whole(&server, "arv", "adviser");
        let (adviser, recovery) = (seat(&joined), joined["recovery"].as_str().unwrap().to_owned());
        let mut pen = YClient::with_id(1);
        pen.connect(&server, "p-1", &server.chair()).await;
        pen.edit(|txn| {
            for (id, words) in POINTS {
                let point = NewPoint { id: &id.parse().unwrap(), label: None, heading: "", words };
                add_point(txn, point, &Place::Last { parent: None }).unwrap();
            }
        })
        .await;
        pen.wait_echoed().await;
        pen.cut();
        let (arv, bor, cel, med) = (server.delegate(0, 0), server.delegate(1, 0), server.delegate(2, 0), server.chair());
        assert_eq!(server.sigterm(), Some(0));
        Stage { arv, adviser, recovery, bor, cel, med, foreign, server }
    }
}

/// A data directory with other talks in it, and the token of their chair.
fn other_talks() -> (tempfile::TempDir, String) {
    let dir = tempfile::TempDir::new().unwrap();
    let mut child = Command::new(binary("plenary-server"))
        .args(["serve", "--json", "--listen", "127.0.0.1:0", "--data"])
        .arg(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    let address = said["listening"].as_str().unwrap().trim_start_matches("http://");
    let join = |invitation: &str| {
        let body = json!({ "invitation": invitation }).to_string();
        let answer = request(address, "POST", "/api/join", &[("Content-Type", "application/json")], body.as_bytes());
        text(&answer, "token")
    };
    let administrator = join(said["invitation"].as_str().unwrap().split_once('#').unwrap().1);
    let new = json!({ "id": "other", "title": "Other talks", "party": { "id": "arv", "name": "Another" }, "chair": "Ana" });
    let token = join(&text(&api(address, &administrator, "POST", "/conferences", Some(new)), "invitation"));
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    stdout.read_to_end(&mut Vec::new()).unwrap();
    child.wait().unwrap();
    (dir, token)
}

fn text(answer: &Answer, field: &str) -> String {
    assert!(answer.status < 300, "{:?}", String::from_utf8_lossy(&answer.body));
    answer.json()[field].as_str().unwrap().to_owned()
}
