//! Conferences, parties, members and invitations.

use axum::{
    Json,
    extract::{RawPathParams, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use plenary_shared::{id::PartyId, limits, people, wire::api};
use std::sync::Arc;

use super::{
    app::App,
    caller::{Administrator, Admitting, Body, Caller, Chair, Guesser, MemberOf, named},
    error::ApiError,
};
use crate::{auth, registry::Standing};

pub(super) async fn join(
    State(app): State<Arc<App>>,
    guesser: Guesser,
    headers: HeaderMap,
    Body(request): Body<api::JoinRequest>,
) -> Result<Response, ApiError> {
    let joined = match (request.invitation, request.recovery) {
        (Some(invitation), None) => app.registry.join(&invitation).await,
        (None, Some(recovery)) => app.registry.recover(&recovery).await,
        _ => return Err(ApiError::invalid("give an invitation or a recovery code, and not both")),
    };
    let mut joined = joined.map_err(|error| guesser.told(&app, error))?;
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

/// A member's conference, as all its members see it, but for those who wait to be joined by whom their party invited.
pub(super) fn seen(app: &App, member: &people::Member) -> Result<api::Conference, ApiError> {
    let conference = app.registry.conference(member, |entry| api::Conference {
        id: member.conference.clone(),
        title: entry.title.clone(),
        parties: entry.parties.iter().map(|(id, name)| people::Party { id: id.clone(), name: name.clone() }).collect(),
        closed: entry.closed.iter().cloned().collect(),
        members: entry.members().cloned().collect(),
        invited: entry.invited(&member.party).cloned().collect(),
        asked: entry.seats_that(Standing::Asked).cloned().collect(),
        ended: entry.seats_that(Standing::Ended).cloned().collect(),
        put_in: entry.put_in(),
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

pub(super) async fn change_party(
    State(app): State<Arc<App>>,
    Chair(chair): Chair,
    path: RawPathParams,
    Body(change): Body<api::PartyChange>,
) -> Result<Json<people::Party>, ApiError> {
    Ok(Json(app.registry.change_party(&chair, named(&path, "p")?, change).await?))
}

pub(super) async fn invite(
    State(app): State<Arc<App>>,
    Admitting(member): Admitting,
    Body(new): Body<api::NewMember>,
) -> Result<(StatusCode, Json<api::Invitation>), ApiError> {
    Ok(answer(app.registry.invite(&member, new).await?))
}

/// A seat that is only asked for is accepted, not created.
fn answer(invitation: api::Invitation) -> (StatusCode, Json<api::Invitation>) {
    (if invitation.asked { StatusCode::ACCEPTED } else { StatusCode::CREATED }, Json(invitation))
}

pub(super) async fn put_in(
    State(app): State<Arc<App>>,
    Chair(chair): Chair,
    path: RawPathParams,
    Body(new): Body<api::NewHead>,
) -> Result<(StatusCode, Json<api::Invitation>), ApiError> {
    app.registry.paced(&api::Whoami::Member(chair.clone()))?;
    Ok(answer(app.registry.put_in_head(&chair, named(&path, "p")?, new).await?))
}

pub(super) async fn grant(
    State(app): State<Arc<App>>,
    Admitting(head): Admitting,
    path: RawPathParams,
) -> Result<(StatusCode, Json<api::Invitation>), ApiError> {
    Ok((StatusCode::CREATED, Json(app.registry.grant(&head, named(&path, "m")?).await?)))
}

pub(super) async fn change(
    State(app): State<Arc<App>>,
    Admitting(head): Admitting,
    path: RawPathParams,
    Body(change): Body<api::MemberChange>,
) -> Result<Json<people::Member>, ApiError> {
    Ok(Json(app.registry.change_member(&head, named(&path, "m")?, change).await?))
}

/// The seats of the caller's own party: another's are answered as what does not exist.
pub(super) async fn seats(
    State(app): State<Arc<App>>,
    MemberOf(member): MemberOf,
    path: RawPathParams,
) -> Result<Json<api::Seats>, ApiError> {
    own_party(&member, &path)?;
    Ok(Json(app.registry.seats(&member)?))
}

pub(super) async fn open_older_layers(
    State(app): State<Arc<App>>,
    MemberOf(member): MemberOf,
    path: RawPathParams,
) -> Result<Json<api::Seats>, ApiError> {
    own_party(&member, &path)?;
    app.registry.open_older_layers(&member).await?;
    Ok(Json(app.registry.seats(&member)?))
}

fn own_party(member: &people::Member, path: &RawPathParams) -> Result<(), ApiError> {
    let party: PartyId = named(path, "p")?;
    if party == member.party { Ok(()) } else { Err(ApiError::not_found()) }
}

pub(super) async fn devices(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Vec<api::Device>>, ApiError> {
    Ok(Json(app.registry.devices(&caller.token)?))
}

pub(super) async fn end_device(State(app): State<Arc<App>>, caller: Caller, path: RawPathParams) -> Result<Response, ApiError> {
    app.registry.end_device(&caller.token, named(&path, "d")?).await?;
    // Who ended the device that asks is left with a cookie that is good for nothing, and that no script can take away.
    let left = app.registry.devices(&caller.token).is_err();
    let cookie = left.then(|| format!("{}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0", auth::COOKIE));
    Ok((StatusCode::NO_CONTENT, cookie.map(|cookie| [(header::SET_COOKIE, cookie)]), ()).into_response())
}

pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    MemberOf(member): MemberOf,
    path: RawPathParams,
) -> Result<StatusCode, ApiError> {
    app.registry.paced(&api::Whoami::Member(member.clone()))?;
    app.registry.revoke(&member, named(&path, "m")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
