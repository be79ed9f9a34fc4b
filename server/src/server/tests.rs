//! How a server ends.

use futures_util::StreamExt;
use plenary_shared::wire::protocol;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::{
    client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use super::*;
use crate::testing::{Faulty, Table};

#[tokio::test]
async fn a_disk_that_fails_ends_the_server_after_its_sessions_were_told() {
    let disk = Arc::new(Faulty::default());
    let token = Table::on(disk.clone()).await.tokens["arv"].clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let bounds = config::Limits { sessions: 10, sessions_per_member: 8, tls: false };
    let server = Server::open(disk.clone()).unwrap();
    let serving = tokio::spawn(server.run(listener, None, bounds, std::future::pending()));

    let mut request = format!("ws://{address}/sync/talks/plan").into_client_request().unwrap();
    request.headers_mut().insert("Authorization", format!("Bearer {token}").parse().unwrap());
    let (mut socket, _) = client_async(request, TcpStream::connect(address).await.unwrap()).await.unwrap();
    assert!(matches!(socket.next().await, Some(Ok(Message::Binary(_)))), "it is served");
    disk.becomes(Condition::Failed);
    let closed = loop {
        match socket.next().await {
            Some(Ok(Message::Close(Some(frame)))) => break frame,
            Some(Ok(_)) => {}
            other => panic!("it is not told: {other:?}"),
        }
    };
    let code = u16::from(closed.code);
    assert!([protocol::CLOSE_AGAIN, protocol::CLOSE_LATER].contains(&code) && !closed.reason.is_empty(), "{closed:?}");
    assert_eq!(serving.await.unwrap(), Ended::DiskFailed);
}

#[tokio::test]
async fn figures_of_layers_are_told_on_the_operators_own_listener_alone() {
    let table = Table::new().await;
    let [public, own] = [TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap()];
    let [at, operators] = [&public, &own].map(|listener| listener.local_addr().unwrap());
    let bounds = config::Limits { sessions: 10, sessions_per_member: 8, tls: false };
    let server = Server::open(table.rooms.store()).unwrap();
    server.tell_figures(own);
    tokio::spawn(server.run(public, None, bounds, std::future::pending()));

    let ask = async |at, credential: &str| {
        let mut stream = TcpStream::connect(at).await.unwrap();
        let request = format!("GET /metrics HTTP/1.1\r\nHost: x\r\n{credential}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let chairs = ask(at, &format!("Authorization: Bearer {}\r\n", table.tokens["med"])).await;
    assert!(chairs.contains("plenary_edits_total") && !chairs.contains("layers"), "{chairs}");
    assert!(ask(operators, "").await.contains("plenary_layers_edits_total"));
    assert!(ask(at, "").await.starts_with("HTTP/1.1 401"));
}
