//! Who reads or writes so slowly that others would wait, or memory grow.

use futures_util::{SinkExt, StreamExt};
use plenary_shared::wire::protocol;
use plenary_tests::{
    client::{PATIENCE, YClient, socket},
    doc::text_of,
    server::Start,
    trace::document,
};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Instant,
};
use tokio_tungstenite::tungstenite::Message;
use yrs::{Text, Transact, Update, WriteTxn, updates::decoder::Decode};

use super::undisturbed;

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
