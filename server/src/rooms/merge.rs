//! What a stay away from the server brings, put together with what others wrote meanwhile: on a copy, away from the room.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use plenary_shared::{
    id::{DocAddress, PointId},
    limits,
    log::{
        fold::{Fold, Formed},
        gate::{self, Ledger, Named},
        record::{self, Branch, Moment, Provenance, Record},
    },
    people::Author,
    text::{
        apart::{Apart, Bracketed, Stay, standing},
        plan::{ChangeKind, new_doc},
    },
    wire::cut::Cut,
};
use std::{collections::HashMap, sync::Arc};
use yrs::Snapshot;

use super::{
    Change, CommitError, RoomError, Rooms,
    trail::{self, Own, PAGE, Trail},
    verify::{Tried, Weighed},
};
use crate::{
    ids,
    room::{
        Command, EditError, End, Merged, Proposal, Proposed, SessionId,
        document::{Accepted, Document},
        order::{Order, Trial},
        provided::Provided,
    },
    store::{Seq, Store},
};

/// A text that was folded from so many records is kept, so that the next one need not be.
const KEPT_FROM: u64 = 1_024;

/// An update, and what was found of it on a copy, if it was tried.
pub type Brought = (Bytes, Option<Tried>);

/// What came of putting edits together with what others wrote.
#[derive(Debug)]
pub enum Together {
    /// Nothing of it was touched by others meanwhile: each goes its own way.
    Alone {
        /// The last record that their author knew, by what they name; `None`: all.
        seen: Option<Seq>,
        /// That this still holds.
        provided: Provided,
    },
    /// They and what puts them side by side.
    Merged {
        /// Those that are not taken, by their numbers.
        bad: HashMap<usize, EditError>,
        /// All others, to be kept in one.
        merged: Box<Merged>,
        /// Of which points what stands side by side in it.
        beside: Vec<(Option<PointId>, ChangeKind)>,
        /// The last record that their author knew, by what they name.
        seen: Seq,
    },
}

/// What becomes of what a client wrote that had not seen all.
#[derive(Debug)]
pub enum Stayed {
    /// It is taken in, with what puts it side by side with what others wrote.
    Apart,
    /// It is taken in: nobody else touched the same.
    Alone,
    /// It is for the room to take or to refuse, by whom and on what they knew.
    Here(Provenance),
}

impl Rooms {
    /// Puts edits of a plan's text that rest on an older record together with what others wrote since, in their author's turn, behind all
    /// that the session `of` sent before.
    ///
    /// # Errors
    /// [`RoomError`], if there is no copy.
    pub async fn put_together(
        self: &Arc<Self>,
        address: &DocAddress,
        of: Option<SessionId>,
        by: &Provenance,
        updates: Vec<Brought>,
    ) -> Result<Together, RoomError> {
        let alone = |seen, provided| Ok(Together::Alone { seen, provided });
        let Some(seen) = by.seen.filter(|_| !by.branch.is_table()) else { return alone(by.seen, Provided::Anyway) };
        let end = self.end(address).await?;
        let since = end.seq;
        if seen >= since {
            return alone(Some(seen), Provided::alone_since(since));
        }
        let mut turn = self.merges.turn(address, &by.author).await;
        let _watched =
            if self.conduct.is_watched(address, &by.author) { Some(self.conduct.turn(address, &by.author).await) } else { None };
        let (rooms, at, whose, brought) = (self.clone(), address.clone(), by.clone(), updates.clone());
        // Whoever goes away meanwhile has its turn until it is done, and pays.
        let rested = tokio::task::spawn_blocking(move || {
            let (rested, read) = rooms.rested((&at, &end), (&whose, seen), &brought)?;
            turn.costs(read + brought.len() as u64);
            Some((rested, turn))
        });
        let ((seen, is_touched), mut turn) = rested.await.ok().flatten().ok_or(RoomError::Unavailable)?;
        if !is_touched {
            return alone(Some(seen), Provided::alone_since(since));
        }
        let (end, (seq, copy)) = (self.end(address).await?, self.ask(address, |copy| Command::Copy { of, copy }).await?.1);
        let (rooms, at, whose) = (self.clone(), address.clone(), by.clone());
        let together = tokio::task::spawn_blocking(move || {
            let base = rooms.base(&at, seen, &end.refused)?;
            turn.costs(base.1 + (seq - seen) + updates.len() as u64);
            put_together(&*rooms.store, &at, (seq, &copy), (&whose, seen, &base.0), &end.refused, updates)
        });
        let together = together.await.ok().flatten().ok_or(RoomError::Unavailable)?;
        if let Together::Merged { bad, .. } = &together
            && bad.values().any(EditError::is_offence)
        {
            self.conduct.offended(address, &by.author);
        }
        Ok(together)
    }

    /// The last record that is known to who names so much, no older than `seen`, and whether others touched what is touched; and how many
    /// records were read. Blocks.
    fn rested(
        &self,
        (address, end): (&DocAddress, &End),
        (by, seen): (&Provenance, Seq),
        updates: &[Brought],
    ) -> Option<((Seq, bool), u64)> {
        // What is no update is refused where it is judged.
        let named: Vec<Named> = updates.iter().filter_map(|(update, _)| Named::read(update).ok()).collect();
        let own = Own::new(&by.author, by.branch, &named);
        self.trails.ask((&*self.store, &self.waypoints), address, (seen, end.seq), &end.refused, |trail| {
            let seen = named.iter().map(|named| trail.rests(named, &own)).fold(seen, Seq::max);
            Some((seen, named.iter().any(|named| trail.is_touched(named, seen, &own))))
        })
    }

    /// A plan's text as it stood at a record, in somebody's turn, who pays for what is folded for it.
    ///
    /// # Errors
    /// [`RoomError`], if it cannot be read.
    pub async fn past(self: &Arc<Self>, address: &DocAddress, whose: &Author, seen: Seq) -> Result<Bytes, RoomError> {
        let mut turn = self.merges.turn(address, whose).await;
        let (end, rooms, at) = (self.end(address).await?, self.clone(), address.clone());
        let past = tokio::task::spawn_blocking(move || {
            let (state, read) = rooms.base(&at, seen, &end.refused)?;
            turn.costs(read);
            Some(state)
        });
        past.await.ok().flatten().ok_or(RoomError::Unavailable)
    }

    /// A plan's text as it stood at a record, and how many records were folded for it. Blocks.
    fn base(&self, address: &DocAddress, seen: Seq, refused: &[Seq]) -> Option<(Bytes, u64)> {
        let copy = trail::nearest((&*self.store, &self.waypoints), address, seen);
        let from = copy.as_ref().map_or(0, |(seq, _)| *seq);
        let mut past = Document::past_from(copy, &*self.store, address, refused, |at, _| at <= seen)?;
        if past.seq - from >= KEPT_FROM
            && let Some(copy) = past.copy()
        {
            self.waypoints.keep(address, past.seq, copy);
        }
        Some((past.state, past.seq - from))
    }

    /// Takes in what a client that has come back wrote while it was away. It had what `had`, its state vector, covers, and knows of
    /// deletions what stands in `update`.
    ///
    /// # Errors
    /// [`RoomError`], if it cannot be said what became of it.
    pub async fn came_back(
        self: &Arc<Self>,
        address: &DocAddress,
        session: SessionId,
        by: Provenance,
        had: &Bytes,
        update: &Bytes,
    ) -> Result<Stayed, RoomError> {
        let (Ok(had), Ok(formed)) = (gate::check_state_vector(had), Formed::read(update)) else { return Ok(Stayed::Here(by)) };
        let (end, knew) = (self.end(address).await?, Snapshot::new(had, formed.deleted()));
        let mut turn = self.merges.turn(address, &by.author).await;
        let (rooms, at) = (self.clone(), address.clone());
        let seen = tokio::task::spawn_blocking(move || {
            let sources = (&*rooms.store, &*rooms.waypoints);
            let last = |trail: &Trail| Some((trail.last_seen(&knew)?, trail.holds(&formed.vector(), &knew.delete_set)));
            let (found, read) = rooms.trails.ask(sources, &at, (end.seq, end.seq), &end.refused, last)?;
            turn.costs(read);
            Some(found)
        });
        let (seen, is_known) = seen.await.ok().flatten().ok_or(RoomError::Unavailable)?;
        if is_known {
            return Ok(Stayed::Here(by));
        }
        self.stayed(address, Some(session), Provenance { seen: Some(seen), branch: Branch(ids::branch()), ..by }, update).await
    }

    /// Takes in what a client wrote that had seen no more than `by` says, if others touched the same meanwhile.
    ///
    /// # Errors
    /// [`RoomError`], if it cannot be said what became of it.
    pub async fn stayed(
        self: &Arc<Self>,
        address: &DocAddress,
        session: Option<SessionId>,
        mut by: Provenance,
        update: &Bytes,
    ) -> Result<Stayed, RoomError> {
        // Whose words a client brings to a server that was restored is for the room to find out.
        if session.is_some() && self.restore.is_under_way() {
            return Ok(Stayed::Here(by));
        }
        for _ in 0..limits::EDIT_TRIES {
            let merged = match self.put_together(address, session, &by, vec![(update.clone(), None)]).await? {
                Together::Alone { seen, provided } => {
                    by.seen = seen;
                    match self.take_alone(address, session, (&by, update), provided).await? {
                        Ok(cut) if cut.is_empty() => return Ok(Stayed::Alone),
                        Err(EditError::Moved) => continue,
                        // What is left of it then is for the room to tell its sender of, and so is why nothing is.
                        Ok(_) | Err(_) => return Ok(Stayed::Here(by)),
                    }
                }
                Together::Merged { bad, .. } if !bad.is_empty() => return Ok(Stayed::Here(by)),
                Together::Merged { merged, seen, .. } => {
                    by.seen = Some(seen);
                    merged
                }
            };
            let proposal = Proposal { by: by.clone(), what: Proposed::Merged(*merged) };
            match self.commit_all(vec![(address.clone(), proposal)]).await {
                Ok(cuts) if cuts.iter().all(Cut::is_empty) => return Ok(Stayed::Apart),
                // What is left of it then is for the room to tell its sender of.
                Ok(_) => return Ok(Stayed::Here(by)),
                Err(CommitError::Moved) => {}
                // The room says why.
                Err(CommitError::Room(RoomError::Edit(_)) | CommitError::Unverified(_)) => return Ok(Stayed::Here(by)),
                Err(CommitError::Room(error)) => return Err(error),
            }
        }
        // Whoever sends it comes back with it.
        Err(RoomError::Unavailable)
    }

    /// Takes in what touches nothing that others touched, as long as that holds.
    async fn take_alone(
        self: &Arc<Self>,
        address: &DocAddress,
        session: Option<SessionId>,
        (by, update): (&Provenance, &Bytes),
        provided: Provided,
    ) -> Result<Result<Cut, EditError>, RoomError> {
        let mut order = Order::Unknown;
        if let Some(session) = session
            && self.tidied(address, session, (by, update), &provided).await?
        {
            return Ok(Ok(Cut::default()));
        }
        if let Some(session) = session.filter(|_| self.is_weighed(address, by, update)) {
            order = match self.weigh(address, session, by, update).await? {
                Weighed::Known => return Ok(Ok(Cut::default())),
                Weighed::Sound(order, _) => order,
                Weighed::Bad(error) => return Ok(Err(error)),
            };
        }
        let change = Change { address: address.clone(), by: by.clone(), update: update.clone(), provided, order };
        self.begin_edit(change).await?.await.map_err(|_| RoomError::Unavailable)
    }
}

fn put_together(
    store: &dyn Store,
    address: &DocAddress,
    (seq, copy): (Seq, &[u8]),
    (by, seen, base): (&Provenance, Seq, &[u8]),
    refused: &[Seq],
    updates: Vec<Brought>,
) -> Option<Together> {
    let since = since(store, address, (seen, seq), refused)?;
    let mut document = Document::from_copy(seq, copy)?;
    let Judged { accepted, edits, bad, numbers } = judge(&mut document, by, updates);
    let new: Vec<Bytes> = accepted.iter().map(|accepted| accepted.record.update.clone()).collect();
    let alone = Together::Alone { seen: Some(seen), provided: Provided::alone_since(seq) };
    let ledger = document.ledger();
    let stay = Stay { seen, base, since: &since, author: &by.author, branch: by.branch, new: &new, ledger };
    let Some(mut apart) = Apart::find(&stay).ok()? else { return Some(alone) };
    let on = document.read(|txn| standing(txn, &apart.points)).ok()?;
    let end = (document.seq(), document.head());
    // One that misbehaves is for the room to find out.
    if document.apply(&accepted, end).is_err() {
        return Some(alone);
    }
    let new = std::mem::take(&mut apart.new).into_iter().filter_map(|at| numbers.get(at).copied()).collect();
    let state = document.diff(&Default::default()).ok()?;
    let mut now = Fold::of_own(new_doc(ids::client()), &state, Ledger::default()).ok()?;
    let Bracketed { update, says, beside } = apart.bracket(&mut now).ok()?;
    let merged = Box::new(Merged { edits, on, update, says, new, provided: Provided::Anyway });
    Some(Together::Merged { bad, merged, beside, seen })
}

/// What the gate says to edits, one behind the other.
#[derive(Default)]
pub(super) struct Judged {
    /// Those that bring something.
    pub accepted: Vec<Accepted>,
    /// All that may be kept, and what is known of what they claim once all of them hold on a copy.
    pub edits: Vec<(Bytes, Order)>,
    pub bad: HashMap<usize, EditError>,
    /// Which of `edits` those are that bring something.
    pub numbers: Vec<usize>,
}

/// Judges edits on a copy of the document, which knows them from here on and does not show them yet.
pub(super) fn judge(document: &mut Document, by: &Provenance, updates: Vec<Brought>) -> Judged {
    let (mut judged, taken, mut in_series) = (Judged::default(), Arc::default(), 0);
    for (number, (update, tried)) in updates.into_iter().enumerate() {
        let checked = match (document.judge(by, &update), &tried) {
            (Ok(_), Some(Tried::Bad(error))) => Err(error.clone()),
            (checked, _) => checked.map_err(EditError::from),
        };
        let checked = match checked {
            Ok(checked) => checked,
            Err(error) => {
                judged.bad.insert(number, error);
                continue;
            }
        };
        let mut order = Order::Unknown;
        if checked.is_new() {
            document.admit(&by.author, &checked);
            let verified = match tried {
                Some(Tried::Holds(trial)) => {
                    order = Order::Tried(trial);
                    true
                }
                _ => false,
            };
            if !verified && checked.adds_blocks() {
                order = Order::Tried(Trial::new(checked.clone(), in_series, &taken));
                in_series += 1;
            }
            let record = by.clone().record(0, Moment::default(), checked.update(&update));
            judged.accepted.push(Accepted { record, checked, verified });
            judged.numbers.push(judged.edits.len());
        }
        judged.edits.push((update, order));
    }
    judged
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
