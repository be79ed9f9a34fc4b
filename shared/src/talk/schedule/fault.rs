//! What is wrong with the schedules of a plan, or missing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

use super::{
    circle::Circles,
    dates::{Dated, Dates},
    graph::{Broken, Graph, Node},
    step::Step,
};
use crate::{
    limits,
    text::plan::{After, side_by_side},
};

/// Steps of a circle that a message names.
const STEPS_SHOWN: usize = 100;

/// Something in the schedules that people must settle. Its message names points as [`Step`] does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ScheduleFault {
    /// Steps that wait for one another, so that none of them can begin.
    Circle {
        /// The circle: each comes after the next, and the last after the first. One step if it waits for itself.
        steps: Vec<Step>,
    },
    /// Circles beyond those that are named.
    MoreCircles {
        /// Dependencies that are on a circle, but on none that is named.
        dependencies: usize,
    },
    /// More dependencies than `limits::WAITS_MAX`. Steps whose dependencies do not fit have no date.
    TooManyWaits {
        /// How many are left out.
        dependencies: usize,
    },
    /// A step, or a point that a step waits for, that names no trigger and comes after no other step.
    NoTrigger {
        /// The step.
        step: Step,
    },
    /// Days from several triggers meet in a step: its own and those of the steps that it comes after.
    MixedTriggers {
        /// The step.
        step: Step,
        /// The first few of the triggers.
        triggers: Vec<Arc<str>>,
    },
    /// A duration below 0, taken as 0.
    NegativeDuration {
        /// The step.
        step: Step,
        /// Its duration in days.
        days: i64,
    },
    /// An offset below 0 from what comes before, taken as 0.
    NegativeOffset {
        /// The step.
        step: Step,
        /// Its offset in days.
        days: i64,
    },
    /// A step that waits for a point which is not in the plan.
    UnknownAfter {
        /// The step.
        step: Step,
        /// What it waits for.
        after: Step,
    },
    /// A step that waits for a point which is struck.
    StruckAfter {
        /// The step.
        step: Step,
        /// What it waits for.
        after: Step,
    },
    /// A step that comes after another, but after what of it nobody said; taken for its end.
    UnsaidAfter {
        /// The step.
        step: Step,
        /// What it waits for.
        after: Step,
    },
    /// A step that waits until another is certified, while nobody said how long that takes; taken for no days.
    UnsaidCertification {
        /// The step.
        step: Step,
        /// What it waits for.
        after: Step,
    },
    /// A step of which something was changed apart and nobody has settled it.
    Open {
        /// The step.
        step: Step,
        /// What of it, in words.
        what: String,
    },
    /// A step that nobody is to carry out.
    NoResponsible {
        /// The step.
        step: Step,
    },
    /// A step whose completion nobody certifies.
    NoVerifier {
        /// The step.
        step: Step,
    },
}

impl ScheduleFault {
    /// The steps that have this fault; of a dependency only the one that waits.
    pub fn steps(&self) -> &[Step] {
        match self {
            ScheduleFault::Circle { steps } => steps,
            ScheduleFault::MoreCircles { .. } | ScheduleFault::TooManyWaits { .. } => &[],
            ScheduleFault::NoTrigger { step }
            | ScheduleFault::MixedTriggers { step, .. }
            | ScheduleFault::NegativeDuration { step, .. }
            | ScheduleFault::NegativeOffset { step, .. }
            | ScheduleFault::UnknownAfter { step, .. }
            | ScheduleFault::StruckAfter { step, .. }
            | ScheduleFault::UnsaidAfter { step, .. }
            | ScheduleFault::UnsaidCertification { step, .. }
            | ScheduleFault::Open { step, .. }
            | ScheduleFault::NoResponsible { step }
            | ScheduleFault::NoVerifier { step } => std::slice::from_ref(step),
        }
    }
}

impl fmt::Display for ScheduleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |step: &Step| step.name.clone();
        match self {
            ScheduleFault::Circle { steps } => write!(f, "{}: {}", way(steps), circle_advice(steps.len())),
            ScheduleFault::MoreCircles { dependencies } => {
                write!(
                    f,
                    "{dependencies} more dependencies are on circles that are not listed: settle those that are, and look again"
                )
            }
            ScheduleFault::TooManyWaits { dependencies } => write!(
                f,
                "{dependencies} dependencies are left out, with the dates of their steps: a plan may have {} of them",
                limits::WAITS_MAX
            ),
            ScheduleFault::NoTrigger { step } => write!(
                f,
                "{} has no trigger and comes after no step, so it has no date, nor has what waits for it: say what starts its clock",
                name(step)
            ),
            ScheduleFault::MixedTriggers { step, triggers } => {
                let triggers: Vec<String> = triggers.iter().map(|trigger| format!("{trigger:?}")).collect();
                let (step, triggers) = (name(step), triggers.join(", "));
                write!(f, "{step} depends on several triggers ({triggers}), so it has no date: let it count from one of them")
            }
            ScheduleFault::NegativeDuration { step, days } => {
                write!(f, "{} lasts {days} days, which is taken as 0: correct its duration", name(step))
            }
            ScheduleFault::NegativeOffset { step, days } => write!(
                f,
                "{} begins {days} days from what it comes after, which is taken as 0: correct its offset, or what it comes after",
                name(step)
            ),
            ScheduleFault::UnknownAfter { step, after } => comes_after(f, step, after, "not in the plan"),
            ScheduleFault::StruckAfter { step, after } => comes_after(f, step, after, "struck"),
            ScheduleFault::UnsaidAfter { step, after } => write!(
                f,
                "{} comes after {}, but nobody said after what of it: taken for its completion; say its start, its completion or its \
                 certification",
                name(step),
                name(after)
            ),
            ScheduleFault::UnsaidCertification { step, after } => write!(
                f,
                "{} waits until {} is certified, but nobody said how long that takes: taken for no days; say the days of its \
                 certification",
                name(step),
                name(after)
            ),
            ScheduleFault::Open { step, what } => write!(f, "{} is open, {what}: set what shall stand", name(step)),
            ScheduleFault::NoResponsible { step } => write!(f, "nobody is to carry out {}: say who is responsible", name(step)),
            ScheduleFault::NoVerifier { step } => write!(f, "nobody certifies that {} is done: say who verifies it", name(step)),
        }
    }
}

fn comes_after(f: &mut fmt::Formatter<'_>, step: &Step, after: &Step, what: &str) -> fmt::Result {
    write!(f, "{} comes after {}, which is {what}: take that out, or name another point", step.name, after.name)
}

/// `4 -> 17 -> 4`.
pub(super) fn way(steps: &[Step]) -> String {
    let mut names: Vec<String> = steps.iter().take(STEPS_SHOWN).map(|step| step.name.to_string()).collect();
    if steps.len() > STEPS_SHOWN {
        names.push(format!("({} more)", steps.len() - STEPS_SHOWN));
    }
    names.extend(steps.first().map(|step| step.name.to_string()));
    names.join(" -> ")
}

fn circle_advice(steps: usize) -> &'static str {
    if steps == 1 {
        "it waits for itself and can never begin; take that out"
    } else {
        "each waits for the next, so none of them can begin; take one of these dependencies out, or split a step"
    }
}

/// All faults: what concerns the whole first, then step by step in document order.
pub(super) fn faults(graph: &Graph, dates: &Dates, found: Circles) -> Vec<ScheduleFault> {
    let steps = |circle: &Vec<usize>| {
        let mut nodes: Vec<usize> = circle.iter().map(|event| event % graph.nodes.len()).collect();
        nodes.dedup();
        if nodes.len() > 1 && nodes.first() == nodes.last() {
            nodes.pop();
        }
        let first = (0..nodes.len()).min_by_key(|at| nodes[*at]).unwrap_or(0);
        nodes.rotate_left(first);
        nodes.iter().map(|at| graph.nodes[*at].step.clone()).collect()
    };
    let mut faults: Vec<ScheduleFault> =
        found.circles.iter().map(|circle| ScheduleFault::Circle { steps: steps(circle) }).collect();
    if found.left_out > 0 {
        faults.push(ScheduleFault::MoreCircles { dependencies: found.left_out });
    }
    if graph.left_out > 0 {
        faults.push(ScheduleFault::TooManyWaits { dependencies: graph.left_out });
    }
    for (node, dated) in graph.nodes.iter().zip(&dates.dated) {
        of_node(graph, node, dated, &mut faults);
    }
    faults
}

fn of_node(graph: &Graph, node: &Node, dated: &Dated, faults: &mut Vec<ScheduleFault>) {
    let step = || node.step.clone();
    let schedule = &node.point.schedule;
    if dated.is_without_trigger {
        faults.push(ScheduleFault::NoTrigger { step: step() });
    }
    if !dated.mixed.is_empty() {
        faults.push(ScheduleFault::MixedTriggers { step: step(), triggers: dated.mixed.clone() });
    }
    if !node.is_row {
        return;
    }
    if let Some(days) = schedule.duration_days.filter(|days| *days < 0) {
        faults.push(ScheduleFault::NegativeDuration { step: step(), days });
    }
    let is_relative = node.triggers.is_empty() && (!node.waits.is_empty() || node.begins_with.is_some());
    if let Some(days) = schedule.offset_days.filter(|days| *days < 0 && is_relative) {
        faults.push(ScheduleFault::NegativeOffset { step: step(), days });
    }
    faults.extend(node.broken.iter().map(|broken| match broken {
        Broken::Unknown(after) => ScheduleFault::UnknownAfter { step: step(), after: after.clone() },
        Broken::Struck(after) => ScheduleFault::StruckAfter { step: step(), after: after.clone() },
    }));
    let unsaid = node.after.iter().filter(|wait| wait.what == After::Unsaid);
    faults.extend(unsaid.map(|wait| ScheduleFault::UnsaidAfter { step: step(), after: wait.step.clone() }));
    let unsaid = node
        .waits
        .iter()
        .filter(|(before, whats)| whats.contains(&Some(After::Certified)) && !graph.nodes[*before].says_certification());
    faults.extend(
        unsaid.map(|(before, _)| ScheduleFault::UnsaidCertification { step: step(), after: graph.nodes[*before].step.clone() }),
    );
    if let Some(what) = open(node) {
        faults.push(ScheduleFault::Open { step: step(), what });
    }
    let is_blank = |who: &Option<String>| who.as_ref().is_none_or(|who| who.trim().is_empty());
    if is_blank(&schedule.responsible) {
        faults.push(ScheduleFault::NoResponsible { step: step() });
    }
    if is_blank(&schedule.verifier) {
        faults.push(ScheduleFault::NoVerifier { step: step() });
    }
}

/// What of a step is open: `its offset [12][48] days`; of what it waits for, and of words, the table tells.
fn open(node: &Node) -> Option<String> {
    let open = &node.point.schedule.alternatives;
    let days = |what: &str, days: &[Option<i64>]| (!days.is_empty()).then(|| format!("its {what} {}", side_by_side(days)));
    let mut parts: Vec<String> = [
        days("offset", &open.offset_days),
        days("duration", &open.duration_days),
        days("certification", &open.certification_days),
    ]
    .into_iter()
    .flatten()
    .collect();
    parts.extend(
        node.after.iter().filter(|wait| !wait.or.is_empty()).map(|wait| format!("what it waits for of {}", wait.step.name)),
    );
    (!parts.is_empty()).then(|| parts.join(" and "))
}
