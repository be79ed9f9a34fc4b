//! What both ends of Plenary must agree on. No I/O, no clock, no randomness, no tokio: a function here gives the same answer
//! on the server, in the command line and in a test.
//!
//! Reading order: [`id`] names things, [`limits`] bounds everything, [`people`] are those who take part, [`access`] says who
//! of them may do what, [`share`] how much, and [`seats`] what happened to the place of each. [`log`] is what a document is made
//! of and how bytes get into it, [`text`] what a plan says, [`talk`] what parties say about it. A [`script`] makes edits of all
//! kinds, [`out`] prints what one member may read, and [`wire`] holds what goes between the two ends; [`chapters`] are the manual.
//! Arrows point from later to earlier: `out` -> `talk` -> `text` -> `log` -> `id`.
//!
//! **Architecture invariant:** bytes from outside reach yrs only as a [`log::gate::Checked`] update.

pub mod access;
pub mod bounded;
pub mod chapters;
#[cfg(test)]
mod courses;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod id;
pub mod limits;
pub mod log;
pub mod out;
pub mod people;
pub mod script;
pub mod seats;
pub mod share;
pub mod talk;
pub mod text;
pub mod wire;
