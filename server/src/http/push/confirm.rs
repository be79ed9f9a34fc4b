//! What was confirmed away from the server.

use plenary_shared::{
    id::PointId,
    log::record::{Branch, Provenance},
    wire::sync::Outcome,
};

use super::{Pusher, is_of_the_disk};
use crate::{
    http::{confirm::NO_RIGHT, error::ApiError},
    rooms::{CommitError, RoomError},
    store::Seq,
};

impl Pusher {
    /// Takes in a confirmation, behind all that came before it. Of what was merged again meanwhile nothing is confirmed.
    pub(super) async fn confirm(&mut self, points: Vec<Option<PointId>>, seen: Seq, branch: Branch) -> Result<Outcome, ApiError> {
        self.settle(0).await?;
        let address = self.reader.address.clone();
        if self.writable(None).is_err() {
            return Ok(ApiError::forbidden(NO_RIGHT).outcome());
        }
        let by = Provenance { seen: Some(seen), branch, ..self.by(&address) };
        match self.app.rooms.confirm(address, by, points).await {
            Ok(()) => Ok(Outcome::Done),
            Err(CommitError::Room(RoomError::Edit(error))) if !is_of_the_disk(&error) => Ok(ApiError::from(error).outcome()),
            Err(error) => Err(error.into()),
        }
    }
}
