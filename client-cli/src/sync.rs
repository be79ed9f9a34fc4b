//! Bringing a replica and its server together: take what is new, send one's own edits, take again until nothing is left. Whatever was
//! taken or sent before a cut stays so, and the next sync goes on from there.
//!
//! **Architecture invariant:** an edit leaves `own.log` only after it is in what the server showed, or by a decision that is written
//! down.

mod held;
mod pull;
mod push;
mod report;
mod restored;
mod taken;
mod theirs;
mod told;

use pull::Stopped;
pub use report::{Report, parties};
pub use restored::Way;

use crate::{context::Session, error::CliError, folder::Folder, progress::Progress};

/// Rounds after which a sync ends although others keep sending: the next one goes on.
const ROUNDS: usize = 8;

/// Syncs a replica; the session must be its member's. `way`: what to do if the server turns out to have been restored from a backup.
///
/// # Errors
/// [`CliError::Ahead`] if it was and nothing was chosen.
pub fn sync(folder: &Folder, session: &Session, mut way: Option<Way>, progress: &Progress) -> Result<Report, CliError> {
    let _lock = folder.lock_sync()?;
    let mut report = Report::default();
    let mut puller = pull::Puller::begin(folder, session)?;
    if way == Some(Way::Anew) {
        restored::give_up(folder, &puller)?;
    }
    let mut taken = Vec::new();
    for _ in 0..ROUNDS {
        match puller.pull(&mut report, progress) {
            Ok(()) => {}
            Err(Stopped::Failed(error)) => return Err(*error),
            Err(stopped @ (Stopped::Diverged | Stopped::LayerDiverged)) => {
                let ahead = restored::survey(folder, session, &puller)?;
                if ahead.is_nothing() {
                    // A layer may have been sent again meanwhile; a text that parts and lost nothing is no restored one.
                    if matches!(stopped, Stopped::Diverged) {
                        return Err(restored::another_past(&format!(
                            "record {} of the server's log does not continue the log",
                            ahead.common + 1
                        )));
                    }
                    puller = pull::Puller::begin(folder, session)?;
                    continue;
                }
                let Some(way) = way.take() else { return Err(CliError::Ahead(Box::new(ahead))) };
                restored::go_on(folder, session, &puller, &ahead, way, &mut report)?;
                puller = pull::Puller::begin(folder, session)?;
                continue;
            }
        }
        let arrived = puller.forget()?;
        taken::rename(folder, &puller, &taken)?;
        let is_news = report.taken > 0 || !report.layers.is_empty() || report.put_by.is_some();
        report.held = held::free(folder, &puller, is_news)?;
        let sent;
        (sent, taken) = push::push(folder, session, &mut report, progress)?;
        if sent == 0 && !arrived {
            break;
        }
    }
    report.mine = puller.changed_by(&report.sent_updates)?;
    report.leave_out_cut();
    Ok(report)
}
