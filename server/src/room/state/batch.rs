//! Edits that wait, and those that are on their way together.

use bytes::Bytes;
use plenary_shared::{
    log::record::{Digest, Provenance},
    people::Author,
};

use crate::room::{
    document::Accepted,
    effect::SessionId,
    order::{Order, Trial},
};

/// Who sent an edit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Sender {
    Session(SessionId),
    Server(u64),
}

/// An edit that waits for the log.
pub(super) struct Waiting {
    pub(super) sender: Sender,
    /// Whose it is, and what they knew.
    pub(super) by: Provenance,
    pub(super) update: Bytes,
    /// An answer to a step 1: nothing can be missing in it.
    pub(super) complete: bool,
    /// What is known of what it claims about order.
    pub(super) order: Order,
}

/// Whose edits keep their order.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum Source {
    Session(SessionId),
    Author(Author),
}

impl Waiting {
    pub(super) fn source(&self) -> Source {
        match self.sender {
            Sender::Session(id) => Source::Session(id),
            Sender::Server(_) => Source::Author(self.by.author.clone()),
        }
    }
}

/// A batch on its way through the log.
pub(super) struct Batch {
    pub(super) accepted: Vec<(Sender, Accepted)>,
    pub(super) digests: Vec<Digest>,
    /// Those of its updates that were tried before.
    pub(super) tried: Vec<Trial>,
    /// Its records are not counted as part of the document yet: they may come to nothing.
    pub(super) held: bool,
}
