//! What was edited apart: edits that did not know of each other, one's own on one side and others' on the other.
//!
//! Two edits did not know of each other if the later in the log was made by somebody who had not seen the earlier. A record that
//! was made live has seen all before it, one that was made offline says how far it had seen ([`Record::seen`]), and an edit that waits
//! here comes after all. So both sides learn of it: who comes back last, who had sent before, and whoever works on two replicas.
//!
//! **Which points.** Those that two such edits touched both. Beside them those that follow from the two sides as wholes: what
//! one struck and the other changed below, and new faults ([`merge`]).

use plenary_shared::{
    id::{MemberId, PartyId, PointId},
    log::record::{Moment, Provenance, Record, RecordKind, Right},
    people::{LayerKind, Member},
    talk::{
        layer::{Annotation, Layer},
        merge::{self, Lapsed, Merge, MergedPoint},
        standing::Stand,
    },
    text::{
        history::{Heard, Replay, Touches},
        plan::{Change, Outline, changes},
    },
    wire::sync::PlanContext,
};
use std::collections::{BTreeMap, BTreeSet};
use yrs::ReadTxn as _;

use super::told::Told;
use crate::{
    error::CliError,
    fold,
    folder::{
        Folder,
        merged::{Merged, Other},
        text::Text,
    },
    when,
};

/// What a page of the log brought.
#[derive(Default)]
pub struct Found {
    /// What others changed, and who did.
    pub theirs: Vec<(Change, Vec<Heard>)>,
    /// Points that both sides changed.
    pub merged: Vec<Merged>,
}

/// An edit of the text, one's own or another's.
struct Edit {
    /// Its place in the log; beyond all others where it waits.
    seq: u64,
    /// The last record that its author had.
    seen: u64,
    /// By this replica's member.
    is_mine: bool,
    /// It is in the page, or waits.
    is_new: bool,
    record: Record,
    points: BTreeSet<PointId>,
}

impl Edit {
    /// Whether it is somebody's, and not what puts the sides together.
    fn is_a_sides(&self) -> bool {
        !matches!(self.record.kind, RecordKind::Bracketing(_))
    }

    fn of(told: &Told, me: &MemberId, is_new: bool) -> Self {
        let (seq, _, record) = told;
        let seen = record.seen.min(seq - 1);
        let is_mine = record.author.member == *me;
        Edit { seq: *seq, seen, is_mine, is_new, record: record.clone(), points: BTreeSet::new() }
    }

    /// Whether neither knew of the other, and that is news.
    fn is_apart_from(&self, other: &Edit) -> bool {
        let (first, later) = if self.seq < other.seq { (self, other) } else { (other, self) };
        later.seen < first.seq && (self.is_new || other.is_new)
    }
}

/// Looks at a page of records that follow on `text`. The folder must be locked.
pub fn find(folder: &Folder, context: &PlanContext, text: &Text, page: &[Told]) -> Result<Found, CliError> {
    let me = &folder.info.member;
    let changes = |(_, refused, record): &&Told| !refused && record.change().is_some();
    let fresh: Vec<&Told> = page.iter().filter(|(seq, ..)| *seq > text.seq).filter(changes).collect();
    let state = text.state()?;
    let mut found = Found { theirs: theirs(text, &state, &fresh, me)?, merged: Vec::new() };

    let mut edits: Vec<Edit> = fresh.iter().map(|told| Edit::of(told, me, true)).collect();
    // The part of the log that somebody who wrote in the page had not seen.
    let from = edits.iter().map(|edit| edit.seen).min().unwrap_or(text.seq).min(text.seq);
    let log = if from < text.seq { Text::records(folder.dir(), &folder.info.text(), 0)? } else { Vec::new() };
    let known = log.iter().filter(|(seq, ..)| *seq <= text.seq).filter(changes);
    edits.extend(known.clone().filter(|(seq, ..)| *seq > from).map(|told| Edit::of(told, me, false)));
    edits.sort_by_key(|edit| edit.seq);
    let base = if from < text.seq {
        let mut earlier = fold::empty()?;
        for (_, _, record) in known.filter(|(seq, ..)| *seq <= from) {
            earlier.take(record)?;
        }
        earlier.state()?
    } else {
        state
    };
    // One whose answer was lost waits here still, and is in the log.
    let waiting = waiting(folder, &context.member)?
        .into_iter()
        .filter(|one| !edits.iter().any(|edit| edit.record.update == one.record.update));
    let waiting: Vec<Edit> = waiting.collect();
    edits.extend(waiting);

    let mut replay = Replay::from_state(from, &base)?;
    let mut touches = Touches::default();
    for edit in &mut edits {
        let waits = edit.seq == u64::MAX;
        let touched = if waits { replay.lay(edit.seq, &edit.record)? } else { replay.apply(edit.seq, &edit.record)? };
        if !edit.is_mine && edit.is_a_sides() {
            touches.note(&edit.record, &touched);
        }
        edit.points = touched.points;
    }
    let (mine, others): (Vec<&Edit>, Vec<&Edit>) = edits.iter().filter(|edit| edit.is_a_sides()).partition(|edit| edit.is_mine);
    let is_one_sided = |edit: &Edit| !if edit.is_mine { &others } else { &mine }.iter().any(|other| edit.is_apart_from(other));
    if mine.iter().all(|edit| is_one_sided(edit)) {
        return Ok(found);
    }
    let sides = Sides::of(&base, &edits, is_one_sided, replay.outline()?)?;
    let merge = sides.merge(&touched_by_both(&mine, &others));
    let lapsed = if merge.merged.is_empty() {
        Vec::new()
    } else {
        let positions = positions(folder, context)?;
        let stands: Vec<Stand> = positions.iter().map(|(party, annotation)| Stand { party, annotation }).collect();
        merge::lapsed(&merge, [&sides.base, &sides.mine, &sides.theirs, &sides.result], &stands)
    };
    found.merged = merge.merged.into_iter().map(|merge| sides.merged(merge, &touches, &lapsed)).collect();
    Ok(found)
}

/// What others changed in the page, and who did.
fn theirs(text: &Text, state: &[u8], page: &[&Told], me: &MemberId) -> Result<Vec<(Change, Vec<Heard>)>, CliError> {
    if page.iter().all(|(_, _, record)| record.author.member == *me) {
        return Ok(Vec::new());
    }
    // With one's own records in it, since others may go on from those; what only they changed has no other author.
    let mut replay = Replay::from_state(text.seq, state)?;
    let mut touches = Touches::default();
    for (seq, _, record) in page {
        let touched = replay.apply(*seq, record)?;
        if record.author.member != *me && !record.author.is_engine() {
            touches.note(record, &touched);
        }
    }
    let all = changes(&text.look(|txn| Outline::read(txn))?, &replay.outline()?).into_iter();
    let by = all.map(|change| (touches.of(&change.point).to_vec(), change));
    Ok(by.filter(|(by, _)| !by.is_empty()).map(|(by, change)| (change, by)).collect())
}

/// The points that an edit of one's own and another's touched which did not know of each other.
fn touched_by_both<'a>(mine: &[&'a Edit], others: &[&'a Edit]) -> BTreeSet<&'a PointId> {
    let mut by_point: BTreeMap<&PointId, (Vec<&Edit>, Vec<&Edit>)> = BTreeMap::new();
    for edit in mine {
        edit.points.iter().for_each(|point| by_point.entry(point).or_default().0.push(edit));
    }
    for edit in others {
        edit.points.iter().for_each(|point| by_point.entry(point).or_default().1.push(edit));
    }
    let both = by_point
        .into_iter()
        .filter(|(_, (mine, others))| mine.iter().any(|mine| others.iter().any(|other| mine.is_apart_from(other))));
    both.map(|(point, _)| point).collect()
}

/// The plan as both knew it, as each left it, and as it is.
struct Sides {
    base: Outline,
    mine: Outline,
    theirs: Outline,
    result: Outline,
    /// Each side can be told by itself: nothing in it builds on what only the other did.
    is_whole: bool,
}

impl Sides {
    fn of(base: &[u8], edits: &[Edit], known_to_both: impl Fn(&Edit) -> bool, result: Outline) -> Result<Self, CliError> {
        let known: Vec<bool> = edits.iter().map(known_to_both).collect();
        let state = |wanted: &dyn Fn(&Edit) -> bool| -> Result<(Outline, bool), CliError> {
            let side = edits.iter().zip(&known).filter(|(edit, known)| edit.is_a_sides() && (**known || wanted(edit)));
            let mut side = fold::laid(base, side.filter_map(|(edit, _)| edit.record.change()).map(|update| &update[..]))?;
            Ok(side.look(|txn| (Outline::read(txn), !txn.has_missing_updates()))?)
        };
        let (base, first) = state(&|_| false)?;
        let (mine, second) = state(&|edit| edit.is_mine)?;
        let (theirs, third) = state(&|edit| !edit.is_mine)?;
        Ok(Sides { base, mine, theirs, result, is_whole: first && second && third })
    }

    /// The merge of the sides, in which the points are merged that both sides touched, whatever is left to see of that.
    fn merge(&self, both: &BTreeSet<&PointId>) -> Merge {
        let mut merge = merge::merge_touched(&self.base, &self.mine, &self.theirs, &self.result, both);
        if !self.is_whole {
            merge.merged.retain(|merged| both.contains(&merged.point));
        }
        merge
    }

    /// A merged point as it is kept: with who else changed it, and the positions that lapsed by it.
    fn merged(&self, merge: MergedPoint, touches: &Touches, lapsed: &[Lapsed]) -> Merged {
        let others = touches.of(&Some(merge.point.clone())).iter();
        let others = others.map(|heard| Other { party: heard.party.clone(), at_ms: heard.at_ms }).collect();
        let above = |point: &PointId| is_at_or_above(&self.result, point, &merge.point);
        let lapsed = lapsed.iter().filter(|lapsed| above(&lapsed.point)).cloned().collect();
        Merged { merge, others, lapsed, at_ms: when::now_ms() }
    }
}

fn is_at_or_above(outline: &Outline, above: &PointId, point: &PointId) -> bool {
    let mut here = Some(point);
    while let Some(id) = here {
        if id == above {
            return true;
        }
        here = outline.get(id).and_then(|point| point.parent.as_ref());
    }
    false
}

/// One's own edits that wait: they come after everything.
fn waiting(folder: &Folder, me: &Member) -> Result<Vec<Edit>, CliError> {
    let own = folder.own()?;
    let mut waiting = Vec::new();
    for edit in own.edits.iter().filter(|edit| edit.waits()) {
        let body = edit.body(&folder.cipher)?;
        for (_, update) in body.parts.into_iter().filter(|(layer, _)| layer.is_none()) {
            let by = Provenance { seen: Some(edit.seen), ..Provenance::live(me.author(), Right::Draft) };
            let at = Moment { at_ms: edit.at_ms, clock_corrected: false };
            let record = by.record(u64::MAX, at, update);
            waiting.push(Edit { seq: u64::MAX, seen: edit.seen, is_mine: true, is_new: true, record, points: BTreeSet::new() });
        }
    }
    Ok(waiting)
}

/// The entries of all layers of positions, one's own as they are shown here.
fn positions(folder: &Folder, context: &PlanContext) -> Result<Vec<(PartyId, Annotation)>, CliError> {
    let own = folder.own()?;
    let mut positions = Vec::new();
    for layer in context.layers.iter().filter(|layer| layer.layer.kind() == LayerKind::Positions) {
        let copy = folder.layer(layer)?;
        let mut parts = Vec::new();
        for edit in own.edits.iter().filter(|edit| layer.party == context.member.party && edit.is_shown()) {
            let body = edit.body(&folder.cipher)?.parts.into_iter();
            parts.extend(body.filter(|(of, _)| of.as_ref() == Some(&layer.layer)).map(|(_, update)| update));
        }
        let state = copy.as_ref().map_or(&[][..], |copy| &copy.state);
        let mut shown = fold::laid(state, parts.iter().map(|update| &update[..]))?;
        let entries = shown.look(|txn| Layer::read(txn))?.annotations;
        positions.extend(entries.into_iter().map(|entry| (layer.party.clone(), entry)));
    }
    Ok(positions)
}
