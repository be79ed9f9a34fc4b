//! `plan create`, `plan list`, `plan access`, `plan consent`, [`share`](super::share) and [`import`].

mod line;
mod state;

use clap::Subcommand;
use plenary_shared::{
    access::{Access, PlanState},
    id::{IdError, PartyId, PlanId},
    wire::api::{AccessList, ConsentList, NewPlan, Plan},
};
use std::{collections::BTreeMap, path::PathBuf, str::FromStr};

use line::text;

use super::{
    import::{self, Import},
    share::ShareVerb,
};
use crate::{
    answer::{Consents, Plans},
    context::Context,
    error::CliError,
    output::{in_words, inline},
    progress::Progress,
};

/// Create plans, list them, say which party may do what and which must consent
#[derive(Debug, clap::Args)]
#[command(
    name = "plan",
    after_help = "\
Examples:
  plenary plan create plan --from plan20.md --access arv=draft bel=read
  plenary plan list
  plenary plan access plan arv=propose bel=none --consent no
  plenary plan consent plan arv bel
  plenary plan share plan"
)]
pub struct PlanVerb {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(Create),
    Import(Import),
    List(List),
    Access(AccessVerb),
    Consent(Consent),
    Share(ShareVerb),
    Rename(state::RenamePlan),
    Close(state::ClosePlan),
    Reopen(state::ReopenPlan),
    Strike(state::StrikePlan),
}

/// Create a plan, empty or from Markdown (only the chair may)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Headings and numbered points of the Markdown become points of the plan. --dry-run shows which, and what
was not understood.

Examples:
  plenary plan create plan --from plan20.md --access arv=draft bel=draft cas=read
  plenary plan create plan --from plan20.md --dry-run
  plenary export old | plenary plan create new --title 'Second reading' --from -")]
struct Create {
    /// The plan's id: a-z, 0-9 and '-'
    id: PlanId,
    /// Its title; the one that the Markdown holds, or the id, if left out
    #[arg(long)]
    title: Option<String>,
    /// The Markdown to begin with; '-' is standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Show what would become a point, with which label, and what was not understood; make nothing
    #[arg(long, requires = "from")]
    dry_run: bool,
    /// What a party may do: PARTY=draft, PARTY=propose or PARTY=read; a party left out does not learn of the plan
    #[arg(long, value_name = "PARTY=ACCESS", num_args = 1.., value_delimiter = ',')]
    access: Vec<Grant>,
    /// The parties that must consent to its words; all with draft or propose if left out
    #[arg(long, value_name = "PARTY", num_args = 1.., value_delimiter = ',')]
    consent: Vec<PartyId>,
}

/// List the plans that you may see
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  plenary plan list\n  plenary plan list --struck --json")]
struct List {
    /// Those that were struck from the lists, too
    #[arg(long)]
    struck: bool,
}

/// Show or change what each party may do with a plan (only the chair may); parties not named keep what they have
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Where a party gets draft or propose that had neither, say whether it must consent to the words from now on. Who must
consent keeps draft or propose, unless --consent no says that it need not any more.

Examples:
  plenary plan access plan
  plenary plan access plan bel=read
  plenary plan access plan cas=draft --consent yes
  plenary plan access plan arv=none --consent no")]
struct AccessVerb {
    /// The plan
    plan: PlanId,
    /// PARTY=draft, PARTY=propose, PARTY=read or PARTY=none
    #[arg(value_name = "PARTY=ACCESS")]
    grants: Vec<Grant>,
    /// Whether those must consent from now on of whom the change decides whether they can
    #[arg(long, value_name = "yes|no", requires = "grants", value_parser = must)]
    consent: Option<bool>,
}

/// Show or choose which parties must consent to the words of a plan (only the chair chooses)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
When a plan is created that is all who have draft or propose on it, unless the chair says otherwise.

Examples:
  plenary plan consent plan
  plenary plan consent plan arv bel")]
struct Consent {
    /// The plan
    plan: PlanId,
    /// All the parties that must
    #[arg(value_name = "PARTY")]
    parties: Vec<PartyId>,
}

fn must(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("say yes or no".into()),
    }
}

/// `arv=draft`; `none` takes the party off the plan.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Grant {
    party: PartyId,
    access: Option<Access>,
}

impl FromStr for Grant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (party, access) = text.split_once('=').ok_or("use PARTY=draft, PARTY=propose, PARTY=read or PARTY=none")?;
        let party = party.parse().map_err(|e: IdError| e.to_string())?;
        let access = match access {
            "none" => None,
            word => Some(word.parse().map_err(|_| format!("{word:?} is not an access: use draft, propose, read or none"))?),
        };
        Ok(Grant { party, access })
    }
}

/// The list with the grants laid over it.
fn changed(mut list: BTreeMap<PartyId, Access>, grants: Vec<Grant>) -> BTreeMap<PartyId, Access> {
    for Grant { party, access } in grants {
        match access {
            Some(access) => list.insert(party, access),
            None => list.remove(&party),
        };
    }
    list
}

/// What is said of whether parties must consent: of those that a change lets consent, or keeps from it, and of no others.
fn said(before: &Plan, after: &BTreeMap<PartyId, Access>, must: Option<bool>) -> Result<BTreeMap<PartyId, bool>, CliError> {
    let could = |party: &PartyId| before.access.as_ref().and_then(|before| before.get(party)) >= Some(&Access::Propose);
    let can = |party: &PartyId| after.get(party) >= Some(&Access::Propose);
    let gain: Vec<&PartyId> = after.keys().filter(|party| can(party) && !could(party)).collect();
    let lose = before.consent.iter().filter(|party| could(party) && !can(party));
    match must {
        None if !gain.is_empty() => Err(CliError::Usage(format!(
            "{} can consent from now on: say whether that must be, with --consent yes or --consent no",
            in_words(&gain)
        ))),
        None => Ok(BTreeMap::new()),
        Some(true) => Ok(gain.into_iter().map(|party| (party.clone(), true)).collect()),
        Some(false) => Ok(gain.into_iter().chain(lose).map(|party| (party.clone(), false)).collect()),
    }
}

impl PlanVerb {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        match self.verb {
            Verb::Create(verb) => verb.run(context),
            Verb::Import(verb) => verb.run(context),
            Verb::List(List { struck }) => list(context, struck),
            Verb::Access(verb) => verb.run(context),
            Verb::Consent(verb) => verb.run(context),
            Verb::Share(verb) => verb.run(context),
            Verb::Rename(verb) => verb.run(context),
            Verb::Close(verb) => verb.run(context),
            Verb::Reopen(verb) => verb.run(context),
            Verb::Strike(verb) => verb.run(context),
        }
    }
}

impl Create {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let read = self.from.map(|path| import::read(&path)).transpose()?;
        if let Some((_, imported)) = read.as_ref().filter(|_| self.dry_run) {
            return import::show(context, &self.id, imported, false);
        }
        let (markdown, notices) = read.map_or((None, Vec::new()), |(text, imported)| (Some(text), imported.notices));
        let session = context.session()?;
        let consent = (!self.consent.is_empty()).then(|| self.consent.into_iter().collect());
        let access = changed(BTreeMap::new(), self.access);
        let request = NewPlan { id: self.id, title: self.title, markdown, access, consent };
        let bar = Progress::new(context.output.is_json()).bar("creating", 1, "plan");
        let plan: Plan = session.api.post(&session.path("/plans")?, &request)?;
        drop(bar);
        for notice in notices {
            context.output.remark(|| inline(&format!("line {}: {}", notice.line, notice.what)).into_owned());
        }
        context.output.result(&plan, || format!("created {}", text(&plan)))
    }
}

fn list(context: &Context, struck: bool) -> Result<(), CliError> {
    let session = context.session()?;
    let mut plans: Vec<Plan> = session.api.get(&session.path("/plans")?)?;
    plans.retain(|plan| struck || plan.state != PlanState::Struck);
    context.output.result(&Plans { plans: &plans }, || match plans.is_empty() {
        true => "no plans".into(),
        false => plans.iter().map(text).collect::<Vec<_>>().join("\n"),
    })
}

impl AccessVerb {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let session = context.session()?;
        let mut plan: Plan = session.api.get(&session.plan_path(&self.plan, "")?)?;
        if !self.grants.is_empty() {
            let before = plan
                .access
                .clone()
                .ok_or_else(|| CliError::Refused("only the chair says what a party may do with a plan".into()))?;
            let access = changed(before, self.grants);
            let list = AccessList { consent: said(&plan, &access, self.consent)?, access };
            plan = session.api.put(&session.plan_path(&self.plan, "/access")?, &list)?;
        }
        context.output.result(&plan, || text(&plan))
    }
}

impl Consent {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let plan: Plan = if self.parties.is_empty() {
            context.open(&self.plan)?.plan()?
        } else {
            let (session, list) = (context.session()?, ConsentList { parties: self.parties.into_iter().collect() });
            session.api.put(&session.plan_path(&self.plan, "/consent")?, &list)?
        };
        context.output.result(&Consents { plan: &plan.id, consent: &plan.consent }, || match &plan.consent[..] {
            [] => format!("{}: nobody must consent yet, since no party has draft or propose", plan.id),
            parties => format!("{}: {} must consent", plan.id, in_words(parties)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whether_a_party_must_consent_is_asked_where_that_begins_or_ends_to_be_possible() {
        let list = |texts: &[&str]| {
            let grants = texts.iter().map(|text| text.parse::<Grant>().expect("a grant")).collect();
            changed(BTreeMap::new(), grants)
        };
        let before = Plan {
            id: "plan".parse().expect("an id"),
            title: "Plan".into(),
            state: PlanState::Open,
            yours: None,
            access: Some(list(&["arv=draft", "bel=propose", "cas=read"])),
            consent: vec!["arv".parse().expect("an id")],
            consent_changed: None,
        };
        let asked = |after: &[&str], must| {
            let said = said(&before, &list(after), must).map_err(|error| error.exit_code());
            said.map(|said| said.into_iter().map(|(party, must)| format!("{party}={must}")).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(asked(&["arv=propose", "bel=draft"], None).as_deref(), Ok(""), "who drafts is another question");
        assert_eq!(asked(&["arv=draft", "cas=propose"], None), Err(2));
        assert_eq!(asked(&["arv=draft", "cas=propose"], Some(true)).as_deref(), Ok("cas=true"));
        assert_eq!(asked(&["bel=read", "cas=draft"], Some(false)).as_deref(), Ok("arv=false cas=false"));
        assert_eq!(asked(&["bel=read"], Some(true)).as_deref(), Ok(""), "the server refuses it");
    }

    #[test]
    fn grants_change_what_they_name_and_keep_the_rest() {
        let grant = |text: &str| text.parse::<Grant>();
        let list = |texts: &[&str]| changed(BTreeMap::new(), texts.iter().map(|t| grant(t).expect("a grant")).collect());
        let before = list(&["arv=draft", "bel=read"]);
        let after = changed(before, vec![grant("bel=none").expect("a grant"), grant("cas=propose").expect("a grant")]);
        assert_eq!(after, list(&["arv=draft", "cas=propose"]));
        for bad in ["", "arv", "arv=", "=draft", "Arv=draft", "arv=all", "arv=draft=read"] {
            assert!(grant(bad).is_err(), "{bad}");
        }
    }
}
