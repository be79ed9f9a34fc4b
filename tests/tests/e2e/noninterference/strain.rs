//! What arv does in private that has consequences for itself: it uses up its share of the layer's log, and sends what others would pay for.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use plenary_shared::{
    talk::layer,
    wire::protocol::{self, CLOSE_REFUSED},
};
use plenary_tests::{
    client::YClient,
    http::{Answer, api},
    server::{Seat, Server},
    trace::document,
};
use serde_json::{Value, json};
use yrs::{Map, Out, ReadTxn, Text, Transact, TransactionMut, WriteTxn, block::ClientID};

use super::talks::note;

/// 5 MiB: a note that is written and taken away again, five of which come near the share's end.
const NOTE_BYTES: usize = 5 << 20;

/// Who writes without end, and sends what is wrong.
pub struct Strain {
    notes: u64,
    /// Documents of which something wrong was sent, each under client ids of its own.
    wrong: u64,
}

impl Strain {
    pub fn new() -> Self {
        Strain { notes: 0, wrong: 0 }
    }

    /// Writes and takes away again until the party is told that its share is nearly used up.
    pub fn near_the_end(&mut self, server: &Server, arv: &Seat) {
        loop {
            let written = self.write(server, arv);
            assert_eq!(written["outcomes"], json!(["done"]));
            if written["notice"].as_str().is_some_and(|notice| notice.contains("ask the chair")) {
                return;
            }
        }
    }

    /// Writes on until nothing more is taken.
    pub fn go_beyond(&mut self, server: &Server, arv: &Seat) {
        while self.write(server, arv)["outcomes"] == json!(["done"]) {}
        assert_eq!(self.write(server, arv)["outcomes"][0]["refused"]["error"], "full");
    }

    fn write(&mut self, server: &Server, arv: &Seat) -> Value {
        self.notes += 1;
        let doc = document(500 + self.notes);
        let edit = |change: &dyn Fn(&mut TransactionMut)| {
            let mut txn = doc.transact_mut();
            change(&mut txn);
            txn.encode_update_v1()
        };
        let much = note(&format!("much-{}", self.notes), "p1", &"x".repeat(NOTE_BYTES));
        let written = push(server, arv, &edit(&|txn| layer::put(txn, &much).unwrap()));
        assert_eq!(written.status, 200);
        let written = written.json();
        if written["outcomes"] == json!(["done"]) {
            assert_eq!(push(server, arv, &edit(&|txn| assert!(layer::remove(txn, &much.id)))).status, 200);
        }
        written
    }

    /// Sends what builds on what is missing, wrong claims and what cannot be read, until the pause outlasts the way of a request.
    pub async fn be_paused(&mut self, server: &Server, arv: &Seat) {
        while push(server, arv, &[0, 0]).status != 429 {
            self.offend(server, arv).await;
        }
    }

    async fn offend(&mut self, server: &Server, arv: &Seat) {
        self.wrong += 1;
        let (one, other) = (1_000 + self.wrong, 2_000 + self.wrong);
        let doc = document(one);
        let id = format!("wrong-{}", self.wrong);
        let whole = {
            let mut txn = doc.transact_mut();
            layer::put(&mut txn, &note(&id, "p1", "abc")).unwrap();
            let notes = txn.get_or_insert_map("annotations");
            let Some(Out::YMap(entry)) = notes.get(&txn, &id) else { panic!("no entry") };
            let Some(Out::YText(body)) = entry.get(&txn, "body") else { panic!("no body") };
            body.push(&mut txn, "def");
            txn.encode_update_v1()
        };
        let end = doc.transact().state_vector().get(&ClientID::new(one));
        let missing = text_block(other, (one, end + 5), (one, end + 4));
        let wrong = text_block(other, (one, end - 1), (one, end - 3));
        let unreadable = vec![1, 1, 9];
        let sent = match self.wrong % 3 {
            1 => vec![missing, unreadable],
            2 => vec![whole, wrong],
            _ => vec![unreadable],
        };
        let hostile = YClient::join(server, "p-1/arv/private", arv).await;
        for update in sent {
            hostile.send(protocol::update(&update)).await;
        }
        hostile.wait("refused", |s| s.closed.as_ref().is_some_and(|(code, _)| *code == CLOSE_REFUSED)).await;
    }
}

/// A letter that claims to stand between two others.
fn text_block(client: u64, left: (u64, u32), right: (u64, u32)) -> Vec<u8> {
    let mut update = vec![1, 1];
    for number in [client, 0] {
        varint(number, &mut update);
    }
    update.push(0xc4);
    for number in [left.0, left.1.into(), right.0, right.1.into()] {
        varint(number, &mut update);
    }
    update.extend([1, b'x', 0]);
    update
}

fn varint(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn push(server: &Server, seat: &Seat, update: &[u8]) -> Answer {
    let body = json!({ "edits": [{ "parts": [{ "layer": "private", "update": BASE64.encode(update) }], "seen": 0 }] });
    api(&server.address(), &seat.token, "POST", "/conferences/vale-talks/plans/p-1/push", Some(body))
}
