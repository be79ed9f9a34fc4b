//! What updates are and whether they hold what they claim about the order of blocks, tried on a copy: one that does not would cost a
//! document its room if it were found out there, and one that takes long would keep all others waiting.

use bytes::Bytes;
use plenary_shared::{
    id::DocAddress,
    limits,
    log::{
        gate::{self, Checked},
        record::{Moment, Provenance},
    },
};
use std::{collections::HashMap, sync::Arc};

use super::{RoomError, Rooms};
use crate::room::{
    Command, EditError, SessionId,
    document::{Accepted, Document},
    order::{Order, Trial},
};
use crate::store::Seq;

/// Updates that misbehave before no more are tried: each costs a copy. Honest ones never do.
const BAD_MAX: usize = 3;

/// What was found of an update.
#[derive(Clone, Debug)]
pub enum Tried {
    /// What it claims holds if the document takes those before it as they were tried.
    Holds(Trial),
    /// It is not taken.
    Bad(EditError),
}

/// What a session's update was found to be.
#[derive(Clone, Debug)]
pub enum Weighed {
    /// The document has all of it.
    Known,
    /// It is for the room to take, with what is known of its claims; it adds something, or only deletes.
    Sound(Order, Adds),
    /// It is not taken.
    Bad(EditError),
}

/// Whether an update adds something.
pub type Adds = bool;

impl Rooms {
    /// Whether an update is tried on a copy before it reaches the room: a large one, one that claims much, all of a member who offended.
    pub fn is_weighed(&self, address: &DocAddress, by: &Provenance, update: &[u8]) -> bool {
        update.len() >= limits::WEIGHED_BYTES
            || gate::claims_at_most(update) > limits::CLAIMS_UNWEIGHED_MAX
            || self.conduct.is_watched(address, &by.author)
    }

    /// Tries on a copy what a session sends, behind all that it sent before, in its party's turn.
    ///
    /// # Errors
    /// [`RoomError`], if there is no copy.
    pub async fn weigh(
        self: &Arc<Self>,
        address: &DocAddress,
        session: SessionId,
        by: &Provenance,
        update: &Bytes,
    ) -> Result<Weighed, RoomError> {
        let _turn = self.conduct.turn(address, &by.author).await;
        let (_, (seq, copy)) = self.ask(address, |copy| Command::Copy { of: Some(session), copy }).await?;
        let (by, update) = (by.clone(), update.clone());
        let weighed = tokio::task::spawn_blocking(move || weigh((seq, &copy), &by, &update));
        weighed.await.ok().flatten().ok_or(RoomError::Unavailable)
    }

    /// Tries updates of one author on a copy of a document, in their order, each under a number. Of those that are not answered it is
    /// not known: what they build on may not be there yet. `place` is kept until it is done. Who is watched waits for the party's turn.
    pub async fn verify(
        self: &Arc<Self>,
        address: &DocAddress,
        by: &Provenance,
        updates: Vec<(usize, Bytes)>,
        place: impl Send + 'static,
    ) -> Result<HashMap<usize, Tried>, RoomError> {
        let _turn =
            if self.conduct.is_watched(address, &by.author) { Some(self.conduct.turn(address, &by.author).await) } else { None };
        let (_, (seq, copy)) = self.ask(address, |copy| Command::Copy { of: None, copy }).await?;
        let of = by.clone();
        let tried = tokio::task::spawn_blocking(move || {
            let _place = place;
            try_all((seq, &copy), &of, updates)
        });
        let tried = tried.await.ok().flatten().ok_or(RoomError::Unavailable)?;
        if tried.values().any(|tried| matches!(tried, Tried::Bad(error) if error.is_offence())) {
            self.conduct.offended(address, &by.author);
        }
        Ok(tried)
    }
}

fn weigh((seq, copy): (Seq, &[u8]), by: &Provenance, update: &Bytes) -> Option<Weighed> {
    let mut document = Document::from_copy(seq, copy)?;
    let checked = match document.judge(by, update) {
        Err(refusal) => return Some(Weighed::Bad(refusal.into())),
        Ok(checked) if !checked.is_new() && checked.left_out().is_empty() => return Some(Weighed::Known),
        // Its sender is told what is left out by the room.
        Ok(checked) if checked.order_claims().is_empty() => {
            return Some(Weighed::Sound(Order::Unknown, checked.adds_blocks()));
        }
        Ok(checked) => checked,
    };
    let holds = try_one(&mut document, by, update, checked);
    Some(holds.map_or(Weighed::Bad(EditError::Misbehaved), |accepted| {
        Weighed::Sound(Order::Tried(Trial::new(accepted.checked, 0, &Arc::default())), true)
    }))
}

/// Applies an update to a copy; `None`: the copy is gone.
fn try_one(document: &mut Document, by: &Provenance, update: &Bytes, checked: Checked) -> Option<Accepted> {
    let end = (document.seq(), document.head());
    document.admit(&by.author, &checked);
    let record = by.clone().record(0, Moment::default(), checked.update(update));
    let accepted = Accepted { record, checked, verified: false };
    document.apply(std::slice::from_ref(&accepted), end).ok()?;
    Some(Accepted { verified: true, ..accepted })
}

fn try_all((seq, copy): (Seq, &[u8]), by: &Provenance, updates: Vec<(usize, Bytes)>) -> Option<HashMap<usize, Tried>> {
    let (mut document, mut good, mut tried) = (Document::from_copy(seq, copy)?, Vec::new(), HashMap::new());
    let (taken, end) = (Arc::default(), (document.seq(), document.head()));
    let (mut in_series, mut bad) = (0, 0);
    for (number, update) in updates {
        let checked = match document.judge(by, &update) {
            Ok(checked) if checked.is_new() => checked,
            // The room is spared it.
            Err(refusal) if update.len() >= limits::WEIGHED_BYTES => {
                tried.insert(number, Tried::Bad(refusal.into()));
                continue;
            }
            Ok(_) | Err(_) => continue,
        };
        if let Some(accepted) = try_one(&mut document, by, &update, checked) {
            // What only deletes claims nothing.
            if accepted.checked.adds_blocks() {
                tried.insert(number, Tried::Holds(Trial::new(accepted.checked.clone(), in_series, &taken)));
                in_series += 1;
            }
            good.push(accepted);
            continue;
        }
        tried.insert(number, Tried::Bad(EditError::Misbehaved));
        bad += 1;
        if bad == BAD_MAX {
            break;
        }
        document = Document::from_copy(seq, copy)?;
        good.iter().for_each(|accepted: &Accepted| document.admit(&by.author, &accepted.checked));
        document.apply(&good, end).ok()?;
    }
    Some(tried)
}
