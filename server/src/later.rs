//! What a room waits for.

use plenary_shared::id::DocAddress;
use std::{future::pending, ops::Range};
use tokio::time::Instant;

use crate::room::{
    Kept, Surroundings,
    document::{Document, OpenError},
};
use crate::store::{BoxFuture, Seq, StoreError};

pub(crate) async fn rebuild(
    around: Surroundings,
    address: DocAddress,
    refused: Vec<Seq>,
    suspects: Range<Seq>,
) -> Result<Document, OpenError> {
    tracing::warn!(document = %address.for_log(), "building the document again from its log");
    around.metrics.rebuilds.add(1);
    let rebuilt = tokio::task::spawn_blocking(move || Document::rebuild(&*around.store, &address, &refused, suspects)).await;
    rebuilt.unwrap_or_else(|_| Err(OpenError::Store(StoreError::Closed)))
}

pub(crate) async fn appended(appending: &mut Option<BoxFuture<Kept>>) -> Kept {
    match appending {
        Some(appending) => appending.await,
        None => pending().await,
    }
}

pub(crate) async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => pending().await,
    }
}
