//! While a restore is under way: a tab that holds what others wrote after the backup must not become its author.

#[cfg(test)]
mod tests;

use plenary_shared::log::gate::Checked;

use super::{RoomState, Sender};

impl RoomState {
    /// Whether a session brings new blocks under a client id of which nobody knows whose it is: neither did the session announce it,
    /// nor had its party written under it before. Always false unless a restore is under way.
    pub(super) fn is_unaccounted(&self, sender: Sender, checked: &Checked) -> bool {
        let Sender::Session(session) = sender else { return false };
        let announced = self.presence.speaks_for(session);
        self.restoring && checked.clients().any(|client| announced != Some(client) && self.document.owner(client).is_none())
    }
}
