//! Scripts that rest on the text as it once stood: what others changed since is put together with them, as with what comes from a replica.

use bytes::Bytes;
use plenary_shared::{
    limits,
    log::record::{Branch, Provenance, Right},
    script::{Applied, Ran, Script, ScriptError},
};
use std::sync::Arc;
use tokio::time::Instant;

use super::ran::{ran, refused};
use crate::{
    dossiers::DossierError,
    http::{app::App, caller::Reader, error::ApiError, share},
    ids,
    registry::Rights,
    room::{Proposal, Proposed, order::Order, provided::Provided},
    rooms::{Change, CommitError, Together},
    scripts::{self, ScriptDocuments},
    store::Seq,
};

/// Runs a script on the text as its author had seen it, and commits what comes of it now; `None` if the text has moved meanwhile. Who
/// says to have seen what is yet to come has seen all that is there.
pub(super) async fn once_over(
    app: &Arc<App>,
    reader: &mut Reader,
    script: &Arc<Script>,
    seen: Seq,
) -> Result<Option<Applied>, ApiError> {
    reader.again(app)?;
    let (address, author) = (reader.address.clone(), reader.member().author());
    let seen = seen.min(app.rooms.end(&address).await?.seq);
    let past = app.rooms.past(&address, &author, seen).await?;
    let place = app.view_place(reader.member()).await?;
    let at = expected(app, reader, script).await?;
    // The right may be gone by the time that it is its turn and there is a place.
    reader.again(app)?;
    let found = move || Some(ScriptDocuments::of_text(seen, past));
    let Ran { mut applied, updates, .. } = ran(reader.rights.clone(), script.clone(), place, found).await?;
    let Some((_, update)) = updates.into_iter().next() else { return Ok(Some(applied)) };
    let Some(Rights { write: true, .. }) = reader.rights_to(app, &address) else {
        return Err(ApiError::forbidden("you may not make these edits any more: your rights have changed"));
    };
    app.check_conduct(&address, &author)?;
    let by = Provenance::server(author, Right::of(reader.member().role, &address));
    let by = Provenance { seen: Some(seen), branch: Branch(ids::branch()), ..by };
    let update = Bytes::from(update);
    let proposal = match app.rooms.put_together(&address, None, &by, vec![(update.clone(), None)]).await? {
        Together::Alone { seen, provided } => {
            let (by, provided) = (Provenance { seen, ..by }, at.map_or(provided, Provided::Last));
            Change { address: address.clone(), by, update, provided, order: Order::Holds }.proposal()
        }
        Together::Merged { bad, .. } if !bad.is_empty() => return Err(DossierError::Unreadable.into()),
        Together::Merged { mut merged, beside, seen, .. } => {
            applied.bracket(&beside);
            if let Some(bracketed) = applied.bracketed.first().filter(|_| at.is_some()) {
                return Err(refused(ScriptError::bracketed(bracketed)));
            }
            merged.provided = at.map_or(Provided::Anyway, Provided::Last);
            (address.clone(), Proposal { by: Provenance { seen: Some(seen), ..by }, what: Proposed::Merged(*merged) })
        }
    };
    match app.rooms.commit_all(vec![proposal]).await {
        // Of what the server makes of a script nothing is cut out.
        Ok(_) => {
            applied.notice = share::notice(app, reader.member(), &[address]).await;
            Ok(Some(applied))
        }
        Err(CommitError::Moved) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Checks that the text reads as the script expects now, if it expects anything; answers the last record of that text.
async fn expected(app: &Arc<App>, reader: &Reader, script: &Arc<Script>) -> Result<Option<Seq>, ApiError> {
    if script.expect.is_empty() {
        return Ok(None);
    }
    let (seq, text) = app.rooms.read_at(&reader.address).await?;
    let (script, until) = (script.clone(), Instant::now() + limits::SCRIPT_RUN);
    let checked = tokio::task::spawn_blocking(move || scripts::expected(&text, &script, &mut || Instant::now() < until));
    let checked = checked.await.ok().and_then(Result::ok).ok_or(DossierError::Unreadable)?;
    checked.map(|()| Some(seq)).map_err(refused)
}
