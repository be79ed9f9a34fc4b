//! Runs a script.

use super::{Desk, NewIds, Ran, Script, ScriptError};

/// Makes the edits in their order, each seeing what those before it did.
///
/// # Errors
/// [`ScriptError`] for the first that cannot be made; the documents on the desk are to be thrown away then.
pub fn run(_desk: &mut Desk, script: &Script, _ids: &mut dyn NewIds) -> Result<Ran, ScriptError> {
    match script.edits.first() {
        None => {
            Err(ScriptError { line: 1, field: "edits".into(), found: "nothing".into(), expected: "at least one edit".into() })
        }
        Some(edit) => match *edit {},
    }
}
