//! What a server told of a text, and the plan that is read in it.

use plenary_shared::{
    log::{fold::Fold, record::Record},
    text::plan::Outline,
};

use crate::error::CliError;

/// A record as it was told and checked: its number, whether the document could not bear it, and what it holds.
pub type Told = (u64, bool, Record);

/// The plan that a text holds.
pub fn outline(text: &mut Fold) -> Result<Outline, CliError> {
    Ok(text.look(|txn| Outline::read(txn))?)
}
