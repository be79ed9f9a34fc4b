//! Lines of JSON from a server: each bounded, only so many empty ones in a row, and nothing behind the last.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use plenary_shared::{limits, wire::log::LogLine};
use serde::de::DeserializeOwned;
use std::io::{BufRead as _, BufReader, Read};

use crate::error::CliError;

/// 22 MiB: a line that tells a record of the largest update, or a layer, which is smaller.
pub const RECORD_BYTES_MAX: u64 = in_base64(limits::UPDATE_BYTES_MAX);
/// 64 MiB: a line that tells the state of the largest document.
pub const STATE_BYTES_MAX: u64 = in_base64(limits::DOCUMENT_BYTES_MAX);
/// Empty lines in a row, where an answer is to come to an end: one comes every few seconds while the server works.
const EMPTY_LINES_MAX: usize = 1_000;
/// What follows on the last line is refused, whatever it is; a part of it is enough to know.
const BEHIND_BYTES_MAX: u64 = 64;

/// So many bytes in base64, and 64 KiB for what stands around them.
const fn in_base64(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(3) * 4 + (64 << 10)
}

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
        match self.line(bytes_max, idle)? {
            Some(line) if line.ends_with(b"\n") => self.parsed(&line),
            _ => Err(self.lost("the connection ended before all was told".into())),
        }
    }

    /// The only line of an answer, which need not end in a line's end.
    pub fn only<T: DeserializeOwned>(&mut self, bytes_max: u64) -> Result<T, CliError> {
        let line = self.line(bytes_max, Idle::Bounded)?;
        let line = line.ok_or_else(|| self.lost("the connection ended before anything was told".into()))?;
        self.end()?;
        self.parsed(&line)
    }

    /// The only line of an answer, which is the state of a document: the last record that it shows, and a Yjs update V1.
    pub fn state(&mut self) -> Result<(u64, Vec<u8>), CliError> {
        match self.only(STATE_BYTES_MAX)? {
            LogLine::State { seq, update, .. } => Ok((seq, self.bytes(&update)?)),
            LogLine::Record(_) => Err(self.garbled("it tells a record instead of a state")),
        }
    }

    /// Makes sure that nothing follows.
    pub fn end(&mut self) -> Result<(), CliError> {
        match self.line(BEHIND_BYTES_MAX, Idle::Bounded)? {
            None => Ok(()),
            Some(_) => Err(self.garbled("it goes on after its end")),
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

    /// The next line that is not empty, with its end if it has one; `None` where all was read.
    fn line(&mut self, bytes_max: u64, idle: Idle) -> Result<Option<Vec<u8>>, CliError> {
        let mut line = Vec::new();
        for empty in 0.. {
            if idle == Idle::Bounded && empty > EMPTY_LINES_MAX {
                return Err(self.garbled("it says nothing"));
            }
            line.clear();
            let read = (&mut self.reader).take(bytes_max).read_until(b'\n', &mut line);
            read.map_err(|e| self.lost(e.to_string()))?;
            if line.len() as u64 >= bytes_max && !line.ends_with(b"\n") {
                return Err(self.garbled("a line is too long"));
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
            if !line.ends_with(b"\n") {
                break;
            }
        }
        Ok(None)
    }

    fn parsed<T: DeserializeOwned>(&self, line: &[u8]) -> Result<T, CliError> {
        serde_json::from_slice(line).map_err(|e| self.garbled(&e.to_string()))
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
    }

    #[test]
    fn an_answer_of_one_line_is_one_line() {
        let only = |bytes: &[u8]| Lines::new(bytes, "h").only::<u32>(16).map_err(|error| error.to_string());
        assert_eq!((only(b"7"), only(b"7\n"), only(b"\n7\n\n ")), (Ok(7), Ok(7), Ok(7)));
        assert!(only(b"7\n8").unwrap_err().contains("goes on"));
        assert!(only(b" \n").unwrap_err().contains("ended"));
    }

    #[test]
    fn the_state_of_a_full_document_can_be_read() {
        let update = BASE64.encode(vec![7; limits::DOCUMENT_BYTES_MAX]);
        let state = LogLine::State { seq: u64::MAX, digest: [0xff; 32].into(), update };
        let line = serde_json::to_vec(&state).unwrap();
        let (seq, state) = Lines::new(line.as_slice(), "h").state().unwrap();
        assert_eq!((seq, state.len()), (u64::MAX, limits::DOCUMENT_BYTES_MAX));
    }
}
