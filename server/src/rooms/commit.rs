//! An edit that touches several documents, taken all or none.
//!
//! Each document's room is held in turn, as if a batch were on its way; once all of them are and nothing is against it, one append
//! keeps all records, and each room goes on with its own. The order is the same for everyone, so no two edits wait for each other;
//! and a plan comes after the layers, so that it is held for one append and never while something of a party's is waited for.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use futures_util::future::join_all;
use plenary_shared::{
    id::{DocAddress, PointId},
    limits,
    log::record::{Hand, Provenance},
    wire::cut::Cut,
};
use std::sync::{Arc, LazyLock};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

use super::{RoomError, Rooms, TRIES};
use crate::{
    minutely::Minutely,
    room::{Command, EditError, Fate, Hold, Judged, Proposal, Proposed, Unheld, is_unchanged, order::Order, provided::Provided},
    store::{Condition, Seq, StoreError},
};

/// What an edit does to one document.
#[derive(Clone, Debug)]
pub struct Change {
    /// The document.
    pub address: DocAddress,
    /// Whose it is, and what they knew.
    pub by: Provenance,
    /// The update.
    pub update: Bytes,
    /// What it holds on.
    pub provided: Provided,
    /// What is known of what it claims about order.
    pub order: Order,
}

impl Change {
    /// What is to follow in its document.
    pub fn proposal(self) -> (DocAddress, Proposal) {
        let Self { address, by, update, provided, order } = self;
        (address, Proposal { by, what: Proposed::Edit { update, provided, order } })
    }
}

/// Why an edit was not taken. Nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// A document is no longer as the edit was made for.
    #[error("the plan is being edited too quickly: try again")]
    Moved,
    /// What it does to this document claims something about order that is to be verified first.
    #[error("the edit has not been verified")]
    Unverified(DocAddress),
    /// No room answers, or one of them refuses its part.
    #[error(transparent)]
    Room(#[from] RoomError),
}

impl From<EditError> for CommitError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Unavailable => Self::Room(RoomError::Unavailable),
            refused => Self::Room(RoomError::Edit(refused)),
        }
    }
}

/// A room that is held.
pub(super) struct Held {
    pub(super) address: DocAddress,
    /// Where the log ends, and what is to follow.
    pub(super) after: Seq,
    pub(super) records: Vec<Bytes>,
    pub(super) fate: oneshot::Sender<Fate>,
    pub(super) done: oneshot::Receiver<Result<Cut, EditError>>,
}

impl Rooms {
    /// Takes an edit in, all changes or none, of each document at most one. Whoever asks may go away in the middle: it is
    /// carried through all the same. Answers what was cut out of it.
    ///
    /// # Errors
    /// [`CommitError`]: nothing of it was taken, or nobody knows.
    pub async fn commit(self: &Arc<Self>, changes: Vec<Change>) -> Result<Cut, CommitError> {
        let cuts = self.commit_all(changes.into_iter().map(Change::proposal).collect()).await?;
        let mut all = Cut::default();
        cuts.into_iter().for_each(|cut| all.add(cut));
        Ok(all)
    }

    /// Confirms, for somebody who may draft, what was merged in these points of a plan, as far as `by` says that they had seen it.
    ///
    /// # Errors
    /// [`CommitError`]. Where nothing of it stands any more nothing is done.
    pub async fn confirm(
        self: &Arc<Self>,
        plan: DocAddress,
        by: Provenance,
        points: Vec<Option<PointId>>,
    ) -> Result<(), CommitError> {
        self.commit_all(vec![(plan, Proposal { by, what: Proposed::Confirmation(points) })]).await.map(drop)
    }

    /// As [`Self::commit`], of what is to follow in each document. Answers what was cut out of each edit.
    ///
    /// # Errors
    /// [`CommitError`]: nothing of it was taken, or nobody knows.
    pub async fn commit_all(self: &Arc<Self>, mut proposals: Vec<(DocAddress, Proposal)>) -> Result<Vec<Cut>, CommitError> {
        proposals.sort_by(|(a, _), (b, _)| order(a).cmp(&order(b)));
        let rooms = self.clone();
        let carried = tokio::spawn(async move { rooms.carry(proposals).await });
        carried.await.unwrap_or(Err(EditError::InDoubt.into()))
    }

    async fn carry(self: &Arc<Self>, proposals: Vec<(DocAddress, Proposal)>) -> Result<Vec<Cut>, CommitError> {
        match self.store.condition() {
            Condition::Working => {}
            Condition::Full => return Err(EditError::DiskFull.into()),
            Condition::Failed => return Err(EditError::Unavailable.into()),
        }
        // Loaded before any is held.
        for loaded in join_all(proposals.iter().map(|(address, _)| self.end(address))).await {
            loaded?;
        }
        let (mut held, mut cuts) = (Vec::with_capacity(proposals.len()), Vec::new());
        let until = Instant::now() + limits::HOLD;
        for (address, proposal) in proposals {
            match self.hold(address, proposal, until).await {
                Ok((part, cut)) => {
                    held.extend(part);
                    cuts.extend(cut);
                }
                Err(error) => {
                    release(held);
                    return Err(error);
                }
            }
        }
        let records = held.iter().map(|held| (held.address.clone(), held.after, held.records.clone())).collect();
        let lasts = match self.store.append_all(records).await {
            Ok(lasts) => lasts,
            Err(error) => {
                static TOLD: LazyLock<Minutely> = LazyLock::new(Minutely::default);
                if TOLD.is_due() {
                    tracing::error!(%error, "an edit could not be stored");
                }
                lose(held, &error);
                return Err(EditError::from(&error).into());
            }
        };
        let mut told = Vec::with_capacity(held.len());
        for (Held { fate, done, .. }, last) in held.into_iter().zip(lasts) {
            let _ = fate.send(Fate::Kept(last));
            told.push(done);
        }
        for done in join_all(told).await {
            // A room that ended meanwhile has left its record in the log.
            done.unwrap_or_else(|_| Ok(Cut::default()))?;
        }
        Ok(cuts)
    }

    /// Holds a room for its part of an edit, unless there is nothing new in it; answers also what is cut out of it.
    pub(super) async fn hold(
        self: &Arc<Self>,
        address: DocAddress,
        proposal: Proposal,
        until: Instant,
    ) -> Result<(Option<Held>, Vec<Cut>), CommitError> {
        for _ in 0..TRIES {
            let (verdict, judged) = oneshot::channel();
            let (fate, fated) = oneshot::channel();
            let (done, told) = oneshot::channel();
            let hold = Hold { proposal: proposal.clone(), verdict, fate: fated, done };
            let asked = async {
                self.inbox(&address)?.send(Command::Hold(hold)).await.map_err(|_| RoomError::Unavailable)?;
                Ok::<_, RoomError>(judged.await)
            };
            return match timeout_at(until, asked).await {
                Ok(Ok(Ok(Ok(Judged { records, cut })))) => {
                    Ok((records.map(|(after, records)| Held { address, after, records, fate, done: told }), cut))
                }
                Ok(Ok(Ok(Err(Unheld::Moved)))) => Err(CommitError::Moved),
                Ok(Ok(Ok(Err(Unheld::Unverified)))) => Err(CommitError::Unverified(address)),
                Ok(Ok(Ok(Err(Unheld::Edit(error))))) => {
                    // What the server makes of a script is its own.
                    if error.is_offence() && proposal.by.hand != Hand::Server {
                        self.conduct.offended(&address, &proposal.by.author);
                    }
                    Err(error.into())
                }
                // The room was just leaving.
                Ok(Ok(Err(_)) | Err(RoomError::Unavailable)) => {
                    tokio::task::yield_now().await;
                    continue;
                }
                Ok(Err(error)) => Err(error.into()),
                Err(_) => {
                    // It may be held yet.
                    let _ = fate.send(Fate::Dropped);
                    Err(RoomError::Unavailable.into())
                }
            };
        }
        Err(RoomError::Unavailable.into())
    }
}

/// Everybody's order: the layers, then the plan.
fn order(address: &DocAddress) -> (bool, &DocAddress) {
    (!matches!(address, DocAddress::Layer(..)), address)
}

/// A room whose log may be another than it knows reads it again.
pub(super) fn lose(held: Vec<Held>, error: &StoreError) {
    for Held { address, fate, .. } in held {
        let is_as_known = is_unchanged(error) || matches!(error, StoreError::Moved { doc, .. } if *doc != address);
        let _ = fate.send(if is_as_known { Fate::Dropped } else { Fate::Failed(error.clone()) });
    }
}

pub(super) fn release(held: Vec<Held>) {
    for Held { fate, .. } in held {
        let _ = fate.send(Fate::Dropped);
    }
}
