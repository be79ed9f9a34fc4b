//! Edits of the text that were made apart from what others wrote meanwhile.

use bytes::Bytes;
use plenary_shared::{
    limits,
    log::record::{Branch, Provenance},
    wire::sync::Outcome,
};

use super::{Found, Made, Pusher, Step, is_of_the_disk};
use crate::{
    http::error::ApiError,
    room::{EditError, Proposal, Proposed},
    rooms::{CommitError, RoomError, Together},
    store::Seq,
};

impl Pusher {
    /// Takes in edits of one stay that change the text alone. What others touched meanwhile is put side by side in one with them.
    pub(super) async fn hand_on_run(&mut self, number: usize, run: Vec<Made>, found: &mut Found) -> Result<(), ApiError> {
        let rests = (run[0].seen, run[0].branch);
        let updates: Vec<Bytes> =
            run.iter().flat_map(|edit| edit.parts.iter().filter_map(|(_, update)| update.clone())).collect();
        if self.is_behind(rests).await? {
            self.settle(0).await?;
            if let Some(outcomes) = self.put_together(rests, &updates).await? {
                self.under_way.extend(outcomes.into_iter().map(Step::Over));
                return Ok(());
            }
        }
        for (at, edit) in run.into_iter().enumerate() {
            self.settle(super::UNDER_WAY_MAX - 1).await?;
            self.hand_on_one(number + at, edit, found).await?;
        }
        Ok(())
    }

    async fn is_behind(&self, (seen, branch): (Seq, Branch)) -> Result<bool, ApiError> {
        Ok(!branch.is_table() && self.writable(None).is_ok() && seen < self.app.rooms.end(&self.reader.address).await?.seq)
    }

    /// What became of each; `None` if nothing of it was touched by others.
    async fn put_together(&mut self, (seen, branch): (Seq, Branch), updates: &[Bytes]) -> Result<Option<Vec<Outcome>>, ApiError> {
        let address = self.reader.address.clone();
        for _ in 0..limits::EDIT_TRIES {
            if let Err(error) = self.writable(None) {
                return Ok(Some(vec![error.outcome(); updates.len()]));
            }
            let by = Provenance { seen: Some(seen), branch, ..self.by(&address) };
            let place = self.app.view_place(self.reader.member()).await?;
            let (bad, merged) = match self.app.rooms.put_together(&address, &by, updates.to_vec(), place).await? {
                Together::Alone => return Ok(None),
                Together::Merged { bad, merged } => (bad, merged),
            };
            let proposal = Proposal { by, what: Proposed::Merged(*merged) };
            match self.app.rooms.commit_merged(address.clone(), proposal).await {
                Ok(cuts) => {
                    let mut cuts = cuts.into_iter();
                    let outcome = |number| match bad.get(&number) {
                        Some(error) => ApiError::from(error.clone()).outcome(),
                        None => Outcome::taken(cuts.next().unwrap_or_default()),
                    };
                    return Ok(Some((0..updates.len()).map(outcome).collect()));
                }
                Err(CommitError::Moved) => {}
                // Which of them it is comes out where each goes its own way.
                Err(CommitError::Room(RoomError::Edit(
                    EditError::Refused(_) | EditError::Misbehaved | EditError::Full(_) | EditError::Share,
                ))) => {
                    return if updates.len() == 1 { Ok(None) } else { self.each_alone((seen, branch), updates).await.map(Some) };
                }
                Err(CommitError::Room(RoomError::Edit(error))) if is_of_the_disk(&error) => return Err(error.into()),
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommitError::Moved.into())
    }

    async fn each_alone(&mut self, rests: (Seq, Branch), updates: &[Bytes]) -> Result<Vec<Outcome>, ApiError> {
        let mut outcomes = Vec::with_capacity(updates.len());
        for update in updates {
            let outcome = match Box::pin(self.put_together(rests, std::slice::from_ref(update))).await? {
                Some(outcomes) => outcomes.into_iter().next(),
                None => None,
            };
            outcomes.push(match outcome {
                Some(outcome) => outcome,
                None => self.alone(rests, update.clone()).await?,
            });
        }
        Ok(outcomes)
    }

    /// One that goes its own way.
    async fn alone(&mut self, rests: (Seq, Branch), update: Bytes) -> Result<Outcome, ApiError> {
        let changes = self.changes(usize::MAX, vec![(None, Some(update))], rests, &mut Found::new());
        match changes {
            Ok(changes) => self.commit(changes, None).await,
            Err(error) => Ok(error.outcome()),
        }
    }
}
