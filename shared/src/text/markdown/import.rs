//! Markdown in. One pass over the lines; nothing is looked at twice, so time grows with the text.
//!
//! Written here because CommonMark knows no `3bis.`, `(a)` or `[Article 3bis]`, and takes brackets for links.

use super::{Attributes, Draft, DraftPoint, ImportError, Labels, flatten, line};
use crate::{limits, text::plan};

/// Reads a draft from Markdown. See [`super`] for what becomes of what.
pub fn import(text: &str) -> Result<Draft, ImportError> {
    let text = plan::unix(text.strip_prefix('\u{feff}').unwrap_or(text));
    let lines: Vec<&str> = text.split('\n').collect();
    let (front_title, start) = front_matter(&lines);
    let mut import =
        Import { title: front_title, last_comment_end: lines.iter().rposition(|line| line.contains("-->")), ..Import::default() };
    let mut at = start;
    while at < lines.len() {
        at = import.line(&lines, at)?;
    }
    import.close();
    let draft = import.into_draft();
    check_after(&draft)?;
    Ok(draft)
}

/// The title in the front matter, and the line after it.
fn front_matter(lines: &[&str]) -> (String, usize) {
    let rule = |line: &&str| line.trim_end() == "---";
    let end = lines.iter().skip(1).position(|line| rule(line) || line.trim_end() == "...");
    let (Some(true), Some(end)) = (lines.first().map(rule), end) else { return (String::new(), 0) };
    let title = lines[1..=end].iter().find_map(|line| line.strip_prefix("title:")).unwrap_or_default().trim();
    let quoted = |mark| title.strip_prefix(mark).and_then(|title| title.strip_suffix(mark));
    (quoted('"').or_else(|| quoted('\'')).unwrap_or(title).to_owned(), end + 2)
}

struct Node {
    point: DraftPoint,
    parent: Option<usize>,
    depth: usize,
}

/// A block of text that the next line may continue.
struct Open<'a> {
    node: usize,
    attributes: Attributes,
    lines: Vec<&'a str>,
    /// The text after an item's marker, not a paragraph of its own.
    item: bool,
    /// The words of a point that a heading made.
    own_words: bool,
}

#[derive(Default)]
struct Import<'a> {
    title: String,
    titled: bool,
    nodes: Vec<Node>,
    /// Headings that are open: level and node.
    sections: Vec<(usize, usize)>,
    /// Items that are open: column of the marker and node.
    items: Vec<(usize, usize)>,
    open: Option<Open<'a>>,
    pending: Attributes,
    /// The heading whose words the next paragraph holds.
    awaits_words: Option<usize>,
    last_comment_end: Option<usize>,
}

impl<'a> Import<'a> {
    /// Takes the line at `at`, or the whole comment that begins there; returns the next one.
    fn line(&mut self, lines: &[&'a str], at: usize) -> Result<usize, ImportError> {
        let text = lines[at].trim_start();
        let column = column(&lines[at][..lines[at].len() - text.len()]);
        if text.is_empty() {
            self.close();
        } else if text.starts_with("<!--") && self.last_comment_end.is_some_and(|end| end >= at) {
            return self.comment(lines, at, column);
        } else if is_kramdown(text, lines.get(at + 1)) {
            self.close();
        } else {
            self.text(text, column, at)?;
        }
        Ok(at + 1)
    }

    fn text(&mut self, text: &'a str, column: usize, at: usize) -> Result<(), ImportError> {
        if let Some((level, text)) = line::heading(text) {
            self.close();
            return self.heading(level, text, at);
        }
        if self.open.is_none() && line::is_link_definition(text) {
            return Ok(());
        }
        if let Some(marker) = line::marker(text).filter(|marker| self.may_begin(marker.label)) {
            self.close();
            self.awaits_words = None;
            let node = self.block(column, marker.label, at)?;
            self.items.push((column, node));
            let attributes = std::mem::take(&mut self.pending);
            let lines = vec![text[marker.length..].trim_start()];
            self.open = Some(Open { node, attributes, lines, item: true, own_words: false });
            return Ok(());
        }
        if let Some(open) = &mut self.open {
            open.lines.push(text);
            return Ok(());
        }
        let own = self.awaits_words.take();
        let node = match own {
            Some(node) => node,
            None => self.block(column, "", at)?,
        };
        let attributes = std::mem::take(&mut self.pending);
        self.open = Some(Open { node, attributes, lines: vec![text], item: false, own_words: own.is_some() });
        Ok(())
    }

    /// Within a paragraph only the first of a list begins an item: `12.` there is the end of a sentence.
    fn may_begin(&self, label: &str) -> bool {
        let first = || matches!(label, "" | "1" | "1)" | "(1)" | "a" | "a)" | "(a)" | "i" | "i)" | "(i)" | "A" | "I");
        self.open.as_ref().is_none_or(|open| open.item) || first()
    }

    fn heading(&mut self, level: usize, text: &str, at: usize) -> Result<(), ImportError> {
        if level == 1 && !self.titled && self.nodes.is_empty() {
            (self.title, self.titled) = (text.to_owned(), true);
            return Ok(());
        }
        self.items.clear();
        self.sections.retain(|(above, _)| *above < level);
        let (struck, text) = line::unstrike(text);
        let (label, heading) = line::split_label(text);
        let node = self.add(self.sections.last().map(|(_, node)| *node), label, at)?;
        self.sections.push((level, node));
        let attributes = std::mem::take(&mut self.pending);
        self.awaits_words = attributes.words.then_some(node);
        let point = &mut self.nodes[node].point;
        point.heading = heading.to_owned();
        point.struck = struck;
        apply(attributes, point);
        Ok(())
    }

    /// A point for a block whose text begins in `column`.
    fn block(&mut self, column: usize, label: &str, at: usize) -> Result<usize, ImportError> {
        while self.items.last().is_some_and(|(marker, _)| *marker >= column) {
            self.items.pop();
        }
        let parent = self.items.last().or(self.sections.last()).map(|(_, node)| *node);
        self.add(parent, label, at)
    }

    fn add(&mut self, parent: Option<usize>, label: &str, at: usize) -> Result<usize, ImportError> {
        let depth = parent.map_or(0, |parent| self.nodes[parent].depth + 1);
        if depth >= limits::POINT_DEPTH_MAX {
            return Err(ImportError::TooDeep { line: at + 1 });
        }
        if self.nodes.len() >= limits::POINTS_MAX {
            return Err(ImportError::TooMany { line: at + 1 });
        }
        self.nodes.push(Node { point: DraftPoint { label: label.to_owned(), ..DraftPoint::default() }, parent, depth });
        Ok(self.nodes.len() - 1)
    }

    /// A comment that begins at `at`: ours is taken, others are dropped; what follows one on its last line is text.
    fn comment(&mut self, lines: &[&'a str], at: usize, column: usize) -> Result<usize, ImportError> {
        self.close();
        let mut end = at;
        let mut rest = lines[at].trim_start().strip_prefix("<!--").unwrap_or_default();
        if let Some(json) = rest.trim_start().strip_prefix("plenary ") {
            let bad = |why: &str| ImportError::BadComment { line: at + 1, why: why.to_owned() };
            let json = json.trim_end().strip_suffix("-->").ok_or_else(|| bad("it must end with --> on the same line"))?;
            self.pending = serde_json::from_str(json).map_err(|error| bad(&error.to_string()))?;
            if let Some(title) = self.pending.title.take() {
                (self.title, self.titled) = (title, true);
            }
            return Ok(at + 1);
        }
        while let (None, Some(next)) = (rest.find("-->"), lines.get(end + 1)) {
            (rest, end) = (next, end + 1);
        }
        let after = rest.split_once("-->").map_or("", |(_, after)| after).trim_start();
        if !after.is_empty() {
            self.text(after, column, end)?;
        }
        Ok(end + 1)
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let text = open.lines.join("\n");
        let content = line::decode(text.trim_end());
        let point = &mut self.nodes[open.node].point;
        point.words = content.words;
        if !open.own_words {
            point.heading = content.heading;
            point.struck = content.struck;
            apply(open.attributes, point);
        }
    }

    fn into_draft(mut self) -> Draft {
        // Children come after their parents: taken from the end, each is whole before its parent takes it.
        let mut points = Vec::new();
        while let Some(mut node) = self.nodes.pop() {
            node.point.children.reverse();
            match node.parent {
                Some(parent) => self.nodes[parent].point.children.push(node.point),
                None => points.push(node.point),
            }
        }
        points.reverse();
        Draft { title: self.title, points }
    }
}

fn apply(attributes: Attributes, point: &mut DraftPoint) {
    point.struck |= attributes.struck;
    if let Some(label) = attributes.label {
        point.label = label;
    }
    if let Some(heading) = attributes.heading {
        point.heading = heading;
    }
    point.schedule = attributes.schedule.unwrap_or_default();
    // Ids of another document mean nothing in this one.
    point.schedule.after.clear();
    point.after = attributes.after;
}

/// kramdown's attribute lines, and the placeholder that its table of contents replaces.
fn is_kramdown(text: &str, next: Option<&&str>) -> bool {
    let contents = matches!(text.trim_end(), "* TOC" | "- TOC") && next.is_some_and(|line| line.trim() == "{:toc}");
    contents || (text.starts_with("{:") && text.trim_end().ends_with('}'))
}

fn column(indentation: &str) -> usize {
    indentation.chars().fold(0, |column, c| if c == '\t' { column / 4 * 4 + 4 } else { column + 1 })
}

fn check_after(draft: &Draft) -> Result<(), ImportError> {
    let flat = flatten(draft).unwrap_or_default();
    let labels = Labels::new(flat.iter().map(|(point, _)| point.label.as_str()));
    let mut named = flat.iter().flat_map(|(point, _)| point.after.keys());
    match named.find(|what| labels.find(what).is_none()) {
        Some(what) => Err(ImportError::UnknownAfter { what: what.clone() }),
        None => Ok(()),
    }
}
