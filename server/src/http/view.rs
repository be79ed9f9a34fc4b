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
        && names(known, &tag(&app, &key, view))
    {
        reader.again(&app)?;
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag(&app, &key, view))]).into_response());
    }
    let place = app.view_place(reader.member()).await?;
    let (key, bytes) = app.dossiers.json(reader.member(), &reader.plan, view, place).await?;
    let bytes = app.counted(reader.member(), bytes)?;
    let mut answer = ([(header::CONTENT_TYPE, "application/json")], bytes).into_response();
    if let Some(tag) = key.and_then(|key| HeaderValue::try_from(tag(&app, &key, view)).ok()) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    Ok(answer)
}

/// Answers what `view` makes of the caller's dossier of a plan. It takes one of the caller's places until the work is done, whether or not
/// anybody still waits for it.
pub(super) async fn dossier<T: Send + 'static>(
    app: &App,
    reader: &Reader,
    needs: Needs,
    view: impl FnOnce(&Dossier) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let place = app.view_place(reader.member()).await?;
    let (_, made) = app.dossiers.view(reader.member(), &reader.plan, needs, place, view).await?;
    Ok(made)
}

fn tag(app: &App, key: &Key, view: &view::NamedView) -> String {
    format!("\"{:016x}\"", app.dossiers.tag(key, view.name))
}

/// Whether a tag is among those that `If-None-Match` names.
fn names(known: &HeaderValue, tag: &str) -> bool {
    let mut listed = known.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    listed.any(|one| one.strip_prefix(b"W/").unwrap_or(one) == tag.as_bytes())
}
