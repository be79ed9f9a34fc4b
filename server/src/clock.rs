//! What time it is, and whether that can be believed.

use plenary_shared::log::record::Moment;
use std::{
    sync::LazyLock,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::minutely::Minutely;

/// Milliseconds since 1970-01-01 UTC.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis() as u64)
}

/// The same, for a record that follows one of `last_ms`. The operator is told if the log is far ahead of the clock.
pub(crate) fn now_after(last_ms: u64) -> u64 {
    static TOLD: LazyLock<Minutely> = LazyLock::new(Minutely::default);
    let now_ms = now_ms();
    if Moment::after(last_ms, now_ms).clock_corrected && TOLD.is_due() {
        let behind_s = (last_ms - now_ms) / 1_000;
        tracing::warn!(
            behind_s,
            "the clock is behind what is stored: records keep the time of the last one; set the clock right"
        );
    }
    now_ms
}
