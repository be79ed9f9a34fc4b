//! Saying the same thing once a minute at most, however often it happens.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// When something was said last.
#[derive(Default)]
pub struct Minutely(Mutex<Option<Instant>>);

impl Minutely {
    /// Whether it is to be said now: it was not within the last minute. Whoever hears so says it.
    pub fn is_due(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| last.elapsed() >= MINUTE);
        if due {
            *last = Some(Instant::now());
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn it_is_said_at_once_and_then_once_a_minute() {
        let said = Minutely::default();
        let mut times = 0;
        for _ in 0..181 {
            times += u32::from(said.is_due());
            advance(Duration::from_secs(1)).await;
        }
        assert_eq!(times, 4, "at 0, 60, 120 and 180 seconds");
    }
}
