//! `adopt` and `alternative`: a proposal's words into the text.

use plenary_shared::{
    api::Audience,
    dossier::{AnnotationView, AnnotationsView},
    id::{AnnotationId, PartyId, PlanId},
    layer::{Annotation, What},
    plan::{Adoption, Outline, Point},
    proposal::{self, AdoptError, Adopter},
    redline::{Piece, redline},
    stretch::Stretch,
};
use serde_json::json;
use yrs::TransactionMut;

use super::annotations::party;
use crate::{
    context::Context,
    error::CliError,
    output::in_words,
    render::{Look, Page, title},
    when,
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

/// Puts a proposal into the text of the plan, in place of or beside these words.
type Way = fn(&mut TransactionMut, &Annotation, &str, &Adopter) -> Result<Adoption, AdoptError>;

impl Adopt {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        self.which.put_in(context, proposal::adopt)
    }
}

impl Alternative {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        self.which.put_in(context, proposal::alternative)
    }
}

impl Which {
    fn put_in(self, context: &Context, way: Way) -> Result<(), CliError> {
        let session = context.session()?;
        let own = session.member()?.party.clone();
        let view: AnnotationsView = session.api.get(&session.plan_path(&self.plan, "/annotations")?)?;
        let view = self.find(&view)?;
        let mut live = session.open(&self.plan)?;
        let before = live.outline();
        let stretch = live.read(|txn| Stretch::find(txn, before.get(&view.annotation.point), &view.annotation));
        let seen = self.seen(&view.annotation, before.get(&view.annotation.point));
        let adopter = Adopter { proposed_by: named(view), party: own, at_ms: when::now_ms() };
        let confided = adopter.proposed_by.is_none();
        // What others do meanwhile is none of what is shown as done here.
        let ((adoption, after), changed) = live.edit(|txn| {
            let adoption = way(txn, &view.annotation, &seen, &adopter).map_err(|error| refused(&view.annotation, error))?;
            Ok((adoption, Outline::read(txn)))
        })?;
        let done = Done::new(view, &before, &after, adoption, matches!(stretch, Stretch::Changed { .. }));
        let value = json!({
            "plan": self.plan, "id": self.id, "party": view.party, "point": view.annotation.point,
            "label": done.point.map(|p| &p.label),
            "adoption": done.adoption, "reanchored": done.reanchored, "redline": done.redline,
            "changed": changed, "durable": true,
        });
        context.output.page(&value, || done.page())?;
        if confided {
            context
                .output
                .remark(|| format!("{} does not make this proposal to all, so the plan says nothing of it", view.party));
        }
        Ok(())
    }

    /// The words that the proposal is to go in place of or beside: those that it was made for, or others that were given as seen.
    fn seen(&self, proposal: &Annotation, point: Option<&Point>) -> String {
        match (&self.now, &proposal.anchor) {
            (Some(now), _) => now.clone(),
            (None, Some(_)) => proposal.quote.clone(),
            (None, None) => point.map(|point| point.words.clone()).unwrap_or_default(),
        }
    }

    fn find<'a>(&self, view: &'a AnnotationsView) -> Result<&'a AnnotationView, CliError> {
        let fits = |view: &&AnnotationView| {
            view.annotation.id == self.id && self.party.as_ref().is_none_or(|party| *party == view.party)
        };
        let found: Vec<&AnnotationView> = view.annotations.iter().filter(fits).collect();
        match found[..] {
            [view] => Ok(view),
            [] => Err(CliError::NotFound(format!(
                "there is no annotation {} that you may read: `plenary annotations {}` lists those",
                self.id, self.plan
            ))),
            _ => {
                let parties: Vec<&PartyId> = found.iter().map(|view| &view.party).collect();
                let parties = in_words(&parties);
                Err(CliError::Refused(format!("{parties} have an annotation {}: say whose with --party", self.id)))
            }
        }
    }
}

/// Why the proposal was not put in. Where other words stand there than those that were seen: which, and what it would make of them.
fn refused(proposal: &Annotation, error: AdoptError) -> CliError {
    let AdoptError::Reads { now, .. } = error else { return CliError::Refused(error.to_string()) };
    let mut page = Page::default();
    let quote = super::stretch::shown(&proposal.quote);
    page.line(Look::Plain, &format!("{} was made for {quote}, and there stands now:", proposal.id));
    page.block("    ", &now);
    if let What::Proposal { replacement } = &proposal.what {
        page.line(Look::Plain, "The change would be:");
        page.redline("    ", &redline(&now, replacement));
    }
    page.line(Look::Plain, "If that is meant, repeat with --now and the words that stand there.");
    CliError::Refused(page.show(false))
}

/// The proposer to be named in the plan: none where naming it would give away what only some may read.
fn named(view: &AnnotationView) -> Option<PartyId> {
    (view.audience == Audience::All).then(|| view.party.clone())
}

/// A proposal that was put into the text.
struct Done<'a> {
    view: &'a AnnotationView,
    point: Option<&'a Point>,
    adoption: Adoption,
    redline: Vec<Piece>,
    reanchored: bool,
}

impl<'a> Done<'a> {
    fn new(view: &'a AnnotationView, before: &Outline, after: &'a Outline, adoption: Adoption, reanchored: bool) -> Self {
        let point = after.get(&view.annotation.point);
        let words = |point: Option<&Point>| point.map(|point| point.words.clone()).unwrap_or_default();
        let redline = redline(&words(before.get(&view.annotation.point)), &words(point));
        Done { view, point, adoption, redline, reanchored }
    }

    fn page(&self) -> Page {
        let mut page = Page::default();
        let id = &self.view.annotation.id;
        let point = self.point.map_or(String::new(), |point| title(&point.label, &point.id, &point.heading));
        page.line(Look::Strong, &point);
        page.redline("    ", &self.redline);
        if self.reanchored {
            let quote = super::stretch::shown(&self.view.annotation.quote);
            page.line(Look::Plain, &format!("re-anchored: {id} was made for {quote}, which had changed"));
        }
        let done = match self.adoption.how {
            plenary_shared::plan::How::Adopted => "adopted",
            plenary_shared::plan::How::Alternative => "put in as an alternative",
        };
        let of = self.view.party.as_str().to_uppercase();
        page.line(Look::Plain, &format!("{id} of {of}: {done} (durable)"));
        page
    }
}

#[cfg(test)]
mod tests {
    use super::{super::annotations::tests::view, *};
    use plenary_shared::plan::How;

    fn proposal(party: &str, audience: serde_json::Value) -> AnnotationView {
        view(
            "k1",
            party,
            "p1",
            json!({ "kind": "proposal", "replacement": "[45]", "quote": "[30\x1b[2J]", "audience": audience }),
        )
    }

    #[test]
    fn a_proposer_is_named_only_where_all_may_know() {
        for (party, audience, is_named) in
            [("arv", json!("all"), true), ("arv", json!(["med"]), false), ("med", json!("party"), false)]
        {
            let view = proposal(party, audience.clone());
            assert_eq!(named(&view).is_some(), is_named, "{party} {audience}");
        }
    }

    #[test]
    fn an_id_that_several_parties_use_must_be_told_apart() {
        let view =
            AnnotationsView { annotations: ["arv", "bor"].map(|party| proposal(party, json!("all"))).into(), faults: Vec::new() };
        let which = |id: &str, of: Option<&str>| Which {
            plan: "plan".parse().expect("a plan"),
            id: id.parse().expect("an id"),
            party: of.map(|of| party(of).expect("a party")),
            now: None,
        };
        assert_eq!(which("k1", Some("BOR")).find(&view).expect("one").party.as_str(), "bor");
        let several = which("k1", None).find(&view).expect_err("two").to_string();
        assert_eq!(several, "arv and bor have an annotation k1: say whose with --party");
        assert_eq!(which("k2", None).find(&view).expect_err("none").word(), "not_found");
    }

    #[test]
    fn words_that_changed_are_shown_and_those_given_as_seen_count() {
        let proposal = proposal("arv", json!("all")).annotation;
        let error = AdoptError::Reads { id: "k1".into(), now: "[30 or 35]".into() };
        let wanted = "\
k1 was made for \"[30\\u{1b}[2J]\", and there stands now:
    [30 or 35]
The change would be:
    [[-30 or 35-]{+45+}]
If that is meant, repeat with --now and the words that stand there.";
        assert_eq!(refused(&proposal, error).to_string(), wanted);
        let point = super::super::annotations::tests::point("p1", "3", "to [30 or 35] km");
        let seen = |now: Option<&str>| {
            let (plan, id) = ("plan".parse().expect("a plan"), "k1".parse().expect("an id"));
            Which { plan, id, party: None, now: now.map(str::to_owned) }.seen(&proposal, Some(&point))
        };
        assert_eq!((seen(Some("[30 or 35]")).as_str(), seen(None).as_str()), ("[30 or 35]", point.words.as_str()));
    }

    #[test]
    fn what_was_done_is_shown_as_a_redline_of_the_point() {
        let point = |words: &str| Outline {
            points: vec![super::super::annotations::tests::point("p1", "3", words)],
            ..Outline::default()
        };
        let (before, after) = (point("to [30] km"), point("to [45] km\x1b[2J"));
        let adoption = Adoption {
            how: How::Adopted,
            proposed_by: None,
            adopted_by: "med".parse().expect("a party"),
            at_ms: 0,
            before: "[30]".into(),
            after: "[45]".into(),
        };
        let view = proposal("arv", json!("all"));
        let done = Done::new(&view, &before, &after, adoption, true);
        let wanted = "\
3
    to [[-30-]{+45+}] km{+\\u{1b}[2J+}
re-anchored: k1 was made for \"[30\\u{1b}[2J]\", which had changed
k1 of ARV: adopted (durable)";
        assert_eq!(done.page().show(false), wanted);
    }
}
