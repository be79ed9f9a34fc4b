//! What is known of an update's claims about the order of blocks before the document has it.

use plenary_shared::log::gate::Checked;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

/// What is known of what an update claims about order.
#[derive(Clone, Debug, Default)]
pub enum Order {
    /// Nothing: it is found out in the document.
    #[default]
    Unknown,
    /// The server made it on the document as it is.
    Holds,
    /// It held on a copy.
    Tried(Trial),
}

/// An update that held on a copy, after those of its series before it. Whoever wrote them may put others under the same ids in their
/// place: so it counts only if the document takes the series exactly as it was tried, from the first on.
#[derive(Clone, Debug)]
pub struct Trial {
    checked: Arc<Checked>,
    number: usize,
    taken: Arc<AtomicUsize>,
}

impl Trial {
    /// The update of a series with this number, and what the gate found of it.
    pub fn new(checked: Checked, number: usize, taken: &Arc<AtomicUsize>) -> Self {
        Self { checked: checked.into(), number, taken: taken.clone() }
    }

    /// The document has not taken it after all.
    pub fn undo(&self) {
        self.taken.fetch_min(self.number, SeqCst);
    }
}

impl Order {
    /// Whether what is claimed holds in a document where the gate finds this of the update. What was tried counts as taken from here
    /// on, until [`Trial::undo`].
    pub fn holds(&self, checked: &Checked) -> bool {
        match self {
            Order::Unknown => false,
            Order::Holds => true,
            Order::Tried(Trial { checked: tried, number, taken }) => {
                tried.adds_same_blocks(checked) && taken.compare_exchange(*number, number + 1, SeqCst, SeqCst).is_ok()
            }
        }
    }

    /// What was tried.
    pub fn trial(self) -> Option<Trial> {
        match self {
            Order::Tried(trial) => Some(trial),
            _ => None,
        }
    }
}
