//! `strike`, `restore`, `heading`, `label` and `renumber`, and what every edit has in common: make it where the plan is open, say so.

use plenary_shared::{
    id::PlanId,
    script::{self, Done, Edit, OfPoint, PointDone, Titled},
    text::plan::{ChangeKind, FindError},
};

use super::lapses;
use crate::{
    answer::{PointChanged, Relabelled},
    brief,
    context::Context,
    error::CliError,
    output::inline,
};

/// Says what an edit of a point did. It is durable by now, or there was nothing to do.
pub fn report(context: &Context, plan: &PlanId, done: &PointDone) -> Result<(), CliError> {
    context.output.result(&PointChanged { plan, done, durable: true }, || said(done))
}

/// What an edit of a point did, in a line.
pub fn said(PointDone { point, label, kind, changed, entered }: &PointDone) -> String {
    let name = if label.is_empty() { point.as_str() } else { label };
    let name = inline(name);
    let entered = entered.as_ref().map_or(String::new(), |id| format!("; {id} tells for whom"));
    if *changed { format!("{name}: {} (durable){entered}", sentence(*kind)) } else { format!("{name}: unchanged") }
}

fn sentence(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Words => "words changed",
        ChangeKind::Heading => "heading changed",
        ChangeKind::Label => "renumbered",
        other => brief::kind(other),
    }
}

/// Labels that were given anew, in a line.
pub fn renumbered(plan: &PlanId, points: usize) -> String {
    match points {
        0 => format!("{plan}: unchanged"),
        1 => format!("{plan}: 1 point {} (durable)", sentence(ChangeKind::Label)),
        n => format!("{plan}: {n} points {} (durable)", sentence(ChangeKind::Label)),
    }
}

/// What became of the title, in words.
pub fn titled(done: &Titled) -> &'static str {
    if done.changed { "title changed (durable)" } else { "title unchanged" }
}

/// Makes an edit of one point, and says what it did.
pub fn edit_point(context: &Context, plan: &PlanId, edit: Edit) -> Result<(), CliError> {
    let open = context.open(plan)?;
    let done = lapses::made_one(context, &open, edit)?;
    context.tell_damage_of(&open);
    match done {
        Done::Point(done) => report(context, plan, &done),
        other => Err(CliError::unexpected(&other)),
    }
}

impl From<FindError> for CliError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Unknown { .. } => CliError::NotFound(error.to_string()),
            FindError::Ambiguous { .. } => CliError::Refused(error.to_string()),
        }
    }
}

/// Strike a point: it stays in the plan, marked, and can be restored
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary strike plan '5 bis'")]
pub struct Strike {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: String,
}

impl Strike {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        edit_point(context, &self.plan, Edit::Strike(OfPoint { point: self.point }))
    }
}

/// Take back that a point was struck
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary restore plan '5 bis'")]
pub struct Restore {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: String,
}

impl Restore {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        edit_point(context, &self.plan, Edit::Restore(OfPoint { point: self.point }))
    }
}

/// Change the heading of a point
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  plenary heading plan 5 'Withdrawal of forces'
  plenary heading plan 5 ''")]
pub struct Heading {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: String,
    /// The new heading; '' for none
    text: String,
}

impl Heading {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        edit_point(context, &self.plan, Edit::Heading(script::Heading { point: self.point, text: self.text }))
    }
}

/// Change the label of a point (only the chair should: points are cited by their labels)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  plenary label plan '5 bis' 5A
  plenary label plan 7 ''")]
pub struct Label {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: String,
    /// The new label; '' for none
    label: String,
}

impl Label {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        edit_point(context, &self.plan, Edit::Label(script::Label { point: self.point, label: self.label }))
    }
}

/// Give all points new labels, counted from 1 (only the chair should: points are cited by their labels)
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary renumber plan")]
pub struct Renumber {
    /// The plan
    plan: PlanId,
}

impl Renumber {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let open = context.open(&self.plan)?;
        let done = open.edit(Edit::Renumber(script::Renumber {}))?;
        context.tell_damage_of(&open);
        let Done::Renumbered(done) = &done else { return Err(CliError::unexpected(&done)) };
        let answer = Relabelled { plan: &self.plan, kind: ChangeKind::Label, done, durable: true };
        context.output.result(&answer, || renumbered(&self.plan, done.points))
    }
}
