//! Where a store is written anew, beside the one that is there, and what is left of that.

use std::{fs, io, path::Path};

use super::kill::step;

/// Where the new segments are written, and then the old ones stand.
pub(super) const DIRECTORY: &str = "rewriting";

/// Takes away what a rewriting has left: new segments that it did not finish, or the old ones. Whoever calls has the directory locked.
pub(super) fn sweep(path: &Path) -> io::Result<()> {
    remove_dir(&path.join(DIRECTORY))
}

/// Removes a directory, if it is there, with all that it holds.
pub(super) fn remove_dir(path: &Path) -> io::Result<()> {
    step();
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        removed => removed?,
    }
    step();
    Ok(())
}
