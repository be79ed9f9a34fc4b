//! What was edited apart: edits that did not know of each other, one's own on one side and others' on the other.
//!
//! Two edits did not know of each other if the later in the log was made by somebody who had not seen the earlier. A record that
//! was made live has seen all before it, one that was made offline says how far it had seen ([`Record::seen`]), and an edit that waits
//! here comes after all. So both sides learn of it: who comes back last, and who had sent before.

use plenary_shared::{
    api::PlanContext,
    history::{Heard, Replay, Touches},
    id::{POSITIONS, PartyId},
    layer::{Annotation, Layer},
    merge::{self, Lapsed, MergedTitle},
    plan::{Change, Outline, changes},
    record::Record,
    standing::Stand,
};
use yrs::{Transact as _, Update};

use super::{
    pull::{Told, outline},
    waits,
};
use crate::{
    error::CliError,
    folder::{
        Folder,
        merged::{Merged, Other},
        own::Body,
        text::Text,
    },
    guard::{self, decode},
    log_source::{apply, guarded},
    when,
};

/// What a page of the log brought.
#[derive(Default)]
pub struct Found {
    /// What others changed, and who did.
    pub theirs: Vec<(Change, Vec<Heard>)>,
    /// Points that both sides changed.
    pub merged: Vec<Merged>,
    /// The title, if both sides did.
    pub title: Option<MergedTitle>,
}

/// An edit of one's own: where in the log it stands, how much of the log it had seen, and its updates of the text.
struct Mine {
    seq: u64,
    seen: u64,
    update: Vec<u8>,
}

impl Mine {
    fn knew_not(&self, other: &Told) -> bool {
        let (seq, _, record) = other;
        if *seq < self.seq { self.seen < *seq } else { seen(*seq, record) < self.seq }
    }
}

fn seen(seq: u64, record: &Record) -> u64 {
    record.seen.unwrap_or(seq - 1).min(seq - 1)
}

/// Looks at a page of records that follow on `text`. The folder must be locked.
pub fn find(folder: &Folder, context: &PlanContext, text: &Text, page: &[Told]) -> Result<Found, CliError> {
    let me = &folder.info.member;
    let fresh = page.iter().filter(|(seq, refused, _)| *seq > text.seq && !refused);
    let (own, others): (Vec<&Told>, Vec<&Told>) = fresh.partition(|(_, _, record)| record.author.member == *me);
    if others.is_empty() {
        return Ok(Found::default());
    }
    let state = text.state();
    let (alone, touches) = replay(&state, &others)?;
    let mut found = Found::default();
    for change in changes(&outline(text.doc()), &alone) {
        let by = touches.of(&change.point).to_vec();
        found.theirs.push((change, by));
    }

    let waiting = waiting(folder)?;
    let mine = mine(folder, text, &own, &others, &waiting)?;
    let mut mine: Vec<&Mine> = mine.iter().chain(&waiting).collect();
    mine.retain(|mine| others.iter().any(|other| mine.knew_not(other)));
    let apart: Vec<&Told> = others.iter().copied().filter(|other| mine.iter().any(|mine| mine.knew_not(other))).collect();
    if apart.is_empty() {
        return Ok(found);
    }
    let is_mine = |seq: u64| mine.iter().any(|mine| mine.seq == seq);
    let is_apart = |seq: u64| apart.iter().any(|(other, ..)| *other == seq);
    // What both sides knew: all but what was edited apart.
    let mut base = Vec::new();
    if mine.iter().any(|mine| mine.seq <= text.seq) {
        let log = Text::records(folder.dir(), 0)?;
        let known = log.iter().filter(|(seq, refused, _)| *seq <= text.seq && !refused && !is_mine(*seq));
        base = known.map(|(_, _, record)| decode(&record.update)).collect::<Result<_, _>>()?;
    } else {
        base.push(decode(&state)?);
    }
    let known = own.iter().chain(&others).filter(|(seq, ..)| !is_mine(*seq) && !is_apart(*seq));
    for (_, _, record) in known {
        base.push(decode(&record.update)?);
    }
    let base = guard::document(base)?;
    let base_state = guard::state(&base);
    let with = |updates: &mut dyn Iterator<Item = &[u8]>| -> Result<Outline, CliError> {
        let mut all = vec![decode(&base_state)?];
        for update in updates {
            all.push(decode(update)?);
        }
        Ok(outline(&guard::document(all)?))
    };
    let my_updates = || mine.iter().map(|mine| mine.update.as_slice());
    let their_updates = || apart.iter().map(|(_, _, record)| &record.update[..]);
    let (base, mine, theirs) = (outline(&base), with(&mut my_updates())?, with(&mut their_updates())?);
    let mut all = my_updates().chain(their_updates()).chain(waiting.iter().map(|waiting| waiting.update.as_slice()));
    let result = with(&mut all)?;
    let merge = merge::merge(&base, &mine, &theirs, &result);
    let lapsed = if merge.merged.is_empty() {
        Vec::new()
    } else {
        let positions = positions(folder, context)?;
        let stands: Vec<Stand> = positions.iter().map(|(party, annotation)| Stand { party, annotation }).collect();
        merge::lapsed(&merge, [&base, &mine, &theirs, &result], &stands)
    };
    let above = |lapsed: &Lapsed, point: &plenary_shared::id::PointId| is_at_or_above(&result, &lapsed.point, point);
    let now = when::now_ms();
    found.merged = merge
        .merged
        .into_iter()
        .map(|merge| {
            let others = touches.of(&Some(merge.point.clone())).iter();
            let others = others.map(|heard| Other { party: heard.party.clone(), at_ms: heard.at_ms }).collect();
            let lapsed = lapsed.iter().filter(|lapsed| above(lapsed, &merge.point)).cloned().collect();
            Merged { merge, others, lapsed, at_ms: now }
        })
        .collect();
    found.title = merge.title;
    Ok(found)
}

fn is_at_or_above(outline: &Outline, above: &plenary_shared::id::PointId, point: &plenary_shared::id::PointId) -> bool {
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
fn waiting(folder: &Folder) -> Result<Vec<Mine>, CliError> {
    let own = folder.own()?;
    let mut waiting = Vec::new();
    for edit in own.edits.iter().filter(|edit| waits(&edit.fate)) {
        let body = edit.body(&folder.cipher)?;
        let updates = body.parts.into_iter().filter(|(layer, _)| layer.is_none());
        waiting.extend(updates.map(|(_, update)| Mine { seq: u64::MAX, seen: edit.seen, update: update.to_vec() }));
    }
    Ok(waiting)
}

/// One's own records that somebody who wrote one of `others` may not have seen, from this replica or another.
fn mine(folder: &Folder, text: &Text, own: &[&Told], others: &[&Told], waiting: &[Mine]) -> Result<Vec<Mine>, CliError> {
    let as_mine = |(seq, _, record): &Told| Mine { seq: *seq, seen: seen(*seq, record), update: record.update.to_vec() };
    let mut mine: Vec<Mine> = own.iter().copied().map(as_mine).collect();
    let unseen = others.iter().map(|(seq, _, record)| seen(*seq, record)).min().unwrap_or(text.seq);
    if unseen < text.seq {
        let log = Text::records(folder.dir(), unseen)?;
        let earlier = log
            .iter()
            .filter(|(seq, refused, record)| *seq <= text.seq && !refused && record.author.member == folder.info.member);
        mine.extend(earlier.map(as_mine));
    }
    // One that was sent and whose answer was lost waits here still.
    mine.retain(|mine| !waiting.iter().any(|waiting| waiting.update == mine.update));
    Ok(mine)
}

/// The text after these records, and who touched which point in them.
fn replay(state: &[u8], records: &[&Told]) -> Result<(Outline, Touches), CliError> {
    let mut replay = guarded(|| Replay::from_state(0, state))?;
    let mut touches = Touches::default();
    for (seq, _, record) in records {
        touches.note(record, &apply(&mut replay, *seq, record)?);
    }
    Ok((replay.outline(), touches))
}

/// The entries of all layers of positions.
fn positions(folder: &Folder, context: &PlanContext) -> Result<Vec<(PartyId, Annotation)>, CliError> {
    let mut positions = Vec::new();
    for layer in context.layers.iter().filter(|layer| layer.layer.as_str() == POSITIONS) {
        let Some(copy) = folder.layer(layer)?.filter(|copy| !copy.state.is_empty()) else { continue };
        let doc = guard::document([decode(&copy.state)?])?;
        let entries = Layer::read(&doc.transact()).annotations;
        positions.extend(entries.into_iter().map(|entry| (layer.party.clone(), entry)));
    }
    Ok(positions)
}

/// The update of the text that an edit holds.
pub fn text_of(body: &Body) -> Result<Option<Update>, CliError> {
    body.parts.iter().find(|(layer, _)| layer.is_none()).map(|(_, update)| decode(update)).transpose()
}
