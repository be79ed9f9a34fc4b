//! What a room waits for.

use plenary_shared::{id::DocAddress, limits};
use std::{future::pending, ops::Range, time::Duration};
use tokio::time::Instant;

use super::{
    around::Surroundings,
    command::Appended,
    document::{Document, OpenError},
};
use crate::store::{BoxFuture, Seq, StoreError};

/// 12 us: a frame costs some 5 us of CPU for each session, and no more than about 40 % of a core goes into one room's frames. So in a
/// room of 200 a batch begins 2.4 ms after the one before at the earliest; what comes meanwhile is one frame, and an edit after a
/// pause waits for nothing.
const PACE_PER_SESSION: Duration = Duration::from_micros(12);
/// The longest that edits wait so.
const PACE_MAX: Duration = Duration::from_millis(10);

/// When the next batch may begin in a room with so many sessions, if not at once.
pub(super) fn paced(sessions: usize) -> Option<Instant> {
    let pace = PACE_MAX.min(PACE_PER_SESSION * u32::try_from(sessions).unwrap_or(u32::MAX));
    // A clock that ticks in milliseconds makes less of it.
    (pace >= Duration::from_millis(1)).then(|| Instant::now() + pace)
}

/// When presence may be told again after so many bytes of it went to each of so many sessions.
pub(super) fn next_presence(bytes: usize, sessions: usize) -> Instant {
    let sessions = limits::PRESENCE_EVERY_PER_SESSION * u32::try_from(sessions).unwrap_or(u32::MAX);
    let bytes = Duration::from_secs(1) * u32::try_from(bytes).unwrap_or(u32::MAX) / limits::PRESENCE_BYTES_PER_SECOND as u32;
    Instant::now() + limits::PRESENCE_EVERY.max(sessions).max(bytes)
}

pub(super) async fn rebuild(
    around: Surroundings,
    address: DocAddress,
    refused: Vec<Seq>,
    suspects: Range<Seq>,
) -> Result<Document, OpenError> {
    around.waypoints.forget(&address);
    tracing::warn!(document = %address.for_log(), "building the document again from its log");
    around.metrics.rebuilds.add(1);
    let rebuilt = tokio::task::spawn_blocking(move || Document::rebuild(&*around.store, &address, &refused, suspects)).await;
    rebuilt.unwrap_or_else(|_| Err(OpenError::Store(StoreError::Closed)))
}

pub(super) async fn appended(appending: &mut Option<BoxFuture<Appended>>) -> Appended {
    match appending {
        Some(appending) => appending.await,
        None => pending().await,
    }
}

pub(super) async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => pending().await,
    }
}
