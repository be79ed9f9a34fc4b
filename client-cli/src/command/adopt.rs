//! `adopt` and `alternative`: a proposal's words into the text.

use plenary_shared::{
    id::{AnnotationId, PartyId, PlanId},
    script::{Done, Edit, PutIn, PutInDone},
    text::{plan::How, say::quoted},
};

use super::{args::party, lapses};
use crate::{
    answer::ProposalPutIn,
    context::Context,
    error::CliError,
    render::{Look, Page, title},
};

/// Put a proposal's words in place of those that it is for (only who may draft)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The plan records that you put them in, and whose proposal it was if all may read that or it is your
party's own; the name behind what was shown to you in confidence is not recorded.

A proposal whose words have changed since it was made is refused with what stands there now: look at
it, and give those words with --now if it is to go in their place.

Examples:
  plenary adopt plan k3x9abcd
  plenary adopt plan k3x9abcd --now '[30 or 35]'
  plenary adopt plan k3x9abcd --party arv")]
pub struct Adopt {
    #[command(flatten)]
    which: Which,
}

/// Put a proposal's words in brackets beside those that it is for (only who may draft)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
'[30]' with a proposal of 50 becomes '[30][50]'; words without brackets get some.

Example:
  plenary alternative plan k3x9abcd")]
pub struct Alternative {
    #[command(flatten)]
    which: Which,
}

/// Which proposal.
#[derive(Debug, clap::Args)]
struct Which {
    /// The plan
    plan: PlanId,
    /// The proposal: its id
    id: AnnotationId,
    /// The party whose proposal it is, where several have an annotation with this id
    #[arg(long, value_parser = party)]
    party: Option<PartyId>,
    /// The words that stand there now, where they are not those that the proposal was made for
    #[arg(long, value_name = "WORDS")]
    now: Option<String>,
}

impl Adopt {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        self.which.put_in(context, Edit::Adopt)
    }
}

impl Alternative {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        self.which.put_in(context, Edit::Alternative)
    }
}

impl Which {
    fn put_in(self, context: &Context, way: fn(PutIn) -> Edit) -> Result<(), CliError> {
        let Which { plan, id, party, now } = self;
        let open = context.open(&plan)?;
        let done = lapses::made_one(context, &open, way(PutIn { id, party, now }))?;
        context.tell_damage_of(&open);
        let Done::PutIn(done) = done else { return Err(CliError::unexpected(&done)) };
        let answer = ProposalPutIn {
            plan: &plan,
            id: &done.id,
            party: &done.party,
            point: &done.point,
            label: &done.label,
            adoption: &done.adoption,
            reanchored: done.reanchored,
            redline: &done.redline,
            changed: true,
            durable: true,
        };
        context.output.page(&answer, || page(&done))?;
        if done.confided {
            context
                .output
                .remark(|| format!("{} does not make this proposal to all, so the plan says nothing of it", done.party));
        }
        Ok(())
    }
}

/// A proposal that was put into the text.
fn page(done: &PutInDone) -> Page {
    let mut page = Page::default();
    page.line(Look::Strong, &title(&done.label, &done.point, &done.heading));
    page.redline("    ", &done.redline);
    if done.reanchored {
        page.line(Look::Plain, &format!("re-anchored: {} was made for {}, which had changed", done.id, quoted(&done.quote)));
    }
    page.line(Look::Plain, &said(done));
    page
}

/// The same in a line.
pub fn said(done: &PutInDone) -> String {
    let how = match done.adoption.how {
        How::Adopted => "adopted",
        How::Alternative => "put in as an alternative",
    };
    format!("{} of {}: {how} (durable)", done.id, done.party.as_str().to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use plenary_shared::text::redline::redline;
    use serde_json::json;

    #[test]
    fn what_was_done_is_shown_as_a_redline_of_the_point() {
        let done: PutInDone = serde_json::from_value(json!({
            "id": "k1", "party": "arv", "point": "p1", "label": "3", "heading": "", "quote": "[30\u{1b}[2J]", "reanchored": true,
            "confided": false, "redline": redline("to [30] km", "to [45] km\u{1b}[2J"),
            "adoption": { "how": "adopted", "adopted_by": "med", "at_ms": 0, "before": "[30]", "after": "[45]" },
        }))
        .expect("a proposal put in");
        let wanted = "\
3
    - to [30] km
    + to [45] km\\u{1b}[2J
re-anchored: k1 was made for \"[30\\u{1b}[2J]\", which had changed
k1 of ARV: adopted (durable)";
        assert_eq!(page(&done).show(false), wanted);
    }
}
