//! One WebSocket to one document, in the y-websocket protocol. Nothing else names tungstenite.

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use plenary_shared::{
    id::DocAddress,
    limits,
    protocol::{self, ClientMessage},
};
use std::time::Duration;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Error as SocketError, Message,
        client::IntoClientRequest as _,
        http::{HeaderValue, header::AUTHORIZATION},
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};
use yrs::encoding::read::{Cursor, Read as _};

use crate::{
    error::CliError,
    http::{self, CONNECT},
    server::{ServerUrl, Token},
    tls,
};

/// The state of the largest document, and its envelope.
const MESSAGE_BYTES_MAX: usize = limits::DOCUMENT_BYTES_MAX + 64;
/// The server pings more often than this.
const QUIET: Duration = Duration::from_secs(60);

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// What the server says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Incoming {
    /// It asks for what it lacks.
    Asks,
    /// The document, in answer to our question.
    State(Bytes),
    /// Edits that are durable.
    Edits(Bytes),
    /// What we sent is refused.
    Denied(String),
    /// Presence and the like.
    Other,
}

/// An open socket.
pub struct Connection {
    socket: WebSocketStream<Box<dyn Stream>>,
    server: ServerUrl,
}

impl Connection {
    /// Connects to the room of a document.
    pub async fn open(server: &ServerUrl, token: &Token, document: &DocAddress) -> Result<Self, CliError> {
        match timeout(CONNECT * 2, Self::dial(server, token, document)).await {
            Ok(result) => result,
            Err(_) => Err(lost(server, "it does not answer")),
        }
    }

    async fn dial(server: &ServerUrl, token: &Token, document: &DocAddress) -> Result<Self, CliError> {
        let tcp = TcpStream::connect((server.host.as_str(), server.port)).await.map_err(|e| lost(server, e))?;
        tcp.set_nodelay(true).map_err(|e| lost(server, e))?;
        let stream: Box<dyn Stream> = if server.secure {
            let name = ServerName::try_from(server.host.clone()).map_err(|e| lost(server, e))?;
            Box::new(TlsConnector::from(tls::for_socket()?).connect(name, tcp).await.map_err(|e| lost(server, e))?)
        } else {
            Box::new(tcp)
        };
        let mut request = server.websocket(&format!("/sync/{document}")).into_client_request().map_err(|e| lost(server, e))?;
        let bearer = HeaderValue::from_str(&format!("Bearer {}", token.secret())).map_err(|e| lost(server, e))?;
        request.headers_mut().insert(AUTHORIZATION, bearer);
        let config = WebSocketConfig::default().max_message_size(Some(MESSAGE_BYTES_MAX)).max_frame_size(Some(MESSAGE_BYTES_MAX));
        match client_async_with_config(request, stream, Some(config)).await {
            Ok((socket, _)) => Ok(Connection { socket, server: server.clone() }),
            Err(SocketError::Http(response)) => {
                Err(http::refusal(server, response.status(), response.body().as_deref().unwrap_or_default()))
            }
            Err(error) => Err(lost(server, error)),
        }
    }

    /// Sends one protocol frame.
    pub async fn send(&mut self, frame: Bytes) -> Result<(), CliError> {
        match timeout(limits::MESSAGE, self.socket.send(Message::Binary(frame))).await {
            Ok(Ok(())) => Ok(()),
            // Why it closed stands in what it sent before.
            Ok(Err(SocketError::ConnectionClosed | SocketError::AlreadyClosed)) => Ok(()),
            Ok(Err(error)) => Err(lost(&self.server, error)),
            Err(_) => Err(lost(&self.server, "it takes nothing more")),
        }
    }

    /// The next message; pings are answered on the way.
    pub async fn receive(&mut self) -> Result<Incoming, CliError> {
        loop {
            let message = match timeout(QUIET, self.socket.next()).await {
                Err(_) => return Err(lost(&self.server, "it fell silent")),
                Ok(None) => return Err(lost(&self.server, "it went away")),
                Ok(Some(Err(error))) => return Err(lost(&self.server, error)),
                Ok(Some(Ok(message))) => message,
            };
            match message {
                Message::Binary(frame) => return read(&frame).ok_or_else(|| lost(&self.server, "it does not speak y-websocket")),
                Message::Close(frame) => return Err(closed(&self.server, frame.as_ref())),
                _ => {}
            }
        }
    }

    /// Says goodbye; the server may be gone already.
    pub async fn close(mut self) {
        let _ = timeout(Duration::from_secs(2), self.socket.close(None)).await;
    }
}

fn read(frame: &Bytes) -> Option<Incoming> {
    if frame.first() == Some(&2) {
        let mut cursor = Cursor::new(frame.get(1..)?);
        let kind: u32 = cursor.read_var().ok()?;
        return (kind == 0).then(|| cursor.read_string().ok().map(|s| Incoming::Denied(s.to_owned())))?;
    }
    Some(match ClientMessage::decode(frame).ok()? {
        ClientMessage::SyncStep1(_) => Incoming::Asks,
        ClientMessage::SyncStep2(update) => Incoming::State(update),
        ClientMessage::Update(update) => Incoming::Edits(update),
        ClientMessage::Awareness(_) | ClientMessage::QueryAwareness => Incoming::Other,
    })
}

fn closed(server: &ServerUrl, frame: Option<&CloseFrame>) -> CliError {
    let (code, reason) = frame.map_or((1005, ""), |f| (u16::from(f.code), f.reason.as_str()));
    let or = |text: &str| if reason.is_empty() { text.to_owned() } else { reason.to_owned() };
    match code {
        protocol::CLOSE_GONE => CliError::NotFound(or("there is no such plan or layer, or it is not shown to you")),
        4400..=4499 => CliError::Refused(or("the server refuses what was sent")),
        _ if code == u16::from(CloseCode::Policy) => CliError::Refused(or("the server refuses the connection")),
        protocol::CLOSE_AGAIN => lost(server, or("it restarts, or rights have changed")),
        protocol::CLOSE_LATER => lost(server, or("it is too busy")),
        _ => lost(server, or("it closed the connection")),
    }
}

fn lost(server: &ServerUrl, reason: impl ToString) -> CliError {
    CliError::NoConnection { server: server.to_string(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_from_the_server_are_read_and_nonsense_is_not() {
        assert_eq!(read(&protocol::sync_step_1(&[0])), Some(Incoming::Asks));
        assert_eq!(read(&protocol::sync_step_2(&[0, 0])), Some(Incoming::State(Bytes::from_static(&[0, 0]))));
        assert_eq!(read(&protocol::update(&[0, 0])), Some(Incoming::Edits(Bytes::from_static(&[0, 0]))));
        assert_eq!(read(&protocol::permission_denied("нет")), Some(Incoming::Denied("нет".into())));
        for bad in [&[][..], &[2], &[2, 1, 0], &[2, 0, 9, 1], &[2, 0, 1, 0xff], &[7]] {
            assert_eq!(read(&Bytes::copy_from_slice(bad)), None, "{bad:?}");
        }
    }

    #[test]
    fn close_codes_say_what_to_do() {
        let server: ServerUrl = "http://h".parse().expect("a url");
        for (code, exit) in [
            (protocol::CLOSE_GONE, 1),
            (protocol::CLOSE_REFUSED, 1),
            (protocol::CLOSE_AGAIN, 3),
            (protocol::CLOSE_LATER, 3),
            (1006, 3),
        ] {
            let frame = CloseFrame { code: code.into(), reason: "".into() };
            assert_eq!(closed(&server, Some(&frame)).exit_code(), exit, "{code}");
        }
    }
}
