//! `standing`: which points are agreed, and where each party stands on them.

mod text;

use plenary_shared::{
    id::PlanId,
    talk::{
        dossier::{BracketsView, EnteredView},
        standing::{Matrix, PointStanding},
    },
};

use super::say;
use crate::{
    answer::{PointStandingShown, StandingShown},
    context::Context,
    error::CliError,
};

/// Show where the parties stand on each point, or on one point with reasons and differences
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A point is agreed when every party that must consent accepts its exact words and nothing in it is
open. Parties that need not consent stand in parentheses. More than twelve parties are counted: name
a point to see each.

Examples:
  plenary standing plan
  plenary standing plan '5 bis'
  plenary standing plan --json | jq -r '.points[] | select(.standing == \"agreed\") | .label'")]
pub struct Standing {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: Option<String>,
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
        let Some(what) = &self.point else {
            // What is open is counted in all the plan: a bracket that spans points counts once.
            let open = if context.output.is_json() { 0 } else { open_plan.view::<BracketsView>()?.open };
            context.tell_damage_of(&open_plan);
            let answer = StandingShown { matrix: &matrix, entered: &entered };
            context.output.page(&answer, || text::matrix(&matrix, &entered, open, context.output.width()))?;
            say::faults(context, &matrix.faults);
            return Ok(());
        };
        let outline = open_plan.outline()?;
        context.tell_damage_of(&open_plan);
        let id = &outline.find(what)?.id;
        let at = matrix.points.iter().position(|point| point.point == *id);
        let row = at.and_then(|at| Some(PointStanding { cells: matrix.rows().nth(at)?, ..matrix.points.get(at)?.clone() }));
        let point = &row.ok_or_else(|| CliError::NotFound(format!("the point {id} is new: ask again")))?;
        let label = |id: &_| outline.get(id).map(|point| point.label.clone()).unwrap_or_default();
        entered.retain(|words| words.point == point.point);
        let answer = PointStandingShown { point, entered: &entered };
        context.output.page(&answer, || text::point(point, &entered, &matrix.parties, label))?;
        say::faults(context, &matrix.faults);
        Ok(())
    }
}
