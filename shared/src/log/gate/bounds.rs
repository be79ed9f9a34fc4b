//! How much of what may come.

use crate::limits;

/// 16 Mi units: what GC and deleted blocks of one update may claim. They cost no bytes for their length, so only a limit keeps
/// ten bytes from burning a client's clock; a person who types for a year makes and deletes less.
pub const HUSK_UNITS_MAX: u64 = 16 << 20;
/// 1 Mi JSON-like values in one update: one byte of them costs yrs up to 24 of memory; 20,000 points have 200,000.
pub const ANY_VALUES_MAX: usize = 1 << 20;
/// Bytes of a format's value: formats are flags, colours and links.
pub const FORMAT_BYTES_MAX: usize = 4 << 10;
/// Shared types within shared types: a plan needs 3; yrs deletes and collects them by recursion.
pub const TYPE_DEPTH_MAX: u16 = 16;
/// 64 Mi steps: blocks of one update, each times the number of clients that wait for it. yrs searches all that wait at every
/// block, at about 3 ns each: 0.2 s. Honest updates stay far below, for few clients wait at once.
pub const WAITING_STEPS_MAX: u64 = 64 << 20;

/// Whether a party may have `own` of what all parties share, when `all` of `most` are taken, its own among them: no more than it leaves to
/// the others. So whoever comes finds room, and two who fill what they can leave a quarter.
pub fn leaves_room(own: usize, all: usize, most: usize) -> bool {
    own <= most.saturating_sub(all)
}

/// How much may come at once.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub bytes: usize,
    pub any_values: usize,
    pub husk_units: u64,
    /// Of looking for what waits, and for what was replaced.
    pub steps: u64,
}

impl Bounds {
    /// An update that somebody made.
    pub const UPDATE: Bounds = Bounds {
        bytes: limits::UPDATE_BYTES_MAX,
        any_values: ANY_VALUES_MAX,
        husk_units: HUSK_UNITS_MAX,
        steps: WAITING_STEPS_MAX,
    };
    /// A whole document, as it grew by updates each of which kept to its own: sixteen times as much of what costs time or memory, and
    /// any number of characters that were deleted in the course of it.
    pub const STATE: Bounds = Bounds {
        bytes: limits::DOCUMENT_BYTES_MAX,
        any_values: 16 * ANY_VALUES_MAX,
        husk_units: u64::MAX,
        steps: 16 * WAITING_STEPS_MAX,
    };
}
