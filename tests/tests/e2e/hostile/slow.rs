//! Who reads or writes so slowly that others would wait, or memory grow.

use futures_util::{SinkExt, StreamExt};
use plenary_shared::wire::protocol;
use plenary_tests::{
    client::{PATIENCE, YClient, socket},
    doc::text_of,
    http::{api, open},
    server::{Server, Start},
    trace::document,
};
use serde_json::json;
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};
use tokio_tungstenite::tungstenite::Message;
use yrs::{Text, Transact, Update, WriteTxn, updates::decoder::Decode};

use super::{
    table::{PLAN, Table},
    undisturbed,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_is_caught_up_or_closed_and_costs_bounded_memory() {
    let server = Start::demo(0, 1).start();
    let writer = YClient::join(&server, "p-1", &server.delegate(0, 0)).await;
    // These ask for everything and then read nothing.
    let mut slow = Vec::new();
    for _ in 0..8 {
        let mut socket = socket(&server, "p-1", &server.delegate(1, 0).token, &[]).await.unwrap();
        socket.send(Message::Binary(protocol::sync_step_1(&[0]))).await.unwrap();
        slow.push(socket);
    }
    let before = server.rss_mib();
    // 400 times 16 KiB written and deleted again: 6.4 MiB for each reader, while the document stays small.
    let page = "x".repeat(16 << 10);
    for n in 0..400 {
        writer
            .edit(|txn| {
                let text = txn.get_or_insert_text("text");
                let length = text.len(txn);
                if length > 0 {
                    text.remove_range(txn, 0, length);
                }
                text.insert(txn, 0, &page);
            })
            .await;
        if n % 20 == 19 {
            writer.wait_echoed().await;
        }
    }
    writer.insert("text", 0, "the end").await;
    writer.wait_echoed().await;
    let held = server.rss_mib();
    assert!(held < before + 96, "{before} MiB became {held} with 8 readers that do not read");
    let expected = writer.text("text");
    for mut socket in slow {
        let doc = document(1);
        let begin = Instant::now();
        loop {
            assert!(begin.elapsed() < PATIENCE, "neither caught up nor closed");
            match tokio::time::timeout(PATIENCE, socket.next()).await.expect("neither caught up nor closed") {
                Some(Ok(Message::Binary(frame))) => match protocol::ClientMessage::decode(&frame).unwrap() {
                    protocol::ClientMessage::Update(update) | protocol::ClientMessage::SyncStep2(update) => {
                        doc.transact_mut().apply_update(Update::decode_v1(&update).unwrap()).unwrap();
                        if text_of(&doc, "text") == expected {
                            break;
                        }
                    }
                    _ => {}
                },
                Some(Ok(Message::Close(close))) => {
                    assert_eq!(close.map(|c| u16::from(c.code)), Some(1013));
                    break;
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_handshakes_are_ended_and_hold_nobody_up() {
    let server = Start::demo(0, 1).start();
    let mut slow: Vec<TcpStream> = (0..50)
        .map(|n| {
            let mut stream = TcpStream::connect(server.address()).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let half = format!("GET /sync/{} HTTP/1.1\r\nHost: x\r\nX-Slow: ", server.room("p-1"));
            // Some say nothing at all.
            stream.write_all(&half.as_bytes()[..if n % 2 == 0 { half.len() } else { 0 }]).unwrap();
            stream
        })
        .collect();
    let one = YClient::join(&server, "p-1", &server.delegate(0, 0)).await;
    let other = YClient::join(&server, "p-1", &server.delegate(1, 0)).await;
    undisturbed(&one, &other, "calm ").await;
    tokio::task::block_in_place(|| {
        for stream in &mut slow {
            let mut answer = Vec::new();
            // An answer such as 408 is as good as none, as long as the end comes.
            let ended = stream.read_to_end(&mut answer);
            assert!(ended.is_ok() || ended.as_ref().is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset), "{ended:?}");
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_and_heads_that_come_a_byte_a_second_keep_nobody_waiting_and_end_with_their_deadline() {
    let mut table = Table::set(Start::demo(0, 0)).await;
    table.attacked(async |table| tokio::task::block_in_place(|| drip(&table.server, &table.hostile.token))).await;
    table.clear().await;
}

/// Sends a byte a second of bodies and of heads that never end, and asks for something meanwhile.
fn drip(server: &Server, token: &str) {
    let (address, conference) = (server.address(), format!("/conferences/{}", server.demo.conference));
    let bearer = format!("Bearer {token}");
    let chunked = [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked"), ("Authorization", bearer.as_str())];
    let (compare, edits) = (format!("/api{conference}/plans/{PLAN}/compare"), format!("/api{conference}/plans/{PLAN}/edits"));
    // A script has two minutes: it is only to be in nobody's way.
    let mut scripts: Vec<TcpStream> = (0..4).map(|_| open(&address, "POST", &edits, &chunked, b"")).collect();
    let bodies = (0..16).map(|n| match n % 2 {
        0 => (open(&address, "POST", "/api/join", &chunked[..2], b""), &b"1\r\n \r\n"[..]),
        _ => (open(&address, "POST", &compare, &chunked, b""), &b"1\r\n \r\n"[..]),
    });
    let heads = (0..16).map(|_| {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nX: ").unwrap();
        (stream, &b"x"[..])
    });
    let mut slow: Vec<(TcpStream, &[u8])> = bodies.chain(heads).collect();
    slow.iter().for_each(|(stream, _)| stream.set_nonblocking(true).unwrap());
    let note = json!({ "edits": [{ "note": { "point": "1", "text": "In time.", "layer": "public" } }] });
    let ask = |token: &str, method, path: &str, body| api(&address, token, method, path, body).status;
    let others = [server.delegate(0, 0).token, token.to_owned()];
    let begin = Instant::now();
    while !slow.is_empty() {
        assert!(begin.elapsed() < 2 * PATIENCE, "{} never end", slow.len());
        for token in &others {
            assert_eq!(ask(token, "GET", &format!("{conference}/plans/{PLAN}/annotations"), None), 200);
            assert_eq!(ask(token, "POST", &format!("{conference}/plans/{PLAN}/edits"), Some(note.clone())), 200);
        }
        scripts.iter_mut().for_each(|stream| stream.write_all(b"1\r\n \r\n").unwrap());
        slow.retain_mut(|(stream, byte)| stream.write_all(byte).is_ok() && !has_ended(stream));
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Whether the server hung up, whatever it said before.
fn has_ended(stream: &mut TcpStream) -> bool {
    loop {
        match stream.read(&mut [0; 4096]) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}
