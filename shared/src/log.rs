//! What a log is: [`record`] is what it holds, and nothing gets into it but through the [`gate`].

pub mod act;
mod apply;
pub mod fold;
pub mod gate;
pub mod record;
pub mod roots;
