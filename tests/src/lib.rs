//! The harness: the real server in a process of its own, Yjs clients of two makes, the command line, raw sockets, real traces.
//!
//! Reading order: [`server`] starts, kills and restarts a server; [`client`] is a yrs client whose every byte a test decides,
//! [`doc`] reads documents; [`stock`] drives the npm provider; [`cli`] runs the command line, [`own`] reads and writes what that has not
//! sent; [`http`] shows answers to the byte; [`verdict`] asks yrs and Yjs for one plan.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

pub mod cli;
pub mod client;
pub mod data;
pub mod doc;
pub mod http;
pub mod own;
pub mod proxy;
pub mod server;
pub mod stock;
pub mod trace;
pub mod verdict;
