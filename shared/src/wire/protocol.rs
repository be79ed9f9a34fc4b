//! y-websocket frames, as y-protocols 1.0.7 writes them: one message a frame, numbers as unsigned LEB128.

use bytes::{BufMut, Bytes, BytesMut};

use crate::limits;

/// Closed because the credential or the right to see the document is gone; the stock provider does not retry 4400 to 4499.
pub const CLOSE_GONE: u16 = 4404;
/// Closed because what was sent cannot be accepted: trying again would not help.
pub const CLOSE_REFUSED: u16 = 4400;
/// Closed because the client id it writes under belongs to another party: only a new document, and so a new id, helps.
pub const CLOSE_TAKEN: u16 = 4409;
/// Closed because rights changed or the server restarts: connect again.
pub const CLOSE_AGAIN: u16 = 1012;
/// Closed because the peer is too slow or the server too busy: connect again later.
pub const CLOSE_LATER: u16 = 1013;

/// A message from a client, its payload still unchecked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClientMessage {
    /// A state vector: tell me what I lack.
    SyncStep1(Bytes),
    /// What you lack, in answer to a step 1.
    SyncStep2(Bytes),
    /// An edit.
    Update(Bytes),
    /// Presence states.
    Awareness(Bytes),
    /// Asks for the presence states known.
    QueryAwareness,
}

/// A frame that is no y-websocket message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the frame is not a y-websocket message: {0}")]
pub struct FrameError(&'static str);

impl ClientMessage {
    /// Reads one frame without copying it. Bytes after the message are refused: stock clients send one message a frame.
    pub fn decode(frame: &Bytes) -> Result<Self, FrameError> {
        let mut reader = Reader { bytes: frame, at: 0 };
        let message = match reader.var()? {
            0 => {
                let kind = reader.var()?;
                let payload = frame.slice(reader.payload()?);
                match kind {
                    0 => ClientMessage::SyncStep1(payload),
                    1 => ClientMessage::SyncStep2(payload),
                    2 => ClientMessage::Update(payload),
                    _ => return Err(FrameError("unknown kind of sync message")),
                }
            }
            1 => ClientMessage::Awareness(frame.slice(reader.payload()?)),
            3 => ClientMessage::QueryAwareness,
            _ => return Err(FrameError("unknown kind of message")),
        };
        if reader.at != frame.len() {
            return Err(FrameError("bytes follow the message"));
        }
        Ok(message)
    }

    /// How many entries a presence message says that it has; none for any other.
    pub fn entries(&self) -> usize {
        let ClientMessage::Awareness(states) = self else { return 0 };
        Reader { bytes: states, at: 0 }.var().map_or(0, |count| usize::try_from(count).unwrap_or(usize::MAX))
    }
}

/// One client's entry in a presence message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AwarenessEntry<S = String> {
    /// The Yjs client id.
    pub client: u64,
    /// Grows with each change.
    pub clock: u32,
    /// The state as JSON text; `null` takes the client out.
    pub state: S,
}

/// Reads a presence payload; how large it may be is for whoever reads it to say.
///
/// # Errors
/// [`FrameError`] if any of it cannot be read.
pub fn decode_awareness(payload: &[u8]) -> Result<Vec<AwarenessEntry<&str>>, FrameError> {
    let mut reader = Reader { bytes: payload, at: 0 };
    let count = reader.var()?;
    if count > (payload.len() / 3) as u64 {
        return Err(FrameError("the presence message claims more entries than it holds"));
    }
    let mut entries = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let client = reader.var()?;
        if client > limits::CLIENT_ID_MAX {
            return Err(FrameError("a client id is beyond 53 bits"));
        }
        let clock = u32::try_from(reader.var()?).map_err(|_| FrameError("a presence clock is beyond 32 bits"))?;
        let range = reader.payload()?;
        let state = std::str::from_utf8(&payload[range]).map_err(|_| FrameError("a presence state is not UTF-8"))?;
        entries.push(AwarenessEntry { client, clock, state });
    }
    if reader.at != payload.len() {
        return Err(FrameError("bytes follow the presence entries"));
    }
    Ok(entries)
}

/// A state vector, asking the peer for what the sender lacks.
pub fn sync_step_1(state_vector: &[u8]) -> Bytes {
    framed(&[0, 0], state_vector)
}

/// What the peer lacks, in answer to its step 1.
pub fn sync_step_2(update: &[u8]) -> Bytes {
    framed(&[0, 1], update)
}

/// The payload of a frame that [`sync_step_2`] made; it shares the frame's bytes.
pub fn payload_of_sync(frame: &Bytes) -> Bytes {
    match ClientMessage::decode(frame) {
        Ok(ClientMessage::SyncStep2(payload)) => payload,
        _ => Bytes::new(),
    }
}

/// An edit.
pub fn update(update: &[u8]) -> Bytes {
    framed(&[0, 2], update)
}

/// Presence states.
pub fn awareness<'a, S: AsRef<str> + 'a>(entries: impl ExactSizeIterator<Item = &'a AwarenessEntry<S>>) -> Bytes {
    let mut payload = BytesMut::new();
    put_var(&mut payload, entries.len() as u64);
    for entry in entries {
        put_var(&mut payload, entry.client);
        put_var(&mut payload, u64::from(entry.clock));
        let state = entry.state.as_ref();
        put_var(&mut payload, state.len() as u64);
        payload.put_slice(state.as_bytes());
    }
    framed(&[1], &payload)
}

/// Something was refused; the stock client prints the reason.
pub fn permission_denied(reason: &str) -> Bytes {
    framed(&[2, 0], reason.as_bytes())
}

fn framed(head: &[u8], payload: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(head.len() + 5 + payload.len());
    frame.put_slice(head);
    put_var(&mut frame, payload.len() as u64);
    frame.put_slice(payload);
    frame.freeze()
}

fn put_var(out: &mut BytesMut, mut value: u64) {
    while value >= 0x80 {
        out.put_u8(value as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8(value as u8);
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn var(&mut self) -> Result<u64, FrameError> {
        let mut value = 0;
        for shift in (0..=63).step_by(7) {
            let byte = *self.bytes.get(self.at).ok_or(FrameError("it ends in a number"))?;
            self.at += 1;
            if shift == 63 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(FrameError("a number is beyond 64 bits"))
    }

    fn payload(&mut self) -> Result<std::ops::Range<usize>, FrameError> {
        let length = self.var()?;
        if length > (self.bytes.len() - self.at) as u64 {
            return Err(FrameError("it is shorter than it claims"));
        }
        let start = self.at;
        self.at += length as usize;
        Ok(start..self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_the_bytes_y_protocols_writes() {
        assert_eq!(sync_step_1(&[0])[..], [0, 0, 1, 0]);
        assert_eq!(sync_step_2(&[0, 0])[..], [0, 1, 2, 0, 0]);
        assert_eq!(update(&[9; 200])[..5], [0, 2, 0xc8, 1, 9]);
        assert_eq!(permission_denied("no")[..], [2, 0, 2, b'n', b'o']);
        let entry = AwarenessEntry { client: 300, clock: 1, state: "null" };
        assert_eq!(awareness([&entry].into_iter())[..], [1, 9, 1, 0xac, 2, 1, 4, b'n', b'u', b'l', b'l']);
    }

    #[test]
    fn what_was_framed_is_read_back() {
        let frame = update(&[7; 300]);
        assert_eq!(ClientMessage::decode(&frame), Ok(ClientMessage::Update(vec![7; 300].into())));
        assert_eq!(ClientMessage::decode(&Bytes::from_static(&[3])), Ok(ClientMessage::QueryAwareness));
        let entry = AwarenessEntry { client: limits::CLIENT_ID_MAX, clock: 7, state: "{\"user\":{}}".to_owned() };
        let Ok(ClientMessage::Awareness(payload)) = ClientMessage::decode(&awareness([&entry].into_iter())) else { panic!() };
        let AwarenessEntry { client, clock, state } = &entry;
        assert_eq!(
            decode_awareness(&payload).unwrap(),
            [AwarenessEntry { client: *client, clock: *clock, state: state.as_str() }]
        );
    }

    #[test]
    fn torn_and_oversized_claims_are_refused_by_name() {
        let huge = [0, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        for bad in [&[][..], &[0], &[0, 3, 0], &[0, 2, 5, 1], &[9], &[3, 0], &[0, 2, 1, 0, 0], &[0x80; 20], &huge] {
            assert!(ClientMessage::decode(&Bytes::copy_from_slice(bad)).is_err(), "{bad:?}");
        }
        for bad in [&[][..], &[0xff, 0xff, 0x03], &[1, 1, 1, 9, 0], &[1, 1, 1, 1, 0xff], &[0, 0]] {
            assert!(decode_awareness(bad).is_err(), "{bad:?}");
        }
    }
}
