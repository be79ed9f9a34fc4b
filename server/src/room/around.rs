//! What a room works with.

use plenary_shared::id::DocAddress;
use std::sync::Arc;

use super::document::Document;
use crate::{
    alternatives::Alternatives, announced::Announced, answers::Answers, conduct::Conduct, metrics::Metrics, restore::Restore,
    shares::Shares, store::Store, waypoints::Waypoints,
};

/// The parts of the process that a room works with.
#[derive(Clone)]
pub struct Surroundings {
    /// Where logs and snapshots live.
    pub store: Arc<dyn Store>,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// What waits to be read in the whole process.
    pub answers: Answers,
    /// Whether the server goes on from a backup.
    pub restore: Arc<Restore>,
    /// What is held against members.
    pub conduct: Arc<Conduct>,
    /// What parties may write.
    pub shares: Arc<Shares>,
    /// Whose client ids are.
    pub announced: Arc<Announced>,
    /// Plans as they stood before.
    pub waypoints: Arc<Waypoints>,
    /// Plans in which alternatives stand.
    pub alternatives: Arc<Alternatives>,
}

impl Surroundings {
    /// Takes note of what is to be known of a document outside its room.
    pub fn note(&self, address: &DocAddress, document: &Document) {
        if document.ledger().has_marks() {
            self.alternatives.note(address);
        }
    }
}
