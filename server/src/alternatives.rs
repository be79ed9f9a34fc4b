//! In which plans the server ever put words side by side: only there can an edit leave an alternative of its own empty.

use plenary_shared::id::DocAddress;
use std::{
    collections::HashSet,
    sync::{PoisonError, RwLock},
};

/// The plans in memory that have such alternatives, or had them.
#[derive(Default)]
pub struct Alternatives(RwLock<HashSet<DocAddress>>);

impl Alternatives {
    /// Whether a plan is one of these.
    pub fn stand_in(&self, address: &DocAddress) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(address)
    }

    /// A plan has some.
    pub fn note(&self, address: &DocAddress) {
        if !self.stand_in(address) {
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(address.clone());
        }
    }

    /// A plan leaves memory.
    pub fn forget(&self, address: &DocAddress) {
        if self.stand_in(address) {
            self.0.write().unwrap_or_else(PoisonError::into_inner).remove(address);
        }
    }
}
