//! What a stay away from the server brings, put together with what others wrote meanwhile: on a copy, away from the room.

use bytes::Bytes;
use plenary_shared::{
    id::DocAddress,
    limits,
    log::{
        fold::Fold,
        record::{self, Provenance, Record},
    },
    text::{
        apart::{Apart, Bracketed, Stay, standing},
        plan::new_doc,
    },
};
use std::{collections::HashMap, sync::Arc};

use super::{RoomError, Rooms, verify::try_one};
use crate::{
    ids,
    room::{
        EditError, Merged,
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
        let (_, (seq, copy)) = self.ask(address, |copy| super::Command::Copy { of: None, copy }).await?;
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
