//! What both ends of Plenary must agree on. No I/O, no clock, no randomness, no tokio: a function here gives the same answer
//! on the server, in the command line and in a test.
//!
//! Reading order: [`id`] names things, [`access`] says who may do what, [`limits`] bounds everything; [`protocol`] and [`gate`]
//! stand between outside bytes and a document; [`record`] is what the log holds; [`plan`] gives a document its meaning and
//! [`markdown`] carries it in and out. What parties say about a plan: [`layer`] holds it, [`anchor`] and [`stretch`] tie it to words,
//! [`words`] gives words their exact form, [`weave`] tells whether they were touched, [`authorship`] who typed them. What follows from it:
//! [`bracket`], [`proposal`] and [`redline`], [`standing`], [`schedule`]; [`dossier`] puts together what one member may read of a plan,
//! and [`edition`] prints it. Edits of all kinds are made by a [`script`]. Over time: [`history`] reads the log, [`merge`] lays what two sides changed apart before both. [`api`] holds
//! the bodies of HTTP requests.
//!
//! **Architecture invariant:** bytes from outside reach yrs only as a [`gate::Checked`] update.

pub mod access;
pub mod anchor;
pub mod api;
pub mod authorship;
pub mod bracket;
pub mod dossier;
pub mod edition;
pub mod gate;
pub mod history;
pub mod id;
pub mod layer;
pub mod limits;
pub mod markdown;
pub mod merge;
pub mod plan;
pub mod proposal;
pub mod protocol;
pub mod record;
pub mod redline;
pub mod schedule;
pub mod script;
pub mod standing;
pub mod stretch;
pub mod text;
pub mod weave;
pub mod words;
