//! What a plan says: [`plan`] gives a document its meaning and [`markdown`] carries it in and out; [`words`] gives words their exact
//! form, [`anchor`] and [`stretch`] tie what is said to them, [`weave`] tells whether they were touched and [`authorship`] who typed them.
//! [`bracket`] and [`redline`] follow from them, and [`history`] and [`marks`] from their log.

pub mod anchor;
pub mod apart;
pub mod authorship;
pub mod bracket;
pub mod clash;
pub mod emptied;
pub mod history;
mod hunk;
pub mod markdown;
pub mod marks;
mod numeral;
pub mod plan;
pub mod redline;
pub mod say;
pub mod stretch;
pub mod token;
pub mod weave;
pub mod words;
