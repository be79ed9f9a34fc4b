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
use crate::{limits, text::plan::After};

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
            ScheduleFault::UnknownAfter { step, after } => {
                write!(
                    f,
                    "{} comes after {}, which is not in the plan: take that out, or name another point",
                    name(step),
                    name(after)
                )
            }
            ScheduleFault::StruckAfter { step, after } => {
                write!(f, "{} comes after {}, which is struck: take that out, or name another point", name(step), name(after))
            }
            ScheduleFault::UnsaidAfter { step, after } => write!(
                f,
                "{} comes after {}, but nobody said after what of it: taken for its completion; say its start, its completion or its \
                 certification",
                name(step),
                name(after)
            ),
            ScheduleFault::NoResponsible { step } => write!(f, "nobody is to carry out {}: say who is responsible", name(step)),
            ScheduleFault::NoVerifier { step } => write!(f, "nobody certifies that {} is done: say who verifies it", name(step)),
        }
    }
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
    let steps = |circle: &Vec<usize>| circle.iter().map(|at| graph.nodes[*at].step.clone()).collect();
    let mut faults: Vec<ScheduleFault> =
        found.circles.iter().map(|circle| ScheduleFault::Circle { steps: steps(circle) }).collect();
    if found.left_out > 0 {
        faults.push(ScheduleFault::MoreCircles { dependencies: found.left_out });
    }
    if graph.left_out > 0 {
        faults.push(ScheduleFault::TooManyWaits { dependencies: graph.left_out });
    }
    for (node, dated) in graph.nodes.iter().zip(&dates.dated) {
        of_node(node, dated, &mut faults);
    }
    faults
}

fn of_node(node: &Node, dated: &Dated, faults: &mut Vec<ScheduleFault>) {
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
    let is_relative = node.trigger.is_none() && !node.waits.is_empty();
    if let Some(days) = schedule.offset_days.filter(|days| *days < 0 && is_relative) {
        faults.push(ScheduleFault::NegativeOffset { step: step(), days });
    }
    faults.extend(node.broken.iter().map(|broken| match broken {
        Broken::Unknown(after) => ScheduleFault::UnknownAfter { step: step(), after: after.clone() },
        Broken::Struck(after) => ScheduleFault::StruckAfter { step: step(), after: after.clone() },
    }));
    let unsaid = node.after.iter().filter(|wait| wait.what == After::Unsaid);
    faults.extend(unsaid.map(|wait| ScheduleFault::UnsaidAfter { step: step(), after: wait.step.clone() }));
    let is_blank = |who: &Option<String>| who.as_ref().is_none_or(|who| who.trim().is_empty());
    if is_blank(&schedule.responsible) {
        faults.push(ScheduleFault::NoResponsible { step: step() });
    }
    if is_blank(&schedule.verifier) {
        faults.push(ScheduleFault::NoVerifier { step: step() });
    }
}
