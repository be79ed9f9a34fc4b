//! Conferences, parties, members and invitations.

use axum::{
    Json,
    extract::{RawPathParams, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use plenary_shared::{limits, people, wire::api};
use std::sync::Arc;

use super::{
    app::App,
    caller::{Administrator, Body, Caller, Chair, Guesser, MemberOf, named},
    error::ApiError,
};
use crate::auth;

pub(super) async fn join(
    State(app): State<Arc<App>>,
    guesser: Guesser,
    headers: HeaderMap,
    Body(request): Body<api::JoinRequest>,
) -> Result<Response, ApiError> {
    let mut joined = app.registry.join(&request.invitation).await.map_err(|error| guesser.told(&app, error))?;
    if !request.cookie {
        return Ok(Json(joined).into_response());
    }
    let token = joined.token.take().unwrap_or_default();
    // Browsers keep a Secure cookie for localhost too; behind plain HTTP elsewhere it would be refused.
    let secure =
        if app.limits.tls || headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https") { "; Secure" } else { "" };
    let age = limits::TOKEN.as_secs();
    let cookie = format!("{}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={age}{secure}", auth::COOKIE);
    Ok(([(header::SET_COOKIE, cookie)], Json(joined)).into_response())
}

pub(super) async fn whoami(caller: Caller) -> Json<api::Whoami> {
    Json(caller.who)
}

pub(super) async fn open(
    State(app): State<Arc<App>>,
    _: Administrator,
    Body(new): Body<api::NewConference>,
) -> Result<(StatusCode, Json<api::Invitation>), ApiError> {
    Ok((StatusCode::CREATED, Json(app.registry.open_conference(new).await?)))
}

pub(super) async fn show(State(app): State<Arc<App>>, MemberOf(member): MemberOf) -> Result<Json<api::Conference>, ApiError> {
    Ok(Json(seen(&app, &member)?))
}

/// A member's conference, as all its members see it.
pub(super) fn seen(app: &App, member: &people::Member) -> Result<api::Conference, ApiError> {
    let conference = app.registry.conference(member, |entry| api::Conference {
        id: member.conference.clone(),
        title: entry.title.clone(),
        parties: entry.parties.iter().map(|(id, name)| people::Party { id: id.clone(), name: name.clone() }).collect(),
        members: entry.members.values().cloned().collect(),
    })?;
    Ok(conference)
}

pub(super) async fn add_party(
    State(app): State<Arc<App>>,
    Chair(chair): Chair,
    Body(party): Body<people::Party>,
) -> Result<(StatusCode, Json<people::Party>), ApiError> {
    app.registry.add_party(&chair, party.clone()).await?;
    Ok((StatusCode::CREATED, Json(party)))
}

pub(super) async fn invite(
    State(app): State<Arc<App>>,
    Chair(chair): Chair,
    Body(new): Body<api::NewMember>,
) -> Result<(StatusCode, Json<api::Invitation>), ApiError> {
    Ok((StatusCode::CREATED, Json(app.registry.invite(&chair, new).await?)))
}

pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    Chair(chair): Chair,
    path: RawPathParams,
) -> Result<StatusCode, ApiError> {
    app.registry.revoke(&chair, named(&path, "m")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
