//! Markdown out. Articles become headings, other points items and paragraphs, indented below their parents.

use std::collections::HashMap;

use super::{Attributes, Labels, line};
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
                let inner = export.item(block.at, block.indent);
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
}

struct Export<'a> {
    outline: &'a Outline,
    index: HashMap<&'a PointId, usize>,
    labels: Labels<'a>,
    tops: Vec<usize>,
    children: Vec<Vec<usize>>,
    out: String,
    /// Indentation of the item just written, if it is one without children.
    tight: Option<usize>,
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
        stack.extend(group.iter().enumerate().rev().map(|(place, at)| Block { at: *at, form: form(place), indent }));
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
            Some((struck, label.to_owned(), heading.to_owned()))
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
    fn item(&mut self, at: usize, indent: usize) -> usize {
        let point = &self.outline.points[at];
        let mut attributes = self.attributes(point);
        let content = content(point, &mut attributes);
        let leaf = self.children[at].is_empty();
        let (marker, inner) = match item_marker(&point.label) {
            Some(marker) if point.label.bytes().all(|byte| byte.is_ascii_digit()) => (marker.clone(), marker.len() + 1),
            Some(marker) => (marker, 2),
            None => ("-".to_owned(), 2),
        };
        if marker == "-" && !point.label.is_empty() {
            attributes.label = Some(point.label.clone());
        }
        let plain = point.label.is_empty() && leaf && !content.is_empty();
        let lines = content.replace('\n', &format!("\n{}", " ".repeat(indent + if plain { 0 } else { inner })));
        let text = if plain { lines } else { format!("{marker} {lines}").trim_end().to_owned() };
        let bare = self.comment(&attributes, indent);
        let tight = bare && !plain && self.tight == Some(indent);
        self.block(&text, indent, tight);
        self.tight = (!plain && leaf).then_some(indent);
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
    if point.struck && reads_as(&struck, true) {
        return struck;
    }
    attributes.struck = point.struck;
    if reads_as(&headed, false) {
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

/// `1.`, `(a)`, `1)`: how an item with this label begins, if Markdown can say it.
pub(crate) fn item_marker(label: &str) -> Option<String> {
    let candidates = [format!("{label}."), label.to_owned()];
    candidates.into_iter().find(|candidate| {
        !label.is_empty()
            && line::marker(candidate).is_some_and(|marker| marker.label == label && marker.length == candidate.len())
    })
}

/// `Article 3`: a label that a heading has.
fn is_division(point: &Point) -> bool {
    !point.label.is_empty() && item_marker(&point.label).is_none() && line::split_label(&point.label) == (&point.label, "")
}

/// `Preamble`: a heading without label and words.
fn is_title(point: &Point) -> bool {
    point.label.is_empty()
        && !point.heading.is_empty()
        && point.words.is_empty()
        && line::split_label(&point.heading) == ("", &point.heading)
}
