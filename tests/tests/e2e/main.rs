//! End to end: real sockets, the real binaries, stock Yjs clients from npm. Each test is named as its promise.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod access;
mod annotate;
mod apply;
mod architecture;
mod consent;
mod converge;
mod desk;
mod disk;
mod durability;
mod edits;
mod entered;
mod honest;
mod hostile;
mod hostile_layers;
mod hostile_plan;
mod hostile_server;
mod ideas;
mod layers;
mod noninterference;
mod operator;
mod presence;
mod reading;
mod readme;
mod replay;
mod replica;
mod scenario;
mod scripts;
mod seats;
mod timetable;
mod undo;
mod verdict;
mod views;
