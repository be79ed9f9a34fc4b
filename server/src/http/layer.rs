//! Layers of a plan: listing those one may read, opening one's own party's, saying who reads them, and what was decided about one.

use axum::{
    Json,
    extract::{RawPathParams, State},
    http::StatusCode,
    response::Response,
};
use bytes::Bytes;
use plenary_shared::{
    id::LayerId,
    log::record::{Digest, Record, RecordKind},
    people,
    wire::{api, sync::PullLine},
};
use std::sync::Arc;

use super::{
    app::App,
    caller::{Body, LayerReader, Reader, Speaker, named},
    error::ApiError,
    line,
    lines::{Lines, answer, page},
};
use crate::store::Seq;

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

/// The layer is one of the caller's own party, too.
pub(super) async fn close(
    State(app): State<Arc<App>>,
    Speaker(reader): Speaker,
    path: RawPathParams,
) -> Result<Json<people::Layer>, ApiError> {
    let (member, plan) = (reader.member(), &reader.plan);
    let layer: LayerId = named(&path, "l")?;
    app.registry.close_layer(&app.rooms, member, plan.clone(), layer.clone()).await?;
    Ok(Json(app.registry.own_layer(member, plan, layer)?))
}

/// What was decided about a layer, up to now. Of the edits in its log nothing is told.
pub(super) async fn acts(State(app): State<Arc<App>>, LayerReader(mut reader): LayerReader) -> Result<Response, ApiError> {
    let place = app.place(reader.member()).ok_or_else(ApiError::too_many)?;
    let end = app.rooms.ends(std::slice::from_ref(&reader.address)).await.pop().flatten();
    let end = end.ok_or_else(|| ApiError::unavailable("the log cannot be read: try again"))?;
    reader.again(&app)?;
    let (lines, told) = Lines::open(app.rooms.answers(), reader.member());
    tokio::spawn(async move {
        let _place = place;
        tell_acts(&app, &reader, &lines, end).await
    });
    Ok(answer(told))
}

/// Tells the acts up to a record; `None` if it ended early, which the reader sees by the last line that is missing.
async fn tell_acts(app: &App, reader: &Reader, lines: &Lines, end: Seq) -> Option<()> {
    let (mut after, mut digest) = (0, None);
    while after < end {
        let page = page(app.rooms.store(), reader.address.clone(), after, digest, act_line).await;
        let page = page.filter(|page| !page.is_empty())?;
        for (seq, at, line) in page.into_iter().take_while(|(seq, ..)| *seq <= end) {
            (after, digest) = (seq, Some(at));
            if !line.is_empty() {
                reader.rights_to(app, &reader.address)?;
                lines.send(line).await?;
            }
        }
    }
    reader.rights_to(app, &reader.address)?;
    lines.send(line::line(&PullLine::End)).await
}

/// The line of an act; of an edit none.
fn act_line(seq: Seq, digest: &Digest, record: Record) -> Bytes {
    match record.kind {
        RecordKind::Act => line::line(&PullLine::Record { record: line::told(seq, digest, record), refused: false }),
        _ => Bytes::new(),
    }
}
