//! `rules`: one hand-built update for each rule. `session`: random honest editing is never refused, and whatever hostile passes
//! leaves a document that every replica reads alike.

mod build;
mod rules;
mod session;
