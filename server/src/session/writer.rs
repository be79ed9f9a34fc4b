//! What a session's own task writes: large messages in pieces, pings between them, and the question how far the peer has read.

use bytes::Bytes;
use plenary_shared::{limits, wire::protocol};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::wire::Wire;
use crate::{outbox::Close, store::Seq};

/// What the session's task writes.
pub(super) struct Writer<'a> {
    pub wire: &'a Wire,
    /// When the next ping is due.
    pub ping: Instant,
}

impl Writer<'_> {
    /// Sends messages, in pieces each of which the peer must take in time. So no slow reader keeps a copy of more than a piece, nor a
    /// large answer for ever. A ping goes between them when it is due: whoever reads on is not taken for one who is gone.
    pub async fn send(&mut self, messages: impl IntoIterator<Item = Bytes>) -> Result<(), Option<Close>> {
        for mut rest in messages {
            let mut data = Data::Binary;
            loop {
                let room = limits::WRITE_PIECE_BYTES.saturating_sub(self.wire.waiting_bytes());
                if room == 0 {
                    self.flush().await?;
                    self.ping_if_due().await?;
                    continue;
                }
                let piece = rest.split_to(rest.len().min(room));
                self.wire.put(OpCode::Data(data), rest.is_empty(), piece);
                if rest.is_empty() {
                    break;
                }
                data = Data::Continue;
            }
        }
        self.flush().await
    }

    pub async fn ping_if_due(&mut self) -> Result<(), Option<Close>> {
        if Instant::now() < self.ping {
            return Ok(());
        }
        self.ping = Instant::now() + limits::PING;
        self.wire.put(OpCode::Control(Control::Ping), true, Bytes::new());
        self.flush().await
    }

    /// Asks the peer how far it has read, which is as good as any ping.
    pub async fn ask(&mut self, place: [u8; size_of::<Seq>()]) -> Result<(), Option<Close>> {
        self.ping = Instant::now() + limits::PING;
        self.wire.put(OpCode::Control(Control::Ping), true, Bytes::copy_from_slice(&place));
        self.flush().await
    }

    pub async fn flush(&self) -> Result<(), Option<Close>> {
        match timeout(limits::WRITE, self.wire.flush()).await {
            Ok(flushed) => flushed.map_err(|_| None),
            Err(_) => Err(Some(Close { code: protocol::CLOSE_LATER, reason: "too slow" })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};

    /// Sends a message to a peer that takes so many bytes every 29 s; answers how it ended, and what the peer took.
    async fn sent(bytes: usize, taken: usize) -> (Result<(), Option<Close>>, Vec<u8>) {
        let (server, mut peer): (DuplexStream, _) = duplex(1_024);
        let reading = tokio::spawn(async move {
            let (mut buffer, mut all) = (vec![0; taken], Vec::new());
            while peer.read_exact(&mut buffer).await.is_ok() {
                all.extend(&buffer);
                tokio::time::sleep(Duration::from_secs(29)).await;
            }
            all
        });
        let wire = Wire::new(Box::new(server));
        let mut writer = Writer { wire: &wire, ping: Instant::now() + limits::PING };
        let sent = writer.send([vec![0; bytes].into()]).await;
        drop(wire);
        (sent, reading.await.unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_a_byte_now_and_then_is_closed_in_the_end_and_who_is_only_slow_is_not() {
        let (ended, taken) = sent(1 << 20, 1).await;
        // What was under way when it was closed it may read yet.
        let taken = taken.len();
        assert!(matches!(ended, Err(Some(Close { code: protocol::CLOSE_LATER, .. }))) && taken < 2_000, "{ended:?}, {taken}");
        let (ended, taken) = sent(1 << 20, limits::WRITE_PIECE_BYTES).await;
        // All else are zeros, and heads without such a byte.
        let pings = taken.iter().filter(|byte| **byte == 0x80 | u8::from(OpCode::Control(Control::Ping))).count();
        assert!(ended.is_ok() && taken.len() == 1 << 20 && pings >= 3, "{ended:?}, {}, {pings}", taken.len());
    }
}
