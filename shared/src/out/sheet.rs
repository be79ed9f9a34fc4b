//! What an edition says, before it is known in which format: lines of spans, each of which knows whether we or people wrote it.

use std::{borrow::Cow, collections::HashMap};

use crate::{
    id::PointId,
    talk::standing::State,
    text::{
        markdown::{LEVEL_MAX, LEVEL_TOP, item_marker, sections_from},
        plan::Point,
    },
};

/// An edition.
pub(super) struct Sheet<'a> {
    /// What people call the plan, possibly nothing.
    pub title: Line<'a>,
    /// What stands above the text.
    pub front: Vec<Line<'a>>,
    /// How to read the marks.
    pub legend: Vec<Line<'a>>,
    /// The points.
    pub blocks: Vec<Block<'a>>,
    /// What stands below the text.
    pub back: Vec<Line<'a>>,
    /// What is said of points that are not in the text.
    pub astray: Vec<Remark<'a>>,
}

impl<'a> Sheet<'a> {
    /// The title, or that there is none.
    pub fn heading(&self) -> Line<'a> {
        if self.title.is_empty() { vec![own("Untitled plan")] } else { self.title.clone() }
    }
}

/// A point.
pub(super) struct Block<'a> {
    pub id: &'a PointId,
    /// 0 at the top, and at most one more than that of the block before.
    pub depth: usize,
    /// As which heading it stands, 2 to 6; none: as an item.
    pub level: Option<usize>,
    pub label: String,
    pub heading: Line<'a>,
    pub words: Line<'a>,
    pub struck: bool,
    pub schedule: Line<'a>,
    pub remarks: Vec<Remark<'a>>,
}

/// Something that stands below a point.
pub(super) struct Remark<'a> {
    /// 0, or one more than what it is below, which stands before it.
    pub depth: usize,
    pub kind: Kind,
    /// At least one.
    pub lines: Vec<Line<'a>>,
}

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Standing(State),
    Entry,
    /// What is not shown one by one.
    Rest,
}

/// A stretch of text without a paragraph's end.
pub(super) type Line<'a> = Vec<Span<'a>>;

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Span<'a> {
    /// Ours; no character in it means anything to Markdown.
    Own(Cow<'a, str>),
    /// Ours, set off.
    Strong(Cow<'a, str>),
    /// Words of the plan: people's, with emphasis and brackets.
    Words(Cow<'a, str>),
    /// People's.
    Text(Cow<'a, str>),
    /// People's, set off by quotation marks.
    Quote(Cow<'a, str>),
    /// People's, of which a redline says that it went.
    Removed(Cow<'a, str>),
    /// People's, of which a redline says that it came.
    Inserted(Cow<'a, str>),
    /// Whose a bracket is: ` (BOR; opp ARV)`.
    By(String),
}

pub(super) fn own<'a>(text: impl Into<Cow<'a, str>>) -> Span<'a> {
    Span::Own(text.into())
}

pub(super) fn strong<'a>(text: impl Into<Cow<'a, str>>) -> Span<'a> {
    Span::Strong(text.into())
}

impl Span<'_> {
    /// What it reads.
    pub fn text(&self) -> &str {
        match self {
            Span::Own(text) | Span::Strong(text) | Span::Words(text) | Span::Text(text) => text,
            Span::Quote(text) | Span::Removed(text) | Span::Inserted(text) => text,
            Span::By(text) => text,
        }
    }
}

impl<'a> Block<'a> {
    /// A point without its texts.
    pub fn new(point: &'a Point, level: Option<usize>) -> Self {
        Block {
            id: &point.id,
            depth: point.depth,
            level,
            label: item_marker(&point.label).unwrap_or_else(|| point.label.clone()),
            heading: Vec::new(),
            words: Vec::new(),
            struck: false,
            schedule: Vec::new(),
            remarks: Vec::new(),
        }
    }
}

/// As which heading each point stands; none: as an item. `points` are in document order, and none stands without the one above it.
pub(super) fn levels(points: &[&Point]) -> Vec<Option<usize>> {
    let mut index: HashMap<&PointId, usize> = HashMap::new();
    let (mut tops, mut below) = (Vec::new(), vec![Vec::new(); points.len()]);
    for (at, point) in points.iter().enumerate() {
        match point.parent.as_ref().and_then(|parent| index.get(parent)) {
            Some(parent) => below[*parent].push(at),
            None => tops.push(at),
        }
        index.insert(&point.id, at);
    }
    let mut levels = vec![None; points.len()];
    let mark = |levels: &mut Vec<Option<usize>>, group: &[usize], level| {
        let siblings: Vec<&Point> = group.iter().map(|at| points[*at]).collect();
        group[sections_from(&siblings)..].iter().for_each(|at| levels[*at] = Some(level));
    };
    mark(&mut levels, &tops, LEVEL_TOP);
    for at in 0..points.len() {
        if let Some(level) = levels[at].filter(|level| *level < LEVEL_MAX) {
            mark(&mut levels, &below[at], level + 1);
        }
    }
    levels
}
