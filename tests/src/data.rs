//! Files that tests use where they are present, beside the project, and that are not part of it.

use std::path::PathBuf;

/// The project's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A file of `tests/data`.
pub fn own(name: &str) -> PathBuf {
    root().join("tests/data").join(name)
}

/// A file of the shared data; none, with a word about it, where it is absent.
///
/// # Panics
/// If it is absent where `PLENARY_REQUIRE_DATA` is 1.
pub fn shared(name: &str) -> Option<PathBuf> {
    let file = root().join("../shared/data").join(name);
    if file.exists() {
        return Some(file);
    }
    assert!(std::env::var_os("PLENARY_REQUIRE_DATA").is_none_or(|v| v != "1"), "{} is absent", file.display());
    eprintln!("skipped: {} is absent", file.display());
    None
}
