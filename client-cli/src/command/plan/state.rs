//! `plan rename`, `plan close`, `plan reopen` and `plan strike`: how a plan is called, and whether it is worked on.

use plenary_shared::{
    access::PlanState,
    id::PlanId,
    script::{self, Edit},
    wire::api::{Plan, PlanChange},
};

use super::line::text;
use crate::{context::Context, error::CliError};

/// Give a plan another title, in the lists and in its text (only the chair may)
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Its id stays: it is in links and in clones.\n\nExample:\n  plenary plan rename plan 'Framework Agreement'"
)]
pub struct RenamePlan {
    /// The plan
    plan: PlanId,
    /// Its title from now on
    title: String,
}

/// Close a plan: nobody changes the words; reading, notes and positions go on (only the chair may)
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary plan close plan")]
pub struct ClosePlan {
    /// The plan
    plan: PlanId,
}

/// Open a plan again that was closed or struck (only the chair may)
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary plan reopen plan")]
pub struct ReopenPlan {
    /// The plan
    plan: PlanId,
}

/// Strike a plan that was made by mistake from the lists: nobody writes on it, and its log stays (only the chair may)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
`plenary plan list --struck` lists it still, and `plenary plan reopen` takes it back.

Example:
  plenary plan strike plan")]
pub struct StrikePlan {
    /// The plan
    plan: PlanId,
}

impl RenamePlan {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let open = context.open(&self.plan)?;
        open.edit(Edit::Title(script::Title { text: self.title.clone() }))?;
        change(context, &self.plan, PlanChange { title: Some(self.title), state: None })
    }
}

impl ClosePlan {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        turned(context, &self.plan, PlanState::Closed)
    }
}

impl ReopenPlan {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        turned(context, &self.plan, PlanState::Open)
    }
}

impl StrikePlan {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        turned(context, &self.plan, PlanState::Struck)
    }
}

fn turned(context: &Context, plan: &PlanId, state: PlanState) -> Result<(), CliError> {
    change(context, plan, PlanChange { title: None, state: Some(state) })
}

fn change(context: &Context, plan: &PlanId, change: PlanChange) -> Result<(), CliError> {
    let session = context.session()?;
    let plan: Plan = session.api.put(&session.plan_path(plan, "")?, &change)?;
    context.output.result(&plan, || text(&plan))
}
