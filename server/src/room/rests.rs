//! What is written by who had not seen all.

use plenary_shared::log::record::Branch;

use crate::store::Seq;

/// What a message rests on whose sender had not seen all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rests {
    /// The last record that it had seen.
    pub seen: Seq,
    /// In which stay away it wrote.
    pub branch: Branch,
}
