//! What parties note and propose at a point, as threads.

use std::collections::{BTreeMap, HashMap};

use super::{
    changes::{self, Inserted},
    sheet::{Kind, Line, Remark, Span, own, strong},
    text::{AROUND, cut, head, name, names, tail},
};
use crate::{
    id::{AnnotationId, PartyId},
    people::Audience,
    people::LayerKind,
    talk::{
        dossier::{Entered, Entry},
        layer::{Annotation, Position, Stance, What},
        proposal::{self, ProposalState},
    },
    text::{plan::Point, redline::Shares, stretch::Stretch},
};

/// Entries of one party that are printed at one point; the rest is counted. A point of a contested draft collects some dozens.
pub const ANNOTATIONS_SHOWN_MAX: usize = 200;
/// Characters of a quotation that are printed.
const QUOTE_CHARS_MAX: usize = 200;
/// How deep replies are shown below one another; what is deeper stands on this level.
const DEPTH_MAX: usize = 5;

/// Prints entries, point by point.
pub(super) struct Remarks<'a> {
    shares: Shares<'a>,
    /// How many that not all who see the plan may read were printed.
    pub confidential: usize,
}

impl<'a> Remarks<'a> {
    pub fn new(entries: &'a [Entry]) -> Self {
        Remarks { shares: Shares::among(entries.iter().map(|entry| &entry.party)), confidential: 0 }
    }

    /// The entries at one point, or at none that the plan shows.
    pub fn at(&mut self, point: Option<&'a Point>, entries: &[&'a Entry]) -> Vec<Remark<'a>> {
        let mut parties: BTreeMap<&PartyId, usize> = BTreeMap::new();
        let mut shown: Vec<&Entry> = Vec::new();
        for entry in entries.iter().filter(|entry| is_remark(entry)) {
            let count = parties.entry(&entry.party).or_default();
            *count += 1;
            if *count <= ANNOTATIONS_SHOWN_MAX {
                shown.push(entry);
            }
        }
        let mut remarks = Vec::with_capacity(shown.len());
        for (entry, depth) in threads(&shown) {
            self.confidential += usize::from(entry.audience != Audience::All);
            let lines = self.lines(entry, point, depth > 0);
            remarks.push(Remark { depth, kind: Kind::Entry, lines });
        }
        for (party, count) in parties.into_iter().filter(|(_, count)| *count > ANNOTATIONS_SHOWN_MAX) {
            let line = vec![own(format!("and {} more of ", count - ANNOTATIONS_SHOWN_MAX)), strong(name(party))];
            remarks.push(Remark { depth: 0, kind: Kind::Rest, lines: vec![line] });
        }
        remarks
    }

    fn lines(&mut self, entry: &'a Entry, point: Option<&'a Point>, threaded: bool) -> Vec<Line<'a>> {
        let annotation = &entry.annotation;
        let mut head = vec![strong(name(&entry.party))];
        let what = std::iter::once(kind(annotation, threaded)).chain(audience(&entry.audience)).chain(fate(entry, point));
        head.extend(what.map(|what| own(format!(" · {what}"))));
        let stands = matches!(entry.stretch, Stretch::Stands { .. });
        if !(stands && matches!(annotation.what, What::Proposal { .. })) {
            head.extend(place(entry, point));
        }
        let mut lines = vec![head];
        if let What::Proposal { replacement } = &annotation.what {
            lines.push(self.proposed(entry, point, replacement));
        }
        if !annotation.body.trim().is_empty() {
            lines.push(vec![Span::Text(annotation.body.as_str().into())]);
        }
        lines
    }

    /// What a proposal changes: of the words as they are, or, where it was put in or they are gone, of those that it was made for.
    fn proposed(&mut self, entry: &'a Entry, point: Option<&'a Point>, replacement: &str) -> Line<'a> {
        let (party, annotation) = (&entry.party, &entry.annotation);
        let (state, today) = (entry.became.unwrap_or(ProposalState::Overtaken), proposal::today(&entry.stretch, point));
        let range = point.and_then(|point| entry.stretch.range(&point.words));
        match (state, point, today, range) {
            (ProposalState::Alternative, ..) => vec![Span::Inserted(replacement.to_owned().into())],
            (
                ProposalState::Open | ProposalState::Reanchored | ProposalState::Withdrawn,
                Some(point),
                Some(today),
                Some(range),
            ) => {
                // No more of the words around than is printed: others may stand on the same long words.
                let before = tail(point.words.get(..range.start).unwrap_or_default(), 2 * AROUND);
                let behind = head(point.words.get(range.end..).unwrap_or_default(), 2 * AROUND);
                changes::line(before, changes::between(&mut self.shares, party, today, replacement), behind, Inserted::Proposed)
            }
            _ => changes::line(
                "",
                changes::between(&mut self.shares, party, &annotation.quote, replacement),
                "",
                Inserted::Proposed,
            ),
        }
    }
}

/// Whether it is printed by itself: positions that count show in the standing and behind brackets, unless there is more to be said.
fn is_remark(entry: &Entry) -> bool {
    let What::Position(position) = &entry.annotation.what else { return true };
    let counts = entry.layer.kind() == LayerKind::Positions;
    let shows = position.words.is_some() || (entry.annotation.body.trim().is_empty() && entry.stretch.range("").is_some());
    !(counts && (shows || entry.annotation.withdrawn))
}

/// Each entry with its depth, replies behind what they reply to. What replies to something that is not among them, or to several things of
/// one id, stands by itself.
fn threads<'a>(entries: &[&'a Entry]) -> Vec<(&'a Entry, usize)> {
    let mut index: HashMap<&AnnotationId, Option<usize>> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        index.entry(&entry.annotation.id).and_modify(|at| *at = None).or_insert(Some(at));
    }
    let (mut tops, mut below) = (Vec::new(), vec![Vec::new(); entries.len()]);
    for (at, entry) in entries.iter().enumerate() {
        match entry.annotation.reply_to.as_ref().and_then(|to| index.get(to).copied().flatten()) {
            Some(to) if to != at => below[to].push(at),
            _ => tops.push(at),
        }
    }
    let mut shown = vec![false; entries.len()];
    let mut order = Vec::with_capacity(entries.len());
    // Entries that reply to one another in a circle hang on no top: each that is left over is one.
    for top in tops.into_iter().chain(0..entries.len()) {
        let mut stack = vec![(top, 0)];
        while let Some((at, depth)) = stack.pop() {
            if std::mem::replace(&mut shown[at], true) {
                continue;
            }
            order.push((entries[at], depth));
            stack.extend(below[at].iter().rev().map(|reply| (*reply, (depth + 1).min(DEPTH_MAX))));
        }
    }
    order
}

fn kind(annotation: &Annotation, threaded: bool) -> String {
    match &annotation.what {
        What::Note if threaded => "reply".to_owned(),
        What::Note if annotation.reply_to.is_some() => "reply to an entry that is not shown here".to_owned(),
        What::Note => "note".to_owned(),
        What::Proposal { .. } => "proposal".to_owned(),
        What::Position(position) => stance(position),
    }
}

fn stance(position: &Position) -> String {
    let on_bracket = position.words.is_none();
    let stance = match position.stance {
        Stance::Accept if on_bracket => "support",
        Stance::Accept => "acceptance",
        Stance::Reserve => "reservation",
        Stance::Oppose => "opposition",
    };
    format!("{stance}{}", if position.ad_referendum { " (ad referendum)" } else { "" })
}

/// Who reads it, where that is not everybody.
fn audience(audience: &Audience) -> Option<String> {
    match audience {
        Audience::All => None,
        Audience::Parties(parties) if !parties.is_empty() => Some(format!("shared with {}", names(parties))),
        Audience::Party | Audience::Parties(_) => Some("private".to_owned()),
    }
}

/// What became of it.
fn fate(entry: &Entry, point: Option<&Point>) -> Vec<String> {
    let annotation = &entry.annotation;
    let adoption = proposal::claim(annotation, &entry.party, point);
    let by = adoption.map(|adoption| name(&adoption.adopted_by));
    let mut fate: Vec<String> = entry.entered.iter().map(Entered::said).collect();
    match (entry.became, by) {
        (Some(ProposalState::Adopted), by) => fate.push(format!("put into the text by {}", by.unwrap_or_default())),
        (Some(ProposalState::Alternative), by) => fate.push(format!("put in as an alternative by {}", by.unwrap_or_default())),
        (Some(state), by) => {
            fate.extend((state == ProposalState::Overtaken).then(|| "overtaken".to_owned()));
            fate.extend(by.map(|by| format!("put in by {by}, as the plan claims")));
        }
        (None, _) => {}
    }
    let drafted = matches!(annotation.what, What::Position(_)) && entry.layer.kind() != LayerKind::Positions;
    for (is, word) in [(drafted, "not taken yet"), (annotation.withdrawn, "withdrawn"), (annotation.resolved, "resolved")] {
        if is {
            fate.push(word.to_owned());
        }
    }
    fate
}

/// The words that it stands on.
fn place<'a>(entry: &'a Entry, point: Option<&'a Point>) -> Line<'a> {
    let words = point.map_or("", |point| point.words.as_str());
    let quote = || quoted(&entry.annotation.quote);
    match &entry.stretch {
        Stretch::Whole => Vec::new(),
        Stretch::NoPoint if entry.annotation.anchor.is_none() => Vec::new(),
        Stretch::Stands { .. } | Stretch::NoPoint => vec![own(" · on "), quote()],
        Stretch::Changed { range } => {
            let now = words.get(range.clone()).unwrap_or_default();
            vec![own(" · on "), quoted(now), own(", which read "), quote()]
        }
        Stretch::Moved { .. } => vec![own(" · on "), quote(), own(", which stood elsewhere")],
        Stretch::Gone { at } => {
            let before = words.get(..*at).unwrap_or_default().trim();
            let mut place = vec![own(" · on "), quote()];
            if before.is_empty() {
                place.push(own(", gone from the beginning"));
            } else {
                place.extend([own(", gone from behind "), quoted(tail(before, AROUND).trim())]);
            }
            place
        }
        Stretch::Lost => vec![own(" · on "), quote(), own(", gone")],
    }
}

/// A quotation that cannot end itself and go on in our name.
fn quoted(text: &str) -> Span<'static> {
    Span::Quote(cut(text, QUOTE_CHARS_MAX).replace(['“', '”'], "\"").into())
}
