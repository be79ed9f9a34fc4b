//! What both ends of Plenary must agree on. No I/O, no clock, no randomness, no tokio: a function here gives the same answer
//! on the server, in the command line and in a test.
//!
//! Reading order: [`id`] names things, [`access`] says who may do what, [`limits`] bounds everything; [`protocol`] and [`gate`]
//! stand between outside bytes and a document; [`record`] is what the log holds; [`plan`] gives a document its meaning and
//! [`markdown`] carries it in and out; [`authorship`] tells who typed what and [`weave`] whether words were touched; [`bracket`] finds
//! in words what is not agreed; [`layer`] is what a party says about a plan, [`anchor`] ties it to a stretch of words and [`words`] to
//! their exact form; [`redline`] compares two texts; [`api`] holds the bodies of HTTP requests.
//!
//! **Architecture invariant:** bytes from outside reach yrs only as a [`gate::Checked`] update.

pub mod access;
pub mod anchor;
pub mod api;
pub mod authorship;
pub mod bracket;
pub mod gate;
pub mod id;
pub mod layer;
pub mod limits;
pub mod markdown;
pub mod plan;
pub mod protocol;
pub mod record;
pub mod redline;
pub mod weave;
pub mod words;
