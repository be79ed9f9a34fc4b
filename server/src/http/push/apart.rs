//! Edits of the text that were made apart from what others wrote meanwhile.

use plenary_shared::{
    id::DocAddress,
    limits,
    log::record::{Branch, Provenance},
    wire::sync::Outcome,
};

use super::{Found, Made, Pusher, Step, UNDER_WAY_MAX, is_of_the_disk};
use crate::{
    http::error::ApiError,
    room::{Proposal, Proposed, provided::Provided},
    rooms::{Brought, Change, CommitError, RoomError, Together},
    store::Seq,
};

/// What becomes of edits of one stay.
pub(super) enum Run {
    /// What became of each of them.
    Over(Vec<Outcome>),
    /// Each is taken by itself as long as nobody else touches the same. They rest on this record.
    Alone(Seq, Provided),
    /// One of them is not taken, and which comes out where each goes its own way.
    Each,
    /// Others changed the same in just that moment.
    Moved,
}

impl Pusher {
    /// Takes in edits of one stay that change the text alone, in their order. What others touched meanwhile is put side by side in one with
    /// them.
    pub(super) async fn hand_on_run(&mut self, first: usize, mut run: Vec<Made>, found: &mut Found) -> Result<(), ApiError> {
        let behind = first + run.len();
        for _ in 0..limits::EDIT_TRIES {
            match self.judge_run(&run, behind, found).await? {
                Run::Over(outcomes) => {
                    self.under_way.extend(outcomes.into_iter().map(Step::Over));
                    return Ok(());
                }
                Run::Alone(seen, provided) => {
                    run.iter_mut().for_each(|edit| edit.seen = seen);
                    run = self.hand_on_each(run, behind, &provided, found).await?;
                    if run.is_empty() {
                        return Ok(());
                    }
                }
                Run::Each => {
                    let first = behind - run.len();
                    for (at, edit) in run.into_iter().enumerate() {
                        Box::pin(self.hand_on_run(first + at, vec![edit], found)).await?;
                    }
                    return Ok(());
                }
                Run::Moved => {}
            }
        }
        Err(CommitError::Moved.into())
    }

    /// Hands on each of the last edits before the one numbered `behind`; answers those that others got in the way of.
    pub(super) async fn hand_on_each(
        &mut self,
        mut run: Vec<Made>,
        behind: usize,
        provided: &Provided,
        found: &mut Found,
    ) -> Result<Vec<Made>, ApiError> {
        let first = behind - run.len();
        for (at, edit) in run.iter().enumerate() {
            self.settle(UNDER_WAY_MAX - 1).await?;
            self.hand_on_one(first + at, edit.clone(), provided, found).await?;
        }
        if matches!(provided, Provided::Anyway) {
            return Ok(Vec::new());
        }
        self.settle(0).await?;
        run.drain(..self.outcomes.len() - first);
        Ok(run)
    }

    pub(super) async fn judge_run(&mut self, run: &[Made], behind: usize, found: &Found) -> Result<Run, ApiError> {
        let Some(Made { seen, branch, .. }) = run.first() else { return Ok(Run::Over(Vec::new())) };
        if let Err(error) = self.writable(None) {
            return Ok(Run::Over(vec![error.outcome(); run.len()]));
        }
        if branch.is_table() {
            return Ok(Run::Alone(*seen, Provided::Anyway));
        }
        let end = self.app.rooms.end(&self.reader.address).await?.seq;
        if *seen >= end {
            return Ok(Run::Alone(*seen, Provided::alone_since(end)));
        }
        self.settle(0).await?;
        let updates = run.iter().flat_map(|edit| edit.parts.iter().filter_map(|(_, update)| update.clone()));
        let first = behind - run.len();
        let updates = updates.enumerate().map(|(at, update)| (update, found.get(&(None, first + at)).cloned()));
        self.put_together((*seen, *branch), updates.collect()).await
    }

    /// What an edit of several documents is for each: its part that changes the text is put together with what others wrote.
    pub(super) async fn parts_of(&self, changes: &mut [Change]) -> Result<Vec<(DocAddress, Proposal)>, ApiError> {
        let address = &self.reader.address;
        let of = |changes: &[Change]| changes.iter().cloned().map(Change::proposal).collect::<Vec<_>>();
        let Some(text) = changes.iter_mut().find(|change| change.address == *address) else { return Ok(of(changes)) };
        let updates = vec![(text.update.clone(), None)];
        match self.app.rooms.put_together(address, None, &text.by, updates).await? {
            Together::Alone { seen, provided } => (text.by.seen, text.provided) = (seen, provided),
            // The room says why.
            Together::Merged { bad, seen, .. } if !bad.is_empty() => text.provided = Provided::alone_since(seen),
            Together::Merged { merged, seen, .. } => {
                let by = Provenance { seen: Some(seen), ..text.by.clone() };
                let others = changes.iter().filter(|change| change.address != *address).cloned().map(Change::proposal);
                let text = (address.clone(), Proposal { by, what: Proposed::Merged(*merged) });
                return Ok(others.chain([text]).collect());
            }
        }
        Ok(of(changes))
    }

    /// Puts edits of one stay together with what others wrote.
    async fn put_together(&mut self, (seen, branch): (Seq, Branch), updates: Vec<Brought>) -> Result<Run, ApiError> {
        let (address, count) = (self.reader.address.clone(), updates.len());
        let by = Provenance { seen: Some(seen), branch, ..self.by(&address) };
        let (bad, merged, seen) = match self.app.rooms.put_together(&address, None, &by, updates).await? {
            Together::Alone { seen: rests, provided } => return Ok(Run::Alone(rests.unwrap_or(seen), provided)),
            Together::Merged { bad, merged, seen, .. } => (bad, merged, seen),
        };
        // Rights may have changed while it waited.
        if self.writable(None).is_err() {
            return Ok(Run::Moved);
        }
        let proposal = Proposal { by: Provenance { seen: Some(seen), ..by }, what: Proposed::Merged(*merged) };
        match self.app.rooms.commit_all(vec![(address, proposal)]).await {
            Ok(cuts) => {
                let mut cuts = cuts.into_iter();
                let outcome = |number| match bad.get(&number) {
                    Some(error) => ApiError::from(error.clone()).outcome(),
                    None => Outcome::taken(cuts.next().unwrap_or_default()),
                };
                Ok(Run::Over((0..count).map(outcome).collect()))
            }
            Err(CommitError::Moved) => Ok(Run::Moved),
            Err(CommitError::Room(RoomError::Edit(error))) if is_of_the_disk(&error) => Err(error.into()),
            // The room says why.
            Err(CommitError::Room(RoomError::Edit(_))) if count == 1 => Ok(Run::Alone(seen, Provided::alone_since(seen))),
            Err(CommitError::Room(RoomError::Edit(_))) => Ok(Run::Each),
            Err(error) => Err(error.into()),
        }
    }
}
