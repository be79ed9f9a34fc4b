//! A strict reader of lib0's encoding: every count fits the bytes that remain, every number has its one shortest form. And its writer.

use super::refusal::Refusal;
use crate::limits;

/// Bytes from outside and how far they have been read.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// `Any` values read so far: each costs yrs far more memory than its bytes.
    pub any_values: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, any_values: 0 }
    }

    /// Continues in the same bytes from elsewhere.
    pub fn jump(&mut self, at: usize) {
        self.at = at;
    }

    pub fn at(&self) -> usize {
        self.at
    }

    /// What was read since then.
    pub fn since(&self, at: usize) -> &'a [u8] {
        &self.bytes[at..self.at]
    }

    pub fn is_empty(&self) -> bool {
        self.at == self.bytes.len()
    }

    pub fn refuse<T>(&self, what: &'static str) -> Result<T, Refusal> {
        Err(Refusal::Malformed { at: self.at, what })
    }

    pub fn u8(&mut self) -> Result<u8, Refusal> {
        let Some(&byte) = self.bytes.get(self.at) else { return self.refuse("the bytes end too early") };
        self.at += 1;
        Ok(byte)
    }

    /// An unsigned number below 2^53, in its shortest form: two forms of one id would be two keys of one block.
    pub fn number(&mut self) -> Result<u64, Refusal> {
        let first = self.u8()?;
        if first < 0x80 {
            return Ok(u64::from(first));
        }
        self.number_tail(u64::from(first & 0x7f), 7)
    }

    fn number_tail(&mut self, mut number: u64, mut shift: u32) -> Result<u64, Refusal> {
        loop {
            let byte = self.u8()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return match (byte, number) {
                    (0, _) => self.refuse("a number is longer than it needs to be"),
                    _ if number > limits::CLIENT_ID_MAX => self.refuse("a number is 2^53 or more"),
                    _ => Ok(number),
                };
            }
            shift += 7;
            if shift > 49 {
                return self.refuse("a number is 2^53 or more");
            }
        }
    }

    /// A signed number: its first byte holds a sign and six bits.
    fn signed(&mut self) -> Result<(), Refusal> {
        let first = self.u8()?;
        if first < 0x80 {
            return Ok(());
        }
        self.number_tail(u64::from(first & 0x3f), 6).map(drop)
    }

    /// A clock, or a length counted in clocks.
    pub fn clock(&mut self) -> Result<u32, Refusal> {
        match self.number()? {
            clock @ 0..=limits::CLOCK_MAX => Ok(clock as u32),
            _ => self.refuse("a clock is 2^31 or more"),
        }
    }

    /// A client id and a clock.
    pub fn id(&mut self) -> Result<(u64, u32), Refusal> {
        Ok((self.number()?, self.clock()?))
    }

    /// How many things follow, each of at least `bytes_min` bytes.
    pub fn count(&mut self, bytes_min: usize) -> Result<usize, Refusal> {
        let count = self.number()?;
        if count > ((self.bytes.len() - self.at) / bytes_min) as u64 {
            return self.refuse("a count is larger than what follows");
        }
        Ok(count as usize)
    }

    fn skip(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        if count > self.bytes.len() - self.at {
            return self.refuse("the bytes end too early");
        }
        self.at += count;
        Ok(&self.bytes[self.at - count..self.at])
    }

    /// UTF-8 text. Rust's check is the strict one: no surrogates, no overlong forms.
    pub fn text(&mut self) -> Result<&'a str, Refusal> {
        let length = self.count(1)?;
        let bytes = self.skip(length)?;
        std::str::from_utf8(bytes).or_else(|_| self.refuse("a text is not UTF-8"))
    }

    /// A JSON-like value that is a text.
    pub fn word(&mut self) -> Result<&'a str, Refusal> {
        if self.u8()? == 119 { self.text() } else { self.refuse("a value is no text") }
    }

    /// One JSON-like value. Buffers, big integers and what JSON cannot write have no use in a plan.
    pub fn any(&mut self, depth: usize) -> Result<(), Refusal> {
        if depth > limits::ANY_DEPTH_MAX {
            return self.refuse("a value is nested too deeply");
        }
        self.any_values += 1;
        match self.u8()? {
            120 | 121 | 126 | 127 => Ok(()),
            119 => self.text().map(drop),
            125 => self.signed(),
            124 => match self.skip(4)? {
                &[a, b, c, d] if f32::from_be_bytes([a, b, c, d]).is_finite() => Ok(()),
                _ => self.refuse("a number is not finite"),
            },
            123 => match self.skip(8)? {
                &[a, b, c, d, e, f, g, h] if f64::from_be_bytes([a, b, c, d, e, f, g, h]).is_finite() => Ok(()),
                _ => self.refuse("a number is not finite"),
            },
            118 => {
                for _ in 0..self.count(2)? {
                    // JavaScript takes this key for the object's prototype: server and browser would disagree.
                    if self.text()? == "__proto__" {
                        return self.refuse("a key of a value is not usable");
                    }
                    self.any(depth + 1)?;
                }
                Ok(())
            }
            117 => {
                for _ in 0..self.count(1)? {
                    self.any(depth + 1)?;
                }
                Ok(())
            }
            _ => self.refuse("a value is of a kind that a plan does not use"),
        }
    }

    /// A value written as JSON, as formats carry it.
    pub fn json(&mut self) -> Result<(), Refusal> {
        let text = self.text()?;
        if text.len() > super::bounds::FORMAT_BYTES_MAX {
            return self.refuse("a format's value is too long");
        }
        // The common values need no parser.
        if matches!(text, "null" | "true" | "false") {
            return Ok(());
        }
        match serde_json::from_str::<serde_json::Value>(text) {
            Ok(value) if json_depth(&value) <= limits::ANY_DEPTH_MAX => Ok(()),
            Ok(_) => self.refuse("a format's value is nested too deeply"),
            Err(_) => self.refuse("a format's value is not JSON"),
        }
    }
}

/// serde_json itself stops at 128 levels, so this recursion is bounded.
fn json_depth(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(items) => 1 + items.iter().map(json_depth).max().unwrap_or(0),
        serde_json::Value::Object(entries) => 1 + entries.values().map(json_depth).max().unwrap_or(0),
        _ => 0,
    }
}

pub(super) fn write_id(out: &mut Vec<u8>, (client, clock): (u64, u32)) {
    write_number(out, client);
    write_number(out, clock.into());
}

pub(super) fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
