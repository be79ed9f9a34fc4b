//! `diff`: what changed in a plan since a moment, word by word, and who changed it.

use plenary_shared::{
    history::{At, Touches},
    id::{PlanId, PointId},
    plan::{Change, Outline, changes},
};
use serde_json::json;

use super::change::{Redlines, by, by_json};
use crate::{
    context::Context,
    error::CliError,
    log_source::{LogSource, Names, apply},
    render::{Look, Page},
    when,
};

/// Show what changed in a plan or a point since a moment, word by word, and who changed it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
WHEN is 2026-03-01, 2026-03-01T09:30, 2026-03-01T09:30Z, 2h or 3d (ago), or the number of a record.

Examples:
  plenary diff plan --since 2d
  plenary diff plan '5 bis' --since 2026-03-01T09:30Z
  plenary diff plan --since 120 --json | jq -r '.changes[] | \"\\(.label) \\(.kind)\"'")]
pub struct Diff {
    /// The plan
    plan: PlanId,
    /// Only this point and what stands below it: a label, a path of labels, or an id
    point: Option<String>,
    /// Since when
    #[arg(long, value_name = "WHEN", value_parser = when::moment, allow_hyphen_values = true)]
    since: At,
}

impl Diff {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let source = LogSource::of(context, &self.plan)?;
        let mut replay = source.state(self.since)?;
        let since = replay.seq();
        let before = replay.outline();
        let past = source.past(since)?;
        let names = Names::of(&past.context.conference);
        let mut touches = Touches::default();
        for record in past.records {
            let (seq, record) = record?;
            touches.note(&record, &apply(&mut replay, seq, &record)?);
        }
        let after = replay.outline();
        let changes = self.chosen(&before, &after)?;
        let mut redlines = Redlines::new(true);
        let told = |change: &Change, redlines: &mut Redlines| {
            let mut value = json!(change);
            value["redline"] = json!(redlines.of(change));
            value["by"] = by_json(touches.of(&change.point), &names);
            value
        };
        let value = json!({
            "plan": self.plan, "since": since, "until": replay.seq(),
            "changes": changes.iter().map(|change| told(change, &mut redlines)).collect::<Vec<_>>(),
        });
        context.output.page(&value, || {
            let mut page = Page::default();
            let records = format!("{}: records {} to {}", self.plan, since + 1, replay.seq());
            match changes.is_empty() {
                true => drop(page.line(Look::Plain, "nothing changed")),
                false => drop(page.line(Look::Faint, &records)),
            }
            let mut redlines = Redlines::new(true);
            for (at, change) in changes.iter().enumerate() {
                redlines.show(&mut page, "", &self.plan, change);
                // Who, once for all changes of a point.
                let is_last = changes.get(at + 1).is_none_or(|next| next.point != change.point);
                let who = by(touches.of(&change.point), &names);
                if is_last && !who.is_empty() {
                    page.line(Look::Faint, &format!("    by {who}"));
                }
            }
            page
        })
    }

    /// The changes that were asked for.
    fn chosen(&self, before: &Outline, after: &Outline) -> Result<Vec<Change>, CliError> {
        let all = changes(before, after);
        let Some(what) = &self.point else { return Ok(all) };
        // A point that is gone is looked for where it was.
        let (outline, root) = match after.find(what) {
            Ok(point) => (after, point),
            Err(error) => (before, before.find(what).map_err(|_| error)?),
        };
        let from = outline.points.iter().position(|point| point.id == root.id).unwrap_or_default();
        let below = outline.points[from + 1..].iter().take_while(|point| point.depth > root.depth).map(|point| &point.id);
        let points: Vec<&PointId> = std::iter::once(&root.id).chain(below).collect();
        Ok(all.into_iter().filter(|change| change.point.as_ref().is_some_and(|point| points.contains(&point))).collect())
    }
}
