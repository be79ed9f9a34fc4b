//! A plan as the server has it now. Edits are made by the server, on the words as they stand then.

use plenary_shared::{
    id::{PartyId, PlanId, PointId},
    out::{Edition, Format},
    people,
    script::{Applied, Script},
    talk::{dossier::OutlineView, view::View},
    text::plan::Outline,
    wire::{
        api,
        sync::{Confirm, Confirmed},
    },
};
use serde::de::DeserializeOwned;

use crate::{context::Session, error::CliError, output::Output, profile::Whose};

/// A plan on a server.
pub struct ServerPlan {
    session: Session,
    plan: PlanId,
    output: Output,
}

impl ServerPlan {
    /// Nothing is asked yet.
    pub fn open(session: Session, plan: &PlanId, output: Output) -> Result<Self, CliError> {
        session.member()?;
        Ok(ServerPlan { session, plan: plan.clone(), output })
    }

    /// As whom it is opened.
    pub fn whose(&self) -> Result<Whose, CliError> {
        let member = self.session.member()?;
        let (conference, member) = (member.conference.clone(), member.member.clone());
        Ok(Whose { server: self.session.server.clone(), conference, member, in_replica: false })
    }

    /// The plan as people see it.
    pub fn outline(&self) -> Result<Outline, CliError> {
        self.get(&format!("/{}", OutlineView::NAME))
    }

    /// One's own party.
    pub fn party(&self) -> Result<&PartyId, CliError> {
        Ok(&self.session.member()?.party)
    }

    /// Confirms what was merged, as far as it was seen; answers what was merged again meanwhile.
    pub fn confirm(&self, points: &[Option<PointId>], seen: u64) -> Result<Vec<Option<PointId>>, CliError> {
        let path = self.session.plan_path(&self.plan, "/confirm")?;
        let confirm = Confirm { points: points.to_vec(), seen };
        let confirmed: Confirmed = self.session.api.post(&path, &confirm).map_err(|error| error.or_else_do("repeat it"))?;
        Ok(confirmed.left)
    }

    /// Makes edits, all or none; they are durable when this returns.
    pub fn run(&self, script: &Script) -> Result<Applied, CliError> {
        let advice = match script.once {
            Some(_) => "repeat it with the same key: what was kept is not done twice",
            None => "look with `plenary show` or `plenary annotations` before you repeat it",
        };
        let path = self.session.plan_path(&self.plan, "/edits")?;
        let applied: Applied = self.session.api.post(&path, script).map_err(|error| error.or_else_do(advice))?;
        self.output.notice(applied.notice.as_deref());
        Ok(applied)
    }

    /// The plan and what one may do with it.
    pub fn plan(&self) -> Result<api::Plan, CliError> {
        self.get("")
    }

    /// The layers that one may read.
    pub fn layers(&self) -> Result<Vec<people::Layer>, CliError> {
        self.get("/layers")
    }

    /// What follows from the plan and the layers that one may read.
    pub fn view<V: View>(&self) -> Result<V, CliError> {
        self.get(&format!("/{}", V::NAME))
    }

    /// The plan as a document to keep.
    pub fn export(&self, form: Edition, format: Format) -> Result<String, CliError> {
        self.session.api.get_text(&self.session.plan_path(&self.plan, &format!("/export?form={form}&as={format}"))?)
    }

    fn get<T: DeserializeOwned>(&self, what: &str) -> Result<T, CliError> {
        self.session.api.get(&self.session.plan_path(&self.plan, what)?)
    }
}
