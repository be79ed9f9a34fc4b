//! `add` and `move`: where points stand.

use plenary_shared::{
    id::{PlanId, PointId},
    plan::{self, NewPoint, Outline, Place},
};

use super::{
    edit::{Kind, report},
    words::given,
};
use crate::{context::Context, error::CliError, ids};

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

impl Where {
    fn place(&self, outline: &Outline) -> Result<Option<Place>, CliError> {
        let id = |what: &str| -> Result<PointId, CliError> { Ok(outline.find(what)?.id.clone()) };
        Ok(match self {
            Where { after: Some(point), .. } => Some(Place::After(id(point)?)),
            Where { before: Some(point), .. } => Some(Place::Before(id(point)?)),
            Where { under: Some(point), .. } => Some(Place::Last { parent: Some(id(point)?) }),
            Where { top: true, .. } => Some(Place::First { parent: None }),
            _ => None,
        })
    }
}

impl Add {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let words = match self.words {
            None if self.heading.is_empty() => return Err(CliError::Usage("a new point needs words, a heading, or both".into())),
            None => String::new(),
            Some(words) => given(words)?,
        };
        let mut live = context.session()?.open(&self.plan)?;
        let place = self.place.place(&live.outline())?.unwrap_or(Place::Last { parent: None });
        let id = ids::new()?;
        let new = NewPoint { id: &id, label: self.label.as_deref(), heading: &self.heading, words: &words };
        live.edit(|txn| Ok(plan::add_point(txn, new, &place)?))?;
        report(context, &self.plan, Kind::Added, &id, &live.outline(), true)
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
        let mut live = context.session()?.open(&self.plan)?;
        let outline = live.outline();
        let id = outline.find(&self.point)?.id.clone();
        let Target { after, before, under, top } = self.place;
        let place = Where { after, before, under, top }.place(&outline)?.ok_or_else(|| CliError::Usage("say where to".into()))?;
        let (_, changed) = live.edit(|txn| Ok(plan::move_point(txn, &id, &place)?))?;
        report(context, &self.plan, Kind::Moved, &id, &live.outline(), changed)
    }
}
