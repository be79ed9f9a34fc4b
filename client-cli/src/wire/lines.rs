//! Lines of JSON from a server: each bounded, and only so many empty ones in a row.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::de::DeserializeOwned;
use std::io::{BufRead as _, BufReader, Read};

use crate::error::CliError;

/// Empty lines in a row, where an answer is to come to an end: one comes every few seconds while the server works.
const EMPTY_LINES_MAX: usize = 1_000;

/// Lines as they come.
pub struct Lines<R> {
    reader: BufReader<R>,
    server: String,
}

impl<R: Read> Lines<R> {
    /// What a server, named for people, sends.
    pub fn new(stream: R, server: impl ToString) -> Self {
        Lines { reader: BufReader::new(stream), server: server.to_string() }
    }

    /// The next line that is not empty, of at most so many bytes. A torn one is none.
    ///
    /// Empty lines keep a quiet connection alive for days, so `idle` bounds them only where an answer is to come to an end.
    pub fn next<T: DeserializeOwned>(&mut self, bytes_max: u64, idle: Idle) -> Result<T, CliError> {
        self.read(bytes_max, idle, false)
    }

    /// The same for an answer of one line, which need not end in a line's end.
    pub fn only<T: DeserializeOwned>(&mut self, bytes_max: u64) -> Result<T, CliError> {
        self.read(bytes_max, Idle::Bounded, true)
    }

    fn read<T: DeserializeOwned>(&mut self, bytes_max: u64, idle: Idle, last: bool) -> Result<T, CliError> {
        let mut line = Vec::new();
        let mut empty = 0;
        loop {
            line.clear();
            let read = (&mut self.reader).take(bytes_max).read_until(b'\n', &mut line);
            read.map_err(|e| self.lost(e.to_string()))?;
            let ended = line.last() == Some(&b'\n');
            if !ended && line.len() as u64 >= bytes_max {
                return Err(self.garbled("a line is too long"));
            }
            if line.is_empty() || (!last && !ended) {
                return Err(self.lost("the connection ended before all was told".into()));
            }
            if !line.trim_ascii().is_empty() {
                return serde_json::from_slice(&line).map_err(|e| self.garbled(&e.to_string()));
            }
            empty += 1;
            if idle == Idle::Bounded && empty > EMPTY_LINES_MAX {
                return Err(self.garbled("it says nothing"));
            }
        }
    }

    /// Bytes that stand in a line.
    pub fn bytes(&self, base64: &str) -> Result<Vec<u8>, CliError> {
        BASE64.decode(base64).map_err(|_| self.garbled("an update is not base64"))
    }

    /// The server is not to be understood.
    pub fn garbled(&self, why: &str) -> CliError {
        self.lost(format!("its answer cannot be read: {why}"))
    }

    fn lost(&self, reason: String) -> CliError {
        CliError::NoConnection { server: self.server.clone(), reason }
    }
}

/// Whether a server may say nothing for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Idle {
    /// Until something happens.
    Unbounded,
    /// It works on the answer.
    Bounded,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], idle: Idle) -> Result<u32, String> {
        Lines::new(bytes, "h").next::<u32>(16, idle).map_err(|error| error.to_string())
    }

    #[test]
    fn a_line_that_is_torn_too_long_or_never_comes_is_an_error() {
        assert_eq!(read(b"\n \n7\n8\n", Idle::Bounded), Ok(7));
        assert!(read(b"7", Idle::Bounded).unwrap_err().contains("ended"), "it may have been 75");
        assert!(read(b"", Idle::Bounded).unwrap_err().contains("ended"));
        assert!(read(&[b' '; 64], Idle::Bounded).unwrap_err().contains("too long"));
        let quiet = [vec![b'\n'; EMPTY_LINES_MAX + 1], b"7\n".to_vec()].concat();
        assert!(read(&quiet, Idle::Bounded).unwrap_err().contains("says nothing"));
        assert_eq!(read(&quiet, Idle::Unbounded), Ok(7));
        assert_eq!(Lines::new(&b"7"[..], "h").only::<u32>(16).ok(), Some(7));
    }
}
