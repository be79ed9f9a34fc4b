//! `add` and `move`: where points stand.

use plenary_shared::{
    id::PlanId,
    script::{self, Edit},
};

use super::{edit::edit_point, words::given};
use crate::{context::Context, error::CliError};

/// Add a point; it gets the label that fits its place (between 5 and 6: 5 bis)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without a place the point comes last. Words that begin with '-' stand behind '--'.

Examples:
  plenary add plan 'A joint commission shall meet weekly.' --after 5
  plenary add plan --heading 'Prisoners' 'All prisoners shall be released.'
  plenary add plan 'within [10][20] days' --under 5 --label '(a)'
  pbpaste | plenary add plan - --before 1")]
pub struct Add {
    /// The plan
    plan: PlanId,
    /// The words; '-' is standard input
    words: Option<String>,
    /// The heading
    #[arg(long, value_name = "TEXT", default_value = "")]
    heading: String,
    /// The label, if it is not to be the one that fits; '' for none
    #[arg(long)]
    label: Option<String>,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
#[group(required = false, multiple = false)]
struct Where {
    /// Right after this point, on its level
    #[arg(long, value_name = "POINT")]
    after: Option<String>,
    /// Right before this point, on its level
    #[arg(long, value_name = "POINT")]
    before: Option<String>,
    /// Below this point, as its last sub-point
    #[arg(long, value_name = "POINT")]
    under: Option<String>,
    /// Before everything else, on the highest level
    #[arg(long)]
    top: bool,
}

impl Add {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let words = match self.words {
            None if self.heading.is_empty() => return Err(CliError::Usage("a new point needs words, a heading, or both".into())),
            None => None,
            Some(words) => Some(given(words)?),
        };
        let Where { after, before, under, top } = self.place;
        let add = script::Add { words, heading: self.heading, label: self.label, id: None, after, before, under, top };
        edit_point(context, &self.plan, Edit::Add(add))
    }
}

/// Move a point, and all below it, to another place
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  plenary move plan 7 --after 3
  plenary move plan '5 bis' --under 4
  plenary move plan 20 --top")]
pub struct Move {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: String,
    #[command(flatten)]
    place: Target,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Target {
    /// Right after this point, on its level
    #[arg(long, value_name = "POINT")]
    after: Option<String>,
    /// Right before this point, on its level
    #[arg(long, value_name = "POINT")]
    before: Option<String>,
    /// Below this point, as its last sub-point
    #[arg(long, value_name = "POINT")]
    under: Option<String>,
    /// Before everything else, on the highest level
    #[arg(long)]
    top: bool,
}

impl Move {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let Target { after, before, under, top } = self.place;
        edit_point(context, &self.plan, Edit::Move(script::Move { point: self.point, after, before, under, top }))
    }
}
