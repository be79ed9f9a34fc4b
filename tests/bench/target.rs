//! Where the load goes: any server that speaks y-websocket.

use anyhow::{Context, Result, ensure};
use std::path::PathBuf;

/// The server, as flags.
#[derive(clap::Args, Clone, Debug)]
pub struct TargetArgs {
    /// The base URL, `ws://host:port/base`.
    #[arg(long)]
    pub url: String,
    /// The room; `{n}` becomes its number, from 1.
    #[arg(long, default_value = "p-{n}")]
    pub room: String,
    /// A token, or a file with one a line (clients take them in turn): sent as `Authorization: Bearer`.
    #[arg(long)]
    pub token: Vec<String>,
    /// Send the token as this query parameter instead.
    #[arg(long)]
    pub token_param: Option<String>,
    /// The server's process, to measure its CPU time and memory.
    #[arg(long)]
    pub pid: Option<u32>,
}

/// The server, checked.
#[derive(Debug)]
pub struct Target {
    /// `host:port`.
    pub address: String,
    /// The server's process.
    pub pid: Option<u32>,
    base: String,
    room: String,
    tokens: Vec<String>,
    token_param: Option<String>,
}

impl TargetArgs {
    /// Reads token files and takes the URL apart.
    pub fn check(self) -> Result<Target> {
        let rest = self.url.strip_prefix("ws://").context("the URL must begin with ws://")?;
        let (address, base) = rest.split_once('/').unwrap_or((rest, ""));
        let mut tokens = Vec::new();
        for token in self.token {
            let file = PathBuf::from(&token);
            match std::fs::read_to_string(&file) {
                Ok(text) => tokens.extend(text.lines().filter(|l| !l.is_empty()).map(str::to_owned)),
                Err(_) => tokens.push(token),
            }
        }
        ensure!(!address.is_empty(), "the URL names no host");
        let base = base.trim_end_matches('/').to_owned();
        Ok(Target { address: address.to_owned(), pid: self.pid, base, room: self.room, tokens, token_param: self.token_param })
    }
}

impl Target {
    /// The name of the n-th room, from 0.
    pub fn room(&self, n: usize) -> String {
        self.room.replace("{n}", &(n + 1).to_string())
    }

    /// The upgrade request of the n-th client.
    pub fn request(&self, room: &str, client: usize) -> String {
        let mut path = format!("/{}/{room}", self.base).replace("//", "/");
        let mut authorization = String::new();
        if !self.tokens.is_empty() {
            let token = &self.tokens[client % self.tokens.len()];
            match &self.token_param {
                Some(name) => path += &format!("?{name}={token}"),
                None => authorization = format!("Authorization: Bearer {token}\r\n"),
            }
        }
        format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{authorization}\r\n",
            self.address
        )
    }
}
