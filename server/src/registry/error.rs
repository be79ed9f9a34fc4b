//! Why the registry did not do what it was asked for.

use crate::{rooms::RoomError, store::StoreError};

/// Why the registry did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// What it is about is not there, or not for the one who asked.
    #[error("not found")]
    NotFound,
    /// The one who asked may see it, but not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// An id is taken.
    #[error("{what} {id} exists already: choose another id")]
    Exists {
        /// What kind of thing.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// Something in the request cannot be.
    #[error("{0}")]
    Invalid(String),
    /// The invitation is unknown, used or expired.
    #[error("this invitation is used, expired or unknown: ask whoever gave it to you for a new one")]
    Invitation,
    /// The invitation is not good yet: in how many hours it is.
    #[error("this invitation is good in {0} hours: until then the party's heads may end it")]
    NotYet(u64),
    /// The recovery code is unknown or used.
    #[error("this recovery code is used or unknown: ask a head of your delegation for a new seat")]
    Recovery,
    /// A limit is reached.
    #[error("there are {max} {what} already, which is the limit")]
    Full {
        /// Of what.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// A party changes its layers, or a member seats or devices, more often than people do.
    #[error("this is done too often: wait some seconds, then try again")]
    Pace,
    /// What was decided follows no more from what the registry holds by now.
    #[error("this was changed by others at the same time: look at it, then try again")]
    Moved,
    /// The document in whose log it is to stand does not answer.
    #[error(transparent)]
    Room(#[from] RoomError),
    /// The log could not be written or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log is not what was written.
    #[error("record {0} of the registry is damaged: restore the data directory from a backup")]
    Damaged(u64),
    /// The operating system has no randomness.
    #[error("the operating system gives no random bytes")]
    Randomness,
}
