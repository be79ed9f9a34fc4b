//! `standing`: which points are agreed, and where each party stands on them.

mod filter;
mod text;

use plenary_shared::{
    id::PlanId,
    talk::{
        dossier::{BracketsView, EnteredView, EnteredWords},
        standing::{self, Matrix, PointStanding},
    },
    text::plan::Outline,
};
use std::path::PathBuf;

use super::{read::deliver, say};
use crate::{
    answer::{Delivered, Document, PointStandingShown, StandingShown},
    context::Context,
    error::CliError,
    open::OpenPlan,
    paths::Paths,
};
use filter::Filter;

/// Show where the parties stand on each point, or on one point with reasons and differences
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A point is agreed when every party that must consent accepts its exact words and nothing in it is
open. Parties that need not consent stand in parentheses. More than twelve parties are counted: name
a point to see each.

Examples:
  plenary standing plan
  plenary standing plan '5 bis'
  plenary standing plan --only open --party arv
  plenary standing plan --csv --output standing.csv
  plenary standing plan --json | jq -r '.points[] | select(.standing == \"agreed\") | .label'")]
pub struct Standing {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: Option<String>,
    #[command(flatten)]
    filter: Filter,
    /// The table as comma-separated values, for a spreadsheet
    #[arg(long, conflicts_with = "point")]
    csv: bool,
    /// The file to write them to; standard output if left out
    #[arg(long, short, value_name = "FILE", requires = "csv")]
    output: Option<PathBuf>,
}

impl Standing {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let open_plan = context.open(&self.plan)?;
        let mut matrix: Matrix = open_plan.view()?;
        let party = open_plan.party()?;
        for point in &mut matrix.points {
            point.merged.take_if(|merged| !merged.stands_for(party));
        }
        let EnteredView { mut entered } = open_plan.view()?;
        let Some(what) = &self.point else { return self.table(context, &open_plan, matrix, &entered) };
        let outline = open_plan.outline()?;
        context.tell_damage_of(&open_plan);
        let id = &outline.find(what)?.id;
        let at = matrix.points.iter().position(|point| point.point == *id);
        let row = at.and_then(|at| Some(PointStanding { cells: matrix.rows().nth(at)?, ..matrix.points.get(at)?.clone() }));
        let point = &row.ok_or_else(|| CliError::NotFound(format!("the point {id} is new: ask again")))?;
        let label =
            |id: &_| outline.get(id).filter(|point| !point.label.is_empty()).map_or(String::new(), |point| outline.path(point));
        entered.retain(|words| words.point == point.point);
        let answer = PointStandingShown { point, entered: &entered };
        context.output.page(&answer, || text::point(point, &entered, &matrix.parties, label))?;
        say::faults(context, &matrix.faults);
        Ok(())
    }

    /// The table of all points, or of those that were asked for.
    fn table(
        self,
        context: &Context,
        open_plan: &OpenPlan,
        mut matrix: Matrix,
        entered: &[EnteredWords],
    ) -> Result<(), CliError> {
        // What is open is counted in all the plan: a bracket that spans points counts once.
        let outline = if self.filter.is_given() || self.csv { open_plan.outline()? } else { Outline::default() };
        let paths = Paths::of(&outline);
        let open = if self.filter.is_given() {
            matrix = self.filter.choose(matrix, &outline)?;
            matrix.points.iter().map(|point| point.open_brackets).sum()
        } else if context.output.is_json() || self.csv {
            0
        } else {
            open_plan.view::<BracketsView>()?.open
        };
        context.tell_damage_of(open_plan);
        if self.csv {
            let csv = standing::csv(&matrix, |point| paths.name(&point.label, &point.point));
            let answer = Delivered { plan: &self.plan, form: None, document: Document::Csv(&csv) };
            return deliver(context, answer, &csv, self.output);
        }
        let answer = StandingShown { matrix: &matrix, entered };
        context.output.page(&answer, || {
            let mut shown = matrix.clone();
            // Without those above it a point is called by its path.
            for point in shown.points.iter_mut().filter(|_| self.filter.is_given()) {
                (point.label, point.depth) = (paths.name(&point.label, &point.point), 0);
            }
            text::matrix(&shown, entered, open, context.output.width())
        })?;
        say::faults(context, &matrix.faults);
        Ok(())
    }
}
