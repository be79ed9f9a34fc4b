//! `schedule`: the timetable of a plan, and the schedule of one of its points.

mod text;

pub use text::said;

use plenary_shared::{
    id::PlanId,
    script::{self, Done, Edit, Scheduled},
    talk::schedule,
    text::plan::{After, ChangeKind, Outline},
};
use std::{collections::BTreeMap, path::PathBuf, str::FromStr};

use super::{lapses, read::deliver};
use crate::{
    answer::{Delivered, Document, PointSchedule, Said},
    context::Context,
    error::CliError,
    output::inline,
};

/// Days beyond this are no longer exact in every client.
const DAYS_MAX: i64 = 1 << 53;

/// Show the timetable, or show or change the schedule of a point
#[derive(Debug, clap::Args)]
#[command(
    name = "schedule",
    after_help = "\
Days count from a trigger, such as D-Day or EIF. A point with a trigger begins its offset of days
after it; a point that comes after others begins its offset after the latest of them. Options that
are not given leave what is there; 'none' or '' clears. --after names all the points that come first.

Examples:
  plenary schedule plan
  plenary schedule plan --svg --output timetable.svg
  plenary schedule plan 4 --trigger D-Day --offset 2 --duration 19 --verifier 'The Mission'
  plenary schedule plan 11 --after 6:certified 4:done --offset 90
  plenary schedule plan 11 --after none"
)]
pub struct ScheduleVerb {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: Option<String>,
    #[command(flatten)]
    fields: Fields,
    /// The timetable as comma-separated values
    #[arg(long, group = "file", conflicts_with = "point")]
    csv: bool,
    /// The timetable as a chart
    #[arg(long, group = "file", conflicts_with = "point")]
    svg: bool,
    /// The file to write; standard output if left out
    #[arg(long, short, value_name = "FILE", requires = "file")]
    output: Option<PathBuf>,
}

/// What of a schedule is to be set.
#[derive(Debug, Default, clap::Args)]
struct Fields {
    /// What starts the clock: D-Day, EIF
    #[arg(long, value_name = "TRIGGER", requires = "point")]
    trigger: Option<Text>,
    /// Days from the trigger, or from what comes before, to the start
    #[arg(long, value_name = "DAYS", requires = "point", allow_hyphen_values = true)]
    offset: Option<Days>,
    /// Days from the start to the end
    #[arg(long, value_name = "DAYS", requires = "point", allow_hyphen_values = true)]
    duration: Option<Days>,
    /// Days from the end to the day on which it is certified
    #[arg(long, value_name = "DAYS", requires = "point", allow_hyphen_values = true)]
    certification: Option<Days>,
    /// The points that come first, each with what of it must have happened: POINT:start, POINT:done, POINT:certified
    #[arg(long, value_name = "POINT:WHAT", requires = "point", num_args = 1..)]
    after: Option<Vec<String>>,
    /// Who carries it out
    #[arg(long, value_name = "WHO", requires = "point")]
    responsible: Option<Text>,
    /// Who certifies that it is done
    #[arg(long, value_name = "WHO", requires = "point")]
    verifier: Option<Text>,
    /// How that is verified
    #[arg(long, value_name = "TEXT", requires = "point")]
    method: Option<Text>,
    /// What else must hold
    #[arg(long, value_name = "TEXT", requires = "point")]
    condition: Option<Text>,
}

/// A text, or none.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Text(Option<String>);

/// A number of days, or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Days(Option<i64>);

impl FromStr for Text {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Text((!is_none(text)).then(|| text.trim().to_owned())))
    }
}

impl FromStr for Days {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let days = |text: &str| text.trim().parse().ok().filter(|days: &i64| (-DAYS_MAX..=DAYS_MAX).contains(days));
        match text {
            text if is_none(text) => Ok(Days(None)),
            text => days(text).map(|days| Days(Some(days))).ok_or_else(|| "give a whole number of days, or none".to_owned()),
        }
    }
}

fn is_none(text: &str) -> bool {
    matches!(text.trim(), "" | "none")
}

impl ScheduleVerb {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        match &self.point {
            Some(point) => self.of_point(context, point),
            None => self.of_plan(context),
        }
    }

    fn of_plan(self, context: &Context) -> Result<(), CliError> {
        let open = context.open(&self.plan)?;
        let timetable: schedule::Timetable = open.view()?;
        let delivered = |document| Delivered { plan: &self.plan, form: None, document };
        if self.csv {
            let csv = schedule::csv(&timetable);
            return deliver(context, delivered(Document::Csv(&csv)), &csv, self.output);
        }
        if self.svg {
            let svg = schedule::gantt(&timetable, &open.outline()?.title);
            return deliver(context, delivered(Document::Svg(&svg)), &svg, self.output);
        }
        context.tell_damage_of(&open);
        context.output.page(&timetable, || text::timetable(&timetable, context.output.width()))
    }

    fn of_point(&self, context: &Context, point: &str) -> Result<(), CliError> {
        let open = context.open(&self.plan)?;
        let (edit, unsaid) = self.fields.edit(point)?;
        let (step, done) = if self.fields.are_given() {
            let done = lapses::made_one(context, &open, Edit::Schedule(edit))?;
            let Done::Scheduled(step) = done else { return Err(CliError::unexpected(&done)) };
            let changed = step.changed;
            (*step, Some(changed))
        } else {
            (shown(&open.outline()?, point)?, None)
        };
        context.tell_damage_of(&open);
        let answer = PointSchedule {
            plan: &self.plan,
            point: &step.point,
            label: &step.label,
            kind: ChangeKind::Schedule,
            schedule: &step.schedule,
            row: step.row.as_ref(),
            faults: step.faults.iter().map(Said::of).collect(),
            changed: step.changed,
            durable: true,
        };
        context.output.page(&answer, || text::step(&step, done))?;
        for what in unsaid {
            context.output.remark(|| {
                let what = inline(&what);
                format!("--after {what} does not say after what of it: give {what}:start, {what}:done or {what}:certified")
            });
        }
        Ok(())
    }
}

/// A point's schedule as it stands.
fn shown(outline: &Outline, point: &str) -> Result<Scheduled, CliError> {
    let point = outline.find(point)?;
    let timetable = schedule::timetable(outline);
    let faults = timetable.faults_of(&point.id).cloned().collect();
    let row = timetable.rows.into_iter().find(|row| row.step.point == point.id);
    Ok(Scheduled {
        point: point.id.clone(),
        label: point.label.clone(),
        heading: point.heading.clone(),
        schedule: point.schedule.clone(),
        row,
        faults,
        changed: false,
    })
}

impl Fields {
    /// Whether there is anything to set.
    fn are_given(&self) -> bool {
        let texts = [&self.trigger, &self.responsible, &self.verifier, &self.method, &self.condition];
        let days = [self.offset, self.duration, self.certification];
        texts.iter().any(|text| text.is_some()) || days.iter().any(|days| days.is_some()) || self.after.is_some()
    }

    /// The edit that sets these fields, and the points that come first of which nobody said what must have happened.
    fn edit(&self, point: &str) -> Result<(script::Schedule, Vec<String>), CliError> {
        let mut unsaid = Vec::new();
        let text = |given: &Option<Text>| given.clone().map(|Text(text)| text);
        let days = |given: Option<Days>| given.map(|Days(days)| days);
        let edit = script::Schedule {
            point: point.to_owned(),
            trigger: text(&self.trigger),
            offset_days: days(self.offset),
            duration_days: days(self.duration),
            certification_days: days(self.certification),
            after: self.after.as_ref().map(|given| after(given, &mut unsaid)).transpose()?,
            responsible: text(&self.responsible),
            verifier: text(&self.verifier),
            method: text(&self.method),
            condition: text(&self.condition),
        };
        Ok((edit, unsaid))
    }
}

/// The points that come first, none for no such points. A label may hold a colon, so only what follows the last one is taken for what
/// must have happened, if it is that.
fn after(given: &[String], unsaid: &mut Vec<String>) -> Result<Option<BTreeMap<String, After>>, CliError> {
    if let [only] = given
        && is_none(only)
    {
        return Ok(None);
    }
    let mut after = BTreeMap::new();
    for given in given {
        if is_none(given) {
            return Err(CliError::Usage("--after takes the points that come first, or 'none' by itself".into()));
        }
        let said = given.rsplit_once(':').and_then(|(point, what)| Some((point, what_of(what)?)));
        let (point, what) = said.unwrap_or((given, After::Unsaid));
        if what == After::Unsaid {
            unsaid.push(given.clone());
        }
        if after.insert(point.to_owned(), what).is_some() {
            return Err(CliError::Usage(format!("--after names {point:?} twice: say one thing of each point")));
        }
    }
    Ok(Some(after))
}

fn what_of(what: &str) -> Option<After> {
    match what.trim() {
        "start" => Some(After::Start),
        "done" => Some(After::Done),
        "certified" => Some(After::Certified),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_given_is_left_out_and_none_clears() {
        let fields = Fields {
            trigger: Some("D-Day".parse().expect("a text")),
            offset: Some("none".parse().expect("days")),
            duration: Some("-5".parse().expect("days")),
            verifier: Some("".parse().expect("a text")),
            ..Fields::default()
        };
        let wanted = script::Schedule {
            point: "4".into(),
            trigger: Some(Some("D-Day".into())),
            offset_days: Some(None),
            duration_days: Some(Some(-5)),
            verifier: Some(None),
            ..script::Schedule::default()
        };
        assert_eq!(fields.edit("4").expect("an edit"), (wanted, vec![]));
        assert!(fields.are_given() && !Fields::default().are_given());
        for bad in ["soon", "1.5", "9007199254740993", "-9007199254740993"] {
            assert!(bad.parse::<Days>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_comes_first_is_named_with_what_of_it_or_is_left_unsaid() {
        let fields =
            |after: &[&str]| Fields { after: Some(after.iter().map(|text| (*text).to_owned()).collect()), ..Fields::default() };
        let (edit, unsaid) = fields(&["4:done", "p6:certified", "7: end"]).edit("1").expect("an edit");
        let wanted = [("4", After::Done), ("p6", After::Certified), ("7: end", After::Unsaid)];
        assert_eq!(edit.after, Some(Some(wanted.map(|(point, what)| (point.to_owned(), what)).into())));
        assert_eq!(unsaid, ["7: end"]);
        for none in ["none", ""] {
            assert_eq!(fields(&[none]).edit("1").expect("an edit").0.after, Some(None));
        }
        let error = |after: &[&str]| fields(after).edit("1").expect_err("an error").exit_code();
        assert_eq!([error(&["none", "4"]), error(&["4:done", "4:start"])], [2, 2]);
    }
}
