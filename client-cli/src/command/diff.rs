//! `diff`: what changed in a plan since a moment, word by word, and who changed it.

use plenary_shared::{
    id::{PlanId, PointId},
    text::{
        history::{At, Touches},
        plan::{Change, Outline, changes},
    },
};

use super::{
    change::{Redlines, by, heard},
    merged::settled,
};
use crate::{
    answer::{ChangeShown, DiffShown},
    context::Context,
    error::CliError,
    open::log::{Local, LogSource, Names},
    paths::Paths,
    render::{Look, Page},
    when,
};

/// Show what changed since a moment, word by word and by whom; or in a replica, how it differs from the server
#[derive(Debug, clap::Args)]
#[command(after_help = "\
In a replica, without --since: from the plan as the server has it now to the replica's, or from what it
had at the last sync where the server cannot be reached.
WHEN is 2026-03-01, 2026-03-01T09:30, 2026-03-01T09:30Z, 2h or 3d (ago), or the number of a record.

Examples:
  plenary diff plan
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
    since: Option<At>,
}

/// A state of the text, and the last record of the log that it shows.
type AsOf = (u64, Outline);

/// From a moment to now, one's own edits included.
fn since(source: &LogSource, at: At) -> Result<(AsOf, AsOf, Names, Touches), CliError> {
    let mut replay = settled(source, at)?;
    let before = (replay.seq(), replay.outline()?);
    let past = source.past(replay.seq())?;
    let names = Names::of(&past.context.conference);
    let mut touches = Touches::default();
    for record in past.records {
        let (seq, record) = record?;
        touches.note(&record, &replay.apply(seq, &record)?);
    }
    let end = replay.seq();
    if let Some(local) = source.replica() {
        local.lay_over(&mut replay)?;
    }
    Ok((before, (end, replay.outline()?), names, touches))
}

/// From what the server has to what the replica has.
fn against_server(context: &Context, local: &Local) -> Result<(AsOf, AsOf, Names, Touches), CliError> {
    let info = &local.replica().folder().info;
    let mut here = local.state(At::Ms(u64::MAX))?;
    let mut there = local.state(At::Ms(u64::MAX))?;
    let asked = context.session_of(info).and_then(|session| LogSource::server(session, &info.plan).past(here.seq()));
    match asked {
        Ok(past) => {
            for record in past.records {
                let (seq, record) = record?;
                there.apply(seq, &record)?;
            }
        }
        Err(error) if error.exit_code() == 3 => {
            context.output.remark(|| format!("{error}; compared with what it had at the last sync"));
        }
        Err(error) => return Err(error),
    }
    let (before, end) = ((there.seq(), there.outline()?), here.seq());
    local.lay_over(&mut here)?;
    Ok((before, (end, here.outline()?), local.names(), Touches::default()))
}

impl Diff {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let source = context.open_log(&self.plan)?;
        let (before, after, names, touches) = match (self.since, source.replica()) {
            (Some(at), _) => since(&source, at)?,
            (None, Some(local)) => against_server(context, local)?,
            (None, None) => {
                return Err(CliError::Usage("say since when: --since WHEN (only a replica is compared with its server)".into()));
            }
        };
        context.tell_damage_in(&source);
        let ((since, before), (until, after)) = (before, after);
        let changes = self.chosen(&before, &after)?;
        let mut redlines = Redlines::new(true, Paths::default());
        let told = |change| ChangeShown { change, redline: redlines.of(change), by: heard(touches.of(&change.point), &names) };
        let answer = DiffShown { plan: &self.plan, since, until, changes: changes.iter().map(told).collect() };
        context.output.page(&answer, || {
            let mut page = Page::default();
            let records = match (self.since, since < until) {
                (None, _) => format!("{}: from the server, at record {since}, to this replica, at record {until}", self.plan),
                (Some(_), true) => format!("{}: records {} to {until}", self.plan, since + 1),
                (Some(_), false) => format!("{}: nothing in the log since record {since}", self.plan),
            };
            match changes.is_empty() {
                true => drop(page.line(Look::Plain, "nothing changed")),
                false => drop(page.line(Look::Faint, &records)),
            }
            let mut redlines = Redlines::new(true, Paths::of(&after));
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
