//! What parties say about a plan: [`layer`] holds it; [`proposal`], [`standing`] and [`schedule`] follow from it; [`around`] tells
//! what a position's words stand in, and [`across`] what changes of several points, made apart, do to one another.
//! [`dossier`] puts together what one member may read of a plan, and a [`view`] follows from it.

pub mod across;
pub mod around;
pub mod dossier;
pub mod layer;
pub mod proposal;
pub mod schedule;
pub mod standing;
pub mod view;
