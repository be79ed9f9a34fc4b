//! `rules`: one hand-built update for each rule. `session`: random honest editing is never refused.
//! `cut`: what is left of an update of which something is known. `census`: what was put where.
//! `plan`, `schedules`, `layer`: what a plan keeps, and what either does not take. `plan_session`: random edits of one, honest and others.
//! `hostile`: whatever hostile passes leaves a document that every replica reads alike.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod build;
mod census;
mod cut;
mod hostile;
mod layer;
mod plan;
mod plan_session;
mod rename;
mod rules;
mod schedules;
mod session;
mod shares;
