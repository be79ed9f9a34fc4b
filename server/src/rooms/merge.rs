//! What a stay away from the server brings, put together with what others wrote meanwhile: on a copy, away from the room.

use bytes::Bytes;
use plenary_shared::{
    id::DocAddress,
    limits,
    log::{
        fold::{Fold, Formed},
        gate,
        record::{self, Branch, Provenance, Record},
    },
    text::{
        apart::{Apart, Bracketed, Stay, standing},
        plan::new_doc,
    },
    wire::cut::Cut,
};
use std::{collections::HashMap, sync::Arc};
use yrs::Snapshot;

use super::{CommitError, RoomError, Rooms, verify::try_one};
use crate::{
    ids,
    room::{
        Command, EditError, Merged, Proposal, Proposed,
        document::Document,
        order::{Order, Trial},
    },
    store::{Seq, Store},
};

/// Records read of a log at a time.
const PAGE: usize = 1_024;

/// What came of putting edits together with what others wrote.
#[derive(Debug)]
pub enum Together {
    /// Nothing of it was touched by others meanwhile: each goes its own way.
    Alone,
    /// They and what puts them side by side.
    Merged {
        /// Those that are not taken, by their numbers.
        bad: HashMap<usize, EditError>,
        /// All others, to be kept in one.
        merged: Box<Merged>,
    },
}

impl Rooms {
    /// Puts edits of a plan's text that rest on an older record together with what others wrote since. `place` is kept until it is
    /// done. Who is watched waits for the party's turn.
    ///
    /// # Errors
    /// [`RoomError`], if there is no copy.
    pub async fn put_together(
        self: &Arc<Self>,
        address: &DocAddress,
        by: &Provenance,
        updates: Vec<Bytes>,
        place: impl Send + 'static,
    ) -> Result<Together, RoomError> {
        let Some(seen) = by.seen.filter(|_| !by.branch.is_table()) else { return Ok(Together::Alone) };
        let end = self.end(address).await?;
        if seen >= end.seq {
            return Ok(Together::Alone);
        }
        let _turn =
            if self.conduct.is_watched(address, &by.author) { Some(self.conduct.turn(address, &by.author).await) } else { None };
        let (_, (seq, copy)) = self.ask(address, |copy| Command::Copy { of: None, copy }).await?;
        let (store, at, of) = (self.store.clone(), address.clone(), by.clone());
        let together = tokio::task::spawn_blocking(move || {
            let _place = place;
            put_together(&*store, &at, (seq, &copy), (&of, seen), &end.refused, updates)
        });
        let together = together.await.ok().flatten().ok_or(RoomError::Unavailable)?;
        if let Together::Merged { bad, .. } = &together
            && bad.values().any(EditError::is_offence)
        {
            self.conduct.offended(address, &by.author);
        }
        Ok(together)
    }

    /// Takes in what a client that has come back wrote while it was away, if others wrote meanwhile. It had what `had`, its state vector,
    /// covers, and knows of deletions what stands in `update`. `false`, and nothing done, if it goes its own way.
    ///
    /// # Errors
    /// [`RoomError`], if it cannot be said what became of it.
    pub async fn came_back(
        self: &Arc<Self>,
        address: &DocAddress,
        by: Provenance,
        had: &Bytes,
        update: &Bytes,
    ) -> Result<bool, RoomError> {
        let (Ok(had), Ok(formed)) = (gate::check_state_vector(had), Formed::read(update)) else { return Ok(false) };
        if formed.vector().is_empty() {
            return Ok(false);
        }
        for _ in 0..limits::EDIT_TRIES {
            let end = self.end(address).await?;
            let (store, at) = (self.store.clone(), address.clone());
            let knew = Snapshot::new(had.clone(), formed.deleted());
            let seen = tokio::task::spawn_blocking(move || last_seen(&*store, &at, end.seq, &knew));
            let seen = seen.await.ok().flatten().ok_or(RoomError::Unavailable)?;
            let by = Provenance { seen: Some(seen), branch: Branch(ids::branch()), ..by.clone() };
            let what = match self.put_together(address, &by, vec![update.clone()], ()).await? {
                Together::Merged { bad, merged } if bad.is_empty() => Proposed::Merged(*merged),
                Together::Merged { .. } | Together::Alone => return Ok(false),
            };
            match self.commit_merged(address.clone(), Proposal { by, what }).await {
                // What is left of it then is for the room to tell its sender of.
                Ok(cuts) => return Ok(cuts.iter().all(Cut::is_empty)),
                Err(CommitError::Moved) => {}
                // The room says why.
                Err(CommitError::Room(RoomError::Edit(_)) | CommitError::Unverified(_)) => return Ok(false),
                Err(CommitError::Room(error)) => return Err(error),
            }
        }
        Ok(false)
    }
}

/// The last record before the first that who knew so much had not seen.
fn last_seen(store: &dyn Store, address: &DocAddress, end: Seq, knew: &Snapshot) -> Option<Seq> {
    let mut at = 0;
    while at < end {
        for (seq, sealed) in store.read(address, at, PAGE, limits::BATCH_BYTES_MAX).ok()? {
            let record = record::read(&sealed).ok()?;
            let is_known = record.change().is_none_or(|update| Formed::read(update).is_ok_and(|update| update.is_in(knew)));
            if !is_known || seq > end {
                return Some(seq - 1);
            }
            at = seq;
        }
    }
    Some(at)
}

fn put_together(
    store: &dyn Store,
    address: &DocAddress,
    (seq, copy): (Seq, &[u8]),
    (by, seen): (&Provenance, Seq),
    refused: &[Seq],
    updates: Vec<Bytes>,
) -> Option<Together> {
    let since = since(store, address, (seen, seq), refused)?;
    if !since.iter().any(|(_, record)| record.branch != by.branch && record.change().is_some()) {
        return Some(Together::Alone);
    }
    let mut document = Document::from_copy(seq, copy)?;
    let (mut new, mut edits, mut bad, mut numbers) = (Vec::new(), Vec::new(), HashMap::new(), Vec::new());
    let (taken, mut in_series) = (Arc::default(), 0);
    for (number, update) in updates.into_iter().enumerate() {
        let checked = match document.judge(by, &update) {
            Ok(checked) => checked,
            Err(refusal) => {
                bad.insert(number, refusal.into());
                continue;
            }
        };
        if checked.is_new() {
            // One that misbehaves is for the room to find out: its copy is gone.
            let accepted = match try_one(&mut document, by, &update, checked) {
                Some(accepted) => accepted,
                None => return Some(Together::Alone),
            };
            new.push(accepted.record.update);
            let order = if accepted.checked.adds_blocks() {
                in_series += 1;
                Order::Tried(Trial::new(accepted.checked, in_series - 1, &taken))
            } else {
                Order::Unknown
            };
            numbers.push(edits.len());
            edits.push((update, order));
        } else {
            edits.push((update, Order::Unknown));
        }
    }
    let base = Document::past(store, address, refused, |at, _| at <= seen)?;
    let stay = Stay { seen, base: &base.state, since: &since, branch: by.branch, new: &new };
    let Some(mut apart) = Apart::find(&stay).ok()? else { return Some(Together::Alone) };
    let before = Document::from_copy(seq, copy)?.read(|txn| standing(txn, &apart.points)).ok()?;
    let new = std::mem::take(&mut apart.new).into_iter().filter_map(|at| numbers.get(at).copied()).collect();
    let state = document.diff(&Default::default()).ok()?;
    let mut now = Fold::of_state(new_doc(ids::client()), &state).ok()?;
    let Bracketed { update, says } = apart.bracket(&mut now).ok()?;
    Some(Together::Merged { bad, merged: Box::new(Merged { edits, on: before, update, says, new }) })
}

/// The records behind `from` up to `to` that change the document.
fn since(store: &dyn Store, address: &DocAddress, (from, to): (Seq, Seq), refused: &[Seq]) -> Option<Vec<(Seq, Record)>> {
    let (mut at, mut records) = (from, Vec::new());
    // The chain was verified when the document was read.
    while at < to {
        let page = store.read(address, at, PAGE, limits::BATCH_BYTES_MAX).ok()?;
        at = page.last()?.0;
        for (seq, sealed) in page.into_iter().filter(|(seq, _)| *seq <= to) {
            let record = record::read(&sealed).ok()?;
            if !refused.contains(&seq) {
                records.push((seq, record));
            }
        }
    }
    Some(records)
}
