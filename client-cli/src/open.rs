//! A plan, opened to read it and to edit it: on the server, or in the replica that one is in. Verbs know no difference.

pub mod log;
pub mod replica;
mod server;

use plenary_shared::{
    id::{PartyId, PlanId, PointId},
    out::{Edition, Format},
    people,
    script::{Applied, Done, Edit, Script},
    talk::{
        dossier::{MergedPoint, MergedView, OutlineView},
        view::View,
    },
    text::plan::Outline,
    wire::api,
};
use std::rc::Rc;

use crate::{context::Context, error::CliError, folder::Folder, profile::Whose};
use log::{Local, LogSource};
use replica::Replica;
use server::ServerPlan;

/// A plan, wherever it is.
pub enum OpenPlan {
    /// On the server.
    Server(Box<ServerPlan>),
    /// In a replica's folder.
    Replica(Box<Replica>),
}

/// Calls the same method of either.
macro_rules! either {
    ($plan:expr, $one:ident => $call:expr) => {
        match $plan {
            OpenPlan::Server($one) => $call,
            OpenPlan::Replica($one) => $call,
        }
    };
}

impl Context {
    /// Opens a plan: that of the replica that one is in, or else one on the server. Whoever asks for another server or member than
    /// the replica's asks the server.
    pub fn open(&self, plan: &PlanId) -> Result<OpenPlan, CliError> {
        match Folder::here()?.filter(|folder| folder.info.plan == *plan) {
            Some(folder) if self.is_of(&folder)? => Ok(OpenPlan::Replica(Box::new(Replica::open(folder)?))),
            _ => Ok(OpenPlan::Server(Box::new(ServerPlan::open(self.session()?, plan, self.output)?))),
        }
    }

    fn is_of(&self, folder: &Folder) -> Result<bool, CliError> {
        if !self.asks_for_somebody() {
            return Ok(true);
        }
        let session = self.session()?;
        let member = session.member()?;
        Ok(member.member == folder.info.member
            && member.conference == folder.info.conference
            && session.server == folder.info.server)
    }

    /// Opens a plan's log where the plan is. Nothing is asked of it yet.
    pub fn open_log(&self, plan: &PlanId) -> Result<LogSource, CliError> {
        Ok(match self.open(plan)? {
            OpenPlan::Replica(replica) => LogSource::Replica(Rc::new(Local::of(*replica))),
            OpenPlan::Server(_) => LogSource::server(self.session()?, plan),
        })
    }

    /// The same for where a log is read.
    pub fn tell_damage_in(&self, source: &LogSource) {
        if let Some(local) = source.replica() {
            self.tell_damage(local.replica().folder());
        }
    }

    /// Says, after the result, what of the replica was found damaged.
    pub fn tell_damage_of(&self, plan: &OpenPlan) {
        if let OpenPlan::Replica(replica) = plan {
            self.tell_damage(replica.folder());
        }
    }
}

impl OpenPlan {
    /// As whom it is opened.
    pub fn whose(&self) -> Result<Whose, CliError> {
        match self {
            OpenPlan::Server(plan) => plan.whose(),
            OpenPlan::Replica(replica) => Ok(replica.folder().info.whose()),
        }
    }

    /// The plan as people see it.
    pub fn outline(&self) -> Result<Outline, CliError> {
        either!(self, plan => plan.outline())
    }

    /// The plan as people see it, and what of it was merged.
    pub fn text(&self) -> Result<OutlineView, CliError> {
        match self {
            OpenPlan::Server(plan) => plan.view(),
            OpenPlan::Replica(plan) => plan.text(),
        }
    }

    /// The points that were merged, as far as that stands for one's own party.
    pub fn merged(&self) -> Result<Vec<MergedPoint>, CliError> {
        let mut merged = self.view::<MergedView>()?.merged;
        let party = self.party()?;
        merged.retain(|point| point.merged.stands_for(party));
        Ok(merged)
    }

    /// One's own party.
    pub fn party(&self) -> Result<&PartyId, CliError> {
        match self {
            OpenPlan::Server(plan) => plan.party(),
            OpenPlan::Replica(plan) => Ok(&plan.member().party),
        }
    }

    /// Confirms what was merged in these points, as far as it was seen; none is the title. Answers what was merged again meanwhile.
    pub fn confirm(&self, points: &[Option<PointId>], seen: u64) -> Result<Vec<Option<PointId>>, CliError> {
        match self {
            OpenPlan::Server(plan) => plan.confirm(points, seen),
            OpenPlan::Replica(plan) => plan.confirm(points).map(|()| Vec::new()),
        }
    }

    /// Makes edits, all or none; they are durable when this returns.
    pub fn run(&self, script: &Script) -> Result<Applied, CliError> {
        either!(self, plan => plan.run(script))
    }

    /// Makes one edit, and answers what it did.
    pub fn edit(&self, edit: Edit) -> Result<Done, CliError> {
        only(self.run(&Script { edits: vec![edit], ..Script::default() })?)
    }

    /// The plan and what one may do with it.
    pub fn plan(&self) -> Result<api::Plan, CliError> {
        either!(self, plan => plan.plan())
    }

    /// The layers that one may read.
    pub fn layers(&self) -> Result<Vec<people::Layer>, CliError> {
        either!(self, plan => plan.layers())
    }

    /// What follows from the plan and the layers that one may read.
    pub fn view<V: View>(&self) -> Result<V, CliError> {
        either!(self, plan => plan.view())
    }

    /// The plan as a document to keep.
    pub fn export(&self, form: Edition, format: Format) -> Result<String, CliError> {
        either!(self, plan => plan.export(form, format))
    }
}

/// What the only edit of a script did.
pub fn only(applied: Applied) -> Result<Done, CliError> {
    let nothing = || CliError::Refused("nothing is said of what the edit did: look before you repeat it".into());
    applied.done.into_iter().next().ok_or_else(nothing)
}
