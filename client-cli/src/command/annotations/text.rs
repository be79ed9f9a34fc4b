//! Annotations as a page: by point, replies below what they reply to.

use plenary_shared::{
    id::{AnnotationId, PointId},
    people::Audience,
    talk::{
        dossier::{AnnotationView, Entered},
        layer::{Position, Stance, What},
        proposal::{ProposalState, Proposed},
    },
    text::{
        plan::{Adoption, How, Outline, Point},
        redline::redline_within,
        say::quoted,
        stretch::Stretch,
        words::ExactWords,
    },
};
use std::collections::HashMap;

use crate::{
    command::change::seat_ended,
    output::in_words,
    paths::Paths,
    render::{Look, Page},
    when,
};

/// One level of a reply.
const INDENT: &str = "    ";
/// Levels of replies to replies that are indented: beyond, lines would leave the screen.
const LEVELS_SHOWN: usize = 6;
/// Characters before words that are gone.
const BEFORE_CHARS: usize = 40;
/// Comparisons of words for one page: a second's work.
const STEPS_MAX: u64 = 256 << 20;

/// What is needed to show an entry, and what may still be compared.
struct Pen<'a> {
    points: HashMap<&'a PointId, &'a Point>,
    exact: ExactWords,
    steps: u64,
}

/// The page; `hidden` of those that were asked for are left out because they are settled.
pub fn page(shown: &[AnnotationView], outline: &Outline, hidden: usize) -> Page {
    let points: HashMap<&PointId, &Point> = outline.points.iter().map(|point| (&point.id, point)).collect();
    let mut pen = Pen { points, exact: ExactWords::read(outline), steps: STEPS_MAX };
    let paths = Paths::of(outline);
    let mut page = Page::default();
    let in_plan = |view: &AnnotationView| pen.points.get(&view.annotation.point).map(|point| &point.id);
    for group in shown.chunk_by(|a, b| in_plan(a) == in_plan(b)).collect::<Vec<_>>() {
        let point = group.first().and_then(|view| pen.points.get(&view.annotation.point));
        let head = point.map_or("points that are not in the plan".to_owned(), |p| paths.title(&p.label, &p.id, &p.heading));
        page.line(Look::Strong, &head);
        for Threaded { level, view, parent } in threaded(group) {
            let quote_known = parent.is_some_and(|parent| parent.annotation.quote == view.annotation.quote);
            pen.entry(&mut page, &INDENT.repeat(1 + level), view, !quote_known);
        }
    }
    if shown.is_empty() {
        page.line(Look::Plain, "no annotations that you may read");
    }
    if hidden > 0 {
        let are = if hidden == 1 { "is" } else { "are" };
        page.line(Look::Faint, &format!("{hidden} withdrawn or resolved {are} not shown: --all shows them"));
    }
    page
}

/// An entry, how far it is indented, and what it stands below.
struct Threaded<'a> {
    level: usize,
    view: &'a AnnotationView,
    parent: Option<&'a AnnotationView>,
}

/// Each entry with its level: replies right behind what they reply to, and one level below. Who writes a reply may name
/// anything, itself and circles too.
fn threaded(group: &[AnnotationView]) -> Vec<Threaded<'_>> {
    let mut first: HashMap<&AnnotationId, usize> = HashMap::new();
    for (at, view) in group.iter().enumerate() {
        first.entry(&view.annotation.id).or_insert(at);
    }
    let (mut roots, mut replies) = (Vec::new(), vec![Vec::new(); group.len()]);
    for (at, view) in group.iter().enumerate() {
        match view.annotation.reply_to.as_ref().and_then(|id| first.get(id)) {
            Some(parent) => replies[*parent].push(at),
            None => roots.push(at),
        }
    }
    let (mut seen, mut order) = (vec![false; group.len()], Vec::with_capacity(group.len()));
    // What stands in a circle is below no root: it follows at the end.
    for start in roots.into_iter().chain(0..group.len()) {
        let mut stack = vec![(0, start, None)];
        while let Some((level, at, parent)) = stack.pop() {
            if !std::mem::replace(&mut seen[at], true) {
                let view = &group[at];
                order.push(Threaded { level: level.min(LEVELS_SHOWN), view, parent });
                stack.extend(replies[at].iter().rev().map(|reply| (level + 1, *reply, Some(view))));
            }
        }
    }
    order
}

impl Pen<'_> {
    /// `quote`: whether to say which words it is about. Those that it replies to need not be quoted again.
    fn entry(&mut self, page: &mut Page, indent: &str, view: &AnnotationView, quote: bool) {
        let entry = &view.annotation;
        let by = entry.by.as_ref().map_or(String::new(), |by| format!(" by {by}{}", seat_ended(view.seat_ended)));
        let party = view.party.as_str().to_uppercase();
        page.line(Look::Plain, indent).add(Look::Strong, entry.id.as_str());
        page.add(Look::Plain, &format!("  {party}  {}", what(view)));
        page.add(Look::Faint, &format!("  {}  {}{by}", place(view), when::local(entry.at_ms)));
        let indent = &format!("{indent}{INDENT}");
        if let Some(words) = self.stretch(view).filter(|_| quote) {
            page.line(Look::Plain, &format!("{indent}{words}"));
        }
        match (&entry.what, &view.proposed) {
            (What::Proposal { replacement }, Some(proposed)) => self.proposal(page, indent, replacement, proposed),
            (What::Position(Position { words: Some(kept), .. }), _) => {
                let stand = self.exact.get(&entry.point).is_some_and(|exact| exact.digest == kept.digest);
                let digest: String = kept.digest.to_string().chars().take(12).collect();
                let since = if stand { "" } else { ", which have changed since" };
                page.line(Look::Plain, &format!("{indent}on the words {digest}{since}"));
            }
            _ => {}
        }
        page.block(indent, &entry.body);
    }

    /// The words that an entry is about, and what became of them; none for one about the whole point.
    fn stretch(&self, view: &AnnotationView) -> Option<String> {
        let quote = quoted(&view.annotation.quote);
        let now = || quoted(view.now.as_deref().unwrap_or_default());
        Some(match &view.stretch {
            Stretch::Whole => return None,
            Stretch::Stands { .. } => format!("on {quote}"),
            Stretch::Changed { .. } => format!("on {quote}; there stands now {}", now()),
            Stretch::Moved { .. } => format!("on {quote}; the words were deleted and stand elsewhere in the point"),
            Stretch::Gone { at } => format!("on {quote}; the words are gone; {}", self.stood(&view.annotation.point, *at)),
            Stretch::Lost => format!("on {quote}; the words are gone, and nothing tells where they stood"),
            Stretch::NoPoint => format!("on the point {}", view.annotation.point),
        })
    }

    fn stood(&self, point: &PointId, at: usize) -> String {
        let before = self.points.get(point).and_then(|point| point.words.get(..at)).unwrap_or_default();
        if before.is_empty() {
            return "they stood at the beginning".to_owned();
        }
        let from = before.char_indices().rev().nth(BEFORE_CHARS - 1).map_or(0, |(from, _)| from);
        let cut = if from > 0 { "…" } else { "" };
        format!("they stood after {}", quoted(&format!("{cut}{}", &before[from..])))
    }

    fn proposal(&mut self, page: &mut Page, indent: &str, replacement: &str, proposed: &Proposed) {
        let put_in = matches!(proposed.state, ProposalState::Adopted | ProposalState::Alternative);
        match proposed.adoption.as_ref().filter(|_| put_in) {
            Some(Adoption { how: How::Adopted, before, after, .. }) => {
                page.redline(indent, &redline_within(before, after, &mut self.steps));
            }
            Some(Adoption { before, after, .. }) => page.block(indent, &format!("{before} beside {after}")),
            None if !proposed.redline.is_empty() => page.redline(indent, &proposed.redline),
            None if replacement.is_empty() => {
                page.line(Look::Plain, &format!("{indent}leaves the words out"));
            }
            None => {
                page.line(Look::Plain, &format!("{indent}proposes {}", quoted(replacement)));
            }
        }
    }
}

/// `proposal, adopted by MED`; `note, reply to k3x9abcd, resolved`; `position: accepts, ad referendum`.
fn what(view: &AnnotationView) -> String {
    let entry = &view.annotation;
    let mut said = vec![match &entry.what {
        What::Position(position) => format!("position: {}", stance(position)),
        _ => entry.kind().to_owned(),
    }];
    if let What::Position(Position { ad_referendum: true, .. }) = &entry.what {
        said.push("ad referendum".to_owned());
    }
    said.extend(view.proposed.as_ref().and_then(became));
    said.extend(view.entered.as_ref().map(Entered::said));
    said.extend(entry.reply_to.as_ref().map(|id| format!("reply to {id}")));
    said.extend(entry.resolved.then(|| "resolved".to_owned()));
    said.extend(entry.withdrawn.then(|| "withdrawn".to_owned()));
    said.join(", ")
}

fn stance(position: &Position) -> &'static str {
    match (position.stance, &position.words) {
        (Stance::Accept, Some(_)) => "accepts",
        (Stance::Accept, None) => "supports the bracket",
        (Stance::Reserve, Some(_)) => "reserves",
        (Stance::Reserve, None) => "reserves on the bracket",
        (Stance::Oppose, Some(_)) => "opposes",
        (Stance::Oppose, None) => "opposes the bracket",
    }
}

/// What became of a proposal; that it is withdrawn is said of any entry.
fn became(proposed: &Proposed) -> Option<String> {
    let by = proposed.adoption.as_ref().map(|adoption| adoption.adopted_by.as_str().to_uppercase());
    let in_text = |what: &str| format!("{what} by {}", by.clone().unwrap_or_default());
    let state = match proposed.state {
        ProposalState::Open => "open",
        ProposalState::Reanchored => "re-anchored",
        ProposalState::Overtaken => "overtaken",
        ProposalState::Adopted => return Some(in_text("adopted")),
        ProposalState::Alternative => return Some(in_text("an alternative in the text")),
        ProposalState::Withdrawn => return None,
    };
    let claim = by.as_ref().map(|by| format!(", put in by {by} as the plan claims"));
    Some(format!("{state}{}", claim.unwrap_or_default()))
}

/// The layer, and who reads it where its name does not say so.
fn place(view: &AnnotationView) -> String {
    let layer = &view.layer;
    match &view.audience {
        Audience::Parties(others) if others.is_empty() => format!("{layer} (private)"),
        Audience::Parties(others) => {
            format!("{layer} (shared with {})", in_words(&others.iter().collect::<Vec<_>>()))
        }
        Audience::Party | Audience::All => layer.to_string(),
    }
}

#[cfg(test)]
pub mod tests;
