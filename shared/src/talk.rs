//! What parties say about a plan: [`layer`] holds it; [`proposal`], [`standing`] and [`schedule`] follow from it; [`around`] tells
//! what a position's words stand in. [`dossier`] puts together what one member may read of a plan, and a [`view`] follows from it.

pub mod around;
pub mod dossier;
pub mod layer;
pub mod proposal;
pub mod schedule;
pub mod standing;
pub mod view;
