//! Annotations as a page: by point, replies below what they reply to.

use plenary_shared::{
    api::Audience,
    dossier::AnnotationView,
    id::{AnnotationId, PointId},
    layer::{Position, Stance, What},
    plan::{Adoption, How, Outline, Point},
    proposal::{Proposed, State},
    redline::redline_within,
    stretch::Stretch,
    words::ExactWords,
};
use std::collections::HashMap;

use super::super::stretch::shown;
use crate::{
    output::in_words,
    render::{Look, Page, title},
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
    let mut page = Page::default();
    let in_plan = |view: &AnnotationView| pen.points.get(&view.annotation.point).map(|point| &point.id);
    for group in shown.chunk_by(|a, b| in_plan(a) == in_plan(b)).collect::<Vec<_>>() {
        let point = group.first().and_then(|view| pen.points.get(&view.annotation.point));
        let head = point.map_or("points that are not in the plan".to_owned(), |p| title(&p.label, &p.id, &p.heading));
        page.line(Look::Strong, &head);
        for (level, view) in threaded(group) {
            pen.entry(&mut page, &INDENT.repeat(1 + level), view);
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

/// Each entry with its level: replies right behind what they reply to, and one level below. Who writes a reply may name anything, itself
/// and circles too.
fn threaded(group: &[AnnotationView]) -> Vec<(usize, &AnnotationView)> {
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
        let mut stack = vec![(0, start)];
        while let Some((level, at)) = stack.pop() {
            if !std::mem::replace(&mut seen[at], true) {
                order.push((level.min(LEVELS_SHOWN), &group[at]));
                stack.extend(replies[at].iter().rev().map(|reply| (level + 1, *reply)));
            }
        }
    }
    order
}

impl Pen<'_> {
    fn entry(&mut self, page: &mut Page, indent: &str, view: &AnnotationView) {
        let entry = &view.annotation;
        let by = entry.by.as_ref().map_or(String::new(), |by| format!(" by {by}"));
        let party = view.party.as_str().to_uppercase();
        page.line(Look::Plain, indent).add(Look::Strong, entry.id.as_str());
        page.add(Look::Plain, &format!("  {party}  {}", what(view)));
        page.add(Look::Faint, &format!("  {}  {}{by}", place(view), when::local(entry.at_ms)));
        let indent = &format!("{indent}{INDENT}");
        if let Some(words) = self.stretch(view) {
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
        let quote = shown(&view.annotation.quote);
        let now = || shown(view.now.as_deref().unwrap_or_default());
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
        format!("they stood after {}", shown(&format!("{cut}{}", &before[from..])))
    }

    fn proposal(&mut self, page: &mut Page, indent: &str, replacement: &str, proposed: &Proposed) {
        match &proposed.adoption {
            Some(Adoption { how: How::Adopted, before, after, .. }) => {
                page.redline(indent, &redline_within(before, after, &mut self.steps));
            }
            Some(Adoption { before, after, .. }) => page.block(indent, &format!("{before} beside {after}")),
            None if !proposed.redline.is_empty() => page.redline(indent, &proposed.redline),
            None if replacement.is_empty() => {
                page.line(Look::Plain, &format!("{indent}leaves the words out"));
            }
            None => {
                page.line(Look::Plain, &format!("{indent}proposes {}", shown(replacement)));
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
    let by = proposed.adoption.as_ref().map_or(String::new(), |a| format!(" by {}", a.adopted_by.as_str().to_uppercase()));
    Some(match proposed.state {
        State::Open => "open".to_owned(),
        State::Reanchored => "re-anchored".to_owned(),
        State::Overtaken => "overtaken".to_owned(),
        State::Adopted => format!("adopted{by}"),
        State::Alternative => format!("an alternative in the text{by}"),
        State::Withdrawn => return None,
    })
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
pub mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// An annotation as a server tells of it, with what `more` says.
    pub fn view(id: &str, party: &str, point: &str, more: Value) -> AnnotationView {
        let mut value = json!({
            "party": party, "layer": "public", "audience": "all", "label": "", "stretch": { "state": "whole" },
            "id": id, "point": point, "body": "", "at_ms": 0, "by": "m-1",
        });
        for (field, what) in more.as_object().expect("an object") {
            value[field] = what.clone();
        }
        serde_json::from_value(value).expect("an annotation")
    }

    /// A point at the top level without a heading.
    pub fn point(id: &str, label: &str, words: &str) -> Point {
        Point {
            id: id.parse().expect("an id"),
            label: label.into(),
            heading: String::new(),
            words: words.into(),
            parent: None,
            depth: 0,
            order: "80".into(),
            struck: false,
            schedule: Default::default(),
            adoptions: Default::default(),
        }
    }

    fn outline() -> Outline {
        let first =
            Point { heading: "Heavy\x1b[2J weapons".into(), ..point("p1", "3", "Each Party shall withdraw to [40][50] km.") };
        Outline { title: String::new(), points: vec![first, point("p2", "", "")], faults: Vec::new() }
    }

    /// The page, with times as `T`.
    fn shown(views: &[AnnotationView], hidden: usize) -> String {
        page(views, &outline(), hidden).show(false).replace(&when::local(0), "T")
    }

    #[test]
    fn annotations_stand_below_their_points_and_replies_below_what_they_reply_to() {
        let stands = json!({ "state": "stands", "range": { "start": 29, "end": 33 } });
        let changed = json!({ "state": "changed", "range": { "start": 29, "end": 33 } });
        let views = [
            view(
                "k1",
                "arv",
                "p1",
                json!({
                    "kind": "proposal", "replacement": "[45]", "stretch": changed, "quote": "[30]", "now": "[40]", "body": "A middle way.",
                    "proposed": { "state": "reanchored", "redline": [{ "same": "[" }, { "removed": "40" }, { "inserted": "45" }, { "same": "]" }] },
                }),
            ),
            view(
                "k2",
                "arv",
                "p1",
                json!({
                    "kind": "note", "stretch": stands, "quote": "[40]", "body": "Ours\n  k9  MED  note\x1b[1m", "layer": "fallback",
                    "audience": ["bor", "med"],
                }),
            ),
            view(
                "k4",
                "arv",
                "p1",
                json!({ "kind": "note", "body": "Indeed.", "reply_to": "k3", "layer": "private", "audience": "party" }),
            ),
            view("k3", "bor", "p1", json!({ "kind": "note", "body": "We can.", "reply_to": "k1", "resolved": true })),
            view(
                "k5",
                "cel",
                "p2",
                json!({
                    "kind": "position", "stance": "accept", "ad_referendum": true, "layer": "positions",
                    "words": { "digest": "82c353bc6de40ee34ab666fcc6b10425dafadc5d1a38f27360e2fa413c0d9e43", "json": "", "weave": "" },
                }),
            ),
            view("k6", "cel", "p9", json!({ "kind": "note", "stretch": { "state": "nopoint" }, "body": "Where is it?" })),
        ];
        let wanted = "\
3  Heavy\\u{1b}[2J weapons
    k1  ARV  proposal, re-anchored  public  T by m-1
        on \"[30]\"; there stands now \"[40]\"
        [[-40-]{+45+}]
        A middle way.
        k3  BOR  note, reply to k1, resolved  public  T by m-1
            We can.
            k4  ARV  note, reply to k3  private  T by m-1
                Indeed.
    k2  ARV  note  fallback (shared with bor and med)  T by m-1
        on \"[40]\"
        Ours
          k9  MED  note\\u{1b}[1m
(p2)
    k5  CEL  position: accepts, ad referendum  positions  T by m-1
        on the words 82c353bc6de4, which have changed since
points that are not in the plan
    k6  CEL  note  public  T by m-1
        on the point p9
        Where is it?
2 withdrawn or resolved are not shown: --all shows them";
        assert_eq!(shown(&views, 2), wanted);
        assert_eq!(shown(&[], 0), "no annotations that you may read");
    }

    #[test]
    fn what_became_of_a_proposal_is_said_with_its_words() {
        let proposed = |state: &str, adoption: Value| json!({ "state": state, "adoption": adoption });
        let adoption =
            |how: &str, after: &str| json!({ "how": how, "adopted_by": "med", "at_ms": 0, "before": "[30]", "after": after });
        let gone = json!({ "state": "gone", "at": 29 });
        let views = [
            view(
                "a1",
                "arv",
                "p1",
                json!({ "kind": "proposal", "replacement": "[45]", "proposed": proposed("adopted", adoption("adopted", "[45]")) }),
            ),
            view(
                "a2",
                "arv",
                "p1",
                json!({ "kind": "proposal", "replacement": "45", "proposed": proposed("alternative", adoption("alternative", "[45]")) }),
            ),
            view(
                "a3",
                "arv",
                "p1",
                json!({ "kind": "proposal", "replacement": "", "stretch": gone, "quote": "[30]", "proposed": proposed("overtaken", Value::Null) }),
            ),
            view(
                "a4",
                "arv",
                "p1",
                json!({ "kind": "proposal", "replacement": "x", "withdrawn": true, "proposed": proposed("withdrawn", Value::Null) }),
            ),
        ];
        let wanted = "\
3  Heavy\\u{1b}[2J weapons
    a1  ARV  proposal, adopted by MED  public  T by m-1
        [[-30-]{+45+}]
    a2  ARV  proposal, an alternative in the text by MED  public  T by m-1
        [30] beside [45]
    a3  ARV  proposal, overtaken  public  T by m-1
        on \"[30]\"; the words are gone; they stood after \"Each Party shall withdraw to \"
        leaves the words out
    a4  ARV  proposal, withdrawn  public  T by m-1
        proposes \"x\"";
        assert_eq!(shown(&views, 0), wanted);
    }

    #[test]
    fn replies_in_circles_are_shown_once_and_long_chains_stay_on_the_screen() {
        let reply = |id: String, to: String| view(&id, "arv", "p1", json!({ "kind": "note", "reply_to": to }));
        let circle = [reply("a".into(), "b".into()), reply("b".into(), "a".into()), reply("c".into(), "c".into())];
        let levels: Vec<_> = threaded(&circle).iter().map(|(level, view)| (*level, view.annotation.id.to_string())).collect();
        assert_eq!(levels, [(0, "a".into()), (1, "b".into()), (0, "c".into())]);
        let chain: Vec<_> = (0..5_000).map(|n| reply(format!("r{n}"), format!("r{}", n + 1))).collect();
        let order = threaded(&chain);
        assert_eq!(order.len(), 5_000);
        assert_eq!(order.iter().map(|(level, _)| *level).max(), Some(LEVELS_SHOWN));
    }

    #[test]
    fn no_text_of_an_annotation_steers_the_terminal_or_begins_a_line_at_the_edge() {
        let evil = "\x1b[2J\r\nplenary: done\u{202e}\u{2028}x";
        let changed = json!({ "state": "changed", "range": { "start": 0, "end": 1 } });
        let views = [
            view(
                "a1",
                "arv",
                "p1",
                json!({
                    "kind": "proposal", "replacement": evil, "body": evil, "quote": evil, "now": evil, "stretch": changed,
                    "proposed": { "state": "open", "redline": [{ "removed": evil }, { "inserted": evil }, { "same": evil }] },
                }),
            ),
            view(
                "a2",
                "arv",
                "p1",
                json!({ "kind": "proposal", "replacement": evil, "proposed": {
                "state": "alternative", "adoption": { "how": "alternative", "adopted_by": "med", "at_ms": 0, "before": evil, "after": evil } } }),
            ),
        ];
        for colours in [false, true] {
            let text = page(&views, &outline(), 0).show(colours);
            assert!(!text.contains("\x1b[2J") && !text.contains(['\u{202e}', '\u{2028}', '\r']), "{text:?}");
            assert!(text.lines().skip(1).all(|line| line.starts_with("    ")), "{text}");
        }
    }
}
