//! Layers of a plan: listing those one may read, opening one's own party's, saying who reads them.

use axum::{
    Json,
    extract::{RawPathParams, State},
    http::StatusCode,
};
use plenary_shared::{id::LayerId, people, wire::api};
use std::sync::Arc;

use super::{
    app::App,
    caller::{Body, Reader, Speaker, named},
    error::ApiError,
};

pub(super) async fn list(State(app): State<Arc<App>>, reader: Reader) -> Result<Json<Vec<people::Layer>>, ApiError> {
    Ok(Json(app.registry.readable_layers(reader.member(), &reader.plan)?))
}

pub(super) async fn open(
    State(app): State<Arc<App>>,
    Speaker(reader): Speaker,
    Body(new): Body<api::NewLayer>,
) -> Result<(StatusCode, Json<people::Layer>), ApiError> {
    let (member, plan) = (reader.member(), &reader.plan);
    let layer = app.registry.open_layer(member, plan.clone(), new).await?;
    Ok((StatusCode::CREATED, Json(app.registry.own_layer(member, plan, layer)?)))
}

/// The layer is one of the caller's own party: nobody names another's here.
pub(super) async fn set_audience(
    State(app): State<Arc<App>>,
    Speaker(reader): Speaker,
    path: RawPathParams,
    Body(list): Body<api::AudienceList>,
) -> Result<Json<people::Layer>, ApiError> {
    let (member, plan) = (reader.member(), &reader.plan);
    let layer: LayerId = named(&path, "l")?;
    app.registry.set_audience(&app.rooms, member, plan.clone(), layer.clone(), list.audience).await?;
    Ok(Json(app.registry.own_layer(member, plan, layer)?))
}
