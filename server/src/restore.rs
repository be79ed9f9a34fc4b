//! A server that goes on from a backup has lost what came after it, and whoever was connected may still hold that. A copy that
//! `backup` made says so by its manifest until the operator ends the restore; after that it says for good that it was restored.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// The manifest of a backup, in the data directory: a server that finds it goes on from that backup.
pub const MANIFEST: &str = "BACKUP";
/// What the manifest is called once the restore is ended.
const ENDED: &str = "RESTORED";
/// Between two looks at the manifest: whoever ends a restore sees it end at once.
const LOOK: Duration = Duration::from_secs(2);
/// Between two reminders that a restore has not been ended.
const REMIND: Duration = Duration::from_secs(60 * 60);

/// Whether a server goes on from a backup.
#[derive(Debug, Default)]
pub struct Restore {
    under_way: AtomicBool,
    been: AtomicBool,
}

impl Restore {
    /// Until the operator ends it new blocks from sessions are taken only under ids that are accounted for: a tab that holds what others
    /// wrote after the backup must not become its author.
    pub fn is_under_way(&self) -> bool {
        self.under_way.load(Ordering::Relaxed)
    }

    /// Whether the data ever came out of a backup: replicas may hold what it lost.
    pub fn has_been(&self) -> bool {
        self.been.load(Ordering::Relaxed)
    }

    /// Looks at what the data directory says.
    ///
    /// # Errors
    /// The file system's. What was known stands then: a disk that does not answer ends no restore.
    pub fn look(&self, data: &Path) -> io::Result<()> {
        let (under_way, ended) = (data.join(MANIFEST).try_exists()?, data.join(ENDED).try_exists()?);
        self.been.fetch_or(under_way || ended, Ordering::Relaxed);
        if self.under_way.swap(under_way, Ordering::Relaxed) && !under_way {
            tracing::info!("the restore is ended: edits are taken as always");
        }
        Ok(())
    }
}

/// Looks again and again, and reminds the operator of a restore that is not ended. Never ends.
pub(crate) async fn watch(restore: Arc<Restore>, data: PathBuf) {
    let mut reminded: Option<Instant> = None;
    loop {
        let (looking, at) = (restore.clone(), data.clone());
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || looking.look(&at)).await {
            tracing::warn!(%error, "whether a restore is under way cannot be read: it stays as it was");
        }
        if restore.is_under_way() && reminded.is_none_or(|last| last.elapsed() >= REMIND) {
            tracing::warn!(
                "this server was restored from a backup: tabs that hold what others wrote since are not let in. Once the delegations have \
                 synced, end it: plenary-server end-restore --data {}",
                data.display()
            );
            reminded = Some(Instant::now());
        }
        sleep(LOOK).await;
    }
}

/// Ends a restore, beside a running server or before it starts; `false` if none is under way.
///
/// # Errors
/// The file system's.
pub fn end(data: &Path) -> io::Result<bool> {
    match fs::rename(data.join(MANIFEST), data.join(ENDED)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        renamed => renamed?,
    }
    File::open(data)?.sync_all()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restore_lasts_until_it_is_ended_and_is_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let restore = Restore::default();
        restore.look(dir.path()).unwrap();
        assert!(!restore.is_under_way() && !restore.has_been());
        assert!(!end(dir.path()).unwrap());
        fs::write(dir.path().join(MANIFEST), "").unwrap();
        restore.look(dir.path()).unwrap();
        assert!(restore.is_under_way() && restore.has_been());
        assert!(end(dir.path()).unwrap());
        restore.look(dir.path()).unwrap();
        assert!(!restore.is_under_way() && restore.has_been());
        let next = Restore::default();
        next.look(dir.path()).unwrap();
        assert!(!next.is_under_way() && next.has_been(), "the next start knows it too");
    }

    #[test]
    fn a_disk_that_does_not_answer_ends_no_restore() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        fs::create_dir(&data).unwrap();
        fs::write(data.join(MANIFEST), "").unwrap();
        let restore = Restore::default();
        restore.look(&data).unwrap();
        // What stands below a file cannot be looked for.
        fs::remove_dir_all(&data).unwrap();
        fs::write(&data, "").unwrap();
        assert!(restore.look(&data).is_err() && restore.is_under_way());
    }
}
