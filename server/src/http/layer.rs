//! Layers of a plan: listing those one may read, opening one's own party's, saying who reads them.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use plenary_shared::{
    id::{LayerId, PlanId},
    people,
    wire::api,
};
use std::sync::Arc;

use super::{
    app::App,
    caller::{Body, Caller},
    error::ApiError,
};

pub(super) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((conference, plan)): Path<(String, String)>,
) -> Result<Json<Vec<people::Layer>>, ApiError> {
    let member = caller.member_of(&conference)?;
    Ok(Json(app.registry.readable_layers(member, &plan_id(&plan)?)?))
}

pub(super) async fn open(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((conference, plan)): Path<(String, String)>,
    Body(new): Body<api::NewLayer>,
) -> Result<(StatusCode, Json<people::Layer>), ApiError> {
    let (member, plan, layer) = (caller.member_of(&conference)?, plan_id(&plan)?, new.layer.clone());
    app.registry.open_layer(member, plan.clone(), new).await?;
    Ok((StatusCode::CREATED, Json(app.registry.own_layer(member, &plan, layer)?)))
}

/// The layer is one of the caller's own party: nobody names another's here.
pub(super) async fn set_audience(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((conference, plan, layer)): Path<(String, String, String)>,
    Body(list): Body<api::AudienceList>,
) -> Result<Json<people::Layer>, ApiError> {
    let (member, plan) = (caller.member_of(&conference)?, plan_id(&plan)?);
    let layer: LayerId = layer.parse().map_err(|_| ApiError::not_found())?;
    app.registry.set_audience(member, plan.clone(), layer.clone(), list.audience).await?;
    Ok(Json(app.registry.own_layer(member, &plan, layer)?))
}

fn plan_id(plan: &str) -> Result<PlanId, ApiError> {
    plan.parse().map_err(|_| ApiError::not_found())
}
