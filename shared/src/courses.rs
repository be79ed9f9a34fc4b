//! Courses of events that tests come up with at random: what fails is printed as JSON, and stands in `tests/data/courses` from then on.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{fmt, fs, path::Path};

/// Events in their order.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Course<Event>(pub Vec<Event>);

/// As it is saved: proptest prints the shortest course that fails by this.
impl<Event: Serialize> fmt::Debug for Course<Event> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(|event| serde_json::to_string(event).expect("JSON")).collect();
        write!(f, "[\n{}\n]", lines.join(",\n"))
    }
}

/// Every saved course of a kind is tried again.
///
/// # Panics
/// If there is none, if one cannot be read, or if a promise is broken in one; the file's name is printed then.
pub fn again<Event: DeserializeOwned>(kind: &str, try_on: impl Fn(&Course<Event>)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/courses").join(kind);
    let mut files: Vec<_> = fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no course in {}", folder.display());
    for file in files {
        println!("{}", file.display());
        try_on(&serde_json::from_slice(&fs::read(&file).expect("a file")).expect("a course"));
    }
}
