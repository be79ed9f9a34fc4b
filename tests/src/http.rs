//! HTTP to the byte: what a library would tidy up is what some tests are about.

use serde_json::Value;
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// An answer as it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers in their order, names in lower case, `date` left out.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", String::from_utf8_lossy(&self.body)))
    }
}

/// Sends one request and reads its answer.
pub fn request(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    read_answer(&mut open(address, method, path, headers, body))
}

/// Sends one request; what comes of it is for the caller to read.
pub fn open(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        head += &format!("Content-Length: {}\r\n", body.len());
    }
    head += "\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let _ = stream.write_all(body);
    stream
}

/// Sends one request and reads all that comes until the server hangs up, or agrees to speak another protocol: every byte of its answer.
pub fn raw(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut stream = open(address, method, path, headers, body);
    let (mut answer, mut some) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut some).expect("an answer and its end") {
            0 => return answer,
            n => answer.extend_from_slice(&some[..n]),
        }
        if answer.starts_with(b"HTTP/1.1 101 ") {
            return answer;
        }
    }
}

/// A JSON request with a token.
pub fn api(address: &str, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
    let bearer = format!("Bearer {token}");
    let body = body.map(|b| b.to_string().into_bytes()).unwrap_or_default();
    let mut headers = vec![("Authorization", bearer.as_str())];
    if !body.is_empty() {
        headers.push(("Content-Type", "application/json"));
    }
    request(address, method, &format!("/api{path}"), &headers, &body)
}

/// Asks for an upgrade and reads the answer, which a test expects to be a refusal.
pub fn upgrade(address: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut all = vec![
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    all.extend_from_slice(headers);
    request(address, "GET", path, &all, b"")
}

/// Reads one answer from a stream.
pub fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end;
        }
        let mut some = [0; 4096];
        let n = stream.read(&mut some).expect("an answer");
        assert!(n > 0, "the server hung up after {:?}", String::from_utf8_lossy(&bytes));
        bytes.extend_from_slice(&some[..n]);
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .filter(|(name, _)| name != "date")
        .collect();
    let mut answer = Answer { status, headers, body: bytes[end + 4..].to_vec() };
    if status == 101 || status == 204 {
        return answer;
    }
    let mut some = [0; 65536];
    if let Some(length) = answer.header("content-length").map(|l| l.parse::<usize>().unwrap()) {
        while answer.body.len() < length {
            let n = stream.read(&mut some).unwrap();
            assert!(n > 0, "the body is torn");
            answer.body.extend_from_slice(&some[..n]);
        }
    } else if answer.header("transfer-encoding") == Some("chunked") {
        while !answer.body.ends_with(b"0\r\n\r\n") {
            let n = stream.read(&mut some).unwrap();
            assert!(n > 0, "the body is torn");
            answer.body.extend_from_slice(&some[..n]);
        }
        answer.body = unchunk(&answer.body);
    }
    answer
}

fn unchunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = bytes.windows(2).position(|w| w == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            break;
        }
        whole.extend_from_slice(&bytes[end + 2..end + 2 + length]);
        bytes = &bytes[end + 2 + length + 2..];
    }
    whole
}
