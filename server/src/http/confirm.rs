//! Confirming what was merged: somebody who may draft has looked at it.

use axum::{Json, extract::State};
use plenary_shared::{
    id::PointId,
    log::record::{Provenance, Right},
    wire::sync::{Confirm, Confirmed},
};
use std::{collections::HashSet, sync::Arc};

use super::{
    app::App,
    caller::{Body, Reader, Writer},
    error::ApiError,
};

/// Why somebody does not confirm.
pub(super) const NO_RIGHT: &str =
    "only who may change the words of this plan confirms what was merged: ask the chair for the right to draft, or accept them";

pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    Writer(reader): Writer,
    Body(Confirm { points, seen }): Body<Confirm>,
) -> Result<Json<Confirmed>, ApiError> {
    let _place = app.place(reader.member()).ok_or_else(ApiError::too_many)?;
    let Reader { address, rights, .. } = &reader;
    if !rights.write {
        return Err(ApiError::forbidden(NO_RIGHT));
    }
    let author = rights.member.author();
    app.check_conduct(address, &author)?;
    let by = Provenance { seen: Some(seen), ..Provenance::server(author, Right::of(rights.member.role, address)) };
    app.rooms.confirm(address.clone(), by, points.clone()).await?;
    let marked = app.rooms.unconfirmed(address).await?;
    let marked: HashSet<&Option<PointId>> = marked.iter().map(|mark| &mark.point).collect();
    let left = points.into_iter().filter(|point| marked.contains(point)).collect();
    Ok(Json(Confirmed { left }))
}
