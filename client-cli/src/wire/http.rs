//! The server's HTTP side, as `plenary_shared::wire::api` describes it. Every answer is bounded in time and size.

use plenary_shared::{
    limits,
    wire::error::{ErrorBody, Word},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{io::Read, time::Duration};
use ureq::{
    Agent, Body, BodyReader, RequestBuilder,
    http::{Response, StatusCode},
};

use super::{
    lines::Lines,
    server::{ServerUrl, Token},
    tls,
};
use crate::error::CliError;

/// To connect.
pub const CONNECT: Duration = Duration::from_secs(10);
/// A whole request and its answer: as long as the server takes at most.
const REQUEST: Duration = Duration::from_secs(40);
/// The log sends an empty line when it has nothing to say, more often than this.
const QUIET: Duration = Duration::from_secs(60);
/// For reading all of an answer: a server gives up a connection that is older ([`limits::CONNECTION`]), and a minute for its goodbye.
const ANSWER: Duration = limits::CONNECTION.saturating_add(Duration::from_secs(60));
/// 64 MiB: the largest answer that is not told line by line, an exported plan, with room to spare.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// A server, and the credential shown to it.
#[derive(Clone, Debug)]
pub struct Api {
    agent: Agent,
    server: ServerUrl,
    token: Option<Token>,
}

impl Api {
    /// Nothing is sent yet.
    pub fn new(server: ServerUrl, token: Option<Token>) -> Result<Self, CliError> {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("plenary/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(REQUEST))
            .timeout_recv_body(Some(ANSWER))
            .timeout_per_read(Some(QUIET))
            .timeout_per_write(Some(REQUEST))
            .tls_config(tls::for_http()?)
            .build();
        Ok(Api { agent: config.new_agent(), server, token })
    }

    /// `GET`, JSON out.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CliError> {
        self.json(self.read(path)?)
    }

    /// `GET`, text out.
    pub fn get_text(&self, path: &str) -> Result<String, CliError> {
        String::from_utf8(self.bytes(self.read(path)?)?).map_err(|_| self.garbled("it is not UTF-8"))
    }

    /// `GET` of an answer of lines; reading fails when the server is silent for too long.
    pub fn lines(&self, path: &str) -> Result<Lines<impl Read + use<>>, CliError> {
        self.as_lines(self.read(path)?)
    }

    /// `POST` of a change, JSON out.
    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, CliError> {
        let request = self.credential(self.agent.post(self.server.http(path)));
        self.changed(request.send_json(body), |response| self.json(response))
    }

    /// `POST` of what may be sent again without harm, JSON out; the server may take so long to answer.
    pub fn post_within<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize, within: Duration) -> Result<T, CliError> {
        let request = self.credential(self.agent.post(self.server.http(path)));
        let request = request.config().timeout_recv_response(Some(within)).timeout_per_write(Some(within)).build();
        self.json(request.send_json(body).map_err(|e| self.unreachable(&e))?)
    }

    /// `POST` of what changes nothing, JSON, with an answer of lines; reading fails when the server is silent for too long.
    pub fn post_lines<B: Serialize>(&self, path: &str, body: &B) -> Result<Lines<impl Read + use<B>>, CliError> {
        let request = self.credential(self.agent.post(self.server.http(path)));
        self.as_lines(request.send_json(body).map_err(|e| self.unreachable(&e))?)
    }

    /// `PUT` of a change, JSON out.
    pub fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, CliError> {
        let request = self.credential(self.agent.put(self.server.http(path)));
        self.changed(request.send_json(body), |response| self.json(response))
    }

    /// `DELETE`.
    pub fn delete(&self, path: &str) -> Result<(), CliError> {
        let request = self.credential(self.agent.delete(self.server.http(path)));
        self.changed(request.call(), |response| self.checked(response).map(drop))
    }

    /// What a change came to. Whoever hears nothing after it was sent does not know whether it arrived.
    fn changed<T>(
        &self,
        sent: Result<Response<Body>, ureq::Error>,
        read: impl FnOnce(Response<Body>) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let response = sent.map_err(|error| match never_arrived(&error) {
            true => self.unreachable(&error),
            false => CliError::unconfirmed(error.to_string()),
        })?;
        // A proxy's word for a server that it lost, or an answer that broke off: the server may have made the change.
        read(response).map_err(|error| match error {
            CliError::NoConnection { reason, .. } => CliError::unconfirmed(reason),
            error => error,
        })
    }

    fn read(&self, path: &str) -> Result<Response<Body>, CliError> {
        self.credential(self.agent.get(self.server.http(path))).call().map_err(|e| self.unreachable(&e))
    }

    fn credential<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match &self.token {
            Some(token) => request.header("Authorization", format!("Bearer {}", token.secret())),
            None => request,
        }
    }

    fn json<T: DeserializeOwned>(&self, response: Response<Body>) -> Result<T, CliError> {
        let bytes = self.bytes(response)?;
        serde_json::from_slice(&bytes).map_err(|e| self.garbled(&e.to_string()))
    }

    fn bytes(&self, response: Response<Body>) -> Result<Vec<u8>, CliError> {
        let mut body = self.checked(response)?.into_body();
        body.with_config().limit(ANSWER_BYTES_MAX).read_to_vec().map_err(|e| self.unreachable(&e))
    }

    /// In all there may be any number of lines: each is bounded by whoever reads it.
    fn as_lines(&self, response: Response<Body>) -> Result<Lines<BodyReader<'static>>, CliError> {
        let body = self.checked(response)?.into_body();
        Ok(Lines::new(body.into_with_config().limit(u64::MAX).reader(), &self.server))
    }

    fn checked(&self, response: Response<Body>) -> Result<Response<Body>, CliError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        // An error's body is a line or two; what is longer is not from Plenary.
        let body = response.into_body().with_config().limit(64 << 10).read_to_vec().unwrap_or_default();
        Err(refusal(&self.server, status, &body))
    }

    fn unreachable(&self, error: &ureq::Error) -> CliError {
        CliError::NoConnection { server: self.server.to_string(), reason: error.to_string() }
    }

    fn garbled(&self, why: &str) -> CliError {
        CliError::NoConnection { server: self.server.to_string(), reason: format!("its answer cannot be read: {why}") }
    }
}

/// Whether a request failed before anything of it can have reached the server.
fn never_arrived(error: &ureq::Error) -> bool {
    use std::io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
    match error {
        ureq::Error::Io(io) => matches!(io.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable),
        ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => true,
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed | ureq::Error::Tls(_) | ureq::Error::BadUri(_) => true,
        _ => false,
    }
}

/// What an answer that is no success means.
pub fn refusal(server: &ServerUrl, status: StatusCode, body: &[u8]) -> CliError {
    let told: Option<ErrorBody> = serde_json::from_slice(body).ok();
    match (status, told) {
        (StatusCode::UNAUTHORIZED, told) => {
            let or = || "the credential is not accepted: join again with a new invitation".to_owned();
            CliError::Unauthorized(format!("{} (plenary join LINK)", told.map_or_else(or, |t| t.message)))
        }
        (_, Some(ErrorBody { script: Some(script), .. })) => CliError::Script(script),
        // What the server advises is for whoever speaks HTTP.
        (_, Some(ErrorBody { error: Word::InDoubt, .. })) => CliError::unconfirmed("it does not know what it kept".into()),
        (_, Some(ErrorBody { error, message, .. })) => CliError::Api { status: status.as_u16(), error, message },
        (StatusCode::NOT_FOUND, None) => CliError::NotFound(format!("{server} does not have it, or does not show it to you")),
        (status, None) if status.is_client_error() => CliError::Refused(format!("{server} answered {status}")),
        (status, None) => CliError::NoConnection { server: server.to_string(), reason: format!("it answered {status}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Write as _, net::TcpListener, thread};

    #[test]
    fn statuses_become_exit_codes() {
        let server: ServerUrl = "http://h".parse().expect("a url");
        let body = br#"{"error":"exists","message":"there is one already"}"#;
        let table = [
            (401, &b""[..], 1, "unauthorized"),
            (401, body, 1, "unauthorized"),
            (403, b"", 1, "refused"),
            (404, b"", 1, "not_found"),
            (409, body, 1, "exists"),
            (422, body, 1, "exists"),
            (500, b"<html>", 3, "no_connection"),
            (503, body, 3, "exists"),
            (302, b"", 3, "no_connection"),
            (503, br#"{"error":"in_doubt","message":"m"}"#, 3, "unconfirmed"),
            (507, br#"{"error":"disk_full","message":"m"}"#, 3, "disk_full"),
        ];
        for (status, body, code, word) in table {
            let error = refusal(&server, StatusCode::from_u16(status).expect("a status"), body);
            assert_eq!((error.exit_code(), error.word()), (code, word), "{status}");
        }
    }

    /// What a change comes to whose answer is this.
    fn answered(answer: &'static str) -> CliError {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let server: ServerUrl = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a url");
        let answering = thread::spawn(move || {
            let (mut peer, _) = listener.accept().expect("a peer");
            let (mut request, mut byte) = (Vec::new(), [0]);
            while !request.ends_with(b"{}") && peer.read(&mut byte).is_ok_and(|read| read == 1) {
                request.push(byte[0]);
            }
            peer.write_all(answer.as_bytes()).expect("written");
        });
        let changed = Api::new(server, None).expect("a client").post::<u32>("/edits", &serde_json::json!({}));
        answering.join().expect("answered");
        changed.expect_err("no answer")
    }

    #[test]
    fn a_change_whose_answer_broke_off_may_have_been_made() {
        for answer in [
            "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>",
            "HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12",
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
        ] {
            assert_eq!(answered(answer).word(), "unconfirmed", "{answer}");
        }
        let refused = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(answered(refused).word(), "refused");
    }
}
