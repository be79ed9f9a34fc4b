//! Files that tests use: those of the project, and what real people wrote and typed, which stands beside the project.

use anyhow::{Result, ensure};
use std::path::PathBuf;

/// The project's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A file of `tests/data`.
pub fn own(name: &str) -> PathBuf {
    root().join("tests/data").join(name)
}

/// A file of the shared data, which is no part of the project.
///
/// # Errors
/// If it is absent.
pub fn shared(name: &str) -> Result<PathBuf> {
    let file = root().join("../shared/data").join(name);
    ensure!(file.exists(), "{} is absent", file.display());
    Ok(file)
}
