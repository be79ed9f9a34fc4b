//! An act in a document's log, kept together with what the registry's log holds of it.
//!
//! The document's room is held first, as for a part of an edit; then whoever decides the act appends its record with their own.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use plenary_shared::{
    id::DocAddress,
    limits,
    log::{act::Act, record::Provenance},
};
use std::sync::Arc;
use tokio::time::Instant;

use super::{
    CommitError, RoomError, Rooms,
    commit::{Held, lose, release},
};
use crate::{
    room::{Fate, Proposal, Proposed},
    store::{Part, Seq, StoreError},
};

/// A room that is held for an act. Dropped, it goes on as before.
pub struct HeldAct(Option<Held>);

/// An act whose record is on its way to the log. Dropped, nobody knows what became of it, so the room ends and the next one reads the log.
pub struct Acting(Held);

impl Rooms {
    /// Holds a document's room for an act. Whoever asks may go away in the middle: then the room is held no more.
    ///
    /// # Errors
    /// [`RoomError`], if no room answers in time.
    pub async fn hold_act(self: &Arc<Self>, address: DocAddress, by: Provenance, act: &Act) -> Result<HeldAct, RoomError> {
        let (rooms, told) = (self.clone(), act.told());
        let held = tokio::spawn(async move { rooms.held(address, by, told).await.map(HeldAct) });
        held.await.unwrap_or(Err(RoomError::Unavailable))
    }

    async fn held(self: &Arc<Self>, address: DocAddress, by: Provenance, told: Bytes) -> Result<Option<Held>, RoomError> {
        // Loaded before it is held.
        self.end(&address).await?;
        let (proposal, until) = (Proposal { by, what: Proposed::Act(told) }, Instant::now() + limits::HOLD);
        self.hold(address, proposal, until).await.map(|(held, _)| held).map_err(|error| match error {
            CommitError::Room(error) => error,
            CommitError::Moved | CommitError::Unverified(_) => RoomError::Unavailable,
        })
    }
}

impl HeldAct {
    /// The record that it becomes.
    pub fn seq(&self) -> Option<Seq> {
        self.0.as_ref().map(|held| held.after + 1)
    }

    /// What to append for it. From here on its fate is to be told.
    pub fn begin(mut self) -> Option<(Part, Acting)> {
        let held = self.0.take()?;
        Some(((held.address.clone(), held.after, held.records.clone()), Acting(held)))
    }
}

impl Drop for HeldAct {
    fn drop(&mut self) {
        release(self.0.take().into_iter().collect());
    }
}

impl Acting {
    /// The log holds it, here. Answers once all who follow the log are told.
    pub async fn kept(self, last: Seq) {
        let Held { fate, done, .. } = self.0;
        let _ = fate.send(Fate::Kept(last));
        // A room that ended meanwhile has left the record in the log.
        let _ = done.await;
    }

    /// It was not kept, or nobody knows.
    pub fn lost(self, error: &StoreError) {
        lose(vec![self.0], error);
    }
}
