//! Running a script off the event loop, and why it was not applied.

use plenary_shared::{
    limits,
    script::{Ran, Script, ScriptError, Why},
};
use std::sync::Arc;
use tokio::{sync::oneshot, time::Instant};

use crate::{dossiers::DossierError, http::error::ApiError, registry::Rights, scripts::ScriptDocuments};

/// Runs a script on the documents that `found` gives, off the event loop. `place` is kept until it is done.
pub(super) async fn ran(
    rights: Rights,
    script: Arc<Script>,
    place: impl Send + 'static,
    found: impl FnOnce() -> Option<ScriptDocuments> + Send + 'static,
) -> Result<Ran, ApiError> {
    // Nobody is left to tell once the request is gone.
    let (running, _asked) = oneshot::channel::<()>();
    let until = Instant::now() + limits::SCRIPT_RUN;
    let ran = tokio::task::spawn_blocking(move || {
        let _place = place;
        found()?.run(rights, &script, &mut || !running.is_closed() && Instant::now() < until).ok()
    });
    ran.await.ok().flatten().ok_or(DossierError::Unreadable)?.map_err(refused)
}

/// Why a script was not applied: a right is missing, or it cannot be.
pub(super) fn refused(error: ScriptError) -> ApiError {
    let body = match error.why {
        Why::Forbidden => ApiError::forbidden(error.sentence()),
        Why::Usage | Why::NotFound | Why::Refused => ApiError::invalid(error.to_string()),
    };
    body.of_script(error)
}
