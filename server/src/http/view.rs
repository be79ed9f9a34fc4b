//! What follows from a plan and the layers that the one who asks may read: annotations, standing, brackets, schedule.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use plenary_shared::{
    people::Member,
    talk::{dossier::Dossier, schedule},
    text::plan::Outline,
};
use serde::Serialize;
use std::sync::Arc;

use super::{ApiError, App, Caller, plan::readable};
use crate::{
    dossiers::{self, DossierError, Needs},
    room::document::Document,
};

pub(super) async fn annotations(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((conference, plan)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    json(&app, &caller, &conference, &plan, Needs::All, Dossier::annotations).await
}

pub(super) async fn standing(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((conference, plan)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    json(&app, &caller, &conference, &plan, Needs::Positions, Dossier::standing).await
}

pub(super) async fn brackets(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((conference, plan)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    json(&app, &caller, &conference, &plan, Needs::Public, Dossier::brackets).await
}

/// The schedule follows from the plan alone.
pub(super) async fn timetable(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((conference, plan)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let bytes = outline(&app, &caller, &conference, &plan, |outline| serde_json::to_vec(&schedule::timetable(outline))).await?;
    as_json(&app, caller.member_of(&conference)?, bytes)
}

async fn json<T: Serialize + Send + 'static>(
    app: &Arc<App>,
    caller: &Caller,
    conference: &str,
    plan: &str,
    needs: Needs,
    view: fn(&Dossier) -> T,
) -> Result<Response, ApiError> {
    let bytes = dossier(app, caller, conference, plan, needs, move |dossier| serde_json::to_vec(&view(dossier))).await?;
    as_json(app, caller.member_of(conference)?, bytes)
}

fn as_json(app: &App, member: &Member, bytes: serde_json::Result<Vec<u8>>) -> Result<Response, ApiError> {
    // Without the room that it grew by, which nobody counts.
    let bytes = app.counted(member, bytes.map_err(|_| DossierError::Unreadable)?.into_boxed_slice())?;
    Ok(([(axum::http::header::CONTENT_TYPE, "application/json")], bytes).into_response())
}

/// Answers what `view` makes of a plan's text. It takes one of the caller's places until the work is done, whether or not anybody still
/// waits for it.
pub(super) async fn outline<T: Send + 'static>(
    app: &App,
    caller: &Caller,
    conference: &str,
    plan: &str,
    view: impl FnOnce(&Outline) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let (_, rights) = readable(app, caller, conference, plan)?;
    let place = app.view_place(&rights.member).await?;
    // The right may be gone by the time that there is a place.
    let (address, _) = readable(app, caller, conference, plan)?;
    let state = app.rooms.read(&address).await?;
    let made = tokio::task::spawn_blocking(move || {
        let _place = place;
        Document::on_state(&state, |txn| Some(view(&Outline::read(txn))))
    });
    Ok(made.await.ok().flatten().ok_or(DossierError::Unreadable)?)
}

/// Answers what `view` makes of the caller's dossier of a plan. It takes a place in the same way.
pub(super) async fn dossier<T: Send + 'static>(
    app: &Arc<App>,
    caller: &Caller,
    conference: &str,
    plan: &str,
    needs: Needs,
    view: impl FnOnce(&Dossier) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let (_, rights) = readable(app, caller, conference, plan)?;
    let place = app.view_place(&rights.member).await?;
    let plan = plan.parse().map_err(|_| ApiError::not_found())?;
    Ok(dossiers::view(&app.registry, &app.rooms, &rights.member, &plan, needs, place, view).await?)
}

impl From<DossierError> for ApiError {
    fn from(error: DossierError) -> Self {
        match error {
            DossierError::Registry(error) => error.into(),
            DossierError::Room(error) => error.into(),
            DossierError::Unreadable => ApiError::unavailable(error.to_string()),
        }
    }
}
