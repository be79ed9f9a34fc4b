//! Names of the roots that documents have.

/// The map that holds a plan's title.
pub const META: &str = "meta";
/// The map that holds a plan's points.
pub const POINTS: &str = "points";
/// The text beside a plan's points, for editors that know no points.
pub const BESIDE: &str = "text";
/// The map that holds a layer's annotations.
pub const ANNOTATIONS: &str = "annotations";
/// The map that holds the keys under which scripts were applied.
pub const ONCE: &str = "once";
