//! What follows from a plan and the layers that the one who asks may read: annotations, standing, brackets, schedule.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use plenary_shared::{
    people::Member,
    talk::{dossier::Dossier, schedule},
    text::plan::Outline,
};
use serde::Serialize;
use std::sync::Arc;

use super::{app::App, caller::Reader, error::ApiError};
use crate::{
    dossiers::{self, DossierError, Needs},
    room::document::Document,
};

pub(super) async fn annotations(State(app): State<Arc<App>>, reader: Reader) -> Result<Response, ApiError> {
    json(&app, reader, Needs::All, Dossier::annotations).await
}

pub(super) async fn standing(State(app): State<Arc<App>>, reader: Reader) -> Result<Response, ApiError> {
    json(&app, reader, Needs::Positions, Dossier::standing).await
}

pub(super) async fn brackets(State(app): State<Arc<App>>, reader: Reader) -> Result<Response, ApiError> {
    json(&app, reader, Needs::Public, Dossier::brackets).await
}

/// The schedule follows from the plan alone.
pub(super) async fn timetable(State(app): State<Arc<App>>, mut reader: Reader) -> Result<Response, ApiError> {
    let bytes = outline(&app, &mut reader, |outline| serde_json::to_vec(&schedule::timetable(outline))).await?;
    as_json(&app, reader.member(), bytes)
}

async fn json<T: Serialize + Send + 'static>(
    app: &Arc<App>,
    reader: Reader,
    needs: Needs,
    view: fn(&Dossier) -> T,
) -> Result<Response, ApiError> {
    let bytes = dossier(app, &reader, needs, move |dossier| serde_json::to_vec(&view(dossier))).await?;
    as_json(app, reader.member(), bytes)
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
    reader: &mut Reader,
    view: impl FnOnce(&Outline) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let place = app.view_place(reader.member()).await?;
    // The right may be gone by the time that there is a place.
    reader.again(app)?;
    let state = app.rooms.read(&reader.address).await?;
    let made = tokio::task::spawn_blocking(move || {
        let _place = place;
        Document::on_state(&state, |txn| Some(view(&Outline::read(txn))))
    });
    Ok(made.await.ok().flatten().ok_or(DossierError::Unreadable)?)
}

/// Answers what `view` makes of the caller's dossier of a plan. It takes a place in the same way.
pub(super) async fn dossier<T: Send + 'static>(
    app: &Arc<App>,
    reader: &Reader,
    needs: Needs,
    view: impl FnOnce(&Dossier) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let place = app.view_place(reader.member()).await?;
    Ok(dossiers::view(&app.registry, &app.rooms, reader.member(), &reader.plan, needs, place, view).await?)
}
