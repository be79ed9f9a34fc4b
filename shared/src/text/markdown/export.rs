//! Markdown out. Articles become headings, other points items and paragraphs, indented below their parents.

use std::collections::HashMap;

use super::{Attributes, Labels, line, marker};
use crate::{
    id::PointId,
    text::plan::{self, Outline, Point, Schedule},
};

/// `##` is the highest: `#` is the title.
pub(crate) const LEVEL_TOP: usize = 2;
/// Markdown has six levels of headings.
pub(crate) const LEVEL_MAX: usize = 6;

/// The heading of what stands beside the points.
pub const BESIDE_THE_POINTS: &str = "Beside the points";

/// Writes a plan as Markdown, which [`super::import`] reads back as the same plan.
pub fn export(outline: &Outline) -> String {
    let mut export = Export::new(outline);
    export.title();
    let mut stack = Vec::new();
    export.siblings(&export.tops, Some(LEVEL_TOP), 0, &mut stack);
    while let Some(block) = stack.pop() {
        match block.form {
            Form::Section(level) => {
                export.section(block.at, level);
                export.siblings(&export.children[block.at], Some(level + 1), 0, &mut stack);
            }
            Form::Item => {
                let inner = export.item(&block);
                export.siblings(&export.children[block.at], None, block.indent + inner, &mut stack);
            }
        }
    }
    export.beside();
    export.out
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Section(usize),
    Item,
}

struct Block {
    at: usize,
    form: Form,
    indent: usize,
    /// Its label is read as one where it stands.
    marked: bool,
}

/// An item without children that was just written.
struct Tight {
    indent: usize,
    /// Its label, where that stands as one; empty behind a bullet.
    label: String,
}

struct Export<'a> {
    outline: &'a Outline,
    index: HashMap<&'a PointId, usize>,
    labels: Labels<'a>,
    tops: Vec<usize>,
    children: Vec<Vec<usize>>,
    out: String,
    tight: Option<Tight>,
    /// A comment about the next block was just written.
    commented: bool,
}

impl<'a> Export<'a> {
    fn new(outline: &'a Outline) -> Self {
        let mut index: HashMap<&PointId, usize> = HashMap::new();
        let (mut tops, mut children) = (Vec::new(), vec![Vec::new(); outline.points.len()]);
        for (at, point) in outline.points.iter().enumerate() {
            // Parents come first in an outline, so this cannot go round in a circle.
            match point.parent.as_ref().and_then(|parent| index.get(parent)) {
                Some(parent) => children[*parent].push(at),
                None => tops.push(at),
            }
            index.insert(&point.id, at);
        }
        let labels = Labels::new(outline.points.iter().map(|point| point.label.as_str()));
        Export { outline, index, labels, tops, children, out: String::new(), tight: None, commented: false }
    }

    fn title(&mut self) {
        let title = &self.outline.title;
        let line = format!("# {title}");
        if !title.contains(['\n', '\r']) && line::heading(&line) == Some((1, title)) {
            self.block(&line, 0, false);
        } else if !title.is_empty() {
            self.comment(&Attributes { title: Some(title.clone()), ..Attributes::default() }, 0);
            self.commented = false;
        }
    }

    /// Puts the blocks of siblings on the stack. What follows a heading would stand below it, so from the first heading on all are.
    fn siblings(&self, group: &[usize], level: Option<usize>, indent: usize, stack: &mut Vec<Block>) {
        let level = level.filter(|level| *level <= LEVEL_MAX);
        let points: Vec<&Point> = group.iter().map(|at| &self.outline.points[*at]).collect();
        let sections = sections_from(&points);
        let form = |place: usize| match level {
            Some(level) if place >= sections => Form::Section(level),
            _ => Form::Item,
        };
        let items = if level.is_some() { &points[..sections] } else { &points };
        let marked = marked(items);
        let is_marked = |place: usize| marked.get(place).copied().unwrap_or(false);
        let block = |(place, at): (usize, &usize)| Block { at: *at, form: form(place), indent, marked: is_marked(place) };
        stack.extend(group.iter().enumerate().rev().map(block));
    }

    /// What stands beside the points comes back as one.
    fn beside(&mut self) {
        let words = plan::unix(&self.outline.beside);
        if !words.is_empty() {
            self.block(&format!("## {BESIDE_THE_POINTS}"), 0, false);
            self.block(&line::encode_words(&words), 0, false);
        }
    }

    fn section(&mut self, at: usize, level: usize) {
        let point = &self.outline.points[at];
        let mut attributes = self.attributes(point);
        let words = plan::unix(&point.words);
        attributes.words = !words.is_empty();
        let mut text =
            [point.label.as_str(), &point.heading].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let marks = "#".repeat(level);
        let reads_as = |text: &str| {
            let line = format!("{marks} {text}");
            let (struck, text) = line::unstrike(line::heading(&line)?.1);
            let (label, heading) = line::split_label(text);
            Some((struck, label.into_owned(), heading.to_owned()))
        };
        let wanted = |struck| Some((struck, point.label.clone(), point.heading.clone()));
        let plain = !text.contains(['\n', '\r']);
        let struck = format!("~~{text}~~");
        if plain && point.struck && reads_as(&struck) == wanted(true) {
            text = struck;
        } else {
            attributes.struck = point.struck;
            if !plain || reads_as(&text) != wanted(false) {
                (attributes.label, attributes.heading) = (Some(point.label.clone()), Some(point.heading.clone()));
                text = text.replace(['\n', '\r'], " ");
            }
        }
        self.comment(&attributes, 0);
        self.block(format!("{marks} {text}").trim_end(), 0, false);
        if !words.is_empty() {
            self.block(&line::encode_words(&words), 0, false);
        }
        self.tight = None;
    }

    /// Writes an item or a paragraph; returns how much further what stands below it is indented.
    fn item(&mut self, block: &Block) -> usize {
        let (at, indent) = (block.at, block.indent);
        let point = &self.outline.points[at];
        let mut attributes = self.attributes(point);
        let content = content(point, &mut attributes);
        let leaf = self.children[at].is_empty();
        let (marker, inner) = match item_marker(&point.label).filter(|_| block.marked) {
            Some(marker) if point.label.bytes().all(|byte| byte.is_ascii_digit()) => (marker.clone(), marker.len() + 1),
            Some(marker) => (marker, 2),
            None => ("-".to_owned(), 2),
        };
        if marker == "-" && !point.label.is_empty() {
            attributes.label = Some(point.label.clone());
        }
        let plain = point.label.is_empty() && leaf && !content.is_empty() && line::bold(&content).is_none();
        let lines = content.replace('\n', &format!("\n{}", " ".repeat(indent + if plain { 0 } else { inner })));
        let text = if plain { lines } else { format!("{marker} {lines}").trim_end().to_owned() };
        let bare = self.comment(&attributes, indent);
        let label = if marker == "-" { "" } else { &point.label };
        let next = |before: &Tight| {
            before.indent == indent
                && if label.is_empty() { before.label.is_empty() } else { plan::follows(&before.label, label) }
        };
        let tight = bare && !plain && self.tight.as_ref().is_some_and(next);
        self.block(&text, indent, tight);
        self.tight = (!plain && leaf).then(|| Tight { indent, label: label.to_owned() });
        inner
    }

    /// What a point has that Markdown cannot say.
    fn attributes(&self, point: &Point) -> Attributes {
        let schedule = Schedule { after: Default::default(), ..point.schedule.clone() };
        let after = point.schedule.after.iter().filter_map(|(id, after)| {
            let at = *self.index.get(id)?;
            Some((self.labels.name(at, &self.outline.points[at].label), *after))
        });
        Attributes {
            after: after.collect(),
            schedule: (schedule != Schedule::default()).then_some(schedule),
            ..Attributes::default()
        }
    }

    /// Writes attributes, if there are any; tells whether there are none.
    fn comment(&mut self, attributes: &Attributes, indent: usize) -> bool {
        if *attributes == Attributes::default() {
            return true;
        }
        // As JSON escapes, so that nothing in it can end the comment.
        let json = serde_json::to_string(attributes).unwrap_or_default().replace('<', "\\u003c").replace('>', "\\u003e");
        self.block(&format!("<!-- plenary {json} -->"), indent, false);
        (self.tight, self.commented) = (None, true);
        false
    }

    /// Writes a block after a blank line; without one if it is `tight`, or stands below the comment about it.
    fn block(&mut self, text: &str, indent: usize, tight: bool) {
        if !self.out.is_empty() && !tight && !self.commented {
            self.out.push('\n');
        }
        self.commented = false;
        self.out.push_str(&" ".repeat(indent));
        self.out.push_str(text);
        self.out.push('\n');
    }
}

/// The text of an item: struck through, headed and all; what it cannot say goes to the attributes.
fn content(point: &Point, attributes: &mut Attributes) -> String {
    let words = plan::unix(&point.words);
    let encoded = if words.is_empty() { String::new() } else { line::encode_words(&words) };
    let headed = match (point.heading.is_empty(), encoded.is_empty()) {
        (true, _) => encoded.clone(),
        (false, true) => line::encode_lead_in(&point.heading),
        (false, false) => format!("{} {encoded}", line::encode_lead_in(&point.heading)),
    };
    let reads_as = |text: &str, struck| {
        text.trim_end() == text
            && line::decode(text) == line::Content { struck, heading: point.heading.clone(), words: words.clone() }
    };
    let struck = format!("~~{headed}~~");
    let fenced = encoded.contains("```");
    if point.struck && !fenced && !(point.label.is_empty() && marker::is_division(&point.heading)) && reads_as(&struck, true) {
        return struck;
    }
    attributes.struck = point.struck;
    // A heading that is a label would be taken for one.
    let is_label = point.label.is_empty() && marker::is_division(&point.heading);
    if reads_as(&headed, false) && !is_label && (point.heading.is_empty() || !encoded.starts_with("```")) {
        return headed;
    }
    attributes.heading = Some(point.heading.clone());
    encoded
}

/// From which of these siblings on they stand as headings: from the first division, or the titles right before it; none: the length.
pub(crate) fn sections_from(group: &[&Point]) -> usize {
    let first = group.iter().position(|point| is_division(point)).unwrap_or(group.len());
    first - group[..first].iter().rev().take_while(|point| is_title(point)).count()
}

/// Which of these siblings, items all of them, begin with their label and are read so: all that are labels to every reader, and of the
/// others those that come next in their list, or begin one.
fn marked(items: &[&Point]) -> Vec<bool> {
    let labels: Vec<&str> = items.iter().map(|point| point.label.as_str()).collect();
    let mut after = vec![""; labels.len()];
    for at in (1..labels.len()).rev() {
        after[at - 1] = if labels[at].is_empty() { after[at] } else { labels[at] };
    }
    let mut before = "";
    let mut all = Vec::with_capacity(labels.len());
    for (at, label) in labels.iter().copied().enumerate() {
        let is_read = |text: String| {
            let weak = marker::marker(&format!("{text} X")).is_some_and(|marker| marker.weak);
            let begins = || plan::is_first(label) && plan::nexts(label).any(|next| next == after[at]);
            !weak || plan::follows(before, label) || begins()
        };
        let marked = item_marker(label).is_some_and(is_read);
        if !label.is_empty() {
            before = if marked { label } else { "" };
        }
        all.push(marked);
    }
    all
}

/// `1.`, `(a)`, `1)`: how an item with this label begins, if Markdown can say it.
pub(crate) fn item_marker(label: &str) -> Option<String> {
    let bare = label.to_owned();
    let candidates = if label.is_ascii() { [format!("{label}."), bare] } else { [bare, format!("{label}.")] };
    let is_read = |candidate: &String| {
        let read = |text: &str| {
            marker::marker(text).is_some_and(|marker| marker.label == label && marker.length == candidate.len() && !marker.alone)
        };
        read(&format!("{candidate} X")) && read(candidate)
    };
    let is_item = !label.is_empty() && !marker::is_division(label);
    candidates.into_iter().find(|candidate| is_item && is_read(candidate))
}

/// `Article 3`: a label that a heading has.
fn is_division(point: &Point) -> bool {
    marker::is_division(&point.label)
}

/// `Preamble`: a heading without label and words.
fn is_title(point: &Point) -> bool {
    point.label.is_empty()
        && !point.heading.is_empty()
        && point.words.is_empty()
        && line::split_label(&point.heading).0.is_empty()
}
