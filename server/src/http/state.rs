//! A plan's document now, or as it once stood.

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use plenary_shared::log::record::Digest;
use serde::Deserialize;
use std::sync::Arc;

use super::{app::App, caller::Reader, error::ApiError, line};
use crate::{dossiers::DossierError, room::document::Document, store::Seq};

/// Which state is asked for; neither: the present one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct When {
    /// The one after this record.
    seq: Option<Seq>,
    /// The one that stood at this time: before the first record that came later.
    at_ms: Option<u64>,
    /// Ignored here: the credential of clients that have no other way.
    #[serde(rename = "token")]
    _token: Option<String>,
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    mut reader: Reader,
    query: Result<Query<When>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(when) = query.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    if when.seq.is_some() && when.at_ms.is_some() {
        return Err(ApiError::invalid("ask for the state at a record or at a time, not both"));
    }
    let place = app.place(reader.member()).ok_or_else(ApiError::too_many)?;
    let turn = app.view_turn(reader.member()).await?;
    // The right may be gone by the time that it has its turn.
    reader.again(&app)?;
    let address = reader.address.clone();
    let is_past = when.seq.is_some() || when.at_ms.is_some();
    // A document is encoded for the present state only.
    let (end, state) = if is_past {
        (app.rooms.end(&address).await?, None)
    } else {
        let (end, state) = app.rooms.lacking(&address, &yrs::StateVector::default()).await?;
        (end, Some(state))
    };
    if when.seq.is_some_and(|seq| seq > end.seq) {
        return Err(ApiError::invalid(format!("the log ends at record {}: ask for that one, or an earlier one", end.seq)));
    }
    let member = reader.member();
    if state.is_some()
        && let Some(line) = app.rooms.answers().tagged(member, tag(&app, end.seq, &end.digest))
    {
        return Ok(answer(place.until_read(line)));
    }
    let store = app.rooms.store();
    let told = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        if let Some(state) = state {
            return Some((end.seq, end.digest, line::state(end.seq, &end.digest, &state)));
        }
        let until = when.seq.unwrap_or(end.seq);
        let wanted = |seq, at_ms| seq <= until && when.at_ms.is_none_or(|at| at_ms <= at);
        let past = Document::past(&*store, &address, &end.refused, wanted)?;
        Some((past.seq, past.digest, line::state(past.seq, &past.digest, &past.state)))
    });
    let (seq, digest, line) = told.await.ok().flatten().ok_or(DossierError::Unreadable)?;
    // That took its time.
    reader.again(&app)?;
    let line = app.counted(reader.member(), Some(tag(&app, seq, &digest)), line)?;
    Ok(answer(place.until_read(line)))
}

/// What stands for a document at a record, told in a line. No two logs have one digest.
pub(super) fn tag(app: &App, seq: Seq, digest: &Digest) -> u64 {
    app.dossiers.tag(&("state", seq, digest))
}

fn answer(line: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], line).into_response()
}
