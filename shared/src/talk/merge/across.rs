//! What the changes of several sides do to one another in points that none of them need have changed alike.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

use crate::{
    id::PointId,
    limits,
    talk::schedule::{self, ScheduleFault, Step, names, way},
    text::{
        plan::{Fault, Outline, Point},
        say::in_words,
    },
};

/// Something that only the changes of several sides together made. Sides are told by their places among those that were given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// Steps that wait for one another.
    Circle {
        /// Each waits for the next, and the last for the first.
        steps: Vec<Step>,
        /// Who changed what one of them waits for, or where it stands.
        by: Vec<usize>,
    },
    /// A step that was made to wait for a point which another side struck.
    Struck {
        /// The step.
        step: Step,
        /// What it waits for.
        after: Step,
        /// Who made it wait.
        waits: Vec<usize>,
        /// Who struck that, or a point above it.
        struck: Vec<usize>,
    },
    /// The words of a point and what stands right below it, changed by different sides: each read the other as it was.
    Chapeau {
        /// The point.
        chapeau: Step,
        /// Those below it that others changed, in document order.
        items: Vec<Step>,
        /// Who changed its words.
        above: Vec<usize>,
        /// Who changed what stands below.
        below: Vec<usize>,
    },
}

impl Effect {
    /// The points that somebody has to look at because of it.
    pub fn points(&self) -> Vec<&PointId> {
        match self {
            Effect::Circle { steps, .. } => steps.iter().map(|step| &step.point).collect(),
            Effect::Struck { step, .. } => vec![&step.point],
            Effect::Chapeau { chapeau, items, .. } => std::iter::once(chapeau).chain(items).map(|step| &step.point).collect(),
        }
    }

    /// What happened and what to do, in a sentence; `side` names a side.
    pub fn says(&self, side: impl Fn(usize) -> String) -> String {
        let sides = |sides: &[usize]| in_words(&sides.iter().map(|one| side(*one)).collect::<Vec<_>>());
        match self {
            Effect::Circle { steps, by } => format!(
                "{}: a circle that only what {} changed makes together, so that none of these can begin; take one of the \
                 dependencies out, or split a step",
                way(steps),
                sides(by)
            ),
            Effect::Struck { step, after, waits, struck } => format!(
                "{} let {} come after {}, which {} struck: take that out, or name another point",
                sides(waits),
                step.name,
                after.name,
                sides(struck)
            ),
            Effect::Chapeau { chapeau, items, above, below } => format!(
                "{} changed {}, and {} changed {} below it: read them together",
                sides(above),
                chapeau.name,
                sides(below),
                in_words(&items.iter().map(|item| item.name.to_string()).collect::<Vec<_>>())
            ),
        }
    }
}

/// What the sides' changes of `base` do to one another in `result`, which holds all of them. What a side has by itself is none of it.
pub fn effects(base: &Outline, sides: &[&Outline], result: &Outline) -> Vec<Effect> {
    let states = States { base: by_id(base), sides: sides.iter().map(|side| by_id(side)).collect() };
    let mut effects = Vec::new();
    let found = schedule::timetable(result).faults;
    let is_of_schedule =
        |fault: &&ScheduleFault| matches!(fault, ScheduleFault::Circle { .. } | ScheduleFault::StruckAfter { .. });
    if found.iter().any(|fault| is_of_schedule(&fault)) {
        let known: Vec<ScheduleFault> = sides
            .iter()
            .chain([&base])
            .flat_map(|side| schedule::timetable(side).faults)
            .filter(|fault| is_of_schedule(&fault))
            .collect();
        let known: HashSet<Vec<&PointId>> = known.iter().map(named).collect();
        let out: Vec<HashSet<&PointId>> = sides.iter().map(|side| side.struck()).collect();
        let new = found.iter().filter(|fault| is_of_schedule(fault) && !known.contains(&named(fault)));
        effects.extend(new.filter_map(|fault| states.of_fault(fault, &out)));
    }
    effects.extend(states.chapeaux(result));
    effects
}

/// The points of a fault of schedules, so that it is known again whatever they are called.
fn named(fault: &ScheduleFault) -> Vec<&PointId> {
    match fault {
        ScheduleFault::StruckAfter { step, after } => vec![&step.point, &after.point],
        fault => {
            let mut points: Vec<&PointId> = fault.steps().iter().map(|step| &step.point).collect();
            // A circle and a dependency are told apart by its first point, which stands at its end, too.
            points.sort_unstable();
            points.extend(points.first().copied());
            points
        }
    }
}

type ById<'a> = HashMap<&'a PointId, &'a Point>;

fn by_id(outline: &Outline) -> ById<'_> {
    outline.points.iter().map(|point| (&point.id, point)).collect()
}

struct States<'a> {
    base: ById<'a>,
    sides: Vec<ById<'a>>,
}

impl States<'_> {
    /// The sides that changed something of a point; one that is not there has not.
    fn who(&self, point: &PointId, differs: impl Fn(&Point, Option<&Point>) -> bool) -> Vec<usize> {
        let base = self.base.get(point).copied();
        let changed = |(_, side): &(usize, &ById)| side.get(point).is_some_and(|is| differs(is, base));
        self.sides.iter().enumerate().filter(changed).map(|(at, _)| at).collect()
    }

    fn of_fault(&self, fault: &ScheduleFault, out: &[HashSet<&PointId>]) -> Option<Effect> {
        match fault {
            ScheduleFault::Circle { steps } => {
                let waits = |is: &Point, was: Option<&Point>| {
                    was.is_none_or(|was| {
                        was.schedule.after != is.schedule.after || was.parent != is.parent || was.struck != is.struck
                    })
                };
                let mut by: Vec<usize> = steps.iter().flat_map(|step| self.who(&step.point, waits)).collect();
                by.sort_unstable();
                by.dedup();
                (by.len() > 1).then(|| Effect::Circle { steps: steps.clone(), by })
            }
            ScheduleFault::StruckAfter { step, after } => {
                let names = |point: &Point| point.schedule.after.contains_key(&after.point);
                let waits = self.who(&step.point, |is, was| names(is) && !was.is_some_and(names));
                let struck: Vec<usize> = (0..out.len()).filter(|side| out[*side].contains(&after.point)).collect();
                let is_effect = !waits.is_empty() && !struck.is_empty();
                is_effect.then(|| Effect::Struck { step: step.clone(), after: after.clone(), waits, struck })
            }
            _ => None,
        }
    }

    /// Points and what stands right below them in the result, changed by different sides.
    fn chapeaux(&self, result: &Outline) -> Vec<Effect> {
        let reads = |is: &Point, was: Option<&Point>| {
            was.is_none_or(|was| {
                (&was.words, &was.heading, was.struck, &was.parent) != (&is.words, &is.heading, is.struck, &is.parent)
            })
        };
        let leads = |is: &Point, was: Option<&Point>| was.is_some_and(|was| was.words != is.words);
        let mut chapeaux: Vec<(usize, Vec<usize>)> = Vec::new();
        let changed = result.points.iter().enumerate().map(|(at, point)| (at, self.who(&point.id, leads)));
        chapeaux.extend(changed.filter(|(_, above)| !above.is_empty()));
        if chapeaux.is_empty() {
            return Vec::new();
        }
        let names = names(result);
        let step = |at: usize| Step { point: result.points[at].id.clone(), name: names[at].clone() };
        let effect = |(at, above): (usize, Vec<usize>)| {
            let chapeau = &result.points[at];
            let right_below = (at + 1..).zip(result.below(at)).filter(|(_, item)| item.parent.as_ref() == Some(&chapeau.id));
            let items = right_below.map(|(at, item)| (at, self.who(&item.id, reads)));
            // What the same side changed above and below, it has read together.
            let items: Vec<(usize, Vec<usize>)> = items.filter(|(_, by)| by.iter().any(|side| above != [*side])).collect();
            let mut below: Vec<usize> = items.iter().flat_map(|(_, by)| by.iter().copied()).collect();
            below.sort_unstable();
            below.dedup();
            let items: Vec<Step> = items.into_iter().map(|(at, _)| step(at)).collect();
            (!items.is_empty()).then(|| Effect::Chapeau { chapeau: step(at), items, above, below })
        };
        chapeaux.into_iter().filter_map(effect).collect()
    }
}

/// The faults of the result that neither side had, by the points that they name.
pub(super) fn new_faults<'a>(mine: &Outline, theirs: &Outline, result: &'a Outline) -> HashMap<&'a PointId, Vec<String>> {
    let mut faults: HashMap<&PointId, Vec<String>> = HashMap::new();
    for fault in result.faults.iter().filter(|fault| !mine.faults.contains(fault) && !theirs.faults.contains(fault)) {
        let points: Vec<&PointId> = match fault {
            Fault::Circle { points, .. } | Fault::DuplicateLabel { points, .. } => points.iter().collect(),
            Fault::UnknownParent { point, .. } | Fault::BadField { point, .. } => vec![point],
            Fault::TooDeep { .. } => {
                let deep: HashSet<_> = [mine, theirs].into_iter().flat_map(deepest).collect();
                deepest(result).filter(|point| !deep.contains(point)).collect()
            }
            Fault::TooMany { .. } | Fault::Unreadable { .. } => Vec::new(),
        };
        for point in points {
            faults.entry(point).or_default().push(fault.to_string());
        }
    }
    faults
}

/// The points on the deepest level that is shown.
fn deepest(outline: &Outline) -> impl Iterator<Item = &PointId> {
    outline.points.iter().filter(|point| point.depth + 1 >= limits::POINT_DEPTH_MAX).map(|point| &point.id)
}
