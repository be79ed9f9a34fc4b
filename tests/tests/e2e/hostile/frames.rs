//! Bytes that no client library would send: messages without end, frames that are none, presence that cannot be read.

use plenary_shared::wire::protocol;
use plenary_tests::{
    client::{PATIENCE, YClient},
    doc::text_of,
    server::{Seat, Server, Start},
};
use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use super::{
    table::{PLAN, Table},
    undisturbed,
};

/// A socket upgraded by hand, to write bytes that no client library would.
fn raw_socket(server: &Server, plan: &str, seat: &Seat) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "GET /sync/{} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {}\r\n\r\n",
        server.room(plan),
        server.address(),
        seat.token
    );
    stream.write_all(head.as_bytes()).unwrap();
    assert_eq!(plenary_tests::http::read_answer(&mut stream).status, 101);
    stream
}

/// The head of a masked frame, its key zero.
fn frame_head(first: u8, length: u64) -> Vec<u8> {
    let mut head = vec![first, 0x80 | 127];
    head.extend_from_slice(&length.to_be_bytes());
    head.extend_from_slice(&[0; 4]);
    head
}

/// Writes on until the server hangs up; answers how many bytes it took.
fn write_until_closed(stream: &mut TcpStream, chunk: &[u8], at_most: usize) -> usize {
    let mut written = 0;
    while written < at_most {
        match stream.write_all(chunk) {
            Ok(()) => written += chunk.len(),
            Err(_) => break,
        }
    }
    written
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oversized_and_endless_messages_are_cut_off_and_memory_stays_bounded() {
    let mut server = Start::demo(0, 1).start();
    let honest = [
        YClient::join(&server, "p-1", &server.delegate(0, 0)).await,
        YClient::join(&server, "p-1", &server.delegate(1, 0)).await,
    ];
    let before = server.rss_mib();
    let attacker = server.delegate(2, 0);
    let chunk = vec![0; 64 << 10];
    tokio::task::block_in_place(|| {
        // A frame that claims a gigabyte, or nearly everything there is.
        for claim in [1 << 30, u64::MAX >> 1] {
            let mut stream = raw_socket(&server, "p-1", &attacker);
            stream.write_all(&frame_head(0x82, claim)).unwrap();
            let taken = write_until_closed(&mut stream, &chunk, 128 << 20);
            assert!(taken < 64 << 20, "the server read {taken} bytes of one frame");
        }
        // A message without end, in small frames.
        let mut stream = raw_socket(&server, "p-1", &attacker);
        let mut fragment = frame_head(0x02, chunk.len() as u64);
        fragment.extend_from_slice(&chunk);
        stream.write_all(&fragment).unwrap();
        fragment[0] = 0x00;
        let taken = write_until_closed(&mut stream, &fragment, 128 << 20);
        assert!(taken < 64 << 20, "the server read {taken} bytes of one message");
        // Many that begin large messages and never end them.
        let mut unfinished: Vec<TcpStream> = (0..24).map(|_| raw_socket(&server, "p-1", &attacker)).collect();
        for stream in &mut unfinished {
            stream.set_nonblocking(true).unwrap();
            let _ = stream.write_all(&frame_head(0x82, 15 << 20));
            let _ = stream.write_all(&vec![0; 1 << 20]);
        }
        std::thread::sleep(Duration::from_millis(300));
        let held = server.rss_mib();
        assert!(held < before + 200, "{before} MiB became {held} by unfinished messages");
    });
    undisturbed(&honest[0], &honest[1], "calm ").await;
    assert!(server.lives());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pings_without_end_whose_answers_are_not_read_take_no_memory() {
    let mut table = Table::set(Start::demo(0, 0)).await;
    let pings = [[0x89, 0x80 | 125, 0, 0, 0, 0].as_slice(), &[0; 125]].concat().repeat(500);
    table
        .attacked(async |table| {
            let before = table.server.rss_mib();
            let mut stream = raw_socket(&table.server, PLAN, &table.hostile);
            let held = tokio::task::block_in_place(|| {
                write_until_closed(&mut stream, &pings, 96 << 20);
                table.server.rss_mib()
            });
            assert!(held < before + 48, "{before} MiB became {held}");
        })
        .await;
    table.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_that_are_no_messages_end_only_their_own_session() {
    let mut table = Table::set(Start::demo(0, 0)).await;
    let mut huge_claim = vec![0, 2];
    huge_claim.extend_from_slice(&[0xff; 9]);
    huge_claim.push(1);
    let no_message = "not a y-websocket message";
    let bad: Vec<(Vec<u8>, &str)> = vec![
        (vec![], no_message),
        (vec![0], no_message),
        (vec![9], no_message),
        (vec![0, 7, 0], no_message),
        (vec![0, 2, 5, 1], no_message),
        (vec![0x80; 30], no_message),
        (huge_claim, no_message),
        // State vectors that claim 2^60 clients, and client ids beyond 53 bits.
        (protocol::sync_step_1(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]).to_vec(), "refused"),
        (protocol::sync_step_1(&[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1]).to_vec(), "refused"),
    ];
    table
        .attacked(async |table| {
            for (frame, reason) in bad {
                let hostile = table.joined().await;
                hostile.send(frame.clone()).await;
                hostile.wait("closed", |s| s.closed.is_some()).await;
                let expected = Some((protocol::CLOSE_REFUSED, reason.to_owned()));
                assert_eq!(hostile.lock().closed, expected, "{frame:x?}");
            }
        })
        .await;
    table.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_that_are_no_websocket_frames_end_only_their_own_connection() {
    let mut table = Table::set(Start::demo(0, 0)).await;
    let whole = |first, payload: &[u8]| [frame_head(first, payload.len() as u64), payload.to_vec()].concat();
    // Each is whole: one that claims more than comes is waited for, as long as a message may take.
    let frames = [
        ("unmasked", vec![0x82, 1, 0]),
        ("with reserved bits", whole(0xf2, &[3])),
        ("of no known kind", whole(0x83, &[3])),
        ("a control frame of 1 KiB", whole(0x89, &[0; 1 << 10])),
        ("a control frame in two", whole(0x09, &[3])),
        ("going on with nothing", whole(0x80, &[3])),
    ];
    table
        .attacked(async |table| {
            for (what, frame) in frames {
                let mut stream = raw_socket(&table.server, PLAN, &table.hostile);
                let ended = tokio::task::block_in_place(|| {
                    stream.write_all(&frame).unwrap();
                    until_closed(&mut stream)
                });
                assert!(ended, "{what}: the server left it open");
            }
        })
        .await;
    table.clear().await;
}

/// Reads on until the server hangs up; answers whether it did before the stream's deadline.
fn until_closed(stream: &mut TcpStream) -> bool {
    let begin = Instant::now();
    let mut some = [0; 4096];
    while begin.elapsed() < PATIENCE {
        match stream.read(&mut some) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }
    false
}

#[tokio::test]
async fn presence_that_cannot_be_read_is_passed_over_and_its_session_goes_on() {
    let server = Start::demo(0, 1).start();
    let honest = YClient::join(&server, "p-1", &server.delegate(0, 0)).await;
    let odd = YClient::join(&server, "p-1", &server.delegate(2, 0)).await;
    odd.send_presence(odd.id(), 1, r#"{"cursor":1}"#).await;
    let id = odd.id();
    honest.wait("sees the one with odd presence", |s| s.presence.contains_key(&id)).await;
    let before = honest.lock().presence[&id].clone();
    let deep = format!("{{\"a\":{}", "[".repeat(7_000));
    for state in [&deep, "nonsense", "[1]", "3", ""] {
        odd.send_presence(id, 2, state).await;
    }
    for payload in [
        // More entries than it holds, a state that is not UTF-8, a client id beyond 53 bits, bytes that follow, more than is read.
        &[0xff, 0xff, 0xff, 0xff, 0x0f][..],
        &[1, 1, 1, 1, 0xff],
        &[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 0],
        &[0, 0],
        &[0; 10_000],
    ] {
        let mut frame = protocol::sync_step_2(payload).to_vec();
        // The same frame as one of presence: the kind of message is one number instead of two.
        frame.splice(..2, [1]);
        odd.send(frame).await;
    }
    odd.insert("text", 0, "odd ").await;
    honest.wait("an edit after them went through", |s| text_of(&s.seen, "text").contains("odd ")).await;
    assert_eq!((odd.lock().closed.clone(), honest.lock().presence.get(&id)), (None, Some(&before)));
    odd.send_presence(id, 3, r#"{"cursor":2}"#).await;
    honest.wait("its next presence is told", |s| s.presence.get(&id).is_some_and(|state| *state != before)).await;
}
