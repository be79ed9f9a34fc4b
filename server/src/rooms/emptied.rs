//! What a session types that leaves an alternative empty which the server had put beside others, as an editor's undo does: the empty one
//! goes in one with it.

use bytes::Bytes;
use plenary_shared::{
    id::DocAddress,
    limits,
    log::{
        fold::Fold,
        gate::{Ledger, Named},
        record::Provenance,
    },
    text::{apart::standing, emptied::TextsBefore, plan::new_doc},
    wire::cut::Cut,
};
use std::sync::Arc;

use super::{
    CommitError, RoomError, Rooms,
    merge::{Judged, judge},
};
use crate::{
    ids,
    room::{Command, Merged, Proposal, Proposed, SessionId, document::Document, provided::Provided},
    store::Seq,
};

impl Rooms {
    /// Takes in what a session sends if it leaves an alternative empty, with what takes that one away, behind all that it sent before.
    /// `false`: it leaves none empty, or it is for the room to say why it is not taken.
    ///
    /// # Errors
    /// [`RoomError`], if it cannot be said what became of it.
    pub async fn tidied(
        self: &Arc<Self>,
        address: &DocAddress,
        session: SessionId,
        (by, update): (&Provenance, &Bytes),
        provided: &Provided,
    ) -> Result<bool, RoomError> {
        if !self.alternatives.stand_in(address) || Named::read(update).map_or(true, |named| named.deleted().is_empty()) {
            return Ok(false);
        }
        for _ in 0..limits::EDIT_TRIES {
            let empties = |empties| Command::Empties { session, update: update.clone(), empties };
            if !self.ask(address, empties).await?.1 {
                return Ok(false);
            }
            let _turn = self.conduct.turn(address, &by.author).await;
            let (_, (seq, copy)) = self.ask(address, |copy| Command::Copy { of: Some(session), copy }).await?;
            let (whose, typed) = (by.clone(), update.clone());
            let tidy = tokio::task::spawn_blocking(move || tidy((seq, &copy), &whose, typed));
            let Some(merged) = tidy.await.map_err(|_| RoomError::Unavailable)? else { return Ok(false) };
            let what = Proposed::Merged(Merged { provided: provided.clone(), ..merged });
            match self.commit_all(vec![(address.clone(), Proposal { by: by.clone(), what })]).await {
                Ok(cuts) => return Ok(cuts.iter().all(Cut::is_empty)),
                Err(CommitError::Moved) if !provided.has_moved(seq) => {}
                Err(CommitError::Moved | CommitError::Unverified(_) | CommitError::Room(RoomError::Edit(_))) => return Ok(false),
                Err(CommitError::Room(error)) => return Err(error),
            }
        }
        Ok(false)
    }
}

/// Tries an edit on a copy; `None` if it leaves no alternative empty, or is not taken.
fn tidy((seq, copy): (Seq, &[u8]), by: &Provenance, update: Bytes) -> Option<Merged> {
    let mut document = Document::from_copy(seq, copy)?;
    let points = document.points_of(&Named::read(&update).ok()?);
    let stood = document.read(|txn| TextsBefore::read(txn, &points)).ok()?;
    let Judged { accepted, edits, bad, .. } = judge(&mut document, by, vec![(update, None)]);
    if !bad.is_empty() || accepted.is_empty() {
        return None;
    }
    let end = (document.seq(), document.head());
    document.apply(&accepted, end).ok()?;
    let state = document.diff(&Default::default()).ok()?;
    let mut now = Fold::of_own(new_doc(ids::client()), &state, Ledger::default()).ok()?;
    let tidied = stood.tidy(&mut now, document.ledger()).ok()??;
    // What it was before is told by another copy.
    let on = Document::from_copy(seq, copy)?.read(|txn| standing(txn, &tidied.says.points)).ok()?;
    Some(Merged { edits, on, update: tidied.update, says: tidied.says, new: vec![0], provided: Provided::Anyway })
}
