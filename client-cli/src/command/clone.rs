//! `clone`: a replica of a plan, to work with offline.

use plenary_shared::{id::PlanId, wire::api::Plan};
use std::path::PathBuf;

use super::sync;
use crate::{
    answer::Cloned,
    context::Context,
    error::CliError,
    folder::{Folder, Info},
};

/// Keep a plan and every layer that you may read in a folder, to work there without a network
#[derive(Debug, clap::Args)]
#[command(after_help = "\
In that folder every verb works on the copy, with the plan's id as elsewhere; `plenary sync` there
sends what you did and brings what others did. A clone that is cut off goes on with `plenary sync`.

With --encrypt what is private is kept encrypted (age): layers that not all may read, and your edits
that are not sent. The passphrase is asked for when any of it is read, or taken from
PLENARY_PASSPHRASE. The plan's text and what is public are not encrypted, nor are the names of layers
and of those who read them.

Examples:
  plenary clone plan
  plenary clone plan talks/plan --encrypt
  cd plan && plenary show plan")]
pub struct Clone {
    /// The plan
    plan: PlanId,
    /// The folder, new or empty; one with the plan's id if left out
    dir: Option<PathBuf>,
    /// Encrypt what is private, under a passphrase
    #[arg(long)]
    encrypt: bool,
}

impl Clone {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let session = context.session()?;
        let member = session.member()?.clone();
        // Whether there is such a plan is said before anything is made.
        let plan: Plan = session.api.get(&session.plan_path(&self.plan, "")?)?;
        let dir = self.dir.unwrap_or_else(|| PathBuf::from(plan.id.as_str()));
        let info = Info {
            format: 0,
            server: session.server.clone(),
            conference: member.conference,
            plan: plan.id,
            member: member.member,
            recipient: None,
        };
        let folder = Folder::create(&dir, info, self.encrypt)?;
        let report = sync::run(context, &folder, &session, None)?;
        let answer = Cloned { plan: &folder.info.plan, folder: &dir, seq: report.seq, layers: report.layers.len() };
        context.output.result(&answer, || {
            format!("cloned {} into {}: {} records, {} layers", folder.info.plan, dir.display(), report.seq, report.layers.len())
        })
    }
}
