//! Whether updates hold what they claim about the order of blocks, tried on a copy: one that does not would cost a document its
//! room if it were found out there.

use bytes::Bytes;
use plenary_shared::{
    id::DocAddress,
    log::{
        gate::Checked,
        record::{Moment, Provenance},
    },
};
use std::{collections::HashMap, sync::Arc};

use super::{RoomError, Rooms};
use crate::room::{
    Command, EditError,
    document::{Accepted, Document},
    order::Trial,
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

impl Rooms {
    /// Tries updates of one author on a copy of a document, in their order, each under a number. Of those that are not answered it is
    /// not known: what they build on may not be there yet. `place` is kept until it is done.
    pub async fn verify(
        self: &Arc<Self>,
        address: &DocAddress,
        by: &Provenance,
        updates: Vec<(usize, Bytes)>,
        place: impl Send + 'static,
    ) -> Result<HashMap<usize, Tried>, RoomError> {
        let (_, (seq, copy)) = self.ask(address, |copy| Command::Copy { copy }).await?;
        let by = by.clone();
        let tried = tokio::task::spawn_blocking(move || {
            let _place = place;
            try_all((seq, &copy), &by, updates)
        });
        tried.await.ok().flatten().ok_or(RoomError::Unavailable)
    }
}

fn try_all((seq, copy): (Seq, &[u8]), by: &Provenance, updates: Vec<(usize, Bytes)>) -> Option<HashMap<usize, Tried>> {
    let (mut document, mut good, mut tried) = (Document::from_copy(seq, copy)?, Vec::new(), HashMap::new());
    let (taken, end) = (Arc::default(), (document.seq(), document.head()));
    let (mut in_series, mut bad) = (0, 0);
    for (number, update) in updates {
        let Some(checked) = document.judge(by, &update).ok().filter(Checked::is_new) else { continue };
        document.admit(&by.author, &checked);
        let record = by.clone().record(0, Moment::default(), checked.update(&update));
        let mut accepted = Accepted { record, checked, verified: false };
        if document.apply(std::slice::from_ref(&accepted), end).is_ok() {
            accepted.verified = true;
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
