//! Edits that wait, and those that are on their way together.

use bytes::Bytes;
use plenary_shared::{
    log::{
        gate::Checked,
        record::{self, Branch, Digest, Moment, Provenance},
    },
    people::Author,
};
use std::collections::HashSet;

use crate::{
    room::{
        document::Accepted,
        effect::SessionId,
        order::{Order, Trial},
        provided::Provided,
    },
    store::Seq,
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
    /// What it holds on.
    pub(super) provided: Provided,
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

/// A batch while it gathers.
pub(super) struct Gathered {
    pub(super) accepted: Vec<(Sender, Accepted)>,
    pub(super) digests: Vec<Digest>,
    pub(super) sealed: Vec<Bytes>,
    pub(super) tried: Vec<Trial>,
    /// In which stays its edits were made.
    pub(super) branches: HashSet<Branch>,
    /// The last record before it, the last digest in it, and when it is received.
    pub(super) last: Seq,
    pub(super) head: Digest,
    pub(super) at: Moment,
}

impl Gathered {
    /// Nothing yet, behind a record with this digest.
    pub(super) fn new((last, head): (Seq, Digest), at: Moment) -> Self {
        let (accepted, digests, sealed, tried) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { accepted, digests, sealed, tried, branches: HashSet::new(), last, head, at }
    }

    /// Takes in an edit that was judged.
    pub(super) fn take(&mut self, Waiting { sender, by, update, order, .. }: Waiting, checked: Checked, verified: bool) {
        self.tried.extend(order.trial().filter(|_| verified));
        self.branches.insert(by.branch);
        let record = by.record(self.last + self.accepted.len() as Seq, self.at, checked.update(&update));
        let (bytes, digest) = record::seal(&self.head, &record);
        self.head = digest;
        self.digests.push(digest);
        self.sealed.push(bytes);
        self.accepted.push((sender, Accepted { record, checked, verified }));
    }
}
