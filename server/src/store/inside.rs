//! What the threads of the store share.

use std::{
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{
    Condition,
    catalog::Catalog,
    disk_io::{Disk, has_less_than},
    frame::DirectoryId,
    index::Index,
};

/// How often the disk is asked for its room at most.
const SPACE_EVERY: Duration = Duration::from_millis(100);

/// A store's disk and what is known of it.
pub(super) struct Inside {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) directory: DirectoryId,
    pub(super) index: Arc<Index>,
    pub(super) health: Health,
    catalog: RwLock<Catalog>,
}

impl Inside {
    pub(super) fn new(disk: Arc<dyn Disk>, directory: DirectoryId, catalog: Catalog, index: Arc<Index>) -> Self {
        let health = Health { condition: watch::Sender::new(Condition::Working), low: Mutex::default() };
        Self { disk, directory, index, health, catalog: RwLock::new(catalog) }
    }

    /// The catalogue, to look at. No change of it can stop half-way, so what a panicking thread leaves behind is whole.
    pub(super) fn catalog(&self) -> RwLockReadGuard<'_, Catalog> {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The catalogue, to change.
    pub(super) fn catalog_mut(&self) -> RwLockWriteGuard<'_, Catalog> {
        self.catalog.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the store takes records.
    pub(super) fn condition(&self) -> Condition {
        match *self.health.condition.borrow() {
            Condition::Working if self.health.is_low(&*self.disk) => Condition::Full,
            condition => condition,
        }
    }
}

/// Whether records can be written.
pub(super) struct Health {
    condition: watch::Sender<Condition>,
    low: Mutex<Option<(Instant, bool)>>,
}

impl Health {
    /// Says how the last write went.
    pub(super) fn set(&self, condition: Condition) {
        self.condition.send_if_modified(|known| {
            *known != condition && *known != Condition::Failed && {
                *known = condition;
                true
            }
        });
    }

    /// Tells of changes.
    pub(super) fn watch(&self) -> watch::Receiver<Condition> {
        self.condition.subscribe()
    }

    /// Whether the disk has less than its reserve, as it was at most [`SPACE_EVERY`] ago.
    fn is_low(&self, disk: &dyn Disk) -> bool {
        let mut low = self.low.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match *low {
            Some((at, low)) if now.duration_since(at) < SPACE_EVERY => low,
            _ => {
                let is_low = has_less_than(disk, 1);
                *low = Some((now, is_low));
                is_low
            }
        }
    }
}
