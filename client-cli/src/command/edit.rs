//! `strike`, `restore`, `heading` and `renumber`, and what every edit has in common: find the point, change it, wait, say so.

use plenary_shared::{
    access::Role,
    id::{PlanId, PointId},
    plan::{self, EditError, FindError, Outline, Point},
};
use serde_json::json;
use yrs::TransactionMut;

use crate::{context::Context, error::CliError, output::inline};

/// The change made to a point. The words are those that `watch` uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Its words.
    Words,
    /// Its heading.
    Heading,
    /// It is new.
    Added,
    /// Its place.
    Moved,
    /// It was struck.
    Struck,
    /// It is no longer struck.
    Restored,
    /// Labels were given anew.
    Label,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Words => "words",
            Kind::Heading => "heading",
            Kind::Added => "added",
            Kind::Moved => "moved",
            Kind::Struck => "struck",
            Kind::Restored => "restored",
            Kind::Label => "label",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Kind::Words => "words changed",
            Kind::Heading => "heading changed",
            Kind::Label => "renumbered",
            _ => self.word(),
        }
    }
}

/// A point as people call it: its label, or its id if it has none.
pub fn name(point: &Point) -> &str {
    if point.label.is_empty() { point.id.as_str() } else { &point.label }
}

/// Says what an edit did. It is durable by now, or there was nothing to do.
pub fn report(
    context: &Context,
    plan: &PlanId,
    kind: Kind,
    point: &PointId,
    after: &Outline,
    changed: bool,
) -> Result<(), CliError> {
    let point = after.get(point);
    let value = json!({
        "plan": plan, "point": point.map(|p| &p.id), "label": point.map(|p| &p.label), "kind": kind.word(), "changed": changed, "durable": true,
    });
    context.output.result(&value, || {
        let name = inline(point.map_or("", name)).into_owned();
        if changed { format!("{name}: {} (durable)", kind.sentence()) } else { format!("{name}: unchanged") }
    })
}

/// Finds the point, makes the change, waits until it is durable and says so.
pub fn edit_point(
    context: &Context,
    plan: &PlanId,
    what: &str,
    kind: Kind,
    change: impl FnOnce(&mut TransactionMut, &PointId) -> Result<bool, EditError>,
) -> Result<(), CliError> {
    let mut live = context.session()?.open(plan)?;
    let id = live.outline().find(what)?.id.clone();
    let (_, changed) = live.edit(|txn| Ok(change(txn, &id)?))?;
    report(context, plan, kind, &id, &live.outline(), changed)
}

impl From<FindError> for CliError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Unknown { .. } => CliError::NotFound(error.to_string()),
            FindError::Ambiguous { .. } => CliError::Refused(error.to_string()),
        }
    }
}

impl From<EditError> for CliError {
    fn from(error: EditError) -> Self {
        CliError::Refused(error.to_string())
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
        edit_point(context, &self.plan, &self.point, Kind::Struck, plan::strike)
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
        edit_point(context, &self.plan, &self.point, Kind::Restored, plan::restore)
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
        edit_point(context, &self.plan, &self.point, Kind::Heading, |txn, id| plan::set_heading(txn, id, &self.text))
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
        let session = context.session()?;
        if session.member()?.role != Role::Chair {
            return Err(CliError::Refused("renumbering is the chair's act: labels are what everybody cites".into()));
        }
        let mut live = session.open(&self.plan)?;
        let (relabelled, changed) = live.edit(|txn| Ok(plan::renumber(txn)?))?;
        let value = json!({
            "plan": self.plan, "kind": Kind::Label.word(), "points": relabelled, "changed": changed, "durable": true,
        });
        context.output.result(&value, || match relabelled {
            0 => format!("{}: unchanged", self.plan),
            1 => format!("{}: 1 point {} (durable)", self.plan, Kind::Label.sentence()),
            n => format!("{}: {n} points {} (durable)", self.plan, Kind::Label.sentence()),
        })
    }
}
