//! The Plenary server: delegations negotiate one text, live and durably.
//!
//! Reading order: [`Server::run`] ties everything together; `http` and `session` face the network; `rooms` and `room` hold live
//! documents; `registry` knows who may do what; [`store`] keeps everything.

mod alternatives;
mod announced;
mod answers;
mod auth;
pub mod backup;
pub mod check;
mod clock;
mod conduct;
pub mod config;
mod connections;
pub mod demo;
mod dossiers;
pub mod forget;
#[cfg(test)]
mod formats;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod http;
mod ids;
mod metrics;
mod minutely;
mod outbox;
mod plans;
mod registry;
pub mod restore;
mod room;
mod rooms;
mod scripts;
mod server;
mod session;
mod shares;
pub mod store;
#[cfg(test)]
mod testing;
mod waypoints;

pub use registry::RegistryError;
pub use server::{Ended, Server};
