//! Scripts that rest on the text as it once stood: what others changed since is put together with them, as with what comes from a replica.

use bytes::Bytes;
use plenary_shared::{
    log::record::{Branch, Provenance, Right},
    script::{Applied, Ran, Script},
};
use std::sync::Arc;

use super::ran::ran;
use crate::{
    dossiers::DossierError,
    http::{app::App, caller::Reader, error::ApiError, share},
    ids,
    registry::Rights,
    room::{Proposal, Proposed, order::Order},
    rooms::{Change, CommitError, Together},
    scripts,
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
    let place = app.view_place(reader.member()).await?;
    // The right may be gone by the time that there is a place.
    reader.again(app)?;
    let address = reader.address.clone();
    let end = app.rooms.end(&address).await?;
    let seen = seen.min(end.seq);
    let (store, at) = (app.rooms.store(), address.clone());
    let found = move || scripts::past(&*store, &at, &end.refused, seen);
    let Ran { mut applied, updates, .. } = ran(reader.rights.clone(), script.clone(), place, found).await?;
    let Some((_, update)) = updates.into_iter().next() else { return Ok(Some(applied)) };
    let Some(Rights { write: true, .. }) = reader.rights_to(app, &address) else {
        return Err(ApiError::forbidden("you may not make these edits any more: your rights have changed"));
    };
    let (author, role) = (reader.member().author(), reader.member().role);
    app.check_conduct(&address, &author)?;
    let by = Provenance::server(author, Right::of(role, &address));
    let by = Provenance { seen: Some(seen), branch: Branch(ids::branch()), ..by };
    let update = Bytes::from(update);
    let committed = match app.rooms.put_together(&address, None, &by, vec![(update.clone(), None)]).await? {
        Together::Alone { seen, provided } => {
            let (address, by) = (address.clone(), Provenance { seen, ..by });
            let change = Change { address, by, update, provided, order: Order::Holds };
            app.rooms.commit(vec![change]).await.map(drop)
        }
        Together::Merged { bad, .. } if !bad.is_empty() => return Err(DossierError::Unreadable.into()),
        Together::Merged { merged, seen, .. } => {
            let by = Provenance { seen: Some(seen), ..by };
            let proposal = Proposal { by, what: Proposed::Merged(*merged) };
            app.rooms.commit_all(vec![(address.clone(), proposal)]).await.map(drop)
        }
    };
    match committed {
        // Of what the server makes of a script nothing is cut out.
        Ok(()) => {
            applied.notice = share::notice(app, reader.member(), &[address]).await;
            Ok(Some(applied))
        }
        Err(CommitError::Moved) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
