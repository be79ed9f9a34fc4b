//! What goes over the wire, and nothing else: [`protocol`] is that of sockets, [`api`], [`log`], [`shares`] and [`sync`] are the
//! bodies of HTTP requests, [`error`] is how they are refused, [`cut`] is what both say of what is taken in part.

pub mod api;
pub mod cut;
pub mod error;
pub mod log;
pub mod protocol;
pub mod shares;
pub mod sync;
