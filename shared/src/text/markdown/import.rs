//! Markdown in. One pass over the lines; nothing is looked at twice but what may begin an item, so time grows with the text.
//!
//! Written here because CommonMark knows no `3bis.`, `(a)` or `[Article 3bis]`, and takes brackets for links.
//!
//! **What begins an item.** After a blank line each marker does, but one that is a sentence or a name as likely (`A. Smith`, `6.1 km`) only
//! where its list is open or goes on further down. Without a blank line it is what comes next in an open list (`2.` after `1.`), or the
//! first of a list whose second comes soon or which the line above has ended for: `20. May` behind a line that was wrapped is words.

mod front;
mod lists;
mod whole;

use std::collections::HashMap;

use super::{Attributes, Draft, DraftPoint, ImportError, Imported, Notice, line, marker};
use crate::{limits, text::plan};
use lists::{Lists, column, ends_clause};
use marker::{Marker, marker};
use whole::{Link, Placed};

/// The level of headings that are none in Markdown: a line `**Article 5**`, or `Article 5` alone.
const LEVEL_UNMARKED: usize = 7;

/// Lines of a heading that is underlined: more are a paragraph above a line across the page.
const UNDERLINED_LINES_MAX: usize = 3;

/// Reads a draft from Markdown. See [`super`] for what becomes of what.
///
/// # Errors
/// [`ImportError`], with the line that is at fault.
pub fn import(text: &str) -> Result<Draft, ImportError> {
    read(text).map(|imported| imported.draft)
}

/// Reads a draft from Markdown, and tells what a reader of the text may miss in it.
///
/// # Errors
/// [`ImportError`], with the line that is at fault.
pub fn read(text: &str) -> Result<Imported, ImportError> {
    // A page break is white space.
    let text = plan::unix(text.strip_prefix('\u{feff}').unwrap_or(text)).replace(['\u{b}', '\u{c}'], " ");
    let lines: Vec<&str> = text.split('\n').collect();
    let is_control = |line: &&str| line.chars().any(|c| c.is_control() && c != '\t');
    if let Some(at) = lines.iter().position(is_control) {
        return Err(ImportError::Control { line: at + 1 });
    }
    let front = front::read(&lines);
    let mut import = Import {
        title: front.title,
        notices: front.notices,
        last_comment_end: lines.iter().rposition(|line| line.contains("-->")),
        lists: Lists::ahead(&lines[front.lines..], front.lines),
        fences: line::closing_fences(&lines),
        ..Import::default()
    };
    let mut at = front.lines;
    while at < lines.len() {
        at = import.line(&lines, at)?;
    }
    import.close();
    for (heading, words) in front.kept {
        import.add(None, "", lines.len().saturating_sub(1))?;
        if let Some(node) = import.nodes.last_mut() {
            (node.point.heading, node.point.words) = (heading, words);
        }
    }
    whole::imported(import.title, import.nodes, import.links, import.notices)
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
    /// The column of its marker, and whether that is a bullet.
    column: usize,
    bullet: bool,
    /// Where its text begins: what is indented so far within a fence is not of it.
    inner: usize,
    /// The line that closes the fence in which the next line stands.
    fence: Option<usize>,
}

#[derive(Default)]
struct Import<'a> {
    title: String,
    titled: bool,
    nodes: Vec<Placed>,
    /// Headings that are open: level and node.
    sections: Vec<(usize, usize)>,
    /// Items that are open: column of the marker and node.
    items: Vec<(usize, usize)>,
    open: Option<Open<'a>>,
    pending: Attributes,
    /// The heading whose words the next paragraph holds.
    awaits_words: Option<usize>,
    /// The point of an unmarked heading that is a label alone, right before this.
    untitled: Option<usize>,
    last_comment_end: Option<usize>,
    lists: Lists,
    /// For each line what can close a fence behind it.
    fences: Vec<line::Closing>,
    links: HashMap<String, Link<'a>>,
    notices: Vec<Notice>,
}

impl<'a> Import<'a> {
    /// Takes the line at `at`, or the whole comment or heading that begins there; returns the next one.
    fn line(&mut self, lines: &[&'a str], at: usize) -> Result<usize, ImportError> {
        if self.fenced(lines[at], at) {
            return Ok(at + 1);
        }
        let text = lines[at].trim_start();
        let column = column(&lines[at][..lines[at].len() - text.len()]);
        if text.is_empty() {
            self.close();
        } else if text.starts_with("<!--") && self.last_comment_end.is_some_and(|end| end >= at) {
            return self.comment(lines, at, column);
        } else if is_kramdown(text, lines.get(at + 1)) || line::is_break(text) {
            self.close();
        } else if let Some((level, end)) = self.underlined(lines, at) {
            let text = lines[at..end].iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
            self.heading(level, &text, at)?;
            return Ok(end + 1);
        } else {
            self.text(text, column, at)?;
        }
        Ok(at + 1)
    }

    /// Takes a line within a fence as it is.
    fn fenced(&mut self, line: &'a str, at: usize) -> bool {
        let Some(open) = self.open.as_mut().filter(|open| open.fence.is_some()) else { return false };
        let indent = line.bytes().take_while(|byte| *byte == b' ').count().min(open.inner);
        open.lines.push(&line[indent..]);
        if open.fence == Some(at) {
            open.fence = None;
        }
        true
    }

    /// The level of an underlined heading that begins at `at`, and the line under it.
    fn underlined(&self, lines: &[&str], at: usize) -> Option<(usize, usize)> {
        if self.open.is_some() || self.awaits_words.is_some() {
            return None;
        }
        let is_text = |line: &str| {
            let line = line.trim_start();
            let plain = !line.is_empty() && !line.starts_with(['#', '|', '>', '`', '~']) && line::underline(line).is_none();
            plain && marker(line).is_none_or(|marker| marker.named)
        };
        let length = lines[at..].iter().take(UNDERLINED_LINES_MAX + 1).take_while(|line| is_text(line)).count();
        let level = lines
            .get(at + length)
            .filter(|_| (1..=UNDERLINED_LINES_MAX).contains(&length))
            .and_then(|line| line::underline(line))?;
        Some((level, at + length))
    }

    fn text(&mut self, text: &'a str, column: usize, at: usize) -> Result<(), ImportError> {
        if let Some((level, text)) = line::heading(text) {
            self.close();
            return self.heading(level, text, at);
        }
        if self.open.is_none()
            && let Some((name, url)) = line::link_definition(text)
        {
            self.links.insert(name.to_lowercase(), Link { url, line: at + 1, used: false });
            return Ok(());
        }
        if self.open.is_none() && self.awaits_words.is_none() && column < 4 && self.unmarked(text, at)? {
            return Ok(());
        }
        if let Some(marker) = marker(text).filter(|marker| self.begins(marker, column, at)) {
            self.close();
            self.awaits_words = None;
            let node = self.block(column, &marker.label, at)?;
            self.items.push((column, node));
            self.lists.begin(column, &marker.label);
            let rest = text[marker.length..].trim_start();
            let numbered = !marker.label.is_empty() && marker.label.bytes().all(|byte| byte.is_ascii_digit());
            let inner = column + if numbered { marker.length + 1 } else { 2 };
            let bullet = marker.label.is_empty();
            let attributes = std::mem::take(&mut self.pending);
            let fence = self.fence(rest, at);
            self.open =
                Some(Open { node, attributes, lines: vec![rest], item: true, own_words: false, column, bullet, inner, fence });
            return Ok(());
        }
        let fence = self.fence(text, at);
        if let Some(open) = &mut self.open
            && !(line::is_footnote(text) && open.lines.first().is_some_and(|first| line::is_footnote(first)))
        {
            open.lines.push(text);
            open.fence = fence;
            return Ok(());
        }
        self.close();
        let own = self.awaits_words.take();
        let node = match own {
            Some(node) => node,
            None => self.block(column, "", at)?,
        };
        let attributes = std::mem::take(&mut self.pending);
        let own_words = own.is_some();
        let (item, bullet, inner) = (false, false, column);
        self.open = Some(Open { node, attributes, lines: vec![text], item, own_words, column, bullet, inner, fence });
        Ok(())
    }

    fn fence(&self, text: &str, at: usize) -> Option<usize> {
        self.fences[at].of(line::fence(text)?)
    }

    /// Takes a line that is a heading although nothing marks it as one: `**Article 5**`, `Article 5`; what is bold alone behind it is its
    /// heading.
    fn unmarked(&mut self, text: &'a str, at: usize) -> Result<bool, ImportError> {
        let bold = line::bold(text);
        if let Some(node) = self.untitled.take()
            && let Some(heading) = bold
            && self.pending == Attributes::default()
        {
            self.nodes[node].point.heading = heading.strip_suffix('.').unwrap_or(heading).to_owned();
            return Ok(true);
        }
        let alone = marker(text).is_some_and(|marker| marker.alone);
        let label = bold.is_some_and(|bold| marker::division(bold, true).is_some());
        if !alone && !label || !self.lists.ends_block(at) {
            return Ok(false);
        }
        self.heading(LEVEL_UNMARKED, bold.unwrap_or(text.trim_end().trim_end_matches(['.', ':'])), at)?;
        self.untitled = self.sections.last().map(|(_, node)| *node).filter(|node| self.nodes[*node].point.heading.is_empty());
        Ok(true)
    }

    /// Whether a marker begins an item here. See the module.
    fn begins(&self, marker: &Marker, column: usize, at: usize) -> bool {
        let Some(open) = &self.open else {
            return !marker.weak
                || self.lists.is_open(&marker.label)
                || self.lists.goes_on(&marker.label, column, at, usize::MAX);
        };
        let ended = open.lines.last().is_none_or(|line| ends_clause(line));
        let inside = open.item && column >= open.inner;
        let below = inside && !open.lines.last().is_some_and(|line| lists::goes_on_with_a_number(line));
        if marker.label.is_empty() {
            let beside = open.item && open.bullet && column >= open.column;
            return beside || ended || below || self.lists.goes_on("", column, at, lists::SOON);
        }
        if self.lists.is_open(&marker.label) {
            return true;
        }
        let first = plan::is_first(&marker.label);
        let goes_on = || self.lists.goes_on(&marker.label, column, at, lists::SOON);
        let ended_for_it = ended && !marker.weak && (first || marker.named);
        // Nobody wraps a line before `①`, nor before `§ 12.` with its period.
        let foreign = !marker.label.is_ascii() && !marker.weak && (first || (marker.named && marker.length > marker.label.len()));
        ended_for_it
            || foreign
            || (below && first && !marker.weak)
            || (ended && self.lists.is_behind(&marker.label))
            || (first && goes_on())
    }

    fn heading(&mut self, level: usize, text: &str, at: usize) -> Result<(), ImportError> {
        if level == 1 && !self.titled && self.nodes.is_empty() {
            (self.title, self.titled) = (text.to_owned(), true);
            return Ok(());
        }
        self.items.clear();
        self.lists.clear();
        self.sections.retain(|(above, _)| *above < level);
        let (struck, text) = line::unstrike(text);
        let (label, heading) = line::split_label(text);
        let node = self.add(self.sections.last().map(|(_, node)| *node), &label, at)?;
        self.lists.section(&label);
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
        self.untitled = None;
        self.nodes.push(Placed { point: DraftPoint { label: label.to_owned(), ..DraftPoint::default() }, parent, depth });
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
            // `**Article 5.** The Parties`
            if point.label.is_empty() && open.attributes.label.is_none() && marker::is_division(&point.heading) {
                point.label = std::mem::take(&mut point.heading);
            }
            apply(open.attributes, point);
        }
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
