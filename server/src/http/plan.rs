//! Plans: creating, listing, access, consent, export and the log.

use axum::{
    Json,
    body::Body as HttpBody,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use plenary_shared::{
    access::{self, Action, Role},
    api,
    id::{ConferenceId, DocAddress, PlanId},
    limits, markdown,
    plan::Outline,
};
use std::sync::{Arc, atomic::Ordering};
use tokio::time::timeout;

use super::{ApiError, App, Body, Caller};
use crate::{
    outbox::{Next, Outbox},
    plans::{self, CreateError},
    registry::{PlanEntry, Rights},
    room::{Command, SessionId, document::Document},
};

pub(super) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(conference): Path<String>,
) -> Result<Json<Vec<api::Plan>>, ApiError> {
    let member = caller.member_of(&conference)?;
    let plans = app.registry.conference(member, |entry| {
        let all = entry.plans.iter().filter_map(|(id, plan)| seen(member, id, plan));
        all.collect::<Vec<_>>()
    })?;
    Ok(Json(plans))
}

/// A plan as a member may see it.
fn seen(member: &api::Member, id: &PlanId, plan: &PlanEntry) -> Option<api::Plan> {
    let yours = plan.access.get(&member.party).copied();
    access::may(member.role, yours, Action::Read).then(|| api::Plan {
        id: id.clone(),
        title: plan.title.clone(),
        yours,
        access: (member.role == Role::Chair).then(|| plan.access.clone()),
        consent: plan.must_consent(),
    })
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(conference): Path<String>,
    Body(new): Body<api::NewPlan>,
) -> Result<(StatusCode, Json<api::Plan>), ApiError> {
    let chair = caller.chair_of(&conference)?;
    let id = new.id.clone();
    plans::create(&app.registry, &app.rooms, chair, new).await.map_err(|error| match error {
        CreateError::Import(error) => ApiError::invalid(error.to_string()),
        CreateError::Registry(error) => error.into(),
        CreateError::Room(error) => error.into(),
    })?;
    Ok((StatusCode::CREATED, Json(find(&app, chair, &id)?)))
}

fn find(app: &App, member: &api::Member, id: &PlanId) -> Result<api::Plan, ApiError> {
    let plan = app.registry.conference(member, |entry| entry.plans.get(id).and_then(|plan| seen(member, id, plan)))?;
    plan.ok_or_else(ApiError::not_found)
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((conference, plan)): Path<(String, String)>,
) -> Result<Json<api::Plan>, ApiError> {
    let member = caller.member_of(&conference)?;
    let plan = plan.parse().map_err(|_| ApiError::not_found())?;
    Ok(Json(find(&app, member, &plan)?))
}

pub(super) async fn set_access(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((conference, plan)): Path<(String, String)>,
    Body(list): Body<api::AccessList>,
) -> Result<Json<api::Plan>, ApiError> {
    let plan: PlanId = plan.parse().map_err(|_| ApiError::not_found())?;
    // Whoever may not see the plan is told nothing else about it.
    find(&app, caller.member_of(&conference)?, &plan)?;
    let chair = caller.chair_of(&conference)?;
    app.registry.set_access(chair, plan.clone(), list.access).await?;
    Ok(Json(find(&app, chair, &plan)?))
}

pub(super) async fn choose_consent(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((conference, plan)): Path<(String, String)>,
    Body(list): Body<api::ConsentList>,
) -> Result<Json<api::Plan>, ApiError> {
    let plan: PlanId = plan.parse().map_err(|_| ApiError::not_found())?;
    // Whoever may not see the plan is told nothing else about it.
    find(&app, caller.member_of(&conference)?, &plan)?;
    let chair = caller.chair_of(&conference)?;
    app.registry.choose_consent(chair, plan.clone(), list.parties).await?;
    Ok(Json(find(&app, chair, &plan)?))
}

pub(super) fn readable(app: &App, caller: &Caller, conference: &str, plan: &str) -> Result<(DocAddress, Rights), ApiError> {
    let conference: ConferenceId = conference.parse().map_err(|_| ApiError::not_found())?;
    let plan: PlanId = plan.parse().map_err(|_| ApiError::not_found())?;
    let address = DocAddress::Plan(conference, plan);
    let rights = app.registry.rights(&caller.token, &address).ok_or_else(ApiError::not_found)?;
    Ok((address, rights))
}

pub(super) async fn export(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((conference, plan)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let (address, rights) = readable(&app, &caller, &conference, &plan)?;
    let place = app.view_place(&rights.member).ok_or_else(too_many)?;
    let state = app.rooms.read(&address).await?;
    let exported = tokio::task::spawn_blocking(move || {
        let _place = place;
        to_markdown(&state)
    });
    let text = exported.await.ok().flatten();
    let text = text.ok_or_else(|| ApiError::unavailable("the plan cannot be exported now"))?;
    Ok(([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], text).into_response())
}

pub(super) fn too_many() -> ApiError {
    ApiError::unavailable("too many connections are open: close some, or try again later")
}

fn to_markdown(state: &Bytes) -> Option<String> {
    Document::on_state(state, |txn| Some(markdown::export(&Outline::read(txn))))
}

/// The log as it grows, a line each. An empty line now and then shows that the connection is alive.
pub(super) async fn log(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((conference, plan)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    // Watched from before the right is looked up, so that none is taken away unseen.
    let mut version = app.registry.version();
    let (address, rights) = readable(&app, &caller, &conference, &plan)?;
    let place = app.session_place(&rights.member, &address).ok_or_else(too_many)?;
    let session = SessionId(app.next_session.fetch_add(1, Ordering::Relaxed));
    let outbox = Arc::new(Outbox::default());
    let follow = |joined| Command::Follow { session, outbox: outbox.clone(), joined };
    let (inbox, ()) = app.rooms.ask(&address, follow).await?;
    let (lines, body) = tokio::sync::mpsc::channel::<Result<Bytes, std::convert::Infallible>>(1);
    tokio::spawn(async move {
        let _place = place;
        let send = async |line: Bytes| matches!(timeout(limits::WRITE, lines.send(Ok(line))).await, Ok(Ok(())));
        'following: loop {
            tokio::select! {
                next = timeout(limits::PING / 2, outbox.next()) => match next {
                    Err(_) => {
                        // A token that expires moves nothing in the registry.
                        let gone = app.registry.rights(&caller.token, &address).is_none();
                        if gone || !send(Bytes::from_static(b"\n")).await {
                            break;
                        }
                    }
                    Ok(Next::Frames(frames)) => for frame in frames {
                        if !send(frame).await {
                            break 'following;
                        }
                    },
                    Ok(Next::AskToCatchUp | Next::Close(_)) => break,
                },
                changed = version.changed() => {
                    if changed.is_err() || app.registry.rights(&caller.token, &address).is_none() {
                        break;
                    }
                }
            }
        }
        let _ = inbox.send(Command::Leave { session }).await;
    });
    let stream = futures_util::stream::unfold(body, async |mut body| body.recv().await.map(|line| (line, body)));
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], HttpBody::from_stream(stream)).into_response())
}
