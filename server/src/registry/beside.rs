//! What is appended together with the registry's records: all or none.

use crate::{
    rooms::{Acting, HeldAct},
    store::Part,
};

/// Records of other documents.
#[derive(Default)]
pub struct Beside {
    first: Option<Part>,
    held: Option<HeldAct>,
}

impl Beside {
    /// The records that begin another log.
    pub fn first(part: Part) -> Self {
        Self { first: Some(part), held: None }
    }

    /// An act in another log, whose room is held.
    pub fn act(held: HeldAct) -> Self {
        Self { first: None, held: Some(held) }
    }

    /// What to append, that of an act first; its fate is to be told from here on.
    pub fn begin(self) -> (Vec<Part>, Option<Acting>) {
        let (part, acting) = self.held.and_then(HeldAct::begin).unzip();
        (part.into_iter().chain(self.first).collect(), acting)
    }
}
