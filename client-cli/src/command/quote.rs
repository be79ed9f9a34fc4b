//! A stretch of a point's words as people name it: by quoting it, or by the number of a bracket.

use std::num::NonZeroUsize;

/// Options that name a stretch.
#[derive(Clone, Debug, Default, clap::Args)]
#[group(required = false, multiple = false)]
pub struct Quote {
    /// These words of the point; they must stand in it exactly once
    #[arg(long, value_name = "WORDS")]
    pub quote: Option<String>,
    /// The point's N-th bracket, marks included, as `plenary brackets` numbers them
    #[arg(long, value_name = "N")]
    pub bracket: Option<NonZeroUsize>,
}
