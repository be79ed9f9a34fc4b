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
    rooms::{Brought, CommitError, RoomError, Together},
    store::Seq,
};

/// What became of edits of one stay.
enum Run {
    /// Each of them.
    Over(Vec<Outcome>),
    /// Nothing yet: nothing of them was touched by others behind this record.
    Alone(Seq),
}

impl Pusher {
    /// Takes in edits of one stay that change the text alone. What others touched meanwhile is put side by side in one with them.
    pub(super) async fn hand_on_run(&mut self, number: usize, mut run: Vec<Made>, found: &mut Found) -> Result<(), ApiError> {
        let rests = (run[0].seen, run[0].branch);
        if self.is_behind(rests).await? {
            self.settle(0).await?;
            let updates = run.iter().flat_map(|edit| edit.parts.iter().filter_map(|(_, update)| update.clone()));
            let found = |(at, update)| (update, found.get(&(None, number + at)).cloned());
            let updates: Vec<Brought> = updates.enumerate().map(found).collect();
            match self.put_together(rests, &updates).await? {
                Run::Over(outcomes) => {
                    self.under_way.extend(outcomes.into_iter().map(Step::Over));
                    return Ok(());
                }
                Run::Alone(seen) => run.iter_mut().for_each(|edit| edit.seen = seen),
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

    /// Puts edits of one stay together with what others wrote.
    async fn put_together(&mut self, (rested, branch): (Seq, Branch), updates: &[Brought]) -> Result<Run, ApiError> {
        let address = self.reader.address.clone();
        for _ in 0..limits::EDIT_TRIES {
            if let Err(error) = self.writable(None) {
                return Ok(Run::Over(vec![error.outcome(); updates.len()]));
            }
            let mut by = Provenance { seen: Some(rested), branch, ..self.by(&address) };
            let (bad, merged, by_seen) = match self.app.rooms.put_together(&address, None, &by, updates.to_vec()).await? {
                Together::Alone { seen } => return Ok(Run::Alone(seen.unwrap_or(rested))),
                Together::Merged { bad, merged, seen, .. } => {
                    by.seen = Some(seen);
                    (bad, merged, seen)
                }
            };
            let proposal = Proposal { by, what: Proposed::Merged(*merged) };
            match self.app.rooms.commit_merged(address.clone(), proposal).await {
                Ok(cuts) => {
                    let mut cuts = cuts.into_iter();
                    let outcome = |number| match bad.get(&number) {
                        Some(error) => ApiError::from(error.clone()).outcome(),
                        None => Outcome::taken(cuts.next().unwrap_or_default()),
                    };
                    return Ok(Run::Over((0..updates.len()).map(outcome).collect()));
                }
                Err(CommitError::Moved) => {}
                // Which of them it is comes out where each goes its own way.
                Err(CommitError::Room(RoomError::Edit(
                    EditError::Refused(_) | EditError::Misbehaved | EditError::Full(_) | EditError::Share,
                ))) => {
                    let rests = (by_seen, branch);
                    return if updates.len() == 1 {
                        Ok(Run::Alone(by_seen))
                    } else {
                        self.each_alone(rests, updates).await.map(Run::Over)
                    };
                }
                Err(CommitError::Room(RoomError::Edit(error))) if is_of_the_disk(&error) => return Err(error.into()),
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommitError::Moved.into())
    }

    async fn each_alone(&mut self, rests: (Seq, Branch), updates: &[Brought]) -> Result<Vec<Outcome>, ApiError> {
        let mut outcomes = Vec::with_capacity(updates.len());
        for (update, _) in updates {
            match Box::pin(self.put_together(rests, &[(update.clone(), None)])).await? {
                Run::Over(outcome) => outcomes.extend(outcome),
                Run::Alone(seen) => outcomes.push(self.alone((seen, rests.1), update.clone()).await?),
            }
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
