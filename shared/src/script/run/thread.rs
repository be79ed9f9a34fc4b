//! What becomes of annotations once they are written: settled, open again, taken back, tabled.

use std::collections::BTreeSet;

use super::{
    annotate::{entry_done, on_stretch, stands},
    bench::{Bench, Marking},
    position::live_on,
};
use crate::{
    id::{self, AnnotationId, LayerId},
    people,
    script::{
        Done, Mark, Marked, Moved, Table, TabledDone, Withdraw,
        error::{Advice, Refusal},
        readers::{reaches, read_by},
        stretch::{find_bracket, name},
    },
    talk::layer::{self, Annotation, Layer, What},
    text::say::inline,
};

type Made = Result<Done, Refusal>;

pub fn settle(bench: &mut Bench, id: &AnnotationId, resolved: bool) -> Made {
    let found = bench.own_with(id);
    if found.is_empty() {
        return Err(not_own("id", id));
    }
    mark(bench, &found, std::slice::from_ref(id), if resolved { Mark::Resolved } else { Mark::Open })
}

/// Marks entries of one point wherever in one's own layers they stand.
pub fn mark(bench: &mut Bench, found: &[usize], ids: &[AnnotationId], mark: Mark) -> Made {
    let marking = match mark {
        Mark::Withdrawn => Marking::Withdrawn,
        Mark::Resolved | Mark::Open => Marking::Resolved(mark == Mark::Resolved),
    };
    let mut changed = false;
    for at in found {
        let layer = bench.sheets[*at].layer;
        bench.writable("", &layer.layer)?;
        for id in ids {
            changed |= bench.sheets[*at].mark(id, marking)?;
        }
    }
    // While an entry is being tabled it stands in two layers: who reads the wider one reads it.
    let wider = |wide: usize, next: usize| if reaches(bench.sheets[next].layer, bench.sheets[wide].layer) { next } else { wide };
    let widest = found.iter().copied().reduce(wider).unwrap_or_default();
    let entries = bench.sheets[widest].entries();
    let marked: Vec<Annotation> = ids.iter().filter_map(|id| entries.get(id)).cloned().collect();
    let entries = marked.iter().map(|entry| entry_done(bench, entry)).collect();
    Ok(Done::Marked(Marked { entries, stands: stands(bench, widest), mark, changed }))
}

/// Takes entries back. An id goes before a label: what others call their points must not stand in the way of taking back an entry.
pub fn withdraw(bench: &mut Bench, edit: &Withdraw) -> Made {
    let on_bracket = edit.quote.is_some() || edit.bracket.is_some();
    let id = edit.what.parse::<AnnotationId>().ok().filter(|_| !on_bracket);
    if let Some(id) = id {
        let found = bench.own_with(&id);
        if !found.is_empty() {
            return mark(bench, &found, &[id], Mark::Withdrawn);
        }
    }
    let point = bench.point("what", &edit.what)?;
    let bracket = find_bracket(&point, edit.quote.as_deref(), edit.bracket)?;
    let mut like = bench.new_entry(&point.id, What::Note);
    on_stretch(bench, &mut like, &point, bracket)?;
    let sheet = bench.writable("what", &LayerId::built_in(id::POSITIONS))?;
    let ids = live_on(&bench.text, &point, &like, bench.sheets[sheet].entries());
    if ids.is_empty() {
        let on = if on_bracket { "that bracket of " } else { "" };
        let message = format!("{} has no position on {on}{} to withdraw", bench.member.party, inline(name(&point)));
        return Err(Refusal::not_found("what", "no position of your party", "a position to withdraw").says(message));
    }
    mark(bench, &[sheet], &ids, Mark::Withdrawn)
}

fn not_own(field: &'static str, id: &AnnotationId) -> Refusal {
    let message = format!("your party has no annotation {id}");
    Refusal::not_found(field, id.to_string(), "an annotation of your party").says(message).advise(Advice::ListOwnAnnotations)
}

/// Moves entries into a wider layer. Everything is checked before anything is written.
pub fn table(bench: &mut Bench, edit: &Table) -> Made {
    let ids = &edit.ids;
    if ids.is_empty() {
        return Err(Refusal::usage("ids", "none", "at least one annotation"));
    }
    let to = match &edit.to {
        Some(to) => to.clone(),
        None => default_target(bench, ids)?,
    };
    let to = bench.writable("to", &to)?;
    let target = bench.sheets[to].layer;
    let mut sources = Vec::new();
    for at in (0..bench.own()).filter(|at| *at != to) {
        if ids.iter().any(|id| bench.sheets[at].entries().get(id).is_some()) {
            let layer = bench.sheets[at].layer;
            bench.writable("ids", &layer.layer)?;
            if !reaches(target, layer) {
                return Err(narrower(layer, target));
            }
            sources.push(at);
        }
    }
    let drafts = drafts(bench, &sources, ids);
    let shown = shown_beside(bench, to, &drafts, ids);
    let there = bench.sheets[to].entries();
    let tabled = layer::table(&drafts, there, ids, bench.now_ms, |id| shown.contains(id)).map_err(Refusal::tabling)?;
    let superseded = superseded(bench, to, &tabled.put);
    let mut changed = !tabled.put.is_empty();
    for entry in &tabled.put {
        bench.sheets[to].put(entry)?;
    }
    for id in &superseded {
        changed |= bench.sheets[to].mark(id, Marking::Withdrawn)?;
    }
    let from = |bench: &mut Bench, id: &AnnotationId| {
        sources.iter().find(|at| bench.sheets[**at].entries().get(id).is_some()).map(|at| bench.sheets[*at].layer.layer.clone())
    };
    let mut seen = BTreeSet::new();
    let mut entries = Vec::new();
    for id in ids.iter().filter(|id| seen.insert(*id)) {
        let from = from(bench, id);
        if let Some(entry) = bench.sheets[to].entries().get(id).cloned() {
            entries.push(Moved { entry: entry_done(bench, &entry), from });
        }
    }
    for at in &sources {
        for id in &tabled.remove {
            changed |= bench.sheets[*at].remove(id);
        }
    }
    Ok(Done::Tabled(TabledDone { entries, stands: stands(bench, to), superseded, changed }))
}

/// Where entries go unless a layer is named. They go together or not at all, so it must be one.
fn default_target(bench: &mut Bench, ids: &[AnnotationId]) -> Result<LayerId, Refusal> {
    let mut positions = 0;
    for id in ids {
        let found = bench.own_with(id).first().and_then(|at| bench.sheets[*at].entries().get(id));
        let entry = found.ok_or_else(|| not_own("ids", id))?;
        positions += usize::from(matches!(entry.what, What::Position(_)));
    }
    match positions {
        0 => Ok(LayerId::built_in(id::PUBLIC)),
        n if n == ids.len() => Ok(LayerId::built_in(id::POSITIONS)),
        _ => {
            let message = "positions are tabled in the layer positions and all else in public: table them one after the other";
            Err(Refusal::refused("ids", "positions and others", "positions alone, or none, or a layer in `to`")
                .says(message)
                .advise(Advice::NameLayer))
        }
    }
}

fn narrower(from: &people::Layer, to: &people::Layer) -> Refusal {
    let message =
        format!("table goes to wider layers: {}, but {}", read_by(from, from.layer.as_str()), read_by(to, to.layer.as_str()));
    Refusal::refused("to", to.layer.to_string(), format!("a layer that all read who read {}", from.layer)).says(message)
}

/// What is to be tabled, as it stands in its layers.
fn drafts(bench: &mut Bench, sources: &[usize], ids: &[AnnotationId]) -> Layer {
    let mut drafts = Layer::default();
    for at in sources {
        let entries = bench.sheets[*at].entries();
        drafts.annotations.extend(entries.annotations.iter().filter(|entry| ids.contains(&entry.id)).cloned());
    }
    drafts
}

/// What the entries reply to, as far as all who read the target find it in another layer.
fn shown_beside(bench: &mut Bench, to: usize, drafts: &Layer, ids: &[AnnotationId]) -> BTreeSet<AnnotationId> {
    let target = bench.sheets[to].layer;
    let parents: BTreeSet<&AnnotationId> = drafts.annotations.iter().filter_map(|draft| draft.reply_to.as_ref()).collect();
    let mut shown = BTreeSet::new();
    for parent in parents.into_iter().filter(|parent| !ids.contains(parent)) {
        let beside = bench.sheets.iter_mut().filter(|other| other.layer != target && reaches(other.layer, target));
        if beside.into_iter().any(|other| other.entries().get(parent).is_some()) {
            shown.insert(parent.clone());
        }
    }
    shown
}

/// The positions in the wider layer whose place those that are tabled take.
fn superseded(bench: &mut Bench, to: usize, tabled: &[Annotation]) -> Vec<AnnotationId> {
    let mut earlier = BTreeSet::new();
    for entry in tabled.iter().filter(|entry| matches!(entry.what, What::Position(_)) && !entry.withdrawn) {
        if let Some(point) = bench.known(&entry.point) {
            earlier.extend(live_on(&bench.text, &point, entry, bench.sheets[to].entries()));
        }
    }
    earlier.into_iter().collect()
}
