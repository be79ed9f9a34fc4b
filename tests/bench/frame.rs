//! What a frame brings, read as cheaply as can be: which characters of which client.

use yrs::{Update, updates::decoder::Decode};

/// A message as far as the generator cares.
pub enum Message<'a> {
    /// The server asks what it lacks.
    Step1,
    /// What we lacked.
    Step2(&'a [u8]),
    /// Edits.
    Update(&'a [u8]),
    /// Presence and everything else.
    Other,
}

/// Takes a frame apart.
pub fn message(frame: &[u8]) -> Message<'_> {
    let mut rest = Scan(frame);
    match (rest.var(), rest.var()) {
        (Some(0), Some(0)) => Message::Step1,
        (Some(0), Some(kind @ (1 | 2))) => {
            let Some(payload) = rest.var().and_then(|length| rest.take(length)) else {
                return Message::Other;
            };
            if kind == 1 { Message::Step2(payload) } else { Message::Update(payload) }
        }
        _ => Message::Other,
    }
}

/// Calls `each` with client, clock and length of every run of characters that the update inserts.
pub fn insertions(update: &[u8], mut each: impl FnMut(u64, u32, u32)) {
    let mut runs = Vec::new();
    if scan(update, &mut runs).is_none() {
        runs.clear();
        if let Ok(update) = Update::decode_v1(update) {
            for (client, ranges) in update.insertions(true).iter() {
                runs.extend(ranges.iter().map(|range| (client.get(), range.start, range.end - range.start)));
            }
        }
    }
    for (client, clock, length) in runs {
        each(client, clock, length);
    }
}

/// Reads the structs of an update V1 that holds only strings and deletions; none: it holds something else.
fn scan(update: &[u8], runs: &mut Vec<(u64, u32, u32)>) -> Option<()> {
    let mut s = Scan(update);
    for _ in 0..s.var()? {
        let structs = s.var()?;
        let client = s.var()?;
        let mut clock = s.var()? as u32;
        for _ in 0..structs {
            let info = *s.take(1)?.first()?;
            let length = match info & 0x1f {
                0 | 10 => s.var()? as u32,
                kind @ (1 | 4) => {
                    for bit in [0x80, 0x40] {
                        if info & bit != 0 {
                            s.var()?;
                            s.var()?;
                        }
                    }
                    if info & 0xc0 == 0 {
                        match s.var()? {
                            1 => drop(s.bytes()?),
                            _ => drop((s.var()?, s.var()?)),
                        }
                        if info & 0x20 != 0 {
                            s.bytes()?;
                        }
                    }
                    match kind {
                        1 => s.var()? as u32,
                        _ => std::str::from_utf8(s.bytes()?).ok()?.encode_utf16().count() as u32,
                    }
                }
                _ => return None,
            };
            if info & 0x1f == 4 {
                runs.push((client, clock, length));
            }
            clock += length;
        }
    }
    Some(())
}

struct Scan<'a>(&'a [u8]);

impl<'a> Scan<'a> {
    fn var(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..63).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length as usize)?;
        self.0 = rest;
        Some(taken)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.var()?;
        self.take(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yrs::{Doc, Text, Transact};

    #[test]
    fn the_cheap_scan_finds_what_yrs_finds() {
        let doc = Doc::with_client_id(7);
        let text = doc.get_or_insert_text("text");
        let mut txn = doc.transact_mut();
        text.insert(&mut txn, 0, "hello");
        text.insert(&mut txn, 2, "\u{1f54a}");
        text.remove_range(&mut txn, 0, 1);
        let update = txn.encode_update_v1();
        let mut runs = Vec::new();
        assert!(scan(&update, &mut runs).is_some());
        let found: u32 = runs.iter().map(|(_, _, length)| length).sum();
        let insertions = Update::decode_v1(&update).unwrap().insertions(true);
        let expected: u32 = insertions.iter().flat_map(|(_, ranges)| ranges.iter().map(|r| r.end - r.start)).sum();
        assert_eq!((found, expected), (7, 7), "five letters and a dove of two units: {runs:?}");
    }
}
