//! What an edit did, in a line: for lists of many.

use plenary_shared::{
    id::PointId,
    script::{Done, EntryDone},
    text::plan::ChangeKind,
};

/// The line. It holds words from outside.
pub fn brief(done: &Done) -> String {
    match done {
        Done::Point(done) => format!("{}: {}", named(&done.label, &done.point), kind(done.kind)),
        Done::Renumbered(_) => "renumbered".into(),
        Done::Titled(_) => "titled".into(),
        Done::Scheduled(done) => format!("{}: schedule", named(&done.label, &done.point)),
        Done::Wrote(done) => entry(&done.entry, &done.entry.kind),
        Done::Stood(done) => entry(&done.entry, &done.stance.to_string()),
        Done::Marked(done) => entries(done.entries.iter(), &done.mark.to_string()),
        Done::Tabled(done) => entries(done.entries.iter().map(|moved| &moved.entry), "tabled"),
        Done::PutIn(done) => format!("{}: proposal {} put in", named(&done.label, &done.point), done.id),
    }
}

fn entries<'a>(entries: impl Iterator<Item = &'a EntryDone>, what: &str) -> String {
    entries.map(|one| entry(one, what)).collect::<Vec<_>>().join("; ")
}

fn entry(entry: &EntryDone, what: &str) -> String {
    format!("{}: {what} {}", named(entry.label.as_deref().unwrap_or_default(), &entry.point), entry.id)
}

fn named(label: &str, point: &PointId) -> String {
    if label.is_empty() { point.to_string() } else { label.to_owned() }
}

/// A kind of change, in a word.
pub fn kind(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Words => "words",
        ChangeKind::Heading => "heading",
        ChangeKind::Label => "label",
        ChangeKind::Moved => "moved",
        ChangeKind::Struck => "struck",
        ChangeKind::Restored => "restored",
        ChangeKind::Removed => "removed",
        ChangeKind::Title => "title",
        ChangeKind::Schedule => "schedule",
    }
}
