//! `merged` and `confirm`: points that were changed apart, until somebody who may draft has looked at them.

use plenary_shared::{
    id::{PlanId, PointId},
    log::record::{Record, RecordKind},
    talk::dossier::MergedPoint,
    text::{
        history::{At, Replay, Window},
        marks::{Parted, Side, Sides, Unconfirmed, sides},
        plan::Outline,
    },
};

use std::collections::BTreeSet;

use super::change::{Redlines, author};
use crate::{
    answer::{ApartShown, Confirmed, MergedOne, MergedShown},
    context::Context,
    error::CliError,
    open::log::{LogSource, Names, Recorded},
    output::{in_words, inline},
    paths::Paths,
    render::{Look, Page},
    when,
};

/// List the points that were merged and not confirmed since, with what each side wrote
#[derive(Debug, clap::Args)]
#[command(
    name = "merged",
    after_help = "\
A point is merged when it was changed apart: by some who had not seen what others wrote. Different words for
the same stand side by side in brackets; all else stands as it came, and may be what nobody wrote. All parties
are told, until somebody who may draft has looked at it and confirms it (plenary confirm), or, for a
party, until it accepts the words as they stand.

Examples:
  plenary merged plan
  plenary merged plan --json | jq -r '.merged[].label'"
)]
pub struct MergedVerb {
    /// The plan
    plan: PlanId,
}

/// Confirm, for all parties, that you have looked at what came out of a merge
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It needs the right to draft, and stands in the plan's log. In a replica it is sent with the next sync. What is
merged again meanwhile is to be confirmed again.

Examples:
  plenary confirm plan '5 bis'
  plenary confirm plan 3 k3x9abcd
  plenary confirm plan --title")]
pub struct Confirm {
    /// The plan
    plan: PlanId,
    /// The points, as `plenary merged` shows them: labels, paths of labels, or ids
    #[arg(required_unless_present = "title", value_name = "POINT")]
    points: Vec<String>,
    /// The plan's title
    #[arg(long)]
    title: bool,
}

impl MergedVerb {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let source = context.open_log(&self.plan)?;
        let open = context.open(&self.plan)?;
        let waiting = open.merged()?;
        let paths = if waiting.is_empty() { Paths::default() } else { Paths::of(&open.outline()?) };
        let merged = with_sides(&source, waiting)?;
        context.tell_damage_in(&source);
        let names = if merged.is_empty() { Names::default() } else { source.names()? };
        context.output.page(&MergedShown { plan: &self.plan, merged: &merged }, || {
            let mut page = Page::default();
            match merged.is_empty() {
                true => drop(page.line(Look::Plain, "no merged point waits to be confirmed")),
                false => list(&mut page, &self.plan, &merged, (&names, &paths)),
            }
            page
        })
    }
}

impl Confirm {
    /// Runs the verb. All points are found before any is confirmed.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let open = context.open(&self.plan)?;
        let shown = open.text()?;
        let (mut points, mut names, mut seen) = (Vec::new(), Vec::new(), 0);
        let wanted = self.points.iter().map(|what| find(&shown.outline, what).map(|(id, label)| (Some(id), label)));
        for point in wanted.chain(self.title.then(|| Ok((None, "the title".to_owned())))) {
            let (point, name) = point?;
            let mark = shown.merged.iter().find(|mark| mark.point == point);
            let mark = mark.ok_or_else(|| {
                CliError::NotFound(format!("{name} does not wait to be confirmed: see `plenary merged {}`", self.plan))
            })?;
            seen = seen.max(mark.seq);
            if !points.contains(&point) {
                points.push(point);
                names.push(name);
            }
        }
        let again = open.confirm(&points, seen)?;
        context.tell_damage_of(&open);
        if !again.is_empty() {
            let again: Vec<&String> =
                points.iter().zip(&names).filter(|(point, _)| again.contains(point)).map(|(_, name)| name).collect();
            return Err(CliError::Refused(format!(
                "{} was merged again meanwhile: look at it with `plenary merged {}`, then repeat this",
                in_words(&again),
                self.plan
            )));
        }
        let left = shown.merged.len() - points.len();
        context.output.result(&Confirmed { plan: &self.plan, confirmed: &points, left }, || {
            let left = if left == 0 { "none is left".to_owned() } else { format!("{left} left") };
            format!("confirmed {}; {left}", in_words(&names))
        })
    }
}

/// A point by its label, path or id, and how it is called.
fn find(outline: &Outline, what: &str) -> Result<(PointId, String), CliError> {
    let point = outline.find(what)?;
    Ok((point.id.clone(), Paths::of(outline).name(&point.label, &point.id)))
}

/// Merged points with what each side wrote, read from the log.
pub fn with_sides(source: &LogSource, merged: Vec<MergedPoint>) -> Result<Vec<MergedOne>, CliError> {
    let aparts: Vec<Parted> = merged.iter().map(|point| Parted::from(&point.merged.mark)).collect();
    let all = sides_of(source, &aparts)?;
    let one = |(point, sides): (MergedPoint, Sides)| MergedOne {
        point,
        sides: sides.into_iter().flat_map(|(_, sides)| sides).collect(),
    };
    Ok(merged.into_iter().zip(all).map(one).collect())
}

/// What each side wrote of what was changed apart.
pub fn sides_of(source: &LogSource, aparts: &[Parted]) -> Result<Vec<Sides>, CliError> {
    let of: BTreeSet<u64> = aparts.iter().flat_map(|apart| apart.of.iter().copied()).collect();
    let ((base, state), records) = window(source, &of)?;
    Ok(sides((base, &state), &records, aparts)?)
}

/// The log again, from the last record that the authors of all these had seen to the last of them.
pub fn window(source: &LogSource, of: &BTreeSet<u64>) -> Result<Window, CliError> {
    let (first, last) = (of.first().copied().unwrap_or(1), of.last().copied().unwrap_or_default());
    let read = |since: u64| -> Result<Vec<Recorded>, CliError> {
        let records = source.past(since)?.records;
        records.take_while(|record| !matches!(record, Ok((seq, _)) if *seq > last)).collect()
    };
    let mut records = read(first.saturating_sub(1))?;
    let seen = records.iter().filter(|(seq, _)| of.contains(seq)).map(|(_, record)| record.seen).min();
    let base = seen.unwrap_or(first).min(first.saturating_sub(1));
    if base + 1 < first {
        records = read(base)?;
    }
    let state = source.state(At::Seq(base))?.look(|txn| {
        use yrs::ReadTxn as _;
        txn.encode_state_as_update_v1(&Default::default())
    })?;
    Ok(((base, state), records))
}

/// The text as it stood at a moment. Between what somebody brought that was made apart and what puts it beside what others wrote nobody's
/// text stands: then it is the one before both.
pub fn settled(source: &LogSource, at: At) -> Result<Replay, CliError> {
    let replay = source.state(at)?;
    let (seq, mut stay) = (replay.seq(), None);
    for record in if seq > 0 { source.past(seq)?.records } else { Box::new(std::iter::empty()) } {
        let (end, Record { kind, branch, .. }) = record?;
        match kind {
            RecordKind::Bracketing(says) => {
                let (_, log) = window(source, &says.of.into_iter().chain([end]).collect())?;
                let mut brought = log.iter().rev().skip_while(|(seq, _)| *seq >= end).peekable();
                let stay = brought.peek().map(|(_, last)| last.branch);
                let of_stay = brought.take_while(|(_, record)| record.kind.is_edit() && Some(record.branch) == stay);
                let first = of_stay.last().map_or(end, |(first, _)| *first);
                return if first <= seq { source.state(At::Seq(first - 1)) } else { Ok(replay) };
            }
            RecordKind::Edit if !branch.is_table() && stay.is_none_or(|stay| stay == branch) => stay = Some(branch),
            RecordKind::Edit | RecordKind::Confirmation { .. } | RecordKind::Act => break,
        }
    }
    Ok(replay)
}

/// Adds merged points to a page.
pub fn list(page: &mut Page, plan: &PlanId, merged: &[MergedOne], (names, paths): (&Names, &Paths)) {
    let mut redlines = Redlines::new(true, paths.clone());
    for MergedOne { point, sides } in merged {
        let mark = &point.merged.mark;
        let how = match (mark.by.is_empty(), mark.at_once) {
            (true, _) => "changed apart from others",
            (_, true) => "typed into one word at once",
            (_, false) => "changed apart",
        };
        page.line(Look::Strong, &format!("{}: {how}", name(plan, point, paths)));
        wrote(page, &mut redlines, plan, "  ", sides, names);
        if mark.more > 0 {
            page.line(Look::Faint, &format!("  {} more changed it before", mark.more));
        }
        for across in &mark.across {
            page.line(Look::Plain, &format!("  {}", inline(&across.says())));
        }
        if let Some(seq) = mark.bracketed {
            page.line(Look::Faint, &format!("  what differs was put side by side, #{seq}"));
        }
        if !point.merged.accepted.is_empty() {
            page.line(Look::Faint, &format!("  accepted since by {}", in_words(&point.merged.accepted)));
        }
    }
    let (count, them) = match merged.len() {
        1 => ("1 merged point".to_owned(), "it"),
        many => (format!("{many} merged points"), "each"),
    };
    page.line(Look::Plain, &format!("{count} to look at; then confirm {them} (plenary confirm {plan} POINT)"));
}

/// How a merged point is called.
pub fn name(plan: &PlanId, point: &MergedPoint, paths: &Paths) -> String {
    point.merged.mark.point.as_ref().map_or_else(|| plan.to_string(), |id| paths.name(&point.label, id))
}

/// Of what a point was merged, in the middle of a line.
pub fn by(mark: &Unconfirmed) -> String {
    inline(&mark.says().join("; ")).into_owned()
}

/// That points were confirmed, as they are called now.
pub fn confirmed(points: &[Option<PointId>], outline: &Outline) -> String {
    let paths = Paths::of(outline);
    let label = |id: &PointId| outline.get(id).map_or("", |point| &point.label);
    let name = |point: &Option<PointId>| match point {
        Some(point) => paths.name(label(point), point),
        None => "the title".to_owned(),
    };
    format!("confirmed what was merged: {}", in_words(&points.iter().map(name).collect::<Vec<_>>()))
}

/// What was changed apart, for a program.
pub fn shown(sides: Sides) -> Vec<ApartShown> {
    let label = |sides: &[Side]| sides.iter().flat_map(|side| &side.changes).next().map(|change| change.label.clone());
    sides.into_iter().map(|(point, sides)| ApartShown { label: label(&sides).unwrap_or_default(), point, sides }).collect()
}

/// Adds what each side wrote to a page.
pub fn wrote(page: &mut Page, redlines: &mut Redlines, plan: &PlanId, indent: &str, sides: &[Side], names: &Names) {
    for Side { by, changes } in sides {
        let who = author(&by.author.party, &by.author.member, names);
        page.line(Look::Faint, &format!("{indent}{}  {who}  #{}", when::local(by.at_ms), by.seq));
        for change in changes {
            redlines.show(page, &format!("{indent}  "), plan, change);
        }
    }
}
