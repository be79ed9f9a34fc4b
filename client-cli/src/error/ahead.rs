//! What a replica holds that its server lost when it was restored from a backup.

use schemars::JsonSchema;
use serde::Serialize;
use std::fmt;

use plenary_shared::{people::Layer, text::say::in_words};

/// How far a replica is ahead of its server.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Ahead {
    /// The last record of the text that both hold.
    pub common: u64,
    /// The last record that the replica holds.
    pub end: u64,
    /// The last record that the server holds.
    pub server_end: u64,
    /// Records behind the common one that this replica's member wrote.
    pub mine: usize,
    /// Those that others wrote.
    pub others: usize,
    /// Layers of one's own party of which the replica holds more than the server.
    pub layers: Vec<String>,
    /// Other parties' layers of which it does.
    pub others_layers: Vec<String>,
    /// Those of one's own that were opened after the backup: the server does not know them.
    #[serde(skip)]
    pub forgotten: Vec<Layer>,
}

impl Ahead {
    /// Whether the server has all that the replica holds.
    pub fn is_nothing(&self) -> bool {
        self.common == self.end && self.layers.is_empty() && self.others_layers.is_empty()
    }
}

impl fmt::Display for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { common, end, server_end, mine, others, layers, others_layers, forgotten: _ } = self;
        if common < end {
            write!(
                f,
                "the server went back to record {common} of the {end} that this replica holds, as after a restore from a backup"
            )?;
            if server_end > common {
                write!(f, ", and went on from there to record {server_end}")?;
            }
            write!(f, ". What it lost is {mine} of your records and {others} of others'")?;
        } else {
            write!(f, "the server went back in layers, as after a restore from a backup")?;
        }
        if !layers.is_empty() {
            write!(f, "; it lacks what your party's layers hold here: {}", in_words(layers))?;
        }
        if !others_layers.is_empty() {
            write!(f, "; it lacks what other parties' layers hold here: {}", in_words(others_layers))?;
        }
        write!(
            f,
            ". Nothing of yours was changed. `plenary sync --resend` sends yours again as what they are, and leaves others' to their own replicas; \
             `plenary sync --anew` takes the plan as the server has it. Both keep what you had not sent, and the old log beside"
        )
    }
}
