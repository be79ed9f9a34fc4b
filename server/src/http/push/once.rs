//! Edits that are made once: their keys, looked up in a copy of the layer that keeps them. What comes from outside passes the gate there,
//! as everywhere, before anything else reads it.

use bytes::Bytes;
use plenary_shared::{
    id::{LayerId, PRIVATE},
    limits,
    log::record::{Moment, Provenance, Right},
    people::Author,
    script::{Once, once_of},
    wire::sync::Outcome,
};
use tokio::time::Instant;

use super::{ApiError, Change, Pusher, refused};
use crate::{
    http::place::ViewPlace,
    room::{
        Command, EditError,
        document::{Accepted, Document},
    },
    rooms::RoomError,
    store::Seq,
};

const NO_KEY: &str = "an edit that is made once writes its key into the layer private";
const OTHER: &str = "another script was applied under this key: choose a key of this script's own";

/// A copy of the layer that keeps the keys. It serves the edits that follow as well, and holds its place among the views: not for
/// longer than a view would.
pub(super) struct Keys {
    seq: Seq,
    document: Document,
    pub(super) since: Instant,
    _place: ViewPlace,
}

impl Pusher {
    /// Looks up the key of an edit that is made once. If it is free the edit must write it, into the layer as it is now.
    pub(super) async fn look_up(&mut self, changes: &mut [Change], once: &Once) -> Result<Option<Outcome>, ApiError> {
        let private = self.plan.layer(&self.member.party, &LayerId::built_in(PRIVATE));
        let Some(change) = changes.iter_mut().find(|change| change.address == private) else {
            return Ok(Some(refused(ApiError::invalid(NO_KEY))));
        };
        let kept = self.keys.take().filter(|keys| keys.since.elapsed() < limits::VIEW_READING);
        let (author, once, update) = (self.author.clone(), once.clone(), change.update.clone());
        let looked = if let Some(mut keys) = kept {
            tokio::task::spawn_blocking(move || (keys.look_up(&author, &once, update), Some(keys))).await
        } else {
            let place = self.app.view_place(&self.member).await?;
            let (_, (seq, copy)) = self.app.rooms.ask(&private, |copy| Command::Copy { copy }).await?;
            let look = move || {
                let Some(document) = Document::from_copy(seq, &copy) else { return (None, None) };
                let mut keys = Keys { seq, document, since: Instant::now(), _place: place };
                (keys.look_up(&author, &once, update), Some(keys))
            };
            tokio::task::spawn_blocking(look).await
        };
        let Ok((Some(found), Some(keys))) = looked else { return Err(RoomError::Unavailable.into()) };
        match found {
            Ok(()) => {
                change.at = Some(keys.seq);
                self.keys = Some(keys);
                Ok(None)
            }
            // What was tried may stand in the copy.
            Err(outcome) => Ok(Some(outcome)),
        }
    }

    /// The edit that was looked up last is the layer's next record.
    pub(super) fn took_key(&mut self) {
        if let Some(keys) = &mut self.keys {
            keys.seq += 1;
        }
    }
}

impl Keys {
    /// Tries the part of an edit that is to write its key: what becomes of the edit if it is not to be taken. `None` if the copy is damaged.
    fn look_up(&mut self, author: &Author, once: &Once, update: Bytes) -> Option<Result<(), Outcome>> {
        let checked = match self.document.check(author, &update) {
            Ok(checked) => checked,
            Err(refusal) => return Some(Err(refused(EditError::from(refusal).into()))),
        };
        match self.document.look(|txn| once_of(txn, &once.key)).ok()? {
            // An edit is there as a whole or not at all: its sender has not heard of it.
            Some(digest) if digest == once.digest && !checked.is_new() => return Some(Err(Outcome::Done)),
            Some(digest) if digest == once.digest => return Some(Err(Outcome::Repeated)),
            Some(_) => return Some(Err(refused(ApiError::invalid(OTHER)))),
            None => {}
        }
        self.document.admit(author, &checked);
        let record = Provenance::live(author.clone(), Right::Layer).record(0, Moment::default(), checked.update(&update));
        let end = (self.document.seq(), self.document.head());
        if self.document.apply(&[Accepted { record, checked, verified: false }], end).is_err() {
            return Some(Err(refused(EditError::Misbehaved.into())));
        }
        let written = self.document.look(|txn| once_of(txn, &once.key)).ok()?;
        Some(if written.as_ref() == Some(&once.digest) { Ok(()) } else { Err(refused(ApiError::invalid(NO_KEY))) })
    }
}
