//! The chapters of the manual, which every program prints.

/// Name and Markdown of each, in the order of the README.
pub const CHAPTERS: [(&str, &str); 7] = [
    ("delegations", include_str!("../../server/docs/delegations.md")),
    ("secretariats", include_str!("../../server/docs/secretariats.md")),
    ("operators", include_str!("../../server/docs/operators.md")),
    ("programs", include_str!("../../server/docs/programs.md")),
    ("who-learns-what", include_str!("../../server/docs/who-learns-what.md")),
    ("hostile", include_str!("../../server/docs/hostile.md")),
    ("architecture", include_str!("../../server/docs/architecture.md")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeMap, fs, path::Path};

    #[test]
    fn every_chapter_that_there_is_can_be_printed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/docs");
        let files = fs::read_dir(folder).expect("the chapters").map(|file| file.expect("a file").path());
        let there: BTreeMap<String, String> = files
            .filter(|file| file.extension().is_some_and(|extension| extension == "md"))
            .map(|file| {
                let name = file.file_stem().expect("a name").to_str().expect("UTF-8").to_owned();
                (name, fs::read_to_string(&file).expect("a chapter"))
            })
            .collect();
        let embedded = CHAPTERS.map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(there, BTreeMap::from(embedded));
    }
}
