//! Which record words rest on: the last that touched the point as it was shown. It says nothing of when that was.

use plenary_shared::{
    id::{PlanId, PointId},
    text::{
        history::{Replay, Touched},
        plan::Outline,
        words::{ExactWords, WordsDigest},
    },
};
use std::collections::BTreeSet;

use crate::{command::read::below, context::Context, error::CliError};

/// What whoever was shown some words of a point knows of it.
pub struct Known {
    /// The last record.
    pub seen: u64,
    /// The words of the point as that record left them.
    pub words: String,
}

/// What whoever was shown these words of a point knows; none if nobody else has touched it since.
///
/// # Errors
/// [`CliError::Refused`], if the words never stood in the plan.
pub fn on(context: &Context, plan: &PlanId, point: &PointId, shown: WordsDigest) -> Result<Option<Known>, CliError> {
    let me = context.session()?.member()?.member.clone();
    let past = context.open_log(plan)?.past(0)?;
    let mut replay = Replay::new(past.context.created_by.clone());
    let (mut known, mut behind) = (None, false);
    let mut within = BTreeSet::from([point.clone()]);
    for record in past.records {
        let (seq, record) = record?;
        let touched = replay.apply(seq, &record)?;
        if !touches(&touched, &within) {
            continue;
        }
        let outline = replay.outline()?;
        within = below_in(&outline, point);
        let now = ExactWords::read(&outline).get(point).map(|exact| exact.digest);
        let words = || outline.get(point).map_or_else(String::new, |point| point.words.clone());
        if now == Some(shown) {
            (known, behind) = (Some(Known { seen: seq, words: words() }), false);
        } else if known.is_some() && !behind && record.author.member == me {
            // What one did oneself one knows.
            known = Some(Known { seen: seq, words: words() });
        } else {
            behind = true;
        }
    }
    match known {
        Some(known) => Ok(behind.then_some(known)),
        None => Err(CliError::Refused(format!(
            "the words of {point} that were last shown to you do not stand in the plan's log: look at them again (`plenary show`)"
        ))),
    }
}

fn touches(touched: &Touched, within: &BTreeSet<PointId>) -> bool {
    touched.tree || touched.points.iter().any(|point| within.contains(point))
}

fn below_in(outline: &Outline, point: &PointId) -> BTreeSet<PointId> {
    let below = below(outline, point.as_str()).unwrap_or_default();
    below.iter().map(|point| point.id.clone()).chain([point.clone()]).collect()
}
