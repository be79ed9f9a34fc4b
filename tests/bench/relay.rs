//! A server that does nothing: each message goes to everyone in its room as it came, its writer included, as an acknowledgement does.
//! What it costs is what sockets cost.

use anyhow::Result;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_tungstenite::{
    accept_hdr_async_with_config,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
        protocol::WebSocketConfig,
    },
};

use crate::frame;

/// Messages that wait for one socket; a room waits for its slowest.
const WAITING: usize = 1_024;
/// An empty step 2: the relay lacks nothing and has nothing.
const EMPTY: &[u8] = &[0, 1, 2, 0, 0];

type Rooms = Arc<Mutex<HashMap<String, Vec<mpsc::Sender<Bytes>>>>>;

/// Serves on a free port, which it prints, until it is killed.
pub async fn run() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let rooms = Rooms::default();
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(stream, rooms.clone()));
    }
}

async fn serve(stream: TcpStream, rooms: Rooms) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut room = String::new();
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(64 << 10).max_write_buffer_size(usize::MAX);
    #[expect(clippy::result_large_err, reason = "the trait's own type")]
    let path = |request: &Request, response: Response| {
        request.uri().path().clone_into(&mut room);
        Ok(response)
    };
    let socket = accept_hdr_async_with_config(stream, path, Some(config)).await?;
    let (mut sink, mut stream) = socket.split();
    let (outbox, mut waiting) = mpsc::channel::<Bytes>(WAITING);
    rooms.lock().unwrap().entry(room.clone()).or_default().push(outbox.clone());
    tokio::spawn(async move {
        let mut some = Vec::new();
        while waiting.recv_many(&mut some, WAITING).await > 0 {
            for message in some.drain(..) {
                sink.feed(Message::Binary(message)).await?;
            }
            sink.flush().await?;
        }
        anyhow::Ok(())
    });
    while let Some(Ok(message)) = stream.next().await {
        let Message::Binary(message) = message else { continue };
        if matches!(frame::message(&message), frame::Message::Step1) {
            outbox.send(Bytes::from_static(EMPTY)).await?;
            continue;
        }
        let all = rooms.lock().unwrap().get(&room).cloned().unwrap_or_default();
        for outbox in all {
            // One that has left is told nothing.
            let _ = outbox.send(message.clone()).await;
        }
    }
    let mut rooms = rooms.lock().unwrap();
    rooms.entry(room).or_default().retain(|other| !other.same_channel(&outbox));
    Ok(())
}
