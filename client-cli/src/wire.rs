//! The way to a server: its address and a credential, HTTP over TLS, and what it tells line by line. Whatever a server sends is bounded
//! here, in size, in number and in time.

pub mod http;
pub mod lines;
pub mod pulled;
pub mod server;
mod tls;
