//! Which lists are open while a text is read, and how they go on further down.

use std::collections::HashMap;

use crate::text::{
    markdown::{line, marker::marker},
    plan,
};

/// Lines within which the second item of a list comes, if its first is not to be taken for words.
pub(super) const SOON: usize = 40;

/// Lists that are open in one column at once; the oldest is forgotten. Points nest in a few columns, so this bounds them all.
const OPEN_MAX: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Lists {
    /// The last label of each open list with its column, the innermost last.
    open: Vec<(usize, String)>,
    /// The label of the heading above.
    section: String,
    /// The lines on which something with this label, in this column, begins.
    ahead: HashMap<(usize, String), Vec<usize>>,
    /// The lines that are blank, or before which nothing more stands.
    blank: Vec<bool>,
}

impl Lists {
    /// For the lines of a text, the first of which is number `first`.
    pub fn ahead(lines: &[&str], first: usize) -> Self {
        let mut ahead: HashMap<(usize, String), Vec<usize>> = HashMap::new();
        for (at, line) in lines.iter().enumerate() {
            let text = line.trim_start();
            if let Some(marker) = marker(text) {
                let column = column(&line[..line.len() - text.len()]);
                ahead.entry((column, marker.label.into_owned())).or_default().push(first + at);
            }
        }
        let is_end = |line: &str| line.trim().is_empty() || line::bold(line.trim_start()).is_some();
        let blank = std::iter::repeat_n(false, first).chain(lines.iter().map(|line| is_end(line))).collect();
        Lists { ahead, blank, ..Lists::default() }
    }

    /// Whether the block that begins at a line is that line alone, or goes on with what is bold alone.
    pub fn ends_block(&self, at: usize) -> bool {
        self.blank.get(at + 1).copied().unwrap_or(true)
    }

    /// An item with this label stands here.
    pub fn begin(&mut self, column: usize, label: &str) {
        if label.is_empty() {
            return;
        }
        let is_own =
            |(of, last): &(usize, String)| *of == column && (plan::follows(last, label) || plan::comes_later(last, label));
        match self.open.iter().rposition(is_own) {
            Some(place) => self.open.truncate(place),
            None => self.open.retain(|(of, _)| *of <= column),
        }
        let beside = self.open.iter().filter(|(of, _)| *of == column).count();
        if beside == OPEN_MAX {
            let oldest = self.open.iter().position(|(of, _)| *of == column);
            self.open.remove(oldest.unwrap_or(0));
        }
        self.open.push((column, label.to_owned()));
    }

    pub fn clear(&mut self) {
        self.open.clear();
    }

    /// What follows stands below a heading with this label.
    pub fn section(&mut self, label: &str) {
        self.section = label.rsplit(' ').next().unwrap_or(label).to_owned();
    }

    /// Whether this comes next in an open list, or is the first below the number of the heading (`12.1` below `Article 12`).
    pub fn is_open(&self, label: &str) -> bool {
        let below = || label.strip_prefix(&*self.section).is_some_and(|rest| !self.section.is_empty() && rest.starts_with(".1"));
        self.open.iter().any(|(_, last)| plan::follows(last, label)) || below()
    }

    /// Whether this comes later in an open list.
    pub fn is_behind(&self, label: &str) -> bool {
        self.open.iter().any(|(_, last)| plan::comes_later(last, label))
    }

    /// Whether this is the first of a list, and the second stands in the same column within so many lines.
    pub fn goes_on(&self, label: &str, column: usize, at: usize, within: usize) -> bool {
        let soon = |next: String| {
            let lines = self.ahead.get(&(column, next)).map_or(&[][..], Vec::as_slice);
            lines.get(lines.partition_point(|line| *line <= at)).is_some_and(|line| *line <= at.saturating_add(within))
        };
        if label.is_empty() { soon(String::new()) } else { plan::is_first(label) && plan::nexts(label).any(soon) }
    }
}

/// The column behind an indentation.
pub(super) fn column(indentation: &str) -> usize {
    indentation.chars().fold(0, |column, c| if c == '\t' { column / 4 * 4 + 4 } else { column + 1 })
}

/// Whether a line ends where a list may begin: at the end of a sentence or of a clause.
pub(super) fn ends_clause(line: &str) -> bool {
    let mut line = line.trim_end();
    // What follows the end: quotation marks, emphasis, closing brackets, a reference to a footnote.
    while let Some(rest) = line.strip_suffix(['"', '”', '»', '’', ')', ']', '*', '_', '）', '」', '~', '\\']) {
        line = match line.rsplit_once("[^") {
            Some((rest, note)) if note.ends_with(']') && note.matches(']').count() == 1 => rest,
            _ => rest,
        };
    }
    line.is_empty()
        || line.ends_with(['.', ';', ':', '!', '?', '。', '；', '：', '！', '？', '؛', '؟', '۔', '—', '–', '…', '-', '|'])
}

/// Whether a line ends with a word that asks for a number: what follows it is no new item, however far it is indented.
pub(super) fn goes_on_with_a_number(line: &str) -> bool {
    const WORDS: &[&str] = &[
        "a",
        "an",
        "and",
        "annex",
        "annexes",
        "article",
        "articles",
        "at",
        "by",
        "chapter",
        "clause",
        "for",
        "from",
        "in",
        "item",
        "items",
        "no",
        "of",
        "on",
        "or",
        "paragraph",
        "paragraphs",
        "part",
        "parts",
        "point",
        "points",
        "rule",
        "section",
        "sections",
        "see",
        "subparagraph",
        "subparagraphs",
        "than",
        "the",
        "to",
        "under",
        "until",
        "with",
        "within",
        "calibre",
    ];
    let word = line.trim_end().rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_lowercase();
    line.trim_end().ends_with(',') || WORDS.contains(&&*word)
}
