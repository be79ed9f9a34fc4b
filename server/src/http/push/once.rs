//! Edits that are made once: their keys, looked up in a copy of the layer that keeps them. What comes from outside passes the gate there,
//! as everywhere, before anything else reads it.

use bytes::Bytes;
use plenary_shared::{
    id::DocAddress,
    limits,
    log::record::{Moment, Provenance, Right},
    people::{self, Author, LayerKind},
    script::{Once, once_of},
    wire::{cut::Cut, sync::Outcome},
};
use tokio::time::Instant;

use crate::{
    http::{app::App, error::ApiError, place::ViewPlace},
    room::{
        Command, EditError,
        document::{Accepted, Document},
        provided::Provided,
    },
    rooms::{Change, RoomError},
    store::Seq,
};

const NO_KEY: &str = "an edit that is made once writes its key into the layer private";
const OTHER: &str = "another script was applied under this key: choose a key of this script's own";

/// The keys that a member's edits are made once under, as the layer that keeps them has them.
#[derive(Default)]
pub(super) struct Keys(Option<Loaded>);

/// What becomes of an edit by its key.
enum Looked {
    /// It may be made.
    Free,
    /// It was made, and its sender has not heard of it.
    Made,
    /// It is not.
    Not(Outcome),
}

/// A copy of the layer that keeps the keys. It serves the edits that follow as well, and holds its place among the views: not for
/// longer than a view would.
struct Loaded {
    seq: Seq,
    document: Document,
    since: Instant,
    _place: ViewPlace,
}

impl Keys {
    /// Looks up the key of a member's edit that is made once. If it is free the edit must write it, into the layer as it is now.
    pub(super) async fn look_up(
        &mut self,
        app: &App,
        member: &people::Member,
        changes: &mut [Change],
        once: &Once,
    ) -> Result<Option<Outcome>, ApiError> {
        let is_private = |doc: &DocAddress| matches!(doc, DocAddress::Layer(.., layer) if layer.kind() == LayerKind::Private);
        let Some(change) = changes.iter_mut().find(|change| is_private(&change.address)) else {
            return Ok(Some(ApiError::invalid(NO_KEY).outcome()));
        };
        let kept = self.0.take().filter(|loaded| loaded.since.elapsed() < limits::VIEW_READING);
        let (author, once, update) = (change.by.author.clone(), once.clone(), change.update.clone());
        let looked = if let Some(mut loaded) = kept {
            tokio::task::spawn_blocking(move || (loaded.look_up(&author, &once, update), Some(loaded))).await
        } else {
            let place = app.view_place(member).await?;
            let (_, (seq, copy)) = app.rooms.ask(&change.address, |copy| Command::Copy { of: None, copy }).await?;
            let look = move || {
                let Some(document) = Document::from_copy(seq, &copy) else { return (None, None) };
                let mut loaded = Loaded { seq, document, since: Instant::now(), _place: place };
                (loaded.look_up(&author, &once, update), Some(loaded))
            };
            tokio::task::spawn_blocking(look).await
        };
        let Ok((Some(found), Some(loaded))) = looked else { return Err(RoomError::Unavailable.into()) };
        match found {
            Looked::Free => {
                change.provided = Provided::Last(loaded.seq);
                self.0 = Some(loaded);
                Ok(None)
            }
            // What was tried may stand in the copy.
            Looked::Not(outcome) => Ok(Some(outcome)),
            Looked::Made => {
                drop(loaded);
                told_again(app, member, changes).await.map(Some)
            }
        }
    }

    /// The edit that was looked up last is the layer's next record.
    pub(super) fn took(&mut self) {
        if let Some(loaded) = &mut self.0 {
            loaded.seq += 1;
        }
    }

    /// The layer may have moved otherwise: the next key is looked up in a new copy.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }

    /// Since when the copy is there.
    #[cfg(test)]
    pub(super) fn since(&self) -> Option<Instant> {
        self.0.as_ref().map(|loaded| loaded.since)
    }
}

/// What the sender of an edit is told that is there as a whole: what was cut out of it is found again, as when it was taken.
async fn told_again(app: &App, member: &people::Member, changes: &[Change]) -> Result<Outcome, ApiError> {
    let mut cut = Cut::default();
    for Change { address, by, update, .. } in changes {
        let (by, update) = (by.clone(), update.clone());
        let place = app.view_place(member).await?;
        let (_, (seq, copy)) = app.rooms.ask(address, |copy| Command::Copy { of: None, copy }).await?;
        let judge = move || {
            let _place = place;
            let mut document = Document::from_copy(seq, &copy)?;
            let checked = document.judge(&by, &update).ok();
            Some(checked.map_or_else(Cut::default, |checked| document.cut(checked.left_out())))
        };
        cut.add(tokio::task::spawn_blocking(judge).await.ok().flatten().ok_or(RoomError::Unavailable)?);
    }
    Ok(Outcome::taken(cut))
}

impl Loaded {
    /// Tries the part of an edit that is to write its key. `None` if the copy is damaged.
    fn look_up(&mut self, author: &Author, once: &Once, update: Bytes) -> Option<Looked> {
        let by = Provenance::live(author.clone(), Right::Layer);
        let checked = match self.document.judge(&by, &update) {
            Ok(checked) => checked,
            Err(refusal) => return Some(Looked::Not(ApiError::from(EditError::from(refusal)).outcome())),
        };
        match self.document.look(|txn| once_of(txn, &once.key)).ok()? {
            // An edit is there as a whole or not at all.
            Some(digest) if digest == once.digest && !checked.is_new() => return Some(Looked::Made),
            Some(digest) if digest == once.digest => return Some(Looked::Not(Outcome::Repeated)),
            Some(_) => return Some(Looked::Not(ApiError::invalid(OTHER).outcome())),
            None => {}
        }
        self.document.admit(author, &checked);
        let record = by.record(0, Moment::default(), checked.update(&update));
        let end = (self.document.seq(), self.document.head());
        if self.document.apply(&[Accepted { record, checked, verified: false }], end).is_err() {
            return Some(Looked::Not(ApiError::from(EditError::Misbehaved).outcome()));
        }
        let written = self.document.look(|txn| once_of(txn, &once.key)).ok()?;
        let is_written = written.as_ref() == Some(&once.digest);
        Some(if is_written { Looked::Free } else { Looked::Not(ApiError::invalid(NO_KEY).outcome()) })
    }
}
