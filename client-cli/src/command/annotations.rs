//! `annotations`: what parties say about a plan, as far as one may read it.

mod text;

use clap::ValueEnum;
use plenary_shared::{
    id::{LayerId, PartyId, PlanId, PointId},
    talk::{
        dossier::{AnnotationView, AnnotationsView},
        layer::What,
    },
};
use std::collections::HashSet;

use super::{args, read::below, say};
use crate::{answer::AnnotationsShown, context::Context, error::CliError};

#[cfg(test)]
pub use text::tests::point;

/// List the annotations that you may read, by point
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What is withdrawn or resolved is left out, unless --all is given.

Examples:
  plenary annotations plan
  plenary annotations plan '5 bis' --all
  plenary annotations plan --party arv --kind proposal
  plenary annotations plan --json | jq -r '.annotations[].id'")]
pub struct Annotations {
    /// The plan
    plan: PlanId,
    /// Only those on this point and all below it: a label, a path of labels, or an id
    point: Option<String>,
    /// Only those of this party
    #[arg(long, value_parser = args::party)]
    party: Option<PartyId>,
    /// Only those in layers with this id
    #[arg(long)]
    layer: Option<LayerId>,
    /// Only those of this kind
    #[arg(long)]
    kind: Option<Kind>,
    /// Also those that are withdrawn or resolved
    #[arg(long)]
    all: bool,
}

/// A kind of annotation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Kind {
    Note,
    Proposal,
    Position,
}

impl Annotations {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let open = context.open(&self.plan)?;
        let mut view: AnnotationsView = open.view()?;
        let outline = open.outline()?;
        context.tell_damage_of(&open);
        let points = match &self.point {
            Some(what) => Some(below(&outline, what)?.iter().map(|point| &point.id).collect()),
            None => None,
        };
        let hidden = self.choose(&mut view.annotations, points);
        let answer = AnnotationsShown { plan: &self.plan, annotations: &view.annotations, faults: &view.faults, hidden };
        context.output.page(&answer, || text::page(&view.annotations, &outline, hidden))?;
        say::faults(context, &view.faults);
        Ok(())
    }

    /// Leaves out what was not asked for; answers how many were left out for being withdrawn or resolved alone.
    fn choose(&self, annotations: &mut Vec<AnnotationView>, points: Option<HashSet<&PointId>>) -> usize {
        annotations.retain(|view| {
            points.as_ref().is_none_or(|points| points.contains(&view.annotation.point))
                && self.party.as_ref().is_none_or(|party| *party == view.party)
                && self.layer.as_ref().is_none_or(|layer| *layer == view.layer)
                && self.kind.is_none_or(|kind| kind == Kind::of(&view.annotation.what))
        });
        let asked = annotations.len();
        annotations.retain(|view| self.all || !(view.annotation.withdrawn || view.annotation.resolved));
        asked - annotations.len()
    }
}

impl Kind {
    fn of(what: &What) -> Self {
        match what {
            What::Note => Kind::Note,
            What::Proposal { .. } => Kind::Proposal,
            What::Position(_) => Kind::Position,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{text::tests::view, *};
    use serde_json::json;

    fn chosen(asked: &Annotations, points: Option<&[&str]>) -> (Vec<String>, usize) {
        let mut all = vec![
            view("a", "arv", "p1", json!({ "kind": "note" })),
            view("b", "bor", "p1", json!({ "kind": "proposal", "replacement": "x", "resolved": true })),
            view("c", "arv", "p2", json!({ "kind": "position", "stance": "oppose", "layer": "positions" })),
            view("d", "arv", "p2", json!({ "kind": "note", "withdrawn": true })),
        ];
        let ids: Option<Vec<PointId>> = points.map(|points| points.iter().map(|id| id.parse().expect("an id")).collect());
        let hidden = asked.choose(&mut all, ids.as_ref().map(|ids| ids.iter().collect()));
        (all.iter().map(|view| view.annotation.id.to_string()).collect(), hidden)
    }

    #[test]
    fn settled_ones_are_left_out_and_counted_unless_asked_for() {
        let asked = |party: Option<&str>, layer: Option<&str>, kind, all| Annotations {
            plan: "plan".parse().expect("a plan"),
            point: None,
            party: party.map(|id| args::party(id).expect("a party")),
            layer: layer.map(|id| id.parse().expect("a layer")),
            kind,
            all,
        };
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert_eq!(chosen(&asked(None, None, None, false), None), (ids(&["a", "c"]), 2));
        assert_eq!(chosen(&asked(None, None, None, true), None), (ids(&["a", "b", "c", "d"]), 0));
        assert_eq!(chosen(&asked(Some("ARV"), None, None, false), None), (ids(&["a", "c"]), 1));
        assert_eq!(chosen(&asked(None, Some("positions"), None, false), None), (ids(&["c"]), 0));
        assert_eq!(chosen(&asked(None, None, Some(Kind::Proposal), false), None), (ids(&[]), 1));
        assert_eq!(chosen(&asked(None, None, None, false), Some(&["p2"])), (ids(&["c"]), 1));
    }
}
