//! Documents of the command line: each is folded from what a server told or a folder holds, under a client id that nobody else has.

use plenary_shared::{
    log::fold::{Fold, FoldError, Formed, Misbehaved},
    text::{history::ReplayError, plan},
};

use crate::{error::CliError, ids};

/// Nothing yet.
pub fn empty() -> Result<Fold, CliError> {
    Ok(Fold::new(plan::new_doc(ids::client()?)))
}

/// A document of this state; no bytes are an empty one.
pub fn of_state(state: &[u8]) -> Result<Fold, CliError> {
    let mut fold = empty()?;
    if !state.is_empty() {
        fold.take_state(state)?;
    }
    Ok(fold)
}

/// A document of this state with edits laid over it, which may build on what it does not hold.
pub fn laid<'u>(state: &[u8], edits: impl IntoIterator<Item = &'u [u8]>) -> Result<Fold, CliError> {
    let mut fold = of_state(state)?;
    fold.lay(formed(edits)?)?;
    Ok(fold)
}

/// Reads the form of each.
pub fn formed<'u>(updates: impl IntoIterator<Item = &'u [u8]>) -> Result<Vec<Formed>, CliError> {
    Ok(updates.into_iter().map(Formed::read).collect::<Result<_, _>>()?)
}

impl From<FoldError> for CliError {
    fn from(error: FoldError) -> Self {
        CliError::Refused(format!("the document cannot be read: {error}"))
    }
}

impl From<Misbehaved> for CliError {
    fn from(_: Misbehaved) -> Self {
        CliError::Refused("the document cannot be read: its updates do not fit together".into())
    }
}

impl From<ReplayError> for CliError {
    fn from(error: ReplayError) -> Self {
        CliError::Refused(error.to_string())
    }
}
