//! `settle`: one alternative stays, and its bracket is closed.

use plenary_shared::{
    id::PlanId,
    script::{self, Edit},
    text::bracket::parse,
};
use std::num::NonZeroUsize;

use super::edit::edit_point;
use crate::{context::Context, error::CliError, output::inline, render::called};

/// Close a bracket: its words stay, the alternatives beside it go (only who may draft)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
'[30][50] km' with 2 becomes '50 km'. What a bracket holds inside stays open.

Example:
  plenary settle plan '5 bis' 2")]
pub struct Settle {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: String,
    /// The bracket that stays, as `plenary brackets` numbers them; may be left out where there is one
    bracket: Option<NonZeroUsize>,
}

impl Settle {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let outline = context.open(&self.plan)?.outline()?;
        let point = outline.find(&self.point)?;
        let brackets = parse(&point.words).list;
        let name = inline(&called(&point.label, &point.id)).into_owned();
        let bracket = match (self.bracket, brackets.len()) {
            (_, 0) => return Err(CliError::Refused(format!("nothing is open in the words of {name}"))),
            (Some(number), _) => number,
            (None, 1) => NonZeroUsize::MIN,
            (None, open) => {
                let how = format!("{name} has {open} brackets: say which stays, as `plenary brackets` numbers them");
                return Err(CliError::Usage(how));
            }
        };
        let Some(chosen) = brackets.get(bracket.get() - 1) else {
            let how = format!("{name} has no bracket {bracket}: `plenary brackets` lists them by number");
            return Err(CliError::Refused(how));
        };
        let words = point.words[chosen.range.clone()].to_owned();
        edit_point(context, &self.plan, Edit::Settle(script::Settle { point: point.id.to_string(), bracket, words }))
    }
}
