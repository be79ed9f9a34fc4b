//! What one sync has in hand: the replica, the session, and what was taken so far.

use bytes::Bytes;
use plenary_shared::{
    id::PartyId,
    log::record::Digest,
    text::plan::{Change, changes},
    wire::sync::PlanContext,
};

use super::super::told::{Told, outline};
use crate::{
    context::Session,
    error::CliError,
    fold,
    folder::{Folder, text::Text},
};

/// What one sync takes.
pub struct Puller<'a> {
    pub(super) folder: &'a Folder,
    pub(super) session: &'a Session,
    pub(super) text: Text,
    pub(super) context: Option<PlanContext>,
    /// The chain's digest after the last record that was told.
    pub(super) head: Digest,
    pub(super) page: Vec<Told>,
    pub(super) page_bytes: usize,
    /// The text before anything was taken.
    begin: Vec<u8>,
}

impl<'a> Puller<'a> {
    /// Reads what the replica has.
    pub fn begin(folder: &'a Folder, session: &'a Session) -> Result<Self, CliError> {
        let _lock = folder.lock()?;
        folder.sweep()?;
        let text = folder.text_verified()?;
        let context = folder.context().ok().map(|context| context.plan);
        let head = text.end.head;
        let begin = text.state()?;
        Ok(Puller { folder, session, text, context, head, page: Vec::new(), page_bytes: 0, begin })
    }

    /// What edits have changed in the text as it was before anything was taken.
    pub fn changed_by(&self, updates: &[Bytes]) -> Result<Vec<Change>, CliError> {
        if updates.is_empty() {
            return Ok(Vec::new());
        }
        let before = outline(&mut fold::of_state(&self.begin)?)?;
        let after = outline(&mut fold::laid(&self.begin, updates.iter().map(|update| &update[..]))?)?;
        Ok(changes(&before, &after))
    }

    /// The text that the replica has.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// The party that the member belongs to, as it was told last.
    pub fn party(&self) -> Option<&PartyId> {
        self.context.as_ref().map(|context| &context.member.party)
    }
}
