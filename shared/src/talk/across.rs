//! What the changes of several points, made apart, do to one another in the text: a circle of steps that only both sides made, a step
//! that waits for what the other side struck, a point and what stands below it that each side changed as it knew the other, one label
//! that was given twice. None of these points need have been changed by both.
//!
//! It follows from the text and from what its log tells of who had seen what ([`ChangedApart`]); as soon as the text does not show it any
//! more it is over.
//!
//! **Cost.** Nothing where nobody was away. Otherwise the timetable, and for each point above and each below it a look at the touches that
//! are kept of both; of a circle, or of points with one label, the last 256 are compared.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use crate::{
    id::{PartyId, PointId},
    talk::schedule::{ScheduleFault, Step, names, timetable},
    text::{
        marks::{Called, ChangedApart, CrossEffect, Effect, LooseEnds, NAMED_MAX, Parts, Touch, Unconfirmed},
        plan::{Fault, Outline},
    },
};

/// 256 touches of points that are looked at together are compared with each other.
const TOGETHER_MAX: usize = 256;
/// 8: of so much one point is told that it is part of. What is left out is told once that is confirmed.
const ACROSS_MAX: usize = 8;

/// The points of a plan that were merged and not confirmed since, by id, those included whose change does something to others.
pub fn unconfirmed(marked: &ChangedApart, outline: &Outline) -> Vec<Unconfirmed> {
    let mut marks: BTreeMap<Option<PointId>, Unconfirmed> =
        marked.points.iter().map(|mark| (mark.point.clone(), mark.clone())).collect();
    if !marked.loose.is_empty() {
        for Found { effect, of, points } in (Search { marked, outline, names: names(outline) }).all() {
            let across = CrossEffect { effect, by: marked.by(&of) };
            for (id, last) in points {
                if marked.loose.get(&id).is_some_and(|loose| loose.confirmed >= last.seq) {
                    continue;
                }
                let mark = marks.entry(Some(id.clone())).or_insert_with(|| new_mark(id, &of, last));
                (mark.seq, mark.at_ms) = (mark.seq.max(last.seq), mark.at_ms.max(last.at_ms));
                if mark.across.len() < ACROSS_MAX {
                    mark.across.push(across.clone());
                }
            }
        }
    }
    marks.into_values().collect()
}

/// The mark of a point of which nothing else was changed apart.
fn new_mark(point: PointId, of: &[Touch], last: Touch) -> Unconfirmed {
    let base = of.iter().map(|touch| touch.seen).min().unwrap_or_default();
    let Touch { seq, at_ms, .. } = last;
    let (by, across) = (Vec::new(), Vec::new());
    Unconfirmed { point: Some(point), by, more: 0, at_once: false, base, bracketed: None, across, seq, at_ms }
}

/// Something that points do to one another.
struct Found {
    effect: Effect,
    /// The touches that made it, in the order of the log.
    of: Vec<Touch>,
    /// The points that somebody has to look at, and the last touch that concerns each.
    points: Vec<(PointId, Touch)>,
}

/// Two touches apart, each by the place of its point among those that are looked at.
type Pair = [(usize, Touch); 2];

struct Search<'a> {
    marked: &'a ChangedApart,
    outline: &'a Outline,
    /// What each point is called.
    names: Vec<Arc<str>>,
}

impl<'a> Search<'a> {
    fn all(&self) -> Vec<Found> {
        let waits = self.marked.loose.values().flat_map(|loose| &loose.touches).any(|touch| touch.parts.meet(Parts::WAITS));
        let faults = if waits { timetable(self.outline).faults } else { Vec::new() };
        let mut found: Vec<Found> = faults.iter().filter_map(|fault| self.of_schedule(fault)).collect();
        found.extend(self.chapeaux());
        found.extend(self.outline.faults.iter().filter_map(|fault| match fault {
            Fault::DuplicateLabel { label, points } => self.label(label, points),
            _ => None,
        }));
        found
    }

    /// The touches of some parts of a point that others had not seen, or that had not seen others'.
    fn touches(&self, point: &PointId, parts: Parts) -> impl Iterator<Item = Touch> + use<'a> {
        let loose: Option<&'a LooseEnds> = self.marked.loose.get(point);
        loose.into_iter().flat_map(|loose| &loose.touches).filter(move |touch| touch.parts.meet(parts)).copied()
    }

    fn of_schedule(&self, fault: &ScheduleFault) -> Option<Found> {
        match fault {
            ScheduleFault::Circle { steps } => {
                let points: Vec<&PointId> = steps.iter().map(|step| &step.point).collect();
                let pairs = self.among(&points, Parts::WAITS);
                let (shown, more) = (called(steps), steps.len().saturating_sub(NAMED_MAX));
                found(Effect::Circle { steps: shown, more }, &points, &pairs)
            }
            ScheduleFault::StruckAfter { step, after } => self.waits_for_struck(step, after),
            _ => None,
        }
    }

    fn waits_for_struck(&self, step: &Step, after: &Step) -> Option<Found> {
        let mut above = self.outline.get(&after.point);
        let mut strikes: Vec<Touch> = Vec::new();
        while let Some(point) = above {
            strikes.extend(self.touches(&point.id, Parts::STRUCK).filter(|_| point.struck));
            above = point.parent.as_ref().and_then(|parent| self.outline.get(parent)).filter(|above| above.depth < point.depth);
        }
        let pairs = between((0, self.touches(&step.point, Parts::AFTER)), (1, strikes.into_iter()));
        let [waits, struck] = self.sides(&pairs, |at| at == 0);
        let [step_, after] = [step, after].map(|step| Called { point: step.point.clone(), name: step.name.to_string() });
        found(Effect::Struck { step: step_, after, waits, struck }, &[&step.point], &pairs)
    }

    /// Points and what stands right below them.
    fn chapeaux(&self) -> Vec<Found> {
        let points = &self.outline.points;
        let changed = points.iter().enumerate().filter(|(_, point)| self.touches(&point.id, Parts::WORDS).next().is_some());
        changed
            .filter_map(|(at, chapeau)| {
                let (mut items, mut pairs) = (vec![at], Vec::new());
                let right_below =
                    (at + 1..).zip(self.outline.below(at)).filter(|(_, item)| item.parent.as_ref() == Some(&chapeau.id));
                for (item_at, item) in right_below {
                    let both =
                        between((0, self.touches(&chapeau.id, Parts::WORDS)), (items.len(), self.touches(&item.id, Parts::READ)));
                    if !both.is_empty() {
                        items.push(item_at);
                        pairs.extend(both);
                    }
                }
                let [above, below] = self.sides(&pairs, |at| at == 0);
                let call = |at: &usize| Called { point: points[*at].id.clone(), name: self.names[*at].to_string() };
                let shown = items[1..].iter().take(NAMED_MAX).map(call).collect();
                let more = (items.len() - 1).saturating_sub(NAMED_MAX);
                let ids: Vec<&PointId> = items.iter().map(|at| &points[*at].id).collect();
                found(Effect::Chapeau { chapeau: call(&at), items: shown, more, above, below }, &ids, &pairs)
            })
            .collect()
    }

    fn label(&self, label: &str, ids: &[PointId]) -> Option<Found> {
        let ids: Vec<&PointId> = ids.iter().collect();
        let pairs = self.among(&ids, Parts::LABEL);
        if pairs.is_empty() {
            return None;
        }
        let wanted: HashSet<&PointId> = ids.iter().take(NAMED_MAX).copied().collect();
        let name: HashMap<&PointId, &Arc<str>> =
            self.outline.points.iter().map(|point| &point.id).zip(&self.names).filter(|(id, _)| wanted.contains(id)).collect();
        let call =
            |id: &&PointId| Called { point: (*id).clone(), name: name.get(*id).map(ToString::to_string).unwrap_or_default() };
        let points = ids.iter().take(NAMED_MAX).map(call).collect();
        let more = ids.len().saturating_sub(NAMED_MAX);
        found(Effect::Label { label: label.to_owned(), points, more }, &ids, &pairs)
    }

    /// The pairs of touches apart of different ones of these points.
    fn among(&self, points: &[&PointId], parts: Parts) -> Vec<Pair> {
        let touches = points.iter().enumerate().flat_map(|(at, point)| self.touches(point, parts).map(move |touch| (at, touch)));
        let mut touches: Vec<(usize, Touch)> = touches.collect();
        touches.sort_by_key(|(_, touch)| touch.seq);
        let last = &touches[touches.len().saturating_sub(TOGETHER_MAX)..];
        let later = last.iter().enumerate().filter(|(_, (_, touch))| touch.is_behind());
        let with_earlier = later.flat_map(|(n, later)| last[..n].iter().map(move |earlier| [*earlier, *later]));
        with_earlier.filter(|[one, other]| one.0 != other.0 && one.1.is_apart_from(&other.1)).collect()
    }

    /// The parties of each side of pairs; `is_first` tells by the place of a point whether it is the first side's.
    fn sides(&self, pairs: &[Pair], is_first: impl Fn(usize) -> bool) -> [Vec<PartyId>; 2] {
        let of = |first: bool| {
            let mut touches: Vec<Touch> =
                pairs.iter().flatten().filter(|(at, _)| is_first(*at) == first).map(|(_, touch)| *touch).collect();
            touches.sort_by_key(|touch| touch.seq);
            let mut parties: Vec<PartyId> = Vec::new();
            for by in self.marked.by(&touches) {
                if !parties.contains(&by.author.party) {
                    parties.push(by.author.party);
                }
            }
            parties
        };
        [of(true), of(false)]
    }
}

/// The pairs of touches apart of two points.
fn between(
    (one_at, one): (usize, impl Iterator<Item = Touch>),
    (other_at, other): (usize, impl Iterator<Item = Touch>),
) -> Vec<Pair> {
    let other: Vec<Touch> = other.collect();
    let pairs = one.flat_map(|one| other.iter().map(move |other| [(one_at, one), (other_at, *other)]));
    pairs.filter(|[one, other]| one.1.is_apart_from(&other.1)).collect()
}

/// An effect of pairs of touches, by the places of these points; none without any.
fn found(effect: Effect, points: &[&PointId], pairs: &[Pair]) -> Option<Found> {
    let mut last: BTreeMap<usize, Touch> = BTreeMap::new();
    let mut of: Vec<Touch> = pairs.iter().flatten().map(|(_, touch)| *touch).collect();
    of.sort_by_key(|touch| (touch.seq, touch.who));
    of.dedup();
    for [one, other] in pairs {
        let later = if one.1.seq > other.1.seq { one.1 } else { other.1 };
        for (at, _) in [one, other] {
            let known = last.entry(*at).or_insert(later);
            if known.seq < later.seq {
                *known = later;
            }
        }
    }
    let points = last.into_iter().filter_map(|(at, touch)| Some(((*points.get(at)?).clone(), touch)));
    let points: Vec<(PointId, Touch)> = points.collect();
    (!points.is_empty()).then_some(Found { effect, of, points })
}

fn called(steps: &[Step]) -> Vec<Called> {
    steps.iter().take(NAMED_MAX).map(|step| Called { point: step.point.clone(), name: step.name.to_string() }).collect()
}
