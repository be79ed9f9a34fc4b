//! Bringing a replica and its server together: take what is new, send one's own edits, take again until nothing is left. Whatever was
//! taken or sent before a cut stays so, and the next sync goes on from there.
//!
//! **Architecture invariant:** an edit leaves `own.log` only after it is in what the server showed, or by a decision that is written
//! down.

mod apart;
mod held;
mod pull;
mod push;
mod restored;

use bytes::Bytes;
use plenary_shared::{
    id::PartyId,
    text::{history::Heard, plan::Change},
    wire::error::ErrorBody,
};
use pull::Stopped;
pub use restored::Way;
use serde::Serialize;
use std::path::PathBuf;

use crate::{
    context::Session,
    error::CliError,
    folder::{Folder, merged::Merged, own::Fate},
    progress::Progress,
};

/// Rounds after which a sync ends although others keep sending: the next one goes on.
const ROUNDS: usize = 8;

/// What a sync did.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The last record of the text that the replica has now.
    pub seq: u64,
    /// Records taken.
    pub taken: u64,
    /// Layers that had moved.
    pub layers: Vec<String>,
    /// Layers that are no longer for this member to read; their copies are gone.
    pub gone: Vec<String>,
    /// Edits sent.
    pub sent: usize,
    /// Edits that the party had made under the same key from another machine: nothing of them was needed.
    pub repeated: usize,
    /// What the edits that were sent changed in the text.
    pub mine: Vec<Change>,
    /// What others changed meanwhile, each with who did and when.
    pub theirs: Vec<Theirs>,
    /// Edits that the server does not take.
    pub refused: Vec<Refused>,
    /// Edits made ready to be sent again, after the server was restored.
    pub again: usize,
    /// What edits do that wait for what others have not sent again, in words.
    pub held: Vec<Vec<String>>,
    /// Copies of layers that were replaced by what the restored server has.
    pub replaced: Vec<String>,
    /// Where what the replica held before was put by.
    pub put_by: Option<PathBuf>,
    /// All points that were merged and wait to be confirmed, from earlier syncs too.
    pub merged: Vec<Merged>,
    /// The updates of the text that were sent.
    #[serde(skip)]
    sent_updates: Vec<Bytes>,
}

/// What others changed of a point.
#[derive(Debug, Clone, Serialize)]
pub struct Theirs {
    /// The change.
    #[serde(flatten)]
    pub change: Change,
    /// Who changed the point meanwhile.
    pub by: Vec<Heard>,
}

/// An edit that the server does not take.
#[derive(Debug, Clone, Serialize)]
pub struct Refused {
    /// What it does, in words.
    pub what: Vec<String>,
    /// Why not.
    #[serde(flatten)]
    pub why: ErrorBody,
}

impl Report {
    /// Whether somebody has to look at something.
    pub fn needs_a_look(&self) -> bool {
        !self.merged.is_empty()
    }

    /// Whether it did anything that was not there before.
    pub fn is_news(&self) -> bool {
        let count = self.taken as usize + self.layers.len() + self.gone.len() + self.sent + self.repeated + self.refused.len();
        count > 0
    }

    fn heard(&mut self, change: Change, by: Vec<Heard>) {
        let same = |one: &&mut Theirs| one.change.point == change.point && one.change.kind == change.kind;
        match self.theirs.iter_mut().find(same) {
            Some(known) => {
                known.change.after = change.after;
                known.by.extend(by);
            }
            None => self.theirs.push(Theirs { change, by }),
        }
    }
}

/// Syncs a replica; the session must be its member's. `way`: what to do if the server turns out to have been restored from a backup.
///
/// # Errors
/// [`CliError::Ahead`] if it was and nothing was chosen.
pub fn sync(folder: &Folder, session: &Session, mut way: Option<Way>, progress: &Progress) -> Result<Report, CliError> {
    let _lock = folder.lock_sync()?;
    let mut report = Report::default();
    let mut puller = pull::Puller::begin(folder, session)?;
    for _ in 0..ROUNDS {
        match puller.pull(&mut report, progress) {
            Ok(()) => {}
            Err(Stopped::Failed(error)) => return Err(error),
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
                restored::go_on(folder, &puller, &ahead, way, &mut report)?;
                puller = pull::Puller::begin(folder, session)?;
                continue;
            }
        }
        let arrived = puller.forget()?;
        let is_news = report.taken > 0 || !report.layers.is_empty() || report.put_by.is_some();
        report.held = held::free(folder, &puller, is_news)?;
        let sent = push::push(folder, session, &mut report, progress)?;
        if sent == 0 && !arrived {
            break;
        }
    }
    report.mine = puller.changed_by(&report.sent_updates)?;
    let _lock = folder.lock_shared()?;
    report.merged = folder.merged()?;
    Ok(report)
}

/// The parties that a point was heard of from, each once, in the order in which they were.
pub fn parties(by: &[Heard]) -> Vec<&PartyId> {
    let mut parties: Vec<&PartyId> = Vec::new();
    for one in by {
        if !parties.contains(&&one.party) {
            parties.push(&one.party);
        }
    }
    parties
}

/// Whether an edit is still to be sent.
fn waits(fate: &Fate) -> bool {
    *fate == Fate::Waiting
}
