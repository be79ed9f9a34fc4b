//! Where a plan is worked on.

pub mod replica;
