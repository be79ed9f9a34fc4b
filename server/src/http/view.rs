//! What follows from a plan and the layers that the one who asks may read: one route for each view, and one way to answer them all.
//!
//! An answer comes with a tag. Whoever asks again and names it is told 304 as long as nothing of what it may read has moved: nothing is
//! read for that, and no place taken.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use plenary_shared::talk::{
    dossier::Dossier,
    view::{self, Needs},
};
use std::sync::Arc;

use super::{app::App, caller::Reader, error::ApiError};
use crate::dossiers::Key;

/// The routes of all views.
pub(super) fn routes() -> Router<Arc<App>> {
    view::ALL.iter().fold(Router::new(), |routes, view| {
        let show = move |app, reader, headers| show(view, app, reader, headers);
        routes.route(&format!("/conferences/{{c}}/plans/{{p}}/{}", view.name), get(show))
    })
}

async fn show(
    view: &'static view::NamedView,
    State(app): State<Arc<App>>,
    mut reader: Reader,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if let Some(known) = headers.get(header::IF_NONE_MATCH)
        && let Some(key) = app.dossiers.key(reader.member(), &reader.plan, view.needs).await?
        && let tag = etag(app.dossiers.tag(&(view.name, &key)))
        && names(known, &tag)
    {
        reader.again(&app)?;
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let (tag, bytes) = answer(&app, &mut reader, view.needs, view.name, |dossier| (view.json)(dossier).ok()).await?;
    let mut answer = ([(header::CONTENT_TYPE, "application/json")], bytes).into_response();
    if let Some(tag) = tag.and_then(|tag| HeaderValue::try_from(etag(tag)).ok()) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    Ok(answer)
}

/// What `make` makes of the caller's dossier of a plan, and the tag that stands for it, if one does. It takes one of the caller's places
/// until it has left, and a turn until it is made, whether or not anybody still waits for it. What is on its way to somebody of the party
/// already is sent once more, and not made.
pub(super) async fn answer(
    app: &App,
    reader: &mut Reader,
    needs: Needs,
    name: &str,
    make: impl FnOnce(&Dossier) -> Option<Vec<u8>> + Send + 'static,
) -> Result<(Option<u64>, Bytes), ApiError> {
    let place = app.place(reader.member()).ok_or_else(ApiError::too_many)?;
    let turn = app.view_turn(reader.member()).await?;
    // The right may be gone by the time that it has its turn.
    reader.again(app)?;
    let member = reader.member();
    let tag = |key: &Key| app.dossiers.tag(&(name, key));
    let now = app.dossiers.key(member, &reader.plan, needs).await?.map(|key| tag(&key));
    if let Some(bytes) = now.and_then(|tag| app.rooms.answers().tagged(member, tag)) {
        return Ok((now, place.until_read(bytes)));
    }
    let (key, made) = app.dossiers.shown(member, &reader.plan, (needs, name.to_owned()), turn, make).await?;
    let tag = key.map(|key| tag(&key));
    Ok((tag, place.until_read(app.counted(member, tag, made)?)))
}

fn etag(tag: u64) -> String {
    format!("\"{tag:016x}\"")
}

/// Whether a tag is among those that `If-None-Match` names.
fn names(known: &HeaderValue, tag: &str) -> bool {
    let mut listed = known.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    listed.any(|one| one.strip_prefix(b"W/").unwrap_or(one) == tag.as_bytes())
}
