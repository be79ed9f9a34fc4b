//! Plans: creating, listing, access, consent.

use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
};
use plenary_shared::{
    access::{self, Action, Role},
    id::PlanId,
    limits, people,
    wire::api,
};
use std::sync::Arc;

use super::{
    app::App,
    caller::{Body, Chair, MemberOf, Reader},
    error::ApiError,
    large,
};
use crate::{
    plans::{self, CreateError},
    registry::PlanEntry,
};

pub(super) async fn list(State(app): State<Arc<App>>, MemberOf(member): MemberOf) -> Result<Json<Vec<api::Plan>>, ApiError> {
    let plans = app.registry.conference(&member, |entry| {
        let all = entry.plans.iter().filter_map(|(id, plan)| seen(&member, id, plan));
        all.collect::<Vec<_>>()
    })?;
    Ok(Json(plans))
}

/// A plan as a member may see it.
fn seen(member: &people::Member, id: &PlanId, plan: &PlanEntry) -> Option<api::Plan> {
    let yours = plan.access.get(&member.party).copied();
    access::may(member.role, yours, Action::Read).then(|| api::Plan {
        id: id.clone(),
        title: plan.title.clone(),
        state: plan.state,
        yours,
        access: (member.role == Role::Chair).then(|| plan.access.clone()),
        consent: plan.must_consent().into_iter().collect(),
        consent_changed: plan.consent_changed.clone(),
    })
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    Chair(chair): Chair,
    request: Request,
) -> Result<(StatusCode, Json<api::Plan>), ApiError> {
    let (new, _place) = large::read::<api::NewPlan>(&app, &chair, request, limits::PLAN_BYTES_MAX).await?;
    let id = new.id.clone();
    plans::create(&app.registry, &chair, new).await.map_err(|error| match error {
        CreateError::Import(error) => ApiError::invalid(error.to_string()),
        CreateError::Registry(error) => error.into(),
        CreateError::Text(error) => error.into(),
    })?;
    Ok((StatusCode::CREATED, Json(find(&app, &chair, &id)?)))
}

pub(super) fn find(app: &App, member: &people::Member, id: &PlanId) -> Result<api::Plan, ApiError> {
    let plan = app.registry.conference(member, |entry| entry.plans.get(id).and_then(|plan| seen(member, id, plan)))?;
    plan.ok_or_else(ApiError::not_found)
}

pub(super) async fn show(State(app): State<Arc<App>>, reader: Reader) -> Result<Json<api::Plan>, ApiError> {
    Ok(Json(find(&app, reader.member(), &reader.plan)?))
}

pub(super) async fn set_access(
    State(app): State<Arc<App>>,
    // Whoever may not see the plan is told nothing else about it.
    Reader { plan, .. }: Reader,
    Chair(chair): Chair,
    Body(list): Body<api::AccessList>,
) -> Result<Json<api::Plan>, ApiError> {
    app.registry.set_access(&app.rooms, &chair, plan.clone(), list).await?;
    Ok(Json(find(&app, &chair, &plan)?))
}

pub(super) async fn choose_consent(
    State(app): State<Arc<App>>,
    // Whoever may not see the plan is told nothing else about it.
    Reader { plan, .. }: Reader,
    Chair(chair): Chair,
    Body(list): Body<api::ConsentList>,
) -> Result<Json<api::Plan>, ApiError> {
    app.registry.choose_consent(&app.rooms, &chair, plan.clone(), list.parties).await?;
    Ok(Json(find(&app, &chair, &plan)?))
}

pub(super) async fn change(
    State(app): State<Arc<App>>,
    // Whoever may not see the plan is told nothing else about it.
    Reader { plan, .. }: Reader,
    Chair(chair): Chair,
    Body(change): Body<api::PlanChange>,
) -> Result<Json<api::Plan>, ApiError> {
    app.registry.change_plan(&app.rooms, &chair, plan.clone(), change).await?;
    Ok(Json(find(&app, &chair, &plan)?))
}
