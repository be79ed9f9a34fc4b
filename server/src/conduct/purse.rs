//! What a party's messages cost in a document, and when more of them are read: a tenth of a core, whoever of it sends them, however they
//! are cut into sessions.
//!
//! A message is paid for by what it says of itself, before it reaches the room: so it is no matter of the clock how long anybody waits.

use plenary_shared::{limits, wire::protocol::ClientMessage};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep_until};

/// What a party may have of a document's time.
pub struct Purse {
    /// When all that it sent is paid for.
    paid: Mutex<Instant>,
}

impl Purse {
    pub(super) fn new() -> Self {
        Self { paid: Mutex::new(Instant::now()) }
    }

    /// Waits until the party is read again, and pays for a message.
    pub async fn pay(&self, message: &ClientMessage) {
        let price = price(message) * limits::TURN_SHARE;
        while let Err(until) = self.try_pay(price) {
            sleep_until(until).await;
        }
    }

    fn try_pay(&self, price: Duration) -> Result<(), Instant> {
        let (now, mut paid) = (Instant::now(), self.paid.lock().unwrap_or_else(PoisonError::into_inner));
        if *paid > now + limits::PACE_AHEAD {
            return Err(*paid - limits::PACE_AHEAD);
        }
        *paid = (*paid).max(now) + price;
        Ok(())
    }

    pub(super) fn is_paid(&self, now: Instant) -> bool {
        *self.paid.lock().unwrap_or_else(PoisonError::into_inner) <= now
    }
}

/// What a message costs others, about.
fn price(message: &ClientMessage) -> Duration {
    let by_bytes = |bytes: usize, each: Duration| each * u32::try_from(bytes).unwrap_or(u32::MAX);
    let price = match message {
        ClientMessage::SyncStep1(vector) => limits::PRICE_OF_QUESTION + by_bytes(vector.len(), limits::PRICE_OF_UPDATE_BYTE),
        ClientMessage::SyncStep2(update) | ClientMessage::Update(update) => by_bytes(update.len(), limits::PRICE_OF_UPDATE_BYTE),
        // An entry has at least three bytes; what it claims beyond is not read.
        ClientMessage::Awareness(states) => {
            let entries = message.entries().min(states.len() / 3);
            by_bytes(entries, limits::PRICE_OF_ENTRY) + by_bytes(states.len(), limits::PRICE_OF_PRESENCE_BYTE)
        }
        ClientMessage::QueryAwareness => limits::PRICE_OF_QUESTION,
    };
    price.min(limits::PRICE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use futures_util::future::poll_immediate;
    use tokio::time::advance;

    async fn is_read(purse: &Purse, message: &ClientMessage) -> bool {
        poll_immediate(purse.pay(message)).await.is_some()
    }

    async fn sent(purse: &Purse, message: &ClientMessage) -> usize {
        let mut sent = 0;
        while sent < 100_000 && is_read(purse, message).await {
            sent += 1;
        }
        sent
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_a_party_sends_without_pause_it_gets_a_tenth_of_the_time_and_the_first_moment_free() {
        let others = [&[0xa8, 0x46][..], &[1, 0, 2, b'{', b'}'].repeat(9_000)].concat();
        let large = ClientMessage::Update(vec![0; 30 << 10].into());
        for message in [&ClientMessage::Awareness(others.into()), &large, &ClientMessage::QueryAwareness] {
            let purse = Purse::new();
            let first = sent(&purse, message).await as u32;
            advance(Duration::from_secs(100)).await;
            let again = sent(&purse, message).await as u32;
            assert!((first..=first + 1).contains(&again), "nothing is saved up: {first}, {again}");
            let mut more = 0;
            for _ in 0..100 {
                advance(Duration::from_secs(1)).await;
                more += sent(&purse, message).await as u32;
            }
            let of_a_second = price(message) * more / 100;
            assert!((80..=101).contains(&of_a_second.as_millis()), "{of_a_second:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_delegation_of_thirty_that_types_waits_for_nothing_and_a_large_difference_delays_it_for_a_moment() {
        let purse = Purse::new();
        let typed = ClientMessage::Update(vec![0; 60].into());
        let told = ClientMessage::Awareness([&[50][..], &[0; 15_000]].concat().into());
        for _ in 0..300 {
            for _ in 0..30 {
                assert!(is_read(&purse, &typed).await);
            }
            advance(Duration::from_millis(100)).await;
        }
        for _ in 0..30 {
            assert!(is_read(&purse, &told).await, "stock clients send back what they are told");
        }
        assert!(is_read(&purse, &ClientMessage::SyncStep2(Bytes::from(vec![0; limits::UPDATE_BYTES_MAX]))).await);
        let began = Instant::now();
        purse.pay(&typed).await;
        assert!(began.elapsed() <= limits::PRICE_MAX * limits::TURN_SHARE);
    }
}
