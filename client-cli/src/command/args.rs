//! Arguments that more than one verb takes.

use plenary_shared::id::{IdError, PartyId};

/// A party as it is typed or as it is shown, in capitals.
pub fn party(text: &str) -> Result<PartyId, String> {
    text.to_lowercase().parse().map_err(|error: IdError| error.to_string())
}
