//! How often secrets may be tried that nobody has: each address by itself, at a pace. What is right costs nothing, however often.

use plenary_shared::limits;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::time::Instant;

use super::error::ApiError;
use crate::connections::Origin;

/// When all that an address has tried wrongly so far will be forgotten.
#[derive(Default)]
pub(super) struct Guesses(Mutex<HashMap<Origin, Instant>>);

impl Guesses {
    fn all(&self) -> MutexGuard<'_, HashMap<Origin, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses who has tried too many wrong ones lately.
    pub(super) fn check(&self, from: Origin) -> Result<(), ApiError> {
        let forgotten = self.all().get(&from).copied();
        let most = Instant::now() + limits::GUESS_EVERY * (limits::GUESSES_AT_ONCE - 1);
        match forgotten.map(|forgotten| forgotten.saturating_duration_since(most)) {
            Some(wait) if !wait.is_zero() => {
                let message =
                    "too many that were not good came from your address: check that you copied it whole, and try again later";
                Err(ApiError::too_often(message, wait))
            }
            _ => Ok(()),
        }
    }

    /// Remembers a wrong one.
    pub(super) fn count(&self, from: Origin) {
        let (mut all, now) = (self.all(), Instant::now());
        if all.len() >= limits::GUESSERS_MAX && !all.contains_key(&from) {
            all.retain(|_, forgotten| *forgotten > now);
            let first = all.iter().min_by_key(|(_, forgotten)| **forgotten).map(|(origin, _)| *origin);
            if let Some(first) = first.filter(|_| all.len() >= limits::GUESSERS_MAX) {
                all.remove(&first);
            }
        }
        let forgotten = all.entry(from).or_insert(now);
        // However many came at once, the address waits no longer than for this.
        *forgotten = ((*forgotten).max(now) + limits::GUESS_EVERY).min(now + limits::GUESS_EVERY * limits::GUESSES_AT_ONCE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{http::StatusCode, response::IntoResponse};
    use std::net::{IpAddr, Ipv4Addr};
    use tokio::time::advance;

    fn origin(number: usize) -> Origin {
        IpAddr::from(Ipv4Addr::from_bits(0x0a00_0000 + u32::try_from(number).unwrap())).into()
    }

    #[tokio::test(start_paused = true)]
    async fn wrong_secrets_come_at_a_pace_from_each_address() {
        let guesses = Guesses::default();
        for _ in 0..limits::GUESSES_AT_ONCE {
            guesses.check(origin(1)).unwrap();
            guesses.count(origin(1));
        }
        let refused = guesses.check(origin(1)).unwrap_err().into_response();
        assert_eq!((refused.status(), &refused.headers()["Retry-After"]), (StatusCode::TOO_MANY_REQUESTS, &"6".parse().unwrap()));
        guesses.check(origin(2)).unwrap();
        advance(limits::GUESS_EVERY).await;
        guesses.check(origin(1)).unwrap();
        guesses.count(origin(1));
        assert!(guesses.check(origin(1)).is_err(), "one more");
        advance(limits::GUESS_EVERY * limits::GUESSES_AT_ONCE).await;
        guesses.check(origin(1)).unwrap();
        // Many that were under way at once are not a reason to shut out for hours whoever else is there.
        (0..100).for_each(|_| guesses.count(origin(1)));
        advance(limits::GUESS_EVERY * limits::GUESSES_AT_ONCE).await;
        guesses.check(origin(1)).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn however_many_addresses_guess_what_is_remembered_is_bounded() {
        let guesses = Guesses::default();
        for number in 0..limits::GUESSERS_MAX + 10 {
            guesses.count(origin(number));
        }
        assert_eq!(guesses.all().len(), limits::GUESSERS_MAX);
        advance(limits::GUESS_EVERY).await;
        guesses.count(origin(limits::GUESSERS_MAX + 10));
        assert_eq!(guesses.all().len(), 1);
    }
}
