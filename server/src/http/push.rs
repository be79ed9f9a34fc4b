//! Offline edits as they come in: in their order, each by its own right.

use axum::{
    Json,
    extract::{Path, Request, State},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use plenary_shared::{
    api::{self, OfflineEdit, Outcome, Part, Push, Pushed},
    id::{DocAddress, LayerId},
    limits,
    record::Author,
};
use std::{collections::VecDeque, sync::Arc};
use tokio::sync::oneshot;

use super::{ApiError, App, Caller, large, plan::readable};
use crate::room::EditError;

/// Edits handed on and not yet answered: those of one batch, so that one gathers while another is made durable.
const UNDER_WAY_MAX: usize = limits::BATCH_UPDATES_MAX;

pub(super) async fn push(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((conference, plan)): Path<(String, String)>,
    request: Request,
) -> Result<Json<Pushed>, ApiError> {
    let (_, rights) = readable(&app, &caller, &conference, &plan)?;
    let (Push { edits }, _place) = large::read(&app, &rights.member, request, limits::PUSH_BYTES_MAX).await?;
    let (plan, rights) = readable(&app, &caller, &conference, &plan)?;
    let author = Author { party: rights.member.party.clone(), member: rights.member.member.clone() };
    let mut pusher =
        Pusher { app, caller, plan, member: rights.member, author, outcomes: Vec::new(), under_way: VecDeque::new() };
    let stopped = pusher.push(edits).await.err().map(ApiError::body);
    Ok(Json(Pushed { outcomes: pusher.outcomes, stopped }))
}

/// An edit that is under way, or what became of it.
enum Step {
    UnderWay(oneshot::Receiver<Result<(), EditError>>),
    Over(Outcome),
}

/// Somebody's edits on their way in.
struct Pusher {
    app: Arc<App>,
    caller: Caller,
    plan: DocAddress,
    member: api::Member,
    author: Author,
    outcomes: Vec<Outcome>,
    under_way: VecDeque<Step>,
}

impl Pusher {
    /// Takes the edits in. An error says why it could not go on after those of which the outcome is known.
    async fn push(&mut self, edits: Vec<OfflineEdit>) -> Result<(), ApiError> {
        let handed = self.hand_on(edits).await;
        // What was handed on before is answered all the same.
        self.settle(0).await.and(handed)
    }

    async fn hand_on(&mut self, edits: Vec<OfflineEdit>) -> Result<(), ApiError> {
        for edit in edits {
            self.settle(UNDER_WAY_MAX - 1).await?;
            let step = match self.read(edit) {
                Ok((address, update)) => Step::UnderWay(self.app.rooms.begin_edit(&address, &self.author, &update, false).await?),
                Err(refused) => Step::Over(Outcome::Refused(refused.body())),
            };
            self.under_way.push_back(step);
        }
        Ok(())
    }

    /// Waits for the oldest edits until no more than `most` are under way.
    async fn settle(&mut self, most: usize) -> Result<(), ApiError> {
        while self.under_way.len() > most {
            let Some(step) = self.under_way.pop_front() else { break };
            let outcome = match step {
                Step::Over(outcome) => outcome,
                Step::UnderWay(done) => match done.await.unwrap_or(Err(EditError::Unavailable)) {
                    Ok(()) => Outcome::Done,
                    Err(error @ EditError::Unavailable) => {
                        self.under_way.clear();
                        return Err(error.into());
                    }
                    Err(error) => Outcome::Refused(ApiError::from(error).body()),
                },
            };
            self.outcomes.push(outcome);
        }
        Ok(())
    }

    /// What an edit does, if the member has the right to it now.
    fn read(&self, edit: OfflineEdit) -> Result<(DocAddress, Bytes), ApiError> {
        let [part] = <[Part; 1]>::try_from(edit.parts).map_err(|_| ApiError::invalid("an edit has one part"))?;
        let address = self.writable(part.layer.as_ref())?;
        let update = STANDARD.decode(part.update).map_err(|_| ApiError::invalid("the update is not base64"))?;
        Ok((address, update.into()))
    }

    /// The document of a part, if the member may write in it now. What is not there and what is not for the member answer alike.
    fn writable(&self, layer: Option<&LayerId>) -> Result<DocAddress, ApiError> {
        let rights = |address: &DocAddress| self.app.registry.rights(&self.caller.token, address).map(|rights| rights.write);
        let (Some(layer), DocAddress::Plan(conference, plan)) = (layer, &self.plan) else {
            return match rights(&self.plan) {
                Some(true) => Ok(self.plan.clone()),
                _ => Err(ApiError::forbidden("you may not change the words of this plan: ask the chair for the right to draft")),
            };
        };
        let address = DocAddress::Layer(conference.clone(), plan.clone(), self.member.party.clone(), layer.clone());
        match rights(&address) {
            Some(true) => Ok(address),
            Some(false) => Err(ApiError::forbidden(format!("you may read the layer {layer}, not write in it"))),
            None => Err(ApiError::forbidden(format!("your party has no layer {layer} on this plan: check the name, or open it"))),
        }
    }
}
