//! The timetable of a plan: what follows from the schedules of its points. Who waits for whom, in which circles, when each step
//! can begin at the earliest, and which chain of steps decides when all is done.
//!
//! **Days.** A date is a count of days from a trigger (D-Day, entry into force), never a day of a calendar; triggers that read alike are
//! one. The earliest start of a step
//! - that names a trigger is its offset from it;
//! - that names none, and comes after others, is its offset from the latest of what it waits for, and takes their trigger;
//! - that does both is the later of the two: its offset counts from either;
//! - that does neither is its offset from the start of the step that it stands below, or, where that has no date of its own either, the
//!   first start of what stands below it.
//!
//! It ends its duration later, and not before all that stands below it has ended. What it waits for of another step is that step's start
//! (`start`), its end (`done`, and `unsaid`, the stricter reading) or, the days of its certification later, that it is `certified`. No
//! days count as 0, and so do negative durations and negative offsets from other steps: what comes after something never begins before
//! it. All sums saturate: days come from anybody and may be as large as 2^53.
//!
//! **Open fields.** Where values stand side by side, the earliest date counts with those by which all happens first, the latest with those
//! by which it happens last.
//!
//! **No date** has a step on a circle, or behind one; without a trigger anywhere before it; with several (the days from one to
//! the other are not known); and every step that waits for one of these. A dependency on a point that is struck, by itself or with one
//! above it, or not in the plan, is reported and otherwise left out; one on a point without a schedule counts: when that is done is only
//! known where steps stand below it.
//!
//! **Critical path.** For each trigger the chain of steps, each beginning when what it waits for of the one before it happens,
//! that leads to the latest end: a day lost on it is a day lost for all. Of chains that end on the same day, the one with the
//! most steps.
//!
//! **Architecture invariant:** every graph here may have circles, so nothing walks it without counting what it has seen, and
//! nothing recurses: points and dependencies come from a document that anybody may have written.

mod circle;
mod csv;
mod dates;
mod fault;
mod gantt;
mod graph;
mod step;
mod trigger;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::{
    id::PointId,
    text::plan::{Alternatives, Outline},
};
use dates::Bound;
use graph::Graph;

pub(crate) use csv::cell as csv_cell;
pub use csv::csv;
pub use fault::ScheduleFault;
pub use gantt::gantt;
pub(crate) use graph::names;
pub use step::{Step, Wait};

/// What follows from the schedules of a plan.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Timetable {
    /// The steps: the points that have a schedule and are not struck, nor stand below one that is, in document order.
    pub rows: Vec<Row>,
    /// The critical path of each trigger, in the order in which the rows name the triggers.
    pub critical: Vec<CriticalPath>,
    /// What is wrong or missing: circles first, then step by step.
    pub faults: Vec<ScheduleFault>,
}

impl Timetable {
    /// The faults of one step.
    pub fn faults_of<'a>(&'a self, point: &'a PointId) -> impl Iterator<Item = &'a ScheduleFault> {
        self.faults.iter().filter(move |fault| fault.steps().iter().any(|step| step.point == *point))
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// The point, and what it is called here.
    #[serde(flatten)]
    pub step: Step,
    /// Its label as written, possibly empty.
    pub label: String,
    /// Its heading, possibly empty.
    pub heading: String,
    /// What its days count from: its own trigger, or that of what it comes after, as it stands first in the plan. Cut to 80 characters.
    pub trigger: Option<Arc<str>>,
    /// Days from the trigger to the earliest start.
    pub earliest_start: Option<i64>,
    /// Days from the trigger to the earliest end.
    pub earliest_end: Option<i64>,
    /// Days from the trigger to the latest start, if another value that stands open makes it later than the earliest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_start: Option<i64>,
    /// Days from the trigger to the latest end, if that is later than the earliest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_end: Option<i64>,
    /// Days from the trigger to the earliest certification, if that takes days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest_certified: Option<i64>,
    /// The offset as the plan has it, in days.
    pub offset_days: Option<i64>,
    /// The duration as the plan has it, in days.
    pub duration_days: Option<i64>,
    /// The days of its certification as the plan has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certification_days: Option<i64>,
    /// What was changed apart and nobody has settled; without what it waits for.
    #[serde(default, skip_serializing_if = "Alternatives::is_none")]
    pub alternatives: Alternatives,
    /// What it waits for, in document order; points that are not in the plan come last.
    pub after: Vec<Wait>,
    /// Who carries it out.
    pub responsible: Option<String>,
    /// Who certifies that it is done.
    pub verifier: Option<String>,
    /// How that is verified.
    pub method: Option<String>,
    /// What else must hold.
    pub condition: Option<String>,
    /// Whether it is on the critical path of its trigger.
    pub critical: bool,
}

/// The steps that decide when everything that counts from a trigger is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CriticalPath {
    /// The trigger.
    pub trigger: Arc<str>,
    /// Days from the trigger to the latest end.
    pub end: i64,
    /// The steps, from the first to the one that ends last.
    pub points: Vec<PointId>,
}

/// Works out the timetable of a plan. Time grows with points and dependencies, except for the search for circles, which is
/// bounded too.
pub fn timetable(outline: &Outline) -> Timetable {
    let graph = Graph::new(outline);
    let dates = dates::dates(&graph, Bound::Earliest);
    let latest = graph.is_open().then(|| dates::dates(&graph, Bound::Latest));
    let found = circle::circles(&graph.waits(), graph.nodes.len());
    let mut rows = Vec::new();
    for (at, (node, dated)) in graph.nodes.iter().zip(&dates.dated).enumerate().filter(|(_, (node, _))| node.is_row) {
        let schedule = &node.point.schedule;
        let latest = latest.as_ref().map(|latest| &latest.dated[at]);
        let later = |earliest: Option<i64>, latest: Option<i64>| latest.filter(|_| latest != earliest);
        let certification = Bound::Earliest.certification(schedule);
        rows.push(Row {
            step: node.step.clone(),
            label: node.point.label.clone(),
            heading: node.point.heading.clone(),
            trigger: dated.trigger.clone(),
            earliest_start: dated.start,
            earliest_end: dated.end,
            latest_start: later(dated.start, latest.and_then(|latest| latest.start)),
            latest_end: later(dated.end, latest.and_then(|latest| latest.end)),
            earliest_certified: dated.end.filter(|_| certification > 0).map(|end| end.saturating_add(certification)),
            offset_days: schedule.offset_days,
            duration_days: schedule.duration_days,
            certification_days: schedule.certification_days,
            alternatives: Alternatives { after: Default::default(), ..schedule.alternatives.clone() },
            after: node.after.clone(),
            responsible: schedule.responsible.clone(),
            verifier: schedule.verifier.clone(),
            method: schedule.method.clone(),
            condition: schedule.condition.clone(),
            critical: dated.critical,
        });
    }
    let critical = dates.paths.iter().map(|path| CriticalPath {
        trigger: path.trigger.clone(),
        end: path.end,
        points: path.nodes.iter().map(|at| graph.nodes[*at].step.point.clone()).collect(),
    });
    let critical = critical.collect();
    Timetable { rows, critical, faults: fault::faults(&graph, &dates, found) }
}

#[cfg(test)]
mod tests;
