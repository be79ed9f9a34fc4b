//! A copy of a plan's document, and what of an edit is not yet known to be durable.

use bytes::Bytes;
use plenary_shared::{
    limits,
    plan::{self, Outline},
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use yrs::{Doc, IdSet, Transact as _, Transaction, TransactionMut, Update, updates::decoder::Decode as _};

use crate::error::CliError;

/// The copy. Each has a client id of its own: ids are never used twice.
pub struct Replica {
    doc: Doc,
}

impl Replica {
    /// An empty document under a fresh 53-bit client id.
    pub fn new() -> Result<Self, CliError> {
        let id = getrandom::u64().map_err(|e| CliError::Refused(format!("there is no randomness: {e}")))? & limits::CLIENT_ID_MAX;
        Ok(Replica { doc: plan::new_doc(id) })
    }

    /// Takes in what the server sent. An update that yrs cannot bear is an error and not a crash.
    pub fn integrate(&mut self, update: Update) -> Result<(), CliError> {
        let apply = AssertUnwindSafe(|| self.doc.transact_mut().apply_update(update));
        match catch_unwind(apply) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(CliError::Refused(format!("the document cannot be read: {error}"))),
            Err(_) => Err(CliError::Refused("the document cannot be read: its updates do not fit together".into())),
        }
    }

    /// Reads the document as it stands here.
    pub fn read<T>(&self, read: impl FnOnce(&Transaction) -> T) -> T {
        read(&self.doc.transact())
    }

    /// A plan's document as people see it.
    pub fn outline(&self) -> Outline {
        self.read(|txn| Outline::read(txn))
    }

    /// Makes a change in one transaction. Answers what must travel, unless nothing changed.
    pub fn edit<T>(
        &mut self,
        change: impl FnOnce(&mut TransactionMut) -> Result<T, CliError>,
    ) -> Result<(T, Option<Pending>), CliError> {
        let mut txn = self.doc.transact_mut();
        let made = change(&mut txn)?;
        if txn.insert_set().is_empty() && txn.delete_set().is_empty() {
            return Ok((made, None));
        }
        let bytes = txn.encode_update_v1();
        drop(txn);
        if bytes.len() > limits::UPDATE_BYTES_MAX {
            return Err(CliError::Refused("the change is too large: make it in smaller parts".into()));
        }
        let pending = Pending::new(bytes.into())?;
        Ok((made, Some(pending)))
    }

    /// What makes this document from nothing.
    #[cfg(test)]
    pub fn state(&self) -> Vec<u8> {
        use yrs::ReadTxn as _;
        self.doc.transact().encode_state_as_update_v1(&Default::default())
    }
}

/// Decodes an update from the server under the bounds that hold for a document.
pub fn decode(bytes: &[u8]) -> Result<Update, CliError> {
    if bytes.len() > limits::DOCUMENT_BYTES_MAX {
        return Err(CliError::Refused("the server sent more than a document may hold".into()));
    }
    match catch_unwind(|| Update::decode_v1(bytes)) {
        Ok(Ok(update)) => Ok(update),
        _ => Err(CliError::Refused("the server sent an update that cannot be read".into())),
    }
}

/// An edit under way. The server shows only what is durable, so the edit is durable once everything that it inserts and deletes
/// has come back, in whatever frames: deletions that somebody else made as well count.
pub struct Pending {
    update: Bytes,
    insertions: IdSet,
    deletions: IdSet,
}

impl Pending {
    fn new(update: Bytes) -> Result<Self, CliError> {
        let decoded = decode(&update)?;
        Ok(Pending { update, insertions: decoded.insertions(true), deletions: decoded.delete_set().clone() })
    }

    /// The update to send.
    pub fn update(&self) -> &[u8] {
        &self.update
    }

    /// Takes note of what the server showed.
    pub fn observe(&mut self, shown: &Update) {
        self.insertions.diff_with(&shown.insertions(true));
        self.deletions.diff_with(shown.delete_set());
    }

    /// Whether all of it was shown.
    pub fn durable(&self) -> bool {
        let none = |set: &IdSet| set.iter().all(|(_, ranges)| ranges.iter().all(|r| r.is_empty()));
        none(&self.insertions) && none(&self.deletions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yrs::{GetString as _, Text as _, WriteTxn as _};

    fn typed(replica: &mut Replica, at: u32, remove: u32, text: &str) -> Pending {
        let edit = replica.edit(|txn| {
            let words = txn.get_or_insert_text("t");
            words.remove_range(txn, at, remove);
            words.insert(txn, at, text);
            Ok(())
        });
        edit.expect("an edit").1.expect("a change")
    }

    fn update(bytes: &[u8]) -> Update {
        decode(bytes).expect("an update")
    }

    #[test]
    fn an_edit_is_durable_when_all_of_it_came_back_and_not_before() {
        let mut mine = Replica::new().expect("a replica");
        let first = typed(&mut mine, 0, 0, "shall withdraw");
        let mut edit = typed(&mut mine, 0, 5, "should");
        assert!(!edit.durable());
        edit.observe(&update(first.update()));
        assert!(!edit.durable(), "an earlier echo");
        edit.observe(&update(edit.update().to_vec().as_slice()));
        assert!(edit.durable());
    }

    #[test]
    fn an_echo_merged_with_others_edits_or_a_whole_state_counts() {
        let mut mine = Replica::new().expect("a replica");
        let first = typed(&mut mine, 0, 0, "one");
        let mut theirs = Replica::new().expect("a replica");
        theirs.integrate(update(first.update())).expect("applied");
        let other = typed(&mut theirs, 3, 0, " two");
        let mut edit = typed(&mut mine, 0, 1, "O");
        edit.observe(&Update::merge_updates([update(other.update()), update(edit.update())]));
        assert!(edit.durable());
        let mut edit = typed(&mut mine, 0, 1, "o");
        edit.observe(&update(&mine.state()));
        assert!(edit.durable());
    }

    #[test]
    fn a_deletion_that_someone_else_made_first_counts() {
        let mut mine = Replica::new().expect("a replica");
        let first = typed(&mut mine, 0, 0, "abcdef");
        let mut theirs = Replica::new().expect("a replica");
        theirs.integrate(update(first.update())).expect("applied");
        let other = typed(&mut theirs, 0, 3, "");
        let mut edit = typed(&mut mine, 0, 5, "");
        edit.observe(&update(other.update()));
        assert!(!edit.durable(), "two of five are missing");
        let rest = typed(&mut theirs, 0, 2, "");
        edit.observe(&update(rest.update()));
        assert!(edit.durable());
    }

    #[test]
    fn nothing_changed_means_nothing_to_send_and_nonsense_is_an_error() {
        let mut mine = Replica::new().expect("a replica");
        typed(&mut mine, 0, 0, "a");
        let (text, pending) = mine.edit(|txn| Ok(txn.get_or_insert_text("t").get_string(txn))).expect("an edit");
        assert_eq!(text, "a");
        assert!(pending.is_none());
        assert!(decode(&[1, 2, 3]).is_err());
        assert!(decode(&[0, 0]).is_ok());
    }
}
