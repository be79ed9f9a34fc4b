//! `here`, and `plenary` alone: who and where one is, and what waits for one there.

use plenary_shared::{
    access::PlanState,
    id::{PartyId, PlanId},
    talk::{
        dossier::{AnnotationView, AnnotationsView, EnteredView},
        proposal::ProposalState,
        standing::{Cell, CellState, Matrix},
    },
    wire::api::Plan,
};
use std::collections::HashSet;

use crate::{
    answer::{Here, Waits},
    context::Context,
    error::CliError,
    folder::{Folder, own::Fate},
    open::OpenPlan,
    output::{in_words, inline},
    render::{Look, Page},
};

/// Plans that are looked into: of more than these people ask one by one.
const PLANS_MAX: usize = 12;

/// Say who you are, where, and what waits for you: `plenary` alone does the same
#[derive(Debug, clap::Args)]
#[command(after_help = "\
In a replica it tells of its plan alone, and asks no server.

Examples:
  plenary
  plenary here --json | jq '.plans[] | select(.lapsed > 0) | .plan'")]
pub struct HereVerb {}

impl HereVerb {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let (place, plans, more) = match Folder::here()?.filter(|_| !context.asks_for_somebody()) {
            Some(folder) => {
                let info = &folder.info;
                let place = format!(
                    "{} of {} on {}, in the replica {}",
                    info.member,
                    info.conference,
                    info.server,
                    folder.dir().display()
                );
                (place, vec![waits(context, &info.plan, unsent(&folder)?)?], 0)
            }
            None => {
                let session = context.session()?;
                let member = session.member()?;
                let place = format!("{} of {} on {}", member.member, member.conference, session.server);
                let plans: Vec<Plan> = session.api.get(&session.path("/plans")?)?;
                let plans: Vec<Plan> = plans.into_iter().filter(|plan| plan.state != PlanState::Struck).collect();
                let shown = plans.iter().take(PLANS_MAX).map(|plan| waits(context, &plan.id, None));
                (place, shown.collect::<Result<Vec<_>, _>>()?, plans.len().saturating_sub(PLANS_MAX))
            }
        };
        context.output.page(&Here { place: &place, plans: &plans, more }, || page(&place, &plans, more))
    }
}

/// The edits in a replica that wait to be sent, and those that the server did not take.
fn unsent(folder: &Folder) -> Result<Option<(usize, usize)>, CliError> {
    let _lock = folder.lock_shared()?;
    let edits = folder.own()?.edits;
    let count = |is: fn(&Fate) -> bool| edits.iter().filter(|edit| is(&edit.fate)).count();
    let waiting = count(|fate| matches!(fate, Fate::Waiting | Fate::Held));
    Ok(Some((waiting, count(|fate| matches!(fate, Fate::Refused { .. })))))
}

fn waits(context: &Context, plan: &PlanId, unsent: Option<(usize, usize)>) -> Result<Waits, CliError> {
    let open = context.open(plan)?;
    let party = open.party()?.clone();
    let (unsent, refused) = unsent.unwrap_or_default();
    let AnnotationsView { annotations, .. } = open.view()?;
    let EnteredView { entered } = open.view()?;
    let entered = entered.iter().filter(|words| words.entered.party == party && !words.entered.confirmed).count();
    let (merged, lapsed) = (open.merged()?.len(), lapsed(&open, &party)?);
    Ok(Waits { plan: plan.clone(), unsent, refused, to_answer: to_answer(&annotations, &party), entered, merged, lapsed })
}

/// Other parties' proposals that can still be put in, and to which one's own party has said nothing.
fn to_answer(annotations: &[AnnotationView], party: &PartyId) -> usize {
    let own = annotations.iter().filter(|view| view.party == *party);
    let answered: HashSet<_> = own.filter_map(|view| view.annotation.reply_to.as_ref()).collect();
    let is_open = |view: &&AnnotationView| {
        let state = view.proposed.as_ref().map(|proposed| proposed.state);
        let stands = matches!(state, Some(ProposalState::Open | ProposalState::Reanchored));
        stands && view.party != *party && !view.annotation.resolved && !answered.contains(&view.annotation.id)
    };
    annotations.iter().filter(is_open).count()
}

/// The points of which one's own party accepted other words.
fn lapsed(open: &OpenPlan, party: &PartyId) -> Result<usize, CliError> {
    let matrix: Matrix = open.view()?;
    let is_lapsed = |cell: &Cell| cell.party == *party && cell.stance == CellState::Lapsed;
    Ok(matrix.rows().filter(|cells| cells.iter().any(is_lapsed)).count())
}

fn page(place: &str, plans: &[Waits], more: usize) -> Page {
    let mut page = Page::default();
    page.line(Look::Strong, &inline(place));
    for Waits { plan, unsent, refused, to_answer, entered, merged, lapsed } in plans {
        let each = [
            (*unsent, "to be sent", "plenary sync".to_owned()),
            (*refused, "not taken by the server", "plenary status".to_owned()),
            (*to_answer, "to answer", format!("plenary annotations {plan} --kind proposal")),
            (*entered, "entered for you to confirm", format!("plenary annotations {plan}")),
            (*merged, "merged and not confirmed", format!("plenary merged {plan}")),
            (*lapsed, "lapsed", format!("plenary standing {plan} --only lapsed")),
        ];
        let waits: Vec<&(usize, &str, String)> = each.iter().filter(|(count, ..)| *count > 0).collect();
        let said: Vec<String> = waits.iter().map(|(count, what, _)| format!("{count} {what}")).collect();
        page.line(
            Look::Plain,
            &format!("{plan}: {}", if said.is_empty() { "nothing waits".to_owned() } else { in_words(&said) }),
        );
        for (.., how) in waits {
            page.line(Look::Faint, &format!("  {how}"));
        }
    }
    if plans.is_empty() {
        page.line(Look::Plain, "no plans");
    }
    if more > 0 {
        page.line(Look::Faint, &format!("{more} more plans are not looked into here (plenary plan list)"));
    }
    page.line(Look::Faint, "all verbs: plenary --help");
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_stands_beside_what_shows_it() {
        let waits = |plan: &str, to_answer, lapsed| Waits {
            plan: plan.parse().expect("a plan"),
            unsent: 0,
            refused: 0,
            to_answer,
            entered: 0,
            merged: 0,
            lapsed,
        };
        let wanted = "\
arv-1 of talks on http://h
one: 2 to answer and 1 lapsed
  plenary annotations one --kind proposal
  plenary standing one --only lapsed
two: nothing waits
3 more plans are not looked into here (plenary plan list)
all verbs: plenary --help";
        let shown = page("arv-1 of talks on http://h", &[waits("one", 2, 1), waits("two", 0, 0)], 3);
        assert_eq!(shown.show(false), wanted);
    }
}
