//! Why an update is not let in.

/// Why an update is not let in. The message is for the person whose client sent it and repeats no words of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a well-formed update.
    #[error("the update cannot be read: {what} (byte {at})")]
    Malformed {
        /// Offset of the byte after the fault.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// It builds on something that the document does not hold. An honest client sends this when it speaks before it has
    /// answered the server's state vector; the server then sends its state vector again.
    #[error("the update builds on edit {clock} of client {client}, which has not arrived; send all that is missing first")]
    Missing {
        /// The client whose edits are missing.
        client: u64,
        /// The first clock that must come.
        clock: u32,
    },
    /// New blocks under another party's client id.
    #[error("client id {client} belongs to another party")]
    Forged {
        /// The id that is not the sender's.
        client: u64,
    },
    /// Over a limit.
    #[error("the update is too large: {what} (at most {most}); send it in smaller parts")]
    TooLarge {
        /// What is too much.
        what: &'static str,
        /// The limit.
        most: u64,
    },
    /// More than a party may have of what all parties share.
    #[error("your party has as many {what} as one party may have beside the others: there is room for no more of yours")]
    Share {
        /// What is shared.
        what: &'static str,
    },
    /// A block that claims neighbours which do not stand so: replicas would disagree about its place.
    #[error("edit {clock} of client {client} contradicts the document: {what}")]
    Inconsistent {
        /// The client of the block.
        client: u64,
        /// The block's clock.
        clock: u32,
        /// The contradiction.
        what: &'static str,
    },
    /// Something that a plan or a layer does not have, or that is not the sender's to change.
    #[error("edit {clock} of client {client} is not for a plan to hold: {what}")]
    Foreign {
        /// The client of the block.
        client: u64,
        /// The block's clock.
        clock: u32,
        /// What it is.
        what: &'static str,
    },
}
