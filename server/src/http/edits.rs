//! Scripts: edits that are made all or none, for who needs no replica.

mod ran;
mod seen;
#[cfg(test)]
mod tests;

use axum::{
    Json,
    extract::{Request, State},
};
use bytes::Bytes;
use plenary_shared::{
    id::{DocAddress, LayerId},
    limits,
    log::record::{Provenance, Right},
    script::{self, Applied, Ran, Script},
};
use std::{collections::HashMap, sync::Arc};

use ran::{ran, refused};

use super::{
    app::App,
    caller::{Reader, Writer},
    error::ApiError,
    large, share,
};
use crate::{
    registry::Rights,
    room::{EditError, order::Order, provided::Provided},
    rooms::{Change, CommitError, RoomError},
    scripts,
    store::Seq,
};

/// The update that brings nothing.
const NOTHING: [u8; 2] = [0, 0];

pub(super) async fn apply(
    State(app): State<Arc<App>>,
    Writer(mut reader): Writer,
    request: Request,
) -> Result<Json<Applied>, ApiError> {
    let parse = |json: &[u8]| Script::parse(json).map_err(refused);
    let (script, _place) = large::read_as(&app, reader.member(), request, limits::SCRIPT_BYTES_MAX, parse).await?;
    let script = Arc::new(script);
    for _ in 0..limits::EDIT_TRIES {
        let applied = match script.seen {
            Some(seen) => seen::once_over(&app, &mut reader, &script, seen).await?,
            None => once_over(&app, &mut reader, &script).await?,
        };
        match applied {
            Some(applied) => return Ok(Json(applied)),
            None => continue,
        }
    }
    Err(CommitError::Moved.into())
}

/// Runs a script on the documents as they are and commits what it did; `None` if they have moved meanwhile. Only the commit holds
/// them: however long a script runs, nobody waits for it.
async fn once_over(app: &Arc<App>, reader: &mut Reader, script: &Arc<Script>) -> Result<Option<Applied>, ApiError> {
    reader.again(app)?;
    let place = app.view_place(reader.member()).await?;
    // The right may be gone by the time that there is a place.
    reader.again(app)?;
    let rights = &reader.rights;
    let found = scripts::read(&app.registry, &app.rooms, rights, &reader.address, script::needs(script)).await?;
    let ends = found.ends(&rights.member);
    let Ran { mut applied, updates, .. } = ran(rights.clone(), script.clone(), place, || Some(found)).await?;
    let changes = changes(app, reader, script, updates, &ends)?;
    if changes.is_empty() {
        return Ok(Some(applied));
    }
    let touched: Vec<_> = changes.iter().map(|change| change.address.clone()).collect();
    match app.rooms.commit(changes).await {
        // Of what the server makes of a script nothing is cut out.
        Ok(_) => {
            applied.notice = share::notice(app, reader.member(), &touched).await;
            Ok(Some(applied))
        }
        Err(CommitError::Moved) => Ok(None),
        Err(CommitError::Room(RoomError::Edit(error @ EditError::InDoubt))) if script.once.is_some() => {
            Err(ApiError::in_doubt(format!("{error}: repeat it with the same key")))
        }
        Err(error) => Err(error.into()),
    }
}

/// What a script's updates do to each document, if the member has the right to all of it.
fn changes(
    app: &App,
    reader: &Reader,
    script: &Script,
    updates: Vec<(Option<LayerId>, Vec<u8>)>,
    ends: &HashMap<Option<LayerId>, Seq>,
) -> Result<Vec<Change>, ApiError> {
    let (plan, member) = (&reader.address, reader.member());
    let author = member.author();
    let by = |address: &DocAddress| Provenance::server(author.clone(), Right::of(member.role, address));
    let at = |layer: &Option<LayerId>| ends.get(layer).map_or(Provided::Anyway, |last| Provided::Last(*last));
    let change = |(layer, update): (Option<LayerId>, Vec<u8>)| {
        let address = layer.as_ref().map_or_else(|| plan.clone(), |layer| plan.layer(&member.party, layer));
        match reader.rights_to(app, &address) {
            // The updates are the server's own: what they say of the order they saw.
            Some(Rights { write: true, .. }) => {
                app.check_conduct(&address, &author)?;
                let by = by(&address);
                Ok(Change { address, by, update: update.into(), provided: at(&layer), order: Order::Holds })
            }
            Some(Rights { write: false, .. }) | None => {
                Err(ApiError::forbidden("you may not make these edits any more: your rights have changed"))
            }
        }
    };
    let mut changes = updates.into_iter().map(change).collect::<Result<Vec<_>, _>>()?;
    if !changes.is_empty() && script::rests_on_text(script) && changes.iter().all(|change| change.address != *plan) {
        let update = Bytes::from_static(&NOTHING);
        changes.push(Change { address: plan.clone(), by: by(plan), update, provided: at(&None), order: Order::Holds });
    }
    Ok(changes)
}
